"""spreadsheets.batchUpdate: the requests of one batch in order, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sheets_emulator import edit_cells, edit_lines, edit_parts, edit_tabs
from tests.sheets_emulator.book import Actor, Spreadsheet
from tests.sheets_emulator.edit import Edit
from tests.sheets_emulator.errors import invalid
from tests.sheets_emulator.masks import Mask, below
from tests.sheets_emulator.render import spreadsheet

JSON = dict[str, Any]
Handler = Callable[[Edit, JSON], JSON]

HANDLERS: dict[str, Handler] = {
    "addConditionalFormatRule": edit_parts.add_rule,
    "addDimensionGroup": edit_lines.add_group,
    "addNamedRange": edit_parts.add_named_range,
    "addProtectedRange": edit_parts.add_protected_range,
    "addSheet": edit_tabs.add_sheet,
    "addTable": edit_parts.add_table,
    "appendCells": edit_cells.append_cells,
    "appendDimension": edit_lines.append_dimension,
    "autoResizeDimensions": edit_lines.auto_resize,
    "clearBasicFilter": edit_parts.clear_filter,
    "copyPaste": edit_cells.copy_paste,
    "cutPaste": edit_cells.cut_paste,
    "deleteConditionalFormatRule": edit_parts.delete_rule,
    "deleteDimension": edit_lines.delete_dimension,
    "deleteDimensionGroup": edit_lines.delete_group,
    "deleteNamedRange": edit_parts.delete_named_range,
    "deleteProtectedRange": edit_parts.delete_protected_range,
    "deleteSheet": edit_tabs.delete_sheet,
    "deleteTable": edit_parts.delete_table,
    "duplicateSheet": edit_tabs.duplicate_sheet,
    "insertDimension": edit_lines.insert_dimension,
    "mergeCells": edit_cells.merge_cells,
    "moveDimension": edit_lines.move_dimension,
    "repeatCell": edit_cells.repeat_cell,
    "setBasicFilter": edit_parts.set_filter,
    "setDataValidation": edit_cells.set_data_validation,
    "sortRange": edit_cells.sort_range,
    "unmergeCells": edit_cells.unmerge_cells,
    "updateCells": edit_cells.update_cells,
    "updateDimensionProperties": edit_lines.update_dimension,
    "updateNamedRange": edit_parts.update_named_range,
    "updateProtectedRange": edit_parts.update_protected_range,
    "updateSheetProperties": edit_tabs.update_sheet,
    "updateSpreadsheetProperties": edit_tabs.update_spreadsheet,
    "updateTable": edit_parts.update_table,
}


def batch_update(book: Spreadsheet, body: JSON, actor: Actor, mask: Mask | None = None, *, masked: bool = False) -> JSON:
    """Applies the batch and returns the BatchUpdateSpreadsheetResponse. Where one request is refused, nothing is changed.

    responseIncludeGridData is ignored where the response is masked: cells come back if the mask asks for them.
    """
    if not body.get("requests"):
        raise invalid("Must specify at least one request.")
    before = book.snapshot()
    try:
        replies = [apply(book, number, request, actor) for number, request in enumerate(body["requests"])]
        answer: JSON = {"spreadsheetId": book.id, "replies": replies}
        if body.get("includeSpreadsheetInResponse"):
            inner = below(mask, "updatedSpreadsheet")
            grid = inner is None if masked else bool(body.get("responseIncludeGridData"))
            answer["updatedSpreadsheet"] = spreadsheet(book, actor, ranges=body.get("responseRanges") or [], grid=grid, mask=inner)
    except Exception:
        book.restore(before)
        raise
    return answer


def apply(book: Spreadsheet, number: int, request: JSON, actor: Actor) -> JSON:
    """One request of a batch, carried out; its reply."""
    [(kind, body)] = request.items()
    return HANDLERS[kind](Edit(book, actor, f"Invalid requests[{number}].{kind}: "), body)


