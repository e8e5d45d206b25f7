"""Values of mixed columns that a criterion can't be tested on are told, with what to type."""

from __future__ import annotations

from datetime import date

import pytest

from sheetsync.core.header import read_table
from sheetsync.core.model import Cell
from sheetsync.core.validate import see_customers
from sheetsync.playbook.doubts import doubts
from sheetsync.sync import Day, decide
from tests.playbook.rows import playbook

R = '[rules."R"]\ndue = "on A"\nstep = "x"\n'


def told(when: str, *cells: Cell) -> list[str]:
    book = playbook(R + f"when = {{ C = {when} }}")
    grid: list[tuple[Cell, ...]] = [("Name", "A", "C"), *((f"n{n}", None, cell) for n, cell in enumerate(cells))]
    table = read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)
    found = doubts(see_customers(table, book.columns, book.key, book.status), book)
    return [f"{problem.row} {problem.message}. {problem.suggestion}" for problem in found]


@pytest.mark.parametrize(
    ("when", "cell", "sentence"),
    [
        ('">5"', "six", '2 "six" is not a number, so that ">5" can\'t be tested. Type digits only.'),
        ('">5"', "1,200", '2 "1,200" is not a number, so that ">5" can\'t be tested. Type digits only.'),
        ('"<today - 90 days"', "03/04/2026",
         '2 "03/04/2026" is text, not a date, so that "<today - 90 days" can\'t be tested. Type it as 2026-04-03 or 2026-03-04.'),
        ('"<today - 90 days"', "5 Jan 2026",
         '2 "5 Jan 2026" is text, not a date, so that "<today - 90 days" can\'t be tested. Type it as a date: 2026-01-05.'),
        ('">2026-01-01"', 46000, '2 "46000" is a number, not a date, so that ">2026-01-01" can\'t be tested. Format the cell as a date. '
                                 "Formatted as one it would be 2025-12-09."),
        ('["<=8", "weekly"]', "every week", '2 "every week" is not a number, so that "<=8" can\'t be tested. Type digits only.'),
    ],
)
def test_a_value_that_can_not_be_compared_is_told(when: str, cell: Cell, sentence: str) -> None:
    assert told(when, cell) == [sentence]


@pytest.mark.parametrize(
    ("when", "cell"),
    [
        ('">5"', 6), ('">5"', "6"), ('">5"', None), ('">5"', "  "), ('"5"', "five"), ('"<>5"', "five"), ('"x"', "five"), ('"="', "five"),
        ('["<=8", "weekly"]', "Weekly "), ('["<=8", "w*"]', "whenever"), ('"<today"', date(2026, 1, 5)), ('">m"', "six"),
    ],
)
def test_what_can_be_compared_is_not(when: str, cell: Cell) -> None:
    assert told(when, cell) == []


def test_a_declared_column_has_its_own_checks() -> None:
    book = playbook(R + 'when = { C = ">5" }\n[columns.C]\ntype = "number"')
    table = read_table([("Name", "A", "C"), ("Ng", None, "six")], source="s", sheet="t", columns=book.columns, key=book.key,
                       status=book.status)
    assert list(doubts(see_customers(table, book.columns, book.key, book.status), book)) == []


def test_a_value_that_decides_a_quiet_reason_makes_the_row_check_row() -> None:
    book = playbook(R + '[quiet."Away"]\nwhen = { Back = ">today" }\n')
    table = read_table([("Name", "A", "Back"), ("Ng", date(2026, 11, 20), "03/04/2027")], source="s", sheet="t", columns=book.columns,
                       key=book.key, status=book.status)
    decision = decide(table, book, (), Day(date(2026, 11, 20)))
    assert [follow_up.status for follow_up in decision.follow_ups] == ["Check row"]
    assert [problem.column for problem in decision.problems] == ["Back"]
