"""sheetsync check: problems only; writes nothing."""

from __future__ import annotations

from dataclasses import replace
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
from sheetsync.cli.progress import progress
from sheetsync.errors import ExitCode

Only = Annotated[list[str] | None, typer.Option("--only", metavar="CHECK", help="Ask this check alone; several by comma.")]
Skip = Annotated[list[str] | None, typer.Option("--skip", metavar="CHECK", help="Leave this check out; several by comma.")]


@handled
def check(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    only: Only = None,
    skip: Skip = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 7 where there are errors.")] = False,
    as_list: Annotated[bool, typer.Option("--list", help="Say what each check looks for, and its settings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with the rows, and write nothing.

    Example: sheetsync check customers.xlsx --only duplicate,household
    """
    from sheetsync.config import check_options, checks
    from sheetsync.deliver import to_terminal
    from sheetsync.sync import check as run

    if as_list:
        to_terminal(_list(terminal_width()))
        return
    checks(only=names(only), skip=names(skip))  # a wrong name is told before anything is read
    asked = resolve(workbook, sheet, playbook, config, today)
    chosen = checks(asked.settings, only=names(only), skip=names(skip))
    if as_json:  # statuses in it are those of a sync, whichever checks are asked
        asked = replace(asked, settings=replace(asked.settings, checks=tuple(dict.fromkeys((*asked.settings.checks, *chosen)))))
        report = preview(asked, quiet=True)
    else:
        with progress(shown=True) as tell:
            report = run(asked.source, asked.settings.playbook, chosen, today=asked.today, before_day_ends=asked.before_day_ends,
                         progress=tell)
    if only is not None or as_json:  # Log entries and the playbook's own doubts are told beside the checks, unless some are asked for
        ids = {one.id for one in chosen}
        known = set(check_options())
        report = replace(report, problems=tuple(
            problem for problem in report.problems if problem.check in ids or (only is None and problem.check not in known)))
    if as_json:
        to_terminal(render("json", report))
    else:
        to_terminal(render("problems", report, width=terminal_width(), colour=takes_colour()))
    if strict and any(problem.severity == "error" for problem in report.problems):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def names(asked: list[str] | None) -> list[str]:
    """The words of an option that takes several, each on its own or by comma."""
    return [name.strip() for text in asked or () for name in text.split(",") if name.strip()]


def _list(width: int) -> str:
    """Every check: its name, what it looks for, and the settings that it takes."""
    from sheetsync.config import check_options
    from sheetsync.outputs.text import wrap

    lines = []
    for name, (what, options) in check_options().items():
        lines += [name, *wrap(what, width, "  ")]
        if options:
            lines += wrap(f"[checks.{name}] " + ", ".join(f"{key} = {value}" for key, value in options.items()), width, "    ")
    return "\n".join(lines)
