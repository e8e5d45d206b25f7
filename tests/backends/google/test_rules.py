"""The Rules worksheet on Google: it applies as in Excel, costs no request of its own, and is never taken for the customers'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sheetsync.backends.google import reader, tabs
from sheetsync.core.header import SEARCHED_ROWS
from sheetsync.core.model import CellError
from tests.backends.google.conftest import call, sync
from tests.sheets_emulator import Book, Emulator, Formula
from tests.test_rules_worksheet import CUSTOMERS, RULES
from tests.worksheets import TODAY, InMemory, Rows, trimmed


@pytest.fixture
def book(google: Emulator, key: Path) -> Book:
    return google.book("Clients", rows=CUSTOMERS, tab="Customers")


def expected() -> dict[str, object]:
    from sheetsync.sync import sync as run
    from tests.test_rules_worksheet import BOOK, in_memory

    place: InMemory = in_memory(RULES)
    run(place.source, BOOK, today=TODAY)
    return shown_in(place.cells())


def shown(book: Book) -> dict[str, object]:
    return shown_in(book.tab("Customers").values())


def shown_in(cells: Rows) -> dict[str, object]:
    header, *rows = cells
    return {str(row[1]): row[header.index("↻ Status")] for row in rows}


@pytest.fixture(params=["read along", "asked for by name"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small spreadsheets are read whole; where the other tabs are large, only their heads are."""
    if request.param != "read along":
        monkeypatch.setattr(reader, "MOST", 100)
    return str(request.param)


def test_the_rules_worksheet_applies_stays_as_it_is_and_costs_nothing_once_the_tabs_are_known(
    google: Emulator, book: Book, way: str
) -> None:
    book.add_tab("Old", [["Year", "Sales"], [2025, 3]])
    rules = book.add_tab("My rules", RULES)
    assert sync(book).exit_code == 0
    assert shown(book)["Ng"] == expected()["Ng"]
    assert shown(book) == expected()
    assert rules.values() == trimmed(RULES)
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 0)


def test_a_rules_worksheet_that_is_added_changed_or_renamed_applies_at_the_next_sync(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    before = shown(book)
    rules = book.add_tab("Rules", RULES)
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 1)
    assert shown(book) == expected() != before
    rules.rename_tab("Cadences")
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 0)
    rules.type("B3", "1 year after Last contact")
    rules.type("E3", None)
    assert sync(book).exit_code == 0
    assert shown(book) != expected()
    book.delete_tab("Cadences")
    assert sync(book).exit_code == 0
    assert shown(book) == before


def test_where_tabs_are_asked_for_by_name_those_renamed_deleted_or_typed_into_are_found(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST", 100)
    later = book.add_tab("Sheet2")
    assert sync(book).exit_code == 0
    before = shown(book)
    later.type_rows("A1", RULES)
    for _ in range(12):
        later.insert_rows(1)  # the header stands low, most rules beyond the head that is read
    google.forget()
    assert sync(book).exit_code == 0
    assert google.reads == 2  # the head, and all of it
    assert shown(book) == expected() != before
    later.rename_tab("Rules")
    assert sync(book).exit_code == 0
    assert shown(book) == expected()
    book.delete_tab("Rules")
    assert sync(book).exit_code == 0
    assert shown(book) == before
    monkeypatch.setattr(tabs, "_KNOWN_FOR", 0.0)
    book.add_tab("New rules", RULES)
    assert sync(book).exit_code == 0
    assert shown(book) == expected()


def test_a_fault_is_told_with_its_cell_and_nothing_is_written(google: Emulator, book: Book, way: str) -> None:
    rules = book.add_tab("Rules", RULES)
    rules.type("B5", "yearly on Birthdate of")
    google.forget()
    result = sync(book)
    assert result.exit_code == 2
    assert 'Clients, worksheet "Rules", row 5, column Due (B5): there is no column "Birthdate of"' in result.output
    assert google.writes == 0


def test_two_rules_worksheets_are_an_error(google: Emulator, book: Book, way: str) -> None:
    book.add_tab("Rules", RULES)
    book.add_tab("Rules old", RULES)
    result = sync(book)
    assert result.exit_code == 2
    assert '"Rules" and "Rules old"' in result.output
    assert google.writes == 0


def test_a_rules_worksheet_is_never_the_customer_table(google: Emulator, book: Book) -> None:
    likely = [["Rule", "Due", "Next step", "Name", "Email", "Tier", "Last contact"],
              ["R", "on Last contact", "s", "Ng", "a@x.org", "A"]]
    rules = book.add_tab("Rules", likely)
    for target in ([rules_link(book)], [book.link, "--sheet", "Rules"]):
        result = call("sync", *target)
        assert result.exit_code == 6
        assert "this is a Rules worksheet" in result.output
    assert call("sync", book.link, "--today", "2026-11-20").exit_code == 0
    assert rules.values() == trimmed(likely)
    assert "↻ Status" in book.tab("Customers").values()[0]


def rules_link(book: Book) -> str:
    return book.tab_link("Rules")


def test_beside_large_tabs_only_their_heads_are_read(google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "WIDE", 200)
    book.add_tab("Archive", [["Year", "Sales", "Name"], *([year, 3, "x"] for year in range(300))])
    book.add_tab("Rules", RULES)
    assert sync(book).exit_code == 0
    assert shown(book) == expected()
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 0)
    [get] = [seen for seen in google.requests if seen.method == "GET"]
    ranges = [value for name, value in get.query if name == "ranges"]
    assert ranges == ["'Customers'", f"'Archive'!1:{SEARCHED_ROWS}", "'Rules'"]


