"""Headers that are blank or stand there twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.header import normal
from sheetsync.core.model import Customers, Problem, Severity, column_letters
from sheetsync.core.values import is_blank


@dataclass(frozen=True, slots=True)
class HeaderCheck:
    """Says which columns hold values below a blank header, and which share a header."""

    id: ClassVar[str] = "header"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such column, at the header's row."""
        table = customers.table
        seen: dict[str, int] = {}
        for position, header in enumerate(table.header):
            letters = column_letters(table.first_column + position)
            if not header:
                if any(not is_blank(row[position]) for row in table.rows):
                    yield Problem(table.header_row, "", self.id, self.severity, f"column {letters} holds values but has no header",
                                  "Give it one.")
                continue
            first = seen.setdefault(normal(header), position)
            if first != position:
                other = column_letters(table.first_column + first)
                yield Problem(table.header_row, header, self.id, self.severity, f"the columns {other} and {letters} have the same header",
                              "Rename one of them.")
