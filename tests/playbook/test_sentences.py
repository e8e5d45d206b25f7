"""Sentences of PLAYBOOK.md section 3 at their edges, each on a row of its own."""

from __future__ import annotations

from datetime import date

import pytest

from sheetsync.checks import CHECKS
from sheetsync.core.header import read_table
from sheetsync.core.model import FollowUp, Problem
from sheetsync.core.validate import validate
from sheetsync.playbook.engine import follow_ups
from tests.playbook.rows import one, plan, playbook, rows, said

HEAD = "Name | Last contact | A | B | U | C\n"
TODAY = "2026-11-20"  # a Friday


def rule(name: str, due: str, *more: str) -> str:
    return "\n".join([f'[rules."{name}"]', f'due = "{due}"', f'step = "{name}"', *more, ""])


def gap(length: str, toml: str) -> str:
    return f'[limits]\nmin_gap = "{length}"\n' + toml


# ---- Left out ------------------------------------------------------------------------------------------------


def test_a_rules_own_lead_beats_the_limits_and_the_limits_beat_7_days() -> None:
    limits = '[limits]\nlead = "30 days"\n'
    row = HEAD + "Ng | | 2026-12-10"
    assert said(one(rule("R", "on A"), row, TODAY)) == "Scheduled 2026-12-10"
    assert said(one(limits + rule("R", "on A"), row, TODAY)) == "Soon 2026-12-10"
    assert said(one(limits + rule("R", "on A", 'lead = "1 day"'), row, TODAY)) == "Scheduled 2026-12-10"


def test_a_lead_of_0_days_is_never_soon() -> None:
    days = {day: one(rule("R", "on A", 'lead = "0 days"'), HEAD + f"Ng | | {day}", TODAY).status for day in ("2026-11-20", "2026-11-21")}
    assert days == {"2026-11-20": "Due", "2026-11-21": "Scheduled"}


@pytest.mark.parametrize(
    ("lead", "first"),
    [("7 days", "2026-11-23"), ("1 week", "2026-11-23"), ("1 month", "2026-10-30"), ("5 business days", "2026-11-23"),
     ("9 days", "2026-11-21"), ("6 business days", "2026-11-20")],
)
def test_a_lead_is_counted_in_plain_days_and_not_rolled_unless_in_business_days(lead: str, first: str) -> None:
    """Due on Monday 30 November; 9 days before is a Saturday, and stays one."""
    toml = rule("R", "on A", f'lead = "{lead}"')
    row = HEAD + "Ng | | 2026-11-30"
    day_before = date.fromordinal(date.fromisoformat(first).toordinal() - 1).isoformat()
    assert (one(toml, row, first).status, one(toml, row, day_before).status) == ("Soon", "Scheduled")


# ---- latest --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latest", "cells", "last_day"),
    [
        ("on B", "2026-11-10 | 2026-11-18", "2026-11-18"),
        ("on B", "2026-11-10 |", "2026-11-10"),  # blank
        ("on B", "2026-11-10 | 2026-11-01", "2026-11-10"),  # earlier than due
        ("on B", "2026-11-10 | soon", "2026-11-10"),  # can't be read
        ("on B", "2026-11-10 | 2026-11-14", "2026-11-14"),  # a Saturday: "on" stays
        ("9000 years after A", "2026-11-10 |", "2026-11-10"),  # past the calendar's end
        ("on Nowhere", "2026-11-10 |", "2026-11-10"),  # absent
        ("on Nowhere or B", "2026-11-10 | 2026-11-12", "2026-11-12"),
    ],
)
def test_a_row_is_due_until_latest_and_overdue_the_day_after(latest: str, cells: str, last_day: str) -> None:
    toml, row = rule("R", "on A", f'latest = "{latest}"'), HEAD + "Ng | | " + cells
    next_day = date.fromordinal(date.fromisoformat(last_day).toordinal() + 1).isoformat()
    assert (one(toml, row, last_day).status, one(toml, row, next_day).status) == ("Due", "Overdue")


