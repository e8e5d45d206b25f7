"""The requests of a batch that change rows and columns."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import ROWS, Area, Box
from tests.sheets_emulator.book import Tab
from tests.sheets_emulator.edit import Edit
from tests.sheets_emulator.edit_parts import columns_again
from tests.sheets_emulator.masks import overwrite
from tests.sheets_emulator.render import dimension_range

JSON = dict[str, Any]


def span(edit: Edit, body: JSON) -> tuple[Tab, str, int, int]:
    """Tab, axis, first and last (excluded) of a DimensionRange; refused where it is not on the grid."""
    tab = edit.tab(body.get("sheetId"))
    axis = body.get("dimension")
    if axis not in ("ROWS", "COLUMNS"):
        raise edit.refuse("dimension is required.")
    first, last = body.get("startIndex", 0), body.get("endIndex", tab.count(axis))
    if first >= tab.count(axis):
        raise edit.refuse(f"range.startIndex[{first}] is after last {axis.lower()[:-1]} in grid[{tab.count(axis) - 1}]")
    if last <= first:
        raise edit.refuse(f"range.endIndex[{last}] must be after range.startIndex[{first}]")
    return tab, axis, first, min(last, tab.count(axis))


def _lines_box(tab: Tab, axis: str, first: int, last: int) -> Box:
    return tab.box(Area().with_span(axis, first, last))


def append_dimension(edit: Edit, body: JSON) -> JSON:
    """appendDimension: more rows or columns at the end of the grid."""
    tab = edit.tab(body.get("sheetId"))
    length = body.get("length", 0)
    if length <= 0:
        raise edit.refuse("length must be greater than 0.")
    if body.get("dimension") == ROWS:
        tab.row_count += length
    else:
        tab.column_count += length
    edit.guard_limit()
    return {}


def insert_dimension(edit: Edit, body: JSON) -> JSON:
    """insertDimension: the new ones look like those before or after them; what lies over the cells moves or grows."""
    area = body.get("range", {})
    tab = edit.tab(area.get("sheetId"))
    axis, first = area.get("dimension", ROWS), area.get("startIndex", 0)
    count = area.get("endIndex", 0) - first
    before = bool(body.get("inheritFromBefore"))
    if count <= 0:
        raise edit.refuse("range.endIndex must be after range.startIndex.")
    if before and first == 0:
        raise edit.refuse("inheritFromBefore cannot be true when inserting at the start of the sheet.")
    if first > tab.count(axis) or (first == tab.count(axis) and not before):
        raise edit.refuse(f"range.startIndex[{first}] is after last {axis.lower()[:-1]} in grid[{tab.count(axis) - 1}]")
    for item in tab.protected:
        box = tab.box(Area.of(item.get("range", {})))
        start, end = box.area().span(axis)
        if (start or 0) < first < (end or 0):
            edit.guard(tab, box)
    tab.insert(axis, first, count, like=first - 1 if before else first)
    edit.book.remap(tab, lambda a: a.inserted(axis, first, count))
    columns_again(edit, tab)
    tab.groups[axis] = [(s + count if first <= s else s, e + count if first < e else e) for s, e in tab.groups[axis]]
    edit.guard_limit()
    return {}


def delete_dimension(edit: Edit, body: JSON) -> JSON:
    """deleteDimension: the rows or columns and everything in them; never the last one of a grid."""
    tab, axis, first, last = span(edit, body.get("range", {}))
    if last - first == tab.count(axis):
        raise edit.refuse(f"You can't delete all the {axis.lower()} on the sheet.")
    edit.guard(tab, _lines_box(tab, axis, first, last))
    edit.book.remap(tab, lambda a: a.deleted(axis, first, last))
    tab.delete(axis, first, last)
    columns_again(edit, tab)
    return {}


def move_dimension(edit: Edit, body: JSON) -> JSON:
    """moveDimension: rows or columns go before destinationIndex, which counts as if nothing had moved yet."""
    tab, axis, first, last = span(edit, body.get("source", {}))
    to = body.get("destinationIndex", 0)
    if to > tab.count(axis):
        raise edit.refuse(f"destinationIndex[{to}] is after last {axis.lower()[:-1]} in grid[{tab.count(axis) - 1}]")
    if first < to < last:
        raise edit.refuse("destinationIndex must not be inside the source.")
    edit.guard(tab, _lines_box(tab, axis, first, last))
    for area in tab.merges:
        start, end = tab.box(area).area().span(axis)
        assert start is not None, area
        assert end is not None, area
        torn = start < last and first < end and not (first <= start and end <= last)
        if torn or (start < to < end and not (first <= start and end <= last)):
            raise edit.refuse("You can't move part of a merged cell, or anything into one.")
    edit.book.remap(tab, lambda a: a.moved(axis, first, last, to))
    tab.move(axis, first, last, to)
    columns_again(edit, tab)
    return {}


def update_dimension(edit: Edit, body: JSON) -> JSON:
    """updateDimensionProperties: width, height, hidden."""
    tab, axis, first, last = span(edit, body.get("range", {}))
    mask = edit.mask(body.get("fields"))
    lines = tab.lines[axis]
    lines.extend({} for _ in range(last - len(lines)))
    for index in range(first, last):
        changed = overwrite(lines[index], body.get("properties", {}), mask)
        lines[index] = {name: value for name, value in changed.items() if value}
    return {}


def auto_resize(edit: Edit, body: JSON) -> JSON:
    """autoResizeDimensions: wide enough for the longest text, measured at 7 pixels a character."""
    tab, axis, first, last = span(edit, body.get("dimensions", {}))
    lines = tab.lines[axis]
    lines.extend({} for _ in range(last - len(lines)))
    for index in range(first, last):
        line = tab.cells(_lines_box(tab, axis, index, index + 1))
        texts = [str(cell.get("userEnteredValue", {}).get("stringValue", "")) for _, _, cell in line]
        size = 21 * max([1, *(text.count("\n") + 1 for text in texts)]) if axis == ROWS else 7 * max([3, *map(len, texts)])
        lines[index] = {**lines[index], "pixelSize": size}
    return {}


def add_group(edit: Edit, body: JSON) -> JSON:
    """addDimensionGroup, one level deep."""
    tab, axis, first, last = span(edit, body.get("range", {}))
    tab.groups[axis] = sorted([*tab.groups[axis], (first, last)])
    tab.grid["rowGroupControlAfter" if axis == ROWS else "columnGroupControlAfter"] = True
    groups = [{"range": dimension_range(tab, axis, *one), "depth": 1} for one in tab.groups[axis]]
    return {"addDimensionGroup": {"dimensionGroups": groups}}


def delete_group(edit: Edit, body: JSON) -> JSON:
    """deleteDimensionGroup."""
    tab, axis, first, last = span(edit, body.get("range", {}))
    if (first, last) not in tab.groups[axis]:
        raise edit.refuse("No group to delete.")
    tab.groups[axis].remove((first, last))
    groups = [{"range": dimension_range(tab, axis, *one), "depth": 1} for one in tab.groups[axis]]
    return {"deleteDimensionGroup": {"dimensionGroups": groups} if groups else {}}
