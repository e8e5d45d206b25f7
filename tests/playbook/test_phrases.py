"""Due phrases at their edges: what is refused, and days at the calendar's end (PLAYBOOK.md section 3, Due)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.workdays import Calendar
from sheetsync.playbook.due import Due, anniversary, parse_due, parse_period

D = date.fromisoformat


@pytest.mark.parametrize("phrase", ["1 month after Last contact or", "on or A", "on A or or B", "on A or", "1 day after or", "on or"])
def test_an_or_without_a_column_on_both_its_sides_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="or"):
        parse_due(phrase)


@pytest.mark.parametrize(
    ("phrase", "right"),
    [
        ("2 weeks since Last contact", "2 weeks after Last contact"),
        ("2 weeks from Last contact", "2 weeks after Last contact"),
        ("2weeks after Last contact", "2 weeks after Last contact"),
        ("week after Last contact", "1 week after Last contact"),
        ("yearly Birthday", "yearly on Birthday"),
        ("2 working days after Complaint date", "2 business days after Complaint date"),
    ],
)
def test_what_people_say_instead_is_told_with_the_right_phrase(phrase: str, right: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as caught:
        parse_due(phrase)
    assert f'"{right}"' in str(caught.value)


@pytest.mark.parametrize(
    "phrase", ["", "on", "yearly on", "2 weeks", "after Last contact", "2 weeks after", "0 days after C", "-1 days after C", "C"]
)
def test_a_phrase_that_lacks_a_part_is_refused_with_a_sentence(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"such as|did you mean|must be from"):
        parse_due(phrase)


def test_a_nearest_right_phrase_is_a_right_phrase() -> None:
    for phrase in ("1.5 months after C", "-1 days after C", "a month after C", "2 dayz after C", "1 monts before C"):
        with pytest.raises(ValueError, match="did you mean") as caught:
            parse_due(phrase)
        right = str(caught.value).split('did you mean "')[1].split('"')[0]
        assert str(parse_due(right)) == right


def test_case_and_spaces_do_not_matter_and_the_columns_case_is_kept() -> None:
    assert parse_due("  2  Business   DAYS After Complaint date OR Since ") == parse_due("2 business days after Complaint date or Since")
    assert parse_due("YEARLY on Birthday").columns == ("Birthday",)


def test_a_column_may_be_called_after_party_or_order_date() -> None:
    assert parse_due("2 days after Day after party").columns == ("Day after party",)
    assert parse_due("on Order date or Or-ga").columns == ("Order date", "Or-ga")


@pytest.mark.parametrize("weekend", [frozenset({5, 6}), frozenset({4, 5}), frozenset({3, 4})])
def test_a_day_that_would_roll_past_the_calendars_end_is_no_day(weekend: frozenset[int]) -> None:
    """9999-12-31, the "never" of many lists, is a Friday; a rule about it mustn't end the run."""
    calendar = Calendar(weekend=weekend)
    for phrase in ("1 week after C", "7 days after C", "3 business days after C", "1 month after C", "on C"):
        for start in ("9999-12-24", "9999-12-30", "9999-12-31", "9999-11-30"):
            day = parse_due(phrase).day(D(start), calendar)
            assert day is None or day >= D(start)


def test_public_holidays_far_ahead_do_not_end_the_run() -> None:
    for country in ("US", "DE", "GB"):
        day = parse_due("1 day after C").day(D("9999-12-29"), Calendar(country=country))
        assert day is None or day > D("9999-12-29")


def test_days_before_the_calendars_beginning_are_no_days() -> None:
    assert parse_due("1 year before C").day(D("0001-06-01"), Calendar()) is None
    assert parse_due("3 business days before C").day(D("0001-01-02"), Calendar()) is None


def test_29_february_is_the_28th_in_common_years_and_itself_in_leap_years() -> None:
    days = [anniversary(D("2024-02-29"), years) for years in range(1, 5)]
    assert days == [D("2025-02-28"), D("2026-02-28"), D("2027-02-28"), D("2028-02-29")]


@given(st.dates(D("1990-01-01"), D("2060-01-01")), st.integers(1, 60))
def test_months_are_counted_from_the_original_day(start: date, count: int) -> None:
    everyday = Calendar(weekend=frozenset())
    day = parse_due(f"{count} months after C").day(start, everyday)
    assert day is not None
    assert (day.year * 12 + day.month) - (start.year * 12 + start.month) == count
    tomorrow = date.fromordinal(day.toordinal() + 1)
    assert day.day == start.day or (day.day < start.day and tomorrow.day == 1)


@given(st.dates(D("2000-01-01"), D("2060-01-01")), st.sampled_from(["days", "weeks", "months", "quarters", "years"]), st.integers(1, 20))
def test_after_rolls_forward_and_before_back(start: date, unit: str, count: int) -> None:
    open_week, everyday = Calendar(), Calendar(weekend=frozenset())
    for direction, roll in (("after", open_week.roll_forward), ("before", open_week.roll_back)):
        phrase = parse_due(f"{count} {unit} {direction} C")
        unrolled = phrase.day(start, everyday)
        assert unrolled is not None
        assert phrase.day(start, open_week) == roll(unrolled)


def test_zero_is_a_lead_but_no_interval() -> None:
    assert str(parse_period("0 days", smallest=0)) == "0 days"
    with pytest.raises(ValueError, match="from 1"):
        parse_period("0 days")


@pytest.mark.parametrize(
    "phrase", ["1 day after C", "2 business days before A or B", "on C", "on A or B", "yearly on C", "1 quarter after C"]
)
def test_str_is_the_phrase(phrase: str) -> None:
    due = parse_due(phrase)
    assert isinstance(due, Due)
    assert str(due) == phrase
    assert parse_due(str(due)) == due
