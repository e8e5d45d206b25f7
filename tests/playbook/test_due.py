"""Due phrases: what they say, and what day that is (PLAYBOOK.md section 3, Due)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.workdays import Calendar
from sheetsync.playbook.due import UNITS, Due, Period, parse_due, parse_period

PLAIN = Calendar(weekend=frozenset())
CLOSED = Calendar(closed=((date(2026, 12, 24), date(2027, 1, 3)),), open_days=frozenset({date(2026, 12, 28), date(2026, 11, 21)}))

DAYS = """
1 day after C                | 2026-11-20 | 2026-11-21
2 weeks after C              | 2026-11-20 | 2026-12-04
1 month after C              | 2026-01-31 | 2026-02-28
1 month after C              | 2028-01-31 | 2028-02-29
2 months after C             | 2026-01-31 | 2026-03-31
1 month before C             | 2026-03-31 | 2026-02-28
1 quarter after C            | 2026-11-30 | 2027-02-28
2 quarters before C          | 2026-08-31 | 2026-02-28
1 year after C               | 2028-02-29 | 2029-02-28
4 years after C              | 2028-02-29 | 2032-02-29
12 months after C            | 2025-12-31 | 2026-12-31
60 days before C             | 2027-01-15 | 2026-11-16
on C                         | 2026-11-22 | 2026-11-22
"""


@pytest.mark.parametrize("line", DAYS.strip().splitlines())
def test_units_count_as_said(line: str) -> None:
    phrase, start, expected = (part.strip() for part in line.split("|"))
    assert parse_due(phrase).day(date.fromisoformat(start), PLAIN) == date.fromisoformat(expected)


BUSINESS = """
1 business day after C   | 2026-11-19 Thu | 2026-11-20
1 business day after C   | 2026-11-20 Fri | 2026-11-21
2 business days after C  | 2026-11-20 Fri | 2026-11-23
1 business day after C   | 2026-11-22 Sun | 2026-11-23
1 business day before C  | 2026-11-23 Mon | 2026-11-21
3 business days after C  | 2026-12-23 Wed | 2027-01-05
1 day after C            | 2026-11-27 Fri | 2026-11-30
1 day before C           | 2026-11-29 Sun | 2026-11-27
1 week after C           | 2026-12-19 Sat | 2026-12-28
1 day before C           | 2026-12-25 Fri | 2026-12-23
on C                     | 2026-12-25 Fri | 2026-12-25
"""


@pytest.mark.parametrize("line", BUSINESS.strip().splitlines())
def test_closed_days_are_skipped_and_rolled_off_and_open_days_beat_everything(line: str) -> None:
    phrase, start, expected = (part.strip() for part in line.split("|"))
    assert parse_due(phrase).day(date.fromisoformat(start[:10]), CLOSED) == date.fromisoformat(expected)


def test_public_holidays_of_a_country_and_its_part_are_closed() -> None:
    bavaria = Calendar(country="DE", subdivision="BY")
    assert parse_due("1 business day after C").day(date(2027, 1, 5), bavaria) == date(2027, 1, 7)  # Epiphany
    assert parse_due("1 business day after C").day(date(2027, 1, 5), Calendar(country="DE")) == date(2027, 1, 6)


def test_a_day_past_the_calendars_end_is_no_day() -> None:
    assert parse_due("9000 years after C").day(date(2026, 1, 1), PLAIN) is None


@given(st.sampled_from(sorted(set(UNITS.values()))), st.integers(1, 400), st.sampled_from(["after", "before"]),
       st.lists(st.sampled_from(["Last contact", "Customer since", "X"]), min_size=1, max_size=3, unique=True))
def test_every_phrase_reads_back(unit: str, count: int, direction: str, columns: list[str]) -> None:
    due = Due(direction, tuple(columns), Period(count, unit))  # type: ignore[arg-type]
    assert parse_due(str(due)) == due
    assert parse_due(f"  {str(due).replace(' ', '   ')} ") == due


@pytest.mark.parametrize("phrase", ["on C", "yearly on Birthday", "on Renewal date or Contract end", "1 day after A or B or C"])
def test_other_phrases_read_back(phrase: str) -> None:
    assert str(parse_due(phrase)) == phrase


WRONG = """
2 bisness days after C     | did you mean "2 business days after C"?
1 dayz after C             | did you mean "1 day after C"?
60 days befor C            | did you mean "60 days before C"?
two weeks after C          | did you mean "2 weeks after C"?
a week after C             | did you mean "1 week after C"?
yearli on C                | did you mean "yearly on C"?
0 days after C             | from 1 to
1.5 days after C           | is no number
sometimes                  | is no due phrase
yearly on A or B           | takes one column
5 days after               | is no due phrase
"""


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_a_wrong_phrase_is_told_with_the_nearest_right_one(line: str) -> None:
    phrase, expected = (part.strip() for part in line.split("|"))
    with pytest.raises(ValueError, match=r".") as caught:
        parse_due(phrase)
    assert expected in str(caught.value)


def test_a_period_says_itself() -> None:
    assert [str(parse_period(text)) for text in ("1 day", "7 days", "1 business day", "2 quarters")] == [
        "1 day", "7 days", "1 business day", "2 quarters"]
