"""Who is to be contacted, in which order: what the summary, the morning list, the page and the calendar share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sheetsync.core import model
from sheetsync.core.model import Fault, FollowUp, Report
from sheetsync.core.values import text_of

_NOW = (model.OVERDUE, model.DUE_NOW, model.NEVER_CONTACTED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the morning list: a follow-up and how to reach the customer."""

    follow_up: FollowUp
    phone: str
    email: str
    last_contact: date | None


@dataclass(frozen=True, slots=True)
class Morning:
    """The morning list. `more` counts the normal follow-ups beyond the day's limit; no status depends on it."""

    overdue: Sequence[Entry]
    due: Sequence[Entry]
    never: Sequence[Entry]
    soon: Sequence[Entry]
    more: int


def morning(report: Report, days: int) -> Morning:
    """Overdue and due, urgent first and then oldest first; never contacted; and what comes due in the next `days` days."""
    entries: dict[str, list[Entry]] = {}
    last = report.today + timedelta(days=days)
    for index, follow_up in enumerate(report.follow_ups):
        if follow_up.status in _NOW:
            entries.setdefault(follow_up.status, []).append(_entry(report, index))
        elif follow_up.status in (model.SOON, model.SCHEDULED) and follow_up.due is not None and follow_up.due <= last:
            entries.setdefault(model.SOON, []).append(_entry(report, index))
    for found in entries.values():
        found.sort(key=_order)
    left = report.max_per_day
    more = 0
    for status in _NOW:
        shown = []
        for entry in entries.get(status, ()):
            if left is None or entry.follow_up.urgent:
                shown.append(entry)
            elif left > 0:
                shown.append(entry)
                left -= 1
            else:
                more += 1
        entries[status] = shown
    return Morning(entries[model.OVERDUE], entries[model.DUE_NOW], entries[model.NEVER_CONTACTED],
                   entries.get(model.SOON, ()), more)


def _order(entry: Entry) -> tuple[bool, date, str]:
    return (not entry.follow_up.urgent, entry.follow_up.due or date.max, entry.follow_up.customer)


def _entry(report: Report, index: int) -> Entry:
    values = report.customers.values

    def value(column: str) -> Any:
        cells = values.get(column)
        found = None if cells is None else cells[index]
        return found.raw if isinstance(found, Fault) else found

    last = values.get("Last contact", ())
    contact = last[index] if last else None
    return Entry(report.follow_ups[index], " ".join(text_of(value("Phone")).split()), text_of(value("Email")),
                 contact if isinstance(contact, date) else None)
