"""Cells that show #REF!, #N/A and the like, and formulas without a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class ErrorCellCheck:
    """Says which cells show a spreadsheet error instead of a value."""

    id: ClassVar[str] = "error-cell"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with what would be right where that is known."""
        return faults(customers, self.id)
