"""What the owner does in the browser: a Book is a spreadsheet with every edit a person can make, for tests to play them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tests.sheets_emulator.a1 import COLUMNS, ROWS, Area, cells_area, column_index, column_letter
from tests.sheets_emulator.batch import batch_update
from tests.sheets_emulator.book import Actor, Spreadsheet, Tab
from tests.sheets_emulator.cells import Cell, cell_of, date_format, plain
from tests.sheets_emulator.errors import invalid
from tests.sheets_emulator.render import grid_data, row_data

JSON = dict[str, Any]
Row = Sequence[Any]

OWNER = "owner@example.com"


class Edits:
    """Edits of one tab. Rows are counted as in the margin (from 1), columns are letters, cells and ranges are in A1 notation."""

    def place(self) -> tuple[Book, Tab]:
        """The spreadsheet and the tab that is edited."""
        raise NotImplementedError

    # looking

    def values(self) -> list[list[Any]]:
        """Every row as plain Python values, blanks at the end left out: dates are dates, formulas their results."""
        _, tab = self.place()
        used = tab.used()
        spilled = tab.spilled() if tab.has_spills else {}
        rows = []
        for row in range(used.bottom):
            line = [plain({"effectiveValue": spilled[row, column]}) if spilled.get((row, column)) else plain(tab.get(row, column) or {})
                    for column in range(used.right)]
            while line and line[-1] is None:
                line.pop()
            rows.append(line)
        return rows

    def value(self, cell: str) -> Any:
        """The plain value of one cell."""
        _, tab = self.place()
        row, column = _corner(cell)
        return plain(tab.get(row, column) or {})

    def cell(self, cell: str) -> JSON:
        """Everything about one cell, as CellData: userEnteredValue, effectiveValue, formattedValue, formats, note."""
        book, tab = self.place()
        row, column = _corner(cell)
        rows = row_data(book, tab, tab.box(Area(row, row + 1, column, column + 1)), None)
        return rows[0]["values"][0] if rows and rows[0] else {}

    def state(self) -> Any:
        """Everything about the tab, to be compared with a later state: cells, widths, and all that lies over the cells."""
        book, tab = self.place()
        over = {name: getattr(tab, name) for name in ("title", "merges", "protected", "filter", "tables", "rules", "grid", "properties")}
        return {"cells": grid_data(book, tab, tab.box(), None), **{name: repr(value) for name, value in over.items()}}

    # typing

    def type(self, cell: str, value: Any) -> None:
        """Puts a value into a cell, keeping its format: text, a number, a date, TRUE, None for blank, or a Formula."""
        _, tab = self.place()
        row, column = _corner(cell)
        old = {name: kept for name, kept in (tab.get(row, column) or {}).items()
               if name not in ("userEnteredValue", "effectiveValue", "resultFormat", "spills", "textFormatRuns", "chipRuns")}
        new: Cell = cell_of(value) or {}
        look = {**new.get("userEnteredFormat", {}), **old.get("userEnteredFormat", {})}
        tab.put(row, column, {**old, **new, **({"userEnteredFormat": look} if look else {})})

    def type_rows(self, corner: str, rows: Iterable[Row]) -> None:
        """Types a block of values, its first one into that cell."""
        top, left = _corner(corner)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                self.type(_name(top + r, left + c), value)

    def clear(self, cells: str) -> None:
        """Deletes the values of a range, as the Delete key does."""
        _, tab = self.place()
        area = _area(cells)
        for row, column, _ in list(tab.cells(tab.box(area))):
            self.type(_name(row, column), None)

    def format(self, cells: str, look: Mapping[str, Any]) -> None:
        """Sets fields of a CellFormat ({"textFormat": {"bold": True}}) and leaves the others."""
        self._do({"repeatCell": {"range": self.grid_range(cells), "cell": {"userEnteredFormat": dict(look)}, "fields": _fields(look)}})

    def format_dates(self, cells: str, pattern: str = "yyyy-mm-dd") -> None:
        """Makes the cells show dates."""
        self.format(cells, {"numberFormat": {**date_format(date.min), "pattern": pattern}})

    def note(self, cell: str, text: str) -> None:
        """Sets a cell's note."""
        self._do({"repeatCell": {"range": self.grid_range(cell), "cell": {"note": text}, "fields": "note"}})

    def choices(self, cells: str, choices: Sequence[str], *, strict: bool = True) -> None:
        """A drop-down list."""
        values = [{"userEnteredValue": choice} for choice in choices]
        rule = {"condition": {"type": "ONE_OF_LIST", "values": values}, "strict": strict, "showCustomUi": True}
        self._do({"setDataValidation": {"range": self.grid_range(cells), "rule": rule}})

    def checkboxes(self, cells: str) -> None:
        """Checkboxes: cells that hold TRUE or FALSE."""
        self._do({"setDataValidation": {"range": self.grid_range(cells), "rule": {"condition": {"type": "BOOLEAN"}, "strict": True}}})

    # rows and columns

    def insert_rows(self, before: int, count: int = 1) -> None:
        """Inserts blank rows above that row; they look like the one above."""
        self._insert(ROWS, before - 1, count)

    def delete_rows(self, first: int, count: int = 1) -> None:
        """Deletes rows."""
        self._do({"deleteDimension": {"range": self._lines(ROWS, first - 1, count)}})

    def move_rows(self, first: int, count: int = 1, *, before: int) -> None:
        """Drags rows to just above row `before`."""
        self._do({"moveDimension": {"source": self._lines(ROWS, first - 1, count), "destinationIndex": before - 1}})

    def insert_columns(self, before: str, count: int = 1) -> None:
        """Inserts blank columns left of that column."""
        self._insert(COLUMNS, column_index(before), count)

    def delete_columns(self, first: str, count: int = 1) -> None:
        """Deletes columns."""
        self._do({"deleteDimension": {"range": self._lines(COLUMNS, column_index(first), count)}})

    def move_columns(self, first: str, count: int = 1, *, before: str) -> None:
        """Drags columns to just left of column `before`."""
        self._do({"moveDimension": {"source": self._lines(COLUMNS, column_index(first), count), "destinationIndex": column_index(before)}})

    def hide_rows(self, first: int, count: int = 1) -> None:
        """Hides rows."""
        self._do({"updateDimensionProperties": {
            "range": self._lines(ROWS, first - 1, count), "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}})

    def hide_columns(self, first: str, count: int = 1, *, hidden: bool = True) -> None:
        """Hides columns, or shows them again."""
        self._do({"updateDimensionProperties": {
            "range": self._lines(COLUMNS, column_index(first), count), "properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser"}})

    def sort(self, by: str, *, descending: bool = False, header_rows: int = 1, last_row: int | None = None) -> None:
        """Sorts every row below the header, all columns of the grid, by one column (its letter or its header's text)."""
        _, tab = self.place()
        area = Area(header_rows, last_row or max(tab.used().bottom, header_rows + 1), 0, tab.column_count)
        order = "DESCENDING" if descending else "ASCENDING"
        spec = {"dimensionIndex": column_index(self.column(by, header_rows)), "sortOrder": order}
        self._do({"sortRange": {"range": self._json(area), "sortSpecs": [spec]}})

    def column(self, header: str, header_row: int = 1) -> str:
        """The letter of the column under that header; a letter stays what it is."""
        rows = self.values()
        row = rows[header_row - 1] if 0 < header_row <= len(rows) else []
        if header in row:
            index = row.index(header)
            return _name(0, index).rstrip("1")
        if header.isalpha() and header.isupper() and len(header) <= 2:
            return header
        raise AssertionError(f"No column is called {header!r}: {row}")

    def resize(self, rows: int | None = None, columns: int | None = None) -> None:
        """Makes the grid larger or smaller."""
        _, tab = self.place()
        grid = {"rowCount": rows or tab.row_count, "columnCount": columns or tab.column_count}
        self._do({"updateSheetProperties": {"properties": {"sheetId": tab.sheet_id, "gridProperties": grid},
                                            "fields": "gridProperties(rowCount,columnCount)"}})

    def freeze(self, rows: int) -> None:
        """Freezes the first rows."""
        _, tab = self.place()
        self._do({"updateSheetProperties": {"properties": {"sheetId": tab.sheet_id, "gridProperties": {"frozenRowCount": rows}},
                                            "fields": "gridProperties.frozenRowCount"}})

    # what lies over the cells

    def rename_tab(self, title: str) -> None:
        """Renames the tab."""
        _, tab = self.place()
        self._do({"updateSheetProperties": {"properties": {"sheetId": tab.sheet_id, "title": title}, "fields": "title"}})

    def protect(self, cells: str | None = None, *, editors: Sequence[str] = (), warning: bool = False, free: Sequence[str] = ()) -> int:
        """Protects a range, or all of the tab but the `free` ranges; returns its id. Only the owner and these editors may edit it."""
        protected: JSON = {"range": self.grid_range(cells) if cells else self._json(Area())}
        if warning:
            protected["warningOnly"] = True
        else:
            protected["editors"] = {"users": list(editors)}
        if free:
            protected["unprotectedRanges"] = [self.grid_range(one) for one in free]
        [reply] = self._do({"addProtectedRange": {"protectedRange": protected}})
        found: int = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
        return found

    def unprotect(self, protected_id: int) -> None:
        """Takes protection away."""
        self._do({"deleteProtectedRange": {"protectedRangeId": protected_id}})

    def merge(self, cells: str, kind: str = "MERGE_ALL") -> None:
        """Merges cells: all of them, or "MERGE_ROWS", or "MERGE_COLUMNS"."""
        self._do({"mergeCells": {"range": self.grid_range(cells), "mergeType": kind}})

    def unmerge(self, cells: str) -> None:
        """Takes merges apart."""
        self._do({"unmergeCells": {"range": self.grid_range(cells)}})

    def make_table(self, cells: str, name: str = "Customers", types: Mapping[str, str] | None = None) -> str:
        """Converts a range to a table, columns typed by header ({"Last contact": "DATE"}); returns its tableId."""
        _, tab = self.place()
        area = _area(cells)
        box = tab.box(area)
        headers = [plain(tab.get(box.top, column) or {}) for column in range(box.left, box.right)]
        columns = [{"columnIndex": index, "columnName": str(header), **({"columnType": types[header]} if types and header in types else {})}
                   for index, header in enumerate(headers) if header is not None]
        [reply] = self._do({"addTable": {"table": {"name": name, "range": self._json(area), "columnProperties": columns}}})
        found: str = reply["addTable"]["table"]["tableId"]
        return found

    def filter(self, cells: str) -> None:
        """Turns the filter on over a range."""
        self._do({"setBasicFilter": {"filter": {"range": self.grid_range(cells)}}})

    def unfilter(self) -> None:
        """Turns the filter off."""
        self._do({"clearBasicFilter": {"sheetId": self.place()[1].sheet_id}})

    def colour_rule(self, cells: str, text: str, look: Mapping[str, Any]) -> None:
        """A conditional format for cells that contain a text."""
        condition = {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": text}]}
        rule = {"ranges": [self.grid_range(cells)], "booleanRule": {"condition": condition, "format": dict(look)}}
        self._do({"addConditionalFormatRule": {"rule": rule, "index": 0}})

    # how

    def _do(self, *requests: JSON) -> list[JSON]:
        book, _ = self.place()
        return book.do(*requests)

    def _json(self, area: Area) -> JSON:
        return area.json(self.place()[1].sheet_id)

    def grid_range(self, cells: str) -> JSON:
        """The GridRange of cells of this tab, for requests by `do`."""
        return self._json(_area(cells))

    def _lines(self, axis: str, first: int, count: int) -> JSON:
        return {"sheetId": self.place()[1].sheet_id, "dimension": axis, "startIndex": first, "endIndex": first + count}

    def _insert(self, axis: str, first: int, count: int) -> None:
        self._do({"insertDimension": {"range": self._lines(axis, first, count), "inheritFromBefore": first > 0}})


class TabEdits(Edits):
    """The same edits, of a tab that is not the first. It is found by its id, so it may be renamed."""

    def __init__(self, book: Book, sheet_id: int) -> None:
        self._book, self.sheet_id = book, sheet_id

    def place(self) -> tuple[Book, Tab]:
        return self._book, self._book.tab_by_id(self.sheet_id, "")


class Book(Spreadsheet, Edits):
    """A spreadsheet, and everything its owner does to its first tab; `tab("Name")` gives the edits of another."""

    def __init__(self, spreadsheet_id: str, title: str, *, locale: str = "en_US", time_zone: str = "Etc/GMT") -> None:
        super().__init__(spreadsheet_id, title, locale=locale, time_zone=time_zone)
        self.roles: dict[str, str] = {OWNER: "owner"}  # address → owner, editor or viewer
        self.link = f"https://docs.google.com/spreadsheets/d/{spreadsheet_id}/edit"

    def place(self) -> tuple[Book, Tab]:
        return self, self.tabs[0]

    def tab(self, title: str) -> TabEdits:
        """The edits of the tab with that title."""
        for tab in self.tabs:
            if tab.title == title:
                return TabEdits(self, tab.sheet_id)
        raise AssertionError(f"No tab is called {title!r}: {[tab.title for tab in self.tabs]}")

    def add_tab(self, title: str, rows: Iterable[Row] = ()) -> TabEdits:
        """A new tab, last, with these values."""
        [reply] = self.do({"addSheet": {"properties": {"title": title}}})
        edits = TabEdits(self, reply["addSheet"]["properties"]["sheetId"])
        edits.type_rows("A1", rows)
        return edits

    def add_chart_tab(self, title: str) -> None:
        """A chart that was moved to a tab of its own: it has no grid."""
        edits = self.add_tab(title)
        edits.place()[1].properties["sheetType"] = "OBJECT"

    def delete_tab(self, title: str) -> None:
        """Deletes a tab."""
        self.do({"deleteSheet": {"sheetId": self.tab(title).sheet_id}})

    def tab_link(self, title: str) -> str:
        """The link that a person copies from the browser with that tab open: it names the gid."""
        gid = self.tab(title).sheet_id
        return f"{self.link}?gid={gid}#gid={gid}"

    def share(self, email: str, role: str = "editor") -> None:
        """Shares with an account, as "editor" or "viewer"."""
        self.roles[email.casefold()] = role

    def unshare(self, email: str) -> None:
        """Takes that account's access away."""
        self.roles.pop(email.casefold(), None)

    def actor(self, email: str) -> Actor:
        """That account, and whether the spreadsheet is its own."""
        return Actor(email, self.roles.get(email.casefold()) == "owner")

    def do(self, *requests: JSON) -> list[JSON]:
        """Requests of the API in the owner's name; returns the replies."""
        replies: list[JSON] = batch_update(self, {"requests": list(requests)}, Actor(OWNER, owns=True))["replies"]
        return replies


def _area(cells: str) -> Area:
    area = cells_area(cells)
    if area is None:
        raise invalid(f"Unable to parse range: {cells}")
    return area


def _corner(cell: str) -> tuple[int, int]:
    area = _area(cell)
    assert area.top is not None, cell
    assert area.left is not None, cell
    return area.top, area.left


def _name(row: int, column: int) -> str:
    return f"{column_letter(column)}{row + 1}"


def _fields(look: Mapping[str, Any], path: str = "userEnteredFormat") -> str:
    found = []
    for name, value in look.items():
        nested = name == "textFormat" and isinstance(value, Mapping)
        found.append(_fields(value, f"{path}.{name}") if nested else f"{path}.{name}")
    return ",".join(found)