# ---- Days that stay ------------------------------------------------------------------------------------------


def test_on_and_yearly_on_stay_on_their_day_and_the_others_roll() -> None:
    closed = "[calendar]\nclosed = [{ from = 2026-12-24, to = 2027-01-03 }]\n"
    row = HEAD + "Ng | | 2026-12-25 | 1990-12-25 | | 2026-12-01"
    assert str(one(closed + rule("R", "on A"), row, TODAY).due) == "2026-12-25"
    assert str(one(closed + rule("R", "yearly on B", 'done = "C"'), row, TODAY).due) == "2026-12-25"
    assert str(one(closed + rule("R", "24 days after C"), row, TODAY).due) == "2027-01-04"
    assert str(one(closed + rule("R", "1 day before A"), row, TODAY).due) == "2026-12-23"


# ---- yearly on -----------------------------------------------------------------------------------------------


def yearly(lead: str = "7 days", *more: str) -> str:
    return rule("Card", "yearly on A", 'done = "B"', f'lead = "{lead}"', *more)


@pytest.mark.parametrize(
    ("start", "done", "lead", "due"),
    [
        ("1990-11-25", "2026-11-17", "7 days", "2026-11-25"),  # the lead begins on the 18th, after the 17th
        ("1990-11-25", "2026-11-18", "7 days", "2027-11-25"),  # it doesn't begin after the 18th
        ("1990-11-25", "2026-11-25", "0 days", "2027-11-25"),
        ("1990-11-25", "2026-11-24", "0 days", "2026-11-25"),
        ("2026-11-25", "2020-01-01", "7 days", "2027-11-25"),  # never the day itself, however long ago it was done
        ("2030-11-25", "2026-01-01", "7 days", "2031-11-25"),
        ("1990-01-03", "2026-12-26", "7 days", "2027-01-03"),  # the lead begins in the year before
        ("1990-01-03", "2026-12-27", "7 days", "2028-01-03"),
        ("1990-06-01", "2026-01-01", "24 months", "2028-06-01"),  # a lead longer than a year
        ("2024-02-29", "2026-06-01", "7 days", "2027-02-28"),
        ("2024-02-29", "2027-06-01", "7 days", "2028-02-29"),
    ],
)
def test_yearly_is_the_first_anniversary_whose_lead_begins_after_the_done_date(start: str, done: str, lead: str, due: str) -> None:
    assert str(one(yearly(lead), HEAD + f"Ng | | {start} | {done}", TODAY).due) == due


def test_yearly_counts_from_last_contact_when_no_done_is_named() -> None:
    assert str(one(rule("Card", "yearly on A"), HEAD + "Ng | 2026-11-01 | 1990-11-10", TODAY).due) == "2026-11-10"


def test_yearly_stays_overdue_until_it_is_done() -> None:
    row = HEAD + "Ng | | 1990-11-10 | 2025-06-01"
    assert [said(one(yearly(), row, day)) for day in ("2026-11-20", "2027-11-20", "2030-01-01")] == ["Overdue 2025-11-10"] * 3


@pytest.mark.parametrize(("blank", "status"), [('blank = "now"', "Never contacted"), ("", "No rule")])
def test_yearly_with_a_blank_or_absent_done_is_what_blank_says(blank: str, status: str) -> None:
    assert one(yearly("7 days", blank), HEAD + "Ng | | 1990-11-10 |", TODAY).status == status
    assert one(yearly("7 days", blank), "Name | A\nNg | 1990-11-10", TODAY).status == status
    assert one(yearly("7 days", blank), HEAD + "Ng | | | 2025-11-10", TODAY).status == status


def test_yearly_with_an_unreadable_start_or_done_gives_no_candidate_not_even_now() -> None:
    for cells in ("soon | 2025-11-10", "1990-11-10 | soon", "soon |"):
        found = one(yearly("7 days", 'blank = "now"'), HEAD + "Ng | | " + cells, TODAY)
        assert (found.status, found.due) == ("Check row", None)


