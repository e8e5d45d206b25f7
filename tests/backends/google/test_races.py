"""The owner edits the sheet between read and write: nothing of theirs is lost, and every row ends with its own status."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sheetsync.backends.google import unfinished
from sheetsync.backends.google.sheet import GoogleSheet
from sheetsync.checks import CHECKS
from sheetsync.cli import app
from sheetsync.sync import sync
from tests.sheets_emulator import Book, Emulator, Formula, quota
from tests.worksheets import PLAYBOOK, TODAY, InMemory, Rows

HEADER = ["Customer no", "Name", "Email", "Tier", "Last contact", "Complaint", "Complaint date", "Consent", "Notes"]
OURS = list(PLAYBOOK.status.headers)
Edit = Callable[[Book, random.Random], None]


def customers(chance: random.Random) -> list[list[Any]]:
    """Some customers: with keys and without, twins, formulas and dates."""
    rows: list[list[Any]] = [list(HEADER)]
    for number in range(1, chance.randint(6, 14)):
        seen = TODAY - timedelta(chance.randint(0, 500))
        rows.append([
            number if chance.random() < 0.9 else None, f"Customer {number}", chance.choice([f"c{number}@example.com", "b@@d", None]),
            chance.choice(["A", "B", "C", None]), chance.choice([seen, seen, None, "soon"]), chance.choice([None, None, "Late"]),
            chance.choice([None, TODAY - timedelta(chance.randint(0, 9))]), chance.choice(["yes", "no", None]),
            chance.choice([f"note {number}", None, Formula(f"={number}*2", result=number * 2)]),
        ])
    return rows


def _row(book: Book, chance: random.Random) -> int:
    return chance.randint(2, len(book.values()))


def _column(book: Book, chance: random.Random) -> str:
    return "ABCDEFGH"[chance.randrange(8)]


def _ours(book: Book, chance: random.Random) -> list[int]:
    return [n for n, text in enumerate(book.values()[0]) if text in OURS]


def inserts_a_row(book: Book, chance: random.Random) -> None:
    row = _row(book, chance)
    book.insert_rows(row)
    book.type_rows(f"A{row}", [[99, "New", None, "A", date(2026, 10, 1)]])


def inserts_a_row_above_the_header(book: Book, chance: random.Random) -> None:
    book.insert_rows(1, chance.randint(1, 3))


def deletes_a_row(book: Book, chance: random.Random) -> None:
    book.delete_rows(_row(book, chance))


def sorts(book: Book, chance: random.Random) -> None:
    book.sort(chance.choice(["Name", "Last contact", "Tier", "Customer no"]), descending=chance.random() < 0.6)


def edits_a_cell(book: Book, chance: random.Random) -> None:
    book.type(f"{book.column('Last contact')}{_row(book, chance)}", TODAY - timedelta(chance.randint(0, 300)))


def renames_the_tab(book: Book, chance: random.Random) -> None:
    book.rename_tab(chance.choice(["Clients 2026", "D3", "it's mine"]))


def inserts_a_column_on_the_left(book: Book, chance: random.Random) -> None:
    book.insert_columns(_column(book, chance), chance.randint(1, 3))


def inserts_a_column_before_ours(book: Book, chance: random.Random) -> None:
    ours = _ours(book, chance)
    book.insert_columns("ABCDEFGHIJKLMNOP"[ours[0] if ours else 9], chance.randint(1, 2))


def deletes_a_column_on_the_left(book: Book, chance: random.Random) -> None:
    book.delete_columns(chance.choice("CDFGH"))


def deletes_the_column_before_ours(book: Book, chance: random.Random) -> None:
    book.delete_columns("I")


def moves_our_columns(book: Book, chance: random.Random) -> None:
    ours = _ours(book, chance)
    if ours:
        count = chance.randint(1, len(ours))
        book.move_columns("ABCDEFGHIJKLMNOP"[ours[0]], count, before=chance.choice("ABCDEFGH"))
    else:
        inserts_a_column_on_the_left(book, chance)


def moves_a_column_of_theirs(book: Book, chance: random.Random) -> None:
    book.move_columns(chance.choice("ABCD"), before=chance.choice("GHIJ"))


# The most requests of a sync by name of tab: the calm two, one more where rows moved, two where columns, three where the tab's name did.
EDITS: dict[Edit, int] = {
    inserts_a_row: 3, deletes_a_row: 3, sorts: 3, edits_a_cell: 3, renames_the_tab: 5, inserts_a_column_on_the_left: 4,
    inserts_a_column_before_ours: 4, deletes_a_column_on_the_left: 4, deletes_the_column_before_ours: 4, moves_our_columns: 4,
    moves_a_column_of_theirs: 4, inserts_a_row_above_the_header: 4,
}


@pytest.fixture(scope="module")
def google() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def key(google: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", google.url)
    path = google.service_account_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path


def run(book: Book, day: date = TODAY, *options: str) -> None:
    result = CliRunner().invoke(app, ["sync", book.link, "--sheet", book.tabs[0].title, "--today", day.isoformat(), *options])
    assert result.exit_code == 0, result.output


def split(values: list[list[Any]]) -> tuple[int, Rows, dict[str, list[Any]]]:
    """The header's index, the owner's cells (all rows, all columns but ours), and our columns by header."""
    top = next(n for n, row in enumerate(values) if "Name" in row and "Customer no" in row)
    width = max(map(len, values))
    rows = [row + [None] * (width - len(row)) for row in values]
    ours = [n for n, text in enumerate(rows[top]) if text in OURS]
    theirs = [n for n in range(width) if n not in ours]
    return top, [[row[n] for n in theirs] for row in rows], {rows[top][n]: [row[n] for row in rows[top + 1 :]] for n in ours}


def trimmed(rows: Rows) -> Rows:
    width = max((n for row in rows for n, cell in enumerate(row, 1) if cell is not None), default=0)
    cut = [row[:width] for row in rows]
    while cut and all(cell is None for cell in cut[-1]):
        cut.pop()
    return cut


def looks(book: Book) -> dict[tuple[int, str], Any]:
    """What was entered and how it looks, of every cell of the owner's, by row and header."""
    values = book.values()
    top, _, _ = split(values)
    out = {}
    for n, text in enumerate(values[top]):
        if text is not None and text not in OURS:
            for row in range(top + 1, len(values) + 1):
                cell = book.cell(f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[n]}{row}")
                out[row, text] = (cell.get("userEnteredValue"), cell.get("userEnteredFormat"))
    return out


