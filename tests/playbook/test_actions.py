"""What Log entries do to a row, before and after as text."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.checks import CHECKS
from sheetsync.config import load_playbook
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, Contact, Problem, Table
from sheetsync.core.plan import say_problem
from sheetsync.core.validate import validate
from sheetsync.core.values import text_of
from sheetsync.playbook.actions import Applied, apply_log
from sheetsync.playbook.model import Playbook
from tests.playbook.rows import playbook, rows

TODAY = date(2026, 11, 20)
HOME = load_playbook()
STEPS = playbook("""
[columns]
Log = {}
Notes = {}
"Snooze until" = { type = "date" }
"Paused until" = { type = "date" }
Welcome = { type = "step" }
Visit = { type = "date" }
[rules."Welcome"]
when = { Welcome = "<4" }
due = "1 week after Last contact"
step = "Welcome {{ Name }}"
done = "Welcome"
[rules."Keep in touch"]
due = "1 month after Last contact"
step = "Call {{ Name }}"
[rules."Look after"]
due = "on Visit"
step = "Look after {{ Name }}"
lead = "0 days"
[quiet."Snoozed"]
until = "Snooze until"
except = ["urgent"]
""")


def table_of(book: Playbook, text: str) -> Table:
    grid = rows(text)
    grid[0] = tuple(str(part) for part in grid[0])
    return read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)


def applied(book: Playbook, table: Table, today: date = TODAY, *, before_day_ends: bool = False) -> Applied:
    customers, problems = validate(table, book.columns, book.key, book.status, CHECKS.values())
    return apply_log(customers, problems, book, today, before_day_ends=before_day_ends)


def said(table: Table) -> list[str]:
    return [" | ".join(text_of(cell) for cell in row).rstrip(" |") for row in table.rows]


def one(book: Playbook, head: str, row: str, *, before_day_ends: bool = False) -> tuple[str, str]:
    """The row afterwards, and what is told of the entry where it stays."""
    table = table_of(book, f"{head}\n{row}")
    found = applied(book, table, before_day_ends=before_day_ends)
    [after] = said(found.table)
    customers, _ = validate(table, book.columns, book.key, book.status, ())
    return after, "".join(say_problem(customers, problem) for problem in found.problems)


HEAD = "Name | Log | Last contact | Welcome | Snooze until | Paused until | Notes"
DONE = """
Ng | done              | 2026-11-01 | 1 |            | | old    => Ng |  | 2026-11-20 | 2 |  |  | old
Ng | done              | 2026-11-01 |   |            | |        => Ng |  | 2026-11-20
Ng | called: asked     | 2026-11-01 | 1 |            | | old    => Ng |  | 2026-11-20 | 2 |  |  | 2026-11-20 called: asked · old
Ng | met 3 Nov         | 2026-11-01 | 1 |            | |        => Ng |  | 2026-11-03 | 2
Ng | done 1 Oct        | 2026-11-01 | 1 |            | |        => Ng |  | 2026-11-01 | 2
Ng | emailed           | 2026-11-18 | 1 |            | |        => Ng |  | 2026-11-20 | 2
Ng | done              | 2026-11-01 | 9 | 2026-12-24 | |        => Ng |  | 2026-11-20 | 9
Ng | done              | 2026-11-01 | 1 | 2026-12-24 | |        => Ng |  | 2026-11-20 | 2
Ng | snooze 2 weeks    | 2026-11-01 | 1 |            | |        => Ng |  | 2026-11-01 | 1 | 2026-12-04
Ng | until 3 Mar: x    | 2026-11-01 | 1 | 2026-12-24 | | old    => Ng |  | 2026-11-01 | 1 | 2027-03-03 |  | 2026-11-20 snoozed until 2027-03-03: x · old
Ng | pause until 1 Feb | 2026-11-01 | 1 |            | |        => Ng |  | 2026-11-01 | 1 |  | 2027-02-01
Ng | skip              | 2026-11-01 | 9 |            | |        => Ng |  | 2026-11-01 | 9 | 2027-01-01
Ng | skip              | 2026-01-01 | 9 |            | |        => Ng |  | 2026-01-01 | 9 | 2026-12-02
Ng | skip              | 2026-11-01 | 9 | 2026-11-25 | |        => Ng |  | 2026-11-01 | 9 | 2027-01-01
"""  # noqa: E501


@pytest.mark.parametrize("line", DONE.strip().splitlines())
def test_an_entry_changes_the_row_as_it_says(line: str) -> None:
    before, after = line.split("=>")
    assert one(STEPS, HEAD, before) == (after.strip(), "")


@pytest.mark.parametrize("word", ["done", "called", "emailed", "met"])
@pytest.mark.parametrize("held", ["2026-02-01", "2025-11-25"], ids=["only due later", "due now"])
def test_every_contact_does_the_step_of_the_chosen_rule_whenever_that_is_due(word: str, held: str) -> None:
    head = "Name | Log | Last contact | Last review"
    assert one(HOME, head, f"Ng | {word} | 2026-11-19 | {held}") == ("Ng |  | 2026-11-20 | 2026-11-20", "")


def test_a_day_typed_into_last_contact_does_no_step() -> None:
    head = "Name | Log | Last contact | Last review"
    assert one(HOME, head, "Ng |  | 2026-11-20 | 2026-02-01") == ("Ng |  | 2026-11-20 | 2026-02-01", "")


def test_the_rule_is_the_one_that_was_chosen_on_the_day_of_the_contact() -> None:
    head = "Name | Log | Last contact | Complaint | Complaint date | Complaint called | Complaint resolved"
    assert one(HOME, head, "Ng | done | 2026-11-19 | Late | 2026-11-19 |")[0] == "Ng |  | 2026-11-20 | Late | 2026-11-19 | 2026-11-20"
    found = applied(HOME, table_of(HOME, head + "\nNg | done 19 Nov | 2026-01-01 | Late | 2026-11-19 |"))
    assert [(c.rule, c.day.isoformat(), str(c.due), str(c.latest)) for c in found.contacts] == [
        ("Complaint: phone first", "2026-11-19", "2026-11-20", "2026-11-23")]


def test_an_entry_before_the_day_ends_counts_for_the_day_before() -> None:
    assert one(STEPS, HEAD, "Ng | done: ok | 2026-11-01 | 9", before_day_ends=True)[0] == (
        "Ng |  | 2026-11-19 | 9 |  |  | 2026-11-19 done: ok")


STAYS = """
Name | Log | Last contact; Ng | caled | 2026-11-01; Log: "caled" is not understood. Did you mean "called"?
Name | Log | Tier; Ng | done | A; Log: the sheet has no column Last contact, which this entry needs. Add a column with the header "Last contact".
Name | Log | Last contact; Ng | snooze 1 week | 2026-11-01; Log: the sheet has no column Snooze until, which this entry needs. Add a column with the header "Snooze until".
Name | Log | Last contact; Ng | skip | 2026-11-01; Log: the sheet has no column Snooze until, which this entry needs. Add a column with the header "Snooze until".
Name | Log | Last contact; Ng | pause 1 week | 2026-11-01; Log: the sheet has no column Paused until, which this entry needs. Add a column with the header "Paused until".
Name | Log | Last contact; Ng | done | 03/04/2026; Log: Last contact: "03/04/2026" could be 3 Apr 2026 or 4 Mar 2026, so no date is put in its place. Type it as 2026-04-03 or 2026-03-04.
Name | Log | Last contact | Snooze until | Visit; Ng | skip | | | 2026-11-19; Log: "Look after" (on Visit) comes only once, so nothing follows when it is skipped. Type such as "snooze 2 weeks".
Name | Log | Last contact | Snooze until; Ng | skip | |; Log: nothing is planned for this row that could be skipped. Type such as "snooze 2 weeks".
Name | Log | Last contact; Ng | not a duplicate | 2026-11-01; Log: the sheet has no column Not a duplicate of, which this entry needs. Add a column with the header "Not a duplicate of".
"""  # noqa: E501
WITH_DUPLICATES = playbook('[columns]\nLog = {}\n"Not a duplicate of" = {}\nWelcome = { type = "step" }\n')


@pytest.mark.parametrize("line", STAYS.strip().splitlines())
def test_an_entry_that_can_not_be_done_stays_whole_and_is_explained(line: str) -> None:
    head, row, told = (part.strip() for part in line.split(";"))
    book = replace(STEPS, columns=(*STEPS.columns, *(c for c in WITH_DUPLICATES.columns if c.name == "Not a duplicate of")))
    before = said(table_of(book, f"{head}\n{row}"))
    assert one(book, head, row) == (before[0], told)


def test_a_step_that_is_no_number_is_not_counted_up() -> None:
    book = playbook('[columns]\nLog = {}\nWelcome = { type = "step" }\n'
                    '[rules.R]\ndue = "on Last contact"\nstep = "s"\ndone = "Welcome"\n')
    after, told = one(book, "Name | Log | Last contact | Welcome", "Ng | done | 2026-11-01 | soon")
    assert after == "Ng | done | 2026-11-01 | soon"
    assert told == 'Log: Welcome: "soon" is no step, so it can\'t be counted up. Type a whole number, 0 or more.'


def test_an_urgent_step_can_be_snoozed_but_not_skipped() -> None:
    head = "Name | Log | Complaint | Complaint date | Complaint called | Complaint resolved | Snooze until | Last contact"
    after, told = one(HOME, head, "Ng | skip | Late | 2026-11-19 | | | | 2026-11-01")
    assert after.startswith("Ng | skip")
    assert told == 'Log: "Complaint: phone first" is urgent and can\'t be skipped. Type "done" when it is done.'


@pytest.mark.parametrize("column", ["Log", "Last contact", "Welcome", "Snooze until", "Notes"])
@pytest.mark.parametrize("formula", [False, True])
def test_a_formula_or_a_lock_in_any_cell_that_it_needs_keeps_the_whole_entry(column: str, formula: bool) -> None:
    table = table_of(STEPS, HEAD + "\nNg | called: asked | 2026-11-01 | 1 | 2026-12-24 | | old\nLi | done | 2026-11-01 | 1 | | | ")
    where = frozenset({(2, table.header.index(column))})
    held = replace(table, formula_cells=where) if formula else replace(table, locked=dict.fromkeys(where, "is protected"))
    found = applied(STEPS, held)
    assert said(found.table) == [said(table)[0], "Li |  | 2026-11-20 | 2"]
    [problem] = found.problems
    assert ("formula" if formula else f"{column} is protected, so this entry can't be written there") in problem.message
    assert [contact.customer for contact in found.contacts] == ["Li"]


def test_a_lock_elsewhere_is_no_matter() -> None:
    table = table_of(STEPS, HEAD + "\nNg | called | 2026-11-01 | 9 | | | old")
    locked = {(2, p): "is protected" for p, header in enumerate(table.header) if header not in ("Log", "Last contact")}
    assert applied(STEPS, replace(table, locked=locked)).problems == ()


def test_notes_that_have_lines_get_one_more() -> None:
    table = table_of(STEPS, HEAD + "\nNg | called: asked | 2026-11-01 | 9 | | | old")
    table = replace(table, rows=((*table.rows[0][:6], "one\ntwo"),))
    assert applied(STEPS, table).table.rows[0][6] == "2026-11-20 called: asked\none\ntwo"


def test_notes_that_are_full_keep_the_entry() -> None:
    table = table_of(STEPS, HEAD + "\nNg | called: asked | 2026-11-01 | 9 | | | old")
    table = replace(table, rows=((*table.rows[0][:6], "x" * 32_760),))
    assert [problem.message for problem in applied(STEPS, table).problems] == ["Notes is full"]


def test_not_a_duplicate_puts_the_others_keys_behind_the_ones_that_stand_there() -> None:
    book = playbook('key = ["ID", "Name"]\n[columns]\nID = {}\nLog = {}\n"Not a duplicate of" = {}\n')
    table = table_of(book, """ID | Name | Log | Not a duplicate of
                              17 | Ng | not a duplicate |
                              18 | Ng | not a duplicate | 4
                              19 | Ng | not a duplicate | """)
    customers, _ = validate(table, book.columns, book.key, book.status, ())
    problems = [Problem(2, "Name", "duplicate", "warning", "looks like the others", "", 0, (1,)),
                Problem(3, "Name", "duplicate", "warning", "looks like the others", "", 1, (0, 2))]
    found = apply_log(customers, problems, book, TODAY)
    assert said(found.table) == ["17 | Ng |  | 18", "18 | Ng |  | 4; 17; 19", "19 | Ng | not a duplicate"]
    assert found.table.rows[0][3] == 18.0
    assert [problem.message for problem in found.problems] == ["nobody was found who looks like this customer"]


_ENTRIES = st.sampled_from([
    None, None, "done", "called: asked", "done 3 Mar", "met yesterday", "snooze 2 weeks", "until 3 March", "skip",
    "pause until 1 Feb: away", "not a duplicate", "caled", "done 3/4", " ", "emailed 2027-01-01", "done 1 Nov: late",
])
_DAYS = st.one_of(st.none(), st.dates(date(2026, 6, 1), date(2027, 3, 1)), st.sampled_from(["soon", "03/04/2026", " "]))
_ROWS = st.lists(
    st.tuples(_ENTRIES, _DAYS, st.one_of(st.none(), st.integers(0, 5), st.just("x")), _DAYS, _DAYS, st.sampled_from([None, "old", "a\nb"]),
              _DAYS),
    min_size=1, max_size=6,
)
_TODAYS = st.dates(date(2026, 6, 1), date(2027, 6, 30))
MANY = settings(deadline=None, max_examples=200)


def random_table(found: list[tuple[Cell, ...]], order: list[int]) -> Table:
    header = ("Name", "Log", "Last contact", "Welcome", "Snooze until", "Paused until", "Notes", "Visit")
    grid: list[tuple[Cell, ...]] = [header, *((f"n{n}", *found[n]) for n in order)]
    return read_table(grid, source="s", sheet="t", columns=STEPS.columns, key=STEPS.key, status=STEPS.status)


@MANY
@given(_ROWS, _TODAYS, st.booleans())
def test_applying_twice_equals_applying_once_and_touches_only_its_own_cells(
    found: list[tuple[Cell, ...]], today: date, early: bool
) -> None:
    table = random_table(found, list(range(len(found))))
    once = applied(STEPS, table, today, before_day_ends=early)
    twice = applied(STEPS, once.table, today, before_day_ends=early)
    assert twice.table == once.table
    assert (twice.changes, twice.contacts) == ((), ())
    assert [problem.message for problem in twice.problems] == [problem.message for problem in once.problems]
    done = {contact.row for contact in once.contacts}
    assert {change.row for change in once.changes} == done
    for number, before, after in zip(table.numbers, table.rows, once.table.rows, strict=True):
        assert (after[1] is None) == (number in done or before[1] is None)
        if number not in done:
            assert after == before
        assert (after[0], after[7]) == (before[0], before[7])
        if isinstance(before[2], date) and isinstance(after[2], date):
            assert after[2] >= before[2]  # never back
    entries = [row for row in table.rows if row[1] is not None and str(row[1]).strip()]
    assert len(once.contacts) + len(once.problems) == len(entries)


@MANY
@given(_ROWS, _TODAYS, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters_to_log_entries(found: list[tuple[Cell, ...]], today: date, chance: random.Random) -> None:
    order = list(range(len(found)))
    straight = applied(STEPS, random_table(found, order), today)
    chance.shuffle(order)
    shuffled = applied(STEPS, random_table(found, order), today)
    assert {row[0]: row for row in straight.table.rows} == {row[0]: row for row in shuffled.table.rows}

    def bare(contact: Contact) -> Contact:
        return contact._replace(row=0)

    assert sorted(map(bare, straight.contacts), key=str) == sorted(map(bare, shuffled.contacts), key=str)


@MANY
@given(_ROWS, _TODAYS, st.integers(0, 60))
def test_a_later_contact_never_makes_the_last_contact_earlier(found: list[tuple[Cell, ...]], today: date, days: int) -> None:
    order = list(range(len(found)))
    done = [("done", *row[1:]) for row in found]
    first = applied(STEPS, random_table(done, order), today)
    second = applied(STEPS, random_table(done, order), today + timedelta(days=days))
    for one_row, other in zip(first.table.rows, second.table.rows, strict=True):
        if isinstance(one_row[2], date) and isinstance(other[2], date):
            assert other[2] >= one_row[2]