def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the few customers were more than 5,000, and as if each run came a night after the one before."""
    monkeypatch.setattr(reader, "LARGE", 2)
    monkeypatch.setattr(tabs, "_KNOWN_FOR", 0.0)


def test_above_five_thousand_customers_a_night_without_changes_takes_two_reads_and_sees_a_rules_worksheet_made_meanwhile(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(monkeypatch)
    book.add_tab("Old", [["Year", "Sales"], [2025, 3]])
    assert sync(book).exit_code == 0
    before = shown(book)
    for _ in range(2):
        google.forget()
        assert sync(book).exit_code == 0
        assert (google.reads, google.writes) == (2, 0)
    book.add_tab("New rules", RULES)
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (2, 1)
    assert shown(book) == expected() != before
    book.tab("New rules").rename_tab("Cadences")
    book.tab("Customers").rename_tab("Clients")
    google.forget()
    assert call("sync", book.tab_link("Clients"), "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (3, 0)  # the link's gid was looked up for the first time
    google.forget()
    assert call("sync", book.tab_link("Clients"), "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (2, 0)
    book.delete_tab("Cadences")
    google.forget()
    assert sync(book).exit_code == 0
    assert shown_in(book.tab("Clients").values()) == before


def test_formulas_spills_and_errors_of_many_customers_are_read_as_those_of_few(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in "HIJKLMNO":  # so that Class is far from sheetsync's columns, and its formats don't matter
        book.type(f"{letter}1", f"More {letter}")
    book.type("B2", Formula('=SPLIT("Susan Ortiz,A"; ",")', result="Susan Ortiz", spills=(("Susan Ortiz", "A"),)))
    book.clear("C2:C2")
    book.clear("E2:F2")
    book.type("G3", CellError("#REF!"))
    book.add_tab("Rules", RULES)
    few = call("check", book.tab_link("Customers"), "--today", "2026-11-20", "--json")
    large(monkeypatch)
    many = call("check", book.tab_link("Customers"), "--today", "2026-11-20", "--json")
    monkeypatch.setattr(reader, "MOST_LEAN", 100)
    google.forget()
    huge = call("check", book.tab_link("Customers"), "--today", "2026-11-20", "--json")
    assert google.reads == 4  # too much to be read at once, values by themselves, tabs, and the columns that matter
    google.forget()
    again = call("check", book.tab_link("Customers"), "--today", "2026-11-20", "--json")
    assert google.reads == 3
    assert few.stdout == many.stdout
    assert huge.stdout == again.stdout
    found, other = json.loads(few.stdout), json.loads(huge.stdout)
    found.pop("notes"), other.pop("notes")  # that Class shows a formula's results is not seen where only values are read
    assert found == other
    assert "error-cell" in few.stdout
    [susan] = [row for row in found["follow_ups"] if row["customer"] == "Susan Ortiz"]
    assert susan["rule"] == "Keep in touch"  # the rule for Class A, which the formula shows there


@pytest.mark.parametrize("rows", [5_000, 2], ids=["few", "many"])
def test_a_chart_on_a_tab_of_its_own_is_passed_over(google: Emulator, book: Book, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    large(monkeypatch)
    monkeypatch.setattr(reader, "LARGE", rows)
    monkeypatch.setattr(reader, "WIDE", 0)
    book.add_tab("Old", [["Year", "Sales"], [2025, 3]])
    book.add_chart_tab("Sales chart")
    for _ in range(3):
        result = sync(book)
        assert result.exit_code == 0, result.output
    assert "↻ Status" in book.tab("Customers").values()[0]