def check_race(google: Emulator, edit: Edit, seed: int, *, second: bool) -> None:
    rows = customers(random.Random(seed))
    book, control = google.book("Clients", rows=rows), google.book("Clients", rows=rows)
    if second:
        for each in (book, control):
            run(each, TODAY - timedelta(40))
    edit(control, random.Random(seed))
    google.forget()
    google.after("GET", lambda _: edit(book, random.Random(seed)))
    run(book)
    assert google.pending == 0
    sheet_requests = google.reads + google.writes
    if not google.writes:  # nothing was to be written, so the edit came after the run
        run(book)
    top, theirs, ours = split(book.values())
    _, expected, _ = split(control.values())
    assert trimmed(theirs) == trimmed(expected), "an owner's cell was lost, or a stray one left behind"
    assert looks(book) == looks(control)
    fresh = InMemory.of(theirs)
    sync(fresh.source, PLAYBOOK, CHECKS.values(), today=TODAY)
    _, _, right = split(fresh.cells())
    assert {header: _filled(cells) for header, cells in ours.items()} == {header: _filled(cells) for header, cells in right.items()}
    assert sorted(ours) == sorted(OURS)
    assert all(book.values()[top].count(header) == 1 for header in OURS)
    assert sheet_requests <= EDITS[edit], [(seen.method, seen.status) for seen in google.requests]
    google.forget()
    run(book)
    assert google.writes == 0


def _filled(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] is None:
        cells.pop()
    return cells


@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_an_edit_between_read_and_write_does_no_harm(google: Emulator, edit: Edit, second: bool) -> None:
    for seed in (1, 2):
        check_race(google, edit, seed, second=second)


