"""What Log entries do to the owner's cells on Google: which are written, how they look then, and which can't be."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.google import batch
from sheetsync.backends.google.links import link_to
from sheetsync.config import journal
from tests.backends.google.conftest import sync
from tests.sheets_emulator import Book, Emulator, Formula
from tests.sheets_emulator.faults import Fault, overloaded, reset

HEAD = ["Customer no", "Name", "Tier", "Last contact", "Log", "Snooze until", "Notes"]
ROWS: list[list[Any]] = [
    HEAD,
    [1, "Susan Ortiz", "A", date(2026, 11, 2), "called: sorry", None, "old"],
    [2, "Kwame Asante", "B", None, "done", None, None],
    [3, "Ng", "A", date(2026, 10, 1), "snooze 2 weeks", None, None],
    [4, "Li", "C", date(2026, 10, 1), None, None, "keep"],
]


@pytest.fixture
def book(google: Emulator, key: Path) -> Book:
    return google.book("Clients", rows=ROWS, tab="Customers")


def problem(book: Book, row: int) -> Any:
    header, *rows = book.values()
    at = header.index("↻ Problems")
    found = rows[row - 2]
    return found[at] if at < len(found) else None


def kinds(book: Book) -> list[str]:
    return [contact.kind for contact in journal().contacts(link_to(book.id))]


def test_entries_are_applied_in_one_write_and_cells_keep_their_look(google: Emulator, book: Book) -> None:
    book.format("A1:G5", {"textFormat": {"bold": True}, "backgroundColorStyle": {"rgbColor": {"red": 1}}})
    book.format("D2", {"numberFormat": {"type": "DATE", "pattern": "d mmm"}})
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (2, 1)
    day = date(2026, 11, 20)
    assert [row[3:7] for row in book.values()[1:]] == [
        [day, None, None, "2026-11-20 called: sorry · old"], [day, None, None, None],
        [date(2026, 10, 1), None, date(2026, 12, 4), None], [date(2026, 10, 1), None, None, "keep"]]
    for cell in ("D2", "D3", "E2", "F4", "G2"):
        look = book.cell(cell)["userEnteredFormat"]
        assert look["textFormat"]["bold"]
        assert look["backgroundColorStyle"] == {"rgbColor": {"red": 1}}
    assert book.cell("D2")["userEnteredFormat"]["numberFormat"]["pattern"] == "d mmm"
    assert book.cell("F4")["userEnteredFormat"]["numberFormat"]["type"] == "DATE"
    assert kinds(book) == ["called", "done", "snoozed"]


def test_bold_words_in_notes_stay_bold_where_a_note_is_put_in_front(google: Emulator, book: Book) -> None:
    runs = [{"startIndex": 0, "format": {}}, {"startIndex": 1, "format": {"bold": True}}]
    book.do({"updateCells": {"start": {"sheetId": int(book.tab_link("Customers").rpartition("=")[2]), "rowIndex": 1, "columnIndex": 6},
                             "rows": [{"values": [{"userEnteredValue": {"stringValue": "old"}, "textFormatRuns": runs}]}],
                             "fields": "userEnteredValue,textFormatRuns"}})
    assert sync(book).exit_code == 0
    by = len("2026-11-20 called: sorry · ")
    assert book.value("G2") == "2026-11-20 called: sorry · old"
    bold = [run for run in book.cell("G2")["textFormatRuns"] if run.get("format", {}).get("bold")]
    assert [run["startIndex"] for run in bold] == [by + 1]


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda book: book.protect("D2:D3", editors=[]), "Last contact is protected"),
    (lambda book: book.protect("E2:E3", editors=[]), "Log is protected"),
    (lambda book: book.merge("C2:D2"), "Last contact is merged with other cells"),
    (lambda book: book.type("D2", Formula("=TODAY()", result=date(2026, 11, 1))), "Last contact holds a formula"),
    (lambda book: book.type("G2", Formula('="old"', result="old")), "Notes holds a formula"),
])
def test_an_entry_whose_cell_can_not_be_written_stays_with_a_problem_and_the_run_goes_on(
    google: Emulator, book: Book, spoil: Any, said: str
) -> None:
    spoil(book)
    assert sync(book).exit_code == 0
    assert book.value("E2") == "called: sorry"
    assert said in problem(book, 2)
    assert book.value("E4") is None
    assert book.value("F4") == date(2026, 12, 4)
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 0)


def test_a_typed_column_that_holds_no_dates_gets_none(google: Emulator, book: Book) -> None:
    book.make_table("A1:G5", types={"Last contact": "TEXT"})
    assert sync(book).exit_code == 0
    assert "Last contact stands in a table column of the type text" in problem(book, 2)
    assert book.value("E2") == "called: sorry"
    assert book.value("F4") == date(2026, 12, 4)


@pytest.mark.parametrize("fault", [overloaded(after_commit=True), reset(after_commit=True), overloaded(), reset()])
def test_an_entry_is_applied_once_where_the_answer_to_the_write_is_lost(
    google: Emulator, book: Book, fault: Fault, waited: list[float]
) -> None:
    google.fail("POST", fault)
    assert sync(book).exit_code == 0
    assert book.value("G2") == "2026-11-20 called: sorry · old"
    assert kinds(book) == ["called", "done", "snoozed"]
    google.forget()
    assert sync(book).exit_code == 0
    assert google.writes == 0
    assert kinds(book) == ["called", "done", "snoozed"]


@pytest.mark.parametrize("moved", ["before the write", "after it", "both"])
def test_rows_that_move_while_the_answer_is_lost_are_put_right(google: Emulator, book: Book, waited: list[float], moved: str) -> None:
    if moved != "after it":
        google.after("GET", lambda one: one.sort("Name", descending=True), skip=1)
    google.fail("POST", overloaded(after_commit=True))
    if moved != "before the write":
        google.before("GET", lambda one: one.sort("Customer no", descending=moved == "after it"), skip=2)
    assert sync(book).exit_code == 0
    notes = {row[1]: (row + [None] * 9)[3:7] for row in book.values()[1:]}
    day = date(2026, 11, 20)
    assert notes == {
        "Susan Ortiz": [day, None, None, "2026-11-20 called: sorry · old"], "Kwame Asante": [day, None, None, None],
        "Ng": [date(2026, 10, 1), None, date(2026, 12, 4), None], "Li": [date(2026, 10, 1), None, None, "keep"]}
    assert sorted(kinds(book)) == ["called", "done", "snoozed"]


def test_undo_brings_entries_back_also_where_rows_move_meanwhile(google: Emulator, book: Book) -> None:
    from tests.backends.google.conftest import call

    before = book.values()
    assert sync(book).exit_code == 0
    google.after("GET", lambda one: one.sort("Name"))
    assert call("undo", book.link).exit_code == 0
    assert sorted(map(str, book.values())) == sorted(map(str, before))
    assert kinds(book) == []


def test_undo_leaves_what_the_owner_edited_during_the_run(google: Emulator, book: Book) -> None:
    from tests.backends.google.conftest import call

    def edit(one: Book) -> None:
        one.type("G5", "edited")
        one.sort("Name")

    google.before("POST", edit)
    assert sync(book).exit_code == 0
    assert call("undo", book.link).exit_code == 0
    found = {row[1]: (row + [None] * 9)[3:7] for row in book.values()[1:]}
    assert found == {"Susan Ortiz": [date(2026, 11, 2), "called: sorry", None, "old"], "Kwame Asante": [None, "done", None, None],
                     "Ng": [date(2026, 10, 1), "snooze 2 weeks", None, None], "Li": [date(2026, 10, 1), None, None, "edited"]}


def test_a_rows_cells_travel_in_one_request(google: Emulator, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "LARGEST", 4_000)
    rows: list[list[Any]] = [HEAD]
    rows += [[n, f"Customer {n}", "A", date(2026, 1, 1), "called: " + "x" * 90, date(2026, 12, 1), "old"] for n in range(60)]
    book = google.book("Clients", rows=rows, tab="Customers")
    google.forget()
    assert sync(book).exit_code == 0
    where: dict[int, set[int]] = {}
    posts = [seen.body["requests"] for seen in google.requests if seen.method == "POST" and seen.path.endswith(":batchUpdate")]
    assert len(posts) > 5
    for number, requests in enumerate(posts):
        for request in requests:
            start = request.get("updateCells", {}).get("start", {})
            if request.get("updateCells") and start.get("columnIndex", 0) < len(HEAD):
                where.setdefault(start.get("rowIndex", 0), set()).add(number)
    assert len(where) == 60
    assert all(len(numbers) == 1 for numbers in where.values())
    assert kinds(book) == ["called"] * 60
