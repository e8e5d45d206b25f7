"""A spreadsheet as Google keeps it: properties, tabs, cells, and everything that lies over them and moves with them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sheets_emulator.a1 import COLUMNS, ROWS, Area, BadRange, Box, Move, cells_area, split_title
from tests.sheets_emulator.cells import Cell, effective, extended
from tests.sheets_emulator.errors import invalid
from tests.sheets_emulator.formulas import followed

JSON = dict[str, Any]

MOST_CELLS = 10_000_000  # "Up to 10 million cells", Google's "Files you can store in Google Drive"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account's address, and whether the spreadsheet is theirs (an owner may edit what is protected)."""

    email: str
    owns: bool = False


@dataclass(slots=True)
class Tab:
    """One sheet of a spreadsheet. Rows may be shorter than the grid, cells are never changed in place."""

    sheet_id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    rows: list[list[Cell | None]] = field(default_factory=list)
    properties: JSON = field(default_factory=dict)  # hidden, tabColorStyle, rightToLeft
    grid: JSON = field(default_factory=dict)  # frozenRowCount, hideGridlines and the like
    lines: dict[str, list[JSON]] = field(default_factory=lambda: {ROWS: [], COLUMNS: []})  # width, height, hidden
    merges: list[Area] = field(default_factory=list)
    protected: list[JSON] = field(default_factory=list)
    filter: JSON | None = None
    tables: list[JSON] = field(default_factory=list)
    rules: list[JSON] = field(default_factory=list)  # conditional formats
    groups: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: {ROWS: [], COLUMNS: []})

    # cells

    def get(self, row: int, column: int) -> Cell | None:
        """The cell, None where nothing is in it."""
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def put(self, row: int, column: int, cell: Cell | None) -> None:
        """Puts a whole cell there; an empty one is None."""
        if not cell and self.get(row, column) is None:
            return
        while len(self.rows) <= row:
            self.rows.append([])
        line = self.rows[row]
        if len(line) <= column:
            line.extend([None] * (column + 1 - len(line)))
        line[column] = cell or None

    def count(self, axis: str) -> int:
        return self.row_count if axis == ROWS else self.column_count

    def box(self, area: Area | None = None) -> Box:
        """The cells of the grid that the area covers; all of them without one."""
        return (area or Area()).within(self.row_count, self.column_count)

    def cells(self, box: Box) -> Iterator[tuple[int, int, Cell]]:
        """Every cell of the box with anything in it."""
        for row in range(box.top, min(box.bottom, len(self.rows))):
            line = self.rows[row]
            for column in range(box.left, min(box.right, len(line))):
                cell = line[column]
                if cell is not None:
                    yield row, column, cell

    def spilled(self) -> dict[tuple[int, int], JSON | None]:
        """What array formulas show beside their own cell: (row, column) → ExtendedValue.

        An array formula that would write over an entered value shows #REF! in its own cell and nothing beside it.
        """
        found: dict[tuple[int, int], JSON | None] = {}
        for row, line in enumerate(self.rows):
            for column, cell in enumerate(line):
                if cell is None or "spills" not in cell:
                    continue
                values = {
                    (row + r, column + c): extended(value)
                    for r, results in enumerate(cell["spills"]) for c, value in enumerate(results) if (r, c) != (0, 0)
                }
                taken = any("userEnteredValue" in (self.get(*where) or {}) for where in values)
                if taken:
                    text = "Array result was not expanded because it would overwrite data."
                    found[row, column] = {"errorValue": {"type": "REF", "message": text}}
                else:
                    found.update({where: value for where, value in values.items()
                                  if where[0] < self.row_count and where[1] < self.column_count})
        return found

    @property
    def has_spills(self) -> bool:
        return any(cell is not None and "spills" in cell for line in self.rows for cell in line)

    def used(self) -> Box:
        """From A1 to the last cell that shows a value."""
        bottom = right = 0
        spilled = self.spilled() if self.has_spills else {}
        for (row, column), value in spilled.items():
            if value is not None:
                bottom, right = max(bottom, row + 1), max(right, column + 1)
        for row, column, cell in self.cells(self.box()):
            if effective(cell) is not None:
                bottom, right = max(bottom, row + 1), max(right, column + 1)
        return Box(0, bottom, 0, right)

    # rows and columns

    def insert(self, axis: str, at: int, count: int, *, like: int | None) -> None:
        """Inserts rows or columns; their cells take the format of the row or column `like` (as it stood before)."""
        if axis == ROWS:
            model = self.rows[like] if like is not None and like < len(self.rows) else []
            if at < len(self.rows) or any(model):
                while len(self.rows) < at:
                    self.rows.append([])
                self.rows[at:at] = [[_blank_like(cell) for cell in model] for _ in range(count)]
            self.row_count += count
        else:
            for line in self.rows:
                pattern = _blank_like(line[like]) if like is not None and like < len(line) else None
                if at < len(line) or pattern:
                    line.extend([None] * (at - len(line)))
                    line[at:at] = [pattern] * count
            self.column_count += count
        lines = self.lines[axis]
        if at < len(lines) or (like is not None and like < len(lines)):
            own = dict(lines[like]) if like is not None and like < len(lines) else {}
            own.pop("hiddenByUser", None)
            lines.extend({} for _ in range(at - len(lines)))
            lines[at:at] = [dict(own) for _ in range(count)]

    def delete(self, axis: str, first: int, last: int) -> None:
        """Deletes rows or columns with everything in them."""
        if axis == ROWS:
            del self.rows[first:last]
            self.row_count -= last - first
        else:
            for line in self.rows:
                del line[first:last]
            self.column_count -= last - first
        del self.lines[axis][first:last]
        frozen = "frozenRowCount" if axis == ROWS else "frozenColumnCount"
        if self.grid.get(frozen, 0) > first:
            self.grid[frozen] -= min(self.grid[frozen], last) - first

    def move(self, axis: str, first: int, last: int, to: int) -> None:
        """Moves rows or columns first..last before index `to`, counted before the move."""
        goes = to - (last - first) if to >= last else to
        for line in [self.rows] if axis == ROWS else [*self.rows]:
            if min(first, to) >= len(line):
                continue
            line.extend([[] if axis == ROWS else None] * (max(last, to) - len(line)))  # type: ignore[list-item]
            moving = line[first:last]
            del line[first:last]
            line[goes:goes] = moving  # type: ignore[assignment]
        if axis == ROWS:
            self.rows = [list(line) for line in self.rows]  # no two rows may be one list
        lines = self.lines[axis]
        lines.extend({} for _ in range(max(last, to) - len(lines)))
        moving_lines = lines[first:last]
        del lines[first:last]
        lines[goes:goes] = moving_lines

    def remap(self, move: Move) -> None:
        """Carries everything that lies over the cells to where they went: merges, protection, filter, tables, rules, groups."""
        merges = [move(area) for area in self.merges]
        self.merges = [area for area in merges if area is not None and not _single(self.box(area))]
        protected = [(item, move(Area.of(item["range"]))) for item in self.protected]
        self.protected = [{**item, "range": place.json(self.sheet_id)} for item, place in protected if place is not None]
        tables = [_moved_table(table, move, self.sheet_id) for table in self.tables]
        self.tables = [table for table in tables if table is not None]
        if self.filter is not None:
            area = move(Area.of(self.filter.get("range", {})))
            self.filter = None if area is None else {**self.filter, "range": area.json(self.sheet_id)}
        rules = []
        for rule in self.rules:
            areas = [move(Area.of(item)) for item in rule.get("ranges", ())]
            ranges = [area.json(self.sheet_id) for area in areas if area is not None]
            if ranges:
                rules.append({**rule, "ranges": ranges})
        self.rules = rules

    def snapshot(self) -> Tab:
        """A copy that later changes don't reach. Cells are shared: they are never changed in place."""
        rows, self.rows = self.rows, []
        try:
            twin = copy.deepcopy(self)
        finally:
            self.rows = rows
        twin.rows = [list(line) for line in rows]
        return twin


