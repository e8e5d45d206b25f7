"""Proves a large new worksheet part right without reading all its values again.

Independently of how it was made: in the bytes that were written, every row that was not to change has the old bytes; each that was
has them outside the status cells, and the cell of every planned status holds just that. A large sheet's untouched values
are thereby compared as bytes; the shared strings and cell formats that they name have to be the old ones, with more behind them.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lxml import etree

from sheetsync.backends.excel.package import Damaged, Package, Pieces
from sheetsync.backends.excel.strings import ENTRY, escape, plain_texts, serial
from sheetsync.backends.excel.styles import Styles
from sheetsync.backends.excel.worksheet import Scan, as_utf8, letters, scan_general
from sheetsync.core.model import PLAIN, Cell, Style, Table

LARGE = 500_000  # cells; below it the whole worksheet is read back and compared value by value
# One status cell, or none: its row's number, style, type, and value or text.
_CELL = (rb'(?:<c r="%b(\d{1,7})"(?: s="(\d+)")?(?: t="(s|n|inlineStr)")?'
         rb'(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>))?')
_PIECE = 1024**2  # bytes that are compared at once
_MOST_FRAME = 64 * 1024**2  # bytes behind the rows; where there are more, the new file is read back as a whole


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of status cells, and the shared string that each cell names."""

    indexes: array[int] = field(default_factory=lambda: array("q"))
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the new part is held against: the old part, and the table that it should hold now.

    `old` is the old part's scan, whose bytes come again from `before` a piece at a time, and `frame` its other elements.
    `changed` are the numbers of the rows that were to change. `ours` are the sheet columns of the status columns by header,
    side by side and in their order, `palette` the colours that they may have.
    """

    part: str
    old: Scan
    before: Package
    frame: Mapping[str, bytes]
    expected: Table
    changed: frozenset[int]
    ours: Mapping[str, int]
    palette: Collection[Style]
    strings_part: str | None
    styles_part: str | None
    old_styles: bytes
    date1904: bool

    def holds(self, package: Package) -> bool:
        """Whether the package's part is proven right. False means only that it has to be read back as a whole."""
        try:
            return self._styles_are_kept(package) and self._holds(package)
        except Damaged:
            return False

    def _holds(self, package: Package) -> bool:
        new = package.pieces(self.part)
        first = new.find(b"<row ", 0)
        head = new.take(0, first) if first >= 0 else b""
        texts = _Texts()
        last = self._rows_are_kept(new, first, texts, self._styles(package)) if head and as_utf8(head) == head else None
        if last is None or not self._frame_is_kept(head, new.take(last, last + _MOST_FRAME)):
            return False
        return self._strings_are_right(package, texts)

    def _frame_is_kept(self, head: bytes, tail: bytes) -> bool:
        """Whether merged cells and all that stands around the rows are as before, widths and filter apart."""
        if len(tail) == _MOST_FRAME or b"<!" in head or b"<!" in tail or not head.rstrip().endswith(b"<sheetData>") or (
            not tail.lstrip().startswith(b"</sheetData>")
        ):
            return False
        found = scan_general(head + tail, self.part)
        now = frame_of(found)
        return found.merges == self.old.merges and all(
            name in now and (name in ("cols", "dimension", "autoFilter") or now[name] == element)
            for name, element in self.frame.items()
        )

    def _strings_are_right(self, package: Package, texts: _Texts) -> bool:
        """Whether the old shared strings are the same bytes, and each index in `texts` is its text."""
        if self.strings_part is None:
            return not texts.said
        wanted: list[str | None] = [None] * (max(texts.indexes, default=-1) + 1)
        for index, text in zip(texts.indexes, texts.said, strict=True):
            if wanted[index] != text and wanted[index] is not None:
                return False
            wanted[index] = text
        before = _blocks(self.before.pieces(self.strings_part))
        old, place = b"", 0
        for block in _blocks(package.pieces(self.strings_part)):
            while len(old) < len(block) and (more := next(before, b"")):
                old += more
            same = min(len(old), len(block))
            if block[:same] != old[:same]:
                return False
            old = old[same:]
            found: Sequence[str | None] | None = plain_texts(block)
            if found is None:
                found = [None if entry[1] is None else entry[1].decode("utf-8", "replace") for entry in ENTRY.finditer(block)]
            for said, asked in zip(found, wanted[place : place + len(found)], strict=False):
                if asked is not None and said != escape(asked).decode():
                    return False
            place += len(found)
        return not old and not next(before, b"") and place >= len(wanted)

    def _styles_are_kept(self, package: Package) -> bool:
        """Whether every cell format and number format of the old file is the same in the new one."""
        if self.styles_part is None or package.read(self.styles_part) == self.old_styles:
            return True
        before, after = _formats(self.old_styles), _formats(package.read(self.styles_part))
        return all(after[name][: len(entries)] == entries for name, entries in before.items())

    def _styles(self, package: Package) -> Styles:
        return Styles(None if self.styles_part is None else as_utf8(package.read(self.styles_part)), self.styles_part or "")

    def _rows_are_kept(self, new: Pieces, first: int, texts: _Texts, styles: Styles) -> int | None:
        """Where the rows of the new part, which begin at `first`, end, when each is as planned; None when one is not.

        From one changed row to the next, the bytes have to be those of the old part; so no row needs to be looked for.
        What the shared strings have to be comes into `texts`.
        """
        expected, old = self.expected, self.old
        if not old.numbers:
            return None
        first_position = min(self.ours.values()) - expected.first_column
        last_position = first_position + len(self.ours)
        colours = [None if set(expected.styles[header]) <= {PLAIN} else expected.styles[header] for header in self.ours]
        match_ours = re.compile(b"".join([_CELL % letters(column) for column in self.ours.values()])).match
        names = [b'<c r="%b' % letters(column) for column in self.ours.values()]
        blank = (None,) * len(names)
        days: dict[Cell, bytes] = {}
        coloured: dict[tuple[bytes | None, Style], bool] = {}
        tags: dict[tuple[bytes, bytes], bool] = {}
        indexes, said = texts.indexes, texts.said
        numbers, starts, tag_ends, ends = old.numbers, old.starts, old.tag_ends, old.ends
        pieces = self.before.pieces(self.part)
        at_new, at_old = first, starts[0]
        count, table_numbers, table_count = len(numbers), expected.numbers, len(expected.numbers)
        next_place = next_at = 0  # both kinds of numbers are in order
        for number in sorted(self.changed):
            place, at = next_place, next_at
            if place == count or numbers[place] != number:
                place = bisect_left(numbers, number, place)
                if place == count or numbers[place] != number:
                    return None  # a row was made: rare, and left to the reading
            if at == table_count or table_numbers[at] != number:
                at = bisect_left(table_numbers, number, at)
            colour_at = at if at < table_count and table_numbers[at] == number else -1
            next_place, next_at = place + 1, at + (colour_at >= 0)
            start, end = starts[place], _end(old, place)
            if start > at_old:
                if not _same(new, at_new, pieces, at_old, start):
                    return None
                at_new += start - at_old
            before = pieces.take(start, end)
            at_old = end + 6 if ends[place] >= 0 else end
            row = new.until(b"</row>", at_new)
            tag_end = row.find(b">") + 1
            if row[tag_end - 2 : tag_end] == b"/>":
                row = row[:tag_end]
                at_new += tag_end
            else:
                at_new += len(row) + 6
            if colour_at >= 0:
                wanted: Sequence[Cell] = expected.rows[colour_at][first_position:last_position]
            else:
                wanted = expected.header[first_position:last_position] if number == expected.header_row else blank
            digits = b"%d" % number
            tag_before = tag_ends[place] - start
            cells = None
            if row.startswith(before[tag_before:], tag_end) and _same_tag(row[:tag_end], before[:tag_before], tags):
                # Most likely nothing but new cells behind the old row.
                found = match_ours(row, tag_end + len(before) - tag_before)
                assert found is not None  # every cell in it is optional
                if found.end() == len(row):
                    cells = found.groups()
            if cells is None:
                cells = _status_cells(_closed(row), _closed(before), names, digits, match_ours)
                if cells is None:
                    return None
            each = iter(cells)
            for value, looks, own, style, kind, text, said_here in zip(wanted, colours, each, each, each, each, each, strict=True):
                if own is not None and own != digits:
                    return None
                if value is None:
                    if text or said_here:
                        return None
                elif value.__class__ is str:
                    if kind == b"inlineStr":
                        if said_here != escape(value):
                            return None
                    elif kind != b"s" or text is None or not text.isdigit() or len(text) > 7:
                        return None  # a rare kind of cell, as below, is left to the reading
                    else:
                        indexes.append(int(text))
                        said.append(value)
                elif value.__class__ is not date or kind is not None:
                    return None
                else:
                    day = days.get(value)
                    if day is None:
                        day = days[value] = b"%d" % serial(value, date1904=self.date1904)
                    if text != day:
                        return None
                if looks is not None and colour_at >= 0 and (asked := looks[colour_at]) != PLAIN:
                    right = coloured.get((style, asked))
                    if right is None:
                        right = coloured[style, asked] = styles.look(int(style or b"0"), None, self.palette) == asked
                    if not right:
                        return None
        end = at_old if at_old > old.starts[-1] else _end(old, -1) + (6 if old.ends[-1] >= 0 else 0)
        if not _same(new, at_new, pieces, at_old, end):
            return None
        return at_new + end - at_old


