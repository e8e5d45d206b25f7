"""How batches change cells, as Google documents it: no recording shows this. Each test names its source.

REFERENCE is https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request, whose texts the discovery
document repeats; SECTION is a section of GOOGLE.md, with what was found out about the real API.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sheetsync.core.model import CellError
from tests.sheets_emulator import Book, Emulator, Formula
from tests.sheets_emulator.client import Client

JSON = dict[str, Any]

BOLD = {"textFormat": {"bold": True}}
RED = {"backgroundColorStyle": {"rgbColor": {"red": 1}}}
VALUE = "userEnteredValue"
STATUS = "userEnteredValue,userEnteredFormat.backgroundColorStyle,userEnteredFormat.textFormat.foregroundColorStyle"


@pytest.fixture
def book(google: Emulator) -> Book:
    return google.book(rows=[["Name", "City"], ["Ada", "Bath"], ["Bob", "Cork"], ["Cy", "Deal"]])


def text(value: str) -> JSON:
    return {"userEnteredValue": {"stringValue": value}}


def from_start(row: int, column: int, rows: list[list[JSON]], fields: str = VALUE) -> JSON:
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": cells} for cells in rows], "fields": fields}}


def over(top: int, bottom: int, left: int, right: int, rows: list[list[JSON]], fields: str = VALUE) -> JSON:
    area = {"sheetId": 0, "startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left, "endColumnIndex": right}
    return {"updateCells": {"range": area, "rows": [{"values": cells} for cells in rows], "fields": fields}}


def test_a_batch_with_one_bad_request_changes_nothing(client: Client, book: Book) -> None:
    """REFERENCE, batchUpdate: "If any request is not valid then the entire request will fail and nothing will be applied." """
    before = book.state()
    message = client.refused(
        book.id, from_start(1, 0, [[text("changed")]]),
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 3}}},
        {"addSheet": {"properties": {"title": "New"}}},
        {"deleteSheet": {"sheetId": 4711}},
    )
    assert message == "Invalid requests[3].deleteSheet: No grid with id: 4711"
    assert book.state() == before
    assert [tab.title for tab in book.tabs] == ["Sheet1"]


def test_replies_mirror_the_requests(client: Client, book: Book) -> None:
    """REFERENCE, batchUpdate: "The replies will mirror the requests … the response will have 2 empty replies, the actual reply …" """
    found = client.batch(book.id, from_start(1, 0, [[text("x")]]), {"addSheet": {"properties": {"title": "New"}}},
                         from_start(2, 0, [[text("y")]]))
    assert [list(reply) for reply in found["replies"]] == [[], ["addSheet"], []]


def test_cells_from_a_start_leave_their_neighbours_alone(client: Client, book: Book) -> None:
    """REFERENCE, UpdateCellsRequest.start: "Any number of rows and columns (including a different number of columns per row)"."""
    client.batch(book.id, from_start(1, 0, [[text("A")], [text("B"), text("C")], []]))
    assert book.values() == [["Name", "City"], ["A", "Bath"], ["B", "C"], ["Cy", "Deal"]]


def test_a_range_clears_the_masked_fields_of_cells_not_supplied(client: Client, book: Book) -> None:
    """REFERENCE, UpdateCellsRequest.range: "If the data in rows does not cover the entire requested range, the fields matching
    those set in fields will be cleared." SECTION 4."""
    book.format("A2:B4", BOLD)
    client.batch(book.id, over(1, 4, 0, 2, [[text("A")], []]))
    assert book.values() == [["Name", "City"], ["A"]]
    assert book.cell("B4")["userEnteredFormat"]["textFormat"] == {"bold": True}  # not in the mask


def test_a_cell_without_a_masked_field_loses_it(client: Client, book: Book) -> None:
    """SECTION 4: a field in the mask that the cell doesn't carry is cleared."""
    client.batch(book.id, from_start(1, 0, [[{}, text("x")]]))
    assert book.values()[1] == [None, "x"]


