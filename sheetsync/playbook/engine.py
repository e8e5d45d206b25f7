"""From customers, playbook and today to candidates, and from candidates to the one follow-up of each row.

Works column by column: a rule looks at all rows at once, so that 100,000 rows cost seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import partial
from typing import Any, Literal, NamedTuple

from sheetsync.core import model
from sheetsync.core.model import Customers, Fault, FollowUp, Problem
from sheetsync.core.values import say_date, text_of
from sheetsync.playbook.criteria import fitting
from sheetsync.playbook.due import anniversary
from sheetsync.playbook.model import CONTACT, Playbook, Rule, split_step

_follow_up = partial(tuple.__new__, FollowUp)  # a call of the class costs twice as much, once for each row


class Candidate(NamedTuple):
    """One rule's word on one customer. `now` marks a blank = "now" candidate, which has no date; `moved` says why a day moved."""

    due: date
    order: int
    rule: Rule
    latest: date
    active: bool
    now: bool
    column: str
    start: date | None
    moved: Literal["", "gap", "care"]


def follow_ups(
    customers: Customers, playbook: Playbook, today: date, problems: Iterable[Problem]
) -> tuple[FollowUp, ...]:
    """One follow-up for each customer, in their order. Depends on nothing but the arguments."""
    errors: dict[str, set[int]] = {}
    for problem in problems:
        if problem.severity == "error" and problem.customer >= 0:
            errors.setdefault(problem.column, set()).add(problem.customer)
    for name, indexes in customers.faults.items():  # also where the check that would say so was left out
        values = customers.values[name]
        errors.setdefault(name, set()).update(i for i in indexes if values[i].severity == "error")
    found: list[list[Candidate]] = [[] for _ in range(len(customers))]
    unsure: set[int] = set()
    careful = cared(customers, playbook, today)
    spared = careful if playbook.care is not None and playbook.care.spare_week_end else frozenset()
    for order, rule in enumerate(playbook.rules):
        unsure |= _candidates(customers, playbook, rule, order, today, errors, found, spared)
    quiet = _quiet(customers, playbook, today)
    doubtful = _doubtful(customers, playbook, errors)
    writer = _Writer(customers, careful, "" if playbook.care is None else playbook.care.note)
    out = []
    for i, candidates in enumerate(found):
        reason = None
        for name, except_urgent, until, why in quiet.get(i, ()):
            if not (except_urgent and any(c.rule.urgent and c.active for c in candidates)):
                reason = (name, until, why)
                break
        if reason is not None:
            out.append(writer.quiet(i, *reason))
        elif i in doubtful:
            out.append(writer.bare(i, model.CHECK_ROW, ""))
        else:
            out.append(_choose(writer, i, candidates, i in unsure, today))
    return tuple(out)


def cared(customers: Customers, playbook: Playbook, today: date) -> AbstractSet[int]:
    """The customers to be handled with care; nobody where the sheet lacks a column that says so."""
    care = playbook.care
    if care is None or any(name not in customers.positions for name in care.when):
        return frozenset()
    return frozenset(fitting(customers, care.when, today, playbook.calendar))


def _quiet(
    customers: Customers, playbook: Playbook, today: date
) -> dict[int, list[tuple[str, bool, date | None, str]]]:
    out: dict[int, list[tuple[str, bool, date | None, str]]] = {}
    for reason in playbook.quiet:
        for i, (until, why) in reason.holds(customers, today, playbook.calendar).items():
            out.setdefault(i, []).append((reason.name, reason.except_urgent, until, why))
    return out


def _doubtful(customers: Customers, playbook: Playbook, errors: dict[str, set[int]]) -> set[int]:
    """Customers with an error in a column that decides a quiet reason: better silent than wrong."""
    out: set[int] = set()
    for reason in playbook.quiet:
        if reason.readable(customers):
            for name in reason.columns:
                out |= errors.get(name, set())
    return out


