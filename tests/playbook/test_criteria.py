"""Criteria are what COUNTIF takes (PLAYBOOK.md section 3, Criteria)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sheetsync.core.model import ColumnType, Fault
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.criteria import parse_criteria, parse_criterion

TODAY = date(2026, 11, 20)
D = date.fromisoformat


def fits(criterion: str | list[str], value: Any, kind: ColumnType = "text") -> bool:
    texts = criterion if isinstance(criterion, list) else [criterion]
    return parse_criteria(texts).test(kind, TODAY, Calendar())(value)


@pytest.mark.parametrize(
    ("criterion", "yes", "no"),
    [
        ("Customer", ["Customer", "customer", " CUSTOMER "], ["Customers", "", None, 1.0]),
        ("Acme*", ["Acme", "acme Ltd"], ["The Acme", None]),
        ("*acme", ["The ACME"], ["Acme Ltd"]),
        ("?", ["A", "b"], ["", "AB", None]),
        ("~*", ["*"], ["A"]),
        ("a~?", ["a?"], ["ab"]),
        ("~~x", ["~x"], ["x"]),
        ("a.c", ["a.c"], ["abc"]),
        ("<>closed", ["open", "", None, 5.0], ["Closed", "closed "]),
        ("<>a*", ["b", None], ["Apple"]),
        (">0", [1.0, "2", 0.5], [0.0, "0", "x", None, -1.0, "", True]),
        ("<=5", [5.0, "5", -3.0], [5.1, None, "five"]),
        ("=5", [5.0, "5", "5.0"], ["five", None, 4.0]),
        ("5", [5.0, "5"], ["55"]),
        ("<>5", [4.0, "x", None], [5.0, "5"]),
        ("=", [None, "", "  "], ["x", 0.0, False]),
        ("<>", ["x", 0.0, D("2026-01-01")], [None, "", "   "]),
        (">=2026-01-01", [D("2026-01-01"), D("2027-01-01")], [D("2025-12-31"), None, "2026-02-01", 99999.0]),
        ("=2026-01-01", [D("2026-01-01")], [D("2026-01-02"), None]),
        ("<today - 90 days", [D("2026-08-21")], [D("2026-08-22"), None]),
        ("<=today + 2 months", [D("2027-01-20")], [D("2027-01-21")]),
        ("today", [D("2026-11-20")], [D("2026-11-21"), None, "today"]),
        (">today", [D("2026-11-21")], [D("2026-11-20")]),
        (">= today - 1 week", [D("2026-11-13")], [D("2026-11-12")]),
        ("=today + 1 day", [D("2026-11-21")], [D("2026-11-20")]),
        (">m", ["n", "Zebra"], ["a", None, 5.0]),
        (["A", "B"], ["a", "B"], ["C", None]),
        (["=", "no*"], [None, "nope"], ["yes"]),
    ],
)
def test_a_criterion_fits_what_countif_would_count(criterion: str | list[str], yes: list[Any], no: list[Any]) -> None:
    assert [value for value in yes if not fits(criterion, value)] == []
    assert [value for value in no if fits(criterion, value)] == []


def test_dates_from_today_never_roll() -> None:
    assert fits("=today - 6 days", D("2026-11-14"))  # a Saturday


@pytest.mark.parametrize(("criterion", "value"), [("no", "no"), ("FALSE", "no"), ("x", "yes"), ("1", "yes"), ("<>yes", "no")])
def test_yes_and_no_are_one_word_each(criterion: str, value: str) -> None:
    assert fits(criterion, value, "yes-no")


def test_what_cannot_be_read_fits_its_own_words_only() -> None:
    fault = Fault("03/04/2026", "date", "could be two")
    assert fits("<>", fault)
    assert fits("03/04*", fault)
    assert not any(fits(text, fault, "date") for text in ("=", ">2020-01-01", "<>2020-01-01", "<today", ">0", "<>0"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("=>5", 'did you mean ">=5"?'),
        ("!=closed", 'did you mean "<>closed"?'),
        ("==x", 'did you mean "=x"?'),
        (">", "compares with nothing"),
        ("", 'write "=" for blank'),
        ("<tody - 90 days", 'did you mean "<today - 90 days"?'),
        ("<today - 90 dayz", "90 days"),
        (">=2026-02-30", "is no date that exists"),
        ("<3/4/2026", "year-month-day"),
        ("<90 days", 'did you mean "<today - 90 days"?'),
    ],
)
def test_a_wrong_criterion_is_told_with_the_nearest_right_one(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_criterion(text)
    assert words in str(caught.value)


def test_an_empty_list_fits_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match="empty list"):
        parse_criteria([])
