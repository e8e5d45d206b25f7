"""One run: read, decide everything, then write once; and the run that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import TypeVar

from sheetsync.core.contracts import Check, Sheet, Source
from sheetsync.core.diff import anchors, diff, invert, key_header, owner_part, patch, went_through
from sheetsync.core.guard import guard
from sheetsync.core.kept import Standards
from sheetsync.core.model import (
    LOG,
    SNOOZE_UNTIL,
    Change,
    ChangeSet,
    Contact,
    Counts,
    Customers,
    Desired,
    FollowUp,
    Problem,
    Report,
    Table,
)
from sheetsync.core.moved import net, still_to_do
from sheetsync.core.plan import plan
from sheetsync.core.validate import validate
from sheetsync.core.values import text_of
from sheetsync.errors import SheetsyncError, TableChanged
from sheetsync.journal import Journal, Run
from sheetsync.playbook.actions import apply_log
from sheetsync.playbook.doubts import doubts
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook
from sheetsync.playbook.standards import Past, standards
from sheetsync.playbook.worksheet import with_worksheet

ATTEMPTS = 3  # whole runs, when the table is edited meanwhile
_NAMED = 2  # rules, and quiet reasons, without their columns that are named one by one
ROUNDS = 5  # writes within one run, for a backend that is not atomic
Progress = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Day:
    """When a run takes place: its day, and whether it started before `[log] day_ends`."""

    today: date
    before_day_ends: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a run decides before its first write. `table` is as it was read, `customers` as Log entries leave them."""

    table: Table
    customers: Customers
    problems: tuple[Problem, ...]
    follow_ups: tuple[FollowUp, ...]
    desired: Desired
    changes: ChangeSet
    contacts: tuple[Contact, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """What the guard compares with the last run."""
        return Counts(len(self.customers), self.customers.key, tuple(self.customers.positions))


def sync(
    source: Source, playbook: Playbook, checks: Iterable[Check] = (), *, today: date, journal: Journal | None = None,
    dry_run: bool = False, force: bool = False, before_day_ends: bool = False, progress: Progress = lambda step: None,
) -> Report:
    """Reads the table, decides, and writes the status columns and what Log entries ask for. Returns what was found and done.

    `before_day_ends`: the run started before `[log] day_ends`, so undated Log entries count for the day before.
    Raises the errors of `sheetsync.errors`; TableChanged when the table was edited meanwhile three times.
    """
    checks = tuple(checks)
    day = Day(today, before_day_ends)
    return _attempted(
        source, lambda sheet: _run(source, sheet, playbook, checks, day, journal, dry_run, force, progress), readonly=dry_run)


def _attempted(source: Source, run: Callable[[Sheet], T], *, readonly: bool) -> T:
    """What `run` returns for the opened source; begun anew when the table was edited meanwhile, until it was three times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with source.open(readonly=readonly) as sheet:
                return run(sheet)
        except TableChanged:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _run(
    source: Source, sheet: Sheet, playbook: Playbook, checks: tuple[Check, ...], day: Day, journal: Journal | None,
    dry_run: bool, force: bool, progress: Progress,
) -> Report:
    progress("read")
    table = sheet.read()
    playbook = with_worksheet(playbook, table)
    if journal is not None and not dry_run:
        _find_out(journal, source, table)
    decision = decide(table, playbook, checks, day, progress, log="owner-cells" in sheet.features)
    if journal is not None and not force:
        guard(journal.last_counts(source.identity, table.sheet), decision.counts, f"{table.source}, {table.sheet}")
    report = _report(decision, playbook, day.today, written=bool(decision.changes) and not dry_run)
    if dry_run:
        return report
    if not decision.changes:
        if journal is not None:
            journal.nothing(source.identity, table.sheet, today=day.today, counts=decision.counts, statuses=report.statuses)
        return report
    progress("write")
    run = None
    if journal is not None:
        run = journal.begin(source.identity, table.sheet, today=day.today, counts=decision.counts,
                            statuses=report.statuses, changes=decision.changes, contacts=decision.contacts)
        if "atomic" not in sheet.features:
            journal.keep(run, table)
    try:
        settled = _write(sheet, decision, playbook, checks, day, journal, run)
    except SheetsyncError:  # anything else, such as Ctrl-C, leaves it open whether the write went through
        if journal is not None and run is not None:
            journal.finish(run, "failed")
        raise
    if settled is not decision:
        # What was written to rows that moved meanwhile was written again; what it all came to is what can be taken back.
        changes = net(table, settled.table, key_header(settled.customers), playbook.status.is_ours)
        report = _report(replace(settled, changes=changes), playbook, day.today, written=True)
        if journal is not None and run is not None:
            journal.replace(run, changes)
    if journal is not None and run is not None:
        journal.finish(run)
    progress("done")
    return report


def _find_out(journal: Journal, source: Source, table: Table) -> None:
    """Finds out of runs and contacts whose write nobody saw the end of whether they stand in the sheet: by what it holds now."""
    unfinished = journal.unfinished(source.identity, table.sheet)
    contacts = journal.open_contacts(source.identity, table.sheet)
    for run in sorted({*unfinished, *contacts}):
        whole, stands = went_through(table, journal.changes(run))
        if run in unfinished:
            journal.finish(run, "written" if whole else "failed", settle=False)
        journal.settle({id_: stands(row, anchor) for id_, row, anchor in contacts.get(run, ())})


def _write(
    sheet: Sheet, decision: Decision, playbook: Playbook, checks: tuple[Check, ...], day: Day,
    journal: Journal | None, run: int | None,
) -> Decision:
    """Writes, plans again on what came back, and so on until nothing is left. Returns the last decision that was written,
    or, where the table was edited meanwhile, the one by which nothing is left.

    An atomic backend gives back exactly the patched table, on which nothing is left (law 5). On another one, a Log entry
    whose row had moved is still there in the next round, since a row's owner cells are written in one step.
    """
    for number in range(ROUNDS):
        after = sheet.write(decision.changes)
        if "atomic" in sheet.features:
            return decision
        again = decide_again(decision, after, playbook, checks, day, log="owner-cells" in sheet.features)
        if not again.changes:
            return decision if number == 0 and again.customers is decision.customers else again
        decision = again
        if journal is not None and run is not None:
            journal.add(run, decision.changes, decision.contacts)
    raise TableChanged(f"{decision.table.source} was edited all the time while it was written.", "Run again later.")


def decide(
    table: Table, playbook: Playbook, checks: Iterable[Check], day: Day, progress: Progress = lambda step: None, *, log: bool = True
) -> Decision:
    """Everything that a run does to this table on that day. Pure. Without `log`, Log entries stay where they are."""
    checks = tuple(checks)
    progress("check")
    customers, problems = validate(table, playbook.columns, playbook.key, playbook.status, checks)
    asked: tuple[Change, ...] = ()
    contacts: tuple[Contact, ...] = ()
    if log:
        applied = apply_log(customers, problems, playbook, day.today, before_day_ends=day.before_day_ends)
        asked, contacts = applied.changes, applied.contacts
        if asked:
            customers, problems = validate(applied.table, playbook.columns, playbook.key, playbook.status, checks)
        problems = _with(problems, applied.problems, customers)
    problems = with_doubts(customers, problems, playbook)
    waiting = 0 if log else sum(value is not None for value in customers.values.get(LOG, ()))
    progress("plan")
    found = follow_ups(customers, playbook, day.today, problems)
    desired = plan(customers, found, problems, playbook.status)
    # The statuses of the table as Log entries leave it; whose row it is, is told by the table as it was read.
    changes = diff(customers.table, desired, anchors(table, key_header(customers), playbook.status.is_ours))
    if asked:
        changes = replace(changes, changes=tuple(sorted((*asked, *changes), key=itemgetter(0))))
    told = (f"{waiting} Log entries stay: sheetsync can't write them into this kind of sheet.",) if waiting else ()
    return Decision(table, customers, problems, found, desired, changes, contacts, told)


def _with(problems: tuple[Problem, ...], more: tuple[Problem, ...], customers: Customers) -> tuple[Problem, ...]:
    """All problems in the order of rows; `more` name their rows, and a customer's place may be another since."""
    if not more:
        return problems
    place = {customers.row(i): i for i in range(len(customers))}
    both = [*problems, *(problem._replace(customer=place[problem.row]) for problem in more if problem.row in place)]
    return tuple(sorted(both, key=lambda problem: (problem.customer, problem.severity != "error")))


def with_doubts(customers: Customers, problems: tuple[Problem, ...], playbook: Playbook) -> tuple[Problem, ...]:
    """The problems, with those of values on which the playbook's own criteria can't be tested; in the order of rows."""
    if more := tuple(doubts(customers, playbook)):
        return tuple(sorted((*problems, *more), key=lambda problem: (problem.customer, problem.severity != "error")))
    return problems


def decide_again(
    decision: Decision, after: Table, playbook: Playbook, checks: Iterable[Check], day: Day, *, log: bool = True
) -> Decision:
    """The decision for the table as it came back. Where no cell of the owner's differs the plan is the same."""
    owned = playbook.status.is_ours
    if owner_part(decision.customers.table, owned) != owner_part(after, owned):
        return decide(after, playbook, checks, day, log=log)
    changes = diff(after, decision.desired, anchors(after, key_header(decision.customers), owned))
    return Decision(after, decision.customers, decision.problems, decision.follow_ups, decision.desired, changes)


def _report(decision: Decision, playbook: Playbook, today: date, *, written: bool) -> Report:
    return Report(
        today=today, source=decision.table.source, sheet=decision.table.sheet, customers=decision.customers,
        follow_ups=decision.follow_ups, problems=decision.problems, changes=decision.changes, written=written,
        status=playbook.status, status_order=playbook.status_order, max_per_day=playbook.max_per_day,
        notes=(*decision.notes, *notes(decision.customers, playbook)), contacts=decision.contacts,
    )


def notes(customers: Customers, playbook: Playbook) -> tuple[str, ...]:
    """What concerns the whole run: headers that look like a column, rules that can't fire, formulas that rules read."""
    out = list(customers.table.notes)
    here = customers.positions
    for column, header in customers.near_misses:
        out.append(f'The header "{header}" looks like the column {column}. If it is, rename it, or add to '
                   f'sheetsync.toml: [columns] "{column}" = "{header}".')
    idle = [(f'The rule "{rule.name}" never fires', lacking) for rule in playbook.rules if (lacking := rule.lacking(here))]
    resting = [(f'The quiet reason "{reason.name}" never holds', [name for name in reason.columns if name not in here])
               for reason in playbook.quiet if any(name not in here for name in reason.columns)
               and (reason.columns != (SNOOZE_UNTIL,) or LOG in here)]  # else the owner does not use Log entries
    many = []
    for kind, found in (("rules", idle), ("quiet reasons", resting)):
        if len(found) <= _NAMED:
            out += [f"{said}: the sheet has no column {' or '.join(lacking)}." for said, lacking in found]
        else:
            many.append(f"{len(found)} {kind}")
    if many:
        out.append(f"{' and '.join(many)} of the playbook {playbook.name} rest, since the sheet lacks their columns. "
                   "Which ones: sheetsync playbook check")
    read = {name for rule in playbook.rules for name in (*rule.read_columns, rule.done)}
    read |= {name for reason in playbook.quiet for name in reason.columns}
    formulas = sorted(name for name in read if here.get(name) in customers.table.formulas)
    if formulas:
        out.append(f"Rules read the formula column {', '.join(formulas)}; they see the results as last saved.")
    return tuple(out)


def kept_standards(
    source: Source, playbook: Playbook, checks: Iterable[Check] = (), *, today: date, journal: Journal, before_day_ends: bool = False,
    progress: Progress = lambda step: None,
) -> Standards:
    """Which standards were kept, from the journal and the sheet as it is. Writes nothing. Raises what `sync` raises."""
    report = sync(source, playbook, checks, today=today, dry_run=True, before_day_ends=before_day_ends, progress=progress)
    history = [Past(day, changes, contacts) for day, changes, contacts in journal.history(source.identity, report.sheet)]
    return standards(history, report)


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the run it took back, its changes, and the recorded ones it had to leave, with names."""

    run: Run
    changes: ChangeSet
    skipped: tuple[tuple[str, Change], ...]
    table: Table


def undo(source: Source, run: Run, *, today: date, journal: Journal, dry_run: bool = False) -> Undone:
    """Takes one recorded run back: every old value, rows found by key, else by anchor; its contacts are withdrawn.

    Cells that no longer hold what the run wrote are left alone and named. Raises what `sync` raises.
    """
    recorded = journal.changes(run.id)

    def once(sheet: Sheet) -> Undone:
        table = sheet.read()
        changes, skipped = invert(table, recorded)
        undone = Undone(run, changes, tuple((_whose(change), change) for change in skipped), table)
        if dry_run:
            return undone
        mine = journal.begin(source.identity, table.sheet, today=today, counts=None, statuses={}, changes=changes, undoes=run.id)
        try:
            if changes:
                _take_back(sheet, table, changes)
        except SheetsyncError:
            journal.finish(mine, "failed")
            raise
        journal.finish(mine, undoes=run.id)
        return undone

    return _attempted(source, once, readonly=dry_run)


def _take_back(sheet: Sheet, table: Table, changes: ChangeSet) -> None:
    """Writes, and where rows moved meanwhile writes again, until every row holds what it held before the run."""
    wanted, now = patch(table, changes), sheet.write(changes)
    key = next((change.anchor.column for change in changes if change.anchor is not None and change.anchor.column), None)
    for _ in range(ROUNDS):
        if "atomic" in sheet.features:
            return
        left = still_to_do(wanted, now, key, frozenset({*table.styles, *now.styles}).__contains__)
        if not left:
            return
        now = sheet.write(left)
    raise TableChanged(f"{table.source} was edited all the time while it was written.", "Run again later.")


def _whose(change: Change) -> str:
    if change.anchor is None:
        return change.column
    if change.anchor.column:
        return text_of(change.anchor.key)
    return next((text_of(cell) for cell in change.anchor.rest if cell is not None), f"row {change.row}")
