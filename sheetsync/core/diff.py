"""What has to change so that a table says what it should; and a table with those changes made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter

from sheetsync.core.header import is_leftover
from sheetsync.core.model import (
    HEADER,
    KEEP,
    PLAIN,
    Anchor,
    Cell,
    Change,
    ChangeSet,
    Customers,
    Desired,
    Style,
    Table,
)
from sheetsync.core.values import is_blank
from sheetsync.errors import TableChanged


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells hold the same. True is not 1, and text is never a number."""
    return one == other and (isinstance(one, bool) == isinstance(other, bool))


def anchors(table: Table, key: str | None, owned: Callable[[str], bool]) -> Callable[[int], Anchor]:
    """A function from a row's index to its anchor: the unique value of the column headed `key`, else the rest of the row.

    `owned` says which headers are status columns; they are no part of the rest.
    """
    position = table.position(key) if key is not None else None
    rest_positions = [p for p, header in enumerate(table.header) if not owned(header)]
    rows = table.rows
    unique: set[Cell] = set()
    if position is not None:
        counts = Counter(row[position] for row in rows)
        unique = {value for value, count in counts.items() if count == 1 and not is_blank(value)}

    def anchor(index: int) -> Anchor:
        row = rows[index]
        if position is not None and row[position] in unique:
            return Anchor(key or "", row[position])
        return Anchor("", None, tuple([row[p] for p in rest_positions]))

    return anchor


def key_header(customers: Customers) -> str | None:
    """The owner's own header of the key column."""
    if customers.key is None:
        return None
    return customers.table.header[customers.positions[customers.key]]


def diff(table: Table, desired: Desired, anchor: Callable[[int], Anchor]) -> ChangeSet:
    """Every status cell that has to be rewritten, value or colour, header cells included; by row, then by column."""
    new = tuple(header for header in desired.headers if table.position(header) is None)
    changes: list[Change] = []
    make = partial(tuple.__new__, Change)  # a call of the class costs twice as much, half a million times
    columns: list[tuple[str, int | None, Sequence[Cell], Sequence[Style], Sequence[Style]]] = []
    for header in desired.headers:
        position = table.position(header)
        if position is None:
            changes.append(Change(table.header_row, header, None, header, PLAIN, HEADER, None))
            old_styles: Sequence[Style] = (PLAIN,) * len(table.rows)
        else:
            style = table.header_styles.get(header, HEADER)
            if style != HEADER:
                changes.append(Change(table.header_row, header, header, header, style, HEADER, None))
            old_styles = table.styles.get(header) or (PLAIN,) * len(table.rows)
        columns.append((header, position, desired.values[header], desired.styles[header], old_styles))
    rows, numbers = table.rows, table.numbers
    blank: Sequence[Cell] = (None,) * len(rows)
    cells = [
        (header, blank if position is None else [row[position] for row in rows], values, styles, old_styles)
        for header, position, values, styles, old_styles in columns
    ]
    differs = [
        bytes([
            (before is not after and (before is None or after is None or not same(before, after))) or (old is not style and old != style)
            for before, after, old, style in zip(before_all, values, old_styles, styles, strict=True)
        ])
        for _, before_all, values, styles, old_styles in cells
    ]
    for index, flags in enumerate(zip(*differs, strict=True)):
        if 1 not in flags:
            continue
        whose = anchor(index)
        for differ, (header, before_all, values, styles, old_styles) in zip(flags, cells, strict=True):
            if differ:
                changes.append(make((
                    numbers[index], header, before_all[index], values[index], old_styles[index], styles[index], whose)))
    return ChangeSet(tuple(changes), new)


def owner_part(table: Table, owned: Callable[[str], bool]) -> tuple[object, ...]:
    """All of a table that is the owner's: what the plan depends on. Two tables with equal parts get equal plans."""
    positions = [p for p, header in enumerate(table.header) if not owned(header)]
    if positions == list(range(len(positions))):
        width = len(positions)
        rows = [row[:width] for row in table.rows]
    else:
        rows = [tuple([row[p] for p in positions]) for row in table.rows]
    return (table.sheet, table.header_row, [table.header[p] for p in positions], list(table.numbers), rows,
            table.formula_cells, table.uncalculated)


