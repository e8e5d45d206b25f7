"""Dates that are mistyped, by their year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity
from sheetsync.core.values import say_date

_DAY_ZERO = 1901  # what a spreadsheet makes of 0 and other small numbers is a day of 1899 or 1900


@dataclass(frozen=True, slots=True)
class ImplausibleCheck:
    """Says which dates no customer list can mean: the year 1900, a year too far ahead, or one before the column's not_before.

    years_ahead is how far ahead a date may lie; 31 December is left alone, which many type for "no end".
    """

    id: ClassVar[str] = "implausible"
    severity: Severity = "error"
    years_ahead: int = 100

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such date."""
        for name, values in customers.values.items():
            column = customers.columns[name]
            if column.type == "date":
                days = [day for day in set(values) if day.__class__ is date]
                odd = {day: why for day in days if (why := self._why(day, column.not_before, customers.today))}
                if odd:
                    for index, day in enumerate(values):
                        if day.__class__ is date and day in odd:
                            yield Problem(customers.row(index), name, self.id, self.severity, f"{say_date(day)} {odd[day]}",
                                          "Type the date again.", index)

    def _why(self, day: date, not_before: date | None, today: date | None) -> str:
        if day.year < _DAY_ZERO:
            return "is what a spreadsheet makes of a number, not a day that was meant"
        if not_before is not None and day < not_before:
            return "is too long ago"
        if today is not None and day.year > today.year + self.years_ahead and (day.month, day.day) != (12, 31):
            return "is too far ahead"
        return ""
