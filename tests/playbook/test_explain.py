"""A playbook explained back, its rules that can't fire and those that another hides, and its form as a Rules worksheet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.config import load_playbook
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.explain import explain, explain_quiet, hidden, needs, never
from sheetsync.playbook.model import Playbook, Rule
from sheetsync.playbook.table import HEADER, as_tsv, rules_table
from sheetsync.resources import playbooks
from tests.playbook.rows import playbook

R = '[rules."R"]\nstep = "x"\n'


def only(toml: str) -> Rule:
    [rule] = playbook(toml).rules
    return rule


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (R + 'due = "on A"\nlead = "0 days"',
         "Every customer is due on A and Overdue from the next day; it is done with a date in Last contact."),
        (R + 'due = "1 month after Last contact"\nlatest = "6 weeks after Last contact"\nblank = "now"\nwhen = { Tier = ["A", "B"] }',
         'Where Tier is "A" or "B", the customer is due 1 month after Last contact, stays Due until 6 weeks after Last contact, and is '
         "Overdue after that; 7 days before that it shows as Soon; where Last contact is blank, at once (Never contacted)."),
        (R + 'due = "2 days before A"\npriority = "urgent"\ndone = "B"\nwhen = { A = "<today + 1 week", N = ">=5", T = "<>x*" }',
         'Where A is before today plus 1 week and N is at least 5 and T is not like "x*", the customer is due 2 days before A and Overdue '
         "from the next day; 7 days before that it shows as Soon; urgent; it is done with a date in B."),
        (R + 'due = "yearly on B"\nlead = "1 week"',
         "Every customer is due yearly on B and Overdue from the next day; 1 week before that it shows as Soon; each year until "
         "Last contact has a date near it."),
    ],
)
def test_a_rule_is_explained_in_one_sentence(toml: str, sentence: str) -> None:
    assert explain(only(toml)) == sentence


@pytest.mark.parametrize("name", playbooks())
def test_every_shipped_rule_can_be_explained_and_none_hides_another_or_never_fires(name: str) -> None:
    book = load_playbook(name)
    columns = {column.name: column for column in book.columns}
    for rule in book.rules:
        assert explain(rule).count(".") == 1
        assert never(rule, columns, columns) == ""
        assert {need.column for need in needs(rule, columns)} >= {*rule.when, *rule.date_columns, rule.done}
    for reason in book.quiet:
        assert explain_quiet(reason).startswith("Nobody is chased where ")
    assert hidden(book, columns) == {}


@pytest.mark.parametrize(
    ("toml", "here", "why"),
    [
        (R + 'due = "on A"', {"Name"}, "the sheet has no column A"),
        (R + 'due = "on A or B"', {"B"}, ""),
        (R + 'due = "on A"\nwhen = { T = "x" }', {"A"}, "the sheet has no column T"),
        (R + 'due = "on A"\nwhen = { A = "=" }', {"A"}, "it asks for A to be blank, and counts from it"),
        (R + 'due = "on A"\nwhen = { T = "Gld" }\n[columns.T]\ntype = "choice"\nchoices = ["Gold"]', {"A", "T"},
         "nothing in T can ever fit Gld"),
        (R + 'due = "on A"\nwhen = { T = "gold" }\n[columns.T]\ntype = "choice"\nchoices = ["Gold"]', {"A", "T"}, ""),
        (R + 'due = "on A"\nwhen = { T = "maybe" }\n[columns.T]\ntype = "yes-no"', {"A", "T"}, "nothing in T can ever fit maybe"),
        (R + 'due = "on A"\nwhen = { T = "true" }\n[columns.T]\ntype = "yes-no"', {"A", "T"}, ""),
        (R + 'due = "on A"\nwhen = { T = "many" }\n[columns.T]\ntype = "number"', {"A", "T"}, "nothing in T can ever fit many"),
        (R + 'due = "on A"\nwhen = { T = ["many", ">3"] }\n[columns.T]\ntype = "number"', {"A", "T"}, ""),
    ],
)
def test_a_rule_that_can_never_fire_is_told_with_the_reason(toml: str, here: set[str], why: str) -> None:
    book = playbook(toml)
    assert never(book.rules[0], here, {column.name: column for column in book.columns}) == why


def two(first: str, second: str) -> dict[str, str]:
    book = playbook(f'[rules."A"]\nstep = "x"\n{first}\n[rules."B"]\nstep = "x"\n{second}')
    return hidden(book, {"Last contact", "D", "T"})


EVERY = 'due = "3 months after Last contact"\nblank = "now"'


@pytest.mark.parametrize(
    ("first", "second", "is_hidden"),
    [
        (EVERY, EVERY, True),
        (EVERY, 'due = "6 months after Last contact"', True),
        (EVERY, 'due = "6 months after Last contact"\nwhen = { T = "A" }', True),
        (EVERY, 'due = "2 quarters after Last contact"', True),
        (EVERY, 'due = "200 days after Last contact"', True),
        (EVERY, 'due = "91 days after Last contact"', False),  # may come before three months are over
        (EVERY, 'due = "1 month after Last contact"', False),
        (EVERY, EVERY + '\npriority = "urgent"', False),
        (EVERY + '\nwhen = { T = "A" }', EVERY, False),
        (EVERY + '\nwhen = { T = ["A", "B"] }', EVERY + '\nwhen = { T = "b" }', True),
        (EVERY + '\nwhen = { T = "<>" }', EVERY + '\nwhen = { T = "A" }', True),
        (EVERY, 'due = "6 months after D"', False),
        ('due = "3 months after Last contact"', EVERY, False),  # where it is blank, the second speaks
        ('due = "1 month after D"', 'due = "2 months after D"', False),  # once the first is kept, the second speaks
        ('due = "1 month after D"', 'due = "1 month after D"', True),
    ],
)
def test_a_rule_is_hidden_only_where_another_certainly_comes_before_it(first: str, second: str, is_hidden: bool) -> None:
    assert two(first, second) == ({"B": "A"} if is_hidden else {})


# ---- As a Rules worksheet ------------------------------------------------------------------------------------


def read_back(table: list[list[str]]) -> dict[str, Any]:
    """The rules of such a table as playbook.toml would say them, the words blank and not blank included."""
    keys = dict(zip(HEADER[1:], ("due", "step", "priority", "latest", "lead", "done", "blank", "message"), strict=True))
    words = {"blank": "=", "not blank": "<>"}
    rules: dict[str, Any] = {}
    for row in table[1:]:
        cells = dict(zip(table[0], row, strict=True))
        rule: dict[str, Any] = {key: cells[header] for header, key in keys.items() if cells[header]}
        rule["when"] = {name: [words.get(part.strip(), part.strip()) for part in cells[name].split(" | ")]
                        for name in table[0][len(HEADER):] if cells[name]}
        rules[cells["Rule"]] = rule
    return rules


@pytest.mark.parametrize("name", playbooks())
def test_a_playbooks_rules_worksheet_reads_back_as_the_same_rules(name: str) -> None:
    book = load_playbook(name)
    table = rules_table(book)
    assert as_tsv(table).split("\n")[0].split("\t") == table[0]
    raw = {"name": "x", "key": ["Name"], "rules": read_back([line.split("\t") for line in as_tsv(table).split("\n")]),
           "columns": {column.name: {"type": column.type} for column in book.columns}}
    again = {rule.name: rule for rule in build_playbook(raw).rules}
    assert list(again) == [rule.name for rule in book.rules]
    for rule in book.rules:
        assert explain(again[rule.name]) == explain(rule)
        assert (again[rule.name].step, again[rule.name].message, again[rule.name].first) == (rule.step, rule.message, rule.first)


def test_no_cell_of_a_rules_worksheet_would_be_taken_for_a_formula() -> None:
    for name in playbooks():
        for row in rules_table(load_playbook(name)):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


_PERIODS = st.sampled_from(["1 day", "28 days", "31 days", "1 week", "1 month", "1 quarter", "92 days", "3 months", "1 year", "12 months"])


@given(_PERIODS, _PERIODS)
@settings(deadline=None)
def test_hidden_is_never_said_of_rules_whose_days_could_be_the_other_way_round(first: str, second: str) -> None:
    from datetime import date, timedelta

    from sheetsync.playbook.due import parse_due

    book: Playbook = playbook(f'[rules."A"]\nstep = "x"\ndue = "{first} after Last contact"\n'
                              f'[rules."B"]\nstep = "x"\ndue = "{second} after Last contact"')
    if "B" in hidden(book, {"Last contact"}):
        a, b = (parse_due(f"{text} after C") for text in (first, second))
        for n in range(0, 800, 3):
            day = date(2026, 1, 1) + timedelta(days=n)
            days = a.day(day, book.calendar), b.day(day, book.calendar)
            assert days[0] is not None
            assert days[1] is not None
            assert days[0] <= days[1]
