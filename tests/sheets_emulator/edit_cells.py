"""The requests of a batch that change cells."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import Area, Box
from tests.sheets_emulator.book import Tab
from tests.sheets_emulator.cells import Cell, effective, interned, paired_mask
from tests.sheets_emulator.edit import Edit
from tests.sheets_emulator.formulas import stepped
from tests.sheets_emulator.masks import Mask, overwrite, wants
from tests.sheets_emulator.render import stored

JSON = dict[str, Any]

_WRITABLE: Mask = dict.fromkeys(("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns", "chipRuns"))


def write_cell(edit: Edit, tab: Tab, row: int, column: int, new: Cell, mask: Mask | None) -> None:
    """Overwrites the masked fields of one cell and clears those that `new` lacks. A new value takes rich text and chips with it."""
    mask = _WRITABLE if mask is None else paired_mask(mask) or {}
    covered = any(tab.box(area).has(row, column) and (row, column) != (tab.box(area).top, tab.box(area).left) for area in tab.merges)
    old = tab.get(row, column) or {}
    if wants(mask, "userEnteredFormat", "numberFormat"):
        guard_typed(edit, tab, row, column, new)
    result = overwrite(old, new, mask)
    if "userEnteredValue" in mask:
        for name in ("effectiveValue", "resultFormat", "spills", "chipRuns", "textFormatRuns"):
            if name not in mask or name not in new:
                result.pop(name, None)
        entered = result.get("userEnteredValue")
        if covered or entered in ({}, {"stringValue": ""}):
            result.pop("userEnteredValue", None)
    if "userEnteredFormat" in result:
        result["userEnteredFormat"] = interned(result["userEnteredFormat"])
    tab.put(row, column, result)


def guard_typed(edit: Edit, tab: Tab, row: int, column: int, new: Cell) -> None:
    """Refuses a number format below the header of a typed column of a table."""
    if "numberFormat" not in new.get("userEnteredFormat", {}):
        return
    for table in tab.tables:
        box = tab.box(Area.of(table["range"]))
        if not box.has(row, column) or row == box.top:
            continue
        kinds = {item.get("columnIndex", 0): item.get("columnType") for item in table.get("columnProperties", ())}
        kind = kinds.get(column - box.left)
        if kind not in (None, "COLUMN_TYPE_UNSPECIFIED"):
            raise edit.refuse("You can't set a number format on cells in typed columns.")


def update_cells(edit: Edit, body: JSON) -> JSON:
    """updateCells. With `start`, any rows and cells, those past the grid's edge dropped; with `range`, what is not supplied is cleared."""
    mask = edit.mask(body.get("fields"))
    rows = [row.get("values", []) for row in body.get("rows", [])]
    if "range" in body:
        tab, box = edit.box(body["range"])
        area = Area.of(body["range"])
        tall = None if area.bottom is None else area.bottom - (area.top or 0)
        wide = None if area.right is None else area.right - (area.left or 0)
        for number, values in enumerate(rows):
            if tall is not None and number >= tall:
                row = box.top + number
                raise edit.refuse(f"Attempting to write row: {row}, beyond the last requested row of: {box.top + tall - 1}")
            if wide is not None and len(values) > wide:
                column = box.left + wide
                raise edit.refuse(f"Attempting to write column: {column}, beyond the last requested column of: {column - 1}")
    else:
        start = body.get("start", {})
        tab = edit.tab(start.get("sheetId"))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        for name, index, count in (("row", top, tab.row_count), ("column", left, tab.column_count)):
            if index >= count:
                raise edit.refuse(f"GridCoordinate.{name}Index[{index}] is after last {name} in grid[{count - 1}]")
        box = tab.box(Area(top, top + len(rows), left, left + max(map(len, rows), default=0)))
    edit.guard(tab, box)
    for row in range(box.top, box.bottom):
        values = rows[row - box.top] if row - box.top < len(rows) else []
        right = box.right if "range" in body else min(box.right, box.left + len(values))
        for column in range(box.left, right):
            new = stored(values[column - box.left]) if column - box.left < len(values) else {}
            write_cell(edit, tab, row, column, new, mask)
    return {}


