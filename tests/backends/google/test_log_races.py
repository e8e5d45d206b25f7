"""The owner edits the sheet while Log entries are applied: each entry is applied once, to its own customer, and nothing else is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sheetsync.backends.google.links import link_to
from sheetsync.backends.google.sheet import GoogleSheet
from sheetsync.checks import CHECKS
from sheetsync.cli import app
from sheetsync.config import journal as own_journal
from sheetsync.journal import Journal
from sheetsync.sync import sync
from tests.backends.google import test_races as races
from tests.backends.google.test_races import EDITS, Edit, run, split, trimmed
from tests.sheets_emulator import Book, Emulator, Formula
from tests.worksheets import PLAYBOOK, TODAY, InMemory

HEADER = [*races.HEADER, "Log", "Snooze until", "Complaint called"]
ENTRIES = [None, "done", "called: asked for a quote", "emailed", "snooze 2 weeks", "skip", "met: in town", "caled", "done 3 Mar"]
MAY_CHANGE = {"Log", "Snooze until", "Complaint called", "Last contact", "Notes"}


def customers(chance: random.Random) -> list[list[Any]]:
    """Customers with entries: keys and none, twins, dates and formulas (these in rows without an entry)."""
    rows: list[list[Any]] = [list(HEADER)]
    for number, row in enumerate(races.customers(chance)[1:]):
        entry = chance.choice(ENTRIES)
        note = row[8]
        if entry is not None and isinstance(note, Formula):
            note = "old"
        rows.append([*row[:8], note, entry, None if chance.random() < 0.7 else TODAY + timedelta(3), None])
        if number == 2:
            rows.append([None, *rows[-1][1:]])  # twins without a key
            rows.append(list(rows[-1]))
    return rows


def inserts_a_blank_row(book: Book, chance: random.Random) -> None:
    book.insert_rows(chance.randint(2, len(book.values())))


def edits_another_cell_of_a_row(book: Book, chance: random.Random) -> None:
    book.type(f"{book.column('Email')}{chance.randint(2, len(book.values()))}", "edited@example.com")


# What is done to the sheet after it was read the second time, at once before the write. What is typed into the very cell that is
# written at that moment can't be kept by anybody: these edits type nothing there.
LATE: list[Edit] = [
    inserts_a_blank_row, edits_another_cell_of_a_row,
    *(edit for edit in EDITS if edit not in (races.inserts_a_row, races.edits_a_cell)),
]
MOST_LATE = 8  # requests: two reads, and each of a few writes may have to be put right (a calm run takes three in all)


@pytest.fixture(scope="module")
def google() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


key = races.key


def check_log_race(google: Emulator, folder: Path, edit: Edit, seed: int, *, second: bool, late: bool) -> None:
    rows = customers(random.Random(seed))
    book, control = google.book("Clients", rows=rows), google.book("Clients", rows=rows)
    if second:
        for each in (book, control):
            entries = [[row[9]] for row in each.values()[1:] for row in [row + [None] * 12]]
            each.type_rows("J2", [[None]] * len(entries))
            run(each, TODAY - timedelta(40))
            each.type_rows("J2", entries)
    edit(control, random.Random(seed))
    google.forget()
    google.after("GET", lambda _: edit(book, random.Random(seed)), skip=int(late))
    run(book)
    requests = [(seen.method, seen.status) for seen in google.requests]
    if google.pending:  # no entry could be applied, so there was one read only
        google.forget()
        edit(book, random.Random(seed))
        run(book)
    expected = InMemory.of(control.values())
    mine = Journal(folder / f"{edit.__name__}-{seed}-{second}-{late}", "test")
    sync(expected.source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=mine)
    top, theirs, ours = split(book.values())
    _, right, right_ours = split(expected.cells())
    assert trimmed(theirs) == trimmed(right), "an entry was not applied once, or an owner's cell was lost"
    assert {name: races._filled(cells) for name, cells in ours.items()} == {
        name: races._filled(cells) for name, cells in right_ours.items()}
    check_looks(book, control, top)
    journal = own_journal()
    told = sorted((c.customer, c.kind, c.day, c.note) for c in journal.contacts(link_to(book.id)))
    assert told == sorted((c.customer, c.kind, c.day, c.note) for c in mine.contacts("memory:memory"))
    most = MOST_LATE if late else EDITS[edit] + 1
    assert len(requests) <= most, requests
    google.forget()
    run(book)
    assert google.writes == 0
    assert (google.reads, google.writes) == (1, 0)


def check_looks(book: Book, control: Book, top: int) -> None:
    """Every owner's cell looks as it did, but that a date may have got a date format; where nothing was asked, all is the same."""
    before, after = races.looks(control), races.looks(book)
    assert before.keys() <= after.keys() | {place for place, cell in before.items() if cell == (None, None)}
    for place, (entered, look) in after.items():
        was, look_was = before.get(place, (None, None))
        if place[1] not in MAY_CHANGE:
            assert (entered, look) == (was, look_was), place
            continue
        kept = {name: part for name, part in (look or {}).items() if name != "numberFormat"}
        assert kept == {name: part for name, part in (look_was or {}).items() if name != "numberFormat"}, place
        if entered == was:
            assert (look or {}).get("numberFormat") == (look_was or {}).get("numberFormat"), place