def invert(table: Table, changes: Iterable[Change]) -> tuple[ChangeSet, tuple[Change, ...]]:
    """The changes that take recorded ones back on the table as it is now, and those recorded ones that can't be.

    Rows are found by key, else by the rest of the row. A cell that no longer holds what was written is left alone;
    a column that was made is emptied with its header when all its cells are taken back.
    """
    changes = tuple(changes)
    find = row_finder(table, changes)
    back: list[Change] = []
    skipped: list[Change] = []
    made: list[Change] = []
    taken: set[tuple[int, int]] = set()
    for change in changes:
        position = table.position(change.column)
        if position is None:
            skipped.append(change)
        elif change.anchor is None:
            if change.before is None:
                made.append(change)
        else:
            index = find(change)
            if index is not None and (index, position) in taken:
                continue  # written again in a later round: what stood there before the first is what comes back
            if index is None or not same(table.rows[index][position], change.after):
                skipped.append(change)
                continue
            taken.add((index, position))
            styles = table.styles.get(change.column)
            style = styles[index] if styles is not None else KEEP if change.style == KEEP else PLAIN
            back.append(Change(table.numbers[index], change.column, change.after, change.before, style,
                               change.style_before, change.anchor))
    emptied = Counter(change.column for change in back if change.before is not None and change.after is None)
    for change in made:
        position = table.position(change.column)
        filled = 0 if position is None else len([row for row in table.rows if row[position] is not None])
        if filled == emptied[change.column]:  # else something of somebody's would stand there without a header
            style = table.header_styles.get(change.column, HEADER)
            back.append(Change(table.header_row, change.column, change.column, None, style, PLAIN, None))
    return ChangeSet(tuple(back)), tuple(skipped)


def row_finder(table: Table, recorded: Iterable[Change], *, as_read_first: bool = False) -> Callable[[Change], int | None]:
    """A function from a recorded change to the index of its row in the table as it is now; None where it is gone.

    Rows are found by key, else by the rest of the row: as it was left by the recorded changes, else as it was read (or first so).
    """
    by_key: dict[str, dict[Cell, list[int]]] = {}
    by_rest: dict[tuple[Cell, ...], list[int]] = {}
    found: dict[tuple[int, Anchor], int | None] = {}
    given: set[int] = set()
    owned = set(table.styles)
    rest_positions = [p for p, header in enumerate(table.header) if header not in owned]
    place = {table.header[p]: n for n, p in reversed(list(enumerate(rest_positions)))}
    left: dict[tuple[int, Anchor], dict[int, Cell]] = {}  # what a Log entry made of cells of the rest
    for change in recorded:
        if change.anchor is not None and not change.anchor.column and change.column in place:
            left.setdefault((change.row, change.anchor), {})[place[change.column]] = change.after

    def look(change: Change, anchor: Anchor) -> int | None:
        if anchor.column:
            position = table.position(anchor.column)
            if position is None:
                return None
            if anchor.column not in by_key:
                index: dict[Cell, list[int]] = {}
                for i, row in enumerate(table.rows):
                    index.setdefault(row[position], []).append(i)
                by_key[anchor.column] = index
            matches = by_key[anchor.column].get(anchor.key, [])
            return matches[0] if len(matches) == 1 else None
        if not by_rest:
            for i, row in enumerate(table.rows):
                by_rest.setdefault(tuple([row[p] for p in rest_positions]), []).append(i)
        rests = [anchor.rest]
        if (cells := left.get((change.row, anchor))) is not None:
            rests.insert(int(as_read_first), tuple([cells.get(n, cell) for n, cell in enumerate(anchor.rest)]))
        for rest in rests:
            # Equal rows were given equal changes, so any of them will do, each once.
            free = [i for i in by_rest.get(rest, ()) if i not in given]
            if free:
                return next((i for i in free if table.numbers[i] == change.row), free[0])
        return None

    def find(change: Change) -> int | None:
        assert change.anchor is not None
        who = (change.row, change.anchor)
        if who not in found:
            found[who] = look(change, change.anchor)
            if found[who] is not None:
                given.add(found[who])  # type: ignore[arg-type]
        return found[who]

    return find