def _candidates(
    customers: Customers, playbook: Playbook, rule: Rule, order: int, today: date, errors: dict[str, set[int]],
    found: list[list[Candidate]], spared: AbstractSet[int],
) -> set[int]:
    """Adds the rule's candidates to `found`; returns the matching customers with an error in what it reads.

    Those of the `spared` are never due on the last open day of a week.
    """
    here, values, calendar = customers.positions, customers.values, playbook.calendar
    if any(name not in here for name in rule.when) or not any(name in here for name in rule.due.columns):
        return set()
    rows = fitting(customers, rule.when, today, calendar)
    unsure: set[int] = set()
    for name in rule.read_columns:
        if wrong := errors.get(name):
            unsure.update(wrong.intersection(rows))
    columns = [(name, values[name]) for name in rule.due.columns if name in here]
    done = values.get(rule.done)
    doubted: Collection[int] = errors.get(CONTACT, ())  # a contact that can't be right leaves no gap
    contacts = values.get(CONTACT) if playbook.min_gap is not None and not rule.urgent else None
    clock = _Clock(rule, playbook, today, {name: values[name] for name in rule.date_columns if name in here})
    known, lates, gaps = clock.known, clock.lates, clock.gaps
    nothing_yet = Candidate(today, order, rule, today, True, True, columns[0][0], None, "")
    same_start = rule.latest is not None and rule.latest.columns == rule.due.columns
    yearly = rule.due.direction == "yearly on"
    after = rule.due.direction == "after"
    # What needs nothing of the row but the date it starts from is made once for each date: most rows share theirs.
    shared: dict[tuple[str, date], tuple[Candidate, date]] | None = None if yearly or not (rule.latest is None or same_start) else {}
    for i in rows:
        for name, column in columns:  # noqa: B007 (the first column that is not blank is what counts)
            start = column[i]
            if start is not None:
                break
        else:
            if rule.blank_is_now:
                found[i].append(nothing_yet)
            continue
        if start.__class__ is Fault:
            continue
        last = None if done is None else done[i]
        ready = None if shared is None else shared.get((name, start))
        if ready is None:
            if yearly:
                if last is None and rule.blank_is_now:
                    found[i].append(Candidate(today, order, rule, today, True, True, rule.done, None, ""))
                times = clock.yearly(start, last) if isinstance(last, date) else None
            else:
                times = known.get(start) or clock.times(start)  # looked up here, since a call for each row costs more than the answer
            if times is None:
                continue
            due, begins = times
            if rule.latest is None:
                latest = due
            elif same_start:
                day = lates.get(start) or clock.latest_day(start)
                latest = due if day is None or day < due else day
            else:
                latest = clock.latest(i, due)
            candidate = Candidate(due, order, rule, latest, today >= begins, False, name, start, "")
            if shared is not None:
                shared[name, start] = candidate, begins
        else:
            candidate, begins = ready
        if not yearly and name != rule.done and isinstance(last, date) and last >= begins and (not after or last >= start):
            continue  # kept
        if contacts is not None and (contact := contacts[i]) is not None and contact.__class__ is not Fault and i not in doubted:
            gap = gaps.get(contact) or clock.after_gap(contact)
            if gap is not None and candidate.due < gap[0]:
                candidate = clock.moved(candidate, gap[1], "gap")
        if i in spared and (spare := clock.off_week_end(candidate.due)) != candidate.due:
            candidate = clock.moved(candidate, spare, "care")
        found[i].append(candidate)
    return unsure


