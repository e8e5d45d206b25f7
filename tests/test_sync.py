"""The laws of a run (DESIGN.md section 6), on every backend and on random tables."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsync.checks import CHECKS
from sheetsync.core.contracts import Sheet, Source
from sheetsync.core.model import Cell, ChangeSet, Report, Table
from sheetsync.errors import GuardRefused, TableChanged
from sheetsync.journal import Journal
from sheetsync.sync import sync, undo
from tests.worksheets import (
    CUSTOMERS,
    PLAYBOOK,
    TODAY,
    InExcel,
    InGoogle,
    InMemory,
    Place,
    Rows,
    customer_rows,
    later,
    owner_cells,
    statuses,
)

BACKENDS = ["memory", "excel", "google"]
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SELDOM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def place_of(backend: str, rows: Rows) -> Iterator[tuple[Place, Journal]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        place: Place = (InMemory.of(rows) if backend == "memory" else InExcel.of(rows, folder) if backend == "excel"
                        else InGoogle.of(rows, folder))
        yield place, Journal(folder / "state", "test")


def run(place: Place, journal: Journal | None = None, today: date = TODAY, *, dry_run: bool = False, force: bool = False) -> Report:
    return sync(place.source, PLAYBOOK, CHECKS.values(), today=today, journal=journal, dry_run=dry_run, force=force)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_customer_gets_the_status_that_the_playbook_gives(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        run(place, journal)
        assert statuses(place.cells()) == {
            "Susan Ortiz": "Due", "Kwame Asante": "Overdue", "Ng": "Never contacted", "李小龙": "Do not contact",
            "O'Brien-Smith": "Paused", "Ana Silva": "Check row",
        }


def test_law_1_a_dry_run_writes_nothing_and_says_what_it_would_write(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        before = place.state()
        report = run(place, journal, dry_run=True)
        assert place.state() == before
        assert len(report.changes) > 20
        assert not report.written
        assert not journal.path.exists() or journal.newest_to_undo(None) is None


def test_law_2_a_second_run_on_the_same_day_writes_nothing(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        assert run(place, journal).written
        before = place.state()
        report = run(place, journal)
        assert place.state() == before
        assert (len(report.changes), report.written) == (0, False)


@SELDOM
@given(customer_rows(), st.integers(0, 400))
def test_law_2_and_3_on_random_tables_in_excel(rows: Rows, days: int) -> None:
    with place_of("excel", rows) as (place, journal):
        before = place.cells()
        run(place, journal)
        after = place.state()
        assert owner_cells(place.cells()) == before
        assert len(run(place, journal).changes) == 0
        assert place.state() == after
        run(place, journal, later(days), force=True)
        assert owner_cells(place.cells()) == before


@OFTEN
@given(customer_rows(), st.integers(0, 400))
def test_law_2_and_3_on_random_tables_in_memory(rows: Rows, days: int) -> None:
    with place_of("memory", rows) as (place, _):
        before = place.cells()
        run(place)
        writes = place.state()
        assert len(run(place).changes) == 0
        assert place.state() == writes
        run(place, None, later(days))
        assert owner_cells(place.cells()) == before


def test_law_3_a_column_without_the_mark_is_the_owners_whatever_its_name(backend: str) -> None:
    rows: Rows = [[*row, mine] for row, mine in zip(CUSTOMERS, ["Status", *"abcdef"], strict=True)]
    with place_of(backend, rows) as (place, journal):
        run(place, journal)
        assert owner_cells(place.cells()) == rows
        assert "↻ Status" in place.cells()[0]


def test_law_4_undo_brings_back_every_old_value(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        before = place.cells()
        run(place, journal)
        first = place.cells()
        run(place, journal, later(60))
        assert place.cells() != first
        for expected in (first, before):
            newest = journal.newest_to_undo(None)
            assert newest is not None
            undo(place.source, newest, today=TODAY, journal=journal)
            assert place.cells() == expected
        assert journal.newest_to_undo(None) is None


def test_law_4_undo_finds_rows_by_key_after_a_sort_and_skips_by_name_what_was_changed_since(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        run(place, journal)
        first = place.cells()
        run(place, journal, later(60))
        header, *rows = place.cells()
        rows.reverse()
        status = header.index("↻ Status")
        victim = next(row for row in rows if row[1] == "Susan Ortiz")
        victim[status] = "mine now"
        place.edit([header, *rows])
        newest = journal.newest_to_undo(None)
        assert newest is not None
        done = undo(place.source, newest, today=TODAY, journal=journal)
        found = statuses(place.cells())
        assert found.pop("Susan Ortiz") == "mine now"
        expected = statuses(first)
        del expected["Susan Ortiz"]
        assert found == expected
        assert [(who, change.column) for who, change in done.skipped] == [("1", "↻ Status")]


@SELDOM
@given(customer_rows())
def test_law_4_on_random_tables(rows: Rows) -> None:
    for backend in BACKENDS:
        with place_of(backend, rows) as (place, journal):
            before = place.cells()
            run(place, journal)
            newest = journal.newest_to_undo(None)
            if newest is not None:
                undo(place.source, newest, today=TODAY, journal=journal)
            assert place.cells() == before


@dataclass(frozen=True)
class Meddled:
    """A source whose owner edits it between the first read and the write."""

    inner: Source
    meddle: Callable[[], None]
    times: list[int]

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def identity(self) -> str:
        return self.inner.identity

    @contextmanager
    def open(self, *, readonly: bool = False) -> Iterator[Sheet]:
        with self.inner.open(readonly=readonly) as sheet:
            yield MeddledSheet(sheet, self)


class MeddledSheet:
    """A sheet that somebody edits just before the write, as often as it is told."""

    def __init__(self, inner: Sheet, source: Meddled) -> None:
        self.inner, self.source = inner, source
        self.features = inner.features

    def read(self) -> Table:
        return self.inner.read()

    def write(self, changes: ChangeSet) -> Table:
        if self.source.times:
            self.source.times.pop()
            self.source.meddle()
        return self.inner.write(changes)


def _sorted(rows: Rows, seed: int) -> Rows:
    body = rows[1:]
    random.Random(seed).shuffle(body)
    return [rows[0], *body]


def _inserted(rows: Rows, seed: int) -> Rows:
    place = random.Random(seed).randint(1, len(rows))
    return [*rows[:place], [99, "New", None, "A", date(2026, 10, 1)], *rows[place:]]


def _deleted(rows: Rows, seed: int) -> Rows:
    place = random.Random(seed).randint(1, len(rows) - 1)
    return [*rows[:place], *rows[place + 1 :]]


def _edited(rows: Rows, seed: int) -> Rows:
    place = random.Random(seed).randint(1, len(rows) - 1)
    row = list(rows[place])
    row[4] = date(2026, 11, 19)
    return [*rows[:place], row, *rows[place + 1 :]]


@pytest.mark.parametrize("edit", [_sorted, _inserted, _deleted, _edited])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("second", [False, True])
def test_law_6_edits_between_read_and_write_never_leave_a_row_with_anothers_status(
    backend: str, edit: Callable[[Rows, int], Rows], seed: int, second: bool
) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        if second:
            run(place, journal, later(-30))
        meddled = Meddled(place.source, lambda: place.edit(edit(place.cells(), seed)), [1])
        sync(meddled, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
        found, owners = statuses(place.cells()), owner_cells(place.cells())
        with place_of("memory", owners) as (fresh, _):
            run(fresh)
            assert found == statuses(fresh.cells())


def test_a_table_that_is_edited_all_the_time_is_given_up_after_three_times(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        seeds = iter(range(100))
        meddled = Meddled(place.source, lambda: place.edit(_sorted(CUSTOMERS, next(seeds))), [1] * 9)
        with pytest.raises(TableChanged):
            sync(meddled, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
        assert len(meddled.times) == 6
        assert not any(str(cell).startswith("↻") for row in place.cells() for cell in row)


@OFTEN
@given(customer_rows(), st.randoms(use_true_random=False))
def test_law_8_and_9_every_customer_has_one_status_and_row_order_never_matters(rows: Rows, chance: random.Random) -> None:
    keyed: Rows = [rows[0], *[[number, *row[1:]] for number, row in enumerate(rows[1:])]]
    found: list[dict[Cell, list[Cell]]] = []
    shuffled: Rows = [keyed[0], *chance.sample(keyed[1:], len(keyed) - 1)]
    for table in (keyed, shuffled):
        with place_of("memory", table) as (place, _):
            report = run(place)
            assert len(report.follow_ups) == len(report.customers)
            cells = place.cells()
            found.append({row[0]: row[len(rows[0]):] for row in cells[1:]})
            for row in cells[1:]:
                assert row[len(rows[0])] in {report.status.word(name) for name in report.status_order}
    assert found[0] == found[1]


def test_no_status_cell_holds_a_row_number_or_an_address() -> None:
    rows: Rows = [*CUSTOMERS, [1, "Susan Twin", "twin@example.com", "A", date(2026, 11, 3)]]
    with place_of("memory", rows) as (place, _):
        run(place)
        problems = [row[-1] for row in place.cells()[1:] if len(row) == 15]
        assert any("Susan Twin" in str(text) for text in problems)
        assert not any(f"row {n}" in str(text).lower() or f"A{n}" in str(text) for text in problems for n in range(1, 9))


def test_a_colour_that_somebody_changed_comes_back() -> None:
    with place_of("memory", CUSTOMERS) as (place, _):
        run(place)
        assert isinstance(place, InMemory)
        styles = dict(place.source.grid.styles)
        place.source.grid.styles[2, 11] = next(iter(style for key, style in styles.items() if key != (2, 11)))
        report = run(place)
        assert [(change.row, change.column) for change in report.changes] == [(2, "↻ Status")]
        assert place.source.grid.styles == styles


def test_deleted_status_columns_come_back_and_moved_ones_stay_where_they_are(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        run(place, journal)
        moved = [[*row[10:11], *row[:10], *row[12:]] for row in (r + [None] * (15 - len(r)) for r in place.cells())]
        place.edit(moved)
        run(place, journal)
        header = place.cells()[0]
        assert header[0] == "↻ Status"
        assert sorted(map(str, header[-4:])) == ["↻ Next follow-up", "↻ Next step", "↻ Problems", "↻ Why"]
        assert owner_cells(place.cells()) == owner_cells(moved)


def test_the_guard_refuses_when_most_rows_are_gone_and_force_lets_it_through(backend: str) -> None:
    more: Rows = [[n, f"Customer {n}", None, "A", date(2026, 11, 1)] for n in range(1, 31)]
    many = [CUSTOMERS[0], *more]
    with place_of(backend, many) as (place, journal):
        run(place, journal)
        place.edit(place.cells()[:11])
        before = place.state()
        with pytest.raises(GuardRefused, match="10 customers now, 30 at the last run"):
            run(place, journal, later(1))
        assert place.state() == before
        assert run(place, journal, later(40), force=True).written


def test_with_no_journal_the_guard_has_nothing_to_compare_with() -> None:
    with place_of("memory", CUSTOMERS) as (place, _):
        run(place)
        place.edit(CUSTOMERS[:2])
        assert run(place).written
