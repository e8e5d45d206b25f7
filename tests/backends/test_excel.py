"""The Excel backend keeps the contract."""

from __future__ import annotations

from pathlib import Path

from tests.backends.contract import Contract
from tests.worksheets import InExcel, Rows


class TestExcel(Contract):
    def place(self, rows: Rows, folder: Path) -> InExcel:
        return InExcel.of(rows, folder)
