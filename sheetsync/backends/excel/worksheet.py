"""Finds rows and cells in a worksheet part as byte offsets, and splices new cells between the original bytes.

expat's offsets are the general path and the definition of right; `plain` is its fast path, taken only where the part is proven
plain. ECMA-376 part 1, §18.3.1.
"""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sheetsync.backends.excel.package import has_doctype
from sheetsync.core.model import column_letters
from sheetsync.errors import Refused

NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_BLOCK = 1024**2  # bytes
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
ABSENT = -2  # in place of a style index, where there is no cell

_TAG_END = re.compile(rb"""[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")
_DECLARATION = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_SPANS = re.compile(rb"""\s+spans\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class CellSpan(NamedTuple):
    """Where a cell's element stands (bytes), its style index, and whether it holds a formula."""

    start: int
    end: int
    style: int
    formula: bool


class Element(NamedTuple):
    """A child of the worksheet's root: attributes and where its start tag and the whole element stand (bytes)."""

    name: str
    attributes: Mapping[str, str]
    start: int
    tag_end: int
    end: int


@dataclass(slots=True)
class Scan:
    """What a splice needs to know of a worksheet part.

    Row arrays align; `ends` is where `</row>` begins, −1 for `<row/>`. Cell arrays align; `first` says where a row's cells begin in
    them, and has one entry more than there are rows.
    """

    data: bytes
    prefix: bytes = b""
    numbers: array[int] = field(default_factory=lambda: array("q"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    tag_ends: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    first: array[int] = field(default_factory=lambda: array("q"))
    cell_columns: array[int] = field(default_factory=lambda: array("H"))
    cell_starts: array[int] = field(default_factory=lambda: array("I"))
    cell_ends: array[int] = field(default_factory=lambda: array("I"))  # empty where the part is plain, for they are found as quickly
    cell_styles: array[int] = field(default_factory=lambda: array("i"))  # −1 where it can't be read
    disorder: str = ""  # why nothing may be written, if so
    elements: dict[str, Element] = field(default_factory=dict)
    columns: list[Element] = field(default_factory=list)  # <col>
    merges: list[str] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)  # (row number, column number)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    fills: list[str] = field(default_factory=list)  # the ranges that array formulas and data tables fill
    rich: set[tuple[int, int]] = field(default_factory=set)  # cells with metadata (cm, vm): pictures, linked data
    plain: bool = False

    @property
    def merged_ranges(self) -> list[tuple[int, int, int, int]]:
        """First row, first column, last row and last column of each range of merged cells that can be read."""
        return list(_ranges(self.merges))

    @property
    def filled_ranges(self) -> list[tuple[int, int, int, int]]:
        """The same of each range that one array formula or data table fills."""
        return list(_ranges(self.fills))

    def row_columns(self, index: int) -> Sequence[int]:
        """The column numbers of the cells of a row, in order."""
        return self.cell_columns[self.first[index] : self.first[index + 1]]

    def _place(self, index: int, column: int) -> int:
        """Where a column's cell of that row is in the cell arrays, or would be."""
        return bisect_left(self.cell_columns, column, self.first[index], self.first[index + 1])

    def cell(self, index: int, column: int) -> CellSpan | None:
        """One cell of a row, None where it is absent."""
        at = self._place(index, column)
        if at == self.first[index + 1] or self.cell_columns[at] != column:
            return None
        start = self.cell_starts[at]
        if not self.plain:
            end = self.cell_ends[at]
        else:
            end = self.data.index(b">", start) + 1
            if self.data[end - 2] != 0x2F:  # "/>"
                end = self.data.index(b"</c>", end) + 4
        formula = bool(self.formulas) and (self.numbers[index], column) in self.formulas
        return CellSpan(start, end, self.cell_styles[at], formula)

    def insertion(self, index: int, column: int) -> int:
        """Where a new cell of that column goes in a row that has an end tag."""
        at = self._place(index, column)
        return self.cell_starts[at] if at < self.first[index + 1] else self.ends[index]

    def styles(self, columns: Sequence[int]) -> list[tuple[int, ...]]:
        """The style indexes of every row's cells in those columns, ABSENT where there is no cell."""
        import numpy as np  # here, since what reads nothing of the kind starts the sooner

        of_cells, first = np.frombuffer(self.cell_columns, np.uint16), np.frombuffer(self.first, np.int64)
        all_styles = np.frombuffer(self.cell_styles, np.int32)
        out = np.full((len(self.numbers), len(columns)), ABSENT, np.int32)
        for place, column in enumerate(columns):
            at = np.flatnonzero(of_cells == column)
            out[np.searchsorted(first, at, "right") - 1, place] = all_styles[at]
        return list(map(tuple, out.tolist()))

    def let_go(self) -> None:
        """Keeps the places of rows and gives up the rest of the memory."""
        self.data = b""
        for cells in (self.cell_columns, self.cell_starts, self.cell_ends, self.cell_styles):
            del cells[:]

    def row_style(self, index: int) -> int | None:
        """The row's own style index where it has one for new cells (customFormat), else None."""
        if self.data.find(b"customFormat", self.starts[index], self.tag_ends[index]) < 0:
            return None
        tag = self.data[self.starts[index] : self.tag_ends[index]]
        if re.search(rb"""customFormat\s*=\s*["'](1|true)["']""", tag) is None:
            return None
        style = _STYLE.search(tag)
        return int(style[1]) if style else 0


_LETTERS: dict[int, bytes] = {}
_NUMBERS: dict[bytes, int] = {}


def letters(column: int) -> bytes:
    """The letters of a column as bytes; 1 is A."""
    found = _LETTERS.get(column)
    if found is None:
        found = _LETTERS[column] = column_letters(column).encode()
    return found


def column_number(text: str | bytes) -> int:
    """The number of a column's letters; A is 1. Raises ValueError past XFD."""
    raw = text.encode() if isinstance(text, str) else text
    found = _NUMBERS.get(raw)
    if found is None:
        found = 0
        for byte in raw.upper():
            found = found * 26 + byte - 64
        if not 1 <= found <= MAX_COLUMN:
            raise ValueError(f"no such column: {raw.decode()}")
        _NUMBERS[raw] = found
    return found


def parse_ref(ref: str) -> tuple[int, int]:
    """Row and column number of "B7", "$b$7". Raises ValueError."""
    match = _REF.fullmatch(ref)
    if match is None or not 1 <= int(match[2]) <= MAX_ROW:
        raise ValueError(f"no cell reference: {ref}")
    return int(match[2]), column_number(match[1])


def parse_range(ref: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column of "A1:C9" or "A1". Raises ValueError."""
    first, _, last = ref.partition(":")
    top, left = parse_ref(first)
    bottom, right = parse_ref(last) if last else (top, left)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)


def _ranges(refs: Iterable[str]) -> Iterator[tuple[int, int, int, int]]:
    for ref in refs:
        with suppress(ValueError):
            yield parse_range(ref)


def say_range(top: int, left: int, bottom: int, right: int) -> str:
    """ "A1:C9"."""
    return f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"


def as_utf8(data: bytes) -> bytes:
    """The part in UTF-8, its declaration mended. UTF-8, with or without a BOM, comes back as it is."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16")
        return re.sub(r"""(<\?xml[^>]*?encoding\s*=\s*["'])[^"']+""", r"\1UTF-8", text, count=1).encode()
    match = _DECLARATION.match(data)
    if match and match[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        try:
            text = data.decode(match[1].decode())
        except (LookupError, UnicodeDecodeError):
            raise Refused(f"A part is in the encoding {match[1].decode()}, which can't be read.",
                          "Open the workbook in Excel and save it again.") from None
        return (data[: match.start(1)].decode() + "UTF-8" + text[match.end(1) :]).encode()
    return data


def scan_general(data: bytes, what: str) -> Scan:
    """The general path: expat, namespace-aware, on any well-formed XML."""
    return _General(data, what).run()


class _General:
    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.what = what
        self.scan = Scan(data)
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.path: list[str] = []
        self.open: tuple[str, Mapping[str, str], int, int] | None = None
        self.row = 0
        self.column = 0
        self.at: tuple[int, int, int] = (0, 0, 0)  # start and start tag's end of the current cell, its style
        self.formula = self.has_value = False

    def run(self) -> Scan:
        parser = self.parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.buffer_text = True
        try:
            parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise Refused(f"{self.what} is damaged ({error}).", "Open the workbook in Excel and save it again.") from None
        parser.StartElementHandler = parser.EndElementHandler = None  # breaks the circle of parser and self
        self.scan.first.append(len(self.scan.cell_starts))
        if "sheetData" not in self.scan.elements:
            raise Refused(f"{self.what} holds no cells; it is no worksheet.", "Choose another with --sheet NAME.")
        return self.scan

    def _doctype(self, *_: Any) -> None:
        raise has_doctype(self.what)

    def _tag_end(self, start: int) -> int:
        match = _TAG_END.match(self.data, start)
        assert match is not None
        return match.end()

    def _element_end(self, tag_end: int) -> int:
        """Where the element that ends now does so; an empty-element tag ("/>") ends with itself."""
        if self.data[tag_end - 2] == 0x2F:
            return tag_end
        return self.data.index(b">", self.parser.CurrentByteIndex) + 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        if namespace not in NAMESPACES:
            tag = "?"
        path = self.path
        depth = len(path)
        path.append(tag)
        if depth == 3:
            if tag == "c" and path[2] == "row" and path[1] == "sheetData":
                self._cell(attributes)
        elif depth == 4:
            if path[3] == "c":
                if tag == "f":
                    self.formula = True
                    if attributes.get("t") in ("array", "dataTable") and "ref" in attributes:
                        self.scan.fills.append(attributes["ref"])
                elif tag == "v" or tag == "is":
                    self.has_value = True
        elif depth == 2:
            if tag == "row" and path[1] == "sheetData":
                self._row(attributes)
            elif tag == "col" and path[1] == "cols":
                start = self.parser.CurrentByteIndex
                end = self._tag_end(start)
                self.scan.columns.append(Element(tag, dict(attributes), start, end, end))
            elif tag == "mergeCell" and path[1] == "mergeCells":
                self.scan.merges.append(attributes.get("ref", ""))
        elif depth == 1:
            start = self.parser.CurrentByteIndex
            self.open = (tag, dict(attributes), start, self._tag_end(start))
        elif depth == 0 and tag != "worksheet":
            raise Refused(f"{self.what} is no worksheet.", "Choose another with --sheet NAME.")

    def _row(self, attributes: dict[str, str]) -> None:
        scan = self.scan
        start = self.parser.CurrentByteIndex
        text = attributes.get("r")
        number = self.row + 1
        if text is not None:
            try:
                number = int(text)
            except ValueError:
                number = 0
        if not self.row < number <= MAX_ROW:
            scan.disorder = scan.disorder or f"its rows are out of order at row {text}"
            number = self.row + 1
        self.row, self.column = number, 0
        scan.numbers.append(number)
        scan.starts.append(start)
        scan.tag_ends.append(self._tag_end(start))
        scan.first.append(len(scan.cell_starts))

    def _cell(self, attributes: dict[str, str]) -> None:
        ref = attributes.get("r")
        column = self.column + 1
        if ref is not None:
            try:
                row, column = parse_ref(ref)
            except ValueError:
                row, column = 0, 0
            if row != self.row:
                self.scan.disorder = self.scan.disorder or f"the cell {ref} stands in row {self.row}"
                column = self.column + 1
        if column <= self.column:
            self.scan.disorder = self.scan.disorder or f"the cells of row {self.row} are out of order at {ref}"
            column = self.column + 1
        if column > MAX_COLUMN:
            self.scan.disorder = self.scan.disorder or f"row {self.row} has more cells than a worksheet has columns"
            column = MAX_COLUMN
        self.column = column
        if "vm" in attributes or "cm" in attributes:
            self.scan.rich.add((self.row, column))
        style = attributes.get("s", "0")
        start = self.parser.CurrentByteIndex
        self.at = (start, self._tag_end(start), int(style) if style.isdecimal() and len(style) < 8 else -1)
        self.formula = self.has_value = False

    def _end(self, name: str) -> None:
        path = self.path
        tag = path.pop()
        depth = len(path)
        if depth == 3 and tag == "c" and path[2] == "row":
            start, tag_end, style = self.at
            self.scan.cell_columns.append(self.column)
            self.scan.cell_starts.append(start)
            self.scan.cell_ends.append(self._element_end(tag_end))
            self.scan.cell_styles.append(style)
            if self.formula:
                self.scan.formulas.add((self.row, self.column))
                if not self.has_value:
                    self.scan.uncalculated.add((self.row, self.column))
        elif depth == 2 and tag == "row" and path[1] == "sheetData":
            closed = self.data[self.scan.tag_ends[-1] - 2] == 0x2F
            self.scan.ends.append(-1 if closed else self.parser.CurrentByteIndex)
        elif depth == 1 and self.open is not None:
            tag, attributes, start, tag_end = self.open
            end = self._element_end(tag_end)
            if tag != "?":
                self.scan.elements.setdefault(tag, Element(tag, attributes, start, tag_end, end))
                if tag == "sheetData":
                    raw = self.data[start + 1 : tag_end].split(b"sheetData", 1)[0]
                    self.scan.prefix = raw
            self.open = None


Edit = tuple[int, int, bytes]


def splice(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with each (start, end) replaced. Edits come in the order of their places and may not overlap."""
    return b"".join(spliced(data, edits))


def spliced(data: bytes, edits: Iterable[Edit]) -> Iterator[bytes]:
    """`splice` in blocks, so that a large part never stands in memory twice."""
    view = memoryview(data)
    block = bytearray()
    position = 0
    for start, end, new in edits:
        assert start >= position, "edits overlap"
        block += view[position:start]
        block += new
        position = end
        if len(block) > _BLOCK:
            yield bytes(block)
            block.clear()
    block += view[position:]
    yield bytes(block)


# A row's number, its place in the scan (None where it is absent), column numbers in order, and their new cells.
NewCells = tuple[int, int | None, Sequence[int], Sequence[bytes]]


def row_edits(found: Scan, rows: Iterable[NewCells]) -> Iterator[Edit]:
    """The edits that put cells into rows, which come in the order of their numbers; the edits come in that of their places.

    Rows are made where absent. Raises Refused where the part's rows or cells are out of order.
    """
    if found.disorder:
        raise Refused(f"The worksheet can't be written: {found.disorder}.", "Open the workbook in Excel and save it again.")
    behind: list[bytes] = []  # new rows after the last one
    prefix = found.prefix
    spans: dict[tuple[bytes, int, int], bytes] = {}
    ends, first, cell_columns = found.ends, found.first, found.cell_columns
    for number, index, columns, cells in rows:
        if index is None:
            made = b'<%brow r="%d">%b</%brow>' % (prefix, number, b"".join(cells), prefix)
            place = bisect_left(found.numbers, number)
            if place < len(found.numbers):
                yield found.starts[place], found.starts[place], made
            else:
                behind.append(made)
            continue
        end = ends[index]
        if end < 0:
            yield _into_empty(found, index, columns, cells)
            continue
        if (wider := _wider_tag(found, index, columns, spans)) is not None:
            yield wider
        if first[index] == first[index + 1] or cell_columns[first[index + 1] - 1] < columns[0]:
            yield end, end, b"".join(cells)  # most often: all behind the row's last cell
        else:
            yield from _among_cells(found, index, columns, cells)
    if behind:
        yield _rows_at_end(found, b"".join(behind))


def _rows_at_end(found: Scan, rows: bytes) -> Edit:
    element = found.elements["sheetData"]
    if element.tag_end == element.end:  # <sheetData/>
        tag = found.data[element.start : element.end]
        name = b"%bsheetData" % found.prefix
        return (element.start, element.end, tag[:-2].rstrip() + b">" + rows + b"</" + name + b">")
    end = found.data.rindex(b"</", element.start, element.end)
    return (end, end, rows)


def _into_empty(found: Scan, index: int, columns: Sequence[int], cells: Sequence[bytes]) -> Edit:
    """`<row/>` with cells in it."""
    start, tag_end = found.starts[index], found.tag_ends[index]
    tag = _widened(found.data[start:tag_end], columns[0], columns[-1])
    return start, tag_end, tag[:-2].rstrip() + b">" + b"".join(cells) + b"</%brow>" % found.prefix


def _wider_tag(found: Scan, index: int, columns: Sequence[int], spans: dict[tuple[bytes, int, int], bytes]) -> Edit | None:
    """The edit that widens a row's `spans`, where that is needed."""
    data, tag_end = found.data, found.tag_ends[index]
    at = data.find(b"spans", found.starts[index], tag_end)
    if at < 0:
        return None
    old = data[at - 1 : tag_end]  # from before "spans" to the tag's end: alike in most rows
    key = (old, columns[0], columns[-1])
    tail = spans.get(key)
    if tail is None:
        tail = spans[key] = _widened(old, columns[0], columns[-1])
    return (at - 1, tag_end, tail) if tail != old else None


def _among_cells(found: Scan, index: int, columns: Sequence[int], cells: Sequence[bytes]) -> Iterator[Edit]:
    """The edits that put cells between those of a row, or in their places."""
    last = found.row_columns(index)[-1]
    behind: list[bytes] = []
    for column, cell in zip(columns, cells, strict=True):  # in order, and so are the places
        if column > last:
            behind.append(cell)
            continue
        span = found.cell(index, column)
        if span is not None:
            yield span.start, span.end, cell
        else:
            place = found.insertion(index, column)
            yield place, place, cell
    if behind:
        yield found.ends[index], found.ends[index], b"".join(behind)


def _widened(tag: bytes, first: int, last: int) -> bytes:
    """A row's start tag whose `spans` takes the columns in; dropped where it can't be read (it is only a hint)."""
    match = _SPANS.search(tag)
    if match is None:
        return tag
    value = match[1] if match[1] is not None else match[2]
    parts = re.fullmatch(rb"(\d+):(\d+)", value)
    if parts is None:
        return tag[: match.start()] + tag[match.end() :]
    low, high = min(int(parts[1]), first), max(int(parts[2]), last)
    if (low, high) == (int(parts[1]), int(parts[2])):
        return tag
    return tag[: match.start()] + b' spans="%d:%d"' % (low, high) + tag[match.end() :]
