"""How rows, columns and what lies over the cells move, and who may edit what. Each test names its source, as in test_cells_written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_emulator import Book, Emulator
from tests.sheets_emulator.client import Client

JSON = dict[str, Any]

PROTECTED = ("You are trying to edit a protected cell or object. "
             "Please contact the spreadsheet owner to remove protection if you need to edit.")


@pytest.fixture
def book(google: Emulator) -> Book:
    return google.book(rows=[["Name", "City", "No"], ["Ada", "Bath", 1], ["Bob", "Cork", 2], ["Cy", "Deal", 3]])


def write(row: int, column: int, value: str = "x") -> JSON:
    return {"updateCells": {"start": {"sheetId": 0, "rowIndex": row, "columnIndex": column}, "fields": "userEnteredValue",
                            "rows": [{"values": [{"userEnteredValue": {"stringValue": value}}]}]}}


def lines(axis: str, first: int, last: int) -> JSON:
    return {"sheetId": 0, "dimension": axis, "startIndex": first, "endIndex": last}


def covers(client: Client, book: Book) -> dict[str, Any]:
    """What lies over the cells: kind → (first row, last row, first column, last column), the last ones excluded."""
    found = client.get(book.id, fields="namedRanges,sheets(merges,protectedRanges,basicFilter,tables,conditionalFormats)")
    sheet = found["sheets"][0]
    ranges = {
        "merge": sheet.get("merges", [None])[0],
        "protected": sheet.get("protectedRanges", [{}])[0].get("range"),
        "filter": sheet.get("basicFilter", {}).get("range"),
        "table": sheet.get("tables", [{}])[0].get("range"),
        "rule": sheet.get("conditionalFormats", [{"ranges": [None]}])[0]["ranges"][0],
        "name": found.get("namedRanges", [{}])[0].get("range"),
    }
    keys = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    return {kind: tuple(area.get(key) for key in keys) for kind, area in ranges.items() if area is not None}


def cover(book: Book, cells: str = "A2:B3") -> None:
    """Lays one of each kind over the cells."""
    book.protect(cells)
    book.filter(cells)
    book.colour_rule(cells, "x", {"backgroundColorStyle": {"rgbColor": {"red": 1}}})
    book.do({"addNamedRange": {"namedRange": {"name": "mine", "range": book.grid_range(cells)}}})
    book.make_table(cells, "T")
    book.merge(cells)


@pytest.mark.parametrize(("edit", "expected"), [
    (lambda book: book.insert_rows(1), (2, 4, 0, 2)),  # above: pushed down
    (lambda book: book.insert_rows(2), (2, 4, 0, 2)),  # at its first row: pushed down
    (lambda book: book.insert_rows(3, 2), (1, 5, 0, 2)),  # inside: grows
    (lambda book: book.insert_rows(4), (1, 3, 0, 2)),  # below: stays
    (lambda book: book.insert_columns("A"), (1, 3, 1, 3)),
    (lambda book: book.insert_columns("B"), (1, 3, 0, 3)),
    (lambda book: book.delete_rows(1), (0, 2, 0, 2)),
    (lambda book: book.delete_rows(3, 2), (1, 2, 0, 2)),  # overlaps its end: shrinks
    (lambda book: book.delete_columns("B"), (1, 3, 0, 1)),
    (lambda book: book.move_rows(1, before=5), (0, 2, 0, 2)),
    (lambda book: book.move_rows(2, 2, before=5), (2, 4, 0, 2)),  # all of it moves: it follows
    (lambda book: book.move_columns("A", 2, before="D"), (1, 3, 1, 3)),
])
def test_what_lies_over_the_cells_moves_with_them(client: Client, book: Book, edit: Any, expected: tuple[int, ...]) -> None:
    """REFERENCE, InsertDimensionRequest, DeleteDimensionRequest, MoveDimensionRequest; SECTION 8, "rules shifting on insert"."""
    cover(book)
    edit(book)
    assert covers(client, book) == dict.fromkeys(("merge", "protected", "filter", "table", "rule", "name"), expected)


def test_what_lay_over_deleted_cells_is_gone(client: Client, book: Book) -> None:
    """REFERENCE, DeleteDimensionRequest "Deletes the dimensions from the sheet"."""
    cover(book)
    book.delete_rows(2, 2)
    assert covers(client, book) == {}


def test_values_move_with_rows_and_columns(book: Book) -> None:
    """REFERENCE, MoveDimensionRequest: destinationIndex "is based on the coordinates before the source data is removed from the grid"."""
    book.move_rows(2, before=5)
    assert [row[0] for row in book.values()] == ["Name", "Bob", "Cy", "Ada"]
    book.move_rows(4, before=2)
    book.move_columns("A", before="C")
    assert book.values()[:2] == [["City", "Name", "No"], ["Bath", "Ada", 1]]
    book.insert_rows(2, 2)
    book.delete_columns("A")
    assert book.values() == [["Name", "No"], [], [], ["Ada", 1], ["Bob", 2], ["Cy", 3]]


def test_moving_rows_past_those_with_values_leaves_blank_rows(book: Book) -> None:
    """The same, where the destination lies below the last row with values."""
    book.move_rows(2, before=11)
    assert [row[:1] for row in book.values()] == [["Name"], ["Bob"], ["Cy"], [], [], [], [], [], [], ["Ada"]]
    book.move_columns("C", before="F")
    assert book.values()[0] == ["Name", "City", None, None, "No"]


@pytest.mark.parametrize(("before", "colour"), [(True, {"red": 1}), (False, {"green": 1})])
def test_inserted_rows_look_like_their_neighbour(client: Client, book: Book, before: bool, colour: JSON) -> None:
    """REFERENCE, InsertDimensionRequest.inheritFromBefore, its example of a red row above a green one."""
    book.format("A1:C1", {"backgroundColorStyle": {"rgbColor": {"red": 1}}})
    book.format("A2:C2", {"backgroundColorStyle": {"rgbColor": {"green": 1}}})
    client.batch(book.id, {"insertDimension": {"range": lines("ROWS", 1, 3), "inheritFromBefore": before}})
    assert book.cell("B2")["userEnteredFormat"]["backgroundColorStyle"] == {"rgbColor": colour}
    assert book.cell("B2") == book.cell("B3")
    assert book.value("B2") is None


@pytest.mark.parametrize(("request_", "message"), [
    ({"insertDimension": {"range": lines("ROWS", 0, 1), "inheritFromBefore": True}}, "inheritFromBefore cannot be true"),
    ({"insertDimension": {"range": lines("ROWS", 2000, 2001)}}, "is after last row in grid[999]"),
    ({"deleteDimension": {"range": lines("COLUMNS", 0, 26)}}, "You can't delete all the columns on the sheet."),
    ({"moveDimension": {"source": lines("ROWS", 1, 4), "destinationIndex": 2}}, "inside the source"),
    ({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 10_000_000}}, "10000000 cells"),
    ({"updateSheetProperties": {"properties": {"sheetId": 0, "title": ""}, "fields": "title"}}, "cannot be empty"),
    ({"updateSheetProperties": {"properties": {"sheetId": 0, "title": "x"}, "fields": ""}}, "At least one field must be listed"),
    ({"addSheet": {"properties": {"title": "sheet1"}}}, "already exists"),
    ({"deleteSheet": {"sheetId": 0}}, "You can't remove all the visible sheets"),
    ({"updateCells": {"start": {"sheetId": 7}, "fields": "note"}}, "No grid with id: 7"),
])
def test_what_a_grid_can_not_do_is_refused(client: Client, book: Book, request_: JSON, message: str) -> None:
    """REFERENCE, each request's own text; "Up to 10 million cells": https://support.google.com/drive/answer/37603."""
    before = book.state()
    assert message in client.refused(book.id, request_)
    assert book.state() == before