@pytest.mark.slow
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_forty_seeds_of_each_edit_do_no_harm(google: Emulator, edit: Edit, second: bool) -> None:
    for seed in range(40):
        check_race(google, edit, seed, second=second)


@pytest.mark.usefixtures("key")
def test_a_calm_sync_is_two_requests_and_the_next_one_is_one(google: Emulator) -> None:
    book = google.book("Clients", rows=customers(random.Random(5)))
    google.forget()
    run(book)
    assert (google.reads, google.writes) == (1, 1)
    google.forget()
    run(book)
    assert (google.reads, google.writes) == (1, 0)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_an_edit_while_a_run_is_taken_back_does_no_harm(google: Emulator, edit: Edit) -> None:
    for seed in (1, 2, 3):
        check_undo(google, edit, seed)


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_twelve_seeds_of_each_edit_while_a_run_is_taken_back_do_no_harm(google: Emulator, edit: Edit) -> None:
    for seed in range(12):
        check_undo(google, edit, seed)


def check_undo(google: Emulator, edit: Edit, seed: int) -> None:
    rows = customers(random.Random(seed))
    book, control = google.book("Clients", rows=rows), google.book("Clients", rows=rows)
    for each in (book, control):
        run(each)
    edit(control, random.Random(seed))
    google.after("GET", lambda _: edit(book, random.Random(seed)))
    result = CliRunner().invoke(app, ["undo", book.link])
    assert result.exit_code == 0, result.output
    assert google.pending == 0
    _, theirs, ours = split(book.values())
    _, expected, _ = split(control.values())
    assert without_blank_columns(theirs) == without_blank_columns(expected)  # our columns leave some where they were dragged to
    assert looks(book) == looks(control)
    assert ours == {}


def without_blank_columns(rows: Rows) -> Rows:
    used = [n for n in range(len(rows[0])) if any(row[n] is not None for row in rows)]
    return trimmed([[row[n] for n in used] for row in rows])


