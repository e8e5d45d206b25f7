"""One run: read, decide everything, then write once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from sheetsync.attempts import ROUNDS, attempted, edited_all_the_time
from sheetsync.core.contracts import Check, Sheet, Source
from sheetsync.core.diff import anchors, diff, key_header, owner_part
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
from sheetsync.core.moved import calculated_apart, landed, net
from sheetsync.core.plan import plan
from sheetsync.core.validate import validate
from sheetsync.errors import SheetsyncError
from sheetsync.journal import Journal
from sheetsync.playbook.actions import apply_log
from sheetsync.playbook.doubts import doubts
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook
from sheetsync.playbook.standards import Past, standards
from sheetsync.playbook.worksheet import with_worksheet
from sheetsync.settle import find_out
from sheetsync.settle import settle as settle
from sheetsync.undo import Undone as Undone
from sheetsync.undo import undo as undo

_NAMED = 2  # rules, and quiet reasons, without their columns that are named one by one
Progress = Callable[[str], None]


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
    told: list[str] = []  # of earlier runs, whichever attempt found it out
    with nullcontext() if journal is None or dry_run else journal.recording(source.identity, "sync", today):
        report = attempted(
            source, lambda sheet: _run(source, sheet, playbook, checks, day, journal, dry_run, force, progress, told), readonly=dry_run)
    if journal is not None and not dry_run:
        with suppress(SheetsyncError):  # the run itself is done
            journal.prune()
    return replace(report, settled=tuple(told)) if told else report


def _run(
    source: Source, sheet: Sheet, playbook: Playbook, checks: tuple[Check, ...], day: Day, journal: Journal | None,
    dry_run: bool, force: bool, progress: Progress, told: list[str],
) -> Report:
    progress("read")
    table = sheet.read()
    if journal is not None and not dry_run:
        told += find_out(journal, source, table)
    last = None if journal is None or force else journal.last_counts(source.identity, table.sheet)
    playbook, decision = _decided(sheet, table, playbook, checks, day, last, progress, dry_run=dry_run)
    table = decision.table
    decision = replace(decision, notes=(*told, *decision.notes))
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
    if "atomic" in sheet.features:
        decision = replace(decision, desired=Desired((), {}, {}))  # there is no second round to plan; its memory goes before the write
    elif journal is not None and run is not None:
        journal.keep(run, table)
    try:
        settled = _write(sheet, decision, playbook, checks, day, journal, run)
    except SheetsyncError as error:  # anything else, such as Ctrl-C, leaves it open whether the write went through
        if journal is not None and run is not None:
            journal.finish(run, "failed", error=error)
        raise
    if settled is not decision:
        settled = replace(settled, notes=(*told, *(note for note in settled.notes if note not in told)))
        report = _report(settled, playbook, day.today, written=True)
    if journal is not None and run is not None:
        journal.finish(run)
    progress("done")
    return report


def _decided(
    sheet: Sheet, table: Table, playbook: Playbook, checks: tuple[Check, ...], day: Day, last: Counts | None, progress: Progress,
    *, dry_run: bool,
) -> tuple[Playbook, Decision]:
    """The decision on the table, and the playbook with the rules of its Rules worksheet; the guard compares it with `last`.

    Owner cells are the one thing that a further round can't mend. Where Log entries ask for such and the write is not atomic, the
    table is read again at once before it, and planned on again until it still is what was planned on.
    """
    for _ in range(ROUNDS):
        own = with_worksheet(playbook, table)
        decision = decide(table, own, checks, day, progress, log="owner-cells" in sheet.features)
        guard(last, decision.counts, f"{table.source}, {table.sheet}")
        if dry_run or not decision.contacts or "atomic" in sheet.features:
            return own, decision
        again = sheet.read()
        if calculated_apart(again) == calculated_apart(table):
            return own, decision
        table = again
    raise edited_all_the_time(table.source)


def _write(
    sheet: Sheet, decision: Decision, playbook: Playbook, checks: tuple[Check, ...], day: Day,
    journal: Journal | None, run: int | None,
) -> Decision:
    """Writes, plans again on what came back, and so on until nothing is left. Returns the decision, or, where the table was
    edited meanwhile, the one by which nothing is left, with all that the writes came to; that is what can be taken back.

    An atomic backend gives back exactly the patched table, on which nothing is left (law 5). On another one, a Log entry
    whose row had moved is still there in the next round, since a row's owner cells are written in one step.
    """
    first = decision
    asked: tuple[Change, ...] = ()
    contacts: tuple[Contact, ...] = ()
    for number in range(ROUNDS):
        after = sheet.write(decision.changes)
        if "atomic" in sheet.features:
            return decision
        cells, told = landed(after, decision.changes, decision.contacts)
        asked, contacts = (*asked, *cells), (*contacts, *told)
        again = decide_again(decision, after, playbook, checks, day, log="owner-cells" in sheet.features)
        if not again.changes:
            if number == 0 and again.customers is first.customers and contacts == first.contacts:
                return first
            changes = net(first.table, after, key_header(again.customers), playbook.status.is_ours, asked)
            if journal is not None and run is not None:
                journal.replace(run, changes, contacts)
            return replace(again, changes=changes, contacts=contacts)
        decision = again
        if journal is not None and run is not None:
            journal.add(run, decision.changes, decision.contacts)
    raise edited_all_the_time(decision.table.source)


def check(
    source: Source, playbook: Playbook, checks: Iterable[Check], *, today: date, before_day_ends: bool = False,
    progress: Progress = lambda step: None,
) -> Report:
    """What the checks find, and which Log entries are not understood; no follow-ups, no changes. Writes nothing.

    Raises what `sync` raises.
    """
    with source.open(readonly=True) as sheet:
        progress("read")
        table = sheet.read()
    playbook = with_worksheet(playbook, table)
    progress("check")
    seen = look(table, playbook, checks, Day(today, before_day_ends), log="owner-cells" in sheet.features)
    return Report(
        today=today, source=table.source, sheet=table.sheet, customers=seen.customers, follow_ups=(), problems=seen.problems,
        changes=ChangeSet(seen.asked), written=False, status=playbook.status, status_order=playbook.status_order,
        max_per_day=playbook.max_per_day, notes=(*seen.notes, *notes(seen.customers, playbook)), contacts=seen.contacts,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """The customers as Log entries leave them, what is wrong with them, and what the entries ask for."""

    customers: Customers
    problems: tuple[Problem, ...]
    asked: tuple[Change, ...]
    contacts: tuple[Contact, ...]
    notes: tuple[str, ...]


def look(table: Table, playbook: Playbook, checks: Iterable[Check], day: Day, *, log: bool) -> Look:
    """Checks every row and applies Log entries. Pure. Without `log`, they stay where they are."""
    checks = tuple(checks)
    customers, problems = validate(table, playbook.columns, playbook.key, playbook.status, checks, day.today)
    problems = with_doubts(customers, problems, playbook)
    asked: tuple[Change, ...] = ()
    contacts: tuple[Contact, ...] = ()
    if log:
        applied = apply_log(customers, problems, playbook, day.today, before_day_ends=day.before_day_ends)
        asked, contacts = applied.changes, applied.contacts
        if asked:
            customers, problems = validate(applied.table, playbook.columns, playbook.key, playbook.status, checks, day.today)
            problems = with_doubts(customers, problems, playbook)
        problems = _with(problems, applied.problems, customers)
    waiting = 0 if log else sum(value is not None for value in customers.values.get(LOG, ()))
    told = (f"{waiting} Log entries stay: sheetsync can't write them into this kind of sheet.",) if waiting else ()
    return Look(customers, problems, asked, contacts, told)


def decide(
    table: Table, playbook: Playbook, checks: Iterable[Check], day: Day, progress: Progress = lambda step: None, *, log: bool = True
) -> Decision:
    """Everything that a run does to this table on that day. Pure. Without `log`, Log entries stay where they are."""
    progress("check")
    seen = look(table, playbook, checks, day, log=log)
    customers, problems = seen.customers, seen.problems
    progress("plan")
    found = follow_ups(customers, playbook, day.today, problems)
    desired = plan(customers, found, problems, playbook.status)
    # The statuses of the table as Log entries leave it; whose row it is, is told by the table as it was read.
    changes = diff(customers.table, desired, anchors(table, key_header(customers), playbook.status.is_ours))
    if seen.asked:
        changes = replace(changes, changes=tuple(sorted((*seen.asked, *changes), key=itemgetter(0))))
    return Decision(table, customers, problems, found, desired, changes, seen.contacts, seen.notes)


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


def notes(customers: Customers, playbook: Playbook, *, every: bool = False) -> tuple[str, ...]:
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
        if every or len(found) <= _NAMED:
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
    return standards_of(report, source, journal)


def standards_of(report: Report, source: Source, journal: Journal) -> Standards:
    """Which standards were kept, as of a run's report: one that has written stands in the journal already."""
    history = [Past(day, changes, contacts) for day, changes, contacts in journal.history(source.identity, report.sheet)]
    whole = journal.whole_since(source.identity, report.sheet)
    kept = standards(history, replace(report, changes=ChangeSet(), contacts=()) if report.written else report)
    return replace(kept, whole_since=None if whole is None else whole.today)