def _status_cells(
    row: bytes, before: bytes, names: Sequence[bytes], digits: bytes, match_ours: Callable[[bytes, int], re.Match[bytes] | None]
) -> tuple[Any, ...] | None:
    """What the status cells of a row hold, as `match_ours` captures it; None where anything else of it is not as before."""
    start = _first(row, names, digits)
    found = match_ours(row, start)
    rest = row[:start] + row[found.end() if found is not None else start :]
    start = _first(before, names, digits)
    if start < len(before):
        ours_before = match_ours(before, start)
        before = before[:start] + before[ours_before.end() if ours_before is not None else start :]
    return found.groups() if found is not None and before == rest else None


def _same_tag(one: bytes, other: bytes, known: dict[tuple[bytes, bytes], bool]) -> bool:
    """Whether two start tags of rows are the same but for their `spans`, which may widen. `known` are ends of such tags."""
    at = other.find(b" spans=")
    if at < 0 or one[:at] != other[:at]:
        return one == other
    key = (one[at:], other[at:])
    same = known.get(key)
    if same is None:
        same = known[key] = _closed(key[0]) == _closed(key[1])
    return same


def _same(new: Pieces, at: int, pieces: Pieces, start: int, end: int) -> bool:
    """Whether the old part's bytes from `start` to `end` stand in the new one at `at`; looked at a piece at a time."""
    for piece in range(start, end, _PIECE):
        stop = min(piece + _PIECE, end)
        if new.take(at + piece - start, at + stop - start) != pieces.take(piece, stop):
            return False
    return True


