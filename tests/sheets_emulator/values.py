"""The spreadsheets.values methods: reading, writing, appending and clearing plain values."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import Area, Box, column_letter
from tests.sheets_emulator.book import Actor, Spreadsheet, Tab
from tests.sheets_emulator.cells import Cell, effective, extended, number_format, whole
from tests.sheets_emulator.display import shown, typed
from tests.sheets_emulator.edit import Edit
from tests.sheets_emulator.edit_cells import write_cell
from tests.sheets_emulator.errors import bad_field, invalid

JSON = dict[str, Any]


def get(book: Spreadsheet, text: str, options: JSON) -> JSON:
    """A ValueRange. Trailing blanks of a row and trailing blank rows are left out; where all is blank, so is `values`."""
    tab, box = book.box(text)
    return value_range(book, tab, box, options)


def value_range(book: Spreadsheet, tab: Tab, box: Box, options: JSON) -> JSON:
    """The same of a box."""
    by_columns = options.get("majorDimension") == "COLUMNS"
    spilled = tab.spilled() if tab.has_spills else {}
    bottom = min(box.bottom, max([len(tab.rows), *(row + 1 for row, _ in spilled)]))
    grid = [[_rendered(book, tab, row, column, spilled, options) for column in range(box.left, box.right)]
            for row in range(box.top, bottom)]
    if by_columns:
        grid = [list(column) for column in zip(*grid, strict=True)]
    for line in grid:
        while line and line[-1] == "":
            line.pop()
    while grid and not grid[-1]:
        grid.pop()
    found: JSON = {"range": box.a1(tab.title), "majorDimension": "COLUMNS" if by_columns else "ROWS"}
    if grid:
        found["values"] = grid
    return found


def _rendered(book: Spreadsheet, tab: Tab, row: int, column: int, spilled: dict[tuple[int, int], JSON | None], options: JSON) -> Any:
    cell = tab.get(row, column) or {}
    option = options.get("valueRenderOption", "FORMATTED_VALUE")
    if option == "FORMULA" and "formulaValue" in cell.get("userEnteredValue", {}):
        return cell["userEnteredValue"]["formulaValue"]
    value = spilled.get((row, column)) or effective(cell)
    if value is None:
        return ""
    locale = book.properties["locale"]
    is_date = "numberValue" in value and number_format(cell).get("type") in ("DATE", "TIME", "DATE_TIME")
    as_text = option == "FORMATTED_VALUE" or "errorValue" in value
    if as_text or (is_date and options.get("dateTimeRenderOption") == "FORMATTED_STRING"):
        return shown(value, cell, locale)
    [found] = value.values()
    return whole(found) if "numberValue" in value else found


def update(book: Spreadsheet, text: str, body: JSON, options: JSON, actor: Actor) -> JSON:
    """PUT: values into a range. One cell alone is the corner of however much is sent; a larger range must hold it all."""
    tab, area = book.find(text)
    tab, box = book.box(text)
    return _write(book, tab, area, box, text, body, options, actor)


def _write(book: Spreadsheet, tab: Tab, area: Area, box: Box, text: str, body: JSON, options: JSON, actor: Actor) -> JSON:
    rows = _rows(body)
    tall, wide = len(rows), max(map(len, rows), default=0)
    # A single cell, and a side without an edge, only say where to start.
    corner = box.bottom - box.top == 1 and box.right - box.left == 1
    open_rows, open_columns = corner or area.bottom is None, corner or area.right is None
    bottom = box.top + tall if open_rows else box.bottom
    right = box.left + wide if open_columns else box.right
    told = text if "!" in text else box.a1(tab.title)
    if box.top + tall > bottom:
        raise invalid(f"Requested writing within range [{told}], but tried writing to row [{bottom + 1}]")
    if box.left + wide > right:
        raise invalid(f"Requested writing within range [{told}], but tried writing to column [{column_letter(right)}]")
    target = Box(box.top, box.top + tall, box.left, box.left + wide)
    if target.bottom > tab.row_count or target.right > tab.column_count:
        raise invalid(f"Range ({target.a1(tab.title)}) exceeds grid limits. Max rows: {tab.row_count}, max columns: {tab.column_count}")
    edit = Edit(book, actor, "Invalid data[0]: ")
    edit.guard(tab, target)
    raw = options.get("valueInputOption") == "RAW"
    written: list[tuple[int, int]] = []
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is not None:  # null leaves the cell as it is
                _put(edit, tab, box.top + r, box.left + c, value, raw)
                written.append((r, c))
    answer: JSON = {"spreadsheetId": book.id, "updatedRange": target.a1(tab.title)}
    if written:
        answer |= {"updatedRows": len({r for r, _ in written}), "updatedColumns": len({c for _, c in written}),
                   "updatedCells": len(written)}
    if options.get("includeValuesInResponse"):
        shown_as = {"valueRenderOption": options.get("responseValueRenderOption", "FORMATTED_VALUE"),
                    "dateTimeRenderOption": options.get("responseDateTimeRenderOption", "SERIAL_NUMBER")}
        answer["updatedData"] = value_range(book, tab, target, shown_as)
    return answer


def _rows(body: JSON) -> list[list[Any]]:
    rows = body.get("values") or []
    if body.get("majorDimension") == "COLUMNS":
        tall = max(map(len, rows), default=0)
        return [[column[row] if row < len(column) else None for column in rows] for row in range(tall)]
    return list(rows)


def _put(edit: Edit, tab: Tab, row: int, column: int, value: Any, raw: bool) -> None:
    cell: Cell = {}
    if raw:
        entered = extended(value)
        cell = {"userEnteredValue": entered} if entered else {}
    else:
        cell = typed(value, edit.book.properties["locale"]) or {}
    old = tab.get(row, column) or {}
    write_cell(edit, tab, row, column, cell, {"userEnteredValue": None})
    if "userEnteredFormat" in cell and "numberFormat" not in old.get("userEnteredFormat", {}):
        look = {**old.get("userEnteredFormat", {}), **cell["userEnteredFormat"]}
        tab.put(row, column, {**(tab.get(row, column) or {}), "userEnteredFormat": look})


def append(book: Spreadsheet, text: str, body: JSON, options: JSON, actor: Actor) -> JSON:
    """POST :append: below the last row of the table that the range touches, the grid growing where it must."""
    tab, box = book.box(text)
    rows = _rows(body)
    tall, wide = len(rows), max(map(len, rows), default=0)
    table = table_around(tab, box)
    top, left = (box.top, box.left) if table is None else (table.bottom, table.left)
    edit = Edit(book, actor, "Invalid data[0]: ")
    if options.get("insertDataOption") == "INSERT_ROWS" and table is not None and top < tab.row_count:
        tab.insert("ROWS", top, tall, like=top - 1)
        book.remap(tab, lambda area: area.inserted("ROWS", top, tall))
    tab.row_count = max(tab.row_count, top + tall)
    tab.column_count = max(tab.column_count, left + wide)
    edit.guard_limit()
    target = Box(top, top + tall, left, left + wide)
    answer: JSON = {"spreadsheetId": book.id}
    if table is not None:
        answer["tableRange"] = table.a1(tab.title)
    answer["updates"] = _write(book, tab, target.area(), target, text, body, options, actor)
    return answer


def table_around(tab: Tab, box: Box) -> Box | None:
    """The block of filled cells that the range touches: grown by one cell on every side until nothing is added. None without one."""
    filled = {(row, column) for row, column, cell in tab.cells(tab.box()) if effective(cell) is not None}
    inside = [(row, column) for row, column in filled if box.has(row, column)]
    if not inside:
        return None
    # A range over several blocks appends to the last one.
    start = max(inside)
    block = Box(start[0], start[0] + 1, start[1], start[1] + 1)
    while True:
        near = [(r, c) for r, c in filled if block.top - 1 <= r <= block.bottom and block.left - 1 <= c <= block.right]
        rows, columns = [r for r, _ in near], [c for _, c in near]
        grown = Box(min(rows), max(rows) + 1, min(columns), max(columns) + 1)
        if grown == block:
            return block
        block = grown


def clear(book: Spreadsheet, text: str, actor: Actor) -> JSON:
    """POST :clear: the values go, formats and notes stay."""
    tab, box = book.box(text)
    edit = Edit(book, actor, "Invalid data[0]: ")
    edit.guard(tab, box)
    for row, column, _ in list(tab.cells(box)):
        write_cell(edit, tab, row, column, {}, {"userEnteredValue": None})
    return {"spreadsheetId": book.id, "clearedRange": box.a1(tab.title)}


def batch_get(book: Spreadsheet, ranges: list[str], options: JSON) -> JSON:
    """values:batchGet: one ValueRange a range."""
    return {"spreadsheetId": book.id, "valueRanges": [get(book, text, options) for text in ranges]}


def batch_update(book: Spreadsheet, body: JSON, actor: Actor) -> JSON:
    """values:batchUpdate: all ranges or none."""
    options = {name: value for name, value in body.items() if name != "data"}
    responses = [update(book, item.get("range", ""), item, options, actor) for item in body.get("data", [])]
    return {
        "spreadsheetId": book.id,
        "totalUpdatedRows": sum(one.get("updatedRows", 0) for one in responses),
        "totalUpdatedColumns": max((one.get("updatedColumns", 0) for one in responses), default=0),
        "totalUpdatedCells": sum(one.get("updatedCells", 0) for one in responses),
        "totalUpdatedSheets": len({one["updatedRange"].rpartition("!")[0] for one in responses}),
        "responses": responses,
    }


def batch_clear(book: Spreadsheet, body: JSON, actor: Actor) -> JSON:
    """values:batchClear."""
    cleared = [clear(book, text, actor)["clearedRange"] for text in body.get("ranges", [])]
    return {"spreadsheetId": book.id, "clearedRanges": cleared}


def guard_rows(body: JSON, prefix: str = "data.values") -> None:
    """400 where `values` is no list of lists, as Google says it."""
    rows = body.get("values") or []
    for index, row in enumerate(rows if isinstance(rows, list) else [rows]):
        if not isinstance(row, list):
            told = f'"{row}"' if isinstance(row, str) else str(row)
            raise bad_field(f"{prefix}[{index}]" if index else prefix,
                            f"Invalid value at '{prefix}' (type.googleapis.com/google.protobuf.ListValue), {told}")