def _blank_like(cell: Cell | None) -> Cell | None:
    """An empty cell that looks like this one."""
    if cell is None:
        return None
    kept: Cell = {name: value for name, value in cell.items() if name in ("userEnteredFormat", "dataValidation")}
    return kept or None


def _moved_table(table: JSON, move: Move, sheet_id: int) -> JSON | None:
    """The table where its cells went, every column's properties with their column; None where nothing of it is left."""
    area, old = move(Area.of(table["range"])), Area.of(table["range"])
    if area is None:
        return None
    columns = []
    for item in table["columnProperties"]:
        at = (old.left or 0) + item.get("columnIndex", 0)
        column = move(Area(old.top, old.bottom, at, at + 1))
        index = -1 if column is None else (column.left or 0) - (area.left or 0)
        if 0 <= index < (area.right or 0) - (area.left or 0):
            columns.append({**item, "columnIndex": index})
    return {**table, "range": area.json(sheet_id), "columnProperties": sorted(columns, key=lambda item: item["columnIndex"])}


def _single(box: Box) -> bool:
    return box.bottom - box.top <= 1 and box.right - box.left <= 1


class Spreadsheet:
    """All of one spreadsheet, whatever is asked of it; Book adds what its owner does to it."""

    def __init__(self, spreadsheet_id: str, title: str, *, locale: str, time_zone: str) -> None:
        self.id = spreadsheet_id
        self.properties: JSON = {"title": title, "locale": locale, "timeZone": time_zone, "autoRecalc": "ON_CHANGE"}
        self.tabs: list[Tab] = []
        self.named: list[JSON] = []
        self.office_file = False  # an .xlsx kept in Drive: the API refuses it
        self.deleted = False
        self._next_id = 100_000_000

    @property
    def title(self) -> str:
        found: str = self.properties["title"]
        return found

    def new_id(self) -> int:
        """An id that was not there before."""
        self._next_id += 1_037
        return self._next_id

    def tab_by_id(self, sheet_id: int, where: str) -> Tab:
        """The tab with that id; 400 "No grid with id" as Google says it. where: "Invalid requests[0].updateCells: "."""
        for tab in self.tabs:
            if tab.sheet_id == sheet_id:
                return tab
        raise invalid(f"{where}No grid with id: {sheet_id}")

    def find(self, text: str) -> tuple[Tab, Area]:
        """The tab and area of a range in A1 notation, a tab's title or a named range; 400 where it can't be parsed."""
        try:
            title, cells = split_title(text)
        except BadRange:
            raise invalid(f"Unable to parse range: {text}") from None
        if title is not None:
            tab = self._titled(title)
            area = Area() if cells is None else cells_area(cells)
            if area is None and tab is not None:
                named = self._named(cells or "")
                area = Area.of(named["range"]) if named and named["range"].get("sheetId", 0) == tab.sheet_id else None
            if tab is None or area is None:
                raise invalid(f"Unable to parse range: {text}")
            return tab, area
        area = cells_area(cells or "")
        if area is not None:
            return self.tabs[0], area
        named = self._named(text)
        if named is not None:
            return self.tab_by_id(named["range"].get("sheetId", 0), ""), Area.of(named["range"])
        tab = self._titled(text)
        if tab is None:
            raise invalid(f"Unable to parse range: {text}")
        return tab, Area()

    def _named(self, name: str) -> JSON | None:
        return next((item for item in self.named if item["name"].casefold() == name.casefold()), None)

    def _titled(self, title: str) -> Tab | None:
        folded = [tab for tab in self.tabs if tab.title.casefold() == title.casefold()]
        return folded[0] if folded else None

    def box(self, text: str) -> tuple[Tab, Box]:
        """The same, clipped to the grid; 400 where it starts past the grid's edge."""
        tab, area = self.find(text)
        if tab.properties.get("sheetType") == "OBJECT":  # no grid, so no cells that A1 notation could mean
            raise invalid(f"Unable to parse range: {text}")
        if (area.top or 0) >= tab.row_count or (area.left or 0) >= tab.column_count:
            wanted = Box(area.top or 0, area.bottom or tab.row_count, area.left or 0, area.right or tab.column_count).a1(tab.title)
            raise invalid(f"Range ({wanted}) exceeds grid limits. Max rows: {tab.row_count}, max columns: {tab.column_count}")
        return tab, tab.box(area)

    def remap(self, tab: Tab, move: Move) -> None:
        """Carries what lies over a tab's cells to where they went, named ranges and the references of formulas included."""
        tab.remap(move)
        for other in self.tabs:
            for row, column, cell in list(other.cells(other.box())):
                old = cell.get("userEnteredValue", {}).get("formulaValue")
                if old is not None and (new := followed(old, other.title, tab.title, move)) != old:
                    other.put(row, column, {**cell, "userEnteredValue": {"formulaValue": new}})
        kept = []
        for item in self.named:
            if item["range"].get("sheetId", 0) == tab.sheet_id:
                area = move(Area.of(item["range"]))
                if area is None:
                    continue
                item = {**item, "range": area.json(tab.sheet_id)}
            kept.append(item)
        self.named = kept

    def snapshot(self) -> Mapping[str, Any]:
        """Everything an edit can change, for `restore`."""
        return {"properties": dict(self.properties), "tabs": [tab.snapshot() for tab in self.tabs], "named": list(self.named)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes everything back to that state."""
        self.properties, self.tabs, self.named = state["properties"], state["tabs"], state["named"]
