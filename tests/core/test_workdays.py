"""Business days (PLAYBOOK.md section 3, Calendar)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.workdays import Calendar
from sheetsync.errors import SettingsError

D = date.fromisoformat


def test_saturday_and_sunday_are_closed_when_nothing_is_said() -> None:
    week = [D("2026-11-16") + timedelta(days=n) for n in range(7)]
    assert [Calendar().is_open(day) for day in week] == [True] * 5 + [False] * 2


def test_another_weekend_may_be_named_and_there_may_be_none() -> None:
    gulf = Calendar(weekend=frozenset({4, 5}))
    assert (gulf.is_open(D("2026-11-20")), gulf.is_open(D("2026-11-22"))) == (False, True)
    assert Calendar(weekend=frozenset()).is_open(D("2026-11-22"))


def test_a_closed_range_includes_both_its_ends() -> None:
    calendar = Calendar(closed=((D("2026-12-22"), D("2026-12-24")),))
    days = ["2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24", "2026-12-25"]
    assert [calendar.is_open(D(day)) for day in days] == [True, False, False, False, True]


def test_an_open_day_beats_weekend_closed_range_and_holiday() -> None:
    days = frozenset({D("2026-12-26"), D("2026-12-24"), D("2026-12-25")})
    calendar = Calendar(country="US", closed=((D("2026-12-24"), D("2026-12-31")),), open_days=days)
    assert all(calendar.is_open(day) for day in days)
    assert not calendar.is_open(D("2026-12-28"))


def test_holidays_are_those_of_the_country_and_of_its_part() -> None:
    corpus_christi = D("2026-06-04")
    assert Calendar(country="DE").is_open(corpus_christi)
    assert not Calendar(country="DE", subdivision="BY").is_open(corpus_christi)
    assert not Calendar(country="US").is_open(D("2026-11-26"))
    assert Calendar().is_open(D("2026-11-26"))


@pytest.mark.parametrize(("country", "subdivision"), [("XX", None), ("Germany!", None), ("DE", "ZZ")])
def test_a_country_that_is_not_known_is_told(country: str, subdivision: str | None) -> None:
    with pytest.raises(SettingsError, match=country):
        Calendar(country=country, subdivision=subdivision).is_open(D("2026-11-20"))


def test_a_calendar_without_an_open_day_is_told() -> None:
    with pytest.raises(SettingsError, match="no open day"):
        Calendar(weekend=frozenset(range(7))).roll_forward(D("2026-11-20"))


_CALENDARS = st.builds(
    Calendar,
    weekend=st.frozensets(st.integers(0, 6), max_size=4),
    closed=st.lists(st.tuples(st.dates(D("2026-01-01"), D("2026-06-30")), st.integers(0, 20)), max_size=3).map(
        lambda parts: tuple((first, first + timedelta(days=length)) for first, length in parts)
    ),
    open_days=st.frozensets(st.dates(D("2026-01-01"), D("2026-06-30")), max_size=5),
)
_DAYS = st.dates(D("2026-01-01"), D("2026-06-30"))


@given(_CALENDARS, _DAYS)
def test_rolling_stops_at_the_first_open_day(calendar: Calendar, day: date) -> None:
    forward, back = calendar.roll_forward(day), calendar.roll_back(day)
    assert calendar.is_open(forward)
    assert calendar.is_open(back)
    assert not any(calendar.is_open(day + timedelta(days=n)) for n in range((forward - day).days))
    assert not any(calendar.is_open(day - timedelta(days=n)) for n in range((day - back).days))


@given(_CALENDARS, _DAYS, st.integers(1, 30))
def test_business_days_count_open_days_only(calendar: Calendar, day: date, count: int) -> None:
    after, before = calendar.add(day, count), calendar.add(day, -count)
    assert sum(calendar.is_open(day + timedelta(days=n)) for n in range(1, (after - day).days + 1)) == count
    assert sum(calendar.is_open(day - timedelta(days=n)) for n in range(1, (day - before).days + 1)) == count
    assert calendar.is_open(after)
    assert calendar.is_open(before)
