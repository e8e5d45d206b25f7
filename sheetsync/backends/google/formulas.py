"""A formula put back where columns moved meanwhile: its references follow, as they would have if it had not been overwritten."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sheetsync.core.model import column_letters

# Quoted text, names of other tabs, names and functions are passed over; what is left of letters (and digits) is a reference.
_TOKEN = re.compile(
    r"""(?P<skip>"(?:[^"]|"")*"|(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!(?:\$?[A-Za-z]{1,3}\$?\d*(?::\$?[A-Za-z]{1,3}\$?\d*)?)?)"""
    r"|(?<![\w$.])(?P<cell>\$?(?P<column>[A-Za-z]{1,3})(?P<fixed>\$?)(?P<row>\d+))(?![\w(.!])"
    r"|(?<![\w$.:])(?P<span>\$?(?P<first>[A-Za-z]{1,3}):\$?(?P<last>[A-Za-z]{1,3}))(?![\w(.!$])"
)


def moved(formula: str, columns: Mapping[int, int], row_before: int, row_now: int) -> str:
    """The formula of a cell that stood in `row_before` and stands in `row_now`.

    `columns` says for each column where it stands now. References to the formula's own row follow it; other rows stay.
    """
    column = _follower(columns)

    def follow(found: re.Match[str]) -> str:
        if found["skip"] is not None:
            return found[0]
        if found["span"] is not None:
            return ":".join(_with(part, column) for part in found["span"].split(":"))
        row = row_now if int(found["row"]) == row_before else int(found["row"])
        letters = _with(found["cell"][: len(found["cell"]) - len(found["row"]) - len(found["fixed"])], column)
        return f"{letters}{found['fixed']}{row}"

    return _TOKEN.sub(follow, formula)


def _with(reference: str, column: Callable[[int], int]) -> str:
    fixed = "$" if reference.startswith("$") else ""
    number = 0
    for letter in reference.removeprefix("$").upper():
        number = number * 26 + ord(letter) - 64
    return fixed + column_letters(column(number))


def _follower(columns: Mapping[int, int]) -> Callable[[int], int]:
    def follow(number: int) -> int:
        if number in columns:
            return columns[number]
        left = max((known for known in columns if known < number), default=None)
        return number if left is None else number + columns[left] - left

    return follow
