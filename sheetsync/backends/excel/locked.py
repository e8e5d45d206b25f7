"""Which cells of the owner's, in rows with a Log entry, can't be written, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sheetsync.backends.excel.package import local
from sheetsync.backends.excel.reader import Workbook
from sheetsync.backends.excel.worksheet import Scan, parse_range
from sheetsync.core.header import map_columns
from sheetsync.core.model import LOG, NOTES, Column, StatusSettings, Table
from sheetsync.core.values import is_blank

_SPREAD = re.compile(rb"""<(?:[A-Za-z_][\w.-]*:)?f\b[^>]*?\bt\s*=\s*["'](array|dataTable)["'][^>]*>""")
_REF = re.compile(rb"""\bref\s*=\s*["']([^"']+)["']""")
_METADATA = re.compile(rb"""\s(?:cm|vm)\s*=""")
_WHY = {b"array": "is part of an array formula", b"dataTable": "is part of a data table"}
_MERGED = "is merged with other cells"
_TYPED = "holds a picture or data type"
_RICH = "holds formatted text, whose formats would be lost"
_SHARED = re.compile(rb"""^<[^>]*?\st\s*=\s*["']s["'][^>]*>.*?<(?:[A-Za-z_][\w.-]*:)?v>\s*(\d+)\s*</""", re.DOTALL)
_RUN = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?r[ >]")


def locked(
    workbook: Workbook, table: Table, found: Scan, columns: Iterable[Column], status: StatusSettings
) -> dict[tuple[int, int], str]:
    """(row number, position) → why, for cells inside arrays, spills and data tables, with cell metadata, merged away, or
    (in Notes) with words in bold or colours, which a new text could not keep.

    Looks at nothing where no row has a Log entry. Plain formulas are in the table's `formula_cells`.
    """
    positions = map_columns(table.header, columns, status=status)
    at = positions.get(LOG)
    rows = [] if at is None else [number for number, row in zip(table.numbers, table.rows, strict=True) if not is_blank(row[at])]
    if not rows:
        return {}
    first, last = table.first_column, table.first_column + len(table.header) - 1
    ranges: list[tuple[tuple[int, int, int, int], str, bool]] = [(area, _MERGED, True) for area in _areas(found.merges)]
    for match in _SPREAD.finditer(found.data):
        ref = _REF.search(match[0])
        if ref is not None:
            ranges += [(area, _WHY[match[1]], False) for area in _areas([ref[1].decode("utf-8", "replace")])]
    out: dict[tuple[int, int], str] = {}
    for (top, left, bottom, right), why, spares_first in ranges:
        for number in rows:
            if top <= number <= bottom:
                for column in range(max(left, first), min(right, last) + 1):
                    if not (spares_first and (number, column) == (top, left)):
                        out.setdefault((number, column - first), why)
    index_of = {number: index for index, number in enumerate(found.numbers)}
    for number in rows:
        index = index_of.get(number)
        if index is None or found.ends[index] < 0 or not _METADATA.search(found.data, found.starts[index], found.ends[index]):
            continue
        for column in found.row_columns(index):
            span = found.cell(index, column)
            if span is not None and first <= column <= last:
                tag = found.data[span.start : found.data.index(b">", span.start)]
                if _METADATA.search(tag):
                    out.setdefault((number, column - first), _TYPED)
    if at is not None and (notes := positions.get(NOTES)) is not None:
        for number in _with_formatted_text(workbook, found, [index_of[n] for n in rows if n in index_of], first + notes):
            out.setdefault((number, notes), _RICH)
    return out


def _with_formatted_text(workbook: Workbook, found: Scan, indexes: Iterable[int], column: int) -> list[int]:
    """The numbers of those rows whose cell in the column is a text in runs (§18.4.4)."""
    shared: dict[int, list[int]] = {}
    out = []
    for index in indexes:
        span = found.cell(index, column)
        content = b"" if span is None else found.data[span.start : span.end]
        if (match := _SHARED.match(content)) is not None:
            shared.setdefault(int(match[1]), []).append(found.numbers[index])
        elif _RUN.search(content):
            out.append(found.numbers[index])
    part = workbook.part_of("sharedStrings") if shared else None
    if part is not None:
        entries = [child for child in workbook.package.xml(part) if local(child) == "si"]
        for place, numbers in shared.items():
            if place < len(entries) and any(local(run) == "r" for run in entries[place]):
                out += numbers
    return out


def _areas(refs: Iterable[str]) -> list[tuple[int, int, int, int]]:
    areas = []
    for ref in refs:
        try:
            areas.append(parse_range(ref))
        except ValueError:
            continue
    return areas
