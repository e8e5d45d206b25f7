"""A1 notation and areas of a grid: what a range means, how Google writes it back, and how it moves with rows and columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

JSON = dict[str, Any]

ROWS = "ROWS"
COLUMNS = "COLUMNS"

_CELL = re.compile(r"([A-Za-z]{1,3})?([0-9]{1,8})?")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*", re.ASCII)


class BadRange(Exception):
    """The text is no range of this spreadsheet."""


def column_letter(index: int) -> str:
    """ "A" for 0, "AA" for 26."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def column_index(letters: str) -> int:
    """0 for "A", 26 for "AA"."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted(title: str) -> str:
    """The tab's title as it stands in a range: in quotes only where it could be taken for something else."""
    if _PLAIN_TITLE.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of one tab: zero-based, the end excluded, None where the range has no edge on that side."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    @staticmethod
    def of(json: JSON) -> Area:
        """From a GridRange."""
        return Area(json.get("startRowIndex"), json.get("endRowIndex"), json.get("startColumnIndex"), json.get("endColumnIndex"))

    def json(self, sheet_id: int) -> JSON:
        """As a GridRange; a sheetId of 0 is left out, as all zeros that mean "unset" are."""
        found: JSON = {}
        if sheet_id:
            found["sheetId"] = sheet_id
        names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
        for name, value in zip(names, (self.top, self.bottom, self.left, self.right), strict=True):
            if value is not None:
                found[name] = value
        return found

    def within(self, rows: int, columns: int) -> Box:
        """The cells that it covers of a grid of that size."""
        top, left = self.top or 0, self.left or 0
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Box(top, max(bottom, top), left, max(right, left))

    def span(self, axis: str) -> tuple[int | None, int | None]:
        """First and last (excluded) index along ROWS or COLUMNS."""
        return (self.top, self.bottom) if axis == ROWS else (self.left, self.right)

    def with_span(self, axis: str, start: int | None, end: int | None) -> Area:
        """The same area, but there along that axis."""
        return replace(self, top=start, bottom=end) if axis == ROWS else replace(self, left=start, right=end)

    def inserted(self, axis: str, at: int, count: int) -> Area:
        """Where it is once rows or columns were inserted: pushed on, or grown where they fall inside."""
        start, end = self.span(axis)
        if start is not None and at <= start:
            start += count
        if end is not None and at < end:
            end += count
        return self.with_span(axis, start, end)

    def deleted(self, axis: str, first: int, last: int) -> Area | None:
        """Where it is once rows or columns were deleted; None where nothing of it is left."""
        def after(index: int) -> int:
            return index - max(0, min(index, last) - first)

        start, end = self.span(axis)
        if end is not None and after(end) <= after(start or 0):
            return None
        return self.with_span(axis, None if start is None else after(start), None if end is None else after(end))

    def moved(self, axis: str, first: int, last: int, to: int) -> Area:
        """Where it is once rows or columns first..last were moved before index `to`. It follows where all of it moved."""
        start, end = self.span(axis)
        if start is None or end is None:
            return self
        count = last - first
        goes = to - count if to >= last else to
        if start <= first and last <= end and start <= to <= end:
            return self  # within itself
        if first <= start and end <= last:
            return self.with_span(axis, start - first + goes, end - first + goes)
        rest = self.deleted(axis, first, last)
        assert rest is not None
        return rest.inserted(axis, goes, count)


@dataclass(frozen=True, slots=True)
class Box:
    """Cells of one tab, every edge known: zero-based, the end excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def empty(self) -> bool:
        return self.top >= self.bottom or self.left >= self.right

    def meets(self, other: Box) -> bool:
        """Whether they have a cell in common."""
        return self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return self.top <= other.top and other.bottom <= self.bottom and self.left <= other.left and other.right <= self.right

    def has(self, row: int, column: int) -> bool:
        """Whether that cell is one of it."""
        return self.top <= row < self.bottom and self.left <= column < self.right

    def area(self) -> Area:
        return Area(self.top, self.bottom, self.left, self.right)

    def a1(self, title: str) -> str:
        """As Google writes ranges back: "Sheet1!A1:B2", one cell without the colon."""
        first = f"{column_letter(self.left)}{self.top + 1}"
        last = f"{column_letter(max(self.right, self.left + 1) - 1)}{max(self.bottom, self.top + 1)}"
        return f"{quoted(title)}!{first}" + ("" if first == last else f":{last}")


def split_title(text: str) -> tuple[str | None, str | None]:
    """(title, cells) of "'My tab'!A1:B2"; None for the part that isn't there."""
    if text.startswith("'"):
        match = re.match(r"'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if not match:
            raise BadRange(text)
        return match[1].replace("''", "'"), match[2]
    if "!" in text:
        title, _, cells = text.partition("!")
        return title, cells
    return None, text


def cells_area(text: str) -> Area | None:
    """The area of "A1", "A1:B2", "A:B", "2:5" or "A5:B", corners in any order; None where the text is none of these."""
    ends = text.replace("$", "").split(":")
    if len(ends) > 2 or not all(ends):
        return None
    corners: list[tuple[int | None, int | None]] = []
    for end in ends:
        match = _CELL.fullmatch(end)
        if not match:
            return None
        corners.append((int(match[2]) - 1 if match[2] else None, column_index(match[1]) if match[1] else None))
    if len(corners) == 1:
        row, column = corners[0]
        return None if row is None or column is None else Area(row, row + 1, column, column + 1)
    (row_a, column_a), (row_b, column_b) = corners
    top, bottom = _ordered(row_a, row_b)
    left, right = _ordered(column_a, column_b)
    return Area(top, bottom, left, right)


def _ordered(a: int | None, b: int | None) -> tuple[int | None, int | None]:
    if a is None or b is None:
        known = a if b is None else b
        return known, None
    return min(a, b), max(a, b) + 1


Move = Callable[[Area], Area | None]
