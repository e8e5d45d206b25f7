"""Which header is which column, and where a table ends, where it is not obvious (PLAYBOOK.md section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sheetsync.config import load_playbook
from sheetsync.core.header import Bounds, find_header, map_columns, near_misses, read_table
from sheetsync.core.model import Column, StatusSettings, Table
from sheetsync.errors import ExitCode, Refused
from tests.tables import read_table_text

COLUMNS = (
    Column("ID"),
    Column("Name", "name", aliases=("Customer", "Client", "Contact name")),
    Column("Email", "email", aliases=("Mail", "E-mail address")),
    Column("Last contact", "date", aliases=("Last spoken", "Last contacted")),
    Column("Tier", aliases=("Class",)),
)
KEY = ("ID", "Email", "Name")
STATUS = StatusSettings()


def table(
    text: str, *, bounds: Sequence[Bounds] = (), formulas: frozenset[tuple[int, int]] = frozenset(),
    numbers: Sequence[int] | None = None,
) -> Table:
    return read_table(
        [tuple(row) for row in read_table_text(text)], source="customers.xlsx", sheet="Sheet1", columns=COLUMNS, key=KEY,
        status=STATUS, bounds=bounds, formula_cells=formulas, numbers=numbers,
    )


def mapped(header: Sequence[str], columns: Sequence[Column] = COLUMNS) -> dict[str, str]:
    return {name: header[position] for name, position in map_columns(header, columns).items()}


# ---- One header, one column ----------------------------------------------------------------------------------


def test_a_header_that_one_column_has_by_name_is_not_taken_by_anothers_alias() -> None:
    columns = (Column("Name", aliases=("Contact",)), Column("Contact"))
    assert mapped(["Contact"], columns) == {"Contact": "Contact"}


def test_a_header_that_the_owner_gave_to_one_column_is_not_taken_by_anothers_alias() -> None:
    columns = (Column("Name", aliases=("Client",)), Column("Company", header="Client"))
    assert mapped(["Client"], columns) == {"Company": "Client"}


def test_a_header_that_the_owner_gave_to_one_column_is_not_taken_by_anothers_name() -> None:
    columns = (Column("Name"), Column("Company", header="Name"))
    assert mapped(["Name"], columns) == {"Company": "Name"}


def test_a_sheet_headed_customer_email_last_contact_is_told_apart_by_email() -> None:
    book = load_playbook()
    assert map_columns(["Customer", "Email", "Last contact"], book.columns) == {"Name": 0, "Email": 1, "Last contact": 2}


@pytest.mark.parametrize("header", ["Last contct", "Last conatct", "Emial", "Emails"])
def test_a_near_miss_is_proposed_and_never_taken(header: str) -> None:
    found = map_columns(["Name", header], COLUMNS)
    assert found == {"Name": 0}
    assert header in [seen for _, seen in near_misses(["Name", header], COLUMNS, found, STATUS)]


def test_a_header_that_is_used_and_a_status_column_are_no_near_misses() -> None:
    header = ["Name", "Email", "↻ Status", "Colour"]
    assert near_misses(header, COLUMNS, map_columns(header, COLUMNS), STATUS) == ()


def test_a_header_is_proposed_for_one_column_only() -> None:
    columns = (Column("Name"), Column("Last contact"), Column("Last contacts"))
    assert [seen for _, seen in near_misses(["Name", "Last contac"], columns, {"Name": 0}, STATUS)] == ["Last contac"]


# ---- The header row ------------------------------------------------------------------------------------------


def test_of_two_rows_that_name_as_many_columns_the_first_is_the_header() -> None:
    assert find_header([("Name", "Tier"), ("Name", "Tier")], COLUMNS, KEY) == (0, 2)


def test_a_table_may_begin_right_of_column_a() -> None:
    read = table("""
        |      |
        | Name | Tier
        | Ng   | A
    """)
    assert (read.first_column, read.header, read.rows) == (2, ("Name", "Tier"), (("Ng", "A"),))
    assert read.address(3, "Tier") == "C3"


@pytest.mark.parametrize(
    ("text", "words"), [("|\n|", "is empty"), ("Hobby | Colour\nx | y", "no header row"), ("Nmae | Emial\nNg | x", "looks like")]
)
def test_a_sheet_without_a_header_row_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        table(text)
    assert "customers.xlsx, worksheet Sheet1" in str(caught.value)
    assert caught.value.code == ExitCode.REFUSED


# ---- Status columns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "ours"),
    [("↻ Status", True), ("↻ Next follow-up", True), ("↻ Next step", True), ("↻ Why", True), ("↻ Problems", True),
     ("Status", False), ("Next step", False), ("↻", False), ("↻ My own", False)],
)
def test_the_mark_makes_a_column_sheetsyncs_and_nothing_else_does(header: str, ours: bool) -> None:
    assert STATUS.is_ours(header) is ours


def test_another_mark_and_other_words_make_other_status_columns() -> None:
    status = StatusSettings(mark="# ", names={"Why": "Reason"})
    assert [status.is_ours(text) for text in ("# Reason", "# Why", "↻ Reason", "# Status")] == [True, False, False, True]


# ---- Where the table ends ------------------------------------------------------------------------------------


def numbers(read: Table) -> list[int]:
    return list(read.numbers)


def test_a_cell_of_spaces_ends_nothing() -> None:
    assert numbers(table('Name | Tier\nNg | A\n"  " | B')) == [2]


def test_a_sheet_whose_names_are_all_formulas_keeps_its_rows() -> None:
    """First and Last are typed, Name is =B2&" "&C2: nobody is invisible."""
    read = table(
        """
        Name    | First | Last | Last contact
        Ann Ng  | Ann   | Ng   | 2026-11-02
        Bo Lee  | Bo    | Lee  | 2026-11-03
        """,
        formulas=frozenset({(2, 1), (3, 1)}),
    )
    assert numbers(read) == [2, 3]


def test_a_name_typed_over_its_formula_does_not_end_the_table() -> None:
    read = table(
        """
        Name    | First | Last | Last contact
        Ann Ng  | Ann   | Ng   | 2026-11-02
        Bo      | Bo    | Lee  | 2026-11-03
        Cy Day  | Cy    | Day  | 2026-11-04
        """,
        formulas=frozenset({(2, 1), (4, 1)}),
    )
    assert numbers(read) == [2, 3, 4]


def test_a_customer_with_a_numbering_formula_and_no_name_yet_is_in_the_table() -> None:
    read = table(
        """
        ID | Name | Email            | Last contact
        1  | Ng   | ng@example.com   |
        2  |      | lee@example.com  | 2026-11-04
        3  |      |                  |
        """,
        formulas=frozenset({(2, 1), (3, 1), (4, 1)}),
    )
    assert numbers(read) == [2, 3]


def test_a_list_object_elsewhere_in_the_sheet_bounds_nothing() -> None:
    read = table("Name | Tier\nNg | A\nLee | B", bounds=[Bounds(header_row=30, last_row=31, first_column=1, last_column=2)])
    assert numbers(read) == [2, 3]


def test_a_list_objects_range_counts_sheet_rows_also_where_blank_rows_were_not_stored() -> None:
    read = table(
        """
        Name  | Tier
        Ng    | A
        Lee   | B
        Below | C
        """,
        bounds=[Bounds(header_row=1, last_row=12, first_column=1, last_column=2)],
        numbers=[1, 2, 12, 20],
    )
    assert numbers(read) == [2, 12]
    narrow = table("Name | Tier\nNg | A\nBelow | C", bounds=[Bounds(1, 3, 1, 2)], numbers=[1, 2, 4])
    assert numbers(narrow) == [2]


def test_row_numbers_are_those_in_the_margin() -> None:
    assert numbers(table("Name | Tier\nNg | A\nLee | B", numbers=[5, 6, 40])) == [6, 40]


def test_formula_cells_are_known_by_row_number_and_position() -> None:
    read = table(
        """
        | Name | Tier
        | Ng   | A
        """,
        formulas=frozenset({(2, 3), (99, 3)}),
    )
    assert (read.formulas, read.formula_cells) == (frozenset({1}), frozenset({(2, 1)}))
