"""The values of a plain worksheet part as rows, made from many cells at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sheetsync.backends.excel.plain import INLINE_TEXT, NUMBER, RUNS, SHARED, TYPE_NAMES, Array, Cells
from sheetsync.backends.excel.reader import ERRORS, Grid, Workbook, as_moment, read_value
from sheetsync.backends.excel.strings import unescape, xml_text
from sheetsync.core.model import Cell, CellError, Table

_ROOM = 1_000_000  # cells of some rows that may be blank
_STYLES = 2**17  # twice as many as Excel takes
_MOST_KNOWN = 100_000  # different texts that are looked out for; what comes again has come by then


class PlainValues:
    """Takes the cells of a worksheet, from the first row to the last, and makes its rows of them.

    Rows that equal those of `like` are those of `like`, which saves their memory.
    """

    def __init__(self, workbook: Workbook, what: str, like: Table | None = None) -> None:
        self.workbook, self.what = workbook, what
        self.like = {} if like is None else dict(zip(like.numbers, like.rows, strict=True))
        # What was read with gaps between its rows is read so again.
        self.gaps = like is not None and not isinstance(like.numbers, range)
        self.usable = True
        self.rows: list[tuple[Cell, ...]] = []
        self.numbers: list[int] = []
        self.filled = 0  # rows up to the last one that holds a value
        self.cells = 0
        self.width = 0
        self.days: dict[int, Cell] = {}  # by number and style, as `_values` puts them together
        self.dates: dict[int, bool] = {}  # style index → whether it shows a date
        self.texts: dict[Cell, Cell] = {}  # those in the cells themselves, each once
        self.strings: Array | None = None

    def take(self, cells: Cells) -> None:
        """The next rows. Sets `usable` to False where their values want another reader."""
        if not self.usable:
            return
        self.width = max(self.width, int(cells.columns.max(initial=0)))
        if len(cells.numbers) * self.width > 4 * cells.count + _ROOM or (cells.kinds == RUNS).any() or (
            cells.styles.max(initial=0) >= _STYLES
        ):
            self.usable = False
            return
        values = self._values(cells)
        if values is None:
            self.usable = False
            return
        grid = np.full((len(cells.numbers), self.width), None, object)
        grid[cells.rows, cells.columns - 1] = values
        last = int(cells.rows[-1]) + 1 if len(cells.rows) else 0
        if last:
            self.filled = len(self.rows) + last
        blank = (None,) * self.width
        fresh = [*map(tuple, grid[:last].tolist()), *[blank] * (len(cells.numbers) - last)]
        numbers = cells.numbers.tolist()
        if self.like:
            known = self.like.get
            fresh = [old if (old := known(number)) == row else row for number, row in zip(numbers, fresh, strict=True)]
        self.rows += fresh
        self.numbers += numbers
        self.cells += cells.count

    def grid(self) -> Grid | None:
        """The rows up to the last one that holds a value; None where another reader is wanted."""
        if not self.usable:
            return None
        rows, numbers = self.rows[: self.filled], self.numbers[: self.filled]
        if not rows:
            return Grid((), (), 1)
        if self.gaps:
            return Grid(tuple(rows), tuple(numbers), 1)
        if numbers[-1] == len(numbers):
            return Grid(tuple(rows), range(1, len(numbers) + 1), 1)
        if numbers[-1] * self.width > 4 * self.cells + _ROOM:
            return Grid(tuple(rows), tuple(numbers), 1)
        whole: list[tuple[Cell, ...]] = [(None,) * self.width] * numbers[-1]
        for number, row in zip(numbers, rows, strict=True):
            whole[number - 1] = row
        return Grid(tuple(whole), range(1, len(whole) + 1), 1)

    def _values(self, cells: Cells) -> Array | None:
        out = np.full(len(cells.kinds), None, object)
        numbers, whole = cells.part.whole_numbers(cells.starts, cells.ends)
        filled = cells.ends > cells.starts
        shared = filled & (cells.kinds == SHARED)
        if shared.any():
            strings = self._strings()
            if not (whole[shared]).all() or numbers[shared].max() >= len(strings):
                return None  # the other reader says what is wrong
            out[shared] = strings[numbers[shared]]
        counted = whole & (cells.kinds == NUMBER)
        dated = counted & self._are_dates(cells.styles, counted)
        if dated.any():
            # A number and its style as one, since what the number is hangs on both.
            both, places = np.unique(numbers[dated] * _STYLES + cells.styles[dated], return_inverse=True)
            known = np.empty(len(both), object)
            for place, one in enumerate(both.tolist()):
                if one not in self.days:
                    self.days[one] = as_moment(self.workbook, one % _STYLES, float(one // _STYLES))
                known[place] = self.days[one]
            out[dated] = known[places]
        counted &= ~dated
        out[counted] = numbers[counted].astype(np.float64).astype(object)
        rest = filled & ~(shared | counted | dated)
        inline = rest & (cells.kinds == INLINE_TEXT)
        if inline.any() and (said := self._inline_texts(cells.part.data, cells.starts[inline], cells.ends[inline])) is not None:
            out[inline] = said
            rest &= ~inline
        data, known_texts = cells.part.data, self.texts
        for place in np.flatnonzero(rest).tolist():
            text = xml_text(data[cells.starts[place] : cells.ends[place]])
            if text is None:
                return None
            kind = int(cells.kinds[place])
            if kind == INLINE_TEXT:
                value: Cell = unescape(text)
            else:
                value = read_value(self.workbook, self.what, TYPE_NAMES[kind], int(cells.styles[place]), text)
            if value.__class__ is str:
                value = known_texts.get(value, value) if len(known_texts) >= _MOST_KNOWN else known_texts.setdefault(value, value)
            out[place] = None if value == "" else value
        return out

    def _inline_texts(self, data: bytes, starts: Array, ends: Array) -> list[Cell] | None:
        """The texts between those places; None where they have to be looked at one by one."""
        raw = [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        joined = b"\0".join(raw)
        if b"&" in joined or b"\r" in joined or (b"_" in joined and b"_x" in joined):
            return None
        try:
            texts = joined.decode().split("\0")
        except UnicodeDecodeError:
            return None
        known: dict[Any, Cell] = self.texts
        share: Callable[[Any, Any], Cell] = known.get if len(known) >= _MOST_KNOWN else known.setdefault
        return [share(text, text) or None for text in texts] if len(texts) == len(raw) else None

    def _are_dates(self, styles: Array, among: Array) -> Array:
        """Whether cells of those styles show their numbers as dates; of `among` alone."""
        if not among.any():
            return among
        used = np.flatnonzero(np.bincount(styles[among]))
        table = np.zeros(int(used[-1]) + 1, bool)
        for style in used.tolist():
            if style not in self.dates:
                self.dates[style] = self.workbook.styles.is_date(style)
            table[style] = self.dates[style]
        return table[np.minimum(styles, len(table) - 1)]

    def _strings(self) -> Array:
        if self.strings is None:
            texts: Sequence[Cell] = self.workbook.shared_strings
            if "" in texts or not ERRORS.isdisjoint(texts):
                texts = [CellError(text) if text in ERRORS else text or None for text in self.workbook.shared_strings]
            self.strings = np.empty(len(texts), object)
            self.strings[:] = texts
        return self.strings
