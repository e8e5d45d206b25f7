"""sheetsync sync: plan, and write the status columns."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.morning import renew
from sheetsync.cli.options import (
    AsJson,
    Asked,
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
from sheetsync.errors import AlreadyRunning, NotReachable

if TYPE_CHECKING:
    from sheetsync.core.model import Report

_PAUSE = 5.0  # seconds between two looks with --wait


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
    if_due: Annotated[
        str | None, typer.Option("--if-due", metavar="HH:MM", help="Do nothing where a run has succeeded since the last HH:MM.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every row, work out whom to contact next, and write it into the status columns.

    Example: sheetsync sync customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync.deliver import to_terminal
    from sheetsync.sync import sync as run

    journal = configuration.journal()

    def once(asked: Asked) -> Report:
        with progress(shown=not (unattended or as_json)) as tell:
            report = run(asked.source, asked.settings.playbook, asked.settings.checks, today=asked.today,
                         journal=journal, dry_run=dry_run, force=force, before_day_ends=asked.before_day_ends, progress=tell)
        if not dry_run:
            renew(asked, report)
        return report

    def asked_for() -> Asked:
        return resolve(workbook, sheet, playbook, config, today)

    def due(asked: Asked) -> bool:
        if if_due is None:
            return True
        from sheetsync.schedule.due import is_due

        return is_due(if_due, last_success=journal.last_success(asked.source.identity), now=datetime.now(UTC))

    notes: tuple[str, ...] = ()
    if unattended and not dry_run:
        from sheetsync.cli.night import sync_unattended

        try:
            finished = sync_unattended(asked_for, once, journal, target=workbook, config=config, today=today, force=force, due=due)
        except AlreadyRunning:
            if if_due is None:
                raise
            finished = None  # the run that is at work is the one that was due
        if finished is None:
            _say_not_due(as_json)
            return
        report, notes = finished.report, finished.notes
        for alarm in finished.alarms:
            say(alarm)
    else:
        from sheetsync.cli.night import pending

        asked = asked_for()
        if not due(asked):
            _say_not_due(as_json)
            return
        for alarm in pending(asked, journal):
            say(alarm)
        report = _again(lambda: once(asked), int(wait * 60 / _PAUSE))
    if as_json:
        to_terminal(render("json", report))
    elif unattended and not dry_run:
        counts = f"{len(report.customers)} customers, {len(report.changes)} cells written"
        to_terminal("; ".join((f"{report.today.isoformat()} {report.source}: {counts}", *notes)))
    else:
        to_terminal(render("summary", report, width=terminal_width(), colour=takes_colour(), dry_run=dry_run))


def _say_not_due(as_json: bool) -> None:
    from sheetsync.deliver import to_terminal

    to_terminal('{"version": 1, "due": false, "written": false}' if as_json else "Nothing to do: the run that is due has been.")


def _again(once: Callable[[], Report], times: int) -> Report:
    """Runs, and while the workbook is open elsewhere runs again so many times; the last failure is raised."""
    for number in range(times):
        try:
            return once()
        except NotReachable as error:
            if number == 0:
                say(f"{error.sentence} Trying again.")
            time.sleep(_PAUSE)
    return once()
