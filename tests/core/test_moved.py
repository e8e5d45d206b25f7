"""Rows that moved while a table was written are found again."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sheetsync.core.diff import patch
from sheetsync.core.model import BAD, GOOD, HEADER, PLAIN, Cell, Table
from sheetsync.core.moved import net, still_to_do
from tests.tables import read_table_text

OURS = "↻ Status"


def owned(header: str) -> bool:
    return header == OURS


def table(text: str) -> Table:
    """A table whose status cells are red where they say Overdue, green where they say anything else."""
    header, *rows = read_table_text(text)
    position = header.index(OURS) if OURS in header else None
    styles = {} if position is None else {OURS: tuple(
        PLAIN if row[position] is None else BAD if row[position] == "Overdue" else GOOD for row in rows)}
    return Table("memory", "Customers", 1, 1, tuple(map(str, header)), range(2, len(rows) + 2), tuple(map(tuple, rows)),
                 header_styles={} if position is None else {OURS: HEADER}, styles=styles)


BEFORE = table("""
    Name | City   | ↻ Status
    Ada  | London | Overdue
    Ben  | Bonn   | Due
    Cleo | Cairo  |
    """)
SORTED = table("""
    Name | City   | ↻ Status
    Cleo | Cairo  | Due
    Ben  | Bonn   | Due
    Ada  | London | Overdue
    """)


def told(changes: Sequence[object]) -> list[tuple[int, Cell, Cell]]:
    return [(change.row, change.before, change.after) for change in changes]  # type: ignore[attr-defined]


def test_a_status_beside_the_wrong_row_is_taken_away() -> None:
    assert told(still_to_do(BEFORE, SORTED, "Name", owned).changes) == [(2, "Due", None)]


def test_what_two_writes_came_to_is_told_row_by_row() -> None:
    assert told(net(BEFORE, SORTED, "Name", owned).changes) == [(2, None, "Due")]


def test_a_row_that_is_new_had_nothing_and_gets_nothing() -> None:
    more = table("""
        Name | City   | ↻ Status
        Dan  | Dover  | Overdue
        Ada  | London | Overdue
        Ben  | Bonn   | Due
        Cleo | Cairo  |
        """)
    assert told(net(BEFORE, more, "Name", owned).changes) == [(2, None, "Overdue")]
    assert told(still_to_do(BEFORE, more, "Name", owned).changes) == [(2, "Overdue", None)]


def test_columns_that_were_made_are_told_and_taken_away_with_their_header() -> None:
    without = table("""
        Name | City
        Ada  | London
        Ben  | Bonn
        Cleo | Cairo
        """)
    made = net(without, BEFORE, None, owned)
    assert made.new_columns == (OURS,)
    assert told(made.changes) == [(1, None, OURS), (2, None, "Overdue"), (3, None, "Due")]
    gone = still_to_do(without, BEFORE, None, owned)
    assert told(gone.changes) == [(1, OURS, None), (2, "Overdue", None), (3, "Due", None)]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"), st.sampled_from(["Due", "Overdue", None])), max_size=8),
       st.randoms(use_true_random=False))
def test_after_what_is_still_to_do_nothing_is(rows: list[tuple[str, str, str | None]], chance: object) -> None:
    text = "\n".join(["Name | City | ↻ Status", *(f"{name} | {city} | {status or ''}" for name, city, status in rows)])
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    statuses = [status for _, _, status in rows]  # where they stood: beside the wrong rows now
    moved = "\n".join(["Name | City | ↻ Status",
                       *(f"{name} | {city} | {status or ''}" for (name, city, _), status in zip(shuffled, statuses, strict=True))])
    wanted, now = table(text), table(moved)
    mended = patch(now, still_to_do(wanted, now, "Name", owned))
    assert len(still_to_do(wanted, mended, "Name", owned)) == 0
    assert sorted(map(repr, mended.rows)) == sorted(map(repr, wanted.rows))
