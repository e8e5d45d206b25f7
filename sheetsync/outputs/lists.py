"""Who is to be contacted, in which order: what the summary, the morning list, the page and the calendar share."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sheetsync.core import model
from sheetsync.core.model import Fault, FollowUp, Report
from sheetsync.core.values import text_of

_NOW = (model.OVERDUE, model.DUE_NOW, model.NEVER_CONTACTED)
_EXTENSION = re.compile(r"(?i)\s*(?:x|ext|#)")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the morning list: a follow-up and how to reach the customer. `index` is the customer's (0-based).

    `dial` and `mail` are phone and e-mail as a link takes them, "" where what stands there is in doubt.
    """

    follow_up: FollowUp
    phone: str
    email: str
    last_contact: date | None
    index: int = -1
    dial: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Morning:
    """The morning list. `more` counts the normal follow-ups beyond the day's limit; no status depends on it.

    `upcoming` is the first follow-up after `soon`, if any; `check` and `no_rule` are those who can't be planned.
    """

    overdue: Sequence[Entry]
    due: Sequence[Entry]
    never: Sequence[Entry]
    soon: Sequence[Entry]
    more: int
    upcoming: Entry | None = None
    check: Sequence[Entry] = ()
    no_rule: Sequence[Entry] = ()

    @property
    def now(self) -> Sequence[Entry]:
        """All that are to be contacted today."""
        return (*self.overdue, *self.due, *self.never)


def morning(report: Report, days: int) -> Morning:
    """Overdue and due, urgent first and then oldest first; never contacted; and what comes due in the next `days` days, by day.

    `[limits] max_per_day` counts normal follow-ups alone.
    """
    found: dict[str, list[int]] = {status: [] for status in (*_NOW, model.SOON, model.CHECK_ROW, model.NO_RULE)}
    last = date.fromordinal(min(report.today.toordinal() + days, date.max.toordinal()))
    follow_ups = report.follow_ups
    upcoming: int | None = None
    for index, follow_up in enumerate(follow_ups):
        status = follow_up.status
        if status in (model.SOON, model.SCHEDULED):
            if follow_up.due is None:
                continue
            if follow_up.due <= last:
                found[model.SOON].append(index)
            elif upcoming is None or _by_day(follow_up) < _by_day(follow_ups[upcoming]):
                upcoming = index
        elif status in found:
            found[status].append(index)
    left = report.max_per_day
    shown: dict[str, list[Entry]] = {}
    more = 0
    for status, indexes in found.items():
        order = _order if status in _NOW else _by_day
        indexes.sort(key=lambda index: order(follow_ups[index]))
        entries = shown[status] = []
        for index in indexes:
            if left is not None and status in _NOW and not follow_ups[index].urgent:
                if left == 0:
                    more += 1
                    continue
                left -= 1
            entries.append(_entry(report, index))
    return Morning(shown[model.OVERDUE], shown[model.DUE_NOW], shown[model.NEVER_CONTACTED], shown[model.SOON], more,
                   None if upcoming is None else _entry(report, upcoming), shown[model.CHECK_ROW], shown[model.NO_RULE])


def dated(report: Report) -> list[Entry]:
    """Every customer whom a rule asks to contact on a day, by day and name; quiet ones are not among them."""
    entries = [
        _entry(report, index) for index, follow_up in enumerate(report.follow_ups)
        if follow_up.rule and follow_up.due is not None and follow_up.status != model.CHECK_ROW
    ]
    return sorted(entries, key=lambda e: (e.follow_up.due or date.max, e.follow_up.customer, e.email, e.phone, e.follow_up.step))


def first(report: Report, most: int) -> tuple[list[Entry], int]:
    """The first few to contact now, urgent ones before all, and how many there are."""
    now = [index for index, follow_up in enumerate(report.follow_ups) if follow_up.status in _NOW]
    ranks = {status: rank for rank, status in enumerate(_NOW)}
    order = report.follow_ups
    best = heapq.nsmallest(most, now, key=lambda i: (not order[i].first, not order[i].urgent, ranks[order[i].status], _order(order[i])))
    return [_entry(report, index) for index in best], len(now)


def _order(follow_up: FollowUp) -> tuple[bool, bool, date, str]:
    return (not follow_up.first, not follow_up.urgent, follow_up.due or date.max, follow_up.customer)


def _by_day(follow_up: FollowUp) -> tuple[date, bool, bool, str]:
    return (follow_up.due or date.max, not follow_up.first, not follow_up.urgent, follow_up.customer)


def _entry(report: Report, index: int) -> Entry:
    values = report.customers.values

    def value(column: str) -> Any:
        cells = values.get(column)
        return None if cells is None else cells[index]

    def said(found: Any) -> str:
        return " ".join(text_of(found.raw if isinstance(found, Fault) else found).split())

    last, phone, email = value(model.LAST_CONTACT), value("Phone"), value("Email")
    return Entry(report.follow_ups[index], said(phone), said(email), last if isinstance(last, date) else None, index,
                 "" if isinstance(phone, Fault) else _dialled(said(phone)),
                 said(email) if not isinstance(email, Fault) and _ADDRESS.fullmatch(said(email)) else "")


def _dialled(phone: str) -> str:
    """A phone number as a tel: link takes it (RFC 3966): digits and a leading plus, the extension left out."""
    number = _EXTENSION.split(phone, maxsplit=1)[0].strip()
    plus = number.startswith("+")
    digits = re.sub(r"[^0-9]", "", number.replace("(0)", "") if plus else number)
    return "" if len(digits) < 3 or re.search(r"[^0-9\s()./+\-–]", number) else "+" * plus + digits
