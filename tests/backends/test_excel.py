"""The Excel backend keeps the contract."""

from __future__ import annotations

from pathlib import Path

from tests.backends.contract import Contract
from tests.worksheets import InExcel, Rows, write_workbook


class TestExcel(Contract):
    def place(self, rows: Rows, folder: Path) -> InExcel:
        return InExcel.of(rows, folder)

    def place_with_rules(self, rows: Rows, rules: Rows, folder: Path) -> InExcel:
        place = InExcel.of(rows, folder)
        write_workbook(place.source.path, rows, rules=rules)
        return place
