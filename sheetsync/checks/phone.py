"""Phone numbers that can't be right, or lost digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sheetsync.core.faults import faults
from sheetsync.core.model import Cell, Customers, Fault, Problem
from sheetsync.core.phones import lost_zero
from sheetsync.core.values import text_of


@dataclass(frozen=True, slots=True)
class PhoneCheck:
    """Says which phone numbers have the wrong number of digits, hold other text, or lost digits when stored as numbers.

    Numbers without country code are those of the column's country: [columns.Phone] country = "DE".
    """

    id: ClassVar[str] = "phone"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """An error for each such cell; a warning where only the leading zero seems to be lost."""
        yield from faults(customers, self.id)
        for name, cells in customers.cells.items():
            if customers.columns[name].type == "phone" and {int, float}.intersection(map(type, cells)):
                yield from self._zeros(customers, name, cells)

    def _zeros(self, customers: Customers, name: str, cells: Sequence[Cell]) -> Iterator[Problem]:
        country = customers.columns[name].country
        values: Sequence[Any] = customers.values[name]
        with_zero = country is None and _mostly_with_zero(cells)
        for index, cell in enumerate(cells):
            if cell.__class__ in (int, float) and values[index].__class__ is not Fault:
                text = text_of(cell)
                right = "0" + text if with_zero else lost_zero(text, country)
                if right is not None:
                    yield Problem(customers.row(index), name, self.id, "warning",
                                  f"{text} is stored as a number, which drops a leading zero",
                                  f"Did you mean {right}? Type it as text.", index)


def _mostly_with_zero(cells: Sequence[Cell]) -> bool:
    """Whether the column's numbers that are text and have no country code begin with a zero, all of them and three at least."""
    texts = [cell.lstrip(" (") for cell in cells if isinstance(cell, str) and cell.strip() and not cell.lstrip().startswith("+")]
    return len(texts) >= 3 and all(text.startswith("0") and not text.startswith("00") for text in texts)
