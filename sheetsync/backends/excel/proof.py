"""Proves a large new worksheet part right without reading all its values again.

The part's checksum says that it holds the bytes that were made: the old bytes, and new cells between them. What is left
to prove is that every row still has the owner's cells and no others, and that each status cell reads as planned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.strings import SharedStrings, serial
from sheetsync.backends.excel.worksheet import Scan, as_utf8, column_number, letters, scan_plain
from sheetsync.core.model import Cell, Table

LARGE = 500_000  # cells; below it the whole worksheet is read back and compared value by value
_CELL = re.compile(rb'<c r="([A-Z]{1,3})\d{1,7}"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Before:
    """What has to stay: the owner's cells of each row of the old part, by row number (one tuple for all rows alike)."""

    signatures: Mapping[int, tuple[int, ...]]
    formulas: frozenset[tuple[int, int]]


def before(found: Scan, ours: frozenset[int]) -> Before | None:
    """What a plain part's rows hold outside the status columns; None for a part that is not plain."""
    if not found.plain:
        return None
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    out = {}
    for number, signature in zip(found.numbers, found.signatures, strict=True):
        kept = known.get(signature)
        if kept is None:
            kept = known[signature] = tuple(column for column in signature if column not in ours)
        out[number] = kept
    return Before(out, frozenset(found.formulas))


def proven(
    package: Package, part: str, strings_part: str | None, checksum: int, old: Before, expected: Table, ours: Mapping[str, int],
    *, date1904: bool,
) -> bool:
    """Whether the part is what was planned. False means only that it has to be read back as a whole."""
    member = next(m for m in package.members if m.filename == part)
    if checksum != member.CRC or strings_part is None:
        return False
    columns = frozenset(ours.values())
    positions = {column: expected.header.index(header) for header, column in ours.items()}
    texts = {row[position] for row in expected.rows for position in positions.values() if isinstance(row[position], str)}
    strings = SharedStrings(as_utf8(package.read(strings_part)))
    strings.want([str(text) for text in texts])
    if strings.changed or not strings.usable:
        return False
    strings.data = b""  # the worksheet part needs the room
    found = scan_plain(as_utf8(package.read(part)), part)
    if found is None or before(found, columns) != old:
        return False
    wanted = _Wanted(strings, date1904=date1904)
    index_of = {number: index for index, number in enumerate(found.numbers)}
    for number, row in zip(expected.numbers, expected.rows, strict=True):
        index = index_of.get(number)
        values = {column: row[position] for column, position in positions.items() if row[position] is not None}
        if index is None:
            if values:
                return False
            continue
        for column, content in _contents(found, index, columns):
            if content != wanted.content(values.pop(column, None)):
                return False
        if values:
            return False
    return True


def _contents(found: Scan, index: int, columns: frozenset[int]) -> list[tuple[int, tuple[bool, bytes]]]:
    """Each status cell of a row: its column, whether it names a shared string, and what stands in it."""
    first = next((column for column in found.signatures[index] if column in columns), None)
    if first is None:
        return []
    start = found.data.index(b'<c r="%s%d"' % (letters(first), found.numbers[index]), found.tag_ends[index])
    out = []
    for name, attributes, content in _CELL.findall(found.data, start, found.ends[index]):
        column = column_number(name)
        if column in columns:
            out.append((column, (b' t="' in attributes, content)))
    return out


class _Wanted:
    """What a status cell of a value holds."""

    def __init__(self, strings: SharedStrings, *, date1904: bool) -> None:
        self.strings, self.date1904 = strings, date1904

    def content(self, value: Cell) -> tuple[bool, bytes] | None:
        """Whether it names a shared string, and its content; None for a value of another kind, which nothing equals."""
        if value is None:
            return (False, b"")
        if isinstance(value, str):
            return (True, b"<v>%d</v>" % self.strings.index(value))
        if value.__class__ is date:
            return (False, b"<v>%d</v>" % serial(value, date1904=self.date1904))
        return None
