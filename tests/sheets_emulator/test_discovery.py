"""A request that Google's own description doesn't allow is refused, and makes the test that sent it fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_emulator import Emulator
from tests.sheets_emulator.client import Client
from tests.sheets_emulator.discovery import MASKED, ONE_OF, check_message, distinct, document, methods

JSON = dict[str, Any]

START = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
CELL = {"userEnteredValue": {"stringValue": "x"}}


def cells(**fields: Any) -> JSON:
    return {"updateCells": {"start": START, "fields": "userEnteredValue", "rows": [{"values": [CELL]}], **fields}}


BAD_BATCHES: list[tuple[JSON, str]] = [
    (cells(row=[]), "'row' was unexpected"),
    (cells(rows=[{"values": [{"userEnteredvalue": {}}]}]), "'userEnteredvalue' was unexpected"),
    (cells(rows=[{"values": [{"userEnteredValue": {"numberValue": "1"}}]}]), "'1' is not of type 'number'"),
    (cells(rows=[{"values": [{"userEnteredValue": {"stringValue": 1}}]}]), "1 is not of type 'string'"),
    (cells(start={**START, "rowIndex": 2**31}), "greater than the maximum"),
    (cells(start={**START, "rowIndex": 1.5}), "is not of type 'integer'"),
    (cells(rows=[{"values": [{"userEnteredFormat": {"horizontalAlignment": "MIDDLE"}}]}]), "is not one of"),
    (cells(range={"sheetId": 0}), "only one of range, start may be set"),
    (cells(rows=[{"values": [{"userEnteredValue": {"stringValue": "x", "numberValue": 1}}]}]), "only one of numberValue, stringValue"),
    (cells(fields="userEnteredFormat.colour"), "Cannot find matching fields for path 'userEnteredFormat.colour'"),
    (cells(fields="row.values"), "Cannot find matching fields for path 'row'"),
    (cells(fields="userEnteredValue("), "A name is missing"),
    (cells(fields="note.text"), "nothing can be picked below 'note'"),
    ({**cells(), "addSheet": {}}, "exactly one kind of request must be set, not 2"),
    ({}, "exactly one kind of request must be set, not 0"),
    ({"updateCell": {}}, "'updateCell' was unexpected"),
    ({"updateSheetProperties": {"properties": {"name": "x"}, "fields": "title"}}, "'name' was unexpected"),
    ({"updateSheetProperties": {"properties": {}, "fields": "properties.title"}}, "for path 'properties'"),
    ({"mergeCells": {"range": {}, "mergeType": "MERGE_EVERYTHING"}}, "is not one of"),
]


@pytest.mark.parametrize(("request_", "sentence"), BAD_BATCHES)
def test_a_batch_that_breaks_the_description_is_refused_and_noted(
    google: Emulator, client: Client, request_: JSON, sentence: str,
) -> None:
    book = google.book(rows=[["Name"]])
    message = client.refused(book.id, request_)
    assert sentence in message
    [noted] = google.forgive()
    assert sentence in noted
    assert book.values() == [["Name"]]


@pytest.mark.parametrize(("method", "path", "query", "sentence"), [
    ("GET", "{id}", {"field": "*"}, "has no query parameter 'field'"),
    ("GET", "{id}", {"fields": "sheets.cells"}, "Cannot find matching fields for path 'sheets.cells'"),
    ("GET", "{id}", {"fields": "sheets(data"}, "parenthesis is not closed"),
    ("GET", "{id}", {"includeGridData": "yes"}, "no boolean"),
    ("GET", "{id}", {"fields": ["sheets", "properties"]}, "given twice"),
    ("GET", "{id}/values/A1", {"majorDimension": "ROW"}, "none of"),
    ("GET", "{id}/value/A1", {}, "No method of the Sheets API"),
    ("DELETE", "{id}", {}, "No method of the Sheets API"),
    ("PUT", "{id}/values/A1", {"valueInputOption": "raw"}, "none of"),
])
def test_paths_and_parameters_are_held_to_the_description(
    google: Emulator, client: Client, method: str, path: str, query: JSON, sentence: str,
) -> None:
    book = google.book()
    status, found = client.send(method, path.format(id=book.id), **query)
    assert status == 400
    assert sentence in found["error"]["message"]
    assert sentence in google.forgive()[0]


def test_a_body_that_is_no_json_is_refused(google: Emulator, client: Client) -> None:
    book = google.book()
    assert client.raw("POST", f"/v4/spreadsheets/{book.id}:batchUpdate", b"{")[0] == 400
    assert "no JSON" in google.forgive()[0]


def one_batch(request_: JSON, trouble: Exception | None = None) -> None:
    """A test of somebody's that sends one batch."""
    with Emulator() as google:
        book = google.book()
        with Client(google) as client:
            client.try_batch(book.id, request_)
        if trouble is not None:
            raise trouble


def test_leaving_raises_for_what_was_not_forgiven() -> None:
    with pytest.raises(AssertionError, match=r"does not allow what was sent:\n.*'row' was unexpected"):
        one_batch(cells(row=[]))


def test_leaving_raises_where_the_emulator_itself_can_not_answer() -> None:
    with pytest.raises(AssertionError, match="doesn't know the request deleteEmbeddedObject"):
        one_batch({"deleteEmbeddedObject": {"objectId": 1}})


def test_another_failure_is_not_hidden_by_a_violation() -> None:
    with pytest.raises(ZeroDivisionError):
        one_batch(cells(row=[]), ZeroDivisionError())


def test_null_is_an_unset_field(google: Emulator, client: Client) -> None:
    """Recorded: gspread sends "description": null and "majorDimension": null, and Google takes it."""
    book = google.book()
    client.batch(book.id, {**cells(), "addSheet": None})
    assert book.value("A1") == "x"


def test_long_lists_are_checked_once_a_shape() -> None:
    """Ten thousand rows are checked in a moment, and the one that is wrong is still found."""
    good = [{"values": [{"userEnteredValue": {"stringValue": f"row {n}"}}]} for n in range(10_000)]
    body = {"requests": [cells(rows=good)]}
    assert len(distinct(body)["requests"][0]["updateCells"]["rows"]) == 1
    check_message(body, "BatchUpdateSpreadsheetRequest")
    for wrong in ({"userEnteredValue": {"stringValue": 5}}, {"userEnteredValue": {"stringValu": "x"}},
                  {"userEnteredFormat": {"wrapStrategy": "NEVER"}}):
        body = {"requests": [cells(rows=[*good[:7000], {"values": [CELL, wrong]}, *good[7000:]])]}
        with pytest.raises(Exception, match=r"is not of type|was unexpected|is not one of"):
            check_message(body, "BatchUpdateSpreadsheetRequest")


def test_every_name_in_our_own_lists_is_one_of_googles() -> None:
    schemas = document()["schemas"]
    for name, groups in ONE_OF.items():
        assert {field for group in groups for field in group} <= set(schemas[name]["properties"]), name
    for name, masked in MASKED.items():
        assert schemas[name]["properties"]["fields"]["format"] == "google-fieldmask"
        assert masked in schemas
    assert len(methods()) == 17