def _blocks(strings: Pieces) -> Iterator[bytes]:
    """The entries of a shared strings part in blocks of many, up to the last one that ends with a tag of its own."""
    at = strings.find(b"<si", 0)
    size = _PIECE
    while at >= 0 and (block := strings.take(at, at + size)):
        end = block.rfind(b"</si>") + 5
        if end < 5:
            if len(block) < size:
                return
            size *= 2  # one entry is longer than that
            continue
        yield block[:end]
        at, size = at + end, _PIECE


def _end(found: Scan, index: int) -> int:
    """Where a row's end tag stands; `<row/>` ends with itself."""
    end = found.ends[index]
    return end if end >= 0 else found.tag_ends[index]


def _first(row: bytes, names: Sequence[bytes], digits: bytes) -> int:
    """Where the first status cell of a row stands; the row's end where it has none."""
    for name in names:
        start = row.find(b'%b%b"' % (name, digits))
        if start >= 0:
            return start
    return len(row)


def _closed(row: bytes) -> bytes:
    """A row's bytes up to its end tag, less its `spans`, which may widen; `<row/>` like an open one."""
    end = row.find(b">") + 1
    tag = row[:end]
    at = tag.find(b' spans="')
    if at >= 0:
        tag = tag[:at] + tag[tag.index(b'"', at + 8) + 1 :]
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
    return tag + row[end:]


def frame_of(found: Scan) -> dict[str, bytes]:
    """The bytes of all elements of a worksheet but its rows."""
    return {name: found.data[element.start : element.end] for name, element in found.elements.items() if name != "sheetData"}


def _formats(data: bytes) -> dict[str, list[bytes]]:
    """The cell formats and number formats of a styles part, each in canonical form."""
    out: dict[str, list[bytes]] = {}
    for section in etree.fromstring(data):
        name = etree.QName(section).localname if isinstance(section.tag, str) else ""
        if name in ("cellXfs", "numFmts"):
            out[name] = [etree.tostring(entry, method="c14n", with_tail=False) for entry in section]
    return out
