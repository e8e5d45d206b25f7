"""diff, patch and invert: what changes, and how it is taken back (DESIGN.md sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.core.diff import anchors, diff, invert, owner_part, patch, same
from sheetsync.core.model import BAD, DUE, FOREIGN, HEADER, PLAIN, Anchor, Cell, Change, ChangeSet, Desired, StatusSettings, Style, Table
from sheetsync.errors import ExitCode, TableChanged
from tests.tables import read_table_text

STATUS = StatusSettings(columns=("Status", "Why"))
OURS = ("↻ Status", "↻ Why")


def table(text: str, *, styles: dict[str, tuple[Style, ...]] | None = None) -> Table:
    """A table as a backend reads it: header in row 1, the style of every status cell known."""
    header, *rows = read_table_text(text)
    names = tuple(str(cell) for cell in header)
    there = [name for name in names if STATUS.is_ours(name)]
    return Table(
        source="s", sheet="t", header_row=1, first_column=1, header=names, numbers=range(2, 2 + len(rows)),
        rows=tuple(map(tuple, rows)), header_styles=dict.fromkeys(there, HEADER),
        styles={name: (PLAIN,) * len(rows) for name in there} | (styles or {}),
    )


def desired(status: Sequence[Cell], why: Sequence[Cell] | None = None, colour: Style = DUE) -> Desired:
    why = why if why is not None else [None] * len(status)
    return Desired(
        OURS, {"↻ Status": status, "↻ Why": why},
        {"↻ Status": [PLAIN if word is None else colour for word in status], "↻ Why": [PLAIN] * len(status)},
    )


def decided(read: Table, want: Desired, key: str | None = "ID") -> ChangeSet:
    return diff(read, want, anchors(read, key, STATUS.is_ours))


# ---- Sameness ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (None, None), ("a", "a"), (date(2026, 1, 1), date(2026, 1, 1)), (True, True)])
def test_same(one: Cell, other: Cell) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(True, 1), (False, 0), ("1", 1), (None, ""), ("a", "A"), (date(2026, 1, 1), datetime(2026, 1, 1)), (None, False), ("a", "a ")],
)
def test_not_the_same(one: Cell, other: Cell) -> None:
    assert not same(one, other)


# ---- diff ----------------------------------------------------------------------------------------------------


def test_a_first_run_makes_the_columns_in_their_order_and_fills_them_by_row() -> None:
    changes = decided(table("ID | Name\n1 | Ng\n2 | Lee"), desired(["Due", "Soon"], ["w", None]))
    assert changes.new_columns == OURS
    assert [(c.row, c.column, c.before, c.after) for c in changes] == [
        (1, "↻ Status", None, "↻ Status"), (1, "↻ Why", None, "↻ Why"),
        (2, "↻ Status", None, "Due"), (2, "↻ Why", None, "w"), (3, "↻ Status", None, "Soon"),
    ]


def test_nothing_to_do_is_no_change() -> None:
    read = table("ID | ↻ Status | ↻ Why\n1 | Due | w", styles={"↻ Status": (DUE,)})
    assert len(decided(read, desired(["Due"], ["w"]))) == 0


@pytest.mark.parametrize("style", [PLAIN, BAD, FOREIGN])
def test_a_colour_that_was_changed_cleared_or_pasted_over_is_a_change(style: Style) -> None:
    read = table("ID | ↻ Status | ↻ Why\n1 | Due |", styles={"↻ Status": (style,)})
    [change] = decided(read, desired(["Due"]))
    assert (change.before, change.after, change.style_before, change.style) == ("Due", "Due", style, DUE)


def test_a_header_whose_tint_was_cleared_is_tinted_again() -> None:
    read = table("ID | ↻ Status | ↻ Why\n1 | |")
    read = replace(read, header_styles={"↻ Status": PLAIN, "↻ Why": HEADER})
    [change] = decided(read, desired([None]))
    assert (change.row, change.column, change.style, change.anchor) == (1, "↻ Status", HEADER, None)


def test_no_column_of_the_owners_is_ever_in_a_change() -> None:
    read = table("ID | Status | Why | ↻ Why\n1 | mine | mine too | old")
    assert {change.column for change in decided(read, desired(["Due"], ["new"]))} <= set(OURS)


def test_a_deleted_status_column_comes_back_and_the_order_of_the_others_is_the_owners() -> None:
    changes = decided(table("↻ Why | ID\nw | 1"), desired(["Due"], ["w"]))
    assert changes.new_columns == ("↻ Status",)
    assert patch(table("↻ Why | ID\nw | 1"), changes).header == ("↻ Why", "ID", "↻ Status")


# ---- Anchors -------------------------------------------------------------------------------------------------


def test_the_anchor_is_the_unique_key_else_the_rest_of_the_row() -> None:
    read = table("ID | Name | ↻ Status | Tier\n1 | Ng | Due | A\n2 | Lee | |\n2 | Bo | Soon | B\n | Zoe | |")
    whose = anchors(read, "ID", STATUS.is_ours)
    assert [whose(n) for n in range(4)] == [
        Anchor("ID", 1), Anchor("", None, (2, "Lee", None)), Anchor("", None, (2, "Bo", "B")), Anchor("", None, (None, "Zoe", None)),
    ]


def test_without_a_key_column_the_anchor_is_the_rest_of_the_row() -> None:
    assert anchors(table("Name | ↻ Why\nNg | w"), None, STATUS.is_ours)(0) == Anchor("", None, ("Ng",))


def test_a_key_of_spaces_tells_nobody_apart() -> None:
    assert anchors(table('ID | Name\n" " | Ng'), "ID", STATUS.is_ours)(0).column == ""


# ---- patch ---------------------------------------------------------------------------------------------------


def change(row: int, column: str, before: Cell, after: Cell) -> Change:
    return Change(row, column, before, after, PLAIN, DUE, Anchor("ID", 1))


@pytest.mark.parametrize("before", ["Soon", None, "due", 1])
def test_a_cell_that_no_longer_holds_what_was_read_refuses_the_whole_write(before: Cell) -> None:
    read = table("ID | ↻ Status\n1 | Due")
    with pytest.raises(TableChanged) as caught:
        patch(read, ChangeSet((change(2, "↻ Status", before, "Overdue"),)))
    assert caught.value.code == ExitCode.TABLE_CHANGED
    assert read.rows == ((1, "Due"),)


def test_a_row_or_column_that_is_gone_refuses_the_write() -> None:
    read = table("ID | ↻ Status\n1 | Due")
    for wrong in (change(9, "↻ Status", "Due", "Soon"), change(2, "↻ Why", None, "w")):
        with pytest.raises(TableChanged):
            patch(read, ChangeSet((wrong,)))


def test_a_column_to_be_made_that_meanwhile_stands_there_refuses_the_write() -> None:
    changes = decided(table("ID | Name\n1 | Ng"), desired(["Due"]))
    with pytest.raises(TableChanged):
        patch(table("ID | Name | ↻ Status\n1 | Ng |"), changes)


def test_no_changes_give_the_same_table() -> None:
    read = table("ID | ↻ Status\n1 | Due")
    assert patch(read, ChangeSet()) is read


def test_everything_outside_the_changed_cells_survives() -> None:
    read = table("ID | ↻ Status | Note\n1 | Due | a\n2 | Soon | b")
    after = patch(read, ChangeSet((change(2, "↻ Status", "Due", "Overdue"),)))
    assert after.rows == ((1, "Overdue", "a"), (2, "Soon", "b"))
    assert after.styles["↻ Status"] == (DUE, PLAIN)
    assert replace(after, rows=read.rows, styles=read.styles) == read
    assert owner_part(after, STATUS.is_ours) == owner_part(read, STATUS.is_ours)


# ---- Law 5, over random tables -------------------------------------------------------------------------------

_CELLS = st.one_of(
    st.none(), st.sampled_from(["Due", "Soon", "", " ", "Overdue"]), st.integers(-2, 2), st.booleans(), st.floats(allow_nan=False),
    st.dates(date(2025, 1, 1), date(2027, 1, 1)),
)
_STYLES = st.sampled_from([PLAIN, DUE, BAD, FOREIGN])


@st.composite
def tables_and_wishes(draw: st.DrawFn) -> tuple[Table, Desired]:
    owners = draw(st.lists(st.sampled_from(["ID", "Name", "Tier", "Status", "Why", "↻"]), min_size=1, max_size=4, unique=True))
    ours = draw(st.lists(st.sampled_from(OURS), max_size=2, unique=True))
    header = tuple(draw(st.permutations([*owners, *ours])))
    size = draw(st.integers(0, 5))
    rows = tuple(tuple(draw(_CELLS) for _ in header) for _ in range(size))
    styles = {name: tuple(draw(_STYLES) for _ in range(size)) for name in ours}
    numbers = sorted(draw(st.sets(st.integers(4, 40), min_size=size, max_size=size)))
    read = Table("s", "t", 3, 2, header, numbers, rows, {name: draw(_STYLES) for name in ours}, styles)
    values = {name: [draw(_CELLS) for _ in range(size)] for name in OURS}
    colours = {name: [draw(_STYLES) for _ in range(size)] for name in OURS}
    return read, Desired(OURS, values, colours)


@settings(deadline=None, max_examples=300)
@given(tables_and_wishes(), st.sampled_from(["ID", "Name", None]))
def test_after_a_patch_nothing_is_left_to_do(both: tuple[Table, Desired], key: str | None) -> None:
    read, want = both
    after = patch(read, decided(read, want, key))
    left = decided(after, want, key)
    assert (left.changes, left.new_columns) == ((), ())


@settings(deadline=None, max_examples=200)
@given(tables_and_wishes())
def test_a_patch_leaves_the_owners_part_alone(both: tuple[Table, Desired]) -> None:
    read, want = both
    assert owner_part(patch(read, decided(read, want)), STATUS.is_ours) == owner_part(read, STATUS.is_ours)


@settings(deadline=None, max_examples=200)
@given(tables_and_wishes())
def test_an_undo_at_once_brings_back_every_old_value(both: tuple[Table, Desired]) -> None:
    read, want = both
    changes = decided(read, want)
    after = patch(read, changes)
    back, skipped = invert(after, changes)
    undone = patch(after, back)
    assert skipped == ()
    for name in OURS:
        position, was = undone.position(name), read.position(name)
        assert (position is None) == (was is None)
        if position is not None and was is not None:
            assert all(same(row[position], old[was]) for row, old in zip(undone.rows, read.rows, strict=True))


# ---- invert: undo --------------------------------------------------------------------------------------------


def synced(text: str, status: Sequence[Cell], key: str | None = "ID") -> tuple[Table, ChangeSet]:
    read = table(text)
    changes = decided(read, desired(status), key)
    return patch(read, changes), changes


def column(read: Table, name: str) -> list[Cell]:
    position = read.position(name)
    assert position is not None
    return [row[position] for row in read.rows]


def reordered(read: Table, order: Sequence[int]) -> Table:
    return replace(
        read, rows=tuple(read.rows[n] for n in order), styles={name: tuple(all_[n] for n in order) for name, all_ in read.styles.items()}
    )


THREE = "ID | Name | ↻ Status | ↻ Why\n1 | Ng | old 1 |\n2 | Lee | old 2 |\n3 | Bo | old 3 |"


def test_undo_finds_rows_by_key_after_a_sort() -> None:
    after, changes = synced(THREE, ["new 1", "new 2", "new 3"])
    mixed = reordered(after, [2, 0, 1])
    back, skipped = invert(mixed, changes)
    assert skipped == ()
    assert column(patch(mixed, back), "↻ Status") == ["old 3", "old 1", "old 2"]


def test_undo_finds_rows_by_key_after_other_cells_were_edited() -> None:
    after, changes = synced(THREE, ["new 1", "new 2", "new 3"])
    edited = replace(after, rows=(after.rows[0], (2, "Lee-Smith", *after.rows[1][2:]), after.rows[2]))
    back, skipped = invert(edited, changes)
    assert skipped == ()
    assert column(patch(edited, back), "↻ Status") == ["old 1", "old 2", "old 3"]


def test_undo_finds_rows_without_a_key_by_the_rest_of_the_row() -> None:
    after, changes = synced("Name | ↻ Status | ↻ Why\nNg | old 1 |\nLee | old 2 |", ["new 1", "new 2"], key=None)
    mixed = reordered(after, [1, 0])
    back, skipped = invert(mixed, changes)
    assert skipped == ()
    assert column(patch(mixed, back), "↻ Status") == ["old 2", "old 1"]


def test_undo_gives_equal_rows_their_equal_values_each_once() -> None:
    after, changes = synced("Name | ↻ Status | ↻ Why\nNg | old |\nNg | old |\nLee | x |", ["new", "new", "y"], key=None)
    mixed = reordered(after, [2, 0, 1])
    back, skipped = invert(mixed, changes)
    assert (skipped, len({change.row for change in back})) == ((), 3)
    assert column(patch(mixed, back), "↻ Status") == ["x", "old", "old"]


def test_undo_skips_a_cell_that_no_longer_holds_what_was_written() -> None:
    after, changes = synced(THREE, ["new 1", "new 2", "new 3"])
    edited = replace(after, rows=(after.rows[0], (2, "Lee", "my own word", None), after.rows[2]))
    back, skipped = invert(edited, changes)
    assert [(change.anchor, change.after) for change in skipped] == [(Anchor("ID", 2), "new 2")]
    assert column(patch(edited, back), "↻ Status") == ["old 1", "my own word", "old 3"]


def test_undo_skips_a_row_that_was_deleted_or_whose_key_now_stands_twice() -> None:
    after, changes = synced(THREE, ["new 1", "new 2", "new 3"])
    deleted = replace(after, rows=after.rows[:2], numbers=[2, 3], styles={name: all_[:2] for name, all_ in after.styles.items()})
    assert [change.anchor for change in invert(deleted, changes)[1]] == [Anchor("ID", 3)]
    doubled = replace(after, rows=(after.rows[0], (1, "Copy", "new 2", None), after.rows[2]))
    assert {change.anchor for change in invert(doubled, changes)[1]} == {Anchor("ID", 1), Anchor("ID", 2)}


def test_undo_of_a_first_run_takes_its_columns_away_with_their_headers() -> None:
    after, changes = synced("ID | Name\n1 | Ng\n2 | Lee", ["Due", "Soon"])
    back, skipped = invert(after, changes)
    assert skipped == ()
    undone = patch(after, back)
    assert (undone.header, undone.rows) == (("ID", "Name"), ((1, "Ng"), (2, "Lee")))


def test_undo_leaves_a_column_in_which_a_cell_was_edited() -> None:
    after, changes = synced("ID | Name\n1 | Ng\n2 | Lee", ["Due", "Soon"])
    edited = replace(after, rows=((1, "Ng", "my own", None), after.rows[1]))
    back, skipped = invert(edited, changes)
    undone = patch(edited, back)
    assert [change.column for change in skipped] == ["↻ Status"]
    assert "↻ Status" in undone.header
    assert column(undone, "↻ Status") == ["my own", None]
    assert "↻ Why" not in undone.header


def test_undo_skips_cells_whose_column_was_deleted() -> None:
    after, changes = synced(THREE, ["new 1", "new 2", "new 3"])
    without = replace(after, header=("ID", "Name", "↻ Why"), rows=tuple((row[0], row[1], row[3]) for row in after.rows),
                      styles={"↻ Why": after.styles["↻ Why"]})
    back, skipped = invert(without, changes)
    assert (len(back), len(skipped)) == (0, 3)


def test_undo_brings_back_the_old_colour() -> None:
    read = table("ID | ↻ Status | ↻ Why\n1 | Due |", styles={"↻ Status": (BAD,)})
    changes = decided(read, desired(["Due"]))
    after = patch(read, changes)
    back, _ = invert(after, changes)
    assert patch(after, back).styles["↻ Status"] == (BAD,)
