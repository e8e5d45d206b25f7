"""References in formulas follow their cells, and step along with a copied or sorted formula."""

from __future__ import annotations

import pytest

from tests.sheets_emulator import Emulator, Formula
from tests.sheets_emulator.a1 import COLUMNS, ROWS
from tests.sheets_emulator.client import Client
from tests.sheets_emulator.formulas import followed, stepped


@pytest.mark.parametrize(("formula", "expected"), [
    ("=B2+30", "=B4+30"), ("=$B$2&b3", "=$B$4&B5"), ("=A1", "=A1"), ("=SUM(A1:A9)", "=SUM(A1:A11)"), ("=SUM(A:A)", "=SUM(A:A)"),
    ("=SUM(2:3)", "=SUM(4:5)"), ('=IF(B2="B2","B2",LOG10(5))', '=IF(B4="B2","B2",LOG10(5))'), ("=Other!B2", "=Other!B2"),
    ("='My tab'!B2", "='My tab'!B4"), ("=Rate2*2", "=Rate2*2"), ("=1E5", "=1E5"),
])
def test_references_follow_inserted_rows(formula: str, expected: str) -> None:
    assert followed(formula, "My tab", "My tab", lambda area: area.inserted(ROWS, 1, 2)) == expected


def test_references_to_what_is_gone_are_errors() -> None:
    assert followed("=B2+C2", "T", "T", lambda area: area.deleted(COLUMNS, 1, 2)) == "=#REF!+B2"
    assert followed("=SUM(A2:A9)", "T", "T", lambda area: area.deleted(ROWS, 0, 3)) == "=SUM(A1:A6)"
    assert followed("=A5", "T", "T", lambda area: area.moved(ROWS, 4, 5, 1)) == "=A2"


@pytest.mark.parametrize(("formula", "expected"), [
    ("=B2+30", "=C4+30"), ("=$B2", "=$B4"), ("=B$2", "=C$2"), ("=$B$2", "=$B$2"), ("=SUM(A:$A)", "=SUM(B:$A)"), ("=T!A1", "=T!B3"),
])
def test_references_step_along_with_a_copy(formula: str, expected: str) -> None:
    assert stepped(formula, 2, 1) == expected
    assert stepped("=A1", -1, 0) == "=#REF!"


def test_formulas_stay_right_when_the_owner_inserts_and_sorts(google: Emulator, client: Client) -> None:
    """https://support.google.com/docs/answer/3540681 and everyday use: a formula of its own row is one after a sort."""
    book = google.book(rows=[["Name", "Paid", "Double"], ["Bob", 2, Formula("=B2*2", 4)], ["Ada", 1, Formula("=B3*2", 2)]])
    book.sort("Name")
    assert client.get(f"{book.id}/values/C2:C3", valueRenderOption="FORMULA")["values"] == [["=B2*2"], ["=B3*2"]]
    assert book.values()[1:] == [["Ada", 1, 2], ["Bob", 2, 4]]
    other = book.add_tab("Sums", [[Formula("=SUM(Sheet1!B2:B3)", 3)]])
    book.insert_rows(2)
    book.insert_columns("A")
    assert other.cell("A1")["userEnteredValue"] == {"formulaValue": "=SUM(Sheet1!C3:C4)"}
    assert book.cell("D3")["userEnteredValue"] == {"formulaValue": "=C3*2"}


def test_a_repeated_formula_steps_along(google: Emulator, client: Client) -> None:
    """REFERENCE, RepeatCellRequest: "the formula's ranges will automatically increment for each field in the range"."""
    book = google.book()
    client.batch(book.id, {"repeatCell": {"range": book.grid_range("B2:C3"), "cell": {"userEnteredValue": {"formulaValue": "=A1"}},
                                          "fields": "userEnteredValue"}})
    found = client.get(f"{book.id}/values/B2:C3", valueRenderOption="FORMULA")["values"]
    assert found == [["=A1", "=B1"], ["=A2", "=B2"]]


def test_titles_with_slashes_can_be_read(google: Emulator, client: Client) -> None:
    book = google.book(rows=[["x"]], tab="2025/26")
    assert client.get(f"{book.id}/values/'2025/26'!A1:B2")["range"] == "'2025/26'!A1:B2"
