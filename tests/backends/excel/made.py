"""A small workbook of three customers to which tests add what they are about."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.excel.reader import Grid
from sheetsync.core.model import Report
from sheetsync.sync import sync
from tests.worksheets import PLAYBOOK, TODAY

HEADER = ["Name", "Last contact", "Notes"]
ROWS: list[list[Any]] = [["Ng", date(2026, 10, 20), "a"], ["Ana", date(2026, 11, 18), "b"], ["Lee", None, "c"]]


def source(path: Path, **more: Any) -> ExcelSource:
    return ExcelSource(path, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status, **more)


def run(path: Path, **more: Any) -> Report:
    return sync(source(path, **more), PLAYBOOK, today=TODAY)


def made(folder: Path, more: Callable[[Any, Any], None] = lambda book, sheet: None, **options: Any) -> Path:
    """A workbook of three customers under a title, and what `more` adds to it."""
    path = folder / "customers.xlsx"
    with xlsxwriter.Workbook(path, options) as book:
        worksheet = book.add_worksheet("Customers")
        day = book.add_format({"num_format": "d mmm yyyy"})
        worksheet.write(0, 0, "My customers")
        worksheet.write_row(2, 0, HEADER)
        for number, row in enumerate(ROWS, 3):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    worksheet.write_datetime(number, column, cell, day)
                elif cell is not None:
                    worksheet.write(number, column, cell)
        more(book, worksheet)
    return path


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes | None]) -> Path:
    """The same package with one part changed, or left out where `change` returns None."""
    with zipfile.ZipFile(path) as archive:
        parts = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in parts.items():
            new = change(data) if member == name else data
            if new is not None:
                archive.writestr(member, new)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def placed(grid: Grid) -> dict[tuple[int, int], str]:
    """Every value as it is told apart (5.0 from True, a date from a time), by row and column."""
    return {(number, grid.first_column + place): repr(value) for number, row in zip(grid.numbers, grid.rows, strict=True)
            for place, value in enumerate(row) if value is not None}
