"""Reading and writing a tab: what is asked for, what is sent, what is refused beforehand, and what is left alone."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.google import reader
from sheetsync.backends.google.batch import LARGEST, colour_style
from sheetsync.backends.google.links import parse_link
from sheetsync.backends.google.snapshot import date_order, from_serial, serial
from sheetsync.backends.google.stream import read_json
from sheetsync.core.model import BAD, DUE, GOOD, HEADER, MUTED, NEUTRAL, CellError
from tests.backends.contract import wanted
from tests.backends.google.conftest import call, sync
from tests.backends.google.test_sentences import refused
from tests.sheets_emulator import Book, Emulator, Formula
from tests.worksheets import CUSTOMERS, PLAYBOOK, InGoogle, Rows

OURS = list(PLAYBOOK.status.headers)


def writes(google: Emulator) -> list[dict[str, Any]]:
    """The requests of every batchUpdate, in order."""
    return [request for seen in google.requests if seen.method == "POST" and seen.path.endswith(":batchUpdate")
            for request in seen.body.get("requests", [])]


def test_one_read_is_one_get_with_a_mask_and_one_write_is_its_own_read_back(google: Emulator, book: Book) -> None:
    google.forget()
    assert sync(book).exit_code == 0
    get, post = [seen for seen in google.requests if seen.method != "TOKEN"]
    query = dict(get.query)
    assert "ranges" not in query  # the whole of a small spreadsheet: a Rules worksheet comes with it
    assert query["prettyPrint"] == "false"
    assert "*" not in query["fields"]
    assert "userEnteredFormat(numberFormat," in query["fields"]
    assert get.headers.get("accept-encoding", get.headers.get("Accept-Encoding")) == "gzip"
    assert post.body["includeSpreadsheetInResponse"] is True
    assert post.body["responseRanges"] == ["'Customers'"]


def test_masks_name_only_what_is_set_and_bold_stays(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.format("K1:O7", {"textFormat": {"bold": True, "italic": True}})
    google.forget()
    assert call("sync", book.link, "--sheet", "Customers", "--today", "2027-03-01").exit_code == 0
    allowed = {"userEnteredValue", "userEnteredFormat.backgroundColorStyle", "userEnteredFormat.textFormat.foregroundColorStyle",
               "userEnteredFormat.numberFormat"}
    found = [request["updateCells"] for request in writes(google)]
    assert found
    for request in found:
        assert set(request["fields"].split(",")) <= allowed
        widths = {len(row["values"]) for row in request["rows"]}
        assert len(widths) == 1
    assert book.cell("K2")["userEnteredFormat"]["textFormat"]["bold"] is True
    assert len(found) < 16


def test_a_second_day_sends_the_changed_cells_alone(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.type("E3", date(2026, 11, 19))
    google.forget()
    assert sync(book).exit_code == 0
    touched = {request["updateCells"]["start"].get("rowIndex", 0) for request in writes(google)}
    assert touched == {2}


def test_text_is_never_read_as_anything_else(google: Emulator, book: Book) -> None:
    (rows := [list(row) for row in CUSTOMERS])[1][1] = "=HYPERLINK(\"x\")"
    book.type_rows("A1", rows)
    assert sync(book).exit_code == 0
    step = book.cell(f"{book.column('↻ Next step')}2")
    assert step["userEnteredValue"] == {"stringValue": "Phone =HYPERLINK(\"x\"): apologise, agree the fix"}
    due = book.cell(f"{book.column('↻ Next follow-up')}2")
    assert due["userEnteredFormat"]["numberFormat"]["type"] == "DATE"
    assert due["userEnteredValue"] == {"numberValue": 46346}


def test_an_owners_date_format_in_our_column_stays(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    column = book.column("↻ Next follow-up")
    book.format_dates(f"{column}1:{column}20", "d mmm yyyy")
    assert call("sync", book.link, "--sheet", "Customers", "--today", "2027-03-01").exit_code == 0
    assert book.cell(f"{column}3")["userEnteredFormat"]["numberFormat"]["pattern"] == "d mmm yyyy"


def test_new_columns_are_readable_wide_and_the_grid_grows_in_the_same_write(google: Emulator, key: Path) -> None:
    book = google.book("Clients", rows=CUSTOMERS, tab="Customers", column_count=10)
    google.forget()
    assert sync(book).exit_code == 0
    assert google.writes == 1
    kinds = [next(iter(request)) for request in writes(google)]
    assert kinds[0] == "appendDimension"
    assert kinds.count("updateDimensionProperties") == 5
    assert book.values()[0][10:] == OURS


def test_text_dates_are_read_in_the_order_of_the_sheets_locale(google: Emulator, key: Path) -> None:
    found = {}
    for locale in ("en_US", "de_DE", "sv_SE"):
        book = google.book("Clients", rows=CUSTOMERS, tab="Customers", locale=locale)
        assert sync(book).exit_code == 0
        found[locale] = book.value(f"{book.column('↻ Why')}7")
    assert "4 Mar 2026" in str(found["en_US"])
    assert "3 Apr 2026" in str(found["de_DE"])
    assert found["sv_SE"] is None  # Check row: there it could be either


@pytest.mark.parametrize(("locale", "order"), [
    ("en_US", "mdy"), ("en_GB", "dmy"), ("de_DE", "dmy"), ("ja_JP", "ymd"), ("en", None), ("", None), ("fil_PH", "mdy"), ("fr_CA", "ymd"),
])
def test_the_order_of_a_locale(locale: str, order: str | None) -> None:
    assert date_order(locale) == order


def test_values_are_plain_and_errors_are_errors(google: Emulator, key: Path) -> None:
    blank = Formula('=""', result="")
    rows: list[list[Any]] = [["Name", "Email", "Last contact", "Stage", "Tier"],
                             ["Ng", CellError("#REF!"), datetime(2026, 11, 2, 9, 30), blank, True]]
    book = google.book("Clients", rows=rows, tab="Customers")
    result = call("check", book.link, "--sheet", "Customers", "--today", "2026-11-20", "--json")
    found = json.loads(result.stdout)
    assert [(problem["column"], problem["check"]) for problem in found["problems"]] == [("Email", "error-cell")]
    assert found["follow_ups"][0]["customer"] == "Ng"


@pytest.mark.parametrize(("number", "kind", "cell"), [
    (46346, "DATE", date(2026, 11, 20)), (46346.0, "DATE_TIME", date(2026, 11, 20)), (46346.5, "DATE_TIME", datetime(2026, 11, 20, 12)),
    (0.25, "TIME", time(6)), (1.5, "TIME", timedelta(hours=36)), (-1, "DATE", date(1899, 12, 29)), (1e12, "DATE", 1e12),
    (10**9, "DATE", 10**9),
])
def test_serials(number: float, kind: str, cell: Any) -> None:
    assert from_serial(number, kind) == cell
    if not isinstance(cell, (int, float)):
        assert serial(cell) == number


@pytest.mark.parametrize("style", [BAD, DUE, GOOD, HEADER, MUTED, NEUTRAL])
def test_colours_come_back_as_they_were_whether_google_rounds_or_cuts(style: tuple[str, str]) -> None:
    for colour in (*style, "000000", "FFFFFF", *(f"{n:02X}{n:02X}{n:02X}" for n in range(256))):
        sent = colour_style(colour)["rgbColor"]
        for name, at in (("red", 0), ("green", 2), ("blue", 4)):
            share, channel = sent.get(name, 0), int(colour[at : at + 2], 16)
            assert int(share * 255 + 1e-9) == channel == round(share * 255)


# ---- Preflight: refused with a sentence, and nothing is sent ----------------------------------------------------


def refuses(google: Emulator, book: Book, *words: str, day: str = "2027-03-01") -> None:
    before = book.state()
    google.forget()
    refused(call("sync", book.link, "--sheet", "Customers", "--today", day), 6, "Clients", *words)
    assert google.writes == 0
    assert book.state() == before


def test_a_protected_sheet_with_free_columns_is_written(google: Emulator, book: Book) -> None:
    book.protect(None, free=["K1:O100"])
    assert sync(book).exit_code == 0
    assert book.values()[0][10:] == OURS


def test_a_protected_sheet(google: Emulator, book: Book) -> None:
    book.protect(None)
    refuses(google, book, "protected range", "whole tab", google.account)


def test_a_warning_is_no_protection(google: Emulator, book: Book) -> None:
    book.protect("A1:Z50", warning=True)
    assert sync(book).exit_code == 0


def test_merged_status_cells(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.merge("K3:K4")
    refuses(google, book, "K3:K4 are merged", "Unmerge")


def test_a_formula_in_a_status_cell(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.type("K3", Formula("=1+1", result=2))
    refuses(google, book, "K3 holds a formula", '"↻ Status"')


def test_a_spill_over_a_status_cell(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.clear("N3:O7")
    book.type("N3", Formula("=ARRAYFORMULA(A3:B6)", spills=((1, 2), (3, 4), (5, 6))))
    refuses(google, book, "formula", "overwrite")


def test_something_right_of_the_table(google: Emulator, book: Book) -> None:
    book.make_table("A1:J7")
    book.type("M3", "mine")
    refuses(google, book, "M3, right of the table, is not empty", "K to O")


@pytest.mark.parametrize("large", [5_000, 2], ids=["few", "many"])
def test_hidden_columns_right_of_the_table(google: Emulator, book: Book, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGE", large)
    book.hide_columns("M", 4)
    refuses(google, book, "right of the table, where the status columns go, are hidden", "Show K to O again")
    assert "are hidden" in call("doctor", book.tab_link("Customers")).output.replace("\n", " ")
    book.hide_columns("M", 4, hidden=False)
    assert sync(book).exit_code == 0
    book.hide_columns("N", 2)  # those that are there may be hidden: the owner did it
    book.hide_columns("R")
    assert call("sync", book.link, "--sheet", "Customers", "--today", "2027-03-01").exit_code == 0


def test_a_typed_table_is_made_wider_and_narrow_again(google: Emulator, book: Book) -> None:
    book.make_table("A1:J7", types={"Last contact": "DATE"})
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 1)
    [table] = book.tabs[0].tables
    assert "endColumnIndex" in repr(table) or "15" in repr(table)
    assert book.values()[0][10:] == OURS
    google.forget()
    assert sync(book).exit_code == 0
    assert google.writes == 0
    assert call("undo", book.link).exit_code == 0
    assert book.values()[0] == CUSTOMERS[0]


def test_headers_inside_a_typed_table_are_never_written(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.make_table("A1:O7")
    book.format("K1", {"backgroundColorStyle": {"rgbColor": {"red": 1}}})
    google.forget()
    assert call("sync", book.link, "--sheet", "Customers", "--today", "2027-03-01").exit_code == 0
    assert not any(request.get("updateCells", {}).get("start", {"rowIndex": 1}).get("rowIndex", 0) == 0 for request in writes(google))


def test_a_filter_that_ends_before_our_columns_is_told(google: Emulator, book: Book) -> None:
    book.filter("A1:J7")
    sync(book)
    assert "The filter ends before sheetsync's columns" in sync(book).stdout.replace("\n", " ")


def test_fills_of_the_owners_rows_go_on_into_our_columns(google: Emulator, book: Book) -> None:
    yellow = {"backgroundColorStyle": {"rgbColor": {"red": 1, "green": 1, "blue": 0.6}}}
    book.format("A3:J3", yellow)
    assert sync(book).exit_code == 0
    assert book.cell(f"{book.column('↻ Why')}3")["userEnteredFormat"]["backgroundColorStyle"]["rgbColor"]["green"] == 1
    google.forget()
    assert sync(book).exit_code == 0
    assert google.writes == 0


def test_rich_text_of_the_owners_that_was_hit_by_mistake_is_put_back(google: Emulator, key: Path) -> None:
    rows = [[*row, note] for row, note in zip(CUSTOMERS, ["Notes", *"abcdef"], strict=True)]
    book = google.book("Clients", rows=rows, tab="Customers")
    runs = [{"format": {"bold": True}}]
    book.do({"updateCells": {"start": {"sheetId": 0, "rowIndex": 2, "columnIndex": 10}, "fields": "userEnteredValue,textFormatRuns",
                             "rows": [{"values": [{"userEnteredValue": {"stringValue": "rich"}, "textFormatRuns": runs}]}]}})
    before = book.cell("K3")
    google.after("GET", lambda edited: edited.insert_columns("B"))
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (1, 3)
    assert book.cell("L3") == before
    assert "textFormatRuns" in before
    assert book.values()[0][12:] == OURS


# ---- Which tab ----------------------------------------------------------------------------------------------------


def test_a_pasted_link_costs_a_look_up_once_and_a_new_name_costs_none(google: Emulator, book: Book) -> None:
    link = book.tab_link("Customers")
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (2, 1)
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (1, 0)
    book.rename_tab("Clients of ours")
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (1, 0)


def test_another_tab_that_took_the_name_is_not_taken_for_ours(google: Emulator, book: Book) -> None:
    link = book.tab_link("Customers")
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    book.rename_tab("Old")
    other = book.add_tab("Customers", CUSTOMERS)
    assert call("sync", link, "--today", "2027-03-01").exit_code == 0
    assert other.values() == [row[: len(row)] for row in _trimmed(CUSTOMERS)]
    assert book.values()[0][10:] == OURS


def _trimmed(rows: Rows) -> Rows:
    from tests.worksheets import trimmed

    return trimmed(rows)


def test_a_link_without_a_tab_takes_the_one_with_the_customers(google: Emulator, key: Path) -> None:
    book = google.book("Clients", rows=[["Rates"], [1]], tab="D3")
    book.add_tab("It's the list", CUSTOMERS)
    assert call("sync", book.link, "--today", "2026-11-20").exit_code == 0
    assert book.tab("It's the list").values()[0][10:] == OURS
    google.forget()
    assert call("sync", book.link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (1, 0)
    book.add_tab("Copy", CUSTOMERS)
    other = google.book("Clients", rows=CUSTOMERS)
    other.add_tab("Copy", CUSTOMERS)
    refused(call("sync", other.link), 2, '"Sheet1" and "Copy" look alike', "--sheet")


@pytest.mark.parametrize(("link", "found"), [
    ("https://docs.google.com/spreadsheets/d/1AbC-d_E/edit?gid=7#gid=7", ("1AbC-d_E", 7)),
    ("https://docs.google.com/spreadsheets/d/1AbC-d_E/edit#gid=0", ("1AbC-d_E", 0)),
    ("docs.google.com/spreadsheets/u/1/d/1AbC-d_E", ("1AbC-d_E", None)),
    ("https://docs.google.com/a/firm.example/spreadsheets/d/1AbC-d_E/edit?usp=sharing", ("1AbC-d_E", None)),
    ("https://drive.google.com/open?id=1AbC-d_E", ("1AbC-d_E", None)),
])
def test_links(link: str, found: tuple[str, int | None]) -> None:
    assert parse_link(link) == found


# ---- Large sheets -------------------------------------------------------------------------------------------------


def many(count: int) -> Rows:
    return [["Customer no", "Name", "Email", "Last contact", "Joined", "Twice", "Note", "Colour"],
            *([n, f"Customer {n}", f"c{n}@example.com", date(2026, 11, 1) - timedelta(n % 300), date(2020, 1, 1),
               Formula(f"=A{n + 1}*2", result=n * 2), "x", "y"] for n in range(1, count + 1))]  # type: ignore[list-item]


@pytest.mark.slow
def test_above_5000_rows_a_read_is_two_requests_and_the_mask_is_for_few_columns(google: Emulator, key: Path) -> None:
    book = google.book("Clients", rows=many(5_200), tab="Customers", row_count=5_201)
    book.format("A3:H9", {"backgroundColorStyle": {"rgbColor": {"red": 1, "green": 1, "blue": 0.6}}})
    link = book.tab_link("Customers")
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (3, 1)
    assert all(seen.sent <= LARGEST for seen in google.requests)
    google.forget()
    result = call("sync", link, "--today", "2026-11-20", "--json")
    assert json.loads(result.stdout)["changes"] == []
    assert (google.reads, google.writes) == (2, 0)
    ranges = [value for seen in google.requests for name, value in seen.query if name == "ranges"]
    assert not [value for name, value in google.requests[0].query if name == "ranges"]  # all values, and so all tabs
    assert any(value.startswith("'Customers'!A:B") for value in ranges)  # key and name
    assert not any("C" in value.partition("!")[2] for value in ranges)  # the e-mail addresses are read as values alone


@pytest.mark.slow
def test_a_large_sheet_that_moves_between_its_two_reads_is_read_again(google: Emulator, key: Path) -> None:
    book = google.book("Clients", rows=many(5_100), tab="Customers", row_count=5_101)
    link = book.tab_link("Customers")
    google.after("GET", lambda edited: edited.delete_rows(7), skip=1)  # after the values, before the rest
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (5, 1)
    status = book.column("↻ Status")
    assert book.value(f"{status}5100") is not None
    assert book.value(f"{status}5101") is None


@pytest.mark.slow
def test_5000_unchanged_rows_are_one_request(google: Emulator, key: Path) -> None:
    book = google.book("Clients", rows=many(5_000), tab="Customers", row_count=5_001)
    link = book.tab_link("Customers")
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    google.forget()
    assert call("sync", link, "--today", "2026-11-20").exit_code == 0
    assert (google.reads, google.writes) == (1, 0)


def test_json_is_read_row_by_row_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetsync.backends.google import stream

    rows = [{"v": 1}, {"v": "李 👩‍👩‍👧 \\\" ] }"}]
    body = json.dumps({"a": ['x"rowData":[', {"rowData": rows, "z": 1}, {"rowData": []}, {"rowData": [{}]}]})
    expected = json.loads(body)
    for piece in (1, 7, 64, 65, 1000):
        monkeypatch.setattr(stream, "_PIECE", piece)
        for text in (body, json.dumps(expected, ensure_ascii=False), json.dumps(expected, indent=2)):
            assert read_json(text.encode(), lambda row: row) == expected
    for broken in (body[:-1], body[:60], "", "<html>", body.replace('": [{}', '": {}', 1)):
        with pytest.raises(ValueError):  # noqa: PT011
            read_json(broken.encode(), lambda row: row)


# ---- Some time between read and write --------------------------------------------------------------------------------


def test_a_clock_in_the_sheet_is_no_edit(tmp_path: Path) -> None:
    rows: Rows = [[*CUSTOMERS[0], "Now"], *([*row, Formula("=NOW()", result=n)] for n, row in enumerate(CUSTOMERS[1:]))]  # type: ignore[list-item]
    place = InGoogle.of(rows, tmp_path)  # every write of it looks again first
    with place.source.open() as sheet:
        changes = wanted(sheet.read(), lambda i, n: "x")
        place.book.type("K2", Formula("=NOW()", result=99))
        sheet.write(changes)
    assert place.cells()[1][11:] == ["x"] * 5


def test_a_read_of_a_moment_ago_is_written_upon_and_an_older_one_is_looked_at_again(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 6))  # six seconds from one look at the clock to the next
    monkeypatch.setattr("sheetsync.backends.google.sheet.time.monotonic", lambda: float(next(clock)))
    google.forget()
    assert sync(book).exit_code == 0
    assert (google.reads, google.writes) == (2, 1)
    google.after("GET", lambda edited: edited.sort("Name"))
    google.forget()
    assert call("sync", book.link, "--sheet", "Customers", "--today", "2027-03-01").exit_code == 0
    assert google.writes == 1  # the sort was seen, and the run began anew
    assert google.reads == 4