def test_a_smaller_grid_cuts_cells_off(book: Book) -> None:
    """REFERENCE, GridProperties.rowCount; what is outside is gone, also when the grid grows again."""
    book.resize(2, 2)
    book.resize(10, 10)
    assert book.values() == [["Name", "City"], ["Ada", "Bath"]]


# protection

def test_a_protected_range_refuses_whoever_is_no_editor_of_it(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.editors; the words as people quote them. SECTION 7: 400 protected."""
    book.protect("B1:B4")
    assert client.refused(book.id, write(1, 1)) == f"Invalid requests[0].updateCells: {PROTECTED}"
    client.batch(book.id, write(1, 0))
    status, found = client.send("PUT", f"{book.id}/values/B2", {"values": [["x"]]}, valueInputOption="RAW")
    assert (status, found["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert PROTECTED in found["error"]["message"]
    assert book.values()[1] == ["x", "Bath", 1]


def test_a_protected_range_is_the_editors_and_the_owners_own(google: Emulator, client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.editors: "The users and groups with edit access to the protected range"."""
    book.protect("B1:B4", editors=[google.account])
    client.batch(book.id, write(1, 1))
    assert client.get(book.id, fields="sheets.protectedRanges(requestingUserCanEdit,editors)") == {"sheets": [{"protectedRanges": [
        {"requestingUserCanEdit": True, "editors": {"users": [google.account, "owner@example.com"]}}]}]}
    book.unprotect(book.protect("A1:C9"))
    book.protect("A1:C9")
    book.type("A1", "the owner may")
    book.insert_rows(2)


def test_who_may_edit_is_not_told_to_those_who_may_not(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.editors: "This field is only visible to users with edit access to the protected range"."""
    book.protect("B1:B4")
    [item] = client.get(book.id, fields="sheets.protectedRanges")["sheets"][0]["protectedRanges"]
    assert set(item) == {"protectedRangeId", "range"}


def test_only_an_editor_of_it_takes_protection_away(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.requestingUserCanEdit: "True if the user who requested this protected range can edit …"."""
    protected_id = book.protect("B1:B4")
    assert PROTECTED in client.refused(book.id, {"deleteProtectedRange": {"protectedRangeId": protected_id}})
    narrower = {"protectedRangeId": protected_id, "range": book.grid_range("Z9")}
    assert PROTECTED in client.refused(book.id, {"updateProtectedRange": {"protectedRange": narrower, "fields": "range"}})
    [reply] = client.batch(book.id, {"addProtectedRange": {"protectedRange": {"range": book.grid_range("C1:C4")}}})["replies"]
    mine = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    client.batch(book.id, {"deleteProtectedRange": {"protectedRangeId": mine}})


def test_a_warning_stops_nobody(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.warningOnly: "every user can edit data in the protected range, except editing will prompt a warning"."""
    book.protect("B1:B4", warning=True)
    client.batch(book.id, write(1, 1))


def test_a_protected_tab_leaves_free_ranges_open(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.unprotectedRanges."""
    book.protect(free=["D1:H1000"])
    assert PROTECTED in client.refused(book.id, write(1, 0))
    client.batch(book.id, write(1, 4))
    assert PROTECTED in client.refused(book.id, {"sortRange": {"range": {"sheetId": 0}, "sortSpecs": [{"dimensionIndex": 0}]}})
    assert PROTECTED in client.refused(book.id, {"deleteDimension": {"range": lines("ROWS", 1, 2)}})


# tables

TYPES = {"No": "DOUBLE"}


def test_a_table_takes_its_columns_from_the_header(client: Client, book: Book) -> None:
    """https://developers.google.com/workspace/sheets/api/guides/tables; REFERENCE, Table."""
    table_id = book.make_table("A1:D4", types=TYPES)
    [table] = client.get(book.id, fields="sheets.tables")["sheets"][0]["tables"]
    assert table["tableId"] == table_id
    assert table["range"] == {"startRowIndex": 0, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 4}
    assert table["columnProperties"] == [
        {"columnName": "Name"}, {"columnIndex": 1, "columnName": "City"}, {"columnIndex": 2, "columnName": "No", "columnType": "DOUBLE"},
        {"columnIndex": 3, "columnName": "Column 4"}]
    assert book.value("D1") == "Column 4"


def test_a_table_is_extended_by_updating_its_range(client: Client, book: Book) -> None:
    """REFERENCE, UpdateTableRequest; SECTION 4: "new columns go right of it, updateTable extends its range"."""
    table_id = book.make_table("A1:C4")
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 4}
    client.batch(book.id, write(0, 3, "↻ Status"), {"updateTable": {"table": {"tableId": table_id, "range": area}, "fields": "range"}})
    [table] = client.get(book.id, fields="sheets.tables")["sheets"][0]["tables"]
    assert table["range"]["endColumnIndex"] == 4
    assert [column["columnName"] for column in table["columnProperties"]] == ["Name", "City", "No", "↻ Status"]


def test_a_number_format_on_a_typed_column_is_refused(client: Client, book: Book) -> None:
    """SECTION 4, "a DATE number format only where … no typed Table column forbids it"; SECTION 7. Unsure: Google's exact words."""
    book.make_table("A1:C4", types=TYPES)
    look = {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}}

    def dated(row: int, column: int) -> JSON:
        return {"updateCells": {"start": {"sheetId": 0, "rowIndex": row, "columnIndex": column}, "rows": [{"values": [look]}],
                                "fields": "userEnteredFormat.numberFormat"}}

    assert "typed columns" in client.refused(book.id, dated(1, 2))
    client.batch(book.id, dated(1, 1), dated(4, 2))  # an untyped column, and below the table


def test_tables_do_not_overlap_and_names_are_unique(client: Client, book: Book) -> None:
    """REFERENCE, Table.name: "This is unique to all tables in the same spreadsheet."."""
    book.make_table("A1:B4", "One")
    add = {"addTable": {"table": {"name": "One", "range": book.grid_range("E1:F4")}}}
    assert "already exists" in client.refused(book.id, add)
    assert "overlap" in client.refused(book.id, {"addTable": {"table": {"name": "Two", "range": book.grid_range("B1:C4")}}})


def test_cells_appended_to_a_table_make_it_longer(client: Client, book: Book) -> None:
    """REFERENCE, AppendCellsRequest.tableId: "The data will be only appended to the table body."."""
    table_id = book.make_table("A1:C4")
    book.type("A9", "far below")
    cells = {"tableId": table_id, "rows": [{"values": [{"userEnteredValue": {"stringValue": "Di"}}]}], "fields": "userEnteredValue"}
    client.batch(book.id, {"appendCells": cells})
    assert book.value("A5") == "Di"
    assert client.get(book.id, fields="sheets.tables.range")["sheets"][0]["tables"][0]["range"]["endRowIndex"] == 5


def test_a_deleted_table_takes_its_cells_along(client: Client, book: Book) -> None:
    """https://developers.google.com/workspace/sheets/api/guides/tables, on deleting a table and its contents."""
    table_id = book.make_table("A1:B4")
    client.batch(book.id, {"deleteTable": {"tableId": table_id}})
    assert book.values() == [[None, None, "No"], [None, None, 1], [None, None, 2], [None, None, 3]]


# tabs

def test_tabs_are_copied_with_everything_on_them(client: Client, book: Book) -> None:
    """REFERENCE, DuplicateSheetRequest."""
    book.protect("B1:B4")
    book.merge("A2:A3")
    [reply] = client.batch(book.id, {"duplicateSheet": {"sourceSheetId": 0, "insertSheetIndex": 1}})["replies"]
    copy = reply["duplicateSheet"]["properties"]
    assert (copy["title"], copy["index"]) == ("Copy of Sheet1", 1)
    assert book.tab("Copy of Sheet1").values() == book.values()
    sheets = client.get(book.id, fields="sheets(merges,protectedRanges.range)")["sheets"]
    assert sheets[1]["merges"] == [{"sheetId": copy["sheetId"], **sheets[0]["merges"][0]}]
    book.tab("Copy of Sheet1").type("A1", "changed")
    assert book.value("A1") == "Name"


def test_a_named_range_and_a_table_can_be_protected(client: Client, book: Book) -> None:
    """REFERENCE, ProtectedRange.namedRangeId and tableId: "the named range this protected range is backed by"."""
    table_id = book.make_table("A1:C4")
    book.do({"addProtectedRange": {"protectedRange": {"tableId": table_id}}})
    assert PROTECTED in client.refused(book.id, write(3, 2))
    client.batch(book.id, write(3, 3))


# conditional formats

def test_a_conditional_format_shows_in_the_effective_format_alone(client: Client, book: Book) -> None:
    """REFERENCE, CellData.effectiveFormat: "This includes the results of applying any conditional formatting"."""
    red = {"backgroundColorStyle": {"rgbColor": {"red": 1}}}
    book.colour_rule("A1:A4", "ada", red)
    fields = "sheets.data.rowData.values(userEnteredFormat,effectiveFormat.backgroundColorStyle)"
    [data] = client.get(book.id, ranges="A1:A4", fields=fields)["sheets"][0]["data"]
    [(heading,), (ada,), *_] = [row["values"] for row in data["rowData"]]
    assert ada == {"effectiveFormat": red}
    assert heading["effectiveFormat"]["backgroundColorStyle"]["rgbColor"] == {"red": 1, "green": 1, "blue": 1}
    book.type("A2", "Eve")
    assert book.cell("A2")["effectiveFormat"]["backgroundColorStyle"]["rgbColor"] == {"red": 1, "green": 1, "blue": 1}


# tables and columns

def columns_of(client: Client, book: Book) -> list[tuple[str, str | None]]:
    """(name, type) of each column of the first table, from the left."""
    [table] = client.get(book.id, fields="sheets.tables.columnProperties")["sheets"][0]["tables"]
    assert [column.get("columnIndex", 0) for column in table["columnProperties"]] == list(range(len(table["columnProperties"])))
    return [(column["columnName"], column.get("columnType")) for column in table["columnProperties"]]


def test_a_tables_columns_keep_their_types_when_columns_move(client: Client, book: Book) -> None:
    """REFERENCE, TableColumnProperties.columnIndex: "relative to its position in the table"; a new column is called "Column 2"."""
    book.make_table("A1:C4", types=TYPES)
    book.insert_columns("A")
    assert columns_of(client, book) == [("Name", None), ("City", None), ("No", "DOUBLE")]
    book.insert_columns("C")
    assert columns_of(client, book) == [("Name", None), ("Column 2", None), ("City", None), ("No", "DOUBLE")]
    assert book.value("C1") == "Column 2"
    book.move_columns("E", before="A")
    assert [column for column in columns_of(client, book) if column[1]] == []  # it left the table
    book.delete_columns("D")
    assert columns_of(client, book) == [("Name", None), ("City", None)]


def test_a_tables_columns_change_places(client: Client, book: Book) -> None:
    book.make_table("A1:C4", types=TYPES)
    book.move_columns("B", before="D")
    assert columns_of(client, book) == [("Name", None), ("No", "DOUBLE"), ("City", None)]


def test_a_tables_column_is_called_what_its_header_says(client: Client, book: Book) -> None:
    """https://support.google.com/docs/answer/14239833: the header row names the columns."""
    book.make_table("A1:C4")
    book.type("B1", "Town")
    assert columns_of(client, book)[1] == ("Town", None)


def test_part_of_a_merge_does_not_move(client: Client, book: Book) -> None:
    """What the browser refuses, in words of our own."""
    book.merge("A2:A3")
    move = {"moveDimension": {"source": lines("ROWS", 2, 3), "destinationIndex": 0}}
    assert "part of a merged cell" in client.refused(book.id, move)
    into = {"moveDimension": {"source": lines("ROWS", 3, 4), "destinationIndex": 2}}
    assert "part of a merged cell" in client.refused(book.id, into)
    book.move_rows(2, 2, before=6)
