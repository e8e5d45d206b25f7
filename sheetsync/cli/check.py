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
    preview,
    render,
    resolve,
    takes_colour,
    terminal_width,
)
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
    from sheetsync.deliver import to_terminal

    asked = resolve(workbook, sheet, playbook, config, today)
    report = preview(asked, quiet=as_json)
    if as_json:
        to_terminal(render("json", report))
    else:
        to_terminal(render("problems", report, width=terminal_width(), colour=takes_colour()))
    if strict and any(problem.severity == "error" for problem in report.problems):
        raise typer.Exit(ExitCode.CHECK_FAILED)
