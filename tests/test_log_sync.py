"""Log entries through whole runs: the laws with entries pending, and each entry applied exactly once whatever is killed when."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sheetsync import schema
from sheetsync.backends.excel.sheet import ExcelSheet
from sheetsync.backends.google.sheet import GoogleSheet
from sheetsync.backends.memory import MemorySheet, MemorySource
from sheetsync.checks import CHECKS
from sheetsync.cli import app
from sheetsync.config import Settings
from sheetsync.config import journal as own_journal
from sheetsync.core.contracts import Sheet, Source
from sheetsync.core.diff import patch
from sheetsync.core.model import Cell, ChangeSet, Table
from sheetsync.errors import NotReachable, TableChanged
from sheetsync.journal import Journal
from sheetsync.sync import sync, undo
from tests.test_sync import BACKENDS, Meddled, place_of, run
from tests.worksheets import (
    PLAYBOOK,
    TODAY,
    InGoogle,
    InMemory,
    Place,
    Rows,
    later,
    owner_cells,
    read_cells,
    statuses,
    trimmed,
    write_workbook,
)

HEAD: list[Cell] = ["Customer no", "Name", "Tier", "Last contact", "Complaint", "Complaint date", "Complaint called",
                    "Complaint resolved", "Log", "Snooze until", "Paused until", "Notes"]
ROWS: Rows = [
    HEAD,
    [1, "Susan Ortiz", "A", date(2026, 11, 2), "Late", date(2026, 11, 19), None, None, "called: sorry", None, None, "old"],
    [2, "Kwame Asante", "B", date(2026, 1, 5), None, None, None, None, "done 3 Mar"],
    [3, "Ng", "A", date(2026, 10, 1), None, None, None, None, "skip"],
    [4, "李小龙", "A", date(2026, 10, 1), None, None, None, None, "caled yesterday"],
    [5, "Ana Silva", "A", date(2026, 10, 1), None, None, None, None, "pause until 1 Feb: on holiday"],
    [None, "O'Brien-Smith", "A", date(2026, 10, 1), None, None, None, None, "snooze 2 weeks"],
    [None, "O'Brien-Smith", "A", date(2026, 10, 1), None, None, None, None, "snooze 2 weeks"],
    [8, "Li", "C", date(2026, 10, 1)],
]
AFTER: Rows = trimmed([
    HEAD,
    [1, "Susan Ortiz", "A", TODAY, "Late", date(2026, 11, 19), TODAY, None, None, None, None, "2026-11-20 called: sorry · old"],
    [2, "Kwame Asante", "B", date(2026, 3, 3)],
    [3, "Ng", "A", date(2026, 10, 1), None, None, None, None, None, date(2026, 12, 2)],
    [4, "李小龙", "A", date(2026, 10, 1), None, None, None, None, "caled yesterday"],
    [5, "Ana Silva", "A", date(2026, 10, 1), None, None, None, None, None, None, date(2027, 2, 1),
     "2026-11-20 paused until 2027-02-01: on holiday"],
    [None, "O'Brien-Smith", "A", date(2026, 10, 1), None, None, None, None, None, date(2026, 12, 4)],
    [None, "O'Brien-Smith", "A", date(2026, 10, 1), None, None, None, None, None, date(2026, 12, 4)],
    [8, "Li", "C", date(2026, 10, 1)],
])
KINDS = ["called", "done", "skipped", "paused", "snoozed", "snoozed"]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    with place_of(request.param, ROWS[:1]) as (place, _), place.source.open(readonly=True) as sheet:
        if "owner-cells" not in sheet.features:
            pytest.skip("this backend does not write cells of the owner's")
    return str(request.param)


def kinds(place: Place, journal: Journal) -> list[str]:
    return [contact.kind for contact in journal.contacts(place.source.identity)]


def test_entries_and_statuses_are_written_in_one_step_and_the_statuses_are_those_after_the_entries(backend: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal)
        assert owner_cells(place.cells()) == AFTER
        assert statuses(place.cells())["Susan Ortiz"] == "Scheduled"
        assert statuses(place.cells())["Ng"] == "Snoozed"
        header = place.cells()[0]
        [told] = [row[header.index("↻ Problems")] for row in place.cells() if row[1] == "李小龙"]
        assert told == 'Log: "caled yesterday" is not understood. Did you mean "called yesterday"?'
        if isinstance(place, InMemory):
            assert place.state() == 1
        assert kinds(place, journal) == KINDS
        [first, *_] = journal.contacts(place.source.identity)
        assert (first.customer, first.day, first.note, first.rule, first.due, first.entry) == (
            "Susan Ortiz", TODAY, "sorry", "Complaint: phone first", TODAY, "called: sorry")


def test_law_1_a_dry_run_shows_what_entries_would_do_and_writes_nothing(backend: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        before = place.state()
        report = run(place, journal, dry_run=True)
        assert place.state() == before
        assert [contact.kind for contact in report.contacts] == KINDS
        assert ("Log", "done 3 Mar", None) in [(c.column, c.before, c.after) for c in report.changes]
        assert kinds(place, journal) == []


def test_law_2_two_syncs_equal_one(backend: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal)
        before = place.state()
        assert len(run(place, journal).changes) == 0
        assert place.state() == before
        assert kinds(place, journal) == KINDS


def test_law_4_undo_brings_the_entries_back_and_withdraws_the_contacts(backend: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal, later(-1))
        edited = place.cells()
        edited[-1][8] = "done"
        place.edit(edited)
        before = place.cells()
        run(place, journal)
        assert kinds(place, journal) == [*KINDS, "done"]
        typed = [*ROWS[:-1], [*ROWS[-1], None, None, None, None, "done"]]
        for expected, left in ((before, KINDS), (typed, [])):
            newest = journal.newest_to_undo(None)
            assert newest is not None
            assert undo(place.source, newest, today=TODAY, journal=journal).skipped == ()
            assert owner_cells(place.cells()) == owner_cells(expected)
            assert kinds(place, journal) == left


def test_law_4_undo_finds_rows_without_a_key_after_a_sort_and_skips_what_was_changed_since(backend: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal)
        header, *rows = place.cells()
        rows.reverse()
        next(row for row in rows if row[1] == "Susan Ortiz")[3] = date(2026, 11, 25)
        place.edit([header, *rows])
        newest = journal.newest_to_undo(None)
        assert newest is not None
        done = undo(place.source, newest, today=TODAY, journal=journal)
        assert [(who, change.column) for who, change in done.skipped] == [("1", "Last contact")]
        found = {str(row[1]): row for row in owner_cells(place.cells())}
        assert found["O'Brien-Smith"][8:] == ["snooze 2 weeks"]
        assert found["Susan Ortiz"][3:9] == [date(2026, 11, 25), "Late", date(2026, 11, 19), None, None, "called: sorry"]
        assert kinds(place, journal) == []


_ENTRIES = st.sampled_from([None, "done", "called: asked", "done 3 Mar", "snooze 2 weeks", "skip", "pause until 1 Feb: away",
                            "caled", "done 3/4"])
_DAYS = st.one_of(st.none(), st.dates(date(2026, 6, 1), date(2027, 3, 1)), st.sampled_from(["soon", "03/04/2026"]))


@st.composite
def log_rows(draw: st.DrawFn) -> Rows:
    rows: Rows = [list(HEAD)]
    for number in range(draw(st.integers(0, 6))):
        rows.append([
            draw(st.sampled_from([number, number, None, 2])), draw(st.sampled_from(["Ng", "Li", "O'Brien & Co", None])),
            draw(st.sampled_from(["A", "B", None])), draw(_DAYS), draw(st.sampled_from([None, "Late"])), draw(_DAYS), draw(_DAYS),
            draw(_DAYS), draw(_ENTRIES), draw(_DAYS), draw(_DAYS), draw(st.sampled_from([None, "old", "a\nb", "=1+1"])),
        ])
    return rows


_MAY_CHANGE = {"Log", "Last contact", "Complaint called", "Complaint resolved", "Snooze until", "Paused until", "Notes"}


def check_laws(backend: str, rows: Rows, days: int) -> None:
    with place_of(backend, rows) as (place, journal):
        before = place.cells()
        report = run(place, journal, later(days))
        asked = {(c.row, c.column): c.after for c in report.changes if not c.column.startswith("↻")}
        done = {contact.row for contact in report.contacts}
        assert {row for row, _ in asked} == done
        assert {column for _, column in asked} <= _MAY_CHANGE
        expected = [
            [asked.get((number, str(HEAD[p])), row[p] if p < len(row) else None) for p in range(len(HEAD))]
            for number, row in enumerate(before, 1)
        ]
        assert owner_cells(place.cells()) == trimmed(expected)  # law 3
        state = place.state()
        assert len(run(place, journal, later(days)).changes) == 0  # law 2
        assert place.state() == state
        assert len(kinds(place, journal)) == len(done)
        newest = journal.newest_to_undo(None)
        if newest is not None:
            assert undo(place.source, newest, today=TODAY, journal=journal).skipped == ()
        assert place.cells() == before  # law 4
        assert kinds(place, journal) == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log_rows(), st.integers(-60, 400))
def test_laws_2_3_and_4_with_entries_on_random_tables_in_memory(rows: Rows, days: int) -> None:
    check_laws("memory", rows, days)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log_rows(), st.integers(-60, 400))
def test_laws_2_3_and_4_with_entries_on_random_tables_in_excel(rows: Rows, days: int) -> None:
    check_laws("excel", rows, days)


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


STEPS = ["before begin", "after begin", "before write", "after write", "before finish", "after finish"]


def cut(monkeypatch: pytest.MonkeyPatch, place: Place, step: str, end: Callable[[], None]) -> None:
    """Ends the next run at that step."""
    when, what = step.split()
    sheet_class: Any = MemorySheet if isinstance(place, InMemory) else GoogleSheet if isinstance(place, InGoogle) else ExcelSheet
    owner: Any = sheet_class if what == "write" else Journal
    whole = getattr(owner, what)

    def cut_off(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            end()
        result = whole(*args, **kwargs)
        end()
        return result

    monkeypatch.setattr(owner, what, cut_off)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("command", ["sync", "undo"])
def test_an_entry_is_applied_and_journaled_exactly_once_wherever_a_run_is_killed(
    backend: str, step: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        raise Killed

    with place_of(backend, ROWS) as (place, journal):
        if command == "undo":
            run(place, journal)
        with monkeypatch.context() as patched:
            cut(patched, place, step, end)
            newest = journal.newest_to_undo(None)
            with pytest.raises(Killed):
                _ = run(place, journal) if newest is None else undo(place.source, newest, today=TODAY, journal=journal)
        run(place, journal)
        assert owner_cells(place.cells()) == AFTER
        assert sorted(kinds(place, journal)) == sorted(KINDS)
        run(place, journal)
        assert sorted(kinds(place, journal)) == sorted(KINDS)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log_rows(), st.sampled_from(STEPS), st.randoms(use_true_random=False))
def test_on_random_tables_a_kill_changes_nothing_of_what_the_next_run_comes_to(rows: Rows, step: str, chance: random.Random) -> None:
    def end() -> None:
        raise Killed

    # A nameless row without a key at the end is no part of the table, so sorting could take one out of it.
    rows = [rows[0], *([row[0], row[1] or "Bo", *row[2:]] for row in rows[1:])]
    with place_of("memory", rows) as (calm, quiet), place_of("memory", rows) as (place, journal):
        run(calm, quiet)
        with pytest.MonkeyPatch.context() as patched:
            cut(patched, place, step, end)
            with suppress(Killed):
                run(place, journal)
        header, *body = place.cells()
        order = list(range(len(body)))
        chance.shuffle(order)
        place.edit([header, *(body[n] for n in order)])  # and the owner sorts before the next run
        run(place, journal)
        settled = [row for row in place.cells()[1:] if row]
        assert sorted(map(str, settled)) == sorted(map(str, [row for row in calm.cells()[1:] if row]))
        assert sorted(kinds(place, journal)) == sorted(kinds(calm, quiet))
        assert len(run(place, journal).changes) == 0


@pytest.mark.parametrize("error", [NotReachable("gone"), TableChanged("meanwhile")])
def test_an_entry_is_applied_exactly_once_when_the_answer_to_the_write_is_lost(
    backend: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        monkeypatch.undo()
        raise error

    with place_of(backend, ROWS) as (place, journal):
        cut(monkeypatch, place, "after write", end)
        if isinstance(error, TableChanged):  # the run starts again from the read
            run(place, journal)
        else:
            with pytest.raises(NotReachable):
                run(place, journal)
            run(place, journal)
        assert owner_cells(place.cells()) == AFTER
        assert sorted(kinds(place, journal)) == sorted(KINDS)


_CHILD = """
import os, sys
from datetime import date
from pathlib import Path
import sheetsync.backends.excel.file as file
import sheetsync.journal as journal
from sheetsync import config, open_source, load_playbook, sync
from sheetsync.checks import CHECKS

