"""What a read says: masks, ranges, values and formats. Each test names its source, as in test_cells_written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.sheets_emulator import Book, Emulator, Formula
from tests.sheets_emulator.a1 import Area, cells_area, column_index, column_letter, quoted
from tests.sheets_emulator.client import Client
from tests.sheets_emulator.display import date_text, number_text
from tests.sheets_emulator.masks import BadMask, overwrite, parse_mask, project

JSON = dict[str, Any]


@pytest.fixture
def book(google: Emulator) -> Book:
    rows: list[list[Any]] = [["Name", "Last contact", "Paid"], ["Ada", date(2026, 1, 5), True], [], ["Bob", None, 12.5]]
    return google.book(rows=rows, locale="en_GB", time_zone="Europe/London", row_count=20, column_count=8)


# masks: https://developers.google.com/workspace/sheets/api/guides/field-masks

@pytest.mark.parametrize(("text", "tree"), [
    ("a", {"a": None}),
    ("a.b,a/c", {"a": {"b": None, "c": None}}),
    ("a(b,c/d),e.f(g)", {"a": {"b": None, "c": {"d": None}}, "e": {"f": {"g": None}}}),
    ("a.b,a", {"a": None}),
    ("a,a.b", {"a": None}),
    ("a.*", {"a": None}),
    ("*", None),
])
def test_masks_are_read_with_dots_slashes_and_parentheses(text: str, tree: Any) -> None:
    assert parse_mask(text) == tree


@pytest.mark.parametrize("text", ["", "a,", "a(b", "a)b", "a..b", "(a)"])
def test_a_broken_mask_is_refused(text: str) -> None:
    with pytest.raises(BadMask):
        parse_mask(text)


def test_a_mask_picks_messages_even_where_nothing_of_them_is_left() -> None:
    """Recorded: fields=sheets.properties.tabColorStyle on a tab without a colour is {"sheets": [{"properties": {}}]}."""
    assert project({"sheets": [{"properties": {"title": "x"}}]}, parse_mask("sheets.properties.tabColorStyle")) == {
        "sheets": [{"properties": {}}]}


def test_overwriting_by_a_mask_changes_neither_side() -> None:
    old, new = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}}
    assert overwrite(old, new, parse_mask("a.b,a.c,e")) == {"a": {"b": 9}, "d": 3}
    assert (old, new) == ({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}})


def test_cells_come_when_the_mask_names_them_whatever_includegriddata_says(client: Client, book: Book) -> None:
    """SECTION 8; REFERENCE, get.includeGridData: "This parameter is ignored if a field mask was set in the request."."""
    fields = "sheets.data.rowData.values.userEnteredValue"
    assert client.get(book.id, fields=fields, includeGridData="false")["sheets"][0]["data"][0]["rowData"]
    assert "data" not in client.get(book.id, fields="sheets.properties", includeGridData="true")["sheets"][0]
    assert "data" not in client.get(book.id)["sheets"][0]
    assert "data" in client.get(book.id, includeGridData="true")["sheets"][0]
    assert "data" in client.get(book.id, fields="*")["sheets"][0]


def test_one_read_brings_everything_a_sync_needs(client: Client, book: Book) -> None:
    """SECTION 2: values, formulas, formats, merges, protection, tables, filter, locale and time zone in one snapshot."""
    book.protect("A1:A9")
    book.filter("A1:C4")
    found = client.get(
        book.id, ranges="'Sheet1'", prettyPrint="false",
        fields="properties(locale,timeZone),sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),merges,protectedRanges,"
               "basicFilter,tables,data(rowData(values(userEnteredValue,effectiveValue,effectiveFormat(numberFormat,backgroundColorStyle,"
               "textFormat/foregroundColorStyle)))))")
    assert found["properties"] == {"locale": "en_GB", "timeZone": "Europe/London"}
    [sheet] = found["sheets"]
    assert sheet["properties"] == {"sheetId": 0, "title": "Sheet1", "gridProperties": {"rowCount": 20, "columnCount": 8}}
    assert set(sheet) == {"properties", "protectedRanges", "basicFilter", "data"}
    name, contact, paid = sheet["data"][0]["rowData"][1]["values"]
    assert name["userEnteredValue"] == {"stringValue": "Ada"}
    assert contact["effectiveValue"] == {"numberValue": 46027}
    assert contact["effectiveFormat"]["numberFormat"] == {"type": "DATE", "pattern": "yyyy-mm-dd"}
    assert contact["effectiveFormat"]["backgroundColorStyle"] == {"rgbColor": {"red": 1, "green": 1, "blue": 1}}
    assert contact["effectiveFormat"]["textFormat"] == {"foregroundColorStyle": {"rgbColor": {}}}
    assert paid["effectiveValue"] == {"boolValue": True}


def test_empty_rows_stay_in_the_middle_and_go_at_the_end(client: Client, book: Book) -> None:
    """SECTION 8, recorded for notes: trailing empty cells and rows are trimmed, those between are {}."""
    [data] = client.get(book.id, fields="sheets.data.rowData.values.userEnteredValue")["sheets"][0]["data"]
    assert [len(row.get("values", [])) for row in data["rowData"]] == [3, 3, 0, 3]
    assert data["rowData"][3]["values"][1] == {}
    [data] = client.get(book.id, ranges="F5:H9", fields="sheets.data.rowData.values.userEnteredValue")["sheets"][0]["data"]
    assert data == {}


def test_a_part_of_the_grid_says_where_it_starts(client: Client, book: Book) -> None:
    """REFERENCE, GridData.startRow and startColumn; a zero is left out (SECTION 8)."""
    fields = "sheets.data(startRow,startColumn,rowData.values.formattedValue)"
    data = client.get(book.id, ranges=["B2:C4", "A1"], fields=fields)["sheets"][0]["data"]
    assert (data[0]["startRow"], data[0]["startColumn"]) == (1, 1)
    assert "startRow" not in data[1]
    assert [value.get("formattedValue") for value in data[0]["rowData"][0]["values"]] == ["2026-01-05", "TRUE"]


def test_only_the_tabs_of_the_ranges_come(client: Client, book: Book) -> None:
    """REFERENCE, get.ranges: "Limiting the range returns only the portions of the spreadsheet that intersect the requested ranges."."""
    book.add_tab("Other", [["x"]])
    book.merge("E1:F1")
    assert [s["properties"]["title"] for s in client.get(book.id, ranges="Other!A1")["sheets"]] == ["Other"]
    assert "merges" not in client.get(book.id, ranges="A1:B2", fields="sheets.merges")["sheets"][0]


# ranges

def test_columns_have_letters() -> None:
    assert [column_letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_index(column_letter(n)) == n for n in range(20_000))


@pytest.mark.parametrize(("text", "area"), [
    ("A1", Area(0, 1, 0, 1)), ("B2:A1", Area(0, 2, 0, 2)), ("$A$1:$B$2", Area(0, 2, 0, 2)), ("A:B", Area(None, None, 0, 2)),
    ("2:5", Area(1, 5, None, None)), ("A5:B", Area(4, None, 0, 2)), ("Name", None), ("A1:B2:C3", None), ("", None), ("A1:", None),
])
def test_ranges_are_read(text: str, area: Area | None) -> None:
    """REFERENCE, GridRange, its examples."""
    assert cells_area(text) == area


@pytest.mark.parametrize(("title", "expected"), [
    ("Sheet1x", "Sheet1x"), ("Kunden", "Kunden"), ("My tab", "'My tab'"), ("D3", "'D3'"), ("Bob's", "'Bob''s'"), ("2026", "'2026'"),
    ("R1C1", "'R1C1'"), ("🌵", "'🌵'"),
])
def test_titles_are_quoted_only_when_needed(title: str, expected: str) -> None:
    """SECTION 8; recorded for D3 and for blanks and apostrophes."""
    assert quoted(title) == expected


def test_ranges_name_tabs_that_look_like_cells_and_names_of_ranges(client: Client, book: Book) -> None:
    """SECTION 8: "a tab called D3 must be quoted"."""
    book.add_tab("D3", [["the tab"]])
    book.type("D3", "the cell")
    book.do({"addNamedRange": {"namedRange": {"name": "Customers", "range": book.grid_range("A2:B2")}}})
    assert client.get(f"{book.id}/values/D3")["values"] == [["the cell"]]
    assert client.get(f"{book.id}/values/'D3'")["values"] == [["the tab"]]
    assert client.get(f"{book.id}/values/Customers")["range"] == "Sheet1!A2:B2"


@pytest.mark.parametrize("text", ["Gone", "'Gone'!A1", "'Sheet1", "Sheet1!A1:["])
def test_an_unknown_tab_or_range_can_not_be_parsed(client: Client, book: Book, text: str) -> None:
    """SECTION 7: "400 Unable to parse range" for a tab that was renamed or deleted."""
    assert client.send("GET", f"{book.id}/values/{text}")[1]["error"]["message"] == f"Unable to parse range: {text}"
    status, found = client.send("GET", book.id, ranges=text)
    assert (status, found["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_range_past_the_grid_is_refused_and_one_over_its_edge_clipped(client: Client, book: Book) -> None:
    """SECTION 8; the words are those of pygsheets' issue 124."""
    assert client.get(f"{book.id}/values/A19:Z99")["range"] == "Sheet1!A19:H20"
    assert client.send("GET", f"{book.id}/values/A21:B22")[1]["error"]["message"] == (
        "Range (Sheet1!A21:B22) exceeds grid limits. Max rows: 20, max columns: 8")