def repeat_cell(edit: Edit, body: JSON) -> JSON:
    """repeatCell: one cell's masked fields for every cell of a range."""
    mask = edit.mask(body.get("fields"))
    tab, box = edit.box(body.get("range", {}))
    edit.guard(tab, box)
    new = stored(body.get("cell", {}))
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            write_cell(edit, tab, row, column, copied(new, row - box.top, column - box.left) or {}, mask)
    return {}


def append_cells(edit: Edit, body: JSON) -> JSON:
    """appendCells: below the last row with data, of the tab or of a table; the grid gets more rows where it must, never columns."""
    mask = edit.mask(body.get("fields"))
    rows = [row.get("values", []) for row in body.get("rows", [])]
    tab, table = edit.table(body["tableId"]) if "tableId" in body else (edit.tab(body.get("sheetId")), None)
    box = tab.box(None if table is None else Area.of(table["range"]))
    filled = [row for row, _, cell in tab.cells(box) if effective(cell) is not None]
    top = max(filled, default=box.top - 1) + 1
    wide = max(map(len, rows), default=0)
    if wide > box.right - box.left:
        raise edit.refuse(f"Attempting to write column: {box.right}, beyond the last requested column of: {box.right - 1}")
    tab.row_count = max(tab.row_count, top + len(rows))
    edit.guard_limit()
    edit.guard(tab, Box(top, top + len(rows), box.left, box.right))
    if table is not None and top + len(rows) > box.bottom:
        grown = Area(box.top, top + len(rows), box.left, box.right).json(tab.sheet_id)
        tab.tables = [{**table, "range": grown} if other is table else other for other in tab.tables]
    for number, values in enumerate(rows):
        for column, new in enumerate(values):
            write_cell(edit, tab, top + number, box.left + column, stored(new), mask)
    return {}


def set_data_validation(edit: Edit, body: JSON) -> JSON:
    """setDataValidation; without a rule, it is cleared."""
    tab, box = edit.box(body.get("range", {}))
    edit.guard(tab, box)
    new = {"dataValidation": body["rule"]} if body.get("rule") else {}
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            write_cell(edit, tab, row, column, new, {"dataValidation": None})
    return {}


def merge_cells(edit: Edit, body: JSON) -> JSON:
    """mergeCells: all, or row by row, or column by column. Only the first cell of each keeps its value."""
    tab, box = edit.box(body.get("range", {}))
    edit.guard(tab, box)
    kind = body.get("mergeType", "MERGE_ALL")
    if kind == "MERGE_ROWS":
        boxes = [Box(row, row + 1, box.left, box.right) for row in range(box.top, box.bottom)]
    elif kind == "MERGE_COLUMNS":
        boxes = [Box(box.top, box.bottom, column, column + 1) for column in range(box.left, box.right)]
    else:
        boxes = [box]
    for area in tab.merges:
        other = tab.box(area)
        if other.meets(box) and not box.holds(other):
            raise edit.refuse("You must select all cells in a merged range to merge or unmerge them.")
    tab.merges = [area for area in tab.merges if not tab.box(area).meets(box)]
    for one in boxes:
        if (one.bottom - one.top) * (one.right - one.left) < 2:
            continue
        kept = next((cell for _, _, cell in tab.cells(one) if effective(cell) is not None), None)
        for row, column, cell in list(tab.cells(one)):
            tab.put(row, column, {name: value for name, value in cell.items() if name in ("userEnteredFormat", "dataValidation")})
        if kept:
            tab.put(one.top, one.left, kept)
        tab.merges.append(one.area())
    return {}


def unmerge_cells(edit: Edit, body: JSON) -> JSON:
    """unmergeCells of every merge that lies in the range; refused where the range cuts through one."""
    tab, box = edit.box(body.get("range", {}))
    edit.guard(tab, box)
    for area in tab.merges:
        other = tab.box(area)
        if other.meets(box) and not box.holds(other):
            raise edit.refuse("You must select all cells in a merged range to merge or unmerge them.")
    tab.merges = [area for area in tab.merges if not box.holds(tab.box(area))]
    return {}