def test_a_narrow_mask_keeps_the_owners_bold(client: Client, book: Book) -> None:
    """SECTION 4: masks name exactly what is written, and the rest stays."""
    book.format("A2", {**BOLD, "horizontalAlignment": "CENTER", "numberFormat": {"type": "TEXT", "pattern": "@"}})
    book.note("A2", "met in May")
    cell = {**text("Due"), "userEnteredFormat": {**RED, "textFormat": {"foregroundColorStyle": {"rgbColor": {"green": 1}}}}}
    client.batch(book.id, from_start(1, 0, [[cell]], STATUS))
    found = book.cell("A2")
    assert found["userEnteredFormat"]["textFormat"] == {
        "bold": True, "foregroundColor": {"green": 1}, "foregroundColorStyle": {"rgbColor": {"green": 1}}}
    assert found["userEnteredFormat"]["horizontalAlignment"] == "CENTER"
    assert found["userEnteredFormat"]["numberFormat"] == {"type": "TEXT", "pattern": "@"}
    assert (found["note"], found["userEnteredValue"]) == ("met in May", {"stringValue": "Due"})


@pytest.mark.parametrize("fields", ["userEnteredFormat", "*"])
def test_a_wide_mask_wipes_the_owners_bold(client: Client, book: Book, fields: str) -> None:
    """SECTION 4: "a mask of userEnteredFormat or * wipes the owner's bold"."""
    book.format("A2", BOLD)
    client.batch(book.id, from_start(1, 0, [[{**text("Due"), "userEnteredFormat": RED}]], fields))
    assert "textFormat" not in book.cell("A2")["userEnteredFormat"]


def test_a_masked_colour_that_is_not_given_is_cleared_and_the_rest_stays(client: Client, book: Book) -> None:
    """SECTION 4, and https://developers.google.com/workspace/sheets/api/guides/field-masks: nested paths merge."""
    book.format("A2", {**RED, **BOLD})
    client.batch(book.id, from_start(1, 0, [[text("x")]], STATUS))
    assert book.cell("A2")["userEnteredFormat"] == {"textFormat": {"bold": True}}


def test_colours_are_kept_in_eight_bits(client: Client, book: Book) -> None:
    """SECTION 4: "Colours are 8-bit: 0.5 comes back 0.49803922; use n/255" (the first is recorded, for a tab's colour)."""
    styles: list[JSON] = [{"userEnteredFormat": {"backgroundColorStyle": {"rgbColor": {"red": 0.5, "green": n / 255, "blue": 0}}}}
                          for n in range(256)]
    book.resize(columns=256)
    client.batch(book.id, from_start(1, 0, [styles], "userEnteredFormat.backgroundColorStyle"))
    fields = "sheets.data.rowData.values.userEnteredFormat.backgroundColorStyle"
    [row] = client.get(book.id, ranges="2:2", fields=fields)["sheets"][0]["data"][0]["rowData"]
    found = [cell["userEnteredFormat"]["backgroundColorStyle"]["rgbColor"] for cell in row["values"]]
    assert {colour["red"] for colour in found} == {0.49803922}
    assert [round(colour.get("green", 0) * 255) for colour in found] == list(range(256))
    assert all("blue" not in colour for colour in found)


def test_an_old_colour_field_sets_the_new_one_too(client: Client, book: Book) -> None:
    """Recorded for repeatCell: backgroundColor comes back beside backgroundColorStyle; a style, too, is told in both."""
    client.batch(book.id, from_start(1, 0, [[{"userEnteredFormat": {"backgroundColorStyle": {"themeColor": "ACCENT2"}}}]],
                                     "userEnteredFormat.backgroundColorStyle"))
    look = book.cell("A2")["userEnteredFormat"]
    assert look["backgroundColorStyle"] == {"themeColor": "ACCENT2"}
    assert look["backgroundColor"] == {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314}


