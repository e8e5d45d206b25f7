"""The standards kept, for a person at a terminal and for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sheetsync.core.kept import Complaint, Standards, Tally, median_days
from sheetsync.core.values import MONTHS, say_date
from sheetsync.outputs.text import Ink, fit, plural, wrap

VERSION = 1
_MONTHS = 12  # shown
_COMPLAINTS = 8


@dataclass(frozen=True, slots=True)
class StandardsText:
    """Tables by rule and by month, this month against last, the silent customers, the complaints."""

    width: int = 80
    colour: bool = False

    def render(self, kept: Standards) -> str:
        """Lines of at most `width` columns."""
        ink = Ink(self.colour)
        lines = [ink.bold(f"{say_date(kept.today)} · {kept.source} · {kept.sheet}"), ""]
        if kept.since is None:
            lines += wrap("The journal holds no run of this sheet yet, so only what is open now is known. "
                          "It grows with every sheetsync sync.", self.width)
        else:
            lines += wrap(f"From {say_date(kept.since)[4:]}, the first run in the journal.", self.width)
        if kept.whole_since is not None:
            lines += wrap(f"What was done before {say_date(kept.whole_since)[4:]} without a Log entry counts no longer: "
                          "changes are kept for 90 days, Log entries for good.", self.width)
        lines += self._table("By rule", kept.rules, ink)
        lines += self._table("By month", kept.months[:_MONTHS], ink, month=True)
        lines += self._months(kept)
        lines += self._silent(kept, ink)
        lines += self._complaints(kept, ink)
        return "\n".join(lines)

    def _table(self, title: str, tallies: Sequence[Tally], ink: Ink, *, month: bool = False) -> list[str]:
        if not tallies:
            return []
        room = self.width - 48
        head = f"{'fell due':>8} {'in time':>8} {'late':>5} {'open':>5} {'put off':>8} {'days late':>9}"
        lines = ["", ink.bold(f"{fit(title, room)}{head}")]
        for tally in tallies:
            name = month_in_words(tally.name) if month else tally.name
            late = "" if tally.median_days_late is None else f"{tally.median_days_late:g}"
            lines.append(f"{fit('  ' + name, room)}{len(tally.steps):>8,} {tally.in_time:>8,} {tally.late:>5,} {tally.open:>5,} "
                         f"{tally.put_off:>8,} {late:>9}".rstrip())
        return lines

    def _months(self, kept: Standards) -> list[str]:
        now, before = kept.month(kept.today), kept.month(kept.today.replace(day=1) - timedelta(days=1))
        said = [f"{month_in_words(tally.name)}{' so far' if tally is now else ''}: {share_in_words(tally)}" for tally in (now, before)]
        return ["", *wrap(". ".join(said) + ".", self.width)]

    def _silent(self, kept: Standards, ink: Ink) -> list[str]:
        if not kept.silent and not kept.never_contacted:
            return []
        lines = ["", ink.bold("Nobody has contacted them longest")]
        lines += [f"  {fit(one.customer, self.width - 40)} {say_date(one.last_contact)[4:]:>12} {plural(one.days, 'day'):>12}"
                  for one in kept.silent]
        if kept.never_contacted:
            lines.append(f"  and {plural(kept.never_contacted, 'customer')} without any contact yet")
        return lines

    def _complaints(self, kept: Standards, ink: Ink) -> list[str]:
        if not kept.complaints:
            return []
        called = median_days([(c.complained, c.called) for c in kept.complaints])
        resolved = median_days([(c.complained, c.resolved) for c in kept.complaints])
        open_ = sum(c.resolved is None for c in kept.complaints)
        lines = ["", ink.bold(f"Complaints: {open_} open, {len(kept.complaints) - open_} resolved")]
        if called is not None:
            lines.append(f"  first call after {_days(called)} (median)")
        if resolved is not None:
            lines.append(f"  resolved after {_days(resolved)} (median)")
        for complaint in kept.complaints[:_COMPLAINTS]:
            lines.append(f"  {fit(complaint.customer, self.width - 50)} {_took(complaint, kept.today)}".rstrip())
        if len(kept.complaints) > _COMPLAINTS:
            lines.append(f"  and {len(kept.complaints) - _COMPLAINTS} more")
        return lines


@dataclass(frozen=True, slots=True)
class StandardsJson:
    """Everything in the report as one object; dates ISO 8601, shares from 0 to 1."""

    def render(self, kept: Standards) -> str:
        """One object."""
        last = kept.today.replace(day=1) - timedelta(days=1)
        return json.dumps({
            "version": VERSION, "today": kept.today.isoformat(), "source": kept.source, "sheet": kept.sheet, "since": _iso(kept.since),
            "whole_since": _iso(kept.whole_since),
            "rules": [{"rule": tally.name} | _numbers(tally) for tally in kept.rules],
            "months": [{"month": tally.name} | _numbers(tally) for tally in kept.months],
            "this_month": _numbers(kept.month(kept.today)), "last_month": _numbers(kept.month(last)),
            "longest_silent": [{"customer": one.customer, "last_contact": one.last_contact.isoformat(), "days": one.days}
                               for one in kept.silent],
            "never_contacted": kept.never_contacted,
            "complaints": [
                {"customer": c.customer, "complained": c.complained.isoformat(), "called": _iso(c.called), "resolved": _iso(c.resolved),
                 "days": ((c.resolved or kept.today) - c.complained).days}
                for c in kept.complaints
            ],
        }, ensure_ascii=False)


def _numbers(tally: Tally) -> dict[str, float | None]:
    return {"fell_due": len(tally.steps), "in_time": tally.in_time, "late": tally.late, "open": tally.open, "put_off": tally.put_off,
            "median_days_late": tally.median_days_late, "share_in_time": tally.share}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def month_in_words(name: str) -> str:
    """ "November 2026" for "2026-11"."""
    year, month = name.split("-")
    return f"{MONTHS[int(month) - 1].title()} {year}"


def share_in_words(tally: Tally) -> str:
    """ "9 of 11 in time (82%)"."""
    done = tally.in_time + tally.late
    if tally.share is None:
        return "nothing done yet" if tally.steps else "nothing fell due"
    return f"{tally.in_time} of {done} in time ({tally.share:.0%})"


def _days(number: float) -> str:
    return f"{number:g} {'day' if number == 1 else 'days'}"


def _took(complaint: Complaint, today: date) -> str:
    if complaint.resolved is None:
        return f"open for {plural((today - complaint.complained).days, 'day')}, since {say_date(complaint.complained)[4:]}"
    return f"resolved in {plural((complaint.resolved - complaint.complained).days, 'day')}, {say_date(complaint.resolved)[4:]}"
