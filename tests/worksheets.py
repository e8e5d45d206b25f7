"""Worksheets that tests start from: small customer lists, random ones, and both backends to keep them in."""

from __future__ import annotations

import atexit
import copy
import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from hypothesis import strategies as st
from openpyxl import load_workbook

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.google import GoogleSource
from sheetsync.backends.google.auth import SignIn
from sheetsync.backends.memory import Grid, MemorySource
from sheetsync.config import load_playbook
from sheetsync.core.contracts import Source
from sheetsync.core.model import Cell
from sheetsync.playbook.model import Playbook
from tests.sheets_emulator import Book, Emulator

PLAYBOOK = load_playbook()
TODAY = date(2026, 11, 20)  # a Friday
Rows = list[list[Cell]]

CUSTOMERS: Rows = [
    ["Customer no", "Name", "Email", "Tier", "Last contact", "Complaint", "Complaint date", "Complaint resolved", "Consent",
     "Paused until"],
    [1, "Susan Ortiz", "susan@example.com", "A", date(2026, 11, 2), "Late", date(2026, 11, 19), None, "yes", None],
    [2, "Kwame Asante", "kwame@example.com", "B", date(2026, 1, 5), None, None, None, "yes", None],
    [3, "Ng", None, "C", None, None, None, None, None, None],
    [4, "李小龙", "lee@example.org", "A", date(2026, 11, 16), None, None, None, "no", None],
    [5, "O'Brien-Smith", "ob@@example.com", "B", date(2026, 9, 1), None, None, None, None, date(2027, 1, 11)],
    [6, "Ana Silva", "ana@example.com", None, "03/04/2026", None, None, None, None, None],
]


class Place(Protocol):
    """Where a test keeps a worksheet: it can be looked at, and edited as its owner would."""

    @property
    def source(self) -> Source:
        """The worksheet as a source."""
        ...

    def cells(self) -> Rows:
        """Every cell, from A1 on; trailing blanks cut."""
        ...

    def edit(self, rows: Rows) -> None:
        """Puts other rows in the place of all."""
        ...

    def state(self) -> object:
        """What changes with any write."""
        ...


def trimmed(rows: Sequence[Sequence[Cell]]) -> Rows:
    """Rows without blank cells at their ends, and without blank rows at the end."""
    out = []
    for row in rows:
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        out.append(cells)
    while out and not out[-1]:
        out.pop()
    return out


@dataclass
class InMemory:
    """A worksheet in the memory backend."""

    source: MemorySource

    @classmethod
    def of(cls, rows: Rows, playbook: Playbook = PLAYBOOK) -> InMemory:
        """The rows as a source."""
        return cls(MemorySource(Grid(copy.deepcopy(rows)), playbook.columns, playbook.key, playbook.status))

    def cells(self) -> Rows:
        return trimmed(self.source.grid.cells)

    def edit(self, rows: Rows) -> None:
        self.source.grid.cells[:] = copy.deepcopy(rows)

    def state(self) -> object:
        return self.source.grid.writes


@dataclass
class InExcel:
    """A worksheet in an Excel workbook."""

    source: ExcelSource

    @classmethod
    def of(cls, rows: Rows, folder: Path, playbook: Playbook = PLAYBOOK) -> InExcel:
        """The rows as a new workbook in the folder."""
        path = folder / "customers.xlsx"
        write_workbook(path, rows)
        return cls(ExcelSource(path, playbook.columns, playbook.key, playbook.status))

    def cells(self) -> Rows:
        return read_cells(self.source.path)

    def edit(self, rows: Rows) -> None:
        write_workbook(self.source.path, rows)

    def state(self) -> object:
        return self.source.path.read_bytes(), self.source.path.stat().st_mtime_ns


@functools.cache
def google() -> Emulator:
    """Google on loopback, one for all tests of this process that need no faults."""
    emulator = Emulator()
    emulator.__enter__()
    atexit.register(emulator.__exit__, None, None, None)
    return emulator