# ---- Kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "contact", "kept"),
    [
        ("2 weeks after A", "2026-11-17", True),  # due 24 November, lead from the 17th
        ("2 weeks after A", "2026-11-16", False),
        ("2 weeks after A", "2027-06-01", True),
        ("2 weeks after A", "", False),
        ("2 weeks after A", "soon", False),
        ("1 day after A", "2026-11-10", True),  # within the lead, on the day it counts from
        ("1 day after A", "2026-11-09", False),  # within the lead, before the day it counts from
        ("1 day before A", "2026-11-02", True),  # "before" has no such bound: due 9 November, lead from the 2nd
        ("1 day before A", "2026-11-01", False),
        ("on A", "2026-11-03", True),
        ("on A", "2026-11-02", False),
    ],
)
def test_kept_is_done_on_or_after_due_less_lead_and_for_after_not_before_its_start(due: str, contact: str, kept: bool) -> None:
    found = one(rule("R", due), HEAD + f"Ng | {contact} | 2026-11-10", TODAY)
    assert (found.status == "No rule") is kept


def test_kept_by_a_lead_in_business_days() -> None:
    toml = rule("R", "2 weeks after A", 'lead = "2 business days"')  # due Tuesday 24 November, from Friday the 20th
    assert [one(toml, HEAD + f"Ng | {day} | 2026-11-10", TODAY).status for day in ("2026-11-20", "2026-11-19")] == [
        "No rule", "Soon"]


def test_a_rule_needs_no_such_test_when_this_rows_date_was_counted_from_the_done_column() -> None:
    toml = rule("R", "3 days after A or Last contact", 'lead = "30 days"')
    assert said(one(toml, HEAD + "Ng | 2026-11-17 |", TODAY)) == "Due 2026-11-20"
    assert said(one(toml, HEAD + "Ng | 2026-11-17 | 2026-11-16", TODAY)) == "No rule"


def test_a_done_column_of_type_step_is_tested_by_when() -> None:
    toml = '[columns.Welcome]\ntype = "step"\n' + rule("R", "1 day after A", 'done = "Welcome"', 'when = { Welcome = ["=", "<2"] }')
    head = "Name | A | Welcome\n"
    assert [one(toml, head + f"Ng | 2026-11-19 | {step}", TODAY).status for step in ("", "0", "1", "2")] == ["Due", "Due", "Due", "No rule"]


# ---- min_gap -------------------------------------------------------------------------------------------------


def test_min_gap_moves_a_day_that_is_earlier_than_the_gap_and_no_other() -> None:
    toml = gap("10 days", rule("R", "on A", 'lead = "0 days"'))
    days = {a: str(one(toml, HEAD + f"Ng | 2026-11-10 | {a}", "2026-11-11").due) for a in ("2026-11-19", "2026-11-20", "2026-11-21")}
    assert days == {"2026-11-19": "2026-11-20", "2026-11-20": "2026-11-20", "2026-11-21": "2026-11-21"}


def test_min_gap_leaves_a_day_on_the_gaps_own_closed_day_where_it_is() -> None:
    """18 November + 10 days is Saturday the 28th. A date on that Saturday is not earlier than it, and "on" stays on its day."""
    toml = gap("10 days", rule("R", "on A"))
    assert str(one(toml, HEAD + "Ng | 2026-11-18 | 2026-11-27", TODAY).due) == "2026-11-30"
    assert str(one(toml, HEAD + "Ng | 2026-11-18 | 2026-11-28", TODAY).due) == "2026-11-28"
    assert str(one(toml, HEAD + "Ng | 2026-11-18 | 2026-11-29", TODAY).due) == "2026-11-29"


def test_min_gap_may_be_in_business_days() -> None:
    toml = gap("2 business days", rule("R", "on A", 'lead = "0 days"'))
    assert str(one(toml, HEAD + "Ng | 2026-11-20 | 2026-11-21", TODAY).due) == "2026-11-24"


