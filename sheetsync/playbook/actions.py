"""What the owner typed in the Log column → changes to the table, contacts, and what could not be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sheetsync.core.diff import anchors, key_header, patch, same
from sheetsync.core.model import (
    KEEP,
    LAST_CONTACT,
    LOG,
    NOT_A_DUPLICATE,
    NOTES,
    PAUSED_UNTIL,
    SNOOZE_UNTIL,
    Anchor,
    Cell,
    Change,
    ChangeSet,
    Contact,
    Customers,
    Fault,
    FollowUp,
    Problem,
    Table,
)
from sheetsync.core.plan import MAX_CELL_TEXT
from sheetsync.core.values import is_blank, parse_date, text_of
from sheetsync.playbook.due import anniversary
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.log import Entry, NotUnderstoodError, read_entry
from sheetsync.playbook.model import Playbook, Rule

CHECK = "log"  # the check that problems with Log entries go by
_MOST_SKIPPED = 10_000  # intervals that one skip may go over to reach a day after today


@dataclass(frozen=True, slots=True)
class Applied:
    """What the Log entries come to: the table with `changes` made, the contacts, and a problem for each entry that stays."""

    table: Table
    changes: tuple[Change, ...] = ()
    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()


class _StaysError(Exception):
    """Why an entry can't be applied, and what would help."""

    def __init__(self, sentence: str, suggestion: str) -> None:
        super().__init__(sentence)
        self.sentence, self.suggestion = sentence, suggestion


def apply_log(
    customers: Customers, problems: Iterable[Problem], playbook: Playbook, today: date, *, before_day_ends: bool = False
) -> Applied:
    """Applies every Log entry of the customers' table. Depends on nothing but the arguments, and on no order of rows.

    `before_day_ends`: the run started before `[log] day_ends`, so undated entries count for the day before.
    An entry is applied whole or not at all; one that is not stays, with a problem that says what would work.
    """
    column = customers.values.get(LOG, ())
    entered = [i for i, value in enumerate(column) if value is not None]
    table = customers.table
    if not entered:
        return Applied(table)
    typed = today - timedelta(days=1) if before_day_ends else today
    entries: dict[int, Entry] = {}
    told: list[Problem] = []
    for i in entered:
        try:
            entries[i] = read_entry(
                column[i], today=today, typed=typed, calendar=playbook.calendar, order=customers.columns[LOG].order)
        except NotUnderstoodError as error:
            told.append(_problem(customers, i, error.sentence, error.suggestion))
    problems = tuple(problems)
    chosen = _chosen(customers, problems, playbook, {i: entry.day or typed for i, entry in entries.items()
                                                     if entry.word in ("contact", "skip")})
    whose = anchors(table, key_header(customers), playbook.status.is_ours)
    work = _Work(customers, playbook, today, typed, {rule.name: rule for rule in playbook.rules}, _others(problems))
    changes: list[Change] = []
    contacts: list[Contact] = []
    for i, entry in entries.items():
        try:
            cells, contact = work.do(i, entry, chosen.get(i), whose(customers.indexes[i]))
        except _StaysError as error:
            told.append(_problem(customers, i, error.sentence, error.suggestion))
            continue
        changes += cells
        contacts.append(contact)
    told.sort(key=lambda problem: problem.customer)
    return Applied(patch(table, ChangeSet(tuple(changes))), tuple(changes), tuple(contacts), tuple(told))


def _problem(customers: Customers, i: int, sentence: str, suggestion: str) -> Problem:
    return Problem(customers.row(i), LOG, CHECK, "warning", sentence, suggestion, i)


def _others(problems: Iterable[Problem]) -> dict[int, list[int]]:
    """Customer → those it is said to be a duplicate of."""
    out: dict[int, list[int]] = {}
    for problem in problems:
        if problem.others:
            out.setdefault(problem.customer, []).extend(problem.others)
    return out


def _chosen(
    customers: Customers, problems: Sequence[Problem], playbook: Playbook, days: dict[int, date]
) -> dict[int, FollowUp]:
    """The follow-up that each of these customers had on its day, were it not snoozed: an entry ends the snooze."""
    out: dict[int, FollowUp] = {}
    by_day: dict[date, list[int]] = {}
    for i, day in days.items():
        by_day.setdefault(day, []).append(i)
    of_row: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.customer in days:
            of_row.setdefault(problem.customer, []).append(problem)
    for day, some in by_day.items():
        few = _only(customers, some)
        theirs = [problem._replace(customer=n) for n, i in enumerate(some) for problem in of_row.get(i, ())]
        for i, follow_up in zip(some, follow_ups(few, playbook, day, theirs), strict=True):
            out[i] = follow_up
    return out


