"""Dates that lie ahead but can't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity
from sheetsync.core.values import say_date


@dataclass(frozen=True, slots=True)
class FutureCheck:
    """Says which dates of things done (such as Last contact) lie in the future: those of columns with not_future = true."""

    id: ClassVar[str] = "future"
    severity: Severity = "error"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each date after today. None where the run has no day."""
        if customers.today is None:
            return
        today = customers.today
        for name, values in customers.values.items():
            if customers.columns[name].not_future:
                ahead = {day for day in set(values) if day.__class__ is date and day > today}
                if ahead:
                    for index, day in enumerate(values):
                        if day in ahead:
                            yield Problem(customers.row(index), name, self.id, self.severity, f"{say_date(day)} has not come yet",
                                          "Type the day on which it was, and what is planned into another column.", index)
