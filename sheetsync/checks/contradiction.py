"""Values of one row that can't all be right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sheetsync.core.header import normal
from sheetsync.core.model import LOG, Customers, Problem, Severity
from sheetsync.core.values import is_blank, say_date, text_of


@dataclass(frozen=True, slots=True)
class ContradictionCheck:
    """Says where two values of a row contradict each other: resolved before it was opened, a renewal before the start
    (columns with after = "another column"), closed with a next appointment, do not contact with a Log entry.

    closed are the words in Stage that mean closed.
    """

    id: ClassVar[str] = "contradiction"
    severity: Severity = "warning"
    closed: tuple[str, ...] = ("Closed", "Former", "Lost", "Inactive")

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such pair of values, at the later of the two columns."""
        for name, values in customers.values.items():
            other = customers.columns[name].after
            if other is not None and other in customers.values:
                yield from self._dates(customers, name, values, other)
        if "Stage" in customers.values and "Next appointment" in customers.values:
            yield from self._closed(customers)
        if "Consent" in customers.values:
            yield from self._logged(customers)

    def _dates(self, customers: Customers, name: str, values: Sequence[Any], other: str) -> Iterator[Problem]:
        for index, (day, start) in enumerate(zip(values, customers.values[other], strict=True)):
            if day.__class__ is date and start.__class__ is date and day < start:
                yield Problem(customers.row(index), name, self.id, self.severity,
                              f"{say_date(day)} is before {customers.header(other)} ({say_date(start)})", "Mend one of the two.", index)

    def _closed(self, customers: Customers) -> Iterator[Problem]:
        words = {word.casefold() for word in self.closed}
        stages = customers.values["Stage"]
        for index, day in enumerate(customers.values["Next appointment"]):
            if day.__class__ is date and (customers.today is None or day >= customers.today) and text_of(stages[index]).casefold() in words:
                yield Problem(customers.row(index), "Next appointment", self.id, self.severity,
                              f"{say_date(day)} is still to come, but {customers.header('Stage')} is {text_of(stages[index])}",
                              "Mend one of the two.", index)

    def _logged(self, customers: Customers) -> Iterator[Problem]:
        table = customers.table
        position = next((p for p, header in enumerate(table.header) if normal(header) == normal(LOG)), None)
        if position is None:
            return
        for index, consent in enumerate(customers.values["Consent"]):
            if consent == "no" and not is_blank(table.rows[customers.indexes[index]][position]):
                yield Problem(customers.row(index), LOG if LOG in customers.positions else "Consent", self.id, self.severity,
                              f"there is an entry in {table.header[position]}, but {customers.header('Consent')} is no",
                              "Was this customer contacted against their wish? Mend one of the two.", index)
