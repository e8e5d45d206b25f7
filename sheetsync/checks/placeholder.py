"""Words that stand in for a value that nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem
from sheetsync.core.tidy import placeholders_among


@dataclass(frozen=True, slots=True)
class PlaceholderCheck:
    """Says which cells hold TBD, N/A, -, ??? and the like, which rules would take for a value.

    An error where a date, a number, a choice or a required value is expected, else a warning. ignore names columns to leave alone.
    """

    id: ClassVar[str] = "placeholder"
    ignore: tuple[str, ...] = ("Notes",)

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell."""
        yield from faults(customers, self.id)
        for name, values in customers.values.items():
            column = customers.columns[name]
            if column.type not in ("text", "name", "url") or name in self.ignore:
                continue
            if words := placeholders_among(values, column.type):
                severity = "error" if column.required else "warning"
                for index, value in enumerate(values):
                    if value.__class__ is str and value in words:
                        yield Problem(customers.row(index), name, self.id, severity, f'"{value}" stands for nothing',  # type: ignore[arg-type]
                                      "Leave the cell blank until you know.", index)
