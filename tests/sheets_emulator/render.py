"""The Spreadsheet resource: what GET and the answer to batchUpdate say about a spreadsheet."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import COLUMNS, ROWS, Area, Box
from tests.sheets_emulator.book import Actor, Spreadsheet, Tab
from tests.sheets_emulator.cells import DEFAULT_FORMAT, THEME, Cell, effective, effective_format, kept_format, number_format, whole
from tests.sheets_emulator.display import default_pattern, shown
from tests.sheets_emulator.masks import Mask, below, project, wants
from tests.sheets_emulator.rules import conditional_format, painters, repainted

JSON = dict[str, Any]

HEIGHT, WIDTH = 21, 100  # pixels of a row and a column nobody resized


def spreadsheet(book: Spreadsheet, actor: Actor, *, ranges: list[str], grid: bool, mask: Mask | None) -> JSON:
    """The whole resource, cut down to the mask. Without a mask, cells come only with `grid`."""
    boxes: list[tuple[Tab, Box]] = [book.box(text) for text in ranges]
    masked = mask is not None
    with_cells = wants(mask, "sheets", "data") if masked else grid
    found: JSON = {"spreadsheetId": book.id, "properties": properties(book), "sheets": []}
    for index, tab in enumerate(book.tabs):
        mine = [box for t, box in boxes if t is tab] if ranges else [tab.box()]
        if not mine:
            continue
        sheet: JSON = {"properties": sheet_properties(tab, index)}
        if sheet["properties"]["sheetType"] != "GRID":  # SheetProperties in the discovery document: "this field will be absent"
            del sheet["properties"]["gridProperties"]
        elif with_cells:
            sheet["data"] = [grid_data(book, tab, box, below(mask, "sheets", "data")) for box in mine]
        sheet.update(over_the_cells(book, tab, mine, actor))
        found["sheets"].append(sheet)
    if not found["sheets"]:
        del found["sheets"]
    if book.named:
        found["namedRanges"] = book.named
    found["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.id}/edit"
    if masked:
        inner = {**mask, "sheets": _without_data(mask["sheets"])} if mask and "sheets" in mask else mask
        return project(found, inner)  # type: ignore[no-any-return]
    return found


def _without_data(mask: Mask | None) -> Mask | None:
    """The mask with the cells passed through: they are cut down where they are made."""
    return mask if mask is None or "data" not in mask else {**mask, "data": None}


def properties(book: Spreadsheet) -> JSON:
    """SpreadsheetProperties."""
    colours = [{"colorType": name, "color": {"rgbColor": colour}} for name, colour in THEME.items()]
    return {
        "title": book.properties["title"], "locale": book.properties["locale"], "autoRecalc": book.properties["autoRecalc"],
        "timeZone": book.properties["timeZone"], "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": {"primaryFontFamily": "Arial", "themeColors": colours},
    }


def sheet_properties(tab: Tab, index: int) -> JSON:
    """SheetProperties: here sheetId and index stand even where they are 0."""
    grid = {"rowCount": tab.row_count, "columnCount": tab.column_count}
    grid |= {name: value for name, value in tab.grid.items() if value}
    own = {name: value for name, value in tab.properties.items() if value}
    return {"sheetId": tab.sheet_id, "title": tab.title, "index": index, "sheetType": "GRID", "gridProperties": grid, **own}


def over_the_cells(book: Spreadsheet, tab: Tab, boxes: list[Box], actor: Actor) -> JSON:
    """Merges, protection, filter, tables, rules and groups, where they meet the boxes."""
    def seen(area: Area) -> bool:
        return any(tab.box(area).meets(box) for box in boxes)

    found: JSON = {}
    merges = [area.json(tab.sheet_id) for area in tab.merges if seen(area)]
    rules = [rule for rule in tab.rules if any(seen(Area.of(item)) for item in rule.get("ranges", ()))]
    protected = [protected_range(item, actor) for item in tab.protected if seen(Area.of(item.get("range", {})))]
    tables = [table_json(tab, item) for item in tab.tables if seen(Area.of(item["range"]))]
    for name, items in (("merges", merges), ("conditionalFormats", rules), ("protectedRanges", protected), ("tables", tables)):
        if items:
            found[name] = items
    if tab.filter is not None:
        found["basicFilter"] = tab.filter
    for axis, name in ((ROWS, "rowGroups"), (COLUMNS, "columnGroups")):
        groups = [{"range": dimension_range(tab, axis, *span), "depth": 1} for span in tab.groups[axis]]
        if groups:
            found[name] = groups
    return found


def table_json(tab: Tab, table: JSON) -> JSON:
    """A Table: its columns are called what their header cells say; a columnIndex of 0 is left out."""
    box = tab.box(Area.of(table["range"]))
    columns = []
    for item in table["columnProperties"]:
        index = item.get("columnIndex", 0)
        text = (effective(tab.get(box.top, box.left + index) or {}) or {}).get("stringValue")
        own = {name: value for name, value in item.items() if name not in ("columnIndex", "columnName")}
        columns.append({**({"columnIndex": index} if index else {}), "columnName": text or item["columnName"], **own})
    return {**table, "columnProperties": columns}


def dimension_range(tab: Tab, axis: str, start: int, end: int) -> JSON:
    """A DimensionRange; a sheetId of 0 is left out."""
    own = {"sheetId": tab.sheet_id} if tab.sheet_id else {}
    return {**own, "dimension": axis, "startIndex": start, "endIndex": end}


def protected_range(item: JSON, actor: Actor) -> JSON:
    """A ProtectedRange as that account sees it: who may edit is told only to those who may."""
    may = may_edit(item, actor)
    found = {name: value for name, value in item.items() if name != "editors"}
    if may:
        found["requestingUserCanEdit"] = True
        editors = item.get("editors", {})
        found["editors"] = {name: value for name, value in editors.items() if value}
    return found


def may_edit(item: JSON, actor: Actor) -> bool:
    """Whether that account may edit what is protected there. A mere warning stops nobody who comes by the API."""
    users = [user.casefold() for user in item.get("editors", {}).get("users", ())]
    return actor.owns or bool(item.get("warningOnly")) or actor.email.casefold() in users


def grid_data(book: Spreadsheet, tab: Tab, box: Box, mask: Mask | None) -> JSON:
    """GridData of the box: rows and cells to the last one with anything in it."""
    found: JSON = {}
    if box.top and wants(mask, "startRow"):
        found["startRow"] = box.top
    if box.left and wants(mask, "startColumn"):
        found["startColumn"] = box.left
    if wants(mask, "rowData"):
        rows = row_data(book, tab, box, below(mask, "rowData", "values"))
        if rows:
            found["rowData"] = rows
    sides = ((ROWS, "rowMetadata", box.top, box.bottom, HEIGHT), (COLUMNS, "columnMetadata", box.left, box.right, WIDTH))
    for axis, name, first, last, size in sides:
        if wants(mask, name):
            lines = tab.lines[axis]
            all_lines = [{"pixelSize": size, **(lines[i] if i < len(lines) else {})} for i in range(first, last)]
            found[name] = project(all_lines, below(mask, name))
    return found


def row_data(book: Spreadsheet, tab: Tab, box: Box, mask: Mask | None) -> list[JSON]:
    """RowData of the box: empty cells at a row's end and empty rows at the end are left out."""
    spilled = tab.spilled() if tab.has_spills else {}
    last = max([len(tab.rows), *(row + 1 for row, _ in spilled)])
    found: list[JSON] = []
    rules = painters(tab) if wants(mask, "effectiveFormat") else []
    for row in range(box.top, min(box.bottom, last)):
        line = tab.rows[row] if row < len(tab.rows) else []
        right = max([len(line), *(column + 1 for r, column in spilled if r == row)])
        values: list[JSON] = []
        for column in range(box.left, min(box.right, right)):
            cell = line[column] if column < len(line) else None
            over = spilled.get((row, column)) if spilled else None
            painted = conditional_format(rules, row, column, over or effective(cell or {})) if rules else None
            values.append(cell_data(book, cell, over, mask, painted) if cell or over else {})
        while values and not values[-1]:
            values.pop()
        found.append({"values": values} if values else {})
    while found and not found[-1]:
        found.pop()
    return found