@dataclass
class InGoogle:
    """A worksheet in a Google Sheet. Every write looks first whether the read still holds, as it does when some seconds have passed."""

    source: GoogleSource
    book: Book

    @classmethod
    def of(cls, rows: Rows, folder: Path, playbook: Playbook = PLAYBOOK) -> InGoogle:
        """The rows as a new sheet."""
        book = google().book("Customers", rows=rows, tab="Customers", locale="en")  # no country: no order of day and month
        sign_in = SignIn(google().service_account_file(folder), folder)
        return cls(GoogleSource(book.id, playbook.columns, playbook.key, sign_in, playbook.status, sheet="Customers",
                                endpoint=google().url, fresh=0), book)

    def cells(self) -> Rows:
        return trimmed(self.book.values())

    def edit(self, rows: Rows) -> None:
        self.book.clear("A1:ZZ1000")
        self.book.type_rows("A1", rows)

    def state(self) -> object:
        return self.book.state()


def write_workbook(path: Path, rows: Rows, sheet: str = "Customers", *, rules: Rows | None = None) -> None:
    """A new workbook with these rows from A1 on, and a worksheet named Rules behind it where there are any."""
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, cells in ((sheet, rows), ("Rules", rules)):
            if cells is None:
                continue
            worksheet = workbook.add_worksheet(name)
            for number, row in enumerate(cells):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        worksheet.write_datetime(number, column, cell, day)
                    elif isinstance(cell, str):
                        worksheet.write_string(number, column, cell)
                    elif isinstance(cell, bool):
                        worksheet.write_boolean(number, column, cell)
                    elif isinstance(cell, (int, float)):
                        worksheet.write_number(number, column, cell)


def read_cells(path: Path, sheet: str = "Customers") -> Rows:
    """What openpyxl, which is no part of sheetsync's reading, finds in a worksheet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it would lose on saving; nothing is saved here
        workbook = load_workbook(BytesIO(path.read_bytes()))
    rows: list[list[Any]] = [
        [cell.date() if isinstance(cell, datetime) else cell for cell in row]
        for row in workbook[sheet].iter_rows(values_only=True)
    ]
    workbook.close()
    return trimmed(rows)


def owner_cells(rows: Rows) -> Rows:
    """All cells but those of status columns, which stand in the header row with the mark."""
    header = rows[0]
    kept = [position for position, cell in enumerate(header) if not str(cell).startswith("↻")]
    return trimmed([[row[p] if p < len(row) else None for p in kept] for row in rows])


def statuses(rows: Rows) -> dict[str, Cell]:
    """Name → status word."""
    header = rows[0]
    name, status = header.index("Name"), header.index("↻ Status")
    return {str(row[name]): row[status] for row in rows[1:] if len(row) > name and row[name] is not None}


_DATES = st.dates(date(2024, 1, 1), date(2028, 12, 31))
_LOOSE_DATES = st.one_of(
    st.none(), _DATES, _DATES, st.sampled_from(["03/04/2026", "soon", "3 March 2026", " ", "13/02/2026"]),
    st.integers(1, 60000),
)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="_\ufffe\uffff"), max_size=12)
_NAMES = st.one_of(st.sampled_from(["Ng", "李小龙", "O'Brien-Smith", "Ana & <Co>", "=1+1", "van der Berg"]), _TEXTS)


@st.composite
def customer_rows(draw: st.DrawFn, *, most: int = 8) -> Rows:
    """A random customer list with the home-business playbook's columns, well and badly filled in."""
    rows: Rows = [list(CUSTOMERS[0])]
    for number in range(draw(st.integers(0, most))):
        key = draw(st.one_of(st.just(number + 1), st.just(number + 1), st.none(), st.integers(1, 3)))
        rows.append([
            key, draw(_NAMES) or None, draw(st.sampled_from([None, "a@example.com", "b@@x", "c@example.org"])),
            draw(st.sampled_from(["A", "B", "C", None, "x"])), draw(_LOOSE_DATES), draw(st.sampled_from([None, "Late", " "])),
            draw(_LOOSE_DATES), draw(_LOOSE_DATES), draw(st.sampled_from([None, "yes", "no", "perhaps", True])),
            draw(_LOOSE_DATES),
        ])
    return rows


def later(days: int) -> date:
    """So many days after TODAY."""
    return TODAY + timedelta(days=days)
