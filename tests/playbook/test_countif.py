"""Forms of a criterion that owners bring from COUNTIF, as TOML holds them (PLAYBOOK.md section 3, Criteria)."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.model import Cell, ColumnType
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.criteria import parse_criterion
from sheetsync.playbook.faults import Fault
from tests.playbook.rows import plan, playbook
from tests.tables import read_cell

TODAY = date(2026, 11, 20)  # a Friday


def counted(toml: str, cells: str, kind: ColumnType = "text") -> list[Cell]:
    """Those of the cells (with | between them) that `when = { C = … }` takes."""
    book = playbook(f'[rules."R"]\nwhen = {{ C = {toml} }}\ndue = "on D"\nstep = "x"')
    fits = book.rules[0].when["C"].test(kind, TODAY, Calendar())
    return [cell for cell in map(read_cell, cells.split("|")) if fits(cell)]


# ---- What TOML may hold --------------------------------------------------------------------------------------


def test_numbers_truths_and_dates_of_toml_are_criteria() -> None:
    assert counted("5", '5 | "5" | 6') == [5, "5"]
    assert counted("2.5", "2.5 | 2 | 25") == [2.5]
    assert counted("2026-01-05", "2026-01-05 | 2026-01-06") == [date(2026, 1, 5)]
    assert counted('["A", 7]', "a | 7 | B") == ["a", 7]


@pytest.mark.parametrize("number", ["1234567", "0.1234567", "12345678901", "-1000001"])
def test_a_number_of_many_digits_keeps_them_all(number: str) -> None:
    assert counted(number, f"{number} | 1") == [read_cell(number)]


def test_a_ticked_box_is_true() -> None:
    """A check box holds TRUE or FALSE, and that is what an owner types into COUNTIF."""
    assert counted("true", "TRUE | FALSE |") == [True]
    assert counted('"TRUE"', "TRUE | FALSE |") == [True]
    assert counted('"FALSE"', "TRUE | FALSE |") == [False]
    assert counted('"<>TRUE"', "TRUE | FALSE") == [False]


# ---- Text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["2 weeks", "1 month", "90 days"])
def test_a_length_of_time_may_be_a_plain_word_of_a_column(word: str) -> None:
    """`Cadence = "2 weeks"` is equality, as with any other word."""
    assert counted(f'"{word}"', f"{word} | 3 weeks") == [word]
    assert counted(f'"<>{word}"', f"{word} | 3 weeks") == ["3 weeks"]


@pytest.mark.parametrize("word", ["Monday 2 pm", "Today 5 boxes"])
def test_a_word_before_a_number_may_be_a_plain_word_of_a_column(word: str) -> None:
    assert counted(f'"{word}"', f"{word} | Friday 3 pm") == [word]


def test_equality_ignores_case_and_outer_spaces_on_both_sides() -> None:
    assert counted('"  customer "', 'Customer | " CUSTOMER " | Customers') == ["Customer", " CUSTOMER "]
    assert counted('"= customer"', "Customer") == ["Customer"]
    assert counted('"STRASSE"', "straße") == ["straße"]


@pytest.mark.parametrize(
    ("pattern", "cells", "expected"),
    [
        ("*", 'a | "" | " "', ["a"]),
        ("a*c", "abc | ac | a c | abcd", ["abc", "ac", "a c"]),
        ("=a?", "ab | a | abc", ["ab"]),
        ("*~?", "really? | really", ["really?"]),
        ("a~b", "a~b | ab", ["a~b"]),
        ("a~", "a~ | a", ["a~"]),
        ("~~*", "~x | x", ["~x"]),
        ("[ab]*", "[ab]c | a", ["[ab]c"]),
        ("a.*", "a.b | ab", ["a.b"]),
        ("<>*ltd*", "Acme Ltd. | Acme", ["Acme"]),
        ("a\\\\*", "a\\b | ab", ["a\\b"]),
    ],
)
def test_wildcards_and_nothing_else_are_special(pattern: str, cells: str, expected: list[str]) -> None:
    assert counted(f'"{pattern}"', cells) == expected


@given(st.text("abÄ*?~ .[]\\(+", min_size=1).filter(lambda text: text.strip() != ""))
def test_a_text_whose_special_characters_are_escaped_is_equal_to_itself_alone(text: str) -> None:
    escaped = text.replace("~", "~~").replace("*", "~*").replace("?", "~?")
    fits = parse_criterion("=" + escaped).test("name", TODAY, Calendar())
    assert fits(text)
    assert not fits(text.strip() + "x")


# ---- Dates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [">=1 Jan 2026", ">=2026/01/01", ">=January 1, 2026", ">=2026-1-1"])
def test_a_date_that_is_certain_is_a_date_however_it_is_written(text: str) -> None:
    assert counted(f'"{text}"', "2025-12-31 | 2026-01-01") == [date(2026, 1, 1)]


@pytest.mark.parametrize(
    ("criterion", "first", "last"),
    [
        (">today - 1 day", "2026-11-20", None),
        (">=today-2 weeks", "2026-11-06", None),
        (">= TODAY - 1 Month", "2026-10-20", None),
        (">=today - 1 quarter", "2026-08-20", None),
        (">=today - 1 year", "2025-11-20", None),
        (">=today - 2 business days", "2026-11-18", None),
        ("<=today + 1 business day", None, "2026-11-23"),
        ("<=today + 1 day", None, "2026-11-21"),  # a Saturday: it doesn't roll
        ("<today", None, "2026-11-19"),
        ("today", "2026-11-20", "2026-11-20"),
        ("=today", "2026-11-20", "2026-11-20"),
    ],
)
def test_dates_from_today_in_every_unit(criterion: str, first: str | None, last: str | None) -> None:
    fits = parse_criterion(criterion).test("date", TODAY, Calendar())
    days = [date.fromordinal(TODAY.toordinal() + n) for n in range(-400, 400)]
    taken = [day for day in days if fits(day)]
    assert taken[0].isoformat() == (first or days[0].isoformat())
    assert taken[-1].isoformat() == (last or days[-1].isoformat())
    assert len(taken) == (taken[-1] - taken[0]).days + 1
    assert not fits(None)


def test_dates_from_today_clamp_to_the_months_end() -> None:
    fits = parse_criterion("=today + 1 month").test("date", date(2026, 1, 31), Calendar())
    assert fits(date(2026, 2, 28))


def test_a_moment_within_a_day_is_after_its_beginning() -> None:
    fits = parse_criterion(">2026-01-05").test("text", TODAY, Calendar())
    assert [fits(datetime(2026, 1, 5, 12)), fits(date(2026, 1, 5)), fits(datetime(2026, 1, 4, 23))] == [True, False, False]


def test_not_a_date_is_also_what_is_blank_or_no_date() -> None:
    fits = parse_criterion("<>2026-01-05").test("text", TODAY, Calendar())
    assert [fits(date(2026, 1, 5)), fits(date(2026, 1, 6)), fits(None), fits("x")] == [False, True, True, True]


# ---- Any of, all of ------------------------------------------------------------------------------------------


def test_criteria_on_several_columns_are_all_of_and_each_list_any_of() -> None:
    toml = '[rules."R"]\nwhen = { Tier = ["A", "B"], City = ["Rome", "="], Spent = ">100" }\ndue = "on Last contact"\nstep = "x"'
    table = """Name | Last contact | Tier | City | Spent
        1 | 2026-11-20 | a | Rome | 101
        2 | 2026-11-20 | B |      | 500
        3 | 2026-11-20 | B | Oslo | 500
        4 | 2026-11-20 | C | Rome | 500
        5 | 2026-11-20 | A | Rome | 100"""
    assert [f.customer for f in plan(playbook(toml), table, "2026-11-20") if f.rule == "R"] == ["1", "2"]


# ---- What is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('">=2026-13-01"', "no date that exists"),
        ('">=03/04/2026"', "year-month-day"),
        ('"<90 days"', '"<today - 90 days"'),
        ('"<today 90 days"', '"<today - 90 days"'),
        ('"<toady - 90 days"', '"<today - 90 days"'),
        ('"=<5"', '"<=5"'),
        ('"≠closed"', '"<>closed"'),
        ('""', '"="'),
        ("[]", '"="'),
        ('["A", "=>5"]', '">=5"'),
        ("{ a = 1 }", "text"),
    ],
)
def test_a_wrong_criterion_is_refused_with_its_place_and_the_nearest_right_text(toml: str, words: str) -> None:
    with pytest.raises(Fault) as caught:
        counted(toml, "x")
    assert caught.value.path[:3] == ("rules", "R", "when")
    assert words in caught.value.sentence
