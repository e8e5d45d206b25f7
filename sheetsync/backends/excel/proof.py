"""Proves a large new worksheet part right without reading all its values again.

The part's checksum says that the file holds the bytes that were made: the old bytes, and new cells between them. What is left
to prove is that a reader finds in every row the owner's cells as before, none lost and none doubled, and every planned status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.worksheet import Scan, as_utf8, scan_plain
from sheetsync.core.model import Table

LARGE = 500_000  # cells; below it the whole worksheet is read back and compared value by value


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


def proven(package: Package, part: str, checksums: Mapping[str, int], old: Before, expected: Table, ours: Mapping[str, int]) -> bool:
    """Whether the part is what was planned. False means only that it has to be read back as a whole.

    `checksums` are those of the parts that were made, `ours` the sheet columns of the status columns.
    """
    written = {member.filename: member.CRC for member in package.members}
    if any(written.get(name) != checksum for name, checksum in checksums.items()):
        return False
    found = scan_plain(as_utf8(package.read(part)), part)
    if found is None or before(found, frozenset(ours.values())) != old:
        return False
    cells = dict(zip(found.numbers, found.signatures, strict=True))
    for header, column in ours.items():
        position = expected.header.index(header)
        for number, row in zip(expected.numbers, expected.rows, strict=True):
            if row[position] is not None and column not in cells.get(number, ()):
                return False
    return True
