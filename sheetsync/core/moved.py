"""Tables whose rows moved while they were written: each row is found again by its anchor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import itemgetter

from sheetsync.core.diff import anchors, row_finder, same
from sheetsync.core.model import HEADER, KEEP, PLAIN, Anchor, Cell, Change, ChangeSet, Contact, Style, Table

Owned = Callable[[str], bool]


def calculated_apart(table: Table) -> Table:
    """The table with every formula's result taken out: clocks and dice change without anybody's editing."""
    if not table.formula_cells:
        return table
    rows = tuple(
        tuple([None if (number, p) in table.formula_cells else cell for p, cell in enumerate(row)])
        for number, row in zip(table.numbers, table.rows, strict=True)
    )
    return replace(table, rows=rows)


def landed(after: Table, changes: Iterable[Change], contacts: Iterable[Contact]) -> tuple[tuple[Change, ...], tuple[Contact, ...]]:
    """Which changes of owner cells, and which of the contacts they belong to, stand in the table as it came back: whole rows each.

    A row that is found by its anchor is judged by what most of its cells hold; else the row in its place counts where it holds
    all, since its anchor may have been edited meanwhile.
    """
    asked = [change for change in changes if change.style == KEEP]
    find = row_finder(after, asked)
    index_of = {number: index for index, number in enumerate(after.numbers)}
    by_row: dict[tuple[int, Anchor | None], list[Change]] = {}
    for change in asked:
        by_row.setdefault((change.row, change.anchor), []).append(change)
    done: list[Change] = []
    whose: set[tuple[int, Anchor | None]] = set()
    for who, some in by_row.items():
        index = find(some[0])
        there = index_of.get(who[0]) if index is None else index
        votes = 0 if there is None else sum(_vote(after, there, change) for change in some)
        if votes > 0 and (index is not None or votes == len(some)):
            done += some
            whose.add(who)
    return tuple(done), tuple(contact for contact in contacts if (contact.row, contact.anchor) in whose)


def _vote(table: Table, index: int, change: Change) -> int:
    position = table.position(change.column)
    if position is None:
        return 0
    cell = table.rows[index][position]
    return 1 if same(cell, change.after) else -1 if same(cell, change.before) else 0


def net(before: Table, after: Table, key: str | None, owned: Owned, asked: Iterable[Change] = ()) -> ChangeSet:
    """What all writes between two states come to, row by row as they stand in `after`: status cells, and the owner's that were asked for.

    `key` is the header of the key column, `asked` the changes of owner cells that landed, in their order. What the owner edited
    meanwhile is no part of it. A row that is new has nothing before.
    """
    asked = tuple(asked)
    known, cells, strange = _asked(before, asked, key, owned)
    find = _finder(known, after, key, owned)
    changes: list[Change] = []
    new = tuple(header for header in after.header if owned(header) and header not in before.header)
    for header in new:
        changes.append(Change(after.header_row, header, None, header, PLAIN, HEADER, None))
    whose = anchors(after, key, owned)
    columns = [(header, before.position(header), position) for position, header in enumerate(after.header) if owned(header)]
    where: dict[int, int] = {}
    for index, row in enumerate(after.rows):
        there = find(index)
        if there is not None:
            where[there] = index
        for header, old, position in columns:
            value, style = _cell(before, there, header, old)
            style_now = _style(after, index, header)
            if not same(value, row[position]) or style != style_now:
                changes.append(Change(after.numbers[index], header, value, row[position], style, style_now, whose(index)))
    for (there, column), (value, value_now) in cells.items():
        if (found := where.get(there)) is not None and not same(value, value_now):
            changes.append(Change(after.numbers[found], column, value, value_now, KEEP, KEEP, whose(found)))
    look = row_finder(after, strange)
    for change in strange:
        if (found := look(change)) is not None:
            changes.append(change._replace(row=after.numbers[found], anchor=whose(found)))
    return ChangeSet(tuple(sorted(changes, key=itemgetter(0))), new)


def _asked(
    before: Table, asked: tuple[Change, ...], key: str | None, owned: Owned
) -> tuple[Table, dict[tuple[int, str], tuple[Cell, Cell]], list[Change]]:
    """The table with the owner cells that were asked for; by (index, column) what they held and hold; and changes of rows it lacks."""
    cells: dict[tuple[int, str], tuple[Cell, Cell]] = {}
    strange: list[Change] = []
    if not asked:
        return before, cells, strange
    whose = anchors(before, key, owned)
    by_anchor: dict[Anchor | None, list[int]] = {}
    for index in range(len(before.rows) - 1, -1, -1):
        by_anchor.setdefault(whose(index), []).append(index)
    given: dict[tuple[int, Anchor | None], int | None] = {}
    rows = list(before.rows)
    for change in asked:
        who = (change.row, change.anchor)
        if who not in given:
            left = by_anchor.get(change.anchor)
            one_of_many = left and not (change.anchor and change.anchor.column)
            given[who] = None if not left else left.pop() if one_of_many else left[0]
        there, position = given[who], before.position(change.column)
        if there is None or position is None:
            strange.append(change)
            continue
        first, _ = cells.get((there, change.column), (change.before, None))
        cells[there, change.column] = (first, change.after)
        rows[there] = (*rows[there][:position], change.after, *rows[there][position + 1 :])
    return replace(before, rows=tuple(rows)), cells, strange


def still_to_do(wanted: Table, now: Table, key: str | None, owned: Owned) -> ChangeSet:
    """The changes after which every row's status cells hold what `wanted` has for that row; a row that it doesn't know holds nothing.

    Status columns that `wanted` lacks are emptied with their header.
    """
    find = _finder(wanted, now, key, owned)
    whose = anchors(now, key, owned)
    changes: list[Change] = []
    for position, header in enumerate(now.header):
        if not owned(header):
            continue
        old = wanted.position(header)
        if old is None:
            style = now.header_styles.get(header, HEADER)
            changes.append(Change(now.header_row, header, header, None, style, PLAIN, None))
        for index, row in enumerate(now.rows):
            value, style = _cell(wanted, find(index), header, old)
            style_now = _style(now, index, header)
            if not same(value, row[position]) or style != style_now:
                changes.append(Change(now.numbers[index], header, row[position], value, style_now, style, whose(index)))
    return ChangeSet(tuple(sorted(changes, key=lambda change: change.row)))


def _finder(known: Table, table: Table, key: str | None, owned: Owned) -> Callable[[int], int | None]:
    """A function from a row's index in `table` to its index in `known`; each of several equal rows is given once."""
    by_anchor: dict[Anchor, list[int]] = {}
    whose_known, whose = anchors(calculated_apart(known), key, owned), anchors(calculated_apart(table), key, owned)
    for index in range(len(known.rows) - 1, -1, -1):
        by_anchor.setdefault(whose_known(index), []).append(index)
    found: dict[int, int | None] = {}
    for index in range(len(table.rows)):
        left = by_anchor.get(whose(index))
        found[index] = left.pop() if left else None
    return lambda index: found[index]


def _cell(table: Table, index: int | None, header: str, position: int | None) -> tuple[Cell, Style]:
    if index is None or position is None:
        return None, PLAIN
    return table.rows[index][position], _style(table, index, header)


def _style(table: Table, index: int, header: str) -> Style:
    styles = table.styles.get(header)
    return PLAIN if styles is None else styles[index]