def test_min_gap_moves_a_latest_before_it_and_leaves_a_later_one() -> None:
    row = HEAD + "Ng | 2026-11-10 | 2026-11-18 | 2026-11-19 | | 2026-11-25"
    near = gap("10 days", rule("R", "on A", 'latest = "on B"', 'lead = "0 days"'))
    far = gap("10 days", rule("R", "on A", 'latest = "on C"', 'lead = "0 days"'))
    assert [one(near, row, day).status for day in ("2026-11-20", "2026-11-21")] == ["Due", "Overdue"]
    assert [one(far, row, day).status for day in ("2026-11-20", "2026-11-25", "2026-11-26")] == ["Due", "Due", "Overdue"]


def test_min_gap_moves_no_urgent_and_no_now_candidate_and_nothing_without_a_readable_last_contact() -> None:
    urgent = gap("10 days", rule("R", "on A", 'priority = "urgent"', 'done = "B"'))
    now = gap("10 days", rule("R", "on A", 'blank = "now"'))
    plain = gap("10 days", rule("R", "on A"))
    assert said(one(urgent, HEAD + "Ng | 2026-11-19 | 2026-11-20", TODAY)) == "Due 2026-11-20"
    assert said(one(now, HEAD + "Ng | 2026-11-19 |", TODAY)) == "Never contacted"
    assert [said(one(plain, HEAD + f"Ng | {contact} | 2026-11-20", TODAY)) for contact in ("", "soon")] == ["Due 2026-11-20"] * 2
    assert said(one(plain, "Name | A\nNg | 2026-11-20", TODAY)) == "Due 2026-11-20"


def test_a_candidate_moved_by_min_gap_is_active_from_lead_before_its_new_date() -> None:
    toml = gap("30 days", rule("R", "on A", 'lead = "2 days"'))  # moved from 18 November to Thursday 10 December
    row = HEAD + "Ng | 2026-11-10 | 2026-11-18"
    assert [one(toml, row, day).status for day in ("2026-12-07", "2026-12-08", "2026-12-10")] == ["Scheduled", "Soon", "Due"]


# ---- Choosing and Why ----------------------------------------------------------------------------------------


def test_a_now_candidate_is_chosen_over_what_is_due_later_and_under_what_was_due_earlier_and_ties_by_place() -> None:
    before = rule("Now", "on C", 'blank = "now"') + rule("R", "on A")
    after = rule("R", "on A") + rule("Now", "on C", 'blank = "now"')
    steps = {
        day: (one(before, HEAD + f"Ng | | {day}", TODAY).step, one(after, HEAD + f"Ng | | {day}", TODAY).step)
        for day in ("2026-11-19", "2026-11-20", "2026-11-21")
    }
    assert steps == {"2026-11-19": ("R", "R"), "2026-11-20": ("Now", "R"), "2026-11-21": ("Now", "Now")}


def test_a_chosen_now_candidate_shows_no_date_so_that_nothing_changes_from_night_to_night() -> None:
    toml = rule("Now", "on C", 'blank = "now"') + rule("Later", "on A", 'lead = "0 days"')
    row = HEAD + "Ng | | 2027-06-01"
    first, second = one(toml, row, "2026-11-20"), one(toml, row, "2026-12-24")
    assert first.due is None
    assert first == second


def test_an_urgent_now_candidate_is_chosen_over_everything_normal() -> None:
    toml = rule("R", "on A") + rule("Now", "on C", 'blank = "now"', 'priority = "urgent"', 'done = "B"')
    found = one(toml, HEAD + "Ng | | 2026-01-05", TODAY)
    assert (found.step, found.status, found.urgent, found.due) == ("Now", "Overdue", True, None)


def test_of_two_active_urgent_ones_the_earliest_is_chosen_and_of_two_alike_the_first() -> None:
    urgent = ('priority = "urgent"', 'done = "C"')
    toml = rule("One", "on A", *urgent) + rule("Two", "on B", *urgent)
    assert one(toml, HEAD + "Ng | | 2026-11-21 | 2026-11-20", TODAY).step == "Two"
    assert one(toml, HEAD + "Ng | | 2026-11-20 | 2026-11-20", TODAY).step == "One"


