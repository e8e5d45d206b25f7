"""What a test lets go wrong: faults before and after the commit, the owner's edits between two requests, and the log of it all."""

from __future__ import annotations

import http.client
import threading
import time
from typing import Any

import pytest
import requests

from tests.sheets_emulator import Book, Emulator, Fault, Formula, hang, html_page, overloaded, quota, reset
from tests.sheets_emulator.client import Client

NAMES = [["Name"], ["Bob"], ["Ada"]]
WRITE = {"updateCells": {"start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}, "fields": "userEnteredValue",
                         "rows": [{"values": [{"userEnteredValue": {"stringValue": "Due"}}]}]}}


@pytest.fixture
def book(google: Emulator) -> Book:
    return google.book(rows=NAMES)


def test_a_burst_of_429_ends(google: Emulator, client: Client, book: Book) -> None:
    """SECTION 5; none of 130 recorded 429s had a Retry-After, so it comes only when a test asks for it."""
    google.fail("GET", quota(), times=2)
    assert [client.send("GET", book.id)[0] for _ in range(3)] == [429, 429, 200]
    google.fail("POST", quota("Write", retry_after=7))
    status, found = client.try_batch(book.id, WRITE)
    assert (status, found["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert found["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert book.values() == NAMES


def test_retry_after_travels_as_a_header(google: Emulator, book: Book) -> None:
    google.fail("GET", quota(retry_after=7))
    with requests.Session() as session:
        answer = session.get(f"{google.url}/v4/spreadsheets/{book.id}", headers={"Authorization": f"Bearer {google.token()}"})
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize("fault", [overloaded(), overloaded(500), overloaded(504), html_page(), reset(), hang(0.01)])
@pytest.mark.parametrize("committed", [False, True])
def test_a_write_may_be_lost_before_or_after_it_was_carried_out(google: Emulator, book: Book, fault: Fault, committed: bool) -> None:
    """SECTION 3: "5xx, timeout, reset after sending are ambiguous"."""
    google.fail("POST", fault.committed() if committed else fault)
    with Client(google) as client:
        try:
            status = client.try_batch(book.id, WRITE)[0]
        except (ConnectionError, http.client.HTTPException):
            status = 0
    assert status in (0, 500, 502, 503, 504)
    assert (book.value("B2") == "Due") == committed
    assert google.requests[-1].committed == committed
    with Client(google) as client:
        client.batch(book.id, WRITE)


def test_a_reset_is_a_reset(google: Emulator, book: Book) -> None:
    google.fail("GET", reset())
    with Client(google) as client, pytest.raises(ConnectionResetError):
        client.get(book.id)


def test_a_hang_outlasts_the_clients_patience(google: Emulator, book: Book) -> None:
    google.fail("GET", hang(30))
    began = time.monotonic()
    with requests.Session() as session, pytest.raises(requests.exceptions.ReadTimeout):
        session.get(f"{google.url}/v4/spreadsheets/{book.id}", timeout=(1, 0.2))
    assert time.monotonic() - began < 5


def test_leaving_ends_a_hang() -> None:
    began = time.monotonic()
    with Emulator() as google:
        google.fail("GET", hang(60))
        book = google.book()

        def ask() -> None:
            with Client(google) as client, pytest.raises((ConnectionError, http.client.HTTPException)):
                client.get(book.id)

        thread = threading.Thread(target=ask)
        thread.start()
        while not google.requests:
            time.sleep(0.01)
    thread.join()
    assert time.monotonic() - began < 10


def test_a_page_in_html_is_no_json(google: Emulator, client: Client, book: Book) -> None:
    google.fail("GET", html_page(502))
    status, found = client.send("GET", book.id)
    assert status == 502
    assert found.startswith("<!DOCTYPE html>")


def test_the_owner_edits_between_read_and_write(google: Emulator, client: Client, book: Book) -> None:
    """SECTION 8, "a hook between read and write": the answer is that of before, the next request finds the edit."""
    google.after("GET", lambda book: book.sort("Name"))
    assert client.get(f"{book.id}/values/A2:A3")["values"] == [["Bob"], ["Ada"]]
    client.batch(book.id, WRITE)
    assert book.values() == [["Name"], ["Ada", "Due"], ["Bob"]]
    assert google.pending == 0


def test_the_owner_edits_just_before_a_write(google: Emulator, client: Client, book: Book) -> None:
    google.before("POST", lambda book: book.insert_rows(2))
    client.batch(book.id, WRITE)
    assert book.values() == [["Name"], [None, "Due"], ["Bob"], ["Ada"]]


def test_hooks_and_faults_can_wait_and_repeat(google: Emulator, client: Client, book: Book) -> None:
    edits: list[int] = []
    google.before("*", lambda book: edits.append(len(edits)), skip=1, times=2)
    google.fail("GET", overloaded(), skip=2)
    assert [client.send("GET", book.id)[0] for _ in range(4)] == [200, 200, 503, 200]
    assert edits == [0, 1]
    google.fail("GET", overloaded(), times=9)
    google.calm()
    assert client.send("GET", book.id)[0] == 200


def test_faults_of_one_method_leave_the_others_alone(google: Emulator, client: Client, book: Book) -> None:
    google.fail("POST", overloaded())
    client.get(book.id)
    assert client.try_batch(book.id, WRITE)[0] == 503


def test_the_log_says_what_came_and_how_large_it_was(google: Emulator, client: Client, book: Book) -> None:
    client.get(book.id, fields="properties.title")
    client.batch(book.id, WRITE)
    read, write = google.requests
    assert (read.method, read.path, read.query) == ("GET", f"/v4/spreadsheets/{book.id}", [("fields", "properties.title")])
    assert (write.body["requests"], write.status, write.committed) == ([WRITE], 200, True)
    assert write.sent > 100
    assert (google.reads, google.writes) == (1, 1)
    google.forget()
    assert google.requests == []


# the owner

def test_the_owners_values_are_plain_python(google: Emulator) -> None:
    rows: list[list[Any]] = [["Name", "Due"], ["Ada", Formula("=B9", 3)], [None, True], [], ["last", 2.5]]
    book = google.book(rows=rows)
    assert book.values() == [["Name", "Due"], ["Ada", 3], [None, True], [], ["last", 2.5]]
    assert book.cell("B2")["userEnteredValue"] == {"formulaValue": "=B9"}
    assert book.cell("Z99") == {}
    assert book.column("Due") == "B"
    with pytest.raises(AssertionError, match="No column is called 'Dew'"):
        book.column("Dew")


def test_the_owner_types_into_a_formatted_cell_and_keeps_its_format(google: Emulator) -> None:
    book = google.book(rows=NAMES)
    book.format("A2", {"textFormat": {"bold": True}})
    book.type("A2", "Robert")
    book.format_dates("B2", "d/m/yyyy")
    assert book.cell("A2")["userEnteredFormat"] == {"textFormat": {"bold": True}}
    book.clear("A2:A3")
    assert book.values() == [["Name"]]
    assert book.cell("A2") == {"userEnteredFormat": {"textFormat": {"bold": True}}, "effectiveFormat": book.cell("A2")["effectiveFormat"]}


def test_a_tab_is_found_again_after_it_was_renamed(google: Emulator, client: Client) -> None:
    book = google.book(rows=NAMES, tab="Customers")
    other = book.add_tab("Notes", [["a"]])
    other.rename_tab("Old notes")
    book.rename_tab("Clients")
    other.type("A2", "b")
    assert book.tab("Old notes").values() == [["a"], ["b"]]
    assert client.get(f"{book.id}/values/Clients!A1")["values"] == [["Name"]]
    assert book.tab_link("Old notes").endswith(f"?gid={other.sheet_id}#gid={other.sheet_id}")
    book.delete_tab("Old notes")
    with pytest.raises(AssertionError, match="No tab is called 'Old notes'"):
        book.tab("Old notes")


def test_the_state_tells_any_two_states_apart(google: Emulator) -> None:
    book = google.book(rows=NAMES)
    states = [book.state()]
    for edit in (lambda: book.note("A1", "x"), lambda: book.format("A1", {"wrapStrategy": "WRAP"}), lambda: book.hide_rows(2),
                 lambda: book.protect("A1"), lambda: book.freeze(1), lambda: book.choices("B2", ["a"]), lambda: book.checkboxes("C2"),
                 lambda: book.filter("A1:A3"), lambda: book.type("A1", "y"), lambda: book.resize(30, 30), lambda: book.rename_tab("z")):
        edit()
        assert book.state() not in states
        states.append(book.state())
    assert book.state() == book.state()
