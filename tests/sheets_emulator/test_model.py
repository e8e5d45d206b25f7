"""Whatever an owner does to rows and columns, in any order, the emulator does what a plain list of lists would."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sheets_emulator import Book
from tests.sheets_emulator.a1 import COLUMNS, ROWS, Area, column_letter
from tests.sheets_emulator.book import Tab

Edit = tuple[str, str, int, int, int]

EDITS = st.lists(st.tuples(st.sampled_from(["insert", "delete", "move", "sort"]), st.sampled_from([ROWS, COLUMNS]),
                           st.integers(0, 9), st.integers(1, 3), st.integers(0, 9)), max_size=12)


def new_book(size: int, filled: int) -> Book:
    """A square grid, its top left corner filled with values that are all different."""
    book = Book("id", "Book")
    book.tabs.append(Tab(0, "Sheet1", size, size))
    book.type_rows("A1", [[f"{row}.{column}" for column in range(filled)] for row in range(filled)])
    return book


def fitted(book: Book, edit: Edit) -> Edit:
    """The edit as it fits the grid."""
    kind, axis, first, count, to = edit
    size = book.tabs[0].count(axis)
    first = min(first, (book.tabs[0].column_count if kind == "sort" else size) - 1)
    return kind, axis, first, max(1, min(count, size - first)), min(to, size)


def play(book: Book, edit: Edit) -> Edit | None:
    """Does it to the book; returns it as it fits the grid, or None where it can't be done."""
    kind, axis, first, count, to = fitted(book, edit)
    size = book.tabs[0].count(axis)
    by_rows = axis == ROWS
    if kind == "insert":
        book.insert_rows(first + 1, count) if by_rows else book.insert_columns(column_letter(first), count)
    elif kind == "delete":
        if count == size:
            return None
        book.delete_rows(first + 1, count) if by_rows else book.delete_columns(column_letter(first), count)
    elif kind == "move":
        if first < to < first + count:
            return None
        if by_rows:
            book.move_rows(first + 1, count, before=to + 1)
        else:
            book.move_columns(column_letter(first), count, before=column_letter(to))
    else:
        book.sort(column_letter(first), descending=count == 2, header_rows=0, last_row=book.tabs[0].row_count)
    return kind, axis, first, count, to


def play_on_lists(grid: list[list[Any]], edit: Edit) -> list[list[Any]]:
    """The same to a list of lists that is as large as the grid."""
    kind, axis, first, count, to = edit
    if kind == "sort":
        filled = sorted((row for row in grid if row[first] is not None), key=lambda row: row[first], reverse=count == 2)
        return filled + [row for row in grid if row[first] is None]
    lines = grid if axis == ROWS else [list(column) for column in zip(*grid, strict=True)]
    if kind == "insert":
        lines = lines[:first] + [[None] * len(lines[0]) for _ in range(count)] + lines[first:]
    elif kind == "delete":
        lines = lines[:first] + lines[first + count :]
    else:
        rest, goes = lines[:first] + lines[first + count :], to - count if to >= first + count else to
        lines = rest[:goes] + lines[first : first + count] + rest[goes:]
    return lines if axis == ROWS else [list(row) for row in zip(*lines, strict=True)]


def shown(grid: list[list[Any]]) -> list[list[Any]]:
    """Without blanks at the end, as Book.values."""
    rows = []
    for row in grid:
        kept = list(row)
        while kept and kept[-1] is None:
            kept.pop()
        rows.append(kept)
    while rows and not rows[-1]:
        rows.pop()
    return rows


@settings(max_examples=300, deadline=None)
@given(EDITS)
def test_values_go_where_a_list_of_lists_would_put_them(edits: list[Edit]) -> None:
    book = new_book(9, 6)
    grid: list[list[Any]] = [[f"{row}.{column}" if row < 6 and column < 6 else None for column in range(9)] for row in range(9)]
    for edit in edits:
        done = play(book, edit)
        if done is not None:
            grid = play_on_lists(grid, done)
        assert book.values() == shown(grid)
        assert (book.tabs[0].row_count, book.tabs[0].column_count) == (len(grid), len(grid[0]))


AREAS = st.tuples(st.integers(0, 7), st.integers(1, 3), st.integers(0, 7), st.integers(1, 3))


@settings(max_examples=300, deadline=None)
@given(AREAS, EDITS)
def test_what_lies_over_cells_stays_over_the_same_cells(where: tuple[int, int, int, int], edits: list[Edit]) -> None:
    """Rows and columns inserted, deleted or moved: as long as a part of the area is not torn out of it or put into it, the cells
    that it covered and that are still there are the filled cells that it covers."""
    top, tall, left, wide = where
    book = new_book(11, 11)
    area = Area(top, top + tall, left, left + wide)
    book.do({"addProtectedRange": {"protectedRange": {"range": area.json(0)}}})
    tab = book.tabs[0]
    covered = {cell["userEnteredValue"]["stringValue"] for _, _, cell in tab.cells(tab.box(area))}
    for edit in edits:
        kind, axis, first, count, to = fitted(book, edit)
        if kind == "sort":
            continue
        if kind == "move" and tab.protected:
            start, end = Area.of(tab.protected[0]["range"]).span(axis)
            inside = (start or 0) <= first and first + count <= (end or 0)
            outside = first + count <= (start or 0) or first >= (end or 0)
            if not (inside or outside) or (start or 0) < to < (end or 0) or (inside and (start, end) != (first, first + count)):
                continue
        if play(book, edit) is None:
            continue
        present = {cell["userEnteredValue"]["stringValue"] for _, _, cell in tab.cells(tab.box())}
        here = {cell["userEnteredValue"]["stringValue"] for item in tab.protected
                for _, _, cell in tab.cells(tab.box(Area.of(item["range"])))}
        assert here == covered & present
