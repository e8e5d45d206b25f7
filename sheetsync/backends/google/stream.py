"""Reads the JSON of a spreadsheet row by row, so that a large one is never whole in memory as JSON values."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Any

_ROWS = re.compile(r'"rowData"\s*:\s*\[')
_LONGEST = 64  # characters that the beginning of a list of rows may take
_PIECE = 1 << 18


def read_json(body: bytes, row: Callable[[Any], Any]) -> Any:
    """The JSON value of `body`, where every member of a list called rowData is what `row` returns for it.

    In strings a quote is escaped, so the name of the list can stand in no value. Raises ValueError for what is no JSON.
    """
    decode = codecs.getincrementaldecoder("utf-8")().decode
    raw_decode = json.JSONDecoder().raw_decode
    rest: list[str] = []  # everything outside the rows
    lists: list[list[Any]] = []
    text, inside, start = "", False, 0
    while True:
        piece = decode(body[start : start + _PIECE], start + _PIECE >= len(body))
        start += _PIECE
        last = start >= len(body)
        text += piece
        position = 0
        while True:
            if not inside:
                found = _ROWS.search(text, position)
                if found is None:
                    kept = len(text) if last else max(position, len(text) - _LONGEST)
                    rest.append(text[position:kept])
                    position = kept
                    break
                rest.append(text[position : found.end()])
                position = found.end()
                lists.append([])
                inside = True
            position = _blank_end(text, position)
            if position >= len(text):
                break
            if text[position] == "]":
                inside = False
                continue
            try:
                value, position = raw_decode(text, position)
            except json.JSONDecodeError:
                if last:
                    raise
                break
            lists[-1].append(row(value))
        text = text[position:]
        if last:
            break
    if inside:
        raise ValueError("The answer ends within its rows.")
    return _fill(json.loads("".join(rest)), iter(lists))


def _blank_end(text: str, position: int) -> int:
    while position < len(text) and text[position] in ", \t\r\n":
        position += 1
    return position


def _fill(value: Any, lists: Any) -> Any:
    """Puts the rows back into the lists that were left empty; they come in the order of the text."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "rowData" and isinstance(part, list):
                value[name] = next(lists)
            else:
                _fill(part, lists)
    elif isinstance(value, list):
        for part in value:
            _fill(part, lists)
    return value
