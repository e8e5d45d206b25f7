"""Follow-ups as calendar events (RFC 5545), one all-day event a customer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sheetsync.core import model
from sheetsync.core.model import Report
from sheetsync.core.values import text_of


@dataclass(frozen=True, slots=True)
class Ics:
    """An all-day event for every customer who has a next follow-up; overdue ones stand on today.

    The UID hangs on the customer's key, so a moved date moves the event.
    """

    def render(self, report: Report) -> str:
        """The calendar, in UTF-8 text with the line ends that RFC 5545 asks for."""
        from icalendar import Calendar, Event  # heavy: only for this output

        calendar = Calendar()
        calendar.add("prodid", "-//sheetsync//follow-ups//EN")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", "Follow-ups")
        stamp = datetime.combine(report.today, time(0), UTC)  # the run's day: equal runs give equal files
        for index, follow_up in enumerate(report.follow_ups):
            if follow_up.rule == "" or follow_up.status == model.CHECK_ROW:
                continue
            day = max(follow_up.due or report.today, report.today)
            event = Event()
            event.add("uid", _uid(report, index))
            event.add("dtstamp", stamp)
            event.add("dtstart", day)
            event.add("dtend", day + timedelta(days=1))
            event.add("summary", f"{report.status.word(follow_up.status)}: {follow_up.step}")
            event.add("description", follow_up.why)
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
        data: bytes = calendar.to_ical()
        return data.decode("utf-8")


def _uid(report: Report, index: int) -> str:
    """Stable for a customer: made of the source and the key, else the name; told apart where two share it."""
    customers = report.customers
    values = customers.values.get(customers.key or "", ())
    key = text_of(values[index]) if values and isinstance(values[index], (str, int, float)) else customers.labels[index]
    same = [i for i in range(index) if customers.labels[i] == customers.labels[index]] if not key else []
    text = "\n".join((report.source, report.sheet, key.casefold(), str(len(same))))
    return hashlib.sha256(text.encode()).hexdigest()[:32] + "@sheetsync"
