"""The header row is found, its words are understood, near misses are proposed; and where the table ends."""

from __future__ import annotations

from typing import Any

import pytest

from sheetsync.core.header import Bounds, map_columns, read_table
from sheetsync.core.model import Cell, Column, StatusSettings, Table
from sheetsync.core.validate import see_customers
from sheetsync.errors import Refused

COLUMNS = (
    Column("ID"), Column("Name", aliases=("Client", "Customer name")), Column("Email", type="email", aliases=("Mail",)),
    Column("Last contact", type="date", aliases=("Last spoken",)),
)
KEY = ("ID", "Email", "Name")
STATUS = StatusSettings()
Rows = list[tuple[Cell, ...]]


def read(rows: Rows, columns: tuple[Column, ...] = COLUMNS, **more: Any) -> Table:
    width = max(map(len, rows), default=0)
    grid = [row + (None,) * (width - len(row)) for row in rows]
    return read_table(grid, source="s.xlsx", sheet="t", columns=columns, key=KEY, status=STATUS, **more)


def names(rows: Rows, **more: Any) -> list[str]:
    return list(see_customers(read(rows, **more), COLUMNS, KEY, STATUS).labels)


@pytest.mark.parametrize("header", ["E-mail", "e mail", " EMAIL ", "Email:", "Mail", "mail.", "Ｅmail"])
def test_case_spaces_punctuation_and_aliases_do_not_matter(header: str) -> None:
    assert map_columns(["Name", header], COLUMNS) == {"Name": 0, "Email": 1}


def test_a_name_comes_before_an_alias_and_the_first_alias_before_the_next() -> None:
    assert map_columns(["Mail", "Email"], COLUMNS) == {"Email": 1}
    assert map_columns(["Customer name", "Client"], COLUMNS) == {"Name": 1}


def test_the_owners_mapping_beats_name_and_alias() -> None:
    columns = (Column("Name", header="Who"), Column("Email"))
    assert map_columns(["Name", "who ", "Email"], columns) == {"Name": 1, "Email": 2}
    assert map_columns(["Name", "Email"], columns) == {"Email": 1}


def test_two_headers_alike_are_refused_with_their_cells_unless_the_mapping_says_which() -> None:
    with pytest.raises(Refused, match="B4 and C4"):
        map_columns(["Name", "Email", "e-mail"], COLUMNS, header_row=4)
    assert map_columns(["Name", "Email", "e-mail"], (Column("Email", header="e-mail"),)) == {"Email": 2}
    assert map_columns(["Name", "Notes", "notes"], COLUMNS) == {"Name": 0}


def test_near_misses_are_proposed_never_taken() -> None:
    rows: Rows = [("Name", "ID", "Emial", "Lst contact", "City"), ("Ng", 1, "x", None, None)]
    seen = see_customers(read(rows), COLUMNS, KEY, STATUS)
    assert "Email" not in seen.positions
    assert seen.near_misses == (("Email", "Emial"), ("Last contact", "Lst contact"))


def test_title_rows_above_the_header_are_the_owners() -> None:
    table = read([("My customers",), (None, "Name your price"), (), ("Client", "Mail", "City"), ("Ng", "a@b.co", "Rome")])
    assert (table.header_row, table.header, list(table.numbers)) == (4, ("Client", "Mail", "City"), [5])


def test_the_row_that_names_most_columns_is_the_header() -> None:
    assert read([("Name", "ID"), ("Name", "Mail", "Last spoken"), ("Ng", "x", None)]).header_row == 2


def test_a_row_needs_two_columns_the_key_or_name_among_them() -> None:
    with pytest.raises(Refused, match="no header row"):
        read([("Name", "City"), ("Ng", "Rome")])
    with pytest.raises(Refused, match="no header row"):
        read_table([("Last contact", "Mail")], source="s", sheet="t", columns=COLUMNS, key=("ID",), status=STATUS)


def test_the_table_ends_with_the_last_key_or_name() -> None:
    assert names([("ID", "Name", "City"), (1, "Ng", "Rome"), (None, None, "Rome"), (None, "Ana", None), (None, None, "leftover")]) == [
        "Ng", "Ana"]


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Subtotal", "Average"])
def test_a_totals_line_is_no_customer(word: str) -> None:
    assert names([("Name", "ID", "Orders"), ("Ng", 1, 5), (word, None, 5)]) == ["Ng"]
    assert names([("Name", "Email", "Orders"), ("Ng", None, 5), (word, "total@example.com", 5)]) == ["Ng", word]


def test_a_legend_below_the_table_is_no_customer() -> None:
    rows: Rows = [("Name", "Email"), ("Ng", "a@b.co"), (), ("A = best customers",), ("* paid in advance",)]
    assert names(rows) == ["Ng"]
    assert names([*rows[:2], ("A = best customers",)]) == ["Ng", "A = best customers"]
    assert names([*rows[:3], ("Ana Silva",)]) == ["Ng", "Ana Silva"]


def test_blank_rows_and_rows_of_spaces_are_no_customers() -> None:
    assert names([("Name", "Email"), ("Ng", None), (" ", "  "), (None, None), ("Ana", None)]) == ["Ng", "Ana"]


def test_formulas_filled_down_below_are_no_customers() -> None:
    rows: Rows = [("ID", "Name"), (1, "Ng"), (2, "Ana"), (3, None), (4, None)]
    formulas = frozenset((row, 1) for row in range(2, 6))
    assert names(rows, formula_cells=formulas) == ["Ng", "Ana"]


def test_a_list_object_says_where_the_table_ends() -> None:
    rows: Rows = [("Name", "Email", None, "Name"), ("Ng", None, None, "x"), (None, None, None, "y"), ("Sum",), ("Ana",)]
    table = read(rows, bounds=[Bounds(1, 3, 1, 2)])
    assert (table.header, list(table.numbers)) == (("Name", "Email"), [2, 3])


def test_an_unnamed_column_of_data_beside_the_table_belongs_to_it() -> None:
    assert read([("Name", "Email"), ("Ng", None, "call after 5")]).header == ("Name", "Email", "")


def test_a_status_column_twice_is_refused() -> None:
    with pytest.raises(Refused, match="stands there twice"):
        read([("Name", "Email", "↻ Why", "↻ Why"), ("Ng", None, None, None)])


def test_a_leftover_status_below_the_last_customer_is_still_seen() -> None:
    assert list(read([("Name", "Email", "↻ Why"), ("Ng", None, "x"), (None, None, "old")]).numbers) == [2, 3]