def test_a_number_in_a_text_value_stays_text(client: Client, book: Book) -> None:
    """SECTION 4: stringValue is never read by locale; "=1+1" is no formula."""
    client.batch(book.id, from_start(1, 0, [[text("01"), text("=1+1")], [text("TRUE"), text("")]]))
    assert book.values()[1:3] == [["01", "=1+1"], ["TRUE"]]
    assert "formulaValue" not in book.cell("B2")["userEnteredValue"]


def test_a_new_value_takes_a_smart_chip_and_rich_text_with_it(client: Client, book: Book) -> None:
    """SECTION 4: "Smart chips are wiped by any write"."""
    chip = {**text("@Ada"), "chipRuns": [{"chip": {"personProperties": {"email": "ada@example.com"}}}]}
    client.batch(book.id, from_start(1, 0, [[chip]], "userEnteredValue,chipRuns"))
    assert "chipRuns" in book.cell("A2")
    client.batch(book.id, from_start(1, 0, [[text("Ada")]]))
    assert "chipRuns" not in book.cell("A2")


# the grid's edge

@pytest.mark.parametrize(("row", "column", "message"), [
    (10, 0, "GridCoordinate.rowIndex[10] is after last row in grid[9]"),
    (0, 3, "GridCoordinate.columnIndex[3] is after last column in grid[2]"),
])
def test_a_write_that_starts_past_the_grid_is_refused(client: Client, book: Book, row: int, column: int, message: str) -> None:
    """SECTION 8: "a range that starts past the grid is refused"; the words are those people quote from the real API."""
    book.resize(10, 3)
    assert client.refused(book.id, from_start(row, column, [[text("x")]])) == f"Invalid requests[0].updateCells: {message}"


def test_a_write_past_the_grids_edge_is_silently_clipped(client: Client, book: Book) -> None:
    """SECTION 4: "writes past the edge are silently clipped"."""
    book.resize(5, 3)
    client.batch(book.id, from_start(4, 2, [[text("in"), text("lost")], [text("lost")]]))
    assert book.values()[4] == [None, None, "in"]
    client.batch(book.id, over(4, 20, 1, 9, [[text("a"), text("b"), text("lost")]]))
    assert book.values()[4:] == [[None, "a", "b"]]


def test_more_cells_than_the_range_holds_are_refused(client: Client, book: Book) -> None:
    """The words as quoted in OpenRefine's issue 2760 for appendCells."""
    assert client.refused(book.id, over(1, 2, 0, 1, [[text("a"), text("b")]])) == (
        "Invalid requests[0].updateCells: Attempting to write column: 1, beyond the last requested column of: 0")
    assert client.refused(book.id, over(1, 2, 0, 1, [[text("a")], [text("b")]])) == (
        "Invalid requests[0].updateCells: Attempting to write row: 2, beyond the last requested row of: 1")


def test_appended_rows_make_room_and_can_be_written_in_the_same_batch(client: Client, book: Book) -> None:
    """REFERENCE, AppendDimensionRequest; SECTION 4: "grid too small → appendDimension in the same batch"."""
    book.resize(4, 2)
    client.batch(book.id, {"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 2}},
                 {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 1}}, from_start(4, 3, [[text("new")]]))
    assert book.values()[4] == [None, None, None, "new"]
    assert (book.tabs[0].row_count, book.tabs[0].column_count) == (5, 4)


def test_appended_cells_go_below_the_last_row_and_never_add_columns(client: Client, book: Book) -> None:
    """REFERENCE, AppendCellsRequest: "after the last row with data in a sheet, inserting new rows into the sheet if necessary"."""
    book.resize(4, 2)
    cells = {"sheetId": 0, "rows": [{"values": [text("Di"), text("Eton")]}], "fields": "userEnteredValue"}
    client.batch(book.id, {"appendCells": cells})
    assert book.values()[4] == ["Di", "Eton"]
    cells["rows"] = [{"values": [text("a"), text("b"), text("c")]}]
    assert client.refused(book.id, {"appendCells": cells}) == (
        "Invalid requests[0].appendCells: Attempting to write column: 2, beyond the last requested column of: 1")


