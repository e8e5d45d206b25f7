"""Calendar and limits at their edges (PLAYBOOK.md section 3): 29 February, ends of months and years, closed weeks, full days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sheetsync.backends.memory import Grid, MemorySource
from sheetsync.checks import CHECKS
from sheetsync.core.model import Cell, Report
from sheetsync.core.workdays import Calendar
from sheetsync.outputs.lists import first, morning
from sheetsync.playbook.due import parse_due, parse_period
from sheetsync.sync import sync
from tests.playbook.rows import one, playbook, said

D = date.fromisoformat
CLOSED_FORTNIGHT = Calendar(closed=((D("2026-12-21"), D("2027-01-03")),))


def due(phrase: str, start: str, calendar: Calendar | None = None) -> str:
    return str(parse_due(phrase).day(D(start), calendar or Calendar(weekend=frozenset())))


@pytest.mark.parametrize(
    ("phrase", "start", "day"),
    [
        ("1 month after C", "2026-01-31", "2026-02-28"),
        ("1 month after C", "2028-01-31", "2028-02-29"),
        ("2 months after C", "2026-01-31", "2026-03-31"),  # from the original day, not from 28 February
        ("1 month after C", "2026-03-31", "2026-04-30"),
        ("1 month before C", "2026-03-31", "2026-02-28"),
        ("1 quarter after C", "2026-11-30", "2027-02-28"),
        ("1 quarter before C", "2026-05-31", "2026-02-28"),
        ("1 year after C", "2028-02-29", "2029-02-28"),
        ("4 years after C", "2028-02-29", "2032-02-29"),
        ("1 year before C", "2028-02-29", "2027-02-28"),
        ("12 months after C", "2028-02-29", "2029-02-28"),
        ("1 day after C", "2026-12-31", "2027-01-01"),
        ("1 day before C", "2027-01-01", "2026-12-31"),
        ("1 week after C", "2026-12-28", "2027-01-04"),
        ("1 month after C", "2026-12-31", "2027-01-31"),
        ("365 days after C", "2028-01-01", "2028-12-31"),
        ("on C", "2028-02-29", "2028-02-29"),
    ],
)
def test_months_clamp_to_their_end_and_years_end_like_any_other_day(phrase: str, start: str, day: str) -> None:
    assert due(phrase, start) == day


@pytest.mark.parametrize(
    ("phrase", "start", "day"),
    [
        ("1 business day after C", "2026-12-18", "2027-01-04"),  # Friday before the fortnight
        ("2 business days after C", "2026-12-18", "2027-01-05"),
        ("1 business day before C", "2027-01-04", "2026-12-18"),
        ("1 business day after C", "2026-12-25", "2027-01-04"),  # from within
        ("1 business day before C", "2026-12-25", "2026-12-18"),
        ("1 week after C", "2026-12-15", "2027-01-04"),  # rolls forward, over the year's end
        ("1 week before C", "2026-12-30", "2026-12-18"),  # rolls back
        ("on C", "2026-12-25", "2026-12-25"),  # stays on its day
    ],
)
def test_a_closed_fortnight_is_counted_over_and_rolled_off(phrase: str, start: str, day: str) -> None:
    assert due(phrase, start, CLOSED_FORTNIGHT) == day


def test_an_exception_day_within_a_closed_fortnight_is_landed_on() -> None:
    calendar = Calendar(closed=CLOSED_FORTNIGHT.closed, open_days=frozenset({D("2026-12-26")}))  # a Saturday, too
    assert due("1 business day after C", "2026-12-18", calendar) == "2026-12-26"
    assert due("1 business day before C", "2027-01-04", calendar) == "2026-12-26"
    assert due("1 week after C", "2026-12-15", calendar) == "2026-12-26"


@pytest.mark.parametrize(
    ("country", "subdivision", "day"),
    [("DE", None, "2026-06-04"), ("DE", "BY", "2026-06-05"), ("US", None, "2026-06-04"), (None, None, "2026-06-04")],
)
def test_a_holiday_of_the_subdivision_alone_moves_what_falls_on_it(country: str | None, subdivision: str | None, day: str) -> None:
    """Corpus Christi, 4 June 2026, is a holiday in Bavaria and a working day in Berlin."""
    assert due("3 days after C", "2026-06-01", Calendar(country=country, subdivision=subdivision)) == day


def test_holidays_of_the_next_year_count_over_the_years_end() -> None:
    assert due("1 business day after C", "2026-12-31", Calendar(country="US")) == "2027-01-04"  # 1 January is a Friday
    assert due("1 business day before C", "2027-01-04", Calendar(country="US")) == "2026-12-31"


def test_a_date_at_the_end_of_all_dates_gives_no_candidate_instead_of_a_failure() -> None:
    for calendar in ("", '[calendar]\ncountry = "US"\n'):
        found = one(calendar + '[rules."R"]\ndue = "1 month after A"\nstep = "x"', "Name | A\nNg | 9999-12-31", "2026-11-20")
        assert said(found) == "No rule"


def test_29_february_is_the_28th_in_common_years_and_itself_in_leap_years() -> None:
    toml = '[rules."Birthday"]\ndue = "yearly on Birthday"\nstep = "Card"\ndone = "Card sent"\n'
    head = "Name | Birthday | Card sent\nNg | 2000-02-29 | "
    assert said(one(toml, head + "2026-03-01", "2026-11-20")) == "Scheduled 2027-02-28"
    assert said(one(toml, head + "2027-03-01", "2027-11-20")) == "Scheduled 2028-02-29"


def test_the_first_anniversary_is_never_the_day_itself() -> None:
    toml = '[rules."Jubilee"]\ndue = "yearly on Since"\nstep = "Card"\ndone = "Card sent"\n'
    assert said(one(toml, "Name | Since | Card sent\nNg | 2026-12-31 | 2026-01-01", "2026-11-20")) == "Scheduled 2027-12-31"


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("2026-11-01", "Due 2026-11-19"),
        ("2026-11-09", "Due 2026-11-19"),  # the gap ends on the day itself
        ("2026-11-10", "Due 2026-11-20"),
        ("2026-11-11", "Soon 2026-11-23"),  # Saturday: rolled forward
        ("2026-12-21", "Scheduled 2027-01-04"),  # the gap ends in a closed fortnight, over the year's end
        ("soon", "Due 2026-11-19"),  # an unreadable Last contact moves nothing
    ],
)
def test_min_gap_moves_what_would_come_too_soon(contact: str, expected: str) -> None:
    toml = """