owner, name, when = sys.argv[2:5]
target = {"os": os, "Journal": journal.Journal}[owner]
whole = getattr(target, name)

def cut(*args, **kwargs):
    if when == "before":
        os._exit(9)
    result = whole(*args, **kwargs)
    os._exit(9)

setattr(target, name, cut)
sync(open_source(sys.argv[1]), load_playbook(), CHECKS.values(), today=date(2026, 11, 20), journal=config.journal())
"""


@pytest.mark.parametrize("owner", ["Journal.begin", "os.replace", "Journal.finish"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies_at_any_step_leaves_each_entry_to_be_applied_once(owner: str, when: str, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    parts = owner.split(".")
    done = subprocess.run([sys.executable, "-c", _CHILD, str(path), *parts, when], capture_output=True, text=True,
                          env=dict(os.environ), check=False)
    assert done.returncode == 9, done.stderr
    result = CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"])
    assert result.exit_code == 0, result.output
    assert owner_cells(read_cells(path)) == AFTER
    assert sorted(contact.kind for contact in own_journal().contacts(str(path.resolve()))) == sorted(KINDS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["customers.xlsx"]


@dataclass
class Distant:
    """A source like a sheet far away: each row is written in one step, by row number, blindly; the owner sorts meanwhile."""

    inner: MemorySource
    meddle: list[Callable[[Rows], Rows]] = field(default_factory=list)
    name: str = "distant"

    @property
    def identity(self) -> str:
        return "distant"

    @contextmanager
    def open(self, *, readonly: bool = False) -> Iterator[Sheet]:
        yield DistantSheet(self)


class DistantSheet:
    features = frozenset({"colour", "owner-cells"})

    def __init__(self, source: Distant) -> None:
        self.source = source

    def read(self) -> Table:
        with self.source.inner.open() as sheet:
            return sheet.read()

    def write(self, changes: ChangeSet) -> Table:
        """Owner cells only where the row still is whose it was (GOOGLE.md section 3), statuses blindly."""
        grid = self.source.inner.grid
        if self.source.meddle:
            grid.cells[:] = self.source.meddle.pop()(grid.cells)
        now = self.read()
        expected: list[Any] = []
        for change in changes:
            position = now.position(change.column)
            if change.anchor is None or position is None:
                expected.append(change)
                continue
            row = now.rows[list(now.numbers).index(change.row)]
            if not change.column.startswith("↻"):
                key = now.position(change.anchor.column) if change.anchor.column else None
                rest = tuple(cell for cell, header in zip(row, now.header, strict=True) if not header.startswith("↻"))
                if not (rest == change.anchor.rest if key is None else row[key] == change.anchor.key):
                    continue
            expected.append(change._replace(before=row[position]))
        after = patch(now, replace(changes, changes=tuple(expected)))
        with self.source.inner.open() as sheet:
            sheet.read()
            assert sheet.write(replace(changes, changes=tuple(expected))) == after
        return self.read()


@pytest.mark.parametrize("seed", range(6))
def test_law_6_on_a_sheet_that_is_not_atomic_an_entry_whose_row_moved_is_applied_once_in_a_later_round(seed: int, tmp_path: Path) -> None:
    def shuffled(rows: Rows) -> Rows:
        body = rows[1:]
        random.Random(seed).shuffle(body)
        return [rows[0], *body]

    place = InMemory.of(ROWS)
    journal = Journal(tmp_path, "test")
    source: Source = Distant(place.source, [shuffled])
    sync(source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
    found = owner_cells(place.cells())
    assert sorted(map(str, found)) == sorted(map(str, AFTER))
    assert sorted(contact.kind for contact in journal.contacts("distant")) == sorted(KINDS)
    assert len(sync(source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal).changes) == 0
    assert sorted(contact.kind for contact in journal.contacts("distant")) == sorted(KINDS)


def test_a_backend_that_can_not_write_owner_cells_leaves_entries_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemorySheet, "features", frozenset({"atomic", "colour"}))
    with place_of("memory", ROWS) as (place, journal):
        report = run(place, journal)
        assert owner_cells(place.cells()) == trimmed(ROWS)
        assert any("7 Log entries stay" in note for note in report.notes)


def test_a_journal_of_version_1_is_taken_over_with_all_that_it_holds(tmp_path: Path) -> None:
    with place_of("memory", ROWS) as (place, _):
        journal = Journal(tmp_path, "test")
        tmp_path.joinpath("journal.sqlite3").touch()
        with sqlite3.connect(journal.path) as db:  # as the first version made it
            db.executescript(schema._SCHEMA_1 + "PRAGMA user_version = 1;")
            db.execute("INSERT INTO runs (id, source, sheet, command, started, today, outcome, customers, key, columns, statuses,"
                       " cells, version) VALUES (7, ?, 'Customers', 'sync',"
                       " '2026-11-19T02:00:00+00:00', '2026-11-19', 'written', 8, 'Customer no',"
                       " '[\"Name\"]', '{}', 1, '0.1.0')", (place.source.identity,))
            db.execute("INSERT INTO changes VALUES (7, ?)", ('[[2,["Customer no",1,[]],[["Name","Sue","Susan Ortiz","/","/"]]]]',))
        db.close()
        newest = journal.newest_to_undo(None)
        assert newest is not None
        assert newest.id == 7
        [change] = journal.changes(7)
        assert (change.before, change.after) == ("Sue", "Susan Ortiz")
        counts = journal.last_counts(place.source.identity, "Customers")
        assert counts is not None
        assert counts.rows == 8
        run(place, journal)
        assert kinds(place, journal) == KINDS
        with sqlite3.connect(journal.path) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
        db.close()


@pytest.mark.parametrize(("clock", "day"), [("2026-11-21T04:59", date(2026, 11, 20)), ("2026-11-21T05:00", date(2026, 11, 21))])
def test_what_was_typed_in_the_evening_is_dated_that_evening(
    clock: str, day: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "now", lambda self: datetime.fromisoformat(clock))
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [["Name", "Log", "Last contact"], ["Ng", "done", date(2026, 1, 1)]])
    assert CliRunner().invoke(app, ["sync", str(path)]).exit_code == 0
    assert read_cells(path)[1][:3] == ["Ng", None, day]


def test_check_and_today_show_entries_and_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    before = path.read_bytes()
    checked = CliRunner().invoke(app, ["check", str(path), "--today", "2026-11-20"])
    assert 'Did you mean "called yesterday"?' in " ".join(checked.output.split())
    listed = CliRunner().invoke(app, ["today", str(path), "--today", "2026-11-20"])
    assert "Phone Susan Ortiz again: offer a credit" in listed.output
    assert "Call Ng" not in listed.output
    assert "6 Log entries counted as done here" in listed.output
    assert "Log: 6 entries to be done by the next sync." in checked.output
    dry = CliRunner().invoke(app, ["sync", str(path), "--dry-run", "--today", "2026-11-20"])
    assert "Log: 6 entries to be done" in dry.output
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(3))
def test_law_6_rows_sorted_and_entries_typed_between_read_and_write_are_each_applied_once(backend: str, seed: int) -> None:
    def edited(rows: Rows) -> Rows:
        body = [list(row) for row in rows[1:]]
        for row in body:
            if row[1] == "Li":
                row += [None] * (9 - len(row))
                row[8] = "met: at the market"
        random.Random(seed).shuffle(body)
        return [rows[0], *body]

    with place_of(backend, ROWS) as (place, journal):
        meddled = Meddled(place.source, lambda: place.edit(edited(place.cells())), [1])
        sync(meddled, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
        expected = [list(row) for row in AFTER]
        expected[-1] = [8, "Li", "C", TODAY, *[None] * 7, "2026-11-20 met: at the market"]
        assert sorted(map(str, owner_cells(place.cells()))) == sorted(map(str, expected))
        assert sorted(kinds(place, journal)) == sorted([*KINDS, "met"])
        assert len(run(place, journal).changes) == 0


@pytest.mark.parametrize(("said", "told"), [('"25:00"', 'a time of day is a text such as "05:00"'), ("5", "a time of day is a text")])
def test_a_wrong_end_of_the_day_is_told_with_the_setting(said: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    tmp_path.joinpath("sheetsync.toml").write_text(f"[log]\nday_ends = {said}\n")
    result = CliRunner().invoke(app, ["sync", str(path)])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert "[log] day_ends" in result.output
    tmp_path.joinpath("sheetsync.toml").write_text("[log]\nday_ends = 04:30:00\n")
    assert CliRunner().invoke(app, ["sync", str(path), "--dry-run"]).exit_code == 0
