"""Who is to be contacted, in which order: what the summary, the morning list, the page and the calendar share."""

from __future__ import annotations

import heapq
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
    """Overdue and due, urgent first and then oldest first; never contacted; and what comes due in the next `days` days.

    `[limits] max_per_day` counts normal follow-ups alone.
    """
    found: dict[str, list[int]] = {status: [] for status in (*_NOW, model.SOON)}
    last = report.today + timedelta(days=days)
    follow_ups = report.follow_ups
    for index, follow_up in enumerate(follow_ups):
        if follow_up.status in _NOW:
            found[follow_up.status].append(index)
        elif follow_up.status in (model.SOON, model.SCHEDULED) and follow_up.due is not None and follow_up.due <= last:
            found[model.SOON].append(index)
    left = report.max_per_day
    shown: dict[str, list[Entry]] = {}
    more = 0
    for status, indexes in found.items():
        indexes.sort(key=lambda index: _order(follow_ups[index]))
        entries = shown[status] = []
        for index in indexes:
            if left is not None and status != model.SOON and not follow_ups[index].urgent:
                if left == 0:
                    more += 1
                    continue
                left -= 1
            entries.append(_entry(report, index))
    return Morning(shown[model.OVERDUE], shown[model.DUE_NOW], shown[model.NEVER_CONTACTED], shown[model.SOON], more)


def first(report: Report, most: int) -> tuple[list[Entry], int]:
    """The first few to contact now, urgent ones before all, and how many there are."""
    now = [index for index, follow_up in enumerate(report.follow_ups) if follow_up.status in _NOW]
    ranks = {status: rank for rank, status in enumerate(_NOW)}
    order = report.follow_ups
    best = heapq.nsmallest(most, now, key=lambda i: (not order[i].first, not order[i].urgent, ranks[order[i].status], _order(order[i])))
    return [_entry(report, index) for index in best], len(now)


def _order(follow_up: FollowUp) -> tuple[bool, bool, date, str]:
    return (not follow_up.first, not follow_up.urgent, follow_up.due or date.max, follow_up.customer)


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
