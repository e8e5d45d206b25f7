"""Dates and numbers that the spreadsheet takes for words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Fault, Problem, Severity
from sheetsync.core.values import say_date, text_of


@dataclass(frozen=True, slots=True)
class StoredAsTextCheck:
    """Says which dates and numbers are stored as text: sheetsync reads them, but the spreadsheet can't sort or add them up.

    ignore names columns to leave alone.
    """

    id: ClassVar[str] = "stored-as-text"
    severity: Severity = "warning"
    ignore: tuple[str, ...] = ()

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell; a column that is text throughout is the owner's way and left alone."""
        for name, cells in customers.cells.items():
            kind = customers.columns[name].type
            values = customers.values[name]
            if kind not in ("date", "number", "money", "step") or cells is values or name in self.ignore:
                continue
            texts = [index for index, cell in enumerate(cells) if cell.__class__ is str and values[index] is not None]
            if not texts or not any(cell is not None and cell.__class__ is not str for cell in cells):
                continue
            for index in texts:
                value = values[index]
                if value.__class__ is not Fault:
                    if kind == "date":
                        message, right = "is stored as text, not as a date", say_date(value)
                    else:
                        message, right = "is stored as text, not as a number", text_of(value)
                    yield Problem(customers.row(index), name, self.id, self.severity, f'"{str(cells[index]).strip()}" {message}',
                                  f"Type it again, or run sheetsync fix; it is read as {right}.", index)