def _only(customers: Customers, some: Sequence[int]) -> Customers:
    """These customers alone, with Snooze until blank."""
    place = {i: n for n, i in enumerate(some)}
    values: dict[str, Sequence[Any]] = {
        name: [None] * len(some) if name == SNOOZE_UNTIL else [column[i] for i in some] for name, column in customers.values.items()
    }
    faults = {
        name: [place[i] for i in indexes if i in place] for name, indexes in customers.faults.items() if name != SNOOZE_UNTIL
    }
    return replace(
        customers, indexes=[customers.indexes[i] for i in some], values=values, labels=[customers.labels[i] for i in some],
        faults={name: indexes for name, indexes in faults.items() if indexes},
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """Turns one entry at a time into changes of cells, once everything that it needs is there."""

    customers: Customers
    playbook: Playbook
    today: date
    typed: date
    rules: dict[str, Rule]
    others: dict[int, list[int]]

    def do(self, i: int, entry: Entry, follow_up: FollowUp | None, anchor: Anchor) -> tuple[list[Change], Contact]:
        """The changes of one row and its contact. Raises _StaysError where anything that it needs is missing."""
        row = _Row(self.customers, i, anchor)
        until: date | None = None
        rule: Rule | None = None
        if entry.word == "contact":
            assert entry.day is not None
            assert follow_up is not None
            rule = self.rules.get(follow_up.rule)
            self._contact(row, entry.day, rule)
            self._note(row, entry, f"{entry.day.isoformat()} {entry.kind}")
        elif entry.word == "snooze":
            until = entry.day
            row.put(SNOOZE_UNTIL, until)
        elif entry.word == "pause":
            until = entry.day
            row.put(PAUSED_UNTIL, until)
        elif entry.word == "skip":
            assert follow_up is not None
            rule = self.rules.get(follow_up.rule)
            until = self._skipped(follow_up, rule)
            row.put(SNOOZE_UNTIL, until)
        else:
            self._apart(row, i)
        if entry.word != "contact":
            self._note(row, entry, f"{self.typed.isoformat()} {entry.kind}" + (f" until {until.isoformat()}" if until else ""))
        row.put(LOG, None)
        due, latest = (None, None) if rule is None or follow_up is None else (follow_up.due, follow_up.latest)
        contact = Contact(
            self.customers.row(i), self.customers.labels[i], anchor, entry.kind, entry.day if entry.word == "contact" and entry.day
            else self.typed, until, entry.note, "" if rule is None else rule.name, due, latest, entry.text,
        )
        return row.changes, contact

    def _contact(self, row: _Row, day: date, rule: Rule | None) -> None:
        row.put(LAST_CONTACT, day, later=True)
        if rule is not None and rule.done != LAST_CONTACT:
            if self.customers.columns[rule.done].type == "step":
                row.step(rule.done, f'"{rule.name}"')
            else:
                row.put(rule.done, day, later=True, needed_by=f'"{rule.name}"')
        if SNOOZE_UNTIL in self.customers.positions:
            row.put(SNOOZE_UNTIL, None)

    def _note(self, row: _Row, entry: Entry, head: str) -> None:
        if entry.note and NOTES in self.customers.positions:
            row.prefix(NOTES, f"{head}: {entry.note}")

    def _skipped(self, follow_up: FollowUp, rule: Rule | None) -> date:
        """The next due day after today: the due date and so many of the rule's intervals."""
        if rule is None:
            raise _StaysError("nothing is planned for this row that could be skipped", 'Type such as "snooze 2 weeks".')
        if rule.urgent:
            raise _StaysError(f'"{rule.name}" is urgent and can\'t be skipped', 'Type "done" when it is done.')
        if follow_up.due is None:
            raise _StaysError(f'"{rule.name}" has no date yet that could be skipped', 'Type such as "snooze 2 weeks".')
        yearly = rule.due.direction == "yearly on"
        period = rule.due.period
        if not yearly and (period is None or rule.due.direction != "after"):
            raise _StaysError(f'"{rule.name}" ({rule.due}) comes only once, so nothing follows when it is skipped',
                              'Type such as "snooze 2 weeks".')
        calendar = self.playbook.calendar
        try:
            for times in range(1, _MOST_SKIPPED):
                if period is None:
                    day = anniversary(follow_up.due, times)
                else:
                    day = calendar.roll_forward(replace(period, count=period.count * times).after(follow_up.due, calendar))
                if day is None:
                    break
                if day > self.today:
                    return day
        except (OverflowError, ValueError):
            pass
        raise _StaysError(f'"{rule.name}" has no next date within the calendar', 'Type such as "snooze 2 weeks".')

    def _apart(self, row: _Row, i: int) -> None:
        """Puts the keys of those this customer looks like into "Not a duplicate of", behind the ones that stand there."""
        row.check(NOT_A_DUPLICATE)
        others = self.others.get(i, ())
        if not others:
            raise _StaysError("nobody was found who looks like this customer", "Empty the Log cell.")
        mine = text_of(self._called(i)).casefold()
        raw = {text_of(cell): cell for cell in map(self._called, others)}
        keys = sorted(key for key in raw if key.casefold() != mine)
        if not keys:
            told_apart_by = self.customers.header(self.customers.key or "Name")
            raise _StaysError(f"the other has the same {told_apart_by}", f"Give each its own {told_apart_by} first.")
        known = [part.strip() for part in text_of(row.raw(NOT_A_DUPLICATE)).split(";") if part.strip()]
        new = [key for key in keys if key.casefold() not in {part.casefold() for part in known}]
        if not known and len(new) == 1 and not isinstance(raw[new[0]], str):
            row.put(NOT_A_DUPLICATE, raw[new[0]])  # a number stays a number
        elif new:
            row.put(NOT_A_DUPLICATE, "; ".join([*known, *new]))

    def _called(self, i: int) -> Cell:
        """What tells a customer apart: the key, else the name."""
        customers = self.customers
        if customers.key is not None:
            cell = customers.table.rows[customers.indexes[i]][customers.positions[customers.key]]
            if not is_blank(cell):
                return cell
        return customers.labels[i]


@dataclass(slots=True)
class _Row:
    """One customer's row: what stands in it, and the changes collected for it."""

    customers: Customers
    index: int
    anchor: Anchor
    changes: list[Change] = field(default_factory=list)

    def raw(self, column: str) -> Cell:
        """What the cell holds, as read."""
        return self.customers.table.rows[self.customers.indexes[self.index]][self.customers.positions[column]]

    def check(self, column: str, needed_by: str = "") -> None:
        """Raises _StaysError where the sheet lacks the column, or the cell may not be written."""
        position = self.customers.positions.get(column)
        if position is None:
            what = f" for {needed_by}" if needed_by else ""
            raise _StaysError(f"the sheet has no column {column}, which this entry needs{what}",
                              f'Add a column with the header "{column}".')
        table = self.customers.table
        where = (self.customers.row(self.index), position)
        header = self.customers.header(column)
        if where in table.formula_cells:
            raise _StaysError(f"{header} holds a formula, which this entry would overwrite",
                              f"Take the formula out, or type into {header} yourself.")
        if (why := table.locked.get(where)) is not None:
            raise _StaysError(f"{header} {why}, so this entry can't be written there", f"Mend that, or change {header} yourself.")

    def put(self, column: str, value: Cell, *, later: bool = False, needed_by: str = "") -> None:
        """Writes a value; with `later`, a date only where it is later than the one that stands there."""
        if value is None and column in self.customers.positions and self.raw(column) is None:
            return
        position = self.customers.positions.get(column)
        if later and position is not None and not is_blank(self.raw(column)):
            there = self.customers.values[column][self.index]
            if not isinstance(there, date):
                there = parse_date(self.raw(column), self.customers.columns[column].order)
            if there.__class__ is Fault:
                raise _StaysError(f"{self.customers.header(column)}: {there.message}, so no date is put in its place",
                                  there.suggestion)
            assert isinstance(value, date)
            if value <= there:
                return  # never back
        self.check(column, needed_by)
        self._set(column, value)

    def step(self, column: str, needed_by: str) -> None:
        """Counts a step up by one."""
        self.check(column, needed_by)
        value = self.customers.values[column][self.index]
        if value.__class__ is Fault:
            raise _StaysError(f"{self.customers.header(column)}: {value.message}, so it can't be counted up", value.suggestion)
        self._set(column, (value or 0) + 1)

    def prefix(self, column: str, text: str) -> None:
        """Puts a text in front of what stands there: on a line of its own where there are lines already."""
        self.check(column)
        old = text_of(self.raw(column))
        whole = f"{text}{chr(10) if chr(10) in old else ' · '}{old}" if old else text
        if len(whole.encode("utf-16-le")) > 2 * MAX_CELL_TEXT:
            raise _StaysError(f"{self.customers.header(column)} is full", "Shorten it, or leave the note out.")
        self._set(column, whole)

    def _set(self, column: str, value: Cell) -> None:
        before = self.raw(column)
        if not same(before, value):
            self.changes.append(Change(
                self.customers.row(self.index), self.customers.header(column), before, value, KEEP, KEEP, self.anchor))
