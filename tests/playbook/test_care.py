"""Customers handled with care, and the urgent rules that go before other urgent ones."""

from __future__ import annotations

from sheetsync.checks import CHECKS
from tests.playbook.rows import one, plan, playbook, said

RULE = '[rules."Call"]\ndue = "1 day after A"\nlatest = "2 days after A"\nlead = "2 days"\nstep = "Call {{ Name }}"\n'
CARE = """[care]
when = { Tough = "yes" }
note = "gently, {{ Name }} likes {{ Tea }}"
avoid = "last open day of the week"
[columns.Tough]
type = "yes-no"
[columns.Tea]
"""
HEAD = "Name | A | Tough | Tea\n"


def test_the_note_stands_behind_the_step_and_may_name_columns() -> None:
    found = one(RULE + CARE, HEAD + "Ng | 2026-11-17 | yes | green", "2026-11-18")
    assert (said(found), found.step) == ("Due 2026-11-18", "Call Ng · gently, Ng likes green")
    assert one(RULE + CARE, HEAD + "Ng | 2026-11-17 | no | green", "2026-11-18").step == "Call Ng"


def test_a_day_that_ends_the_week_moves_to_the_next_open_day_with_latest_and_lead() -> None:
    row = HEAD + "Ng | 2026-11-19 | yes | green"  # due on Friday the 20th
    days = {"2026-11-20": "Scheduled 2026-11-23", "2026-11-21": "Soon 2026-11-23", "2026-11-23": "Due 2026-11-23",
            "2026-11-24": "Overdue 2026-11-23"}
    assert {day: said(one(RULE + CARE, row, day)) for day in days} == days


def test_without_avoid_no_day_moves() -> None:
    toml = RULE + CARE.replace('avoid = "last open day of the week"\n', "")
    assert said(one(toml, HEAD + "Ng | 2026-11-19 | yes | green", "2026-11-20")) == "Due 2026-11-20"


def test_kept_is_tested_on_the_unmoved_day() -> None:
    toml = RULE.replace('lead = "2 days"', 'lead = "0 days"\ndone = "D"') + CARE
    assert said(one(toml, "Name | A | Tough | Tea | D\nNg | 2026-11-19 | yes | x | 2026-11-20", "2026-11-20")) == "No rule"


def test_min_gap_comes_first_and_care_after_it() -> None:
    toml = '[limits]\nmin_gap = "3 days"\n' + RULE + 'done = "D"\n' + CARE
    row = "Name | Last contact | A | Tough | Tea\nNg | 2026-11-17 | 2026-11-16 | yes | x"  # the gap ends on Friday the 20th
    found = one(toml, row, "2026-11-19")
    assert said(found) == "Scheduled 2026-11-23"
    assert found.why.endswith("moved to Mon 23 Nov 2026: with care, not on the week's last open day")


def test_a_sheet_without_the_column_handles_nobody_with_care() -> None:
    assert one(RULE + CARE, "Name | A\nNg | 2026-11-19", "2026-11-20").step == "Call Ng"


def test_a_care_word_that_can_not_be_read_is_a_problem_and_no_care() -> None:
    [found] = plan(playbook(RULE + CARE), HEAD + "Ng | 2026-11-17 | perhaps | x", "2026-11-18", CHECKS.values())
    assert found.step == "Call Ng"


FIRST = """
[rules."Answer"]
due = "on A"
priority = "urgent"
step = "Answer"
[rules."Complaint"]
due = "on B"
priority = "first"
lead = "2 days"
step = "Phone"
"""


def test_first_goes_before_an_earlier_urgent_one_while_it_is_active() -> None:
    row = "Name | A | B\nNg | 2026-11-16 | 2026-11-20"
    assert [one(FIRST, row, day).step for day in ("2026-11-17", "2026-11-18", "2026-11-20")] == ["Answer", "Phone", "Phone"]


def test_first_is_urgent_for_a_quiet_reason_that_lets_urgent_ones_through() -> None:
    toml = FIRST + '[quiet."Paused"]\nuntil = "P"\nexcept = ["urgent"]\n'
    found = one(toml, "Name | A | B | P\nNg | | 2026-11-20 | 2026-12-01", "2026-11-20")
    assert (said(found), found.urgent) == ("Due 2026-11-20", True)