@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_an_edit_after_the_read_leaves_each_entry_to_be_applied_once(google: Emulator, edit: Edit, second: bool, tmp_path: Path) -> None:
    for seed in (1, 2):
        check_log_race(google, tmp_path, edit, seed, second=second, late=False)


@pytest.mark.parametrize("edit", LATE, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_an_edit_at_once_before_the_write_is_put_right_and_the_entry_applied_once(google: Emulator, edit: Edit, tmp_path: Path) -> None:
    for seed in (1, 2):
        check_log_race(google, tmp_path, edit, seed, second=seed == 2, late=True)


@pytest.mark.slow
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_forty_seeds_of_each_edit_with_entries_pending(google: Emulator, edit: Edit, second: bool, tmp_path: Path) -> None:
    for seed in range(40):
        check_log_race(google, tmp_path, edit, seed, second=second, late=False)


@pytest.mark.slow
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("edit", LATE, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_twelve_seeds_of_each_edit_at_once_before_the_write(google: Emulator, edit: Edit, second: bool, tmp_path: Path) -> None:
    for seed in range(12):
        check_log_race(google, tmp_path, edit, seed, second=second, late=True)


@pytest.mark.usefixtures("key")
def test_a_calm_sync_with_entries_reads_once_more(google: Emulator) -> None:
    book = google.book("Clients", rows=[["Name", "Tier", "Last contact", "Log"], ["Ng", "A", date(2026, 1, 1), "done"]])
    google.forget()
    run(book)
    assert (google.reads, google.writes) == (2, 1)
    google.forget()
    run(book)
    assert (google.reads, google.writes) == (1, 0)


def test_a_killed_runs_cells_are_put_back_and_what_the_owner_typed_the_same_stays(
    google: Emulator, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    old = date(2026, 9, 1)
    rows: list[list[Any]] = [["Customer no", "Name", "Last contact", "Log", "Notes"],
                             *([number, f"Customer {number}", old, None, None] for number in range(1, 7))]
    rows[3][3] = "called: all well"
    book = google.book("Clients", rows=rows)
    run(book, TODAY - timedelta(1))
    book.type("D4", "called: all well")
    book.type("C4", old)
    book.type("E4", None)
    google.after("GET", lambda edited: edited.delete_rows(2), skip=1)  # behind the second read, at once before the write
    with monkeypatch.context() as patched:
        patched.setattr(GoogleSheet, "_mended", killed)
        CliRunner().invoke(app, ["sync", book.link, "--sheet", "Sheet1", "--today", TODAY.isoformat()])
    assert google.pending == 0
    assert book.value("C4") == TODAY  # the fourth customer's, who stands where the third did
    book.type("C6", TODAY)  # the sixth was called today, by hand
    run(book, TODAY + timedelta(1))
    found = {row[1]: row[2:5] for row in book.values()[1:]}
    assert found["Customer 4"] == [old, None, None]
    assert found["Customer 3"] == [TODAY + timedelta(1), None, "2026-11-21 called: all well"]
    assert found["Customer 6"][0] == TODAY
    assert found["Customer 2"][0] == found["Customer 5"][0] == old
