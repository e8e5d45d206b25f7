"""What fell due and what was kept in time, from the journal and the sheet.

What the journal knows: every status that was written, on which run, and every Log entry, with the rule it was for, its due day and
its last day in time. From that, a step *falls due* when a row first shows it as the next one with Due, Overdue or Never contacted, and
it is *done* when the row names it no longer, not even behind "also". One that was only ever named behind "also" does not count.
Where a Log entry did it, its day counts exactly. Where the owner edited the row instead, the day of the run that noticed counts, and
it was late if the row last showed Overdue; the days late count from the first run that showed Overdue. An edit that changes a
date or a rule without a contact can't be told from one that did the work. A row that turned quiet (snoozed, paused, closed …) was
*put off*. Rows without a unique key are followed only through their Log entries, since nothing else tells them apart once they are
edited. What was due before the journal began counts from its first day. Where the journal no longer keeps the changes of a run, what
its rows have shown ever since still counts, but no longer what was done before it without a Log entry.

What the sheet knows: what is open now, Last contact, and each row's one complaint: its date, first call and resolution.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sheetsync.core import model
from sheetsync.core.diff import anchors, key_header
from sheetsync.core.kept import Complaint, Silent, Standards, Step
from sheetsync.core.model import CONTACT_KINDS, LAST_CONTACT, Anchor, Change, Contact, Customers, Report
from sheetsync.core.values import say_date, text_of

LONGEST = 10  # customers named whom nobody has contacted longest
_DUE = (model.OVERDUE, model.DUE_NOW, model.NEVER_CONTACTED)
_RULE = re.compile(r"(.+?), (?:\d+ [a-z ]+ (?:after|before) |on |yearly on |no .+ yet)")


@dataclass(frozen=True, slots=True)
class Past:
    """One recorded run: its day, what it wrote, and the Log entries it applied."""

    today: date
    changes: Sequence[Change]
    contacts: Sequence[Contact]


def standards(history: Iterable[Past], report: Report) -> Standards:
    """The standards kept, as of a (dry) run's report. Depends on nothing but the arguments."""
    runs = list(history)
    since = runs[0].today if runs else None
    replay = _Replay(report, since or report.today)
    for past in runs:
        replay.run(past)
    # The sheet as it is now is one more run, the one that has not been written yet.
    replay.run(Past(report.today, report.changes.changes, report.contacts))
    customers = report.customers
    return Standards(
        today=report.today, source=report.source, sheet=report.sheet, since=since, steps=replay.steps(),
        silent=_silent(report), never_contacted=_never(report), complaints=_complaints(customers),
    )


@dataclass(slots=True)
class _Shown:
    """What a row shows."""

    status: str = ""
    due: date | None = None
    why: str = ""


@dataclass(slots=True)
class _Open:
    """A step that has fallen due."""

    fell_due: date
    overdue_since: date | None


_Key = tuple[Anchor, str, date | None]