class _Clock:
    """What one rule's phrases come to, each date computed once."""

    def __init__(self, rule: Rule, playbook: Playbook, today: date, columns: dict[str, Sequence[Any]]) -> None:
        self.rule, self.calendar, self.today, self.columns = rule, playbook.calendar, today, columns
        self.gap = playbook.min_gap
        self.known: dict[date, tuple[date, date] | None] = {}
        self._yearly: dict[tuple[date, date], tuple[date, date] | None] = {}
        self.lates: dict[date, date | None] = {}
        self.gaps: dict[date, tuple[date, date] | None] = {}
        self._off_week_end: dict[date, date] = {}

    def begins(self, due: date) -> date:
        """The first day on which a candidate due then is active."""
        try:
            return self.rule.lead.before(due, self.calendar)
        except (OverflowError, ValueError):
            return date.min

    def times(self, start: date) -> tuple[date, date] | None:
        """Due day and the first active day, counted from `start`; None where there is no such day."""
        if start not in self.known:
            due = self.rule.due.day(start, self.calendar)
            self.known[start] = None if due is None else (due, self.begins(due))
        return self.known[start]

    def yearly(self, start: date, done: date) -> tuple[date, date] | None:
        """The first anniversary of `start` whose lead begins after `done`, and when that lead begins."""
        if (start, done) not in self._yearly:
            years = max(1, done.year - start.year - 1)
            answer = None
            while (day := anniversary(start, years)) is not None:
                if (begins := self.begins(day)) > done:
                    answer = (day, begins)
                    break
                years += 1
            self._yearly[start, done] = answer
        return self._yearly[start, done]

    def latest(self, i: int, due: date) -> date:
        """Until when the customer is Due: `latest`, or `due` where it can't be computed or is earlier."""
        phrase = self.rule.latest
        if phrase is None:
            return due
        for name in phrase.columns:
            column = self.columns.get(name)
            start = None if column is None else column[i]
            if start is not None:
                if start.__class__ is Fault:
                    return due
                day = self.latest_day(start)
                return due if day is None or day < due else day
        return due

    def latest_day(self, start: date) -> date | None:
        """The day of the rule's `latest`, counted from `start`; None where there is no such day."""
        if start not in self.lates:
            assert self.rule.latest is not None
            self.lates[start] = self.rule.latest.day(start, self.calendar)
        return self.lates[start]

    def off_week_end(self, due: date) -> date:
        """The day itself, or the next open one where it is the last open day of its week."""
        if due not in self._off_week_end:
            try:
                self._off_week_end[due] = self.calendar.off_week_end(due)
            except OverflowError:
                self._off_week_end[due] = due
        return self._off_week_end[due]

    def moved(self, candidate: Candidate, day: date, why: Literal["gap", "care"]) -> Candidate:
        """The candidate, due on another day than its rule says."""
        return candidate._replace(
            due=day, latest=max(candidate.latest, day), active=self.today >= self.begins(day), moved=why)

    def after_gap(self, contact: date) -> tuple[date, date] | None:
        """The day that leaves the minimum gap after a contact, and the same rolled to an open day."""
        if contact not in self.gaps:
            assert self.gap is not None
            try:
                day = self.gap.after(contact, self.calendar)
                self.gaps[contact] = (day, self.calendar.roll_forward(day))
            except (OverflowError, ValueError):
                self.gaps[contact] = None
        return self.gaps[contact]


def _choose(writer: _Writer, i: int, candidates: list[Candidate], unsure: bool, today: date) -> FollowUp:
    """The row's status (the worst of its candidates) and its follow-up (the earliest active urgent, else the earliest).

    Of the active urgent ones those with priority "first" go before the others.
    """
    if len(candidates) == 1 and not unsure:
        return writer.alone(i, candidates[0], today)
    status = _status(candidates, today)
    if unsure and status not in (model.OVERDUE, model.NEVER_CONTACTED, model.DUE_NOW):
        return writer.bare(i, model.CHECK_ROW, "")
    if not candidates:
        return writer.bare(i, model.NO_RULE, "No rule of the playbook applies to this row")
    urgent = [c for c in candidates if c.active and c.rule.urgent]
    chosen = min(urgent, key=lambda c: (not c.rule.first, c.due, c.order)) if urgent else min(candidates)  # by due day, then order
    return writer.chosen(i, status, chosen, [c for c in candidates if c is not chosen and c.active])


def _status(candidates: list[Candidate], today: date) -> str:
    never = due = soon = False
    for candidate in candidates:
        if candidate.now:
            never = True
        elif candidate.latest < today:
            return model.OVERDUE
        elif candidate.due <= today:
            due = True
        elif candidate.active:
            soon = True
    if never:
        return model.NEVER_CONTACTED
    if due:
        return model.DUE_NOW
    if soon:
        return model.SOON
    return model.SCHEDULED if candidates else model.NO_RULE