def test_why_says_also_for_active_ones_alone_earliest_first() -> None:
    toml = "".join(rule(name, f"on {name}", 'done = "Done"') for name in ("A", "B", "U", "C"))
    why = one(toml, HEAD + "Ng | | 2026-11-24 | 2026-11-23 | 2026-12-24 | 2026-11-19", TODAY).why
    assert why == "C, on C (Thu 19 Nov 2026) · also: B, due 23 Nov 2026, A, due 24 Nov 2026"


def test_why_names_the_column_of_an_or_that_the_date_came_from() -> None:
    toml = rule("R", "1 day after A or B")
    assert one(toml, HEAD + "Ng | | | 2026-11-18", TODAY).why == "R, 1 day after B (Wed 18 Nov 2026)"


# ---- Quiet ---------------------------------------------------------------------------------------------------

LATE = rule("R", "on A")


def quiet(name: str, *more: str) -> str:
    return "\n".join([f'[quiet."{name}"]', *more, ""])


def test_until_ends_on_its_day_and_through_after_it() -> None:
    row = HEAD + "Ng | | 2026-01-05 | 2026-11-20"
    until, through = LATE + quiet("Q", 'until = "B"'), LATE + quiet("Q", 'through = "B"')
    days = ("2026-11-19", "2026-11-20", "2026-11-21")
    assert [one(until, row, day).status for day in days] == ["Q", "Overdue", "Overdue"]
    assert [one(through, row, day).status for day in days] == ["Q", "Q", "Overdue"]


def test_a_reason_with_several_conditions_needs_all_of_them() -> None:
    toml = LATE + quiet("Q", 'when = { U = "x" }', 'until = "B"', 'through = "C"')
    cells = ["2026-11-21 | x | 2026-11-20", "2026-11-21 | y | 2026-11-20", "2026-11-20 | x | 2026-11-20", "2026-11-21 | x | 2026-11-19",
             "2026-11-21 | x |", "| x | 2026-11-20"]
    assert [one(toml, HEAD + "Ng | | 2026-01-05 | " + text, TODAY).status for text in cells] == ["Q"] + ["Overdue"] * 5


def test_at_most_ends_a_wait_on_its_day() -> None:
    toml = LATE + quiet("Q", 'when = { U = "x" }', 'at_most = "3 business days after B"')
    row = HEAD + "Ng | | 2026-01-05 | 2026-11-18 | x"  # Monday the 23rd
    assert [said(one(toml, row, day)) for day in ("2026-11-22", "2026-11-23")] == ["Q 2026-11-23", "Overdue 2026-01-05"]


def test_at_most_that_is_blank_or_unreadable_does_not_limit() -> None:
    toml = LATE + quiet("Q", 'when = { U = "x" }', 'at_most = "3 days after B or C"')
    cells = ["| x |", "soon | x | 2026-01-01", "| x | soon"]
    assert [said(one(toml, HEAD + "Ng | | 2026-01-05 | " + text, TODAY)) for text in cells] == ["Q"] * 3
    assert one(toml, HEAD + "Ng | | 2026-01-05 | | x | 2026-01-01", TODAY).status == "Overdue"


def test_a_reason_whose_at_most_columns_are_all_absent_never_holds_and_makes_no_row_doubtful() -> None:
    toml = LATE + quiet("Q", 'until = "B"', 'at_most = "3 days after X or Y"')
    assert one(toml, HEAD + "Ng | | 2026-01-05 | 2027-01-01", TODAY).status == "Overdue"
    assert one(toml, HEAD + "Ng | | 2026-01-05 | soon", TODAY).status == "Overdue"
    half = LATE + quiet("Q", 'until = "B"', 'at_most = "3 days after X or C"')
    assert one(half, HEAD + "Ng | | 2026-01-05 | 2027-01-01", TODAY).status == "Q"