@pytest.mark.usefixtures("key")
def test_cells_that_could_not_be_put_back_are_named_and_doctor_finds_them(google: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetsync.backends.google.api.sleep", lambda seconds: None)
    rows = customers(random.Random(3))
    for row, note in zip(rows[1:], "abcdefghijklmnop", strict=False):
        row[8] = f"note {note}"
    book = google.book("Clients", rows=rows)
    google.after("GET", lambda edited: edited.insert_columns("C"))
    google.fail("POST", quota("Write"), times=7, skip=1)  # the write that would put them back
    result = CliRunner().invoke(app, ["sync", book.link, "--sheet", "Sheet1", "--today", TODAY.isoformat()])
    assert result.exit_code == 3
    text = " ".join(result.stderr.split())
    assert "J1, J2, J3" in text or "J1, K1" in text
    assert "could not be put back" in text
    assert "version history" in text
    assert "Run again: that puts them back" in text
    told = " ".join(CliRunner().invoke(app, ["doctor", book.link]).stdout.split())
    assert "did not end well, and these cells of yours may hold what was meant for another column: " in told
    assert 'the column "Notes", which is gone' in told
    assert "Run sheetsync sync: it puts back those" in told
    run(book)
    assert [row[9] for row in book.values()][:3] == ["Notes", "note a", "note b"]


@pytest.mark.usefixtures("key")
def test_a_sheet_that_is_edited_all_the_time_is_given_up_with_nothing_of_the_owners_lost(google: Emulator) -> None:
    rows = customers(random.Random(3))
    book = google.book("Clients", rows=rows)
    chance = random.Random(1)
    google.after("*", lambda _: sorts(book, chance), times=100)
    result = CliRunner().invoke(app, ["sync", book.link, "--sheet", "Sheet1", "--today", TODAY.isoformat()])
    google.calm()
    assert result.exit_code in (0, 4), result.output
    _, theirs, _ = split(book.values())
    assert sorted(map(repr, trimmed(theirs))) == sorted(map(repr, trimmed([row + [None] * (9 - len(row)) for row in google.book(
        "Again", rows=rows).values()])))
    run(book)
    fresh = InMemory.of(split(book.values())[1])
    sync(fresh.source, PLAYBOOK, CHECKS.values(), today=TODAY)
    assert split(book.values())[2]["↻ Status"] == split(fresh.cells())[2]["↻ Status"]


@pytest.mark.parametrize("before", ["K", "L", "M", "N", "O", "P"])
@pytest.mark.parametrize("column", ["C", "E", "I"])
@pytest.mark.usefixtures("key")
def test_a_column_dragged_right_to_where_the_status_columns_go_keeps_all_it_holds(google: Emulator, column: str, before: str) -> None:
    rows = customers(random.Random(4))
    book, control = google.book("Clients", rows=rows), google.book("Clients", rows=rows)
    control.move_columns(column, before=before)
    google.after("GET", lambda edited: edited.move_columns(column, before=before))
    run(book)
    assert google.pending == 0
    _, theirs, ours = split(book.values())
    _, expected, _ = split(control.values())
    assert without_blank_columns(theirs) == without_blank_columns(expected)
    assert looks(book) == looks(control)
    assert sorted(ours) == sorted(OURS)
    google.forget()
    run(book)
    assert google.writes == 0


def cut_off(google: Emulator, book: Book, edit: Callable[[Book], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that is killed at the instant in which its write has hit what the owner moved meanwhile."""
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    google.after("GET", edit)
    with monkeypatch.context() as patched:
        patched.setattr(GoogleSheet, "_mended", killed)
        assert CliRunner().invoke(app, ["sync", book.link, "--sheet", "Sheet1", "--today", TODAY.isoformat()]).exit_code == 130
    assert google.pending == 0


@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
# A write to a tab that was renamed meanwhile is refused, so there is nothing to mend.
@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit is not renames_the_tab], ids=lambda edit: edit.__name__)
@pytest.mark.usefixtures("key")
def test_what_a_run_that_was_killed_hit_is_put_back_by_the_next_one(
    google: Emulator, edit: Edit, second: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = customers(random.Random(6))
    book, control = google.book("Clients", rows=rows), google.book("Clients", rows=rows)
    if second:
        for each in (book, control):
            run(each, TODAY - timedelta(40))
    edit(control, random.Random(6))
    cut_off(google, book, lambda edited: edit(edited, random.Random(6)), monkeypatch)
    CliRunner().invoke(app, ["check", book.link])
    google.forget()
    CliRunner().invoke(app, ["doctor", book.link])
    assert not [seen for seen in google.requests if seen.committed and seen.method != "GET"]  # those who only look mend nothing
    run(book, TODAY + timedelta(1))
    _, theirs, ours = split(book.values())
    _, expected, _ = split(control.values())
    assert trimmed(theirs) == trimmed(expected)
    assert looks(book) == looks(control)
    fresh = InMemory.of(theirs)
    sync(fresh.source, PLAYBOOK, CHECKS.values(), today=TODAY + timedelta(1))
    assert ours["↻ Status"] == split(fresh.cells())[2]["↻ Status"]
    google.forget()
    run(book, TODAY + timedelta(1))
    assert (google.reads, google.writes) == (1, 0)


@pytest.mark.usefixtures("key")
def test_what_the_owner_has_typed_since_and_what_is_long_ago_stays(google: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = customers(random.Random(3))
    for row, note in zip(rows[1:], "abcdefghijklmnop", strict=False):
        row[8] = f"note {note}"
    book = google.book("Clients", rows=rows)
    cut_off(google, book, lambda edited: edited.insert_columns("C"), monkeypatch)
    assert book.value("J1") == "↻ Status"
    book.type("J3", "typed since")
    run(book)
    notes = [book.value(f"{book.column('Notes')}{row}") for row in range(2, 6)]
    assert notes == ["note a", "typed since", "note c", "note d"]
    again = google.book("Clients", rows=rows)
    cut_off(google, again, lambda edited: edited.insert_columns("C"), monkeypatch)
    monkeypatch.setattr(unfinished, "KEPT_FOR", 0.0)
    run(again)
    assert "Notes" not in again.values()[0]