class _Writer:
    """Puts follow-ups into words; equal words are made once."""

    def __init__(self, customers: Customers, cared: AbstractSet[int], care_note: str) -> None:
        self.cared, self.care_note = cared if care_note else frozenset(), care_note
        self.labels = customers.labels
        self.rows = [customers.table.numbers[index] for index in customers.indexes]
        self.values = customers.values
        self.header = customers.header  # a row shows the owner's own words
        self._said: dict[int, tuple[str, str]] = {}  # by candidate, all of which live as long as this
        self._whys: dict[Any, str] = {}
        self._steps: dict[str, list[str]] = {}
        self._also: dict[Any, str] = {}
        self._quiet: dict[str, str] = {}

    def bare(self, i: int, status: str, why: str) -> FollowUp:
        """A follow-up without date or step."""
        return FollowUp(self.rows[i], self.labels[i], status, None, "", "", why)

    def quiet(self, i: int, name: str, until: date | None, why: str) -> FollowUp:
        """A quiet reason: the day it ends, and why it holds."""
        return FollowUp(self.rows[i], self.labels[i], name, until, "", "", self._quiet.setdefault(why, why))

    def alone(self, i: int, candidate: Candidate, today: date) -> FollowUp:
        """A follow-up by the row's only candidate; what many rows share is said once."""
        said = self._said.get(id(candidate))
        if said is None:
            said = self._said[id(candidate)] = (_status([candidate], today), self._why(candidate))
        rule = candidate.rule
        due, latest = (None, None) if candidate.now else (candidate.due, candidate.latest)
        return _follow_up((self.rows[i], self.labels[i], said[0], due, self._step(i, rule), rule.name, said[1], rule.urgent, latest,
                           candidate.active, rule.first))

    def chosen(self, i: int, status: str, candidate: Candidate, others: list[Candidate]) -> FollowUp:
        """A follow-up by one candidate; `others` are named behind it."""
        due = None if candidate.now else candidate.due
        why = self._why(candidate)
        if others:
            others.sort()
            why += " · also: " + ", ".join([self._named(other) for other in others])
        rule = candidate.rule
        latest = None if candidate.now else candidate.latest
        return _follow_up((self.rows[i], self.labels[i], status, due, self._step(i, rule), rule.name, why, rule.urgent, latest,
                           candidate.active, rule.first))

    def _why(self, candidate: Candidate) -> str:
        key = (candidate.order, candidate.column, candidate.start, candidate.moved, candidate.moved and candidate.due)
        why = self._whys.get(key)
        if why is None:
            rule = candidate.rule
            if candidate.start is None:
                why = f"{rule.name}, no {self.header(candidate.column)} yet"
            else:
                why = f"{rule.name}, {rule.due.said(self.header(candidate.column))} ({say_date(candidate.start)})"
            if candidate.moved == "gap":
                why += f", moved to {say_date(candidate.due)[4:]} (min_gap)"
            elif candidate.moved == "care":
                why += f", moved to {say_date(candidate.due)}: with care, not on the week's last open day"
            self._whys[key] = why
        return why

    def _named(self, candidate: Candidate) -> str:
        key = (candidate.order, None if candidate.now else candidate.due)
        text = self._also.get(key)
        if text is None:
            when = "now" if candidate.now else "due " + say_date(candidate.due)[4:]
            text = self._also[key] = f"{candidate.rule.name}, {when}"
        return text

    def _step(self, i: int, rule: Rule) -> str:
        if i in self.cared:
            return f"{self._filled(i, rule.step)} · {self._filled(i, self.care_note)}"
        return self._filled(i, rule.step)

    def _filled(self, i: int, step: str) -> str:
        parts = self._steps.get(step)
        if parts is None:
            parts = self._steps[step] = split_step(step)
        if len(parts) == 1:
            return step
        if len(parts) == 3 and parts[1] == "Name":
            return parts[0] + self.labels[i] + parts[2]
        out = []
        for place, part in enumerate(parts):
            out.append(part if place % 2 == 0 else self._field(i, part))
        return "".join(out)

    def _field(self, i: int, name: str) -> str:
        if name == "Name":
            return self.labels[i]
        column = self.values.get(name)
        value = None if column is None else column[i]
        if value.__class__ is Fault:
            value = value.raw
        if isinstance(value, date):
            return say_date(value)
        return text_of(value) or f"[no {name}]"
