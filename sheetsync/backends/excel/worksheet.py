"""Finds rows and cells in a worksheet part as byte offsets, and splices new cells between the original bytes.

expat's offsets are the general path and the definition of right; a guarded scan of the bytes is its fast path,
taken only where the part is proven plain. ECMA-376 part 1, §18.3.1.
"""

from __future__ import annotations

import itertools
import re
import xml.parsers.expat as expat
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

_TAG_END = re.compile(rb"""[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")
_DECLARATION = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_PLAIN_ROW = re.compile(rb'<row r="([1-9]\d{0,6})"(?: [A-Za-z0-9_:]+="[^"<>]*")* ?(/?)>')
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
_PLAIN_TAGS = re.compile(rb'<c r="([A-Z]{1,3})\d{1,7}"([^>]*)')
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


class NotPlain(Exception):
    """A row of a part that looked plain is not: its cells are out of order, or named otherwise. The general path knows more."""


@dataclass(slots=True)
class Scan:
    """What a splice needs to know of a worksheet part. Row arrays align; `ends` is where `</row>` begins, −1 for `<row/>`."""

    data: bytes
    prefix: bytes = b""
    numbers: array[int] = field(default_factory=lambda: array("l"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    tag_ends: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    disorder: str = ""  # why nothing may be written, if so
    elements: dict[str, Element] = field(default_factory=dict)
    columns: list[Element] = field(default_factory=list)  # <col>
    merges: list[str] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)  # (row number, column number)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    fills: list[str] = field(default_factory=list)  # the ranges that array formulas and data tables fill
    rich: set[tuple[int, int]] = field(default_factory=set)  # cells with metadata (cm, vm): pictures, linked data
    plain: bool = False
    # Plain: the columns of those rows that were looked at, one shared tuple for all rows alike. General: every cell, by row.
    signatures: list[tuple[int, ...] | None] = field(default_factory=list)
    known_signatures: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    ahead: list[tuple[Any, ...]] = field(default_factory=list)  # the looks of rows' last cells, from the first row on
    known_looks: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    known_styles: dict[bytes, int] = field(default_factory=dict)  # a plain cell's attributes → its style index
    cells: list[dict[int, CellSpan]] = field(default_factory=list)

    @property
    def merged_ranges(self) -> list[tuple[int, int, int, int]]:
        """First row, first column, last row and last column of each range of merged cells that can be read."""
        return list(_ranges(self.merges))

    @property
    def filled_ranges(self) -> list[tuple[int, int, int, int]]:
        """The same of each range that one array formula or data table fills."""
        return list(_ranges(self.fills))

    def row_columns(self, index: int) -> Sequence[int]:
        """The column numbers of the cells of a row, in order. Raises NotPlain where a plain part's row is none."""
        return self._signature(index) if self.plain else list(self.cells[index])

    def proves(self, indexes: Iterable[int]) -> bool:
        """Whether those rows of a plain part are as plain as they looked; what follows raises no NotPlain then."""
        try:
            for index in indexes:
                self._signature(index)
        except NotPlain:
            return False
        return True

    def prove_ahead(self, done: Callable[[], bool]) -> None:
        """Proves the rows of a plain part, as long as not `done`, for a write that will want them all."""
        with suppress(NotPlain):
            for index in range(len(self.numbers)):
                if index % 1024 == 0 and done():
                    return
                self._signature(index)

    def _signature(self, index: int) -> tuple[int, ...]:
        found = self.signatures[index]
        if found is None:
            found = self.signatures[index] = self._look(index)
        return found

    def _look(self, index: int) -> tuple[int, ...]:
        start, end = self.tag_ends[index], self.ends[index]
        if end < 0:
            return ()
        refs = _PLAIN_CELL.findall(self.data, start, end)
        # "A12 B12 " less the row's own number is "A B ": equal for most rows, so each is looked at once.
        pattern = (b" ".join(refs) + b" ").replace(b"%d " % self.numbers[index], b" ")
        signature = self.known_signatures.get(pattern)
        if signature is None:
            signature = self.known_signatures[pattern] = _signature(pattern)
        if len(refs) != self.data.count(b"<c ", start, end):
            raise NotPlain
        return signature

    def cell(self, index: int, column: int) -> CellSpan | None:
        """One cell of a row, None where it is absent."""
        if not self.plain:
            return self.cells[index].get(column)
        if column not in self._signature(index):
            return None
        data = self.data
        start = data.index(b'<c r="%s%d"' % (letters(column), self.numbers[index]), self.tag_ends[index])
        tag_end = data.index(b">", start) + 1
        if data[tag_end - 2] == 0x2F:  # "/>"
            return CellSpan(start, tag_end, _style(data, start, tag_end), False)
        end = data.index(b"</c>", tag_end) + 4
        return CellSpan(start, end, _style(data, start, tag_end), data.find(b"<f", tag_end, end) >= 0)

    def styles_from(self, index: int, column: int) -> dict[int, int]:
        """The style index of every cell of a row from that column on, by column number."""
        return self.read_looks(self.looks_from(index, column), column)

    def looks_from(self, index: int, column: int) -> tuple[Any, ...]:
        """What says the style of every cell of a row from that column on: equal for rows that look the same there."""
        if not self.plain:
            return tuple([(number, span.style) for number, span in self.cells[index].items() if number >= column])
        if index < len(self.ahead):
            looks = self.ahead[index]
            if looks and looks[0][0] == letters(column):
                return looks
        data, end = self.data, self.ends[index]
        if end < 0:
            return ()
        start = data.find(b'<c r="%b%d"' % (letters(column), self.numbers[index]), self.tag_ends[index], end)
        # Where that column's cell is absent, all are taken, and those to the left left out in reading.
        return tuple(_PLAIN_TAGS.findall(data, start if start >= 0 else self.tag_ends[index], end))

    def look_ahead(self, count: int, done: Callable[[], bool]) -> None:
        """Notes the looks of the last `count` cells of each row of a plain part, as long as not `done`: they are most likely
        what `looks_from` is asked for, and there is time while the values are loaded.
        """
        data, known = self.data, self.known_looks
        for index in range(len(self.numbers)):
            if index % 1024 == 0 and done():
                return
            end = place = self.ends[index]
            for _ in range(count):
                place = data.rfind(b"<c ", self.tag_ends[index], place) if place >= 0 else -1
            looks = tuple(_PLAIN_TAGS.findall(data, place, end)) if place >= 0 else ()
            self.ahead.append(known.setdefault(looks, looks))

    def read_looks(self, looks: tuple[Any, ...], column: int) -> dict[int, int]:
        """Style indexes by column number, as `looks_from` the same column gave them."""
        if not self.plain:
            return dict(looks)
        known = self.known_styles
        out = {}
        for name, attributes in looks:
            number = column_number(name)
            if number >= column:
                style = known.get(attributes)
                if style is None:
                    style = known[attributes] = _style(attributes, 0, len(attributes))
                out[number] = style
        return out

    def insertion(self, index: int, column: int) -> int:
        """Where a new cell of that column goes in a row that has an end tag."""
        for other in self.row_columns(index):
            if other > column:
                span = self.cell(index, other)
                assert span is not None
                return span.start
        return self.ends[index]

    def row_style(self, index: int) -> int | None:
        """The row's own style index where it has one for new cells (customFormat), else None."""
        if self.data.find(b"customFormat", self.starts[index], self.tag_ends[index]) < 0:
            return None
        tag = self.data[self.starts[index] : self.tag_ends[index]]
        match = re.search(rb"""customFormat\s*=\s*["'](1|true)["']""", tag)
        return _style(tag, 0, len(tag)) if match else None


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


def _style(data: bytes, start: int, end: int) -> int:
    match = _STYLE.search(data, start, end)
    return int(match[1]) if match else 0


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


def scan(data: bytes, what: str) -> Scan:
    """Finds every row and cell of a worksheet part in UTF-8. Raises Refused where it is not a well-formed worksheet."""
    found = scan_plain(data, what)
    return found if found is not None else scan_general(data, what)


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
        self.row_cells: dict[int, CellSpan] = {}
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
        self.row_cells = {}
        scan.numbers.append(number)
        scan.starts.append(start)
        scan.tag_ends.append(self._tag_end(start))
        scan.cells.append(self.row_cells)

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
        self.column = column
        if "vm" in attributes or "cm" in attributes:
            self.scan.rich.add((self.row, column))
        style = attributes.get("s", "0")
        start = self.parser.CurrentByteIndex
        self.at = (start, self._tag_end(start), int(style) if style.isdigit() else -1)
        self.formula = self.has_value = False

    def _end(self, name: str) -> None:
        path = self.path
        tag = path.pop()
        depth = len(path)
        if depth == 3 and tag == "c" and path[2] == "row":
            start, tag_end, style = self.at
            self.row_cells[self.column] = CellSpan(start, self._element_end(tag_end), style, self.formula)
            if self.formula:
                self.scan.formulas.append((self.row, self.column))
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


def scan_plain(data: bytes, what: str) -> Scan | None:
    """The fast path. None unless the part is proven plain: UTF-8; no comment, CDATA, DOCTYPE or processing instruction;
    no namespace declared among the cells; every row with `r`, in order; every cell with `r` first. The cells of a row are
    looked at when they are asked for, and NotPlain is raised then where they are out of order.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or _has_markup(data):
        return None
    first = data.find(b"<sheetData>")
    last = data.find(b"</sheetData>")
    if first < 0 or last < 0 or data.count(b"<sheetData", 0, first + 1) or data.count(b"<sheetData", last) or (
        data.count(b"</sheetData", last + 1)
    ):
        return None
    body = first + len(b"<sheetData>")
    if data.find(b"xmlns", body, last) >= 0 or data.count(b"<c", body, last) != data.count(b'<c r="', body, last):
        return None
    # All but the rows goes through expat, on a copy without them; offsets behind them are moved back.
    skeleton = scan_general(data[:body] + data[last:], what)
    if skeleton.prefix or skeleton.elements["sheetData"].start != first:
        return None
    found = Scan(data, plain=True)
    if not _plain_rows(found, body, last):
        return None
    shift = last - body
    for name, element in skeleton.elements.items():
        found.elements[name] = _shifted(element, body, shift)
    found.columns = [_shifted(element, body, shift) for element in skeleton.columns]
    found.merges = skeleton.merges
    return found


def _has_markup(data: bytes) -> bool:
    """Whether a comment, CDATA, DOCTYPE or processing instruction is there. One rare byte is found faster than two."""
    return (data.find(b"!") >= 0 and data.find(b"<!") >= 0) or (data.find(b"?>", 2) != data.rfind(b"?>") and data.find(b"<?", 2) >= 0)


def _shifted(element: Element, body: int, shift: int) -> Element:
    def move(offset: int) -> int:
        return offset + shift if offset > body else offset

    return element._replace(start=move(element.start), tag_end=move(element.tag_end), end=move(element.end))


def _plain_rows(found: Scan, body: int, last: int) -> bool:
    data, previous = found.data, 0
    numbers, starts, tag_ends, ends = found.numbers, found.starts, found.tag_ends, found.ends
    match_row, find = _PLAIN_ROW.match, data.find
    start = find(b"<row", body, last)
    if data[body : start if start >= 0 else last].strip():
        return False
    open_rows = 0
    while start >= 0:
        match = match_row(data, start, last)
        if match is None:
            return False
        number, tag_end = int(match[1]), match.end()
        if not previous < number <= MAX_ROW:
            return False
        previous = number
        numbers.append(number)
        starts.append(start)
        tag_ends.append(tag_end)
        following = find(b"<row", tag_end, last)
        edge = following if following >= 0 else last
        if match[2]:
            ends.append(-1)
            if data[tag_end:edge].strip():
                return False
        else:
            end = edge - 6
            if data[end:edge] != b"</row>":
                end = data.rfind(b"</row>", tag_end, edge)
                if end < 0 or data[end + 6 : edge].strip():
                    return False
            ends.append(end)
            open_rows += 1
        start = following
    if data.count(b"</row>", body, last) != open_rows:
        return False
    found.signatures = [None] * len(numbers)
    for attribute in (b' vm="', b' cm="'):
        if data.find(attribute, body, last) >= 0:
            return False  # rare: left to the general path
    return _plain_formulas(found, body, last)


def _signature(pattern: bytes) -> tuple[int, ...]:
    names = pattern.split()
    if not all(name.isalpha() for name in names):
        raise NotPlain
    try:
        numbers = tuple(column_number(name) for name in names)
    except ValueError:
        raise NotPlain from None
    if not all(one < other for one, other in itertools.pairwise(numbers)):
        raise NotPlain
    return numbers


_FORMULA = re.compile(rb"<f[ />]")
_FILLS = re.compile(rb"""<f(?=[^>]*\st\s*=\s*["'](?:array|dataTable)["'])[^>]*\sref\s*=\s*["']([^"']*)["']""")


def _plain_formulas(found: Scan, body: int, last: int) -> bool:
    data = found.data
    for match in _FORMULA.finditer(data, body, last):
        start = data.rfind(b"<c ", body, match.start())
        ref = _PLAIN_CELL.match(data, start)
        if ref is None:
            return False
        where = parse_ref(ref[1].decode())
        fills = _FILLS.match(data, match.start())
        if fills is not None:
            found.fills.append(fills[1].decode())
        end = data.find(b"</c>", match.end())
        found.formulas.append(where)
        if data.find(b"<v>", match.end(), end) < 0 and data.find(b"<v ", match.end(), end) < 0 and (
            data.find(b"<v/>", match.end(), end) < 0 and data.find(b"<is", match.end(), end) < 0
        ):
            found.uncalculated.add(where)
    return True


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


NewCells = tuple[int, Mapping[int, bytes]]  # a row's number, and its new cells by column number


def row_edits(found: Scan, rows: Iterable[NewCells]) -> Iterator[Edit]:
    """The edits that put cells into rows, which come in the order of their numbers; the edits come in that of their places.

    Rows are made where absent. Raises Refused where the part's rows or cells are out of order.
    """
    if found.disorder:
        raise Refused(f"The worksheet can't be written: {found.disorder}.", "Open the workbook in Excel and save it again.")
    behind: list[bytes] = []  # new rows after the last one
    prefix = found.prefix
    spans: dict[tuple[bytes, int, int], bytes] = {}
    place = 0
    for number, cells in rows:
        columns = sorted(cells)
        place = bisect_left(found.numbers, number, place)
        if place < len(found.numbers) and found.numbers[place] == number:
            yield from _one_row(found, place, cells, columns, spans)
            continue
        made = b'<%brow r="%d">%b</%brow>' % (prefix, number, b"".join([cells[c] for c in columns]), prefix)
        if place < len(found.numbers):
            yield found.starts[place], found.starts[place], made
        else:
            behind.append(made)
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


def _one_row(
    found: Scan, index: int, cells: Mapping[int, bytes], columns: Sequence[int], spans: dict[tuple[bytes, int, int], bytes]
) -> Iterator[Edit]:
    data = found.data
    start, tag_end, end = found.starts[index], found.tag_ends[index], found.ends[index]
    if end < 0:  # <row/>
        tag = _widened(data[start:tag_end], columns[0], columns[-1])
        made = b"".join([cells[column] for column in columns])
        yield start, tag_end, tag[:-2].rstrip() + b">" + made + b"</%brow>" % found.prefix
        return
    at = data.find(b"spans", start, tag_end)
    if at >= 0:
        old = data[at - 1 : tag_end]
        key = (old, columns[0], columns[-1])
        tail = spans.get(key)
        if tail is None:  # from before "spans" to the tag's end: alike in most rows
            tail = spans[key] = _widened(old, columns[0], columns[-1])
        if tail != old:
            yield at - 1, tag_end, tail
    here = found.row_columns(index)
    last = here[-1] if here else 0
    behind: list[bytes] = []
    for column in columns:  # in order, and so are the places
        if column > last:
            behind.append(cells[column])
            continue
        span = found.cell(index, column)
        if span is not None:
            yield span.start, span.end, cells[column]
        else:
            place = found.insertion(index, column)
            yield place, place, cells[column]
    if behind:
        yield end, end, b"".join(behind)


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
