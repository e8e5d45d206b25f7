"""What the journal keeps and for how long: changes for 90 days, runs and contacts for good; and that this costs next to nothing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsync.core.model import BAD, KEEP, PLAIN, Anchor, Cell, CellError, Change, Contact, Counts, Style
from sheetsync.journal import Journal
from sheetsync.outputs.standards import StandardsText
from sheetsync.records import CHANGES_A_PIECE, anchors_in, packed, unpacked
from sheetsync.sync import kept_standards, sync, undo
from tests.five_years import NIGHTS, fill
from tests.playbook.test_standards import BOOK, HEAD, row, say
from tests.test_log_sync import AFTER, KINDS, ROWS
from tests.worksheets import PLAYBOOK, TODAY, InMemory, owner_cells

_TIMES = st.datetimes(datetime(1900, 1, 1)).map(lambda moment: moment.replace(fold=0))
_CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])), st.dates(), _TIMES, _TIMES.map(datetime.time),
    st.timedeltas(timedelta(-9999), timedelta(9999)),
    st.sampled_from([CellError("#REF!"), "\0", 1, True, 1.0, "1", "", date(2026, 1, 1), datetime(2026, 1, 1)]))
_STYLES = st.sampled_from([PLAIN, KEEP, BAD, Style("?", "?"), Style("123456", "")])
_ANCHORS = st.one_of(st.none(), st.builds(Anchor, st.sampled_from(["No", ""]), _CELLS, st.lists(_CELLS, max_size=3).map(tuple)))
_CHANGES = st.builds(Change, st.integers(1, 1_048_576), st.sampled_from(["↻ Status", "Notes", "a\0b"]), _CELLS, _CELLS, _STYLES, _STYLES,
                     _ANCHORS)


def typed(changes: list[Change]) -> list[Any]:
    """The changes with their cells' types, since 1 equals True."""
    return [(change, [type(cell) for cell in (change.before, change.after, *(change.anchor or ()))]) for change in changes]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_CHANGES, max_size=30), st.integers(1, 9))
def test_changes_come_back_as_they_were_kept(changes: list[Change], most: int) -> None:
    pieces = list(packed(iter(changes), most))
    assert all(count <= most for count, _ in pieces)
    assert typed([change for _, piece in pieces for change in unpacked(piece)]) == typed(changes)
    assert {repr(one) for _, piece in pieces for one in anchors_in(piece)} == {repr(c.anchor) for c in changes if c.anchor is not None}


def test_a_first_run_of_many_rows_is_kept_in_few_bytes_and_in_its_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    changes = [Change(n, column, None, after, PLAIN, BAD, anchor) for n in range(2, 5_000) if (anchor := Anchor("No", n))
               for column, after in (("↻ Status", "Overdue"), ("↻ Next follow-up", date(2026, 1, 1)), ("↻ Next step", f"Call {n}"))]
    assert len(changes) > 3 * CHANGES_A_PIECE
    run = journal.begin("s", "t", today=TODAY, counts=None, statuses={}, changes=iter(changes))
    assert journal.changes(run) == tuple(changes)
    assert journal.runs()[0].cells == len(changes)
    assert journal.path.stat().st_size < 20 * len(changes)


class Shop:
    """A small business whose journal's clock is set, with the standards' own playbook."""

    def __init__(self, folder: Path, *rows: list[Cell]) -> None:
        self.place = InMemory.of([list(HEAD), *rows], BOOK)
        self.now = datetime(2026, 1, 1, 2, tzinfo=UTC)
        self.journal = Journal(folder, "test", now=lambda: self.now)

    def on(self, day: str, **typed: Cell) -> None:
        self.now = datetime.combine(date.fromisoformat(day), clock_time(2), UTC)
        for line in self.place.source.grid.cells[1:]:
            if (value := typed.get(str(line[1]))) is not None:
                line[2 if isinstance(value, date) else 3] = value
        sync(self.place.source, BOOK, today=date.fromisoformat(day), journal=self.journal)

    def steps(self, today: str) -> list[str]:
        kept = kept_standards(self.place.source, BOOK, today=date.fromisoformat(today), journal=self.journal)
        return sorted(map(say, kept.steps))

    def kept(self) -> list[bool]:
        return [bool(self.journal.changes(run.id)) for run in reversed(self.journal.runs()) if run.outcome == "written"]


