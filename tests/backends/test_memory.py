"""The memory backend keeps the contract."""

from __future__ import annotations

from pathlib import Path

from tests.backends.contract import Contract
from tests.worksheets import InMemory, Rows


class TestMemory(Contract):
    def place(self, rows: Rows, folder: Path) -> InMemory:
        return InMemory.of(rows)

    def place_with_rules(self, rows: Rows, rules: Rows, folder: Path) -> InMemory:
        place = InMemory.of(rows)
        place.source.grid.rules[:] = rules
        return place