def test_the_next_follow_up_of_a_quiet_row_is_until_else_through_else_at_most_else_blank() -> None:
    row = HEAD + "Ng | | 2026-01-05 | 2026-12-01 | x | 2026-11-18"
    most = 'at_most = "2 weeks after C"'
    for lines, day in (
        (['until = "B"', most], "2026-12-01"), (['through = "B"', most], "2026-12-01"), (['when = { U = "x" }', most], "2026-12-02"),
        (['when = { U = "x" }'], "None"),
    ):
        assert str(one(LATE + quiet("Q", *lines), row, TODAY).due) == day


def test_absolute_reasons_are_tried_first_whatever_their_place_and_stop_even_the_urgent() -> None:
    toml = rule("R", "on A", 'priority = "urgent"', 'done = "C"') + quiet("First", 'when = { U = "x" }') + quiet(
        "Absolute", 'when = { B = "no" }', "absolute = true")
    assert one(toml, HEAD + "Ng | | 2026-01-05 | no | x", TODAY).status == "Absolute"
    assert one(toml, HEAD + "Ng | | 2026-01-05 | yes | x", TODAY).status == "First"


def test_except_urgent_passes_to_the_next_reason_where_an_urgent_candidate_is_active() -> None:
    toml = rule("R", "on A", 'priority = "urgent"', 'done = "C"') + quiet("Q", 'when = { U = "x" }', 'except = ["urgent"]') + quiet(
        "P", 'when = { B = "p" }')
    cells = ["2026-11-27 | p | x", "2026-11-28 | p | x", "2026-11-27 | | x", "2026-11-28 | | x"]
    assert [one(toml, HEAD + "Ng | | " + text, TODAY).status for text in cells] == ["P", "Q", "Soon", "Q"]


def test_an_error_that_decides_a_quiet_reason_is_check_row_even_where_something_is_overdue() -> None:
    toml = LATE + quiet("Q", 'until = "B"')
    found = one(toml, HEAD + "Ng | | 2026-01-05 | soon", TODAY)
    assert (found.status, found.due, found.step, found.why, found.rule) == ("Check row", None, "", "", "")


def test_a_reason_that_holds_goes_before_an_error_in_another() -> None:
    toml = LATE + quiet("Q", 'until = "B"') + quiet("P", 'when = { U = "x" }')
    assert one(toml, HEAD + "Ng | | 2026-01-05 | soon | x", TODAY).status == "P"


def test_a_quiet_reason_may_ask_for_dates_from_today() -> None:
    toml = rule("R", "on A", 'done = "C"') + quiet("Recent", 'when = { "Last contact" = ">today - 3 days" }')
    assert [one(toml, HEAD + f"Ng | {day} | 2026-01-05", TODAY).status for day in ("2026-11-18", "2026-11-17")] == ["Recent", "Overdue"]


# ---- Status --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "c", "status"),
    [
        ("2026-11-19", "2026-11-20", "", "Overdue"),
        ("2026-11-20", "2026-11-21", "", "Never contacted"),
        ("2026-11-20", "2026-11-21", "2027-06-01", "Due"),
        ("2027-06-01", "2026-11-21", "2027-06-01", "Soon"),
        ("2027-06-01", "2027-06-01", "2027-06-01", "Scheduled"),
        ("", "", "", "Never contacted"),
    ],
)
def test_the_status_is_the_worst_of_the_rows_candidates(a: str, b: str, c: str, status: str) -> None:
    toml = rule("A", "on A") + rule("B", "on B") + rule("C", "on C", 'blank = "now"')
    assert one(toml, HEAD + f"Ng | | {a} | {b} | | {c}", TODAY).status == status


def with_problem(toml: str, row: str, problem: Problem) -> FollowUp:
    book = playbook(toml)
    grid = rows(HEAD + row)
    grid[0] = tuple(str(cell) for cell in grid[0])
    table = read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)
    customers, _ = validate(table, book.columns, book.key, book.status, CHECKS.values())
    [found] = follow_ups(customers, book, date.fromisoformat(TODAY), [problem])
    return found


TWO = rule("R", "on A", 'when = { U = "x" }', 'latest = "on B"') + rule("Card", "yearly on A", 'done = "C"')


