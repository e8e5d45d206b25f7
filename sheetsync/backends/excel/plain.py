"""Finds rows, cells and what they hold in a plain worksheet part, with numpy: many cells in one step.

The fast path beside `worksheet.scan_general`, which is the definition of right. Taken only where the part is proven plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetsync.ahead import made_ahead
from sheetsync.backends.excel.worksheet import MAX_COLUMN, MAX_ROW, Element, Scan, scan_general

Array = NDArray[Any]  # of one dimension

_BLOCK = 4 * 1024**2  # bytes looked at in one step; rows are not divided
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d{1,7})["']""")
_ANY_STYLE = re.compile(rb"""\ss\s*=""")
_TYPE = re.compile(rb"""\st\s*=\s*["'](\w+)["']""")
_METADATA = re.compile(rb"""\s(?:cm|vm)\s*=""")
_FILLS = re.compile(rb"""<f(?=[^>]*\st\s*=\s*["'](?:array|dataTable)["'])[^>]*\sref\s*=\s*["']([^"']*)["']""")

# What a tag can be. Those that close themselves ("/>") have the next number.
ROW, EMPTY_ROW, CELL, EMPTY_CELL, VALUE, EMPTY_VALUE, FORMULA, EMPTY_FORMULA, END_ROW, END_CELL, END_VALUE, INLINE, OTHER = range(1, 14)
_INSIDE = (VALUE, EMPTY_VALUE, FORMULA, EMPTY_FORMULA, INLINE, OTHER)
_FOLLOWS = {
    ROW: (CELL, EMPTY_CELL, END_ROW), EMPTY_ROW: (ROW, EMPTY_ROW), END_ROW: (ROW, EMPTY_ROW),
    CELL: (END_CELL, *_INSIDE), EMPTY_CELL: (CELL, EMPTY_CELL, END_ROW), END_CELL: (CELL, EMPTY_CELL, END_ROW),
    VALUE: (END_VALUE,), EMPTY_VALUE: (END_CELL, OTHER), END_VALUE: (END_CELL, OTHER),
    FORMULA: (OTHER,), EMPTY_FORMULA: (END_CELL, *_INSIDE), INLINE: (OTHER,), OTHER: (END_CELL, *_INSIDE),
}
_MAY_FOLLOW = np.zeros(256, bool)
for _one, _others in _FOLLOWS.items():
    _MAY_FOLLOW[[_one * 16 + _other for _other in _others]] = True

_CAN_CLOSE = np.zeros(256, bool)
_CAN_CLOSE[[ROW, CELL, VALUE, FORMULA]] = True

NUMBER, SHARED, BOOLEAN, ERROR, TEXT, DATE, INLINE_TEXT, RUNS = range(8)  # the types of cells (§18.18.11), in the order of _TYPES
_TYPES = (b"n", b"s", b"b", b"e", b"str", b"d", b"inlineStr")
TYPE_NAMES = [name.decode() for name in _TYPES]


def _word(text: bytes) -> int:
    """The bytes as one little-endian number, as they are compared."""
    return int.from_bytes(text, "little")