# formulas

def test_a_formula_shows_the_result_that_a_test_gives_it(client: Client, book: Book) -> None:
    """REFERENCE, CellData.effectiveValue: "For cells with formulas, this is the calculated value"."""
    book.type("C2", Formula('=CONCAT(A2,"!")', "Ada!"))
    assert book.cell("C2")["userEnteredValue"] == {"formulaValue": '=CONCAT(A2,"!")'}
    assert book.cell("C2")["effectiveValue"] == {"stringValue": "Ada!"}
    client.batch(book.id, from_start(1, 2, [[{"userEnteredValue": {"formulaValue": "=6*7"}}]]))
    assert book.cell("C2")["effectiveValue"] == {"numberValue": 42}
    client.batch(book.id, from_start(1, 2, [[{"userEnteredValue": {"formulaValue": "=FOO(1)"}}]]))
    assert book.cell("C2")["formattedValue"] == "#NAME?"


def test_an_array_formula_shows_values_that_nobody_entered(client: Client, book: Book) -> None:
    """SECTION 4: "an ARRAYFORMULA spill (effective value without entered value)"."""
    book.type("C1", Formula("=ARRAYFORMULA(LEN(A1:A4))", spills=((4,), (3,), (3,), (2,))))
    assert [row[2] for row in book.values()] == [4, 3, 3, 2]
    [data] = client.get(book.id, ranges="C1:C4", fields="sheets.data.rowData.values(userEnteredValue,effectiveValue)")["sheets"][0]["data"]
    assert data["rowData"][1]["values"] == [{"effectiveValue": {"numberValue": 3}}]
    assert client.get(f"{book.id}/values/C1:C4")["values"] == [["4"], ["3"], ["3"], ["2"]]


def test_a_value_in_the_way_of_an_array_formula_breaks_it(client: Client, book: Book) -> None:
    """https://support.google.com/docs/answer/3093275 and what the browser says: the formula shows #REF!, its other cells nothing."""
    book.type("C1", Formula("=ARRAYFORMULA(LEN(A1:A4))", spills=((4,), (3,), (3,), (2,))))
    client.batch(book.id, from_start(2, 2, [[text("Due")]]))
    assert [row[2:] for row in book.values()] == [[CellError("#REF!")], [], ["Due"], []]
    book.clear("C3")
    assert [row[2] for row in book.values()] == [4, 3, 3, 2]


# merges

def test_a_merge_keeps_the_first_value_only(client: Client, book: Book) -> None:
    """https://support.google.com/docs/answer/9060449 ("only the content of the top-left cell"); SECTION 8, "values under merges"."""
    book.merge("A2:B3")
    assert book.values() == [["Name", "City"], ["Ada"], [], ["Cy", "Deal"]]
    assert client.get(book.id, fields="sheets.merges") == {"sheets": [{"merges": [
        {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 2}]}]}
    book.unmerge("A1:B4")
    assert client.get(book.id, fields="sheets.merges") == {"sheets": [{}]}


def test_a_value_written_under_a_merge_is_not_kept(client: Client, book: Book) -> None:
    """SECTION 8, "values under merges". Unsure: nobody could check whether Google keeps it unseen; here it is dropped."""
    book.merge("A2:B2")
    client.batch(book.id, from_start(1, 0, [[text("seen"), text("hidden")]]))
    assert book.values()[1] == ["seen"]