def sort_range(edit: Edit, body: JSON) -> JSON:
    """sortRange: whole cells of the range's rows change places, equal rows keep their order, blanks come last either way."""
    tab, box = edit.box(body.get("range", {}))
    edit.guard(tab, box)
    if any(tab.box(area).meets(box) and tab.box(area).bottom - tab.box(area).top > 1 for area in tab.merges):
        raise edit.refuse("You can't sort a range that contains vertical merges.")
    rows = [[tab.get(row, column) for column in range(box.left, box.right)] for row in range(box.top, box.bottom)]
    spilled = tab.spilled() if tab.has_spills else {}
    shown = [{column: spilled.get((row, column)) or effective(tab.get(row, column) or {}) for column in range(box.left, box.right)}
             for row in range(box.top, box.bottom)]
    order = list(range(len(rows)))
    for spec in reversed(body.get("sortSpecs", [])):
        column = spec.get("dimensionIndex", 0)
        if not box.left <= column < box.right:
            raise edit.refuse(f"Sort column {column} is outside the range.")
        keys = [sort_key(shown[index].get(column)) for index in range(len(rows))]
        filled = [index for index in order if keys[index] is not None]
        blank = [index for index in order if keys[index] is None]
        order = sorted(filled, key=lambda index, keys=keys: keys[index],  # type: ignore[misc]
                       reverse=spec.get("sortOrder") == "DESCENDING") + blank
    for place, index in enumerate(order):
        for offset, cell in enumerate(rows[index]):
            tab.put(box.top + place, box.left + offset, copied(cell, place - index, 0))
    return {}


def copied(cell: Cell | None, rows: int, columns: int) -> Cell | None:
    """The cell as it is once it was copied that far down and right: a formula's references step along."""
    formula = (cell or {}).get("userEnteredValue", {}).get("formulaValue")
    if cell is None or formula is None:
        return cell
    return {**cell, "userEnteredValue": {"formulaValue": stepped(formula, rows, columns)}}


def sort_key(value: JSON | None) -> tuple[int, float | str] | None:
    """Numbers before text before TRUE and FALSE before errors; text without regard to case; None for a blank."""
    if not value:
        return None
    [(kind, found)] = value.items()
    if kind == "numberValue":
        return 0, found
    if kind == "stringValue":
        return 1, found.casefold()
    return (2, int(found)) if kind == "boolValue" else (3, "")


def copy_paste(edit: Edit, body: JSON) -> JSON:
    """copyPaste: the source repeated over the destination; all of it, values alone, or formats alone."""
    source_tab, source = edit.box(body.get("source", {}))
    tab, box = edit.box(body.get("destination", {}))
    tall, wide = source.bottom - source.top, source.right - source.left
    bottom, right = max(box.bottom, box.top + tall), max(box.right, box.left + wide)
    target = tab.box(Area(box.top, bottom, box.left, right))
    edit.guard(tab, target)
    kind = body.get("pasteType", "PASTE_NORMAL")
    taken = [[source_tab.get(source.top + r, source.left + c) for c in range(wide)] for r in range(tall)]
    for row in range(target.top, target.bottom):
        for column in range(target.left, target.right):
            r, c = (row - target.top) % tall, (column - target.left) % wide
            cell = copied(taken[r][c], row - source.top - r, column - source.left - c) or {}
            if kind == "PASTE_NORMAL":
                tab.put(row, column, dict(cell))
            elif kind in ("PASTE_VALUES", "PASTE_FORMULA"):
                value = effective(cell) if kind == "PASTE_VALUES" else cell.get("userEnteredValue")
                write_cell(edit, tab, row, column, {"userEnteredValue": value} if value else {}, {"userEnteredValue": None})
            elif kind == "PASTE_FORMAT":
                write_cell(edit, tab, row, column, cell, {"userEnteredFormat": None})
            else:
                raise edit.refuse(f"The emulator knows no {kind}")
    return {}


def cut_paste(edit: Edit, body: JSON) -> JSON:
    """cutPaste: cells move, what they held is gone from where it was."""
    tab, source = edit.box(body.get("source", {}))
    place = body.get("destination", {})
    target = edit.tab(place.get("sheetId"))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    box = target.box(Area(top, top + source.bottom - source.top, left, left + source.right - source.left))
    edit.guard(tab, source)
    edit.guard(target, box)
    cells = [[tab.get(row, column) for column in range(source.left, source.right)] for row in range(source.top, source.bottom)]
    for row in range(source.top, source.bottom):
        for column in range(source.left, source.right):
            tab.put(row, column, None)
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            target.put(row, column, cells[row - box.top][column - box.left])
    return {}