_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_BYTE = np.uint64(255)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells that hold a value, in some rows that follow on each other. The arrays align.

    `rows` are places within `numbers`, the numbers of those rows; `kinds` the types of cells, `starts` and `ends` where the text of
    the value stands in the part (bytes). `count` is how many cells there are, blank ones too.
    """

    part: Part
    numbers: Array
    rows: Array
    columns: Array
    styles: Array
    kinds: Array
    starts: Array
    ends: Array
    count: int


class Part:
    """The bytes of a part, and the same bytes as overlapping words of 4 and 8."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        size = len(data)
        self.bytes: Array = np.frombuffer(data, np.uint8)
        self.words: Array = np.ndarray((max(0, size - 3),), "<u4", data, 0, (1,))
        self.doubles: Array = np.ndarray((max(0, size - 7),), "<u8", data, 0, (1,))

    def whole_numbers(self, starts: Array, ends: Array) -> tuple[Array, Array]:
        """What the digits between those places say (up to 8), and whether nothing but digits is there."""
        sizes = ends - starts
        fits = (sizes > 0) & (sizes <= 8)
        shift = ((8 - np.where(fits, sizes, 8)) * 8).astype(np.uint64)
        # Eight digits at once, the missing ones in front taken as 0 (the trick of Johnny Lee's atoi: pairs, fours, eight).
        found = (self.doubles[starts] << shift) - (np.uint64(0x3030303030303030) << shift)
        digits = (((found + np.uint64(0x7676767676767676)) | found) & np.uint64(0x8080808080808080)) == 0
        found = ((found & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561)) >> np.uint64(8)
        found = ((found & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
        found = ((found & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> np.uint64(32)
        return found.astype(np.int64), fits & digits

    def leading_number(self, starts: Array, most: int) -> tuple[Array, Array]:
        """What the digits from those places on say, up to `most` (7) of them, and how many they are."""
        words = self.doubles[starts]
        value, count = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
        going = np.ones(len(starts), bool)
        for place in range(most):
            digit = ((words >> np.uint64(8 * place)) & _BYTE).astype(np.int64) - 48
            going &= (digit >= 0) & (digit < 10)
            if not going.any():
                break
            value = np.where(going, value * 10 + digit, value)
            count += going
        return value, count


class _NotPlain(Exception):
    """The part is not as plain as it looked; the general path knows more."""


def scan(data: bytes, what: str) -> Scan:
    """Finds every row and cell of a worksheet part in UTF-8. Raises Refused where it is not a well-formed worksheet."""
    found = scan_plain(data, what)
    return found if found is not None else scan_general(data, what)


def scan_plain(data: bytes, what: str, take: Callable[[Cells], None] = lambda cells: None) -> Scan | None:
    """The fast path. None unless the part is proven plain: UTF-8; no comment, CDATA, DOCTYPE or processing instruction; no
    namespace declared among the cells; every row and cell with `r` first, in order; no bare ">" in a text.

    `take` is handed the cells that hold a value, many rows at once, also where a later row turns out not to be plain.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or _has_markup(data):
        return None
    first, last = data.find(b"<sheetData>"), data.find(b"</sheetData>")
    if first < 0 or last < 0 or data.count(b"<sheetData", 0, first + 1) or data.count(b"<sheetData", last) or (
        data.count(b"</sheetData", last + 1)
    ):
        return None
    body = first + len(b"<sheetData>")
    if data.find(b"xmlns", body, last) >= 0:
        return None
    # All but the rows goes through expat, on a copy without them; offsets behind them are moved back.
    skeleton = scan_general(data[:body] + data[last:], what)
    if skeleton.prefix or skeleton.elements["sheetData"].start != first:
        return None
    found = Scan(data)
    try:
        _Rows(found, take).run(body, last)
    except _NotPlain:
        return None
    shift = last - body
    found.elements = {name: _shifted(element, body, shift) for name, element in skeleton.elements.items()}
    found.columns = [_shifted(element, body, shift) for element in skeleton.columns]
    found.merges = skeleton.merges
    found.plain = True
    return found


def _has_markup(data: bytes) -> bool:
    """Whether a comment, CDATA, DOCTYPE or processing instruction is there. One rare byte is found faster than two."""
    declared = data.find(b"?>", 0, 256) + 1 if data.startswith((b"<?xml ", b"\xef\xbb\xbf<?xml ")) else 0
    return (data.find(b"!") >= 0 and data.find(b"<!") >= 0) or (data.find(b"?", declared + 1) >= 0 and data.find(b"<?", 2) >= 0)


def _shifted(element: Element, body: int, shift: int) -> Element:
    def move(offset: int) -> int:
        return offset + shift if offset > body else offset

    return element._replace(start=move(element.start), tag_end=move(element.tag_end), end=move(element.end))


@dataclass(slots=True)
class _Tags:
    """The tags of some rows: where each begins and ends (its ">"), and what it is. The arrays align."""

    starts: Array
    ends: Array
    kinds: Array

    def of(self, *kinds: int) -> Array:
        """The places of all tags of those kinds."""
        found = self.kinds == kinds[0]
        for kind in kinds[1:]:
            found |= self.kinds == kind
        return np.flatnonzero(found)


class _Rows:
    """Goes through the rows of a plain part and notes what stands where."""

    def __init__(self, found: Scan, take: Callable[[Cells], None]) -> None:
        self.found = found
        self.take = take
        self.part = Part(found.data)
        self.row = 0  # the number of the last row
        self.attributes: dict[bytes, tuple[int, int]] = {}  # of cells, where they are not as usual → style and type

    def run(self, body: int, last: int) -> None:
        """Raises _NotPlain."""
        for tags in made_ahead(self._all_tags(body, last)):
            self._block(tags)
        self.found.first.append(len(self.found.cell_starts))

    def _all_tags(self, at: int, last: int) -> Iterator[_Tags]:
        while at < last:
            end = self.found.data.find(b"<row", min(at + _BLOCK, last), last)
            end = last if end < 0 else end
            yield self._tags(at, end)
            at = end

    def _tags(self, start: int, end: int) -> _Tags:
        raw, words = self.part.bytes[start:end], self.part.words
        starts, ends = np.flatnonzero(raw == ord("<")), np.flatnonzero(raw == ord(">"))
        if len(starts) != len(ends) or not (starts < ends).all() or not (ends[:-1] < starts[1:]).all():
            raise _NotPlain
        starts += start
        ends += start
        four = words[starts]
        three = four & np.uint32(0xFFFFFF)
        kinds = np.full(len(starts), OTHER, np.uint8)
        for text, kind in ((b"<c ", CELL), (b"<v>", VALUE), (b"<v ", VALUE), (b"<f>", FORMULA), (b"<f ", FORMULA)):
            kinds[three == _word(text)] = kind
        for text, kind in ((b"</c>", END_CELL), (b"</v>", END_VALUE), (b"</ro", END_ROW), (b"<row", ROW), (b"<is>", INLINE),
                           (b"<v/>", EMPTY_VALUE), (b"<f/>", EMPTY_FORMULA)):
            kinds[four == _word(text)] = kind
        closed = self.part.bytes[ends - 1] == ord("/")
        kinds += closed & _CAN_CLOSE[kinds]
        if len(kinds) and (
            kinds[0] not in (ROW, EMPTY_ROW) or kinds[-1] not in (END_ROW, EMPTY_ROW)
            or not _MAY_FOLLOW[kinds[:-1] * np.uint8(16) + kinds[1:]].all()
        ):
            raise _NotPlain
        return _Tags(starts, ends, kinds)

    def _block(self, tags: _Tags) -> None:
        if not len(tags.kinds):
            return
        found, part, kinds = self.found, self.part, tags.kinds
        row_at, cell_at = tags.of(ROW, EMPTY_ROW), tags.of(CELL, EMPTY_CELL)
        starts = tags.starts[row_at]
        if not (part.doubles[starts] == _word(b'<row r="')).all():
            raise _NotPlain
        numbers, digits = part.leading_number(starts + 8, 7)
        if not ((part.bytes[starts + 8 + digits] == ord('"')) & (digits > 0) & (part.bytes[starts + 8] != ord("0"))).all() or (
            not self.row < numbers[0] or not (numbers[:-1] < numbers[1:]).all() or numbers[-1] > MAX_ROW
        ):
            raise _NotPlain
        self.row = int(numbers[-1])
        first = np.searchsorted(cell_at, row_at)
        rows = np.repeat(np.arange(len(row_at)), np.diff(np.append(first, len(cell_at))))
        # A cell's reference has to end as its row's number does: the digits and the quote.
        mask = _ALL >> (np.uint64(8) * (7 - digits).astype(np.uint64))
        ending = part.doubles[starts + 8] & mask
        columns, at = self._columns(tags.starts[cell_at])
        if not ((part.doubles[at] & mask[rows]) == ending[rows]).all() or (
            not ((columns[:-1] < columns[1:]) | (rows[:-1] != rows[1:])).all()
        ):
            raise _NotPlain
        at += digits[rows] + 1
        styles, types = self._attributes(at, tags.ends[cell_at] - (kinds[cell_at] == EMPTY_CELL))

        found.first.frombytes((first + len(found.cell_starts)).tobytes())
        found.numbers.frombytes(numbers.tobytes())
        found.starts.frombytes(starts.tobytes())
        found.tag_ends.frombytes((tags.ends[row_at] + 1).tobytes())
        row_ends = np.full(len(row_at), -1, np.int64)
        row_ends[kinds[row_at] == ROW] = tags.starts[tags.of(END_ROW)]
        found.ends.frombytes(row_ends.tobytes())
        found.cell_columns.frombytes(columns.astype(np.uint16).tobytes())
        found.cell_styles.frombytes(styles.astype(np.int32).tobytes())
        found.cell_starts.frombytes(tags.starts[cell_at].astype(np.uint32).tobytes())
        self._formulas(tags, cell_at, numbers[rows], columns)

        value_at = tags.of(VALUE, INLINE)
        owners = np.searchsorted(cell_at, value_at) - 1
        types, text_at = types[owners], value_at.copy()
        types[types == INLINE_TEXT] = TEXT  # where it is no <is>
        inline = np.flatnonzero(kinds[value_at] == INLINE)
        if len(inline):
            at = value_at[inline]
            text_at[inline] += 1
            types[inline] = np.where(self._is_one_text(tags, at), INLINE_TEXT, RUNS)
        self.take(Cells(
            part, numbers, rows[owners], columns[owners], styles[owners], types, tags.ends[text_at] + 1, tags.starts[text_at + 1],
            len(cell_at),
        ))

    def _is_one_text(self, tags: _Tags, at: Array) -> Array:
        """Whether those `<is>` hold one `<t>` and nothing else."""
        words = self.part.words
        opening, closing = words[tags.starts[at + 1]] & np.uint32(0xFFFFFF), words[tags.starts[at + 2]]
        after = words[tags.starts[np.minimum(at + 3, len(tags.starts) - 1)]]
        right: Array = ((opening == _word(b"<t>")) | (opening == _word(b"<t "))) & (closing == _word(b"</t>"))
        right &= after == _word(b"</is")
        return right

    def _columns(self, starts: Array) -> tuple[Array, Array]:
        """The column numbers of cells, and where the digits of their references begin."""
        part = self.part
        words = part.doubles[starts]
        if not ((words & np.uint64(0xFFFFFFFFFFFF)) == _word(b'<c r="')).all():
            raise _NotPlain
        letters = [((words >> np.uint64(48)) & _BYTE).astype(np.int32) - 64, (words >> np.uint64(56)).astype(np.int32) - 64]
        columns = letters[0]
        size = np.ones(len(starts), np.int64)
        two = letters[1] > 0
        if two.any():
            third = part.bytes[starts + 8].astype(np.int32) - 64
            three = two & (third > 0)
            columns = np.where(two, columns * 26 + letters[1], columns)
            columns = np.where(three, columns * 26 + third, columns)
            size += two
            size += three
            if (letters[1] > 26).any() or third[three].max(initial=0) > 26:
                raise _NotPlain
        if not ((letters[0] > 0) & (letters[0] <= 26) & (columns <= MAX_COLUMN)).all():
            raise _NotPlain
        return columns, starts + 6 + size

    def _attributes(self, at: Array, ends: Array) -> tuple[Array, Array]:
        """The style indexes and types of cells, whose other attributes stand between those places."""
        styles, types = np.zeros(len(at), np.int64), np.zeros(len(at), np.uint8)
        at = at.copy()
        for step in (self._take_styles, self._take_types, self._take_styles):  # either may come first
            here = np.flatnonzero(at < ends)
            if len(here):
                step(here, at, styles, types)
        data = self.part.data
        for place in np.flatnonzero(at != ends).tolist():  # those that are rare, or not written as applications do
            raw = data[at[place] : ends[place]]
            known = self.attributes.get(raw)
            if known is None:
                known = self.attributes[raw] = _read_attributes(raw)
            if known[0] >= 0:
                styles[place] = known[0]
            if known[1] >= 0:
                types[place] = known[1]
        return styles, types

    def _take_styles(self, here: Array, at: Array, styles: Array, _: Array) -> None:
        """Reads ` s="…"` where it stands at those places, and moves them behind it."""
        here = here[self.part.words[at[here]] == _word(b' s="')]
        start = at[here] + 4
        number, digits = self.part.leading_number(start, 7)
        good = (digits > 0) & (self.part.bytes[start + digits] == ord('"'))
        styles[here[good]] = number[good]
        at[here[good]] = (start + digits)[good] + 1

    def _take_types(self, here: Array, at: Array, _: Array, types: Array) -> None:
        """Reads ` t="…"` likewise."""
        start = at[here]
        words = self.part.doubles[start]
        for kind, name in enumerate(_TYPES):
            text = b' t="%b"' % name
            mask = _ALL >> np.uint64(8 * max(0, 8 - len(text)))
            found = (words & mask) == _word(text[:8])
            if len(text) > 8:
                found &= self.part.doubles[start + len(text) - 8] == _word(text[-8:])
            types[here[found]] = kind
            at[here[found]] += len(text)

    def _formulas(self, tags: _Tags, cell_at: Array, rows: Array, columns: Array) -> None:
        found, at = self.found, tags.of(FORMULA, EMPTY_FORMULA)
        if not len(at):
            return
        owners = np.searchsorted(cell_at, at) - 1
        places = list(zip(rows[owners].tolist(), columns[owners].tolist(), strict=True))
        found.formulas.update(places)
        valued = np.zeros(len(cell_at), bool)
        valued[np.searchsorted(cell_at, tags.of(VALUE, EMPTY_VALUE, INLINE)) - 1] = True
        for place in np.flatnonzero(~valued[owners]).tolist():
            found.uncalculated.add(places[place])
        data = found.data
        for start, end in zip(tags.starts[at].tolist(), tags.ends[at].tolist(), strict=True):
            if end - start > 3 and (fills := _FILLS.match(data, start, end + 1)) is not None:
                found.fills.append(fills[1].decode())


def _read_attributes(raw: bytes) -> tuple[int, int]:
    """The style index and type that a cell's attributes say, −1 for what they don't."""
    if _METADATA.search(raw):
        raise _NotPlain  # rare: left to the general path
    style, kind = _STYLE.search(raw), _TYPE.search(raw)
    if (kind is not None and kind[1] not in _TYPES) or (style is None) is not (_ANY_STYLE.search(raw) is None):
        raise _NotPlain
    return int(style[1]) if style is not None else -1, -1 if kind is None else _TYPES.index(kind[1])
