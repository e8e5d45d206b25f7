"""Phone numbers that can't be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class PhoneCheck:
    """Says which phone numbers have the wrong number of digits or hold other text."""

    id: str = "phone"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with what would be right where that is known."""
        return faults(customers, self.id)