_AS_STORED = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns", "hyperlink", "chipRuns", "pivotTable")


def cell_data(book: Spreadsheet, cell: Cell | None, over: JSON | None, mask: Mask | None, painted: JSON | None = None) -> JSON:
    """CellData, cut down to the mask; `over` is what an array formula shows there, `painted` what a conditional format adds."""
    cell = cell or {}
    found: JSON = {}
    for name in _AS_STORED:
        if name in cell and (mask is None or name in mask):
            found[name] = project(cell[name], None if mask is None else mask[name])
    value = over if over is not None else effective(cell)
    locale = book.properties["locale"]
    if value is not None and wants(mask, "effectiveValue"):
        found["effectiveValue"] = project(value, below(mask, "effectiveValue"))
    if value is not None and wants(mask, "formattedValue"):
        found["formattedValue"] = shown(value, cell, locale)
    if wants(mask, "effectiveFormat") and (value is not None or "userEnteredFormat" in cell):
        look = effective_format(cell)
        shown_by = number_format(cell)
        if shown_by:
            look = {**look, "numberFormat": {"pattern": default_pattern(shown_by["type"], locale), **shown_by}}
        if painted:
            look = repainted(look, painted)
        found["effectiveFormat"] = project(look, below(mask, "effectiveFormat"))
    if mask is not None:
        found = {name: item for name, item in found.items() if item != {} or mask[name] is None}
    return found


def stored(cell: JSON) -> Cell:
    """The writable part of a CellData that a client sent, as Google keeps it."""
    kept = {name: value for name, value in cell.items() if name in _AS_STORED and name != "hyperlink"}
    if "userEnteredFormat" in kept:
        kept["userEnteredFormat"] = kept_format(kept["userEnteredFormat"])
    if "numberValue" in kept.get("userEnteredValue", {}):
        kept["userEnteredValue"] = {"numberValue": whole(kept["userEnteredValue"]["numberValue"])}
    if kept.get("note") == "":
        del kept["note"]
    return kept