[limits]
min_gap = "10 days"
[calendar]
closed = [{ from = 2026-12-21, to = 2027-01-03 }]
[rules."Review"]
due = "on Review"
latest = "1 day after Review"
step = "Meet {{ Name }}"
done = "Met"
"""
    assert said(one(toml, f"Name | Last contact | Review | Met\nNg | {contact} | 2026-11-19 |", "2026-11-20")) == expected


def test_min_gap_moves_neither_urgent_nor_never_contacted() -> None:
    toml = '[limits]\nmin_gap = "1 month"\n[rules."R"]\ndue = "on A"\nstep = "x"\ndone = "D"\n'
    row = "Name | Last contact | A | D\nNg | 2026-11-18 | 2026-11-20 |"
    assert said(one(toml + 'priority = "urgent"', row, "2026-11-20")) == "Due 2026-11-20"
    assert said(one(toml + 'blank = "now"', row.replace("2026-11-20 |", "|"), "2026-11-20")) == "Never contacted"


def test_min_gap_is_in_business_days_where_it_says_so() -> None:
    toml = '[limits]\nmin_gap = "2 business days"\n[rules."R"]\ndue = "on A"\nstep = "x"\ndone = "D"\n'
    assert said(one(toml, "Name | Last contact | A | D\nNg | 2026-11-19 | 2026-11-20 |", "2026-11-20")) == "Soon 2026-11-23"


@pytest.mark.parametrize(("lead", "first"), [("3 days", "2026-11-20"), ("3 business days", "2026-11-18"), ("0 days", "2026-11-23")])
def test_lead_is_in_plain_days_unless_it_says_business_days(lead: str, first: str) -> None:
    toml = f'[rules."R"]\ndue = "on A"\nlead = "{lead}"\nstep = "x"\n'
    days = [D("2026-11-15") + timedelta(days=n) for n in range(12)]
    active = [day for day in days if not said(one(toml, "Name | A\nNg | 2026-11-23", day.isoformat())).startswith("Scheduled")]
    assert active[0].isoformat() == first


# ---- A day that is full --------------------------------------------------------------------------------------

FULL = """
[limits]
max_per_day = 2
[rules."Urgent"]
due = "on Promise"
priority = "urgent"
step = "Do"
[rules."Normal"]
due = "1 month after Last contact"
step = "Call"
blank = "now"
"""


def report(toml: str, rows: list[tuple[Cell, ...]]) -> Report:
    book = playbook(toml)
    source = MemorySource(Grid([["Name", "Last contact", "Promise"], *map(list, rows)]), book.columns, book.key, book.status)
    return sync(source, book, CHECKS.values(), today=D("2026-11-20"), dry_run=True)


ROWS: list[tuple[Cell, ...]] = [
    ("never", None, None), ("late", D("2026-09-01"), None), ("later", D("2026-08-03"), None), ("today", D("2026-10-20"), None),
    ("urgent 1", D("2026-11-01"), D("2026-11-20")), ("urgent 2", D("2026-11-01"), D("2026-11-12")),
]


def test_a_full_day_shows_the_most_overdue_and_every_urgent_one_and_counts_the_rest() -> None:
    found = morning(report(FULL, ROWS), 7)
    assert [entry.follow_up.customer for entry in (*found.overdue, *found.due, *found.never)] == ["urgent 2", "later", "late", "urgent 1"]
    assert found.more == 2


def test_what_is_first_stands_first_in_the_morning_list_and_the_summary() -> None:
    toml = FULL + '[rules."Complaint"]\ndue = "on Complained"\npriority = "first"\nstep = "Phone"\n'
    rows: list[tuple[Cell, ...]] = [("urgent", D("2026-11-01"), D("2026-11-12"), None), ("late", D("2026-01-01"), None, None),
                                    ("complaint", D("2026-11-01"), None, D("2026-11-20"))]
    book = playbook(toml)
    source = MemorySource(Grid([["Name", "Last contact", "Promise", "Complained"], *map(list, rows)]), book.columns, book.key, book.status)
    found = sync(source, book, CHECKS.values(), today=D("2026-11-20"), dry_run=True)
    assert [entry.follow_up.customer for entry in first(found, 3)[0]] == ["complaint", "urgent", "late"]


def test_a_full_day_changes_no_status_and_no_date() -> None:
    assert report(FULL, ROWS).follow_ups == report(FULL.replace("max_per_day = 2", ""), ROWS).follow_ups


def test_without_a_limit_everybody_is_shown() -> None:
    assert morning(report(FULL.replace("max_per_day = 2", ""), ROWS), 7).more == 0


# ---- The last open day of a week -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "day", "moved"),
    [
        (Calendar(), "2026-11-20", "2026-11-23"),  # a Friday
        (Calendar(), "2026-11-19", "2026-11-19"),
        (Calendar(country="US"), "2026-11-26", "2026-11-30"),  # Thanksgiving is closed, and Friday the last
        (Calendar(), "2026-11-21", "2026-11-23"),  # a closed Saturday is no day for it either
        (Calendar(closed=((D("2026-11-20"), D("2026-11-20")),)), "2026-11-19", "2026-11-23"),  # Friday closed: Thursday is the last
        (Calendar(open_days=frozenset({D("2026-11-21")})), "2026-11-20", "2026-11-20"),  # the Saturday is open, and the last
        (Calendar(open_days=frozenset({D("2026-11-21")})), "2026-11-21", "2026-11-23"),
        (Calendar(weekend=frozenset({4, 5})), "2026-11-19", "2026-11-22"),  # Thursday ends a week that begins on Sunday
        (Calendar(weekend=frozenset({4, 5})), "2026-11-22", "2026-11-22"),
        (Calendar(weekend=frozenset()), "2026-11-22", "2026-11-23"),  # no weekend: a week ends on Sunday
        (CLOSED_FORTNIGHT, "2026-12-18", "2027-01-04"),
        (Calendar(weekend=frozenset({0, 1, 2, 3, 5, 6})), "2026-11-20", "2026-11-20"),  # one open day a week: no better one
    ],
)
def test_the_last_open_day_of_a_week_is_spared(calendar: Calendar, day: str, moved: str) -> None:
    assert calendar.off_week_end(D(day)).isoformat() == moved


def test_a_period_of_business_days_back_and_forth_over_a_closed_fortnight_meets_where_it_began() -> None:
    period = parse_period("7 business days")
    start = D("2026-12-15")
    assert period.before(period.after(start, CLOSED_FORTNIGHT), CLOSED_FORTNIGHT) == start
