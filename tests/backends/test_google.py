"""The Google backend keeps the contract, over HTTP."""

from __future__ import annotations

from pathlib import Path

from tests.backends.contract import Contract
from tests.worksheets import InGoogle, Rows


class TestGoogle(Contract):
    def place(self, rows: Rows, folder: Path) -> InGoogle:
        return InGoogle.of(rows, folder)
