"""Tables written as text, as a bookkeeper would: columns between bars, a blank line for a blank row."""

from __future__ import annotations

import re
from datetime import date
from textwrap import dedent

from sheetsync.core.model import Cell, CellError

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_ERROR = re.compile(r"#[A-Z/0]+[!?A]?")


def read_table_text(text: str) -> list[list[Cell]]:
    """The cells of a table written as text, all rows equally long.

    An ISO date is a date, a number a number, TRUE and FALSE are booleans, #REF! and the like are errors, blank is None.
    Anything in double quotes is text as it stands between them ("12", "2026-01-05", " ").
    """
    lines = dedent(text).strip("\n").splitlines()
    rows = [[read_cell(part) for part in line.split("|")] for line in lines]
    width = max((len(row) for row in rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


def read_cell(text: str) -> Cell:
    """One cell of such a table."""
    text = text.strip(" ")
    if not text:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if _ISO.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text  # a day that doesn't exist can only have been typed as text
    if _ERROR.fullmatch(text):
        return CellError(text)
    return text