# values

@pytest.mark.parametrize(("options", "expected"), [
    ({}, [["Ada", "2026-01-05", "TRUE"], [], ["Bob", "", "12.5"]]),
    ({"valueRenderOption": "UNFORMATTED_VALUE"}, [["Ada", 46027, True], [], ["Bob", "", 12.5]]),
    ({"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "FORMATTED_STRING"},
     [["Ada", "2026-01-05", True], [], ["Bob", "", 12.5]]),
    ({"majorDimension": "COLUMNS"}, [["Ada", "", "Bob"], ["2026-01-05"], ["TRUE", "", "12.5"]]),
])
def test_values_are_rendered_as_asked(client: Client, book: Book, options: JSON, expected: list[Any]) -> None:
    """https://developers.google.com/workspace/sheets/api/reference/rest/v4/ValueRenderOption and /DateTimeRenderOption."""
    assert client.get(f"{book.id}/values/A2:H20", **options)["values"] == expected


def test_formulas_come_as_text_when_asked(client: Client, book: Book) -> None:
    """ValueRenderOption FORMULA: "The reply will include the formulas."."""
    book.type("D2", Formula("=B2+30", date(2026, 2, 4)))
    assert client.get(f"{book.id}/values/D2", valueRenderOption="FORMULA")["values"] == [["=B2+30"]]
    assert client.get(f"{book.id}/values:batchGet", ranges=["D2", "D3:D9"])["valueRanges"] == [
        {"range": "Sheet1!D2", "majorDimension": "ROWS", "values": [["2026-02-04"]]},
        {"range": "Sheet1!D3:D9", "majorDimension": "ROWS"}]


@pytest.mark.parametrize(("pattern", "expected"), [
    ("yyyy-mm-dd", "2026-03-05"), ("d/m/yy", "5/3/26"), ("ddd d mmm yyyy", "Thu 5 Mar 2026"), ("dddd, mmmm d", "Thursday, March 5"),
    ("yyyy-mm-dd hh:mm:ss", "2026-03-05 14:07:30"), ("h:mm am/pm", "2:07 PM"), ('d. "März"', "5. März"),
])
def test_dates_are_shown_by_their_pattern(pattern: str, expected: str) -> None:
    """https://developers.google.com/workspace/sheets/api/guides/formats."""
    moment = datetime(2026, 3, 5, 14, 7, 30)
    assert date_text((moment - datetime(1899, 12, 30)).total_seconds() / 86400, pattern) == expected


@pytest.mark.parametrize(("number", "pattern", "expected"), [
    (12.5, "", "12.5"), (1 / 3, "", "0.3333333333"), (1234.5, "#,##0.00", "1,234.50"), (0.125, "0.0%", "12.5%"), (7, "000", "007"),
    (-3, '0" €"', "-3 €"), (1.50, "0.##", "1.5"),
])
def test_numbers_are_shown_by_their_pattern(number: float, pattern: str, expected: str) -> None:
    """The same guide."""
    assert number_text(number, pattern, "en_US") == expected


def test_the_locale_decides_points_and_commas(google: Emulator, client: Client) -> None:
    """REFERENCE, SpreadsheetProperties.locale; what USER_ENTERED does with it is why nobody should use it (SECTION 4)."""
    book = google.book(rows=[[12.5]], locale="de_DE")
    client.send("PUT", f"{book.id}/values/B1:D1", {"values": [["1,5", "3.4.2026", "01"]]}, valueInputOption="USER_ENTERED")
    assert book.values() == [[12.5, 1.5, date(2026, 4, 3), 1]]
    assert client.get(f"{book.id}/values/A1:B1")["values"] == [["12,5", "1,5"]]


@pytest.mark.parametrize(("typed", "expected"), [
    ("=1+1", 2), ("01", 1), ("2,000,000.01", 2000000.01), ("12%", 0.12), ("true", True), ("'01", "01"), ("3/4/2026", date(2026, 3, 4)),
    ("2026-02-30", "2026-02-30"), ("Ada", "Ada"),
])
def test_typed_text_becomes_what_google_makes_of_it(google: Emulator, client: Client, typed: str, expected: Any) -> None:
    """https://developers.google.com/workspace/sheets/api/reference/rest/v4/ValueInputOption; RAW keeps text."""
    book = google.book()
    client.send("PUT", f"{book.id}/values/A1", {"values": [[typed]]}, valueInputOption="USER_ENTERED")
    assert book.values() == [[expected]]
    client.send("PUT", f"{book.id}/values/A2", {"values": [[typed]]}, valueInputOption="RAW")
    assert book.value("A2") == typed


def test_the_answer_to_a_write_is_the_read_back(client: Client, book: Book) -> None:
    """SECTION 2: includeSpreadsheetInResponse, responseRanges and a mask; REFERENCE, batchUpdate.responseIncludeGridData."""
    write = {"updateCells": {"start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 3}, "fields": "userEnteredValue",
                             "rows": [{"values": [{"userEnteredValue": {"stringValue": "Due"}}]}]}}
    found = client.batch(book.id, write, includeSpreadsheetInResponse=True, responseRanges=["'Sheet1'!D2"],
                         fields="updatedSpreadsheet.sheets.data.rowData.values.effectiveValue")
    [data] = found["updatedSpreadsheet"]["sheets"][0]["data"]
    assert data == {"rowData": [{"values": [{"effectiveValue": {"stringValue": "Due"}}]}]}
    assert list(found) == ["updatedSpreadsheet"]
    plain = client.batch(book.id, write, includeSpreadsheetInResponse=True)
    assert "data" not in plain["updatedSpreadsheet"]["sheets"][0]
    full = client.batch(book.id, write, includeSpreadsheetInResponse=True, responseIncludeGridData=True)
    assert full["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"]
    assert "updatedSpreadsheet" not in client.batch(book.id, write)


def test_a_values_batch_is_all_or_nothing(client: Client, book: Book) -> None:
    """The same as for batchUpdate; the second range can't be parsed."""
    before = book.state()
    data = [{"range": "A2", "values": [["x"]]}, {"range": "Gone!A1", "values": [["x"]]}]
    assert client.send("POST", f"{book.id}/values:batchUpdate", {"valueInputOption": "RAW", "data": data})[0] == 400
    assert book.state() == before


def test_null_leaves_a_cell_and_an_empty_text_clears_it(client: Client, book: Book) -> None:
    """REFERENCE, ValueRange.values: "Null values will be skipped. To set a cell to an empty value, set … an empty string."."""
    client.send("PUT", f"{book.id}/values/A2:C2", {"values": [[None, "", "x"]]}, valueInputOption="RAW")
    assert book.values()[1] == ["Ada", None, "x"]


def test_more_values_than_the_range_holds_are_refused(client: Client, book: Book) -> None:
    """The words as mavo's source quotes them: "Requested writing within range"."""
    status, found = client.send("PUT", f"{book.id}/values/Sheet1!A1:B1", {"values": [["x"], ["y"]]}, valueInputOption="RAW")
    assert (status, found["error"]["message"]) == (
        400, "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]")


def test_pretty_and_plain_answers_say_the_same(google: Emulator, client: Client, book: Book) -> None:
    """SECTION 2: prettyPrint=false is worth much; answers are gzipped when asked for."""
    plain, pretty = client.get(book.id, prettyPrint="false"), client.get(book.id)
    assert plain == pretty
    small, large = google.requests
    assert small.size < large.size / 1.5
    assert small.received < small.size
    del client.headers["Accept-Encoding"]
    client.get(book.id)
    assert google.requests[-1].received == large.size
