"""Cells in date columns that are no date, or could be two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class DateCheck:
    """Says which dates can't be read, and shows both readings where there are two."""

    id: ClassVar[str] = "date"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with what would be right where that is known."""
        return faults(customers, self.id)