@pytest.mark.parametrize(
    ("column", "severity", "status"),
    [
        ("U", "error", "Check row"), ("A", "error", "Check row"), ("B", "error", "Check row"), ("C", "error", "Check row"),
        ("Last contact", "error", "Scheduled"), ("Name", "error", "Scheduled"), ("U", "warning", "Scheduled"),
        ("A", "warning", "Scheduled"),
    ],
)
def test_an_error_in_when_due_latest_or_yearlys_done_is_check_row_and_nothing_else_is(column: str, severity: str, status: str) -> None:
    problem = Problem(2, column, "some-check", severity, "is odd", "", 0)  # type: ignore[arg-type]
    assert with_problem(TWO, "Ng | | 2027-06-01 | 2027-06-02 | x | 2026-11-01", problem).status == status


def test_a_problem_of_another_row_or_of_the_run_is_none_of_this_row() -> None:
    for index in (-1, 1):
        problem = Problem(3, "A", "some-check", "error", "is odd", "", index)
        assert with_problem(TWO, "Ng | | 2027-06-01 | 2027-06-02 | x | 2026-11-01", problem).status == "Scheduled"


@pytest.mark.parametrize(
    ("a", "blank", "status"),
    [("2026-11-19", "", "Overdue"), ("2026-11-20", "", "Due"), ("2026-11-21", "", "Check row"), ("2027-06-01", "", "Check row"),
     ("2027-06-01", 'blank = "now"', "Never contacted")],
)
def test_check_row_yields_to_overdue_never_contacted_and_due_and_to_nothing_else(a: str, blank: str, status: str) -> None:
    toml = rule("A", "on A") + rule("B", "on B") + rule("C", "on C", blank)
    assert one(toml, HEAD + f"Ng | | {a} | soon", TODAY).status == status


def test_a_row_that_no_rule_speaks_of_is_shown_as_no_rule() -> None:
    found = one(rule("R", "on A", 'when = { U = "x" }'), HEAD + "Ng | 2026-11-01 | 2026-11-20", TODAY)
    assert (found.status, found.due, found.step, found.rule) == ("No rule", None, "", "")


def test_a_row_of_only_spaces_is_no_customer() -> None:
    assert [f.customer for f in plan(playbook(LATE), 'Name | A\nNg | 2026-11-20\n   |   \nLee |', TODAY)] == ["Ng", "Lee"]


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "9999-12-24", "1900-01-01"])
@pytest.mark.parametrize("due", ["1 day after A", "3 business days after A", "1 month after A", "60 days before A", "on A", "yearly on A"])
def test_a_date_at_the_calendars_end_ends_no_run(due: str, day: str) -> None:
    toml = '[calendar]\nweekend = ["friday", "saturday"]\n' + rule("R", due, 'latest = "1 week after A"', 'lead = "10 business days"')
    found = one(toml, HEAD + f"Ng | 2026-11-01 | {day}", TODAY)
    assert found.status in ("Overdue", "Due", "Soon", "Scheduled", "No rule")


def test_a_gap_past_the_calendars_end_moves_nothing() -> None:
    toml = '[calendar]\nweekend = ["friday", "saturday"]\n' + gap("1 week", rule("R", "on A", 'done = "C"'))
    assert said(one(toml, HEAD + "Ng | 9999-12-24 | 2026-11-20", TODAY)) == "Due 2026-11-20"


# ---- Step ----------------------------------------------------------------------------------------------------


def test_a_step_fills_in_the_rows_own_words() -> None:
    toml = '[columns.Product]\n[rules."R"]\ndue = "on A"\nstep = "Ask {{ Name }} about {{Product}} of {{ A }}"\n'
    head = "Name | A | Product\n"
    assert one(toml, head + "Ng | 2026-11-20 | Cake", TODAY).step == "Ask Ng about Cake of Fri 20 Nov 2026"
    assert one(toml, head + "Ng | 2026-11-20 |", TODAY).step == "Ask Ng about [no Product] of Fri 20 Nov 2026"
