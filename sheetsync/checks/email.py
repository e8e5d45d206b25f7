"""E-mail addresses that can't be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class EmailCheck:
    """Says which e-mail addresses are misshapen. Nothing is looked up on the network."""

    id: str = "email"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with what would be right where that is known."""
        return faults(customers, self.id)
