"""The Sheets methods by name: from a checked call to Google's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sheets_emulator import values
from tests.sheets_emulator.batch import batch_update
from tests.sheets_emulator.book import Actor, Spreadsheet
from tests.sheets_emulator.discovery import Call
from tests.sheets_emulator.masks import project
from tests.sheets_emulator.render import spreadsheet

JSON = dict[str, Any]

WRITES = frozenset({
    "sheets.spreadsheets.batchUpdate", "sheets.spreadsheets.values.append", "sheets.spreadsheets.values.batchClear",
    "sheets.spreadsheets.values.batchUpdate", "sheets.spreadsheets.values.clear", "sheets.spreadsheets.values.update",
})


def _get(book: Spreadsheet, call: Call, body: JSON, actor: Actor) -> JSON:
    everything = call.masked and call.mask is None  # fields=*
    grid = everything if call.masked else bool(call.query.get("includeGridData"))
    return spreadsheet(book, actor, ranges=call.query.get("ranges", []), grid=grid, mask=call.mask)


METHODS: dict[str, Callable[[Spreadsheet, Call, JSON, Actor], JSON]] = {
    "sheets.spreadsheets.get": _get,
    "sheets.spreadsheets.batchUpdate": lambda book, call, body, actor: batch_update(book, body, actor, call.mask, masked=call.masked),
    "sheets.spreadsheets.values.get": lambda book, call, body, actor: values.get(book, call.path["range"], call.query),
    "sheets.spreadsheets.values.batchGet": lambda book, call, body, actor: values.batch_get(book, call.query.get("ranges", []), call.query),
    "sheets.spreadsheets.values.update":
        lambda book, call, body, actor: values.update(book, call.path["range"], body, call.query, actor),
    "sheets.spreadsheets.values.append":
        lambda book, call, body, actor: values.append(book, call.path["range"], body, call.query, actor),
    "sheets.spreadsheets.values.clear": lambda book, call, body, actor: values.clear(book, call.path["range"], actor),
    "sheets.spreadsheets.values.batchUpdate": lambda book, call, body, actor: values.batch_update(book, body, actor),
    "sheets.spreadsheets.values.batchClear": lambda book, call, body, actor: values.batch_clear(book, body, actor),
}


def answer(book: Spreadsheet, call: Call, body: JSON, actor: Actor) -> JSON:
    """The response's body, cut down to the mask. Whatever is refused leaves the spreadsheet as it was."""
    # batchUpdate sees to it itself; values:batchUpdate, too, is all or nothing.
    before = book.snapshot() if call.method in WRITES - {"sheets.spreadsheets.batchUpdate"} else None
    try:
        found = METHODS[call.method](book, call, body, actor)
    except Exception:
        if before is not None:
            book.restore(before)
        raise
    if call.method == "sheets.spreadsheets.get" or not call.masked:
        return found
    return project(found, call.mask)  # type: ignore[no-any-return]
