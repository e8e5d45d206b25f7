"""One run: read, decide everything, then write once; and the run that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from sheetsync.core.contracts import Check, Sheet, Source
from sheetsync.core.diff import anchors, diff, invert, key_header, owner_part, patch
from sheetsync.core.guard import guard
from sheetsync.core.model import PLAIN, Change, ChangeSet, Counts, Customers, Desired, FollowUp, Problem, Report, Table
from sheetsync.core.moved import net, still_to_do
from sheetsync.core.plan import plan
from sheetsync.core.validate import validate
from sheetsync.core.values import text_of
from sheetsync.errors import SheetsyncError, TableChanged
from sheetsync.journal import Journal, Run
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook

ATTEMPTS = 3  # whole runs, when the table is edited meanwhile
ROUNDS = 5  # writes within one run, for a backend that is not atomic
Progress = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a run decides before its first write."""

    table: Table
    customers: Customers
    problems: tuple[Problem, ...]
    follow_ups: tuple[FollowUp, ...]
    desired: Desired
    changes: ChangeSet

    @property
    def counts(self) -> Counts:
        """What the guard compares with the last run."""
        return Counts(len(self.customers), self.customers.key, tuple(self.customers.positions))


def sync(
    source: Source, playbook: Playbook, checks: Iterable[Check] = (), *, today: date, journal: Journal | None = None,
    dry_run: bool = False, force: bool = False, progress: Progress = lambda step: None,
) -> Report:
    """Reads the table, decides, and writes the status columns. Returns what was found and done.

    Raises the errors of `sheetsync.errors`; TableChanged when the table was edited meanwhile three times.
    """
    checks = tuple(checks)
    return _attempted(
        source, lambda sheet: _run(source, sheet, playbook, checks, today, journal, dry_run, force, progress), readonly=dry_run)


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
    source: Source, sheet: Sheet, playbook: Playbook, checks: tuple[Check, ...], today: date, journal: Journal | None,
    dry_run: bool, force: bool, progress: Progress,
) -> Report:
    progress("read")
    table = sheet.read()
    decision = decide(table, playbook, checks, today, progress)
    if journal is not None and not force:
        guard(journal.last_counts(source.identity, table.sheet), decision.counts, f"{table.source}, {table.sheet}")
    report = _report(decision, playbook, today, written=bool(decision.changes) and not dry_run)
    if dry_run:
        return report
    if not decision.changes:
        if journal is not None:
            journal.nothing(source.identity, table.sheet, today=today, counts=decision.counts, statuses=report.statuses)
        return report
    progress("write")
    run = None
    if journal is not None:
        run = journal.begin(source.identity, table.sheet, today=today, counts=decision.counts,
                            statuses=report.statuses, changes=decision.changes)
        if "atomic" not in sheet.features:
            journal.keep(run, table)
    try:
        settled = _settle(sheet, decision, playbook, checks, today, journal, run)
    except SheetsyncError:  # anything else, such as Ctrl-C, leaves it open whether the write went through
        if journal is not None and run is not None:
            journal.finish(run, "failed")
        raise
    if settled is not decision:
        # What was written to rows that moved meanwhile was written again; what it all came to is what can be taken back.
        changes = net(table, settled.table, key_header(settled.customers), playbook.status.is_ours)
        report = _report(replace(settled, changes=changes), playbook, today, written=True)
        if journal is not None and run is not None:
            journal.replace(run, changes)
    if journal is not None and run is not None:
        journal.finish(run)
    progress("done")
    return report


def _settle(
    sheet: Sheet, decision: Decision, playbook: Playbook, checks: tuple[Check, ...], today: date,
    journal: Journal | None, run: int | None,
) -> Decision:
    """Writes, plans again on what came back, and so on until nothing is left. Returns the last decision that was written,
    or, where the table was edited meanwhile, the one by which nothing is left.

    An atomic backend gives back exactly the patched table, on which nothing is left (law 5).
    """
    for number in range(ROUNDS):
        after = sheet.write(decision.changes)
        if "atomic" in sheet.features:
            return decision
        again = decide_again(decision, after, playbook, checks, today)
        if not again.changes:
            return decision if number == 0 and again.customers is decision.customers else again
        decision = again
        if journal is not None and run is not None:
            journal.add(run, decision.changes)
    raise TableChanged(f"{decision.table.source} was edited all the time while it was written.", "Run again later.")


def decide(
    table: Table, playbook: Playbook, checks: Iterable[Check], today: date, progress: Progress = lambda step: None
) -> Decision:
    """Everything that a run does to this table on that day. Pure."""
    progress("check")
    customers, problems = validate(table, playbook.columns, playbook.key, playbook.status, checks)
    progress("plan")
    found = follow_ups(customers, playbook, today, problems)
    desired = plan(customers, found, problems, playbook.status)
    return Decision(table, customers, problems, found, desired, _changes(table, customers, desired, playbook))


