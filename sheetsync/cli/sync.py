"""sheetsync sync: plan, and write the status columns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.morning import renew
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
from sheetsync.errors import NotReachable, SheetsyncError, TableChanged

if TYPE_CHECKING:
    from sheetsync.core.model import Report

_PAUSE = 5.0  # seconds between two looks with --wait
UNATTENDED_PAUSES = (1, 2, 4, 8, 15, 30, 60)  # minutes; two hours in all


@handled
def sync(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write even where far fewer customers are left than last time.")] = False,
    wait: Annotated[
        float, typer.Option("--wait", metavar="MINUTES", min=0, help="Wait so long for a workbook that is open elsewhere.")
    ] = 0,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="For schedules: try again for two hours, say little, one run at a time.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check every row, work out whom to contact next, and write it into the status columns.

    Example: sheetsync sync customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync.sync import sync as run

    asked = resolve(workbook, sheet, playbook, config, today)
    journal = configuration.journal()

    def once() -> Report:
        with progress(shown=not (unattended or as_json)) as tell:
            return run(asked.source, asked.settings.playbook, asked.settings.checks, today=asked.today,
                       journal=journal, dry_run=dry_run, force=force, before_day_ends=asked.before_day_ends, progress=tell)

    if unattended:
        with configuration.one_at_a_time(asked.source.identity):
            report = _again(once, [60.0 * minutes for minutes in UNATTENDED_PAUSES], (NotReachable, TableChanged))
    else:
        report = _again(once, [_PAUSE] * int(wait * 60 / _PAUSE), (NotReachable,))
    if not dry_run:
        renew(asked, report)
    from sheetsync.deliver import to_terminal

    if as_json:
        to_terminal(render("json", report))
    elif unattended:
        to_terminal(f"{report.today.isoformat()} {report.source}: {len(report.customers)} customers, {len(report.changes)} cells written")
    else:
        to_terminal(render("summary", report, width=terminal_width(), colour=takes_colour(), dry_run=dry_run))


def _again(once: Callable[[], Report], pauses: list[float], passing: tuple[type[SheetsyncError], ...]) -> Report:
    """Runs, and after a failure that may pass runs again after each pause; the last failure is raised."""
    for number, pause in enumerate(pauses):
        try:
            return once()
        except passing as error:
            if number == 0 or pause >= 60:
                left = sum(pauses[number:]) / 60
                say(f"{error.sentence} Trying again for {left:.0f} more minutes." if left >= 1 else f"{error.sentence} Trying again.")
            time.sleep(pause)
    return once()