class _Replay:
    def __init__(self, report: Report, since: date) -> None:
        self.report, self.since = report, since
        status = report.status
        self.columns = {status.header(name): name for name in (model.STATUS, model.NEXT_FOLLOW_UP, model.WHY)}
        self.words = {status.word(name): name for name in report.status_order}
        self.rules = sorted({f.rule for f in report.follow_ups if f.rule}, key=len, reverse=True)
        self.shown: dict[Anchor, _Shown] = {}
        self.open: dict[_Key, _Open] = {}
        self.put_off: dict[_Key, _Open] = {}
        self.done: list[tuple[Anchor, Step]] = []

    def run(self, past: Past) -> None:
        """Goes one run further."""
        touched: dict[Anchor, dict[str, Change]] = {}
        for change in past.changes:
            name = self.columns.get(change.column)
            if name is not None and change.anchor is not None and change.anchor.column:
                touched.setdefault(change.anchor, {})[name] = change
        contacts = {contact.anchor: contact for contact in past.contacts}
        for contact in past.contacts:
            if contact.kind in CONTACT_KINDS and contact.rule:
                self._contacted(contact)
        by_anchor: dict[Anchor, list[_Key]] = {}
        for key in self.open:
            by_anchor.setdefault(key[0], []).append(key)
        for anchor, cells in touched.items():
            shown = self.shown.setdefault(anchor, _Shown())
            if model.STATUS in cells:
                shown.status = self.words.get(text_of(cells[model.STATUS].after), text_of(cells[model.STATUS].after))
            if model.NEXT_FOLLOW_UP in cells:
                after = cells[model.NEXT_FOLLOW_UP].after
                shown.due = after if isinstance(after, date) else None
            if model.WHY in cells:
                shown.why = text_of(cells[model.WHY].after)
            self._look(anchor, shown, past.today, by_anchor.get(anchor, []), contacts.get(anchor))

    def _contacted(self, contact: Contact) -> None:
        """A Log entry did the step: exact, whether or not the row had shown it as due."""
        key = (contact.anchor, contact.rule, contact.due)
        found = self.open.pop(key, None) or self.put_off.pop(key, None)
        fell_due = min(contact.due or contact.day, contact.day)
        if found is not None:
            fell_due = found.fell_due
        elif contact.day >= self.since:
            fell_due = max(self.since, fell_due)
        late = 0 if contact.latest is None else max(0, (contact.day - contact.latest).days)
        self.done.append((contact.anchor, Step(contact.rule, contact.customer, fell_due, contact.day, late)))

    def _look(self, anchor: Anchor, shown: _Shown, today: date, keys: Sequence[_Key], contact: Contact | None) -> None:
        rule = self._rule(shown.why)
        key = (anchor, rule, shown.due)
        quiet = shown.status not in (*_DUE, model.SOON, model.SCHEDULED, model.NO_RULE, model.CHECK_ROW, "")
        for one in keys:
            if one not in self.open or (one == key and shown.status in _DUE) or self._named(one, shown.why):
                continue
            step = self.open.pop(one)
            if quiet or (contact is not None and contact.kind not in CONTACT_KINDS):
                self.put_off[one] = step
                continue
            if shown.status == model.CHECK_ROW:
                self.open[one] = step  # nobody can say what became of it until the row is mended
                continue
            day = today if contact is None else contact.day  # a contact for another rule may have done this one as well
            late = 0 if step.overdue_since is None or day < step.overdue_since else max(1, (day - step.overdue_since).days)
            self.done.append((anchor, Step(one[1], text_of(anchor.key), step.fell_due, day, late)))
        if rule and shown.status in _DUE:
            step = self.open.get(key) or self.put_off.pop(key, None) or _Open(self._fell_due(shown.due, today), None)
            if shown.status == model.OVERDUE and step.overdue_since is None:
                step.overdue_since = today
            self.open[key] = step

    def _fell_due(self, due: date | None, today: date) -> date:
        return max(self.since, today if due is None else min(due, today))

    def _rule(self, why: str) -> str:
        for name in self.rules:
            if why.startswith(name + ", "):
                return name
        match = _RULE.match(why)
        return match[1] if match else ""

    def _named(self, key: _Key, why: str) -> bool:
        """Whether a row's Why still names the step among its others."""
        _, _, also = why.partition(" · also: ")
        _, rule, due = key
        said = f"{rule}, now" if due is None else f"{rule}, due {say_date(due)[4:]}"
        return f", {said}," in f", {also},"

    def steps(self) -> tuple[Step, ...]:
        """All steps, the open ones as the sheet has them now; those of customers who are gone are left out."""
        customers, report = self.report.customers, self.report
        whose = _anchors_of(customers, report)
        labels = {whose(i): customers.labels[i] for i in range(len(customers))}
        done = [replace(step, customer=labels.get(anchor, step.customer)) for anchor, step in self.done]
        put_off = [Step(key[1], labels[key[0]], step.fell_due, None, 0, True) for key, step in self.put_off.items() if key[0] in labels]
        now = []
        for i, follow_up in enumerate(report.follow_ups):
            if follow_up.status in _DUE and follow_up.rule:
                known = self.open.get((whose(i), follow_up.rule, follow_up.due))
                fell_due = known.fell_due if known is not None else self._fell_due(follow_up.due, report.today)
                now.append(Step(follow_up.rule, follow_up.customer, fell_due, None))
        return (*done, *put_off, *now)


def _anchors_of(customers: Customers, report: Report) -> Callable[[int], Anchor]:
    whose = anchors(customers.table, key_header(customers), report.status.is_ours)
    return lambda i: whose(customers.indexes[i])


def _silent(report: Report) -> tuple[Silent, ...]:
    """Whom nobody has contacted longest, of those who may be chased."""
    column = report.customers.values.get(LAST_CONTACT, ())
    quiet = set(report.status_order) - set(model.STATUSES)
    found = [
        Silent(report.customers.labels[i], value, (report.today - value).days)
        for i, value in enumerate(column) if isinstance(value, date) and report.follow_ups[i].status not in quiet
    ]
    found.sort(key=lambda silent: (silent.last_contact, silent.customer))
    return tuple(found[:LONGEST])


def _never(report: Report) -> int:
    column = report.customers.values.get(LAST_CONTACT, ())
    quiet = set(report.status_order) - set(model.STATUSES)
    return sum(value is None and report.follow_ups[i].status not in quiet for i, value in enumerate(column))


def _complaints(customers: Customers) -> tuple[Complaint, ...]:
    """Each row's complaint, the longest open one first, then those resolved last."""
    complained = customers.values.get("Complaint date", ())

    def day(name: str, i: int) -> date | None:
        column = customers.values.get(name, ())
        return column[i] if column and isinstance(column[i], date) else None

    found = [
        Complaint(customers.labels[i], value, day("Complaint called", i), day("Complaint resolved", i))
        for i, value in enumerate(complained) if isinstance(value, date)
    ]
    found.sort(key=lambda c: (1, -c.resolved.toordinal(), c.customer) if c.resolved else (0, c.complained.toordinal(), c.customer))
    return tuple(found)
