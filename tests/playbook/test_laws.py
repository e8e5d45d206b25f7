"""Laws of the engine over random tables and playbooks: one status a row, rows on their own, days that don't wander."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.checks import CHECKS
from sheetsync.core.header import read_table
from sheetsync.core.model import CHECK_ROW, NEVER_CONTACTED, NO_RULE, OVERDUE, STATUSES, Cell, FollowUp
from sheetsync.core.validate import validate
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook
from tests.playbook.rows import playbook

HEADER = ("Name", "Last contact", "A", "B", "Sent", "Tier", "Pause", "Visit", "Wait")
RULES = (
    'due = "1 month after Last contact"\nlatest = "6 weeks after Last contact"\nblank = "now"\nwhen = { Tier = "A" }',
    'due = "6 months after Last contact"\nblank = "now"',
    'due = "2 business days after A or B"\npriority = "urgent"\ndone = "Sent"\nwhen = { Tier = ["A", "="] }',
    'due = "3 weeks before B"\nlatest = "1 week before B"\nlead = "5 business days"',
    'due = "on A"\ndone = "Sent"\nlead = "0 days"',
    'due = "yearly on A"\ndone = "Sent"\nblank = "now"\nlatest = "on B"',
    'due = "yearly on B"\nlead = "1 month"\nwhen = { A = "<2027-01-01", Tier = "<>C" }',
    'due = "1 quarter after Sent or Last contact"\npriority = "urgent"',
)
QUIET = """
[quiet."Paused"]
until = "Pause"
[quiet."Booked"]
through = "Visit"
except = ["urgent"]
[quiet."Waiting"]
when = { Wait = "<>" }
at_most = "10 business days after Visit or Last contact"
[quiet."Never"]
when = { Tier = "no" }
absolute = true
"""
CALENDAR = "[calendar]\nclosed = [{ from = 2026-12-24, to = 2027-01-03 }]\nopen = [2026-11-21]\n"


def book(rules: Sequence[int], *, quiet: bool, gap: bool) -> Playbook:
    said = "".join(f'[rules."R{n}"]\n{RULES[n]}\nstep = "Call {{{{ Name }}}}"\n' for n in rules)
    return playbook(CALENDAR + ('[limits]\nmin_gap = "10 days"\n' if gap else "") + said + (QUIET if quiet else ""))


_BOOKS = st.builds(
    book, st.lists(st.integers(0, len(RULES) - 1), min_size=1, max_size=5, unique=True), quiet=st.booleans(), gap=st.booleans()
)
_DAYS = st.one_of(
    st.none(), st.dates(date(2025, 6, 1), date(2027, 12, 31)), st.dates(date(2026, 11, 1), date(2026, 12, 15)),
    st.sampled_from(["soon", "03/04/2026", " ", "3 Dec 2026", 46000, date(9999, 12, 31), date(1900, 1, 1)]),
)
_ROWS = st.lists(
    st.tuples(
        _DAYS, _DAYS, _DAYS, _DAYS, st.sampled_from([None, "A", "B", "C", "no", "#"]), _DAYS, _DAYS, st.sampled_from([None, " ", "x"])
    ),
    min_size=1, max_size=5,
)
_TODAYS = st.dates(date(2026, 6, 1), date(2027, 6, 30))
_LATER = st.integers(1, 500).map(lambda days: timedelta(days=days))
MANY = settings(deadline=None, max_examples=150)


def run(played: Playbook, rows: Sequence[tuple[Cell, ...]], today: date, names: Sequence[int] | None = None) -> dict[str, FollowUp]:
    """The follow-up of every row by its name, row numbers left out."""
    named = [(f"n{n}", *row) for n, row in zip(names or range(len(rows)), rows, strict=True)]
    table = read_table([HEADER, *named], source="s", sheet="t", columns=played.columns, key=played.key, status=played.status)
    customers, problems = validate(table, played.columns, played.key, played.status, CHECKS.values())
    found = follow_ups(customers, played, today, problems)
    assert [follow_up.row for follow_up in found] == list(table.numbers)
    return {follow_up.customer: follow_up._replace(row=0) for follow_up in found}


@MANY
@given(_BOOKS, _ROWS, _TODAYS)
def test_every_row_has_exactly_one_status_of_the_playbooks(played: Playbook, rows: list[tuple[Cell, ...]], today: date) -> None:
    found = run(played, rows, today)
    assert list(found) == [f"n{n}" for n in range(len(rows))]
    assert {follow_up.status for follow_up in found.values()} <= {*STATUSES, *(reason.name for reason in played.quiet)}


@MANY
@given(_BOOKS, _ROWS, _TODAYS, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(played: Playbook, rows: list[tuple[Cell, ...]], today: date, chance: random.Random) -> None:
    order = list(range(len(rows)))
    chance.shuffle(order)
    assert run(played, [rows[n] for n in order], today, order) == run(played, rows, today)


@MANY
@given(_BOOKS, _ROWS, _TODAYS)
def test_a_status_is_a_function_of_its_own_row(played: Playbook, rows: list[tuple[Cell, ...]], today: date) -> None:
    together = run(played, rows, today)
    for n, row in enumerate(rows):
        assert run(played, [row], today, [n]) == {f"n{n}": together[f"n{n}"]}


@MANY
@given(_BOOKS, _ROWS, _TODAYS, _LATER)
def test_an_overdue_row_stays_overdue_on_later_days(played: Playbook, rows: list[tuple[Cell, ...]], today: date, later: timedelta) -> None:
    then = run(played, rows, today + later)
    for name, follow_up in run(played, rows, today).items():
        if follow_up.status == OVERDUE:
            assert then[name].status == OVERDUE


@MANY
@given(st.integers(0, len(RULES) - 1), st.booleans(), _ROWS, _TODAYS, _LATER)
def test_no_candidates_due_date_moves_with_today(
    rule: int, gap: bool, rows: list[tuple[Cell, ...]], today: date, later: timedelta
) -> None:
    """With one rule alone the follow-up is its candidate."""
    alone = book([rule], quiet=False, gap=gap)
    now, then = run(alone, rows, today), run(alone, rows, today + later)
    for name, follow_up in now.items():
        if CHECK_ROW not in (follow_up.status, then[name].status):
            assert (follow_up.due, follow_up.why) == (then[name].due, then[name].why)


@MANY
@given(_BOOKS, _ROWS, _TODAYS)
def test_a_row_shows_a_step_and_a_why_exactly_where_a_rule_was_chosen(played: Playbook, rows: list[tuple[Cell, ...]], today: date) -> None:
    reasons = {reason.name for reason in played.quiet}
    for follow_up in run(played, rows, today).values():
        chosen = follow_up.status not in {CHECK_ROW, NO_RULE, *reasons}
        assert bool(follow_up.step) is bool(follow_up.rule) is chosen
        if chosen:
            assert follow_up.step == f"Call {follow_up.customer}"
            assert follow_up.why.startswith(follow_up.rule + ", ")
        if chosen and follow_up.due is None:
            assert follow_up.status in (OVERDUE, NEVER_CONTACTED)


@MANY
@given(_ROWS, _TODAYS)
def test_a_contact_today_ends_overdue_for_a_rule_that_counts_from_it(rows: list[tuple[Cell, ...]], today: date) -> None:
    contacted = [(today, *row[1:]) for row in rows]
    assert {follow_up.status for follow_up in run(book([1], quiet=False, gap=False), contacted, today).values()} == {"Scheduled"}
