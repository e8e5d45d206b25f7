"""Follow-ups as calendar events (RFC 5545), one all-day event a customer."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sheetsync.core import model
from sheetsync.core.model import Report
from sheetsync.core.plan import clean
from sheetsync.core.values import say_date, text_of
from sheetsync.outputs.lists import Entry, dated

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Ics:
    """An all-day event for every customer whose next follow-up has a date; overdue ones stand on today.

    The UID hangs on the source (`identity`, else its name) and the customer's key, so a moved date moves the event. Whoever is no longer
    due has no event; an application that subscribes to the file drops it.
    """

    identity: str = ""

    def render(self, report: Report) -> str:
        """The calendar, with the line ends and folding of RFC 5545. Equal reports give equal texts.

        The day of the run stands for the time at which an event was changed (DTSTAMP), and its number of days since 1970 for its revision
        (SEQUENCE): nothing is remembered from run to run, and a later file has to win over an earlier one.
        """
        from icalendar import Calendar, Event  # heavy: only for this output

        calendar = Calendar()
        calendar.add("prodid", "-//sheetsync//follow-ups//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("x-wr-calname", clean(f"Follow-ups, {report.source}") or "Follow-ups")
        calendar.add("x-published-ttl", "PT12H")
        stamp = datetime.combine(report.today, time(0), UTC)
        entries = dated(report)
        for entry, uid in zip(entries, _uids(report, entries, self.identity or report.source), strict=True):
            day = max(entry.follow_up.due or report.today, report.today)
            event = Event()
            event.add("uid", uid)
            event.add("dtstamp", stamp)
            event.add("last-modified", stamp)
            event.add("sequence", (report.today - _EPOCH).days)
            event.add("dtstart", day)
            if day < date.max:  # the day behind it; without one it lasts a day just so
                event.add("dtend", day + timedelta(days=1))
            event.add("summary", _summary(report, entry))
            event.add("description", _description(report, entry))
            event.add("categories", [report.status.word(entry.follow_up.status), *(["Urgent"] if entry.follow_up.urgent else [])])
            event.add("priority", 1 if entry.follow_up.urgent else 5)
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
        data: bytes = calendar.to_ical()
        return data.decode("utf-8")


def _summary(report: Report, entry: Entry) -> str:
    """What a month's view shows: the step with whom it is for, and whether it is late."""
    follow_up = entry.follow_up
    step = follow_up.step or report.status.word(follow_up.status)
    named = step if follow_up.customer.casefold() in step.casefold() else f"{follow_up.customer}: {step}"
    late = f"{report.status.word(model.OVERDUE)}: " if follow_up.status == model.OVERDUE else ""
    return clean(late + named) or "Follow-up"


def _description(report: Report, entry: Entry) -> str:
    follow_up = entry.follow_up
    due = "" if follow_up.due is None or follow_up.due >= report.today else f"Was due on {say_date(follow_up.due)}."
    reach = [f"{name}: {text}" for name, text in (("Phone", entry.phone), ("E-mail", entry.email)) if text]
    last = "" if entry.last_contact is None else f"Last contact: {say_date(entry.last_contact)}"
    lines = [follow_up.step, follow_up.why, due, *reach, last]
    return "\n".join(line for text in lines if (line := clean(text)))


def _uids(report: Report, entries: Sequence[Entry], identity: str) -> list[str]:
    """Stable for each customer: made of source, sheet and unique key; else of all that tells people apart, equal ones numbered."""
    customers = report.customers
    column = customers.values.get(customers.key or "", ())
    keys = [text_of(value).casefold() if isinstance(value, (str, int, float)) else "" for value in column]
    known = Counter(keys)
    seen: Counter[str] = Counter()
    uids = []
    for entry in entries:
        key = keys[entry.index] if keys else ""
        if not key or known[key] > 1:
            key = "\n".join((key, customers.labels[entry.index].casefold(), entry.email.casefold(), entry.phone))
        number, seen[key] = seen[key], seen[key] + 1
        text = "\n".join((identity, report.sheet, key, str(number)))
        uids.append(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32] + "@sheetsync")
    return uids