def went_through(table: Table, recorded: Iterable[Change]) -> tuple[bool, Callable[[int, Anchor], bool]]:
    """Whether a write whose end nobody saw went through, as a whole and for each (row, anchor): told by what the cells hold now.

    A row is judged by the owner's cells that were to change, where there are such, and one that tells nothing (it is gone,
    or its cells hold neither) by the others.
    """
    recorded = tuple(recorded)
    find = row_finder(table, recorded, as_read_first=True)  # a row as it was read can only be one that was not written
    votes: dict[tuple[int, Anchor], int] = {}
    total = 0
    for change in recorded:
        if change.anchor is None or same(change.before, change.after):
            continue
        index, position = find(change), table.position(change.column)
        if index is None or position is None:
            continue
        cell = table.rows[index][position]
        vote = 1 if same(cell, change.after) else -1 if same(cell, change.before) else 0
        total += vote
        if change.column not in table.styles:
            who = (change.row, change.anchor)
            votes[who] = votes.get(who, 0) + vote
    return total > 0, lambda row, anchor: (votes.get((row, anchor), 0) or total) > 0


def patch(table: Table, changes: ChangeSet) -> Table:
    """The table with all changes made. Raises TableChanged where a cell doesn't hold what the change expects."""
    if not changes.changes:
        return table
    for text in changes.new_columns:
        if text in table.header:
            raise TableChanged(f'The column "{text}" stands there meanwhile.')
    header = (*table.header, *changes.new_columns)
    positions: dict[str, int] = {}
    for position, text in enumerate(header):
        positions.setdefault(text, position)
    added = len(changes.new_columns)
    rows: list[tuple[Cell, ...]] = list(table.rows)
    styles: dict[str, list[Style]] = {text: list(values) for text, values in table.styles.items()}
    for text in changes.new_columns:
        styles[text] = [PLAIN] * len(rows)
    header_styles = dict(table.header_styles) | dict.fromkeys(changes.new_columns, PLAIN)
    index_of = {number: index for index, number in enumerate(table.numbers)}
    if added:
        blank = (None,) * added
        rows = [row + blank for row in rows]
    new_header = list(header)
    for number, group in groupby(sorted(changes, key=itemgetter(0)), key=itemgetter(0)):
        if number == table.header_row:
            for change in group:
                _patch_header(change, positions, new_header, header_styles, styles)
            continue
        index = index_of.get(number)
        if index is None:
            raise TableChanged(f"Row {number} is no longer there.")
        cells = list(rows[index])
        for _, column, before, cell, _, style, _ in group:
            found = positions.get(column)
            if found is None or (cells[found] is not before and not same(cells[found], before)):
                raise TableChanged(f'Row {number}, "{column}" no longer holds what was read.')
            cells[found] = cell
            if column in styles:
                styles[column][index] = style
        rows[index] = tuple(cells)
    emptied = {positions[column] for column in changes.emptied}
    width = len(new_header)
    while width - 1 in emptied and all(row[width - 1] is None for row in rows):
        width -= 1  # a column emptied with its header is no longer part of the table
    if width < len(new_header):
        rows = [row[:width] for row in rows]
    after = replace(
        table,
        header=tuple(new_header[:width]),
        rows=tuple(rows),
        header_styles=header_styles,
        styles={text: tuple(values) for text, values in styles.items()},
    )
    return _without_cleared_leftovers(after) if table.leftovers else after


def _without_cleared_leftovers(table: Table) -> Table:
    """A table whose rows of leftover statuses end, as they do in reading, with the first that no longer looks like one."""
    ours = [table.header.index(text) for text in table.styles]
    end = first = len(table.rows) - table.leftovers
    while end < len(table.rows) and is_leftover(table.rows[end], ours):
        end += 1
    inside = set(table.numbers[:end])
    formula_cells = frozenset(cell for cell in table.formula_cells if cell[0] in inside)
    return replace(
        table, numbers=table.numbers[:end], rows=table.rows[:end], leftovers=end - first,
        styles={text: values[:end] for text, values in table.styles.items()},
        formula_cells=formula_cells, formulas=frozenset(position for _, position in formula_cells),
        uncalculated=table.uncalculated & formula_cells,
    )


def _patch_header(
    change: Change, positions: dict[str, int], header: list[str], header_styles: dict[str, Style], styles: dict[str, list[Style]]
) -> None:
    found = positions.get(change.column)
    if found is None:
        raise TableChanged(f'The column "{change.column}" is no longer there.')
    header[found] = "" if change.after is None else str(change.after)
    header_styles[change.column] = change.style
    if change.after is None:
        header_styles.pop(change.column)
        styles.pop(change.column)