def shop_of_two_years(folder: Path) -> Shop:
    shop = Shop(folder, row(1, "Ana", "2026-01-01"), row(2, "Bo", "2026-01-01"), row(3, "Cy", "2026-01-01"), row(4, "Di", "2026-01-01"))
    shop.on("2026-01-20")
    shop.on("2026-02-02")
    shop.on("2026-02-03", Ana="called: asked")
    shop.on("2026-02-10")  # Bo, Cy and Di are overdue
    return shop


def test_changes_are_dropped_after_90_days_and_runs_and_contacts_stay(tmp_path: Path) -> None:
    shop = shop_of_two_years(tmp_path)
    assert shop.kept() == [True] * 4
    shop.on("2026-05-01", Bo=date(2026, 4, 30))
    assert shop.kept() == [False, True, True, True, True]  # 2 February is 88 days ago
    shop.on("2026-05-15")
    assert shop.kept() == [False] * 4 + [True]
    runs = shop.journal.runs()
    assert [run.dropped for run in runs if run.outcome == "written"] == [False, True, True, True, True]
    assert [contact.note for contact in shop.journal.contacts(shop.place.source.identity)] == ["asked"]
    with sqlite3.connect(shop.journal.path) as db:
        assert db.execute("SELECT count(*) FROM changes JOIN runs ON runs.id = run WHERE dropped").fetchone() == (0,)
    db.close()


def test_what_is_dropped_is_no_longer_offered_to_undo(tmp_path: Path) -> None:
    shop = shop_of_two_years(tmp_path)
    shop.on("2026-05-15", Cy=date(2026, 5, 14))
    newest = shop.journal.newest_to_undo(None)
    assert newest is not None
    assert newest.today == date(2026, 5, 15)
    undo(shop.place.source, newest, today=date(2026, 5, 15), journal=shop.journal)
    assert shop.journal.newest_to_undo(None) is None


def test_the_standards_stay_right_for_what_rows_still_show_and_for_entries_and_say_what_is_gone(tmp_path: Path) -> None:
    whole, pruned = (shop_of_two_years(tmp_path / name) for name in ("whole", "pruned"))
    whole.journal.prune = lambda: 0  # type: ignore[method-assign]
    for shop in (whole, pruned):
        shop.on("2026-02-20", Di=date(2026, 2, 19))
        shop.on("2026-05-15", Bo=date(2026, 5, 14))  # overdue since February, done at last, without an entry
        shop.on("2026-05-20", Cy="called: sorry")
    assert pruned.steps("2026-05-20") == whole.steps("2026-05-20")
    assert "Bo: Keep in touch, all, fell due 2026-02-02, done 2026-05-15, 94 days late" in pruned.steps("2026-05-20")
    for shop in (whole, pruned):
        shop.on("2026-05-25", Bo=date(2026, 5, 24))
    gone = set(whole.steps("2026-05-25")) - set(pruned.steps("2026-05-25"))
    assert gone == {"Di: Keep in touch, all, fell due 2026-02-02, done 2026-02-20, 10 days late"}
    kept = kept_standards(pruned.place.source, BOOK, today=date(2026, 5, 20), journal=pruned.journal)
    assert kept.whole_since == date(2026, 5, 15)
    said = " ".join(StandardsText().render(kept).split())
    assert "What was done before 15 May 2026 without a Log entry counts no longer" in said
    kept = kept_standards(whole.place.source, BOOK, today=date(2026, 5, 20), journal=whole.journal)
    assert kept.whole_since is None
    assert "counts no longer" not in StandardsText().render(kept)


