"""Tables whose rows moved while they were written: each row is found again by its anchor."""

from __future__ import annotations

from collections.abc import Callable

from sheetsync.core.diff import anchors, same
from sheetsync.core.model import HEADER, PLAIN, Anchor, Cell, Change, ChangeSet, Style, Table

Owned = Callable[[str], bool]


def net(before: Table, after: Table, key: str | None, owned: Owned) -> ChangeSet:
    """What all writes between two states come to in the status columns, row by row as they stand in `after`.

    `key` is the header of the key column. A row that is new has nothing before.
    """
    find = _finder(before, after, key, owned)
    changes: list[Change] = []
    new = tuple(header for header in after.header if owned(header) and header not in before.header)
    for header in new:
        changes.append(Change(after.header_row, header, None, header, PLAIN, HEADER, None))
    whose = anchors(after, key, owned)
    columns = [(header, before.position(header), position) for position, header in enumerate(after.header) if owned(header)]
    for index, row in enumerate(after.rows):
        there = find(index)
        for header, old, position in columns:
            value, style = _cell(before, there, header, old)
            style_now = _style(after, index, header)
            if not same(value, row[position]) or style != style_now:
                changes.append(Change(after.numbers[index], header, value, row[position], style, style_now, whose(index)))
    return ChangeSet(tuple(changes), new)


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
    whose_known, whose = anchors(known, key, owned), anchors(table, key, owned)
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
