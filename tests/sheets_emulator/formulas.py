"""The references in a formula's text: they follow the cells they name, and step along when the formula is copied or sorted."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.sheets_emulator.a1 import Area, Move, column_index, column_letter

_TOKEN = re.compile(
    r"""(?P<text>"[^"]*")                                          # a text, which is left alone
    |(?<![\w.$'!])(?P<tab>(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?    # another tab
     (?P<ref>\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?    # A1, A1:B2
      |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d+:\$?\d+)(?![\w(])   # A:B, 2:5
    """, re.VERBOSE)
_END = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)(\d+)?")

End = tuple[bool, int | None, bool, int | None]  # column fixed, column, row fixed, row


def followed(formula: str, home: str, title: str, move: Move) -> str:
    """The formula of a cell on the tab `home` once cells of the tab `title` went where `move` says. What is gone is #REF!."""
    def follow(prefix: str, ends: list[End]) -> str:
        where = prefix[:-1].strip("'").replace("''", "'") if prefix else home
        if where.casefold() != title.casefold():
            return _written(prefix, ends)
        first, last = ends[0], ends[-1]
        area = move(Area(first[3], None if last[3] is None else last[3] + 1, first[1], None if last[1] is None else last[1] + 1))
        if area is None:
            return f"{prefix}#REF!"
        moved = [(first[0], area.left, first[2], area.top),
                 (last[0], None if area.right is None else area.right - 1, last[2], None if area.bottom is None else area.bottom - 1)]
        return _written(prefix, moved[: len(ends)])

    return _each(formula, follow)


def stepped(formula: str, rows: int, columns: int) -> str:
    """The formula copied that many cells down and right: references without a $ go along, those that leave the grid are #REF!."""
    def step(prefix: str, ends: list[End]) -> str:
        moved = [(fixed_column, column if column is None or fixed_column else column + columns,
                  fixed_row, row if row is None or fixed_row else row + rows) for fixed_column, column, fixed_row, row in ends]
        if any((column or 0) < 0 or (row or 0) < 0 for _, column, _, row in moved):
            return f"{prefix}#REF!"
        return _written(prefix, moved)

    return _each(formula, step)


def _each(formula: str, change: Callable[[str, list[End]], str]) -> str:
    def replace(token: re.Match[str]) -> str:
        if token["text"] is not None:
            return token[0]
        return change(token["tab"] or "", [_end(text) for text in token["ref"].split(":")])

    return _TOKEN.sub(replace, formula)


def _end(text: str) -> End:
    match = _END.fullmatch(text)
    assert match is not None, text
    if match[2] is None:  # "$2": the one $ belongs to the row
        return False, None, bool(match[1] or match[3]), int(match[4]) - 1
    return bool(match[1]), column_index(match[2]), bool(match[3]), int(match[4]) - 1 if match[4] else None


def _written(prefix: str, ends: list[End]) -> str:
    texts = []
    for fixed_column, column, fixed_row, row in ends:
        letters = "" if column is None else "$" * fixed_column + column_letter(column)
        texts.append(letters + ("" if row is None else "$" * fixed_row + str(row + 1)))
    return prefix + ":".join(texts)
