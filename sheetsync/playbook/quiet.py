"""When not to chase: do not contact, paused, booked, waiting, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sheetsync.core.header import normal
from sheetsync.core.model import Customers, Fault
from sheetsync.core.values import say_date, text_of
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.criteria import AnyOf, fitting
from sheetsync.playbook.due import Due


@dataclass(frozen=True, slots=True)
class Quiet:
    """One quiet reason. It holds while all of `when`, `until` and `through` do, and `at_most` has not passed."""

    name: str
    when: Mapping[str, AnyOf]
    until: str | None = None
    through: str | None = None
    at_most: Due | None = None
    absolute: bool = False
    except_urgent: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that decide whether it holds, `at_most`'s left out."""
        return (*self.when, *(name for name in (self.until, self.through) if name is not None))

    def readable(self, customers: Customers) -> bool:
        """Whether the sheet has the columns it names; without them it never holds."""
        here = customers.positions
        if any(name not in here for name in self.columns):
            return False
        return self.at_most is None or any(name in here for name in self.at_most.columns)

    def holds(self, customers: Customers, today: date, calendar: Calendar) -> dict[int, tuple[date | None, str]]:
        """For each customer (0-based) for whom it holds: until when it is quiet, and why, in words."""
        if not self.readable(customers):
            return {}
        values, header = customers.values, customers.header
        left = fitting(customers, self.when, today, calendar)
        out: dict[int, tuple[date | None, str]] = {}
        for day_column in (self.until, self.through):
            if day_column is not None:
                left = [i for i in left if isinstance(values[day_column][i], date)]
        for i in left:
            day: date | None = None
            if self.when:
                said = [f"{header(name)} is {_said(values[name][i])}" for name in self.when]
                why = f"{self.name}: {', '.join(said)}"
            if self.until is not None:
                value = values[self.until][i]
                if today >= value:
                    continue
                day, why = value, self._why("until", value, header(self.until))
            if self.through is not None:
                value = values[self.through][i]
                if today > value:
                    continue
                day = value if day is None else day
                why = self._why("through", value, header(self.through))
            if self.at_most is not None:
                end = self._end(customers, i, calendar)
                if end is not None and today >= end:
                    continue
                day = end if day is None else day
                if end is not None:
                    why += f", at most until {say_date(end)}"
            out[i] = (day, why)
        return out

    def _why(self, word: str, day: date, header: str) -> str:
        why = f"{self.name} {word} {say_date(day)}"
        return why if normal(header) == normal(f"{self.name} {word}") else f"{why} ({header})"

    def _end(self, customers: Customers, i: int, calendar: Calendar) -> date | None:
        assert self.at_most is not None
        for name in self.at_most.columns:
            value = customers.values[name][i] if name in customers.values else None
            if value is not None:
                return None if value.__class__ is Fault else self.at_most.day(value, calendar)
        return None


def _said(value: Any) -> str:
    return text_of(value.raw if value.__class__ is Fault else value) or "blank"
