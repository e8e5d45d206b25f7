"""What every status cell should say (DESIGN.md sections 2 and 6)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.header import read_table
from sheetsync.core.model import BAD, DUE, MUTED, NEUTRAL, PLAIN, Column, Customers, Desired, FollowUp, Problem, StatusSettings
from sheetsync.core.plan import MAX_CELL_TEXT, clean, plan, problem_cells
from sheetsync.core.validate import see_customers
from tests.tables import read_table_text

COLUMNS = (Column("Name"), Column("Email"))


def customers(text: str = "Name | Email\nNg |\n | \nLee |") -> Customers:
    table = read_table(
        [tuple(row) for row in read_table_text(text)], source="s", sheet="t", columns=COLUMNS, key=("Name",), status=StatusSettings()
    )
    return see_customers(table, COLUMNS, ("Name",), StatusSettings())


def follow_up(row: int, name: str, status: str = "Due", step: str = "Call", why: str = "Because") -> FollowUp:
    return FollowUp(row, name, status, date(2026, 11, 20), step, "R", why)


def planned(status: StatusSettings | None = None, *, step: str = "Call", word: str = "Due", problems: tuple[Problem, ...] = ()) -> Desired:
    return plan(customers(), [follow_up(2, "Ng", word, step), follow_up(4, "Lee", word, step)], problems, status or StatusSettings())


def test_rows_that_are_no_customers_hold_nothing() -> None:
    desired = planned()
    assert list(desired.values["↻ Status"]) == ["Due", None, "Due"]
    assert list(desired.values["↻ Next follow-up"]) == [date(2026, 11, 20), None, date(2026, 11, 20)]
    assert list(desired.styles["↻ Status"]) == [DUE, PLAIN, DUE]


def test_the_five_columns_stand_in_their_order() -> None:
    assert planned().headers == ("↻ Status", "↻ Next follow-up", "↻ Next step", "↻ Why", "↻ Problems")


def test_columns_that_the_settings_leave_out_are_left_out() -> None:
    desired = planned(StatusSettings(columns=("Status", "Next step")))
    assert desired.headers == ("↻ Status", "↻ Next step")
    assert set(desired.values) == set(desired.styles) == set(desired.headers)


def test_words_mark_and_colours_are_the_owners() -> None:
    desired = planned(StatusSettings(mark="# ", names={"Due": "Fällig", "Why": "Grund"}, colours={"Due": BAD}))
    assert "# Grund" in desired.headers
    assert list(desired.values["# Status"]) == ["Fällig", None, "Fällig"]
    assert desired.styles["# Status"][0] == BAD


def test_a_quiet_reason_is_muted() -> None:
    assert planned(word="Paused").styles["↻ Status"][0] == MUTED


# ---- Problems ------------------------------------------------------------------------------------------------


def problem(message: str, severity: str = "error", index: int = 0, column: str = "Email", suggestion: str = "") -> Problem:
    return Problem(2, column, "c", severity, message, suggestion, index)  # type: ignore[arg-type]


def test_a_problem_is_said_with_column_and_remedy_and_is_coloured() -> None:
    desired = planned(problems=(problem("is odd", suggestion="Mend it."),))
    assert list(desired.values["↻ Problems"]) == ["Email: is odd. Mend it.", None, None]
    assert desired.styles["↻ Problems"][:2] == [BAD, PLAIN]


def test_errors_stand_before_warnings_and_colour_the_cell() -> None:
    text, style = problem_cells(customers(), [problem("is late", "warning"), problem("is wrong")])[0]
    assert text.index("is wrong") < text.index("is late")
    assert style == BAD
    assert problem_cells(customers(), [problem("is late", "warning")])[0][1] == NEUTRAL


def test_what_does_not_fit_is_counted() -> None:
    text, _ = problem_cells(customers(), [problem(f"is wrong in way {n}") for n in range(7)])[0]
    assert text.endswith("and 4 more")


def test_a_problem_of_the_whole_run_is_in_no_cell() -> None:
    assert problem_cells(customers(), [problem("x", index=-1)]) == {}


# ---- Cells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Call Ng", "Call Ng"),
        ("a\nb", "a b"),
        ("a\r\n\tb", "a b"),
        ("a\x00b\x07c\x1fd", "a b c d"),
        ("a\x7fb\x85c", "a b c"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\ufffeb\uffffc\ud800d", "a b c d"),
        ("  a  b ", "a b"),
        ("\x0b", None),
        ("", None),
        ("   ", None),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner within a Persian word
        ("👩\u200d👧", "👩\u200d👧"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_text_becomes_what_one_cell_holds(text: str, cell: str | None) -> None:
    assert clean(text) == cell


def test_a_text_of_32767_characters_fits_and_a_longer_one_is_cut_with_a_sign() -> None:
    assert clean("x" * 32_767) == "x" * 32_767
    cut = clean("x" * 32_768)
    assert cut is not None
    assert (len(cut), cut[-1]) == (32_767, "…")


def test_characters_are_counted_as_excel_counts_them() -> None:
    """Excel's 32,767 are UTF-16 units: an emoji is two of them. A longer text makes Excel repair the workbook."""
    cut = clean("😀" * 20_000)
    assert cut is not None
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767


@given(st.text(max_size=60))
def test_a_cleaned_text_cleans_to_itself(text: str) -> None:
    once = clean(text)
    assert once is None or clean(once) == once


@given(st.text(st.characters(codec=None), max_size=40))
def test_a_cleaned_text_can_be_stored_in_xml(text: str) -> None:
    cell = clean(text)
    if cell is not None:
        cell.encode("utf-8")
        assert not any(ord(character) < 32 or character in "\ufffe\uffff" for character in cell)


def test_steps_and_whys_are_cleaned_and_cut() -> None:
    desired = planned(step="Call\nNg" + "!" * MAX_CELL_TEXT)
    cell = desired.values["↻ Next step"][0]
    assert isinstance(cell, str)
    assert cell.startswith("Call Ng!")
    assert len(cell) == MAX_CELL_TEXT
