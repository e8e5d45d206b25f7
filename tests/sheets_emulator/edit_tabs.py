"""The requests of a batch that change tabs and the spreadsheet itself."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import COLUMNS, ROWS, Area
from tests.sheets_emulator.book import Tab
from tests.sheets_emulator.cells import paired_colours, paired_mask
from tests.sheets_emulator.edit import Edit
from tests.sheets_emulator.masks import below, overwrite, wants
from tests.sheets_emulator.render import sheet_properties

JSON = dict[str, Any]

_OWN = ("hidden", "rightToLeft", "tabColor", "tabColorStyle")


def _guard_title(edit: Edit, title: str, tab: Tab | None = None) -> None:
    if not title:
        raise edit.refuse("The sheet name cannot be empty.")
    if any(other.title.casefold() == title.casefold() for other in edit.book.tabs if other is not tab):
        raise edit.refuse(f'A sheet with the name "{title}" already exists. Please enter another name.')


def add_sheet(edit: Edit, body: JSON) -> JSON:
    """addSheet: 1000 × 26 unless told otherwise, last unless an index is given."""
    properties = body.get("properties", {})
    book = edit.book
    taken = {tab.title.casefold() for tab in book.tabs}
    number = len(book.tabs) + 1
    while f"sheet{number}" in taken:
        number += 1
    title = properties.get("title") or f"Sheet{number}"
    _guard_title(edit, title)
    sheet_id = properties.get("sheetId")
    if sheet_id is not None and any(tab.sheet_id == sheet_id for tab in book.tabs):
        raise edit.refuse(f"Sheet with ID {sheet_id} already exists.")
    grid = dict(properties.get("gridProperties", {}))
    tab = Tab(book.new_id() if sheet_id is None else sheet_id, title,
              grid.pop("rowCount", None) or 1000, grid.pop("columnCount", None) or 26)
    tab.grid = grid
    tab.properties = paired_colours({name: properties[name] for name in _OWN if properties.get(name)})
    index = min(properties.get("index", len(book.tabs)), len(book.tabs))
    book.tabs.insert(index, tab)
    edit.guard_limit()
    return {"addSheet": {"properties": sheet_properties(tab, index)}}


def delete_sheet(edit: Edit, body: JSON) -> JSON:
    """deleteSheet; never the last visible one."""
    tab = edit.tab(body.get("sheetId"))
    if not [other for other in edit.book.tabs if other is not tab and not other.properties.get("hidden")]:
        raise edit.refuse("You can't remove all the visible sheets in a document.")
    edit.guard(tab, tab.box())
    edit.book.tabs.remove(tab)
    edit.book.named = [item for item in edit.book.named if item["range"].get("sheetId", 0) != tab.sheet_id]
    return {}


def duplicate_sheet(edit: Edit, body: JSON) -> JSON:
    """duplicateSheet: a copy with everything that lies over its cells."""
    source = edit.tab(body.get("sourceSheetId"))
    twin = source.snapshot()
    twin.sheet_id = body["newSheetId"] if body.get("newSheetId") is not None else edit.book.new_id()
    title, number = body.get("newSheetName") or f"Copy of {source.title}", 1
    while not body.get("newSheetName") and any(tab.title == title for tab in edit.book.tabs):
        number += 1
        title = f"Copy of {source.title} {number}"
    _guard_title(edit, title)
    twin.title = title
    twin.remap(lambda area: area)  # the ranges name the copy's id from here on
    twin.tables = [{**table, "tableId": str(edit.book.new_id())} for table in twin.tables]
    twin.protected = [{**item, "protectedRangeId": edit.book.new_id()} for item in twin.protected]
    index = body.get("insertSheetIndex", edit.book.tabs.index(source) + 1)
    edit.book.tabs.insert(index, twin)
    edit.guard_limit()
    return {"duplicateSheet": {"properties": sheet_properties(twin, index)}}


def update_sheet(edit: Edit, body: JSON) -> JSON:
    """updateSheetProperties: title, place, size of the grid, frozen rows, colour, hidden. Rows that are cut off lose their cells."""
    mask = edit.mask(body.get("fields"))
    new = body.get("properties", {})
    book = edit.book
    tab = edit.tab(new.get("sheetId"))
    if wants(mask, "title"):
        _guard_title(edit, new.get("title", ""), tab)
        tab.title = new["title"]
    if wants(mask, "hidden") and new.get("hidden") and not [t for t in book.tabs if t is not tab and not t.properties.get("hidden")]:
        raise edit.refuse("You can't hide all the sheets in a document.")
    inner = paired_mask(mask)
    own = {name: value for name, value in tab.properties.items() if wants(inner, name)}
    changed = overwrite(own, paired_colours({name: new[name] for name in _OWN if new.get(name)}),
                        None if inner is None else {name: inner[name] for name in _OWN if name in inner})
    tab.properties = {**{name: value for name, value in tab.properties.items() if name not in own}, **changed}
    if wants(mask, "index") and "index" in new:
        # The index counts as if nothing had moved yet.
        here, to = book.tabs.index(tab), new["index"]
        book.tabs.remove(tab)
        book.tabs.insert(to - 1 if to > here else to, tab)
    if wants(mask, "gridProperties"):
        _resize(edit, tab, new.get("gridProperties", {}), below(mask, "gridProperties"))
    return {}


def _resize(edit: Edit, tab: Tab, new: JSON, mask: Any) -> None:
    old = {"rowCount": tab.row_count, "columnCount": tab.column_count, **tab.grid}
    grid = overwrite(old, new, mask)
    rows, columns = grid.pop("rowCount", tab.row_count), grid.pop("columnCount", tab.column_count)
    if rows < 1 or columns < 1:
        raise edit.refuse("A grid needs at least one row and one column.")
    sides = ((ROWS, tab.row_count, rows, "frozenRowCount"), (COLUMNS, tab.column_count, columns, "frozenColumnCount"))
    for axis, count, wanted, frozen in sides:
        if grid.get(frozen, 0) >= wanted > 0 and grid.get(frozen):
            raise edit.refuse(f"You can't freeze all visible {axis.lower()} on the sheet.")
        if wanted < count:
            edit.guard(tab, tab.box(Area().with_span(axis, wanted, count)))
            edit.book.remap(tab, lambda a, axis=axis, wanted=wanted, count=count: a.deleted(axis, wanted, count))  # type: ignore[misc]
            tab.delete(axis, wanted, count)
        elif axis == ROWS:
            tab.row_count = wanted
        else:
            tab.column_count = wanted
    tab.grid = {name: value for name, value in grid.items() if value}
    edit.guard_limit()


def update_spreadsheet(edit: Edit, body: JSON) -> JSON:
    """updateSpreadsheetProperties: title, locale, timeZone, autoRecalc."""
    mask = edit.mask(body.get("fields"))
    new = body.get("properties", {})
    for name in ("title", "locale", "timeZone", "autoRecalc"):
        if wants(mask, name):
            if not new.get(name):
                raise edit.refuse(f"{name} cannot be empty.")
            edit.book.properties[name] = new[name]
    return {}
