"""Values that are not among a column's choices, and neither yes nor no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class ChoiceCheck:
    """Says which cells hold none of the column's choices, and names the nearest one."""

    id: ClassVar[str] = "choice"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with what would be right where that is known."""
        return faults(customers, self.id)
