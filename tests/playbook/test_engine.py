"""Which rule speaks, when, and what the row shows (PLAYBOOK.md section 3, Kept to Status)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.core.model import STATUSES
from tests.playbook.rows import day_after, one, plan, playbook, said

Row = tuple[object, ...]
MONTHLY = '[rules."Monthly"]\ndue = "1 month after Last contact"\nstep = "Call {{ Name }}"\n'
HEAD = "Name | Last contact\n"


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-11-12", "Scheduled 2026-11-20"),
        ("2026-11-13", "Soon 2026-11-20"),  # the lead is 7 days when left out
        ("2026-11-19", "Soon 2026-11-20"),
        ("2026-11-20", "Due 2026-11-20"),
        ("2026-11-21", "Overdue 2026-11-20"),  # the latest day is the due day when left out
        ("2027-11-21", "Overdue 2026-11-20"),
    ],
)
def test_scheduled_soon_due_overdue(today: str, expected: str) -> None:
    assert said(one(MONTHLY, HEAD + "Ng | 2026-10-20", today)) == expected


def test_why_names_the_rule_the_phrase_and_the_date_it_started_from() -> None:
    found = one(MONTHLY, HEAD + "Ng | 2026-10-20", "2026-11-12")
    assert (found.step, found.why) == ("Call Ng", "Monthly, 1 month after Last contact (Tue 20 Oct 2026)")


def test_latest_keeps_a_customer_due_until_then() -> None:
    toml = MONTHLY + 'latest = "6 weeks after Last contact"'
    assert [said(one(toml, HEAD + "Ng | 2026-10-20", day)) for day in ("2026-12-01", "2026-12-02")] == [
        "Due 2026-11-20", "Overdue 2026-11-20"]


def test_a_latest_that_is_earlier_or_unreadable_is_the_due_day() -> None:
    for latest in ("1 week after Last contact", "on Elsewhere"):
        found = one(MONTHLY + f'latest = "{latest}"', "Name | Last contact | Elsewhere\nNg | 2026-10-20 | soon", "2026-11-21")
        assert said(found) == "Overdue 2026-11-20"


def test_lead_in_business_days_counts_open_days() -> None:
    toml = MONTHLY + 'lead = "2 business days"'
    assert [said(one(toml, HEAD + "Ng | 2026-10-23", day))[:9] for day in ("2026-11-18", "2026-11-19")] == ["Scheduled", "Soon 2026"]


# ---- Blank, absent, unreadable -------------------------------------------------------------------------------


def test_blank_now_is_never_contacted_and_has_no_date() -> None:
    found = one(MONTHLY + 'blank = "now"', HEAD + "Ng |", "2026-11-20")
    assert (said(found), found.step, found.why) == ("Never contacted", "Call Ng", "Monthly, no Last contact yet")


def test_blank_left_out_gives_no_candidate() -> None:
    assert said(one(MONTHLY, HEAD + "Ng |", "2026-11-20")) == "No rule"


def test_or_takes_the_first_that_is_not_blank() -> None:
    toml = '[rules."R"]\ndue = "1 day after Review or Since"\nstep = "x"\nblank = "now"'
    head = "Name | Review | Since\n"
    assert said(one(toml, head + "Ng | 2026-11-16 | 2026-11-18", "2026-11-17")) == "Due 2026-11-17"
    assert said(one(toml, head + "Ng | | 2026-11-18", "2026-11-17")) == "Soon 2026-11-19"
    assert said(one(toml, head + "Ng | |", "2026-11-17")) == "Never contacted"
    assert said(one(toml, "Name | Since\nNg | 2026-11-18", "2026-11-17")) == "Soon 2026-11-19"
    assert said(one(toml, "Name | Last contact\nNg | 2026-11-18", "2026-11-17")) == "No rule"


def test_an_unreadable_date_is_not_blank() -> None:
    toml = '[rules."R"]\ndue = "1 day after Review or Since"\nstep = "x"\nblank = "now"'
    found = one(toml, "Name | Review | Since\nNg | 03/04/2026 | 2026-11-18", "2026-11-17")
    assert (said(found), found.step, found.why) == ("Check row", "", "")


def test_a_rule_whose_when_column_is_absent_never_fires() -> None:
    assert said(one(MONTHLY + 'when = { Tier = "=" }', HEAD + "Ng | 2026-10-20", "2026-11-20")) == "No rule"


def test_several_columns_are_all_of_and_a_list_is_any_of() -> None:
    toml = MONTHLY + 'when = { Tier = ["A", "B"], City = "<>" }'
    head = "Name | Last contact | Tier | City\n"
    found = plan(playbook(toml), head + """
        1 Ng | 2026-10-20 | B | Rome
        2 Ng | 2026-10-20 | C | Rome
        3 Ng | 2026-10-20 | A |
    """.strip(), "2026-11-20")
    assert [f.status for f in found] == ["Due", "No rule", "No rule"]


# ---- Kept ----------------------------------------------------------------------------------------------------

COMPLAINT = """
[rules."Phone first"]
when = { Complaint = "<>" }
due = "1 business day after Complaint date"
step = "Phone"
priority = "urgent"
done = "Called"
lead = "7 days"
"""
COMPLAINTS = "Name | Complaint | Complaint date | Called\n"


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("", "Overdue 2026-11-20"),
        ("2026-11-19", "No rule"),  # on the day it was counted from: kept
        ("2026-11-18", "Overdue 2026-11-20"),  # before the complaint: another matter
        ("2026-11-25", "No rule"),
        ("soon", "Overdue 2026-11-20"),
    ],
)
def test_a_rule_is_kept_by_its_done_column(called: str, expected: str) -> None:
    assert said(one(COMPLAINT, COMPLAINTS + f"Ng | Late | 2026-11-19 | {called}", "2026-11-23")) == expected


def test_an_absent_done_column_counts_as_blank() -> None:
    assert said(one(COMPLAINT, "Name | Complaint | Complaint date\nNg | Late | 2026-11-19", "2026-11-20")) == "Due 2026-11-20"


def test_a_before_rule_is_kept_from_its_lead_on() -> None:
    toml = '[rules."Renewal"]\ndue = "60 days before End"\nstep = "x"\nlead = "7 days"'
    head = "Name | Last contact | End\n"
    assert said(one(toml, head + "Ng | 2026-11-09 | 2027-01-15", "2026-11-20")) == "No rule"  # due 16 Nov
    assert said(one(toml, head + "Ng | 2026-11-08 | 2027-01-15", "2026-11-20")) == "Overdue 2026-11-16"


def test_a_rule_counted_from_its_own_done_column_needs_no_such_test() -> None:
    toml = '[rules."R"]\ndue = "3 days after Last contact"\nstep = "x"\nlead = "30 days"'
    assert said(one(toml, HEAD + "Ng | 2026-11-16", "2026-11-18")) == "Soon 2026-11-19"


# ---- Yearly --------------------------------------------------------------------------------------------------

BIRTHDAY = '[rules."Card"]\ndue = "yearly on Birthday"\nstep = "x"\ndone = "Card sent"\nlead = "7 days"\n'
BIRTHDAYS = "Name | Birthday | Card sent\n"


@pytest.mark.parametrize(
    ("birthday", "sent", "expected"),
    [
        ("1980-11-25", "2025-11-20", "2026-11-25"),
        ("1980-11-25", "2025-11-17", "2025-11-25"),  # before that year's lead: that year's is still open
        ("1980-11-25", "2026-11-18", "2027-11-25"),  # within the lead: done for this year
        ("2026-11-25", "2026-01-01", "2027-11-25"),  # never the day itself
        ("2024-02-29", "2024-03-05", "2025-02-28"),
        ("2024-02-29", "2027-03-05", "2028-02-29"),
    ],
)
def test_yearly_is_the_first_anniversary_whose_lead_begins_after_done(birthday: str, sent: str, expected: str) -> None:
    assert str(one(BIRTHDAY, BIRTHDAYS + f"Ng | {birthday} | {sent}", "2026-11-20").due) == expected


def test_where_yearly_was_never_done_blank_decides() -> None:
    row = BIRTHDAYS + "Ng | 1980-11-25 |"
    assert said(one(BIRTHDAY, row, "2026-11-20")) == "No rule"
    assert said(one(BIRTHDAY + 'blank = "now"', row, "2026-11-20")) == "Never contacted"


def test_yearly_with_an_unreadable_done_is_check_row() -> None:
    assert said(one(BIRTHDAY, BIRTHDAYS + "Ng | 1980-11-25 | soon", "2026-11-20")) == "Check row"


# ---- Choosing ------------------------------------------------------------------------------------------------

TWO = """
[rules."First"]
due = "on A"
step = "first"
[rules."Second"]
due = "on B"
step = "second"
[rules."Urgent"]
due = "on U"
step = "urgent"
priority = "urgent"
"""


@pytest.mark.parametrize(
    ("a", "b", "u", "expected"),
    [
        ("2026-11-18", "2026-11-17", "", "second"),  # the earliest
        ("2026-11-18", "2026-11-18", "", "first"),  # ties go to the rule that stands first
        ("2026-11-18", "", "2026-11-24", "urgent"),  # an active urgent one before all
        ("2026-11-18", "", "2026-12-24", "first"),  # not active yet
        ("2027-11-18", "", "2026-12-24", "urgent"),  # the earliest of all when nothing urgent is active
    ],
)
def test_the_follow_up_is_the_earliest_active_urgent_one_else_the_earliest(a: str, b: str, u: str, expected: str) -> None:
    assert one(TWO, f"Name | A | B | U\nNg | {a} | {b} | {u}", "2026-11-20").step == expected


def test_overdue_never_hides_behind_something_newer() -> None:
    found = one(TWO, "Name | A | B | U\nNg | 2026-11-01 | | 2026-11-24", "2026-11-20")
    assert (said(found), found.step) == ("Overdue 2026-11-24", "urgent")
    assert found.why == "Urgent, on U (Tue 24 Nov 2026) · also: First, due 1 Nov 2026"


def test_blank_now_ranks_as_due_today() -> None:
    toml = TWO + '[rules."Now"]\ndue = "on C"\nstep = "now"\nblank = "now"'
    head = "Name | A | B | U | C\n"
    assert one(toml, head + "Ng | 2026-11-21 | | |", "2026-11-20").step == "now"
    found = one(toml, head + "Ng | 2026-11-19 | | |", "2026-11-20")
    assert (found.step, found.status) == ("first", "Overdue")
    assert found.why.endswith("· also: Now, now")


def test_active_others_alone_are_named() -> None:
    found = one(TWO, "Name | A | B | U\nNg | 2026-11-20 | 2026-12-30 |", "2026-11-20")
    assert "also" not in found.why


# ---- Limits --------------------------------------------------------------------------------------------------


def test_min_gap_moves_a_normal_due_date_and_its_latest() -> None:
    toml = '[limits]\nmin_gap = "10 days"\n' + TWO
    head = "Name | Last contact | A | B | U\n"
    found = one(toml, head + "Ng | 2026-11-18 | 2026-11-27 | |", "2026-11-20")
    assert said(found) == "Scheduled 2026-11-30"  # 28 November is a Saturday
    assert "moved to 30 Nov 2026 (min_gap)" in found.why
    assert said(one(toml, head + "Ng | 2026-11-18 | 2026-11-27 | |", "2026-11-30")) == "Due 2026-11-30"
    assert said(one(toml, head + "Ng | 2026-11-13 | | | 2026-11-21", "2026-11-20")) == "Soon 2026-11-21"
    assert said(one(toml, head + "Ng | 03/04/2026 | 2026-11-21 | |", "2026-11-20")) == "Soon 2026-11-21"


def test_min_gap_moves_no_blank_now() -> None:
    toml = '[limits]\nmin_gap = "10 days"\n[rules."Now"]\ndue = "on C"\nstep = "now"\nblank = "now"'
    assert said(one(toml, "Name | Last contact | C\nNg | 2026-11-19 |", "2026-11-20")) == "Never contacted"


def test_kept_is_tested_on_the_unmoved_date() -> None:
    toml = '[limits]\nmin_gap = "30 days"\n[rules."Renewal"]\ndue = "60 days before End"\nstep = "x"\nlead = "7 days"'
    assert said(one(toml, "Name | Last contact | End\nNg | 2026-11-09 | 2027-01-15", "2026-11-20")) == "No rule"


# ---- Quiet ---------------------------------------------------------------------------------------------------

QUIET = MONTHLY + """
[rules."Urgent"]
due = "on U"
step = "urgent"
priority = "urgent"
[quiet."Paused"]
until = "Paused until"
[quiet."Waiting"]
when = { Waiting = "<>" }
at_most = "3 days after Waiting since"
[quiet."Booked"]
through = "Visit"
except = ["urgent"]
[quiet."Never"]
when = { Consent = "no" }
absolute = true
"""
QUIETS = "Name | Last contact | U | Paused until | Waiting | Waiting since | Visit | Consent\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2026-01-05 | | 2026-11-21 | | | |", "Paused 2026-11-21"),
        ("2026-01-05 | | 2026-11-20 | | | |", "Overdue 2026-02-05"),  # until a day: up to the day before
        ("2026-01-05 | | | | | 2026-11-20 |", "Booked 2026-11-20"),  # through a day: that day too
        ("2026-01-05 | | | | | 2026-11-19 |", "Overdue 2026-02-05"),
        ("2026-01-05 | 2026-11-21 | | | | 2026-11-20 |", "Overdue 2026-11-21"),  # an active urgent one passes it over
        ("2026-01-05 | 2026-12-21 | | | | 2026-11-20 |", "Booked 2026-11-20"),
        ("2026-01-05 | | | x | 2026-11-18 | |", "Waiting 2026-11-23"),  # 21 November is a Saturday
        ("2026-01-05 | | | x | 2026-11-17 | |", "Overdue 2026-02-05"),
        ("2026-01-05 | | | x | | |", "Waiting"),
        ("2026-01-05 | | | x | whenever | |", "Waiting"),
        ("2026-01-05 | | 2026-11-25 | | | | no", "Never"),  # absolute reasons come first
        ("2026-01-05 | | 2026-11-25 | x | | 2026-11-25 |", "Paused 2026-11-25"),  # then the order of the playbook
        ("2026-01-05 | | 03/04/2026 | | | |", "Check row"),  # better silent than wrong
        ("2026-01-05 | | 03/04/2026 | | | 2026-11-20 |", "Booked 2026-11-20"),
        ("2026-01-05 | 2026-11-20 | 03/04/2026 | | | 2026-11-20 |", "Check row"),
    ],
)
def test_quiet_reasons(row: str, expected: str) -> None:
    assert said(one(QUIET, QUIETS + "Ng | " + row, "2026-11-20")) == expected


def test_a_quiet_row_has_no_step_and_says_why() -> None:
    found = one(QUIET, QUIETS + "Ng | 2026-01-05 | | 2026-11-25 | | | |", "2026-11-20")
    assert (found.step, found.rule, found.why) == ("", "", "Paused until Wed 25 Nov 2026")


def test_a_reason_that_names_an_absent_column_never_holds() -> None:
    assert said(one(QUIET, "Name | Last contact | Waiting\nNg | 2026-11-01 | x", "2026-11-20")) == "Scheduled 2026-12-01"


# ---- Check row -----------------------------------------------------------------------------------------------


def test_check_row_yields_to_what_is_due_now() -> None:
    head = "Name | A | B | U\n"
    assert said(one(TWO, head + "Ng | 03/04/2026 | 2026-12-30 |", "2026-11-20")) == "Check row"
    assert said(one(TWO, head + "Ng | 03/04/2026 | 2026-11-23 |", "2026-11-20")) == "Check row"
    assert said(one(TWO, head + "Ng | 03/04/2026 | 2026-11-20 |", "2026-11-20")) == "Due 2026-11-20"
    assert said(one(TWO, head + "Ng | 03/04/2026 | 2026-11-02 |", "2026-11-20")) == "Overdue 2026-11-02"


def test_an_error_elsewhere_blocks_nothing() -> None:
    toml = TWO + '[columns.Email]\ntype = "email"\n'
    assert said(one(toml, "Name | A | Email\nNg | 2026-12-30 | a@@b", "2026-11-20")) == "Scheduled 2026-12-30"


def test_an_error_in_a_rule_that_does_not_match_blocks_nothing() -> None:
    toml = '[rules."R"]\nwhen = { Tier = "A" }\ndue = "on A"\nstep = "x"\n[rules."S"]\ndue = "on B"\nstep = "x"'
    assert said(one(toml, "Name | Tier | A | B\nNg | C | soon | 2026-12-30", "2026-11-20")) == "Scheduled 2026-12-30"


# ---- Properties ----------------------------------------------------------------------------------------------

_DAYS = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2028, 1, 1)), st.sampled_from(["soon", "03/04/2026"]))
_ROWS = st.lists(st.tuples(_DAYS, _DAYS, _DAYS, _DAYS, st.sampled_from(["", "x"]), _DAYS, st.sampled_from(["", "no", "yes"])),
                 min_size=1, max_size=6)
_TODAYS = st.dates(date(2025, 6, 1), date(2027, 12, 31))
ALL = playbook(QUIET + TWO.replace("Urgent", "Urgent too"))
ALL_HEAD = "Name | Last contact | A | B | U | Waiting | Paused until | Consent\n"


def written(rows: Iterable[tuple[int, Row]]) -> str:
    return "\n".join(f"{n} | " + " | ".join("" if part is None else str(part) for part in row) for n, row in rows)


@settings(deadline=None, max_examples=150)
@given(_ROWS, _TODAYS, st.randoms(use_true_random=False))
def test_every_row_has_one_status_whatever_the_order(
    rows: list[Row], today: date, chance: random.Random
) -> None:
    numbered = list(enumerate(rows))
    found = {f.customer: f._replace(row=0) for f in plan(ALL, ALL_HEAD + written(numbered), today.isoformat())}
    assert len(found) == len(rows)
    assert {f.status for f in found.values()} <= {*STATUSES, "Paused", "Waiting", "Booked", "Never"}
    chance.shuffle(numbered)
    again = {f.customer: f._replace(row=0) for f in plan(ALL, ALL_HEAD + written(numbered), today.isoformat())}
    assert again == found


@settings(deadline=None, max_examples=150)
@given(st.dates(date(2025, 1, 1), date(2026, 11, 1)), st.integers(1, 700))
def test_an_overdue_customer_stays_overdue_until_somebody_contacts_them(contact: date, days: int) -> None:
    row = HEAD + f"Ng | {contact}"
    first = one(MONTHLY, row, "2026-12-31")
    assert first.status == "Overdue"
    assert one(MONTHLY, row, day_after("2026-12-31", days)) == first
    after = one(MONTHLY, HEAD + f"Ng | {date(2026, 12, 31) + timedelta(days=days)}", day_after("2026-12-31", days))
    assert after.status == "Scheduled"


@settings(deadline=None, max_examples=100)
@given(_ROWS, _TODAYS, st.integers(1, 300))
def test_no_due_date_moves_with_today(rows: list[Row], today: date, days: int) -> None:
    text = ALL_HEAD + written(list(enumerate(rows)))
    book = playbook(TWO)
    for one_day, later in zip(plan(book, text, today.isoformat()), plan(book, text, day_after(today.isoformat(), days)), strict=True):
        if one_day.rule == later.rule:
            assert one_day.due == later.due
