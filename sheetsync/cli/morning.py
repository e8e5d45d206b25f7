"""The morning list as files: the page and the calendar, for `today` and for every sync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsync.cli.handler import say, unexpected
from sheetsync.cli.options import Asked, render

if TYPE_CHECKING:
    from sheetsync.core.message import Draft
    from sheetsync.core.model import Report


def check_targets(html: Path | None, ics: Path | None, named: str = "--") -> None:
    """Raises SettingsError or Refused where the page or the calendar could not be written."""
    from sheetsync.deliver import CALENDAR, PAGE, check_target
    from sheetsync.errors import SettingsError

    if html is not None and ics is not None and html.resolve() == ics.resolve():
        raise SettingsError(f"{named}html and {named}ics name the same file.", "Name two.")
    if html is not None:
        check_target(html, f"{named}html", PAGE)
    if ics is not None:
        check_target(ics, f"{named}ics", CALENDAR)


def write_page(asked: Asked, report: Report, path: Path, *, days: int = 7) -> None:
    """Writes the page: list, drafts, problems, standards. Raises what `to_file` raises."""
    from sheetsync import config as configuration
    from sheetsync.deliver import to_file
    from sheetsync.errors import SheetsyncError
    from sheetsync.sync import standards_of

    kept = None
    try:
        kept = standards_of(report, asked.source, configuration.journal())
    except SheetsyncError:  # the list matters more than its charts
        say("The page leaves the standards kept out, since the journal can't be read.")
    to_file(render("page", report, days=days, draft=_drafts(asked, report), standards=kept), path)


def write_calendar(asked: Asked, report: Report, path: Path) -> None:
    """Writes the calendar. Raises what `to_file` raises."""
    from sheetsync.deliver import to_file

    to_file(render("ics", report, identity=asked.source.identity), path)


def renew(asked: Asked, report: Report) -> None:
    """Writes the files that `[today]` in the settings names, behind a sync. A failure is told, and fails nothing."""
    from sheetsync.errors import SheetsyncError

    html, ics = asked.settings.page, asked.settings.calendar
    for path, write in ((html, write_page), (ics, write_calendar)):
        if path is None:
            continue
        try:
            check_targets(path if path is html else None, path if path is ics else None, "[today] ")
            write(asked, report, path)
        except SheetsyncError as error:
            say(f"The sync is done, but: {error}")
        except Exception as error:  # the customers are written, whatever happens to the list
            say(f"The sync is done, but {path} was not written. {unexpected(error)}")


def _drafts(asked: Asked, report: Report) -> Callable[[int], Draft | str | None]:
    """For the i-th customer: the message of the next step, why there is none, or None where the rule has none."""
    from sheetsync.playbook.engine import cared
    from sheetsync.playbook.messages import MessageError, draft
    from sheetsync.playbook.worksheet import with_worksheet

    customers = report.customers
    playbook = with_worksheet(asked.settings.playbook, customers.table)
    speaking = {rule.name for rule in playbook.rules if rule.message is not None}
    careful = cared(customers, playbook, report.today)

    def of(i: int) -> Draft | str | None:
        follow_up = report.follow_ups[i]
        if follow_up.rule not in speaking:
            return None
        try:
            return draft(playbook, customers, i, step=follow_up.step, rule=follow_up.rule, care=i in careful)
        except MessageError as error:
            return f"{error.sentence} {error.remedy}".strip()

    return of
