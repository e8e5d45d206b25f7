"""sheetsync init: look at the owner's list, propose what its columns are, and write sheetsync.toml; or make a starter workbook."""

from __future__ import annotations

from typing import Annotated

import typer

from sheetsync.cli.fix import is_terminal
from sheetsync.cli.handler import handled
from sheetsync.cli.options import AsJson, ConfigPath, PlaybookName, SheetName, TodayDate, parse_today


@handled
def init(
    workbook: Annotated[
        str | None,
        typer.Argument(metavar="WORKBOOK|LINK", help="Your list, or a new .xlsx to make a starter workbook of. "
                       "Left out: source in sheetsync.toml, else a starter customers.xlsx."),
    ] = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take every proposal that is safe, ask nothing, and write.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set up your own list: find its header and columns, and write sheetsync.toml; or make a starter workbook.

    Your workbook is not changed. Without a terminal and without --yes it only shows what it would write.

    Example: sheetsync init customers.xlsx
    """
    from sheetsync.cli.init_list import set_up
    from sheetsync.cli.init_place import Asked, find_place
    from sheetsync.cli.init_starter import begin

    asks = is_terminal() and not (yes or as_json)
    place = find_place(workbook, config, asks=asks)
    asked = Asked(place, sheet, playbook, parse_today(today), asks=asks, writes=yes or asks, quiet=as_json)
    (set_up if place.exists else begin)(asked)
