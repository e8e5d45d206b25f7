"""Which rows are customers, and what is wrong with them (PLAYBOOK.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sheetsync.checks import CHECKS
from sheetsync.core.header import read_table
from sheetsync.core.model import Column, Customers, Fault, Problem, StatusSettings
from sheetsync.core.validate import validate
from tests.tables import read_table_text

COLUMNS = (
    Column("ID"),
    Column("Name", "name", required=True),
    Column("Email", "email"),
    Column("Last contact", "date"),
    Column("Spent", "money"),
    Column("Tier", "choice", choices=("Gold", "Silver")),
)
KEY = ("ID", "Email", "Name")


def look(text: str, formulas: frozenset[tuple[int, int]] = frozenset()) -> tuple[Customers, tuple[Problem, ...]]:
    table = read_table(
        [tuple(row) for row in read_table_text(text)], source="c.xlsx", sheet="S", columns=COLUMNS, key=KEY,
        status=StatusSettings(), formula_cells=formulas,
    )
    return validate(table, COLUMNS, KEY, StatusSettings(), CHECKS.values())


def names(text: str, formulas: frozenset[tuple[int, int]] = frozenset()) -> list[str]:
    return list(look(text, formulas)[0].labels)


def test_rows_blank_in_all_mapped_columns_are_no_customers() -> None:
    assert names("""
        Name | Last contact | Hobby
        Ng   | 2026-11-02   | chess
             |              | a note between
        "  " | " "          |
        Lee  |              |
    """) == ["Ng", "Lee"]


def test_a_customer_without_a_name_is_a_customer_with_a_problem() -> None:
    customers, problems = look("ID | Name | Last contact\n7 | | 2026-11-02\n8 | Ng |")
    assert list(customers.labels) == ["7", "Ng"]
    assert [(p.row, p.column, p.check, p.severity) for p in problems] == [(2, "Name", "required", "error")]


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Totals", "Sum", "Average", "Grand total", "Subtotal"])
def test_a_totals_line_is_no_customer(word: str) -> None:
    assert names(f"""
        Name   | Last contact | Spent
        Ng     | 2026-11-02   | 12.5
        Lee    |              | 3
        {word} |              | 15.5
    """) == ["Ng", "Lee"]


def test_a_totals_line_whose_formulas_show_a_date_is_no_customer() -> None:
    assert names("""
        Name  | Last contact | Spent
        Ng    | 2026-11-02   | 12.5
        Total | 2026-11-02   | 12.5
    """, frozenset({(3, 2), (3, 3)})) == ["Ng"]


def test_a_customer_called_sum_with_an_address_stays_a_customer() -> None:
    assert names("Name | Email | Spent\nSum | sum@example.com | 3\nNg | |") == ["Sum", "Ng"]


@pytest.mark.parametrize(
    "legend",
    ["* = paused", "A = sees us monthly", "Red: phone first", "Colours show how much a customer bought during the whole of last year"],
)
def test_a_legend_below_a_blank_row_is_no_customer(legend: str) -> None:
    assert names(f"Name | Last contact\nNg | 2026-11-02\nLee |\n|\n{legend} |\nB = twice a year |") == ["Ng", "Lee"]


@pytest.mark.parametrize("heading", ["Legend", "Legend:", "Key", "Notes"])
def test_a_legend_with_a_heading_is_no_customer(heading: str) -> None:
    assert names(f"Name | Last contact\nNg | 2026-11-02\nLee |\n|\n{heading} |\nA = monthly |\nB = twice a year |") == ["Ng", "Lee"]


def test_a_customer_below_a_blank_row_stays_a_customer() -> None:
    assert names("Name | Last contact\nNg | 2026-11-02\n|\nLee |\nBo | 2026-11-03") == ["Ng", "Lee", "Bo"]


def test_formulas_filled_down_are_no_customers() -> None:
    assert names("""
        ID | Name | Last contact
        1  | Ng   | 2026-11-02
        2  |      |
        3  | Lee  |
    """, frozenset({(2, 1), (3, 1), (4, 1)})) == ["Ng", "Lee"]


def test_a_customer_whose_name_is_a_formula_is_a_customer() -> None:
    assert names("Name | Email | Last contact\nNg | ng@example.com | 2026-11-02", frozenset({(2, 1)})) == ["Ng"]


def test_the_key_is_the_first_of_the_keys_that_the_sheet_has() -> None:
    assert look("Name | Email | ID\nNg | a@example.com | 1")[0].key == "ID"
    assert look("Name | Email\nNg | a@example.com")[0].key == "Email"
    assert look("Name | Tier\nNg | Gold")[0].key == "Name"


def test_blank_and_repeated_keys_are_problems() -> None:
    _, problems = look("ID | Name\n1 | Ng\n | Lee\n1 | Bo\n3 | Zoe")
    assert [(p.row, p.check) for p in problems] == [(2, "unique"), (3, "unique"), (4, "unique")]
    assert "Bo" in problems[0].message
    assert "Ng" in problems[2].message


def test_keys_that_differ_only_in_case_and_spaces_are_repeated() -> None:
    _, problems = look('Name | Email\nNg | ng@example.com\nLee | "NG@example.com "')
    assert [p.row for p in problems if p.check == "unique"] == [2, 3]


def test_every_unreadable_value_is_a_problem_with_its_row_column_check_and_remedy() -> None:
    customers, problems = look("""
        Name | Email | Last contact | Spent | Tier
        Ng   | a@@b  | 03/04/2026   | lots  | Glod
        Lee  |       | #REF!        |       |
    """)
    unreadable = [p for p in problems if p.check != "unique"]
    assert sorted((p.row, p.column, p.check) for p in unreadable) == [
        (2, "Email", "email"), (2, "Last contact", "date"), (2, "Spent", "number"), (2, "Tier", "choice"),
        (3, "Last contact", "error-cell"),
    ]
    assert all(p.message and p.suggestion and p.severity == "error" for p in unreadable)
    assert isinstance(customers.customer(0).get("Last contact"), Fault)


def test_problems_stand_in_the_order_of_rows() -> None:
    _, problems = look("Name | Email | Last contact\nNg | x | soon\nLee | y | soon")
    rows = [problem.row for problem in problems]
    assert rows == sorted(rows)


def test_no_problem_holds_a_row_number_or_an_address() -> None:
    """Rows move, and the sentence is written into the sheet."""
    table = "Name | Email | Last contact\nNg | x@example.com | soon\nLee | x@example.com | 2026-02-30"
    _, near = look(table)
    _, far = look("Title | |\n| |\n" * 4 + table)
    assert [p.row for p in near] != [p.row for p in far]
    assert [(p.message, p.suggestion) for p in near] == [(p.message, p.suggestion) for p in far]


def test_a_formula_that_was_never_calculated_is_a_problem_and_not_blank() -> None:
    customers, _ = look("Name | Last contact | Email\nNg | | ng@example.com", frozenset({(2, 2)}))
    table = replace(customers.table, uncalculated=frozenset({(2, 1)}))
    seen, problems = validate(table, COLUMNS, KEY, StatusSettings(), CHECKS.values())
    assert [(p.column, p.check) for p in problems] == [("Last contact", "error-cell")]
    assert seen.cells["Last contact"] == [None]


def test_absent_columns_are_named_and_blank() -> None:
    customers, _ = look("Name | Tier\nNg | Gold")
    assert set(customers.absent) == {"ID", "Email", "Last contact", "Spent"}
    assert customers.customer(0).get("Last contact") is None


def test_values_are_read_as_their_column_says() -> None:
    customers, problems = look('Name | Last contact | Spent | Tier\n Ng | "3 Apr 2026" | "1,200.50" | gold')
    customer = customers.customer(0)
    assert (customer.get("Last contact"), customer.get("Spent"), customer.get("Tier")) == (date(2026, 4, 3), 1200.5, "Gold")
    assert problems == ()