def test_a_merge_can_not_be_cut_in_two(client: Client, book: Book) -> None:
    """What the browser says: "You must select all cells in a merged range to merge or unmerge them."."""
    book.merge("A2:B3")
    area = {"sheetId": 0, "startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 2}
    assert "all cells in a merged range" in client.refused(book.id, {"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}})
    assert "all cells in a merged range" in client.refused(book.id, {"unmergeCells": {"range": area}})


# sorting

def test_blanks_sort_last_either_way(google: Emulator) -> None:
    """SECTION 8, "blanks in sorts"; https://support.google.com/docs/answer/3540681: numbers, then text, blanks at the end."""
    book = google.book(rows=[["Key"], ["b"], [None, "blank"], [2], ["A"], [True], [10]])
    book.sort("A")
    assert [row[0] for row in book.values()[1:]] == [2, 10, "A", "b", True, None]
    book.sort("A", descending=True)
    assert [row[0] for row in book.values()[1:]] == [True, "b", "A", 10, 2, None]


def test_whole_cells_move_when_rows_are_sorted(google: Emulator) -> None:
    """REFERENCE, SortRangeRequest "Sorts data in rows"; formats, notes and formulas go along, rows outside the range stay."""
    book = google.book(rows=[["Name", "No"], ["Bob", 2], ["Ada", 1], ["Total", 3]])
    book.format("A2", BOLD)
    book.note("A2", "Bob's")
    book.sort("Name", last_row=3)
    assert book.values() == [["Name", "No"], ["Ada", 1], ["Bob", 2], ["Total", 3]]
    assert book.cell("A3")["note"] == "Bob's"
    assert book.cell("A3")["userEnteredFormat"] == {"textFormat": {"bold": True}}
    assert "userEnteredFormat" not in book.cell("A2")


def test_equal_rows_keep_their_order_when_sorted(google: Emulator) -> None:
    """REFERENCE, SortRangeRequest.sortSpecs: "Later specifications are used when values are equal in the earlier specifications."."""
    book = google.book(rows=[["Key", "No"], ["x", 1], ["a", 2], ["x", 3], ["a", 4]])
    book.sort("Key", descending=True)
    assert [row[1] for row in book.values()[1:]] == [1, 3, 2, 4]


def test_a_formulas_date_is_formatted_by_google_not_by_the_owner(google: Emulator) -> None:
    """REFERENCE, CellData.effectiveFormat: "if the cell contains a formula, the computed number format"."""
    book = google.book(rows=[["Due"], [Formula("=TODAY()", date(2026, 11, 24))]])
    cell = book.cell("A2")
    assert "userEnteredFormat" not in cell
    assert cell["effectiveFormat"]["numberFormat"] == {"type": "DATE", "pattern": "yyyy-mm-dd"}
    assert (cell["formattedValue"], book.value("A2")) == ("2026-11-24", date(2026, 11, 24))


def test_black_is_a_colour_and_an_empty_style_is_none(client: Client, book: Book) -> None:
    """SECTION 8, "zeros are omitted": {"rgbColor": {}} is black. Recorded for a tab: a style whose rgbColor is null clears the colour."""
    fields = "userEnteredFormat.backgroundColorStyle"
    client.batch(book.id, from_start(1, 0, [[{"userEnteredFormat": {"backgroundColorStyle": {"rgbColor": {"red": 0.0}}}}]], fields))
    assert book.cell("A2")["userEnteredFormat"]["backgroundColorStyle"] == {"rgbColor": {}}
    client.batch(book.id, from_start(1, 0, [[{"userEnteredFormat": {"backgroundColorStyle": {}}}]], fields))
    assert "userEnteredFormat" not in book.cell("A2")


def test_whole_numbers_come_back_without_a_point(client: Client, book: Book) -> None:
    """Recorded: 42 comes back as 42; zero and false are values, and stay."""
    cells: list[JSON] = [{"userEnteredValue": {"numberValue": 5.0}}, {"userEnteredValue": {"numberValue": 0}},
                         {"userEnteredValue": {"boolValue": False}}]
    client.batch(book.id, from_start(1, 0, [cells]))
    [data] = client.get(book.id, ranges="A2:C2", fields="sheets.data.rowData.values.userEnteredValue")["sheets"][0]["data"]
    found = [cell["userEnteredValue"] for cell in data["rowData"][0]["values"]]
    assert repr(found) == "[{'numberValue': 5}, {'numberValue': 0}, {'boolValue': False}]"
