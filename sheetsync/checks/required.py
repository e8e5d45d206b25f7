"""Required columns that are blank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Problem


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """Says which rows lack a value that every customer needs."""

    id: ClassVar[str] = "required"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each blank cell of a required column that the sheet has."""
        for name, values in customers.values.items():
            if customers.columns[name].required:
                for index, value in enumerate(values):
                    if value is None:
                        yield Problem(customers.row(index), name, self.id, "error", "is blank", f"Fill in {name}.", index)
