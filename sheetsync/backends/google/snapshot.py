"""What Google sent about one tab, as plain Python: cells, formulas, looks, and what lies over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sheetsync.backends.google.stream import read_json
from sheetsync.core.header import Bounds
from sheetsync.core.model import Cell, CellError, DateOrder

_CELL = (
    "userEnteredValue,effectiveValue,effectiveFormat.numberFormat.type,textFormatRuns,chipRuns,"
    "userEnteredFormat(numberFormat,backgroundColorStyle,textFormat.foregroundColorStyle)"
)
_OVER = (
    "properties(sheetId,title,index,hidden,sheetType,gridProperties(rowCount,columnCount)),merges,"
    "protectedRanges(protectedRangeId,range,description,warningOnly,requestingUserCanEdit,unprotectedRanges),"
    "tables(tableId,name,range,rowsProperties,columnProperties),basicFilter.range"
)
_HIDDEN = "columnMetadata.hiddenByUser"
ABOUT = "spreadsheetId,properties(title,locale,timeZone)"
FIELDS = f"{ABOUT},sheets({_OVER},data(startRow,startColumn,{_HIDDEN},rowData.values({_CELL})))"
REPLY_FIELDS = f"updatedSpreadsheet({FIELDS})"
LEAN_FIELDS = (f"{ABOUT},sheets(properties(sheetId,title,sheetType),data(startRow,startColumn,{_HIDDEN},"
               "rowData.values(userEnteredValue,effectiveValue)))")
TABS_FIELDS = f"{ABOUT},sheets.properties(sheetId,title,index,hidden,sheetType,gridProperties(rowCount,columnCount))"

_EPOCH = datetime(1899, 12, 30)
_ERRORS = {
    "NULL_VALUE": "#NULL!", "DIVIDE_BY_ZERO": "#DIV/0!", "VALUE": "#VALUE!", "REF": "#REF!", "NAME": "#NAME?", "NUM": "#NUM!",
    "N_A": "#N/A", "LOADING": "Loading…",
}
ERROR_TEXTS = frozenset(_ERRORS.values()) | {"#ERROR!"}
DATED = frozenset({"DATE", "DATE_TIME"})
Place = tuple[int, int]  # row and column, both from 1


class Look(NamedTuple):
    """What was set for a cell by hand or by program: fill and font colour (RRGGBB, a theme colour's name, or "") and number format."""

    fill: str = ""
    font: str = ""
    number: tuple[str, str] = ("", "")  # type and pattern


BLANK = Look()
GridRange = tuple[int, int, int, int]  # first row, last row, first column, last column, from 1, inclusive; the last may be huge
_HUGE = 1 << 30


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected range: where, what its owner calls it, and which parts of a protected sheet are free."""

    where: GridRange
    name: str
    free: tuple[GridRange, ...]


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table with typed columns (Format, Convert to table)."""

    id: str
    name: str
    where: GridRange
    has_footer: bool
    columns: tuple[Mapping[str, Any], ...]

    @property
    def bounds(self) -> Bounds:
        """As the header finder wants it."""
        top, bottom, left, right = self.where
        return Bounds(top, bottom - self.has_footer, left, right)

    def type_of(self, column: int) -> str:
        """The type of a sheet column, "" where it has none."""
        for properties in self.columns:
            if self.where[2] + properties.get("columnIndex", 0) == column:
                kind = str(properties.get("columnType", ""))
                return "" if kind == "COLUMN_TYPE_UNSPECIFIED" else kind
        return ""


@dataclass(slots=True)
class Snapshot:
    """One tab at one moment. Places are (row, column) from 1; what is not in a mapping is plain or blank."""

    title: str  # of the spreadsheet
    tab: str
    gid: int
    locale: str
    time_zone: str
    row_count: int
    column_count: int
    cells: list[tuple[Cell, ...]] = field(default_factory=list)
    formulas: dict[Place, str] = field(default_factory=dict)
    spilled: set[Place] = field(default_factory=set)
    looks: dict[Place, Look] = field(default_factory=dict)
    runs: dict[Place, Mapping[str, Any]] = field(default_factory=dict)  # rich text and chips
    exact: dict[Place, float] = field(default_factory=dict)  # numbers shown as times, as they are
    merges: tuple[GridRange, ...] = ()
    protected: tuple[Protected, ...] = ()
    tables: tuple[TypedTable, ...] = ()
    filtered: GridRange | None = None
    hidden: frozenset[int] = frozenset()  # columns

    def cell(self, row: int, column: int) -> Cell:
        """The value of a cell, None beyond the used ones."""
        if 0 < row <= len(self.cells):
            cells = self.cells[row - 1]
            if 0 < column <= len(cells):
                return cells[column - 1]
        return None

    def look(self, row: int, column: int) -> Look:
        """What was set for a cell."""
        return self.looks.get((row, column), BLANK)

    def entered(self, row: int, column: int) -> dict[str, Any]:
        """The ExtendedValue that would put the cell's content back; empty for a blank or spilled cell."""
        place = (row, column)
        if place in self.formulas:
            return {"formulaValue": self.formulas[place]}
        if place in self.spilled:
            return {}
        if place in self.exact:
            return {"numberValue": self.exact[place]}
        return extended(self.cell(row, column))


def extended(cell: Cell) -> dict[str, Any]:
    """A value as the API takes it. Text is never read as a formula or a number, nor by anybody's locale."""
    if cell is None:
        return {}
    if isinstance(cell, bool):
        return {"boolValue": cell}
    if isinstance(cell, str):
        return {"stringValue": cell}
    if isinstance(cell, (int, float)):
        return {"numberValue": cell}
    if isinstance(cell, CellError):
        return {"stringValue": cell.code}
    return {"numberValue": serial(cell)}


def serial(moment: date | datetime | time | timedelta) -> float:
    """Days since 30 December 1899, as Sheets counts (Sheets v4 guide, "About date & time values")."""
    if isinstance(moment, timedelta):
        return moment / timedelta(days=1)
    if isinstance(moment, time):
        return (datetime.combine(date.min, moment) - datetime.min) / timedelta(days=1)
    if isinstance(moment, datetime):
        return (moment - _EPOCH) / timedelta(days=1)
    return (moment - _EPOCH.date()).days


def from_serial(number: float, kind: str) -> Cell:
    """The date, time or number that a serial is when it is shown as `kind`; a midnight is a date."""
    if kind == "TIME":
        if 0 <= number < 1:
            return (datetime.min + timedelta(seconds=round(number * 86400))).time()
        try:
            return timedelta(seconds=round(number * 86400))
        except OverflowError:
            return number
    try:
        if isinstance(number, int) or number.is_integer():
            return _EPOCH.date() + timedelta(days=int(number))
        moment = _EPOCH + timedelta(milliseconds=round(number * 86_400_000))
    except (OverflowError, ValueError):
        return number
    return moment.date() if moment.time() == time.min else moment


def read_snapshots(body: bytes, *, wrapped: bool = False) -> list[Snapshot]:
    """Every tab of an answer that FIELDS, REPLY_FIELDS (`wrapped`) or LEAN_FIELDS (dates are numbers then) asked for.

    A chart on a tab of its own is left out. Raises ValueError for what is no such answer.
    """
    rows = _Rows()  # they come before it is known whose they are
    raw = read_json(body, rows.take)
    if wrapped:
        raw = raw.get("updatedSpreadsheet") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(raw.get("sheets", []), list):
        raise ValueError("no spreadsheet in the answer")
    out = []
    offset = 0
    for sheet in raw.get("sheets", ()):
        snapshot = _about(raw, sheet)
        data = sheet.get("data") or [{}]
        count = sum(len(part.get("rowData", ())) for part in data)
        rows.give(snapshot, offset, data)
        offset += count
        if sheet.get("properties", {}).get("sheetType", "GRID") == "GRID":  # a chart on a tab of its own has no cells to be asked for
            out.append(snapshot)
    return out


def _about(raw: Mapping[str, Any], sheet: Mapping[str, Any]) -> Snapshot:
    properties, spreadsheet = sheet.get("properties", {}), raw.get("properties", {})
    grid = properties.get("gridProperties", {})
    return Snapshot(
        title=str(spreadsheet.get("title", "")), tab=str(properties.get("title", "")), gid=int(properties.get("sheetId", 0)),
        locale=str(spreadsheet.get("locale", "")), time_zone=str(spreadsheet.get("timeZone", "")),
        row_count=int(grid.get("rowCount", 0)), column_count=int(grid.get("columnCount", 0)),
        merges=tuple(grid_range(part) for part in sheet.get("merges", ())),
        protected=tuple(
            Protected(grid_range(part.get("range", {})), str(part.get("description", "")),
                      tuple(grid_range(free) for free in part.get("unprotectedRanges", ())))
            for part in sheet.get("protectedRanges", ()) if not part.get("warningOnly") and not part.get("requestingUserCanEdit")
        ),
        tables=tuple(
            TypedTable(str(part.get("tableId", "")), str(part.get("name", "")), grid_range(part.get("range", {})),
                       "footerColorStyle" in part.get("rowsProperties", {}), tuple(part.get("columnProperties", ())))
            for part in sheet.get("tables", ())
        ),
        hidden=frozenset(
            part.get("startColumn", 0) + number for part in sheet.get("data", ())
            for number, column in enumerate(part.get("columnMetadata", ()), 1) if column.get("hiddenByUser")
        ),
        filtered=grid_range(sheet["basicFilter"]["range"]) if sheet.get("basicFilter", {}).get("range") is not None else None,
    )


def grid_range(raw: Mapping[str, Any]) -> GridRange:
    """A GridRange counted from 1 with its ends included; an open end is far away."""
    return (raw.get("startRowIndex", 0) + 1, raw.get("endRowIndex", _HUGE), raw.get("startColumnIndex", 0) + 1,
            raw.get("endColumnIndex", _HUGE))


def overlap(one: GridRange, other: GridRange) -> bool:
    """Whether two ranges share a cell."""
    return one[0] <= other[1] and other[0] <= one[1] and one[2] <= other[3] and other[2] <= one[3]


class _Rows:
    """Rows as they come, made small at once."""

    def __init__(self) -> None:
        self.count = 0
        self.looks: dict[Place, Look] = {}
        self.formulas: dict[Place, str] = {}
        self.spilled: list[Place] = []
        self.runs: dict[Place, Mapping[str, Any]] = {}
        self.exact: dict[Place, float] = {}
        self._known: dict[Look, Look] = {}
        self._texts: dict[str, str] = {}

    def take(self, row: Any) -> tuple[Cell, ...]:
        """The values of one RowData; everything else of it is kept by (index of the row, column from 1)."""
        index = self.count
        self.count += 1
        return tuple([self._cell(index, column, raw) for column, raw in enumerate(row.get("values", ()), 1)])

    def _cell(self, index: int, column: int, raw: Mapping[str, Any]) -> Cell:
        if not raw:
            return None
        if (look := raw.get("userEnteredFormat")) and (found := _look(look)) != BLANK:
            self.looks[index, column] = self._known.setdefault(found, found)
        if "textFormatRuns" in raw or "chipRuns" in raw:
            self.runs[index, column] = {name: raw[name] for name in ("textFormatRuns", "chipRuns") if name in raw}
        effective = raw.get("effectiveValue")
        entered = raw.get("userEnteredValue")
        if entered is not None and "formulaValue" in entered:
            self.formulas[index, column] = entered["formulaValue"]
        elif entered is None and effective:
            self.spilled.append((index, column))
        if not effective:
            return None
        if "stringValue" in effective:
            text: str = effective["stringValue"]
            return self._texts.setdefault(text, text) if text else None
        if "numberValue" in effective:
            number = effective["numberValue"]
            kind = raw.get("effectiveFormat", {}).get("numberFormat", {}).get("type", "")
            if kind not in DATED and kind != "TIME":
                return number  # type: ignore[no-any-return]
            cell = from_serial(number, kind)
            if type(cell) is not date:
                self.exact[index, column] = number
            return cell
        if "boolValue" in effective:
            return bool(effective["boolValue"])
        if "errorValue" in effective:
            return CellError(_ERRORS.get(effective["errorValue"].get("type", ""), "#ERROR!"))
        return None

    def give(self, snapshot: Snapshot, offset: int, data: list[Mapping[str, Any]]) -> None:
        """Puts the rows of one sheet, from the `offset`-th row on, where they belong in the snapshot."""
        where: dict[int, tuple[int, int]] = {}  # index of the row as it came → (sheet row, columns to the left)
        parts = []
        for part in data:
            top, left = part.get("startRow", 0), part.get("startColumn", 0)
            rows = part.get("rowData", [])
            parts.append((top, left, rows))
            for number in range(len(rows)):
                where[offset + number] = (top + number + 1, left)
            offset += len(rows)
        height = max((top + len(rows) for top, _, rows in parts), default=0)
        if len(parts) == 1 and parts[0][:2] == (0, 0):
            snapshot.cells = parts[0][2]
        else:
            merged: list[list[Cell]] = [[] for _ in range(height)]
            for top, left, rows in parts:
                for number, row in enumerate(rows):
                    cells = merged[top + number]
                    cells.extend([None] * (left + len(row) - len(cells)))
                    cells[left : left + len(row)] = row
            snapshot.cells = [tuple(cells) for cells in merged]

        def place(at: Place) -> Place:
            row, left = where[at[0]]
            return row, at[1] + left

        snapshot.looks = {place(at): look for at, look in self.looks.items() if at[0] in where}
        snapshot.formulas = {place(at): text for at, text in self.formulas.items() if at[0] in where}
        snapshot.spilled = {place(at) for at in self.spilled if at[0] in where}
        snapshot.runs = {place(at): runs for at, runs in self.runs.items() if at[0] in where}
        snapshot.exact = {place(at): number for at, number in self.exact.items() if at[0] in where}


def _look(raw: Mapping[str, Any]) -> Look:
    number = raw.get("numberFormat", {})
    return Look(_colour(raw.get("backgroundColorStyle")), _colour(raw.get("textFormat", {}).get("foregroundColorStyle")),
                (str(number.get("type", "")), str(number.get("pattern", ""))))


def _colour(style: Mapping[str, Any] | None) -> str:
    if not style:
        return ""
    if "themeColor" in style:
        return str(style["themeColor"])
    colour = style.get("rgbColor", {})
    return "".join(f"{round(colour.get(name, 0) * 255):02X}" for name in ("red", "green", "blue"))


def date_order(locale: str) -> DateOrder | None:
    """In which order people of a spreadsheet's locale write day and month (CLDR's short dates).

    None where the locale names no country: then an ambiguous date stays ambiguous.
    """
    language, _, country = locale.replace("-", "_").partition("_")
    country = country.upper()
    if not country:
        return None
    if country in ("US", "PH", "FM", "MH", "PW", "PR", "VI", "GU", "AS"):
        return "mdy"
    if language in ("zh", "ja", "ko", "hu", "lt", "mn", "fa", "sv", "eu", "si") or country in ("CA", "ZA"):
        return "ymd"
    return "dmy"
