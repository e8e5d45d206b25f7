"""What every request of a batch needs: the spreadsheet, who asks, and the refusals that all share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.sheets_emulator.a1 import Area, Box
from tests.sheets_emulator.book import MOST_CELLS, Actor, Spreadsheet, Tab
from tests.sheets_emulator.errors import ApiError, invalid
from tests.sheets_emulator.masks import Mask, parse_mask
from tests.sheets_emulator.render import may_edit

JSON = dict[str, Any]

PROTECTED = ("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need "
             "to edit.")


@dataclass(frozen=True, slots=True)
class Edit:
    """One request of a batch on its way. where: "Invalid requests[0].updateCells: ", what every refusal starts with."""

    book: Spreadsheet
    actor: Actor
    where: str

    def refuse(self, sentence: str) -> ApiError:
        """400, in the words Google puts before it."""
        return invalid(self.where + sentence)

    def tab(self, sheet_id: int | None) -> Tab:
        """The tab with that id (0 where none is given)."""
        return self.book.tab_by_id(sheet_id or 0, self.where)

    def table(self, table_id: str) -> tuple[Tab, JSON]:
        """The table with that id, and its tab."""
        for tab in self.book.tabs:
            for table in tab.tables:
                if table["tableId"] == table_id:
                    return tab, table
        raise self.refuse(f"No table with id: {table_id}")

    def mask(self, fields: str | None) -> Mask | None:
        """The tree of a request's field mask, which may not be left out."""
        if not fields:
            raise self.refuse("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
        return parse_mask(fields)

    def box(self, grid_range: JSON) -> tuple[Tab, Box]:
        """The tab and cells of a GridRange: refused where it starts past the grid, clipped where it ends past it."""
        tab = self.tab(grid_range.get("sheetId"))
        area = Area.of(grid_range)
        for name, start, end, count in (("Row", area.top, area.bottom, tab.row_count), ("Column", area.left, area.right, tab.column_count)):
            if start is not None and start >= count:
                raise self.refuse(f"GridRange.start{name}Index[{start}] is after last {name.lower()} in grid[{count - 1}]")
            if start is not None and end is not None and end < start:
                raise self.refuse(f"GridRange.end{name}Index[{end}] must not be before GridRange.start{name}Index[{start}]")
        return tab, tab.box(area)

    def guard(self, tab: Tab, box: Box) -> None:
        """Refuses where any cell of the box is protected from this account."""
        for item in tab.protected:
            if may_edit(item, self.actor):
                continue
            if any(hole.holds(box) for hole in (tab.box(Area.of(free)) for free in item.get("unprotectedRanges", ()))):
                continue
            if tab.box(Area.of(item.get("range", {}))).meets(box):
                raise self.refuse(PROTECTED)

    def guard_limit(self) -> None:
        """Refuses a spreadsheet of more than ten million cells."""
        cells = sum(tab.row_count * tab.column_count for tab in self.book.tabs)
        if cells > MOST_CELLS:
            raise self.refuse(f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells.")
