"""After a write: which of the cells that were hit are not ours (a column moved meanwhile), and what they held before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from itertools import zip_longest
from types import MappingProxyType

from sheetsync.backends.google.batch import COLOUR, NUMBER, RICH, VALUE, Put
from sheetsync.backends.google.formulas import moved
from sheetsync.backends.google.snapshot import BLANK, Place, Snapshot
from sheetsync.core.model import Cell, Table
from sheetsync.core.values import text_of


def find_damage(
    before: Snapshot, table: Table, after: Snapshot, header_row: int | None, hits: Mapping[Place, Put], is_ours: Callable[[str], bool],
    key: str | None, grown: int = 0, owners: Mapping[Place, Put] = MappingProxyType({}),
) -> dict[Place, Put]:
    """What puts back the cells that were hit by mistake; empty where all is well.

    `table` is what `before` was read as, `header_row` where the header stands in `after`, `key` the header of the key column,
    `grown` by how many columns the write made the grid wider; `owners` are the hits in cells of the owner's, which Log entries
    asked for (those are `find_hit_rows`' to judge).
    Only cells that still hold what was written count: what anybody typed since stays.
    """
    held = {place: put for place, put in hits.items() if holds(after, place, put)}
    if not held:
        return {}
    if header_row is None:
        header_row = table.header_row
    columns = _columns(before, table, after, header_row, held, grown)
    made = {column for row, column in hits if row == table.header_row and is_ours(_header(after, table.header_row, column))
            and not is_ours(_header(before, table.header_row, column))}
    removed = {column for (row, column), put in hits.items() if row == table.header_row and put.parts & VALUE and not put.entered
               and is_ours(_header(before, row, column))}
    astray = header_row != table.header_row or _has_gap(before, after, header_row, made) or any(
        columns.get(column, column) <= table.first_column + len(table.header) - 1 for column in made)
    wrong: dict[Place, Put] = {}
    rows: Callable[[int], int | None] | None = None
    now_at: dict[int, int] = {}
    for (row, column), put in held.items():
        text = _header(after, header_row, column)
        fine = is_ours(text) and row >= header_row and (row > header_row or put.entered.get("stringValue", text) == text)
        if column in removed and header_row == table.header_row:
            fine = columns.get(column, column) == column
        elif column in made and astray:
            fine = False  # new columns that are not right beside the table are taken away and made again
        if fine:
            continue
        if rows is None:
            now_at = {source: now for now, source in columns.items()}
            rows = _rows(before, table, after, header_row, columns, {*held, *owners}, key)
        source_row, source_column = rows(row), columns.get(column)
        if source_row is None or source_column is None:
            wrong[row, column] = put._replace(entered={}, look=BLANK, runs={})
            continue
        parts = put.parts
        runs = dict(before.runs.get((source_row, source_column), {}))
        if parts & VALUE and runs:
            parts |= RICH
        look = before.look(source_row, source_column)
        if parts & VALUE and look.number[0] != after.look(row, column).number[0]:
            parts |= NUMBER  # the place is not where the column's own formats went
        entered = before.entered(source_row, source_column)
        if "formulaValue" in entered:
            entered = {"formulaValue": moved(entered["formulaValue"], now_at, source_row, row)}
        wrong[row, column] = Put(parts, entered, look, runs)
    return {place: put for place, put in wrong.items() if put.parts & RICH or not holds(after, place, put)}


def _has_gap(before: Snapshot, after: Snapshot, header_row: int, made: set[int]) -> bool:
    """Whether there is a blank column between the table and the new columns, since one to the left was deleted."""
    left = min(made, default=1) - 1
    return left >= 1 and any(row[left - 1 : left] != (None,) and len(row) >= left for row in before.cells) and all(
        after.cell(number, left) is None for number in range(header_row, len(after.cells) + 1))


def _header(snapshot: Snapshot, row: int, column: int) -> str:
    return " ".join(text_of(snapshot.cell(row, column)).split())


def holds(after: Snapshot, place: Place, put: Put) -> bool:
    """Whether a cell still is as the write left it."""
    look = after.look(*place)
    return (
        (not put.parts & VALUE or after.entered(*place) == put.entered)
        and (not put.parts & COLOUR or (_near(look.fill, put.look.fill) and _near(look.font, put.look.font)))
        and (not put.parts & NUMBER or look.number[0] == put.look.number[0])
    )


def _near(one: str, other: str) -> bool:
    """Whether two colours are the same within 1/256."""
    if one == other or {one, other} == {"", "FFFFFF"}:
        return True
    try:
        return len(one) == len(other) == 6 and all(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) <= 1 for at in (0, 2, 4))
    except ValueError:
        return False


def _columns(
    before: Snapshot, table: Table, after: Snapshot, header_row: int, held: Mapping[Place, Put], grown: int
) -> dict[int, int]:
    """For each column of `after`, which column of `before` it is: by its header; where that was hit, by how much wider the grid is."""
    width = max((len(row) for row in before.cells), default=0)
    texts = [_header(before, table.header_row, column) for column in range(1, width + 1)]
    counts = Counter(texts)
    by_text = {text: column for column, text in enumerate(texts, 1) if text and counts[text] == 1}
    hit = {column for (row, column), put in held.items() if row == header_row and put.parts & VALUE}
    known: dict[int, int] = {}
    last = max((len(row) for row in after.cells), default=0)
    for column in range(1, last + 1):
        if column not in hit and (source := by_text.get(_header(after, header_row, column))) is not None:
            known[column] = source
    free = set(range(1, width + 1)) - set(known.values())
    inserted = after.column_count - before.column_count - grown  # columns, less those deleted
    shift = 0
    unknown: list[int] = []
    for column in range(1, max(last, *(column for _, column in held)) + 1):
        if column in known:
            shift = column - known[column]
        elif column in hit:
            # Whatever was put in or taken out stands left of it: sheetsync's columns are the last ones.
            source = column - inserted
            if source in free or source > width:
                known[column] = source
                free.discard(source)
            else:
                unknown.append(column)
        elif (source := column - shift) > width or (source in free and not texts[source - 1]):
            known[column] = source  # a column without a header stands where its neighbour says
            free.discard(source)
    missing = sorted(source for source in free if texts[source - 1])
    for column, source in zip_longest(unknown, missing[: len(unknown)], fillvalue=width + 1):
        known[column] = source  # columns that were dragged away left theirs to their neighbours, in their order
    dragged = missing[len(unknown) :]
    renamed = any(column not in known and column not in hit and _header(after, header_row, column) for column in range(1, last + 1))
    if dragged and inserted >= 0 and not renamed:
        # Nobody deleted them, and they are nowhere else: they were dragged under the new columns. Where among them is not to be seen
        # any more, so they begin them; what they held is what matters.
        known.update(zip(sorted(column for column in hit if known.get(column, 0) > width), dragged, strict=False))
    return known


def _rows(
    before: Snapshot, table: Table, after: Snapshot, header_row: int, columns: Mapping[int, int], held: Collection[Place],
    key: str | None,
) -> Callable[[int], int | None]:
    """A function from a row of `after` to the row of `before` that it is: by key, else by the rest of the row; None for a new one."""
    hit = {column for _, column in held}
    sound = [(column, source) for column, source in sorted(columns.items()) if column not in hit]
    key_at = table.position(key) if key is not None else None
    key_source = None if key_at is None else table.first_column + key_at
    key_column = next((column for column, source in sound if source == key_source), None)
    by_key: dict[Cell, list[int]] = {}
    by_rest: dict[tuple[Cell, ...], list[int]] = {}
    for number in range(table.header_row + 1, len(before.cells) + 1):
        if key_source is not None and (value := before.cell(number, key_source)) is not None:
            by_key.setdefault(value, []).append(number)
        by_rest.setdefault(tuple([before.cell(number, source) for _, source in sound]), []).append(number)

    found_for: dict[int, int | None] = {}
    given: set[int] = set()

    def look(row: int) -> int | None:
        if row <= header_row:
            above = table.header_row - (header_row - row)
            return above if above >= 1 else None
        if key_column is not None and len(found := by_key.get(after.cell(row, key_column), [])) == 1:
            return found[0]
        rest = tuple([after.cell(row, column) for column, _ in sound])
        if all(cell is None for cell in rest):
            return None
        alike = [number for number in by_rest.get(rest, ()) if number not in given]
        return next((number for number in alike if number == row), alike[0] if alike else None)

    def find(row: int) -> int | None:
        if row not in found_for:
            found_for[row] = look(row)
            if found_for[row] is not None:
                given.add(found_for[row])  # type: ignore[arg-type]
        return found_for[row]

    return find
