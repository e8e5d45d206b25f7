"""sheetsync today: the morning list; writes nothing into the workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetsync.cli.handler import handled, say
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


@handled
def today(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    days: Annotated[int, typer.Option("--days", metavar="N", min=0, max=366, help="Look so many days ahead.")] = 7,
    ics: Annotated[Path | None, typer.Option("--ics", metavar="FILE", help="Write the follow-ups as a calendar.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the list as a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show whom to contact today and in the next days, and write nothing into the workbook.

    Example: sheetsync today customers.xlsx --days 14
    """
    from sheetsync.cli.morning import check_targets, write_calendar, write_page
    from sheetsync.deliver import to_terminal

    check_targets(html, ics)
    asked = resolve(workbook, sheet, playbook, config, today)
    report = preview(asked, quiet=as_json)
    if ics is not None:
        write_calendar(asked, report, ics)
        say(f"Calendar written: {ics}")
    if html is not None:
        write_page(asked, report, html, days=days)
        say(f"Page written: {html}")
    if as_json:
        to_terminal(render("json", report))
    else:
        to_terminal(render("today", report, width=terminal_width(30, 120), colour=takes_colour(), days=days))
