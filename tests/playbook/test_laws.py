"""Laws of the engine over random tables and playbooks: one status a row, rows on their own, days that don't wander."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.checks import CHECKS
from sheetsync.core.header import read_table
from sheetsync.core.model import CHECK_ROW, NEVER_CONTACTED, NO_RULE, OVERDUE, SCHEDULED, STATUSES, Cell, FollowUp
from sheetsync.core.validate import validate
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.explain import hidden
from sheetsync.playbook.model import Playbook
from sheetsync.sync import Day, decide
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
CARE = """
[care]
when = { Tier = ["A", "B"] }
note = "gently"
avoid = "last open day of the week"
"""
CALENDAR = "[calendar]\nclosed = [{ from = 2026-12-24, to = 2027-01-03 }]\nopen = [2026-11-21]\n"


def book(rules: Sequence[int], *, quiet: bool, gap: bool, care: bool = False) -> Playbook:
    said = "".join(f'[rules."R{n}"]\n{RULES[n]}\nstep = "Call {{{{ Name }}}}"\n' for n in rules)
    return playbook(CALENDAR + ('[limits]\nmin_gap = "10 days"\n' if gap else "") + said + (QUIET if quiet else "")
                    + (CARE if care else ""))


_BOOKS = st.builds(
    book, st.lists(st.integers(0, len(RULES) - 1), min_size=1, max_size=5, unique=True), quiet=st.booleans(), gap=st.booleans(),
    care=st.booleans(),
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
    alone = book([rule], quiet=False, gap=gap, care=gap)
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
            assert follow_up.step.removesuffix(" · gently") == f"Call {follow_up.customer}"
            assert follow_up.why.startswith(follow_up.rule + ", ")
        if chosen and follow_up.due is None:
            assert follow_up.status in (OVERDUE, NEVER_CONTACTED)


@MANY
@given(_ROWS, _TODAYS)
def test_a_contact_today_ends_overdue_for_a_rule_that_counts_from_it(rows: list[tuple[Cell, ...]], today: date) -> None:
    contacted = [(today, *row[1:]) for row in rows]
    assert {follow_up.status for follow_up in run(book([1], quiet=False, gap=False), contacted, today).values()} == {"Scheduled"}


_DATES = st.dates(date(2025, 6, 1), date(2027, 12, 31))
LAST_CONTACT, SENT = 0, 3  # where they stand in a row


@MANY
@given(st.integers(0, len(RULES) - 1), st.booleans(), st.booleans(), _ROWS, _DATES, _DATES, st.sampled_from([LAST_CONTACT, SENT]), _TODAYS)
def test_for_the_same_rule_a_later_contact_never_makes_its_date_earlier(
    rule: int, gap: bool, care: bool, rows: list[tuple[Cell, ...]], one: date, other: date, place: int, today: date
) -> None:
    alone = book([rule], quiet=False, gap=gap, care=care)
    before, after = ([(*row[:place], day, *row[place + 1 :]) for row in rows] for day in sorted((one, other)))
    sooner, later = run(alone, before, today), run(alone, after, today)
    for name, follow_up in sooner.items():
        if follow_up.due is not None and (due := later[name].due) is not None:
            assert due >= follow_up.due


@MANY
@given(_BOOKS, _ROWS, _TODAYS, _LATER)
def test_only_a_contact_a_pause_or_a_change_of_the_row_ends_overdue(
    played: Playbook, rows: list[tuple[Cell, ...]], today: date, later: timedelta
) -> None:
    """The rows as they are stay overdue (above); a pause makes them quiet for its time, and then they are overdue again."""
    paused = [(*row[:5], today + timedelta(days=1), *row[6:]) for row in rows]
    then = run(played, paused, today + timedelta(days=1) + later)
    if any(reason.name == "Paused" for reason in played.quiet):
        for follow_up in run(played, paused, today).values():
            assert follow_up.status in ("Paused", "Never")
    for name, follow_up in run(played, [(*row[:5], None, *row[6:]) for row in rows], today).items():
        if follow_up.status == OVERDUE:
            assert then[name].status == OVERDUE


@MANY
@given(_ROWS, _TODAYS, st.booleans())
def test_who_is_handled_with_care_is_never_due_on_the_weeks_last_open_day(
    rows: list[tuple[Cell, ...]], today: date, gap: bool
) -> None:
    played = book(range(len(RULES)), quiet=False, gap=gap, care=True)
    for n, follow_up in enumerate(run(played, rows, today).values()):
        if rows[n][4] in ("A", "B") and follow_up.due is not None and follow_up.due.year < 9998:
            assert follow_up.step.endswith(" · gently")
            assert not played.calendar.closes_week(follow_up.due)


@MANY
@given(st.lists(st.integers(0, len(RULES) - 1), min_size=2, max_size=6), st.booleans(), _ROWS, _TODAYS)
def test_a_rule_that_is_said_to_be_hidden_is_never_the_one_that_is_chosen(
    rules: list[int], gap: bool, rows: list[tuple[Cell, ...]], today: date
) -> None:
    """Each rule stands there twice or thrice under other names, so that many are hidden."""
    said = "".join(f'[rules."R{place}"]\n{RULES[n]}\nstep = "Call {{{{ Name }}}}"\n' for place, n in enumerate([*rules, *rules]))
    played = playbook(CALENDAR + ('[limits]\nmin_gap = "10 days"\n' if gap else "") + said)
    never = hidden(played, set(HEADER))
    assert never
    assert not never.keys() & {follow_up.rule for follow_up in run(played, rows, today).values()}


# ---- Ambiguity is a problem, never a guess -------------------------------------------------------------------

MIXED = """
[rules."Large"]
due = "on A"
when = { Orders = ">=10" }
step = "x"
[rules."Old"]
due = "on A"
when = { Seen = "<today - 30 days" }
step = "x"
"""
_CELLS = st.sampled_from([
    None, 3, 30, 12.5, "30", "thirty", "about 30", "1,200", "03/04/2026", "2026-01-05", "5 Jan 2026", date(2026, 1, 5), date(2026, 11, 30),
])


def _certain(orders: Cell, seen: Cell) -> tuple[bool, bool]:
    """What can be told for certain: whether Orders is a number (or a date, which is one), and Seen a date."""
    number = orders is None or isinstance(orders, (int, float, date)) or orders == "30"
    return number, seen is None or isinstance(seen, date)


@MANY
@given(st.lists(st.tuples(_CELLS, _CELLS, _DATES), min_size=1, max_size=6), _TODAYS)
def test_a_criterion_on_a_mixed_column_yields_a_problem_and_never_a_guess(rows: list[tuple[Cell, Cell, Cell]], today: date) -> None:
    played = playbook(MIXED)
    grid: list[tuple[Cell, ...]] = [("Name", "Orders", "Seen", "A"), *((f"n{n}", *row) for n, row in enumerate(rows))]
    table = read_table(grid, source="s", sheet="t", columns=played.columns, key=played.key, status=played.status)
    decision = decide(table, played, CHECKS.values(), Day(today))
    told = {(problem.customer, problem.column) for problem in decision.problems}
    for n, (orders, seen, _) in enumerate(rows):
        sure = _certain(orders, seen)
        assert ((n, "Orders") in told, (n, "Seen") in told) == (not sure[0], not sure[1])
        if not sure[0]:
            assert decision.follow_ups[n].rule != "Large"
        if not sure[1]:
            assert decision.follow_ups[n].rule != "Old"


@MANY
@given(
    st.sampled_from(["03/04/2026", "4.5.2026", "1-2-2027", "3/4/26", "next week", "46000"]), st.integers(0, len(RULES) - 1), _ROWS, _TODAYS
)
def test_a_date_text_that_is_not_certain_is_a_problem_and_gives_no_date(
    text: str, rule: int, rows: list[tuple[Cell, ...]], today: date
) -> None:
    alone = book([rule], quiet=False, gap=False)
    unsure = [(text, text, text, text, row[4], *row[5:]) for row in rows]
    grid: list[tuple[Cell, ...]] = [HEADER, *((f"n{n}", *row) for n, row in enumerate(unsure))]
    table = read_table(grid, source="s", sheet="t", columns=alone.columns, key=alone.key, status=alone.status)
    decision = decide(table, alone, CHECKS.values(), Day(today))
    dated = {column.name for column in alone.columns if column.type == "date"} & {"Last contact", "A", "B", "Sent"}
    assert {(n, name) for n in range(len(unsure)) for name in dated} <= {(p.customer, p.column) for p in decision.problems}
    assert {follow_up.due for follow_up in decision.follow_ups} == {None}
    assert {follow_up.status for follow_up in decision.follow_ups} <= {CHECK_ROW, NO_RULE}


@MANY
@given(_ROWS, _TODAYS)
def test_a_contact_today_is_scheduled_again(rows: list[tuple[Cell, ...]], today: date) -> None:
    contacted = [(today, *row[1:]) for row in rows]
    assert {follow_up.status for follow_up in run(book([1], quiet=False, gap=True), contacted, today).values()} == {SCHEDULED}
