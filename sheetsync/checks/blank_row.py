"""Blank rows between customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity
from sheetsync.core.values import is_blank


@dataclass(frozen=True, slots=True)
class BlankRowCheck:
    """Says where blank rows stand between customers: sorting and filtering in a spreadsheet end there."""

    id: ClassVar[str] = "blank-row"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each run of blank rows that has a customer above and below, at its first row."""
        table, indexes = customers.table, customers.indexes
        if not len(indexes) or indexes[-1] - indexes[0] + 1 == len(indexes):
            return
        above = indexes[0]
        for index in indexes[1:]:
            if index > above + 1 and all(is_blank(cell) for row in table.rows[above + 1 : index] for cell in row):
                count = index - above - 1
                said = "a blank row stands" if count == 1 else f"{count} blank rows stand"
                yield Problem(table.numbers[above + 1], "", self.id, self.severity, f"{said} inside the table",
                              f"Delete {'it' if count == 1 else 'them'}: sorting and filtering end there.")
            above = index