def test_in_a_large_journal_lines_are_merged_seldom_and_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(name: str, few: int) -> tuple[dict[Any, Any], int]:
        monkeypatch.setattr("sheetsync.journal.FEW_CELLS", few)
        journal = fill(tmp_path / name, "s", rows=30, nights=200)
        cells = {}
        for day, changes, _ in journal.history("s", "Customers"):
            cells.update({(change.anchor, change.column): (day, change.after) for change in changes})
        with sqlite3.connect(journal.path) as db:
            [held] = db.execute("SELECT sum(cells) FROM shown").fetchone()
        db.close()
        return cells, held

    always, seldom = shown("always", 10**9), shown("seldom", 0)
    assert always[0] == seldom[0]
    assert len(always[0]) == always[1] == 30 * 4
    assert 30 * 4 < seldom[1] <= 2 * 30 * 4 + 12


def test_a_run_of_which_nobody_knows_whether_it_wrote_keeps_its_changes_until_somebody_does(tmp_path: Path) -> None:
    place, now = InMemory.of(ROWS), [datetime(2026, 1, 1, tzinfo=UTC)]
    journal = Journal(tmp_path, "test", now=lambda: now[0])
    report = sync(place.source, PLAYBOOK, today=TODAY)
    cut = journal.begin(place.source.identity, "Customers", today=TODAY, counts=Counts(8, "Customer no", ("Name",)), statuses={},
                        changes=report.changes, contacts=report.contacts)
    now[0] += timedelta(days=400)
    assert journal.prune() == 0
    assert journal.changes(cut)
    assert "the sheet shows that it went through" in sync(place.source, PLAYBOOK, today=TODAY, journal=journal).notes[0]
    assert owner_cells(place.cells()) == AFTER
    assert [contact.kind for contact in journal.contacts(place.source.identity)] == KINDS
    assert journal.changes(cut) == ()


def test_five_years_of_nights_are_small_and_reading_them_costs_no_more_than_reading_one_month(tmp_path: Path) -> None:
    year, month = fill(tmp_path / "year", "s", rows=50, nights=365), fill(tmp_path / "month", "s", rows=50, nights=30)
    assert year.path.stat().st_size < 50_000_000 * (50 / 1000) * (365 / NIGHTS)

    def steps(journal: Journal, read: Callable[[Journal], object]) -> int:
        """How many instructions of SQLite's a reading takes, in hundreds: the same on every machine."""
        count = 0
        connect = sqlite3.connect

        def counted(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **kwargs)

            def one() -> int:
                nonlocal count
                count += 1
                return 0

            connection.set_progress_handler(one, 100)
            return connection

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sqlite3, "connect", counted)
            read(journal)
        return count

    for read in (lambda j: j.runs("s", limit=20), lambda j: j.runs(limit=20), lambda j: j.last_counts("s", "Customers"),
                 lambda j: j.cut_off("s"), lambda j: j.newest_to_undo("s")):
        assert steps(year, read) <= steps(month, read) + 5
    assert steps(year, lambda j: j.prune()) <= 40


@pytest.mark.slow
def test_five_years_of_1000_customers_take_less_than_50_megabytes(tmp_path: Path) -> None:
    journal = fill(tmp_path, "s")
    started = time.perf_counter()
    assert len(journal.runs("s", limit=20)) == 20
    print(f"\n{NIGHTS:,} nights: {journal.path.stat().st_size / 1e6:.1f} MB, history {1000 * (time.perf_counter() - started):.1f} ms")
    assert journal.path.stat().st_size < 50_000_000


def test_contacts_of_five_years_are_all_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    whose = Anchor("No", 1)
    for year in range(2021, 2026):
        run = journal.begin("s", "t", today=date(year, 1, 1), counts=Counts(1, "No", ()), statuses={}, changes=[],
                            contacts=[Contact(2, "Ana", whose, "called", date(year, 1, 1), None, "", "", None, None, "called")])
        journal.finish(run)
    assert [contact.day.year for contact in journal.contacts("s")] == [2021, 2022, 2023, 2024, 2025]
