"""sheetsync check: problems only; writes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from sheetsync.cli.handler import handled
from sheetsync.cli.options import (
    AsJson,
    ConfigPath,
    PlaybookName,
    SheetName,
    Target,
    TodayDate,
    render,
    resolve,
    takes_colour,
    terminal_width,
)
from sheetsync.cli.progress import progress
from sheetsync.errors import ExitCode


@handled
def check(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 7 where there are errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with the rows, and write nothing.

    Example: sheetsync check customers.xlsx --strict
    """
    from sheetsync import config as configuration
    from sheetsync.deliver import to_terminal
    from sheetsync.sync import sync as run

    asked = resolve(workbook, sheet, playbook, config, today)
    with progress(shown=not as_json) as tell:
        report = run(asked.source, asked.settings.playbook, configuration.checks(), today=asked.today, dry_run=True, progress=tell)
    if as_json:
        to_terminal(render("json", report))
    else:
        to_terminal(render("problems", report, width=terminal_width(), colour=takes_colour()))
    if strict and any(problem.severity == "error" for problem in report.problems):
        raise typer.Exit(ExitCode.CHECK_FAILED)