def decide_again(
    decision: Decision, after: Table, playbook: Playbook, checks: Iterable[Check], today: date
) -> Decision:
    """The decision for the table as it came back. Where no cell of the owner's differs the plan is the same."""
    owned = playbook.status.is_ours
    if owner_part(decision.table, owned) != owner_part(after, owned):
        return decide(after, playbook, checks, today)
    changes = _changes(after, decision.customers, decision.desired, playbook)
    return Decision(after, decision.customers, decision.problems, decision.follow_ups, decision.desired, changes)


def _changes(table: Table, customers: Customers, desired: Desired, playbook: Playbook) -> ChangeSet:
    return diff(table, desired, anchors(table, key_header(customers), playbook.status.is_ours))


def _report(decision: Decision, playbook: Playbook, today: date, *, written: bool) -> Report:
    return Report(
        today=today, source=decision.table.source, sheet=decision.table.sheet, customers=decision.customers,
        follow_ups=decision.follow_ups, problems=decision.problems, changes=decision.changes, written=written,
        status=playbook.status, status_order=playbook.status_order, max_per_day=playbook.max_per_day,
        notes=notes(decision.customers, playbook),
    )


def notes(customers: Customers, playbook: Playbook) -> tuple[str, ...]:
    """What concerns the whole run: headers that look like a column, rules that can't fire, formulas that rules read."""
    out = list(customers.table.notes)
    here = customers.positions
    for column, header in customers.near_misses:
        out.append(f'The header "{header}" looks like the column {column}. If it is, rename it, or add to '
                   f'sheetsync.toml: [columns] "{column}" = "{header}".')
    for rule in playbook.rules:
        lacking = [name for name in rule.when if name not in here]
        if not any(name in here for name in rule.due.columns):
            lacking += [name for name in rule.due.columns if name not in lacking]
        if lacking:
            out.append(f'The rule "{rule.name}" never fires: the sheet has no column {" or ".join(lacking)}.')
    for reason in playbook.quiet:
        lacking = [name for name in reason.columns if name not in here]
        if lacking:
            out.append(f'The quiet reason "{reason.name}" never holds: the sheet has no column {" or ".join(lacking)}.')
    read = {name for rule in playbook.rules for name in (*rule.read_columns, rule.done)}
    read |= {name for reason in playbook.quiet for name in reason.columns}
    formulas = sorted(name for name in read if here.get(name) in customers.table.formulas)
    if formulas:
        out.append(f"Rules read the formula column {', '.join(formulas)}; they see the results as last saved.")
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the run it took back, its changes, and the recorded ones it had to leave, with names."""

    run: Run
    changes: ChangeSet
    skipped: tuple[tuple[str, Change], ...]
    table: Table


def undo(source: Source, run: Run, *, today: date, journal: Journal, dry_run: bool = False) -> Undone:
    """Takes one recorded run back: every old value, rows found by key, else by anchor.

    Cells that no longer hold what the run wrote are left alone and named. Raises what `sync` raises.
    """
    recorded = journal.changes(run.id)

    def once(sheet: Sheet) -> Undone:
        table = sheet.read()
        changes, skipped = invert(table, recorded)
        undone = Undone(run, changes, tuple((_whose(change), change) for change in skipped), table)
        if dry_run:
            return undone
        mine = journal.begin(source.identity, table.sheet, today=today, counts=None, statuses={}, changes=changes, command="undo")
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
    """Writes, and where rows moved meanwhile writes again, until every row holds what it held before the run.

    Where a write is not atomic the headers of columns that were made go last: by them the cells are found again.
    """
    if "atomic" in sheet.features:
        sheet.write(changes)
        return
    made = {change.column for change in changes if change.anchor is None and change.after is None}
    cells = ChangeSet(tuple(change for change in changes if change.anchor is not None or change.after is not None))
    key = next((change.anchor.column for change in cells if change.anchor is not None and change.anchor.column), None)
    wanted, now = patch(table, cells), table
    left = cells
    for _ in range(2 * ROUNDS):
        if left:
            now = sheet.write(left)
        left = still_to_do(wanted, now, key, frozenset({*table.styles, *now.styles}).__contains__)
        if left:
            continue
        left = ChangeSet(tuple(
            Change(now.header_row, header, header, None, style, PLAIN, None)
            for header, style in now.header_styles.items() if header in made))
        if not left:
            return
    raise TableChanged(f"{table.source} was edited all the time while it was written.", "Run again later.")


def _whose(change: Change) -> str:
    if change.anchor is None:
        return change.column
    if change.anchor.column:
        return text_of(change.anchor.key)
    return next((text_of(cell) for cell in change.anchor.rest if cell is not None), f"row {change.row}")
