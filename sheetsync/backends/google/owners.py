"""Cells of the owner's that Log entries ask for: which of them can't be written, and which were hit in a row that had moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from sheetsync.backends.google.batch import RICH, VALUE, Put
from sheetsync.backends.google.formulas import moved
from sheetsync.backends.google.snapshot import BLANK, DATED, Place, Snapshot, TypedTable
from sheetsync.core.header import map_columns
from sheetsync.core.model import LOG, NOT_A_DUPLICATE, NOTES, Cell, Column, StatusSettings, Table
from sheetsync.core.values import is_blank, text_of
from sheetsync.errors import Refused

_FORMULA = object()  # stands for every formula's result: a row that moved may show another one


def wanted_by_entries(header: list[str], rows: Iterable[tuple[Cell, ...]], columns: tuple[Column, ...], status: StatusSettings) -> set[int]:
    """The positions of the columns that Log entries may ask for; empty where no row has an entry."""
    try:
        at = map_columns(header, columns, status=status)
    except Refused:
        return set()  # two headers alike are told when the table is made
    log = at.get(LOG)
    if log is None or all(len(row) <= log or is_blank(row[log]) for row in rows):
        return set()
    kinds = {column.name: column.type for column in columns}
    return {p for name, p in at.items() if name in (LOG, NOTES, NOT_A_DUPLICATE) or kinds.get(name) in ("date", "step")}


def locked(
    snapshot: Snapshot, table: Table, columns: tuple[Column, ...], status: StatusSettings, typed: TypedTable | None
) -> dict[Place, str]:
    """(row number, position) → why, for the cells in rows with a Log entry that are protected, merged, chips, or of another type.

    Looks at nothing where no row has an entry. Formulas and what they spill are in the table's `formula_cells`.
    """
    try:
        at = map_columns(table.header, columns, status=status)
    except Refused:
        return {}
    log = at.get(LOG)
    numbers = [] if log is None else [n for n, row in zip(table.numbers, table.rows, strict=True) if not is_blank(row[log])]
    if not numbers:
        return {}
    kinds = {at[column.name]: column.type for column in columns if column.name in at}
    first = table.first_column
    out: dict[Place, str] = {}
    for p, header in enumerate(table.header):
        if status.is_ours(header):
            continue
        kind = typed.type_of(first + p) if typed is not None else ""
        unfit = (kinds.get(p) == "date" and kind not in ("", *DATED)) or (kinds.get(p) == "step" and kind == "TEXT")
        for number in numbers:
            place = (number, first + p)
            if any(_inside(place, area.where) and not any(_inside(place, free) for free in area.free) for area in snapshot.protected):
                out[number, p] = "is protected"
            elif any(_inside(place, merge) and place != (merge[0], merge[2]) for merge in snapshot.merges):
                out[number, p] = "is merged with other cells"
            elif "chipRuns" in snapshot.runs.get(place, {}) or kind.endswith("CHIP"):
                out[number, p] = "holds a smart chip"
            elif unfit:
                out[number, p] = f"stands in a table column of the type {kind.replace('_', ' ').lower()}"
    return out


def shifted_runs(snapshot: Snapshot, place: Place, text: Cell) -> Mapping[str, object]:
    """The rich text of a cell, moved to where its text stands when another is put in front of it; empty without such."""
    runs = snapshot.runs.get(place, {}).get("textFormatRuns")
    old = snapshot.cell(*place)
    if not runs or not isinstance(old, str) or not isinstance(text, str) or not text.endswith(old):
        return {}
    by = len(text[: len(text) - len(old)].encode("utf-16-le")) // 2
    moved = [{**run, "startIndex": run.get("startIndex", 0) + by} for run in runs]
    return {"textFormatRuns": moved if by == 0 else [{"startIndex": 0, "format": {}}, *moved]}


def find_hit_rows(
    before: Snapshot, table: Table, after: Snapshot, header_row: int | None, hits: Mapping[Place, Put], is_ours: Callable[[str], bool],
    key: str | None, holds: Callable[[Snapshot, Place, Put], bool], *, lost: bool = False,
) -> dict[Place, Put]:
    """What puts back the owner cells that were hit in rows or columns which had moved; empty where all is well.

    A row's cells belong together: where one of them is another column's, or the row another customer's, all are put back, and
    the Log entry, which is still there, is applied in the next round. Cells that somebody has typed into since stay.
    Where the answer was `lost`, rows may have moved between the write and `after` too, and have taken with them what hit them.
    """
    if not hits:
        return {}
    header_row = table.header_row if header_row is None else header_row
    columns = _columns(before, table.header_row, after, header_row, {column for row, column in hits if row == header_row})
    rows = _rows(before, table, after, header_row, columns, hits, is_ours, key)
    by_row: dict[int, list[int]] = {}
    for row, column in hits:
        by_row.setdefault(row, []).append(column)
    wrong: dict[Place, Put] = {}
    now_at = {source: now for now, source in columns.items()}
    in_place = all(columns.get(column) == column for _, column in hits)

    def has_its_own(row: int) -> bool:
        """Whether a row holds all that was meant for its customer, wherever that customer stood, and nothing of another's."""
        source = rows.get(row)
        if not in_place or source is None or source not in by_row:
            return False
        own = by_row[source]
        others = ({column for _, column in hits} if lost else set(by_row.get(row, ()))) - set(own)
        return all(holds(after, (row, column), hits[source, column]) for column in own) and all(
            after.entered(row, column) == before.entered(source, column) for column in others)

    for row, hit in by_row.items():
        if (rows.get(row) == row and all(columns.get(column) == column for column in hit)) or has_its_own(row):
            continue
        for column in hit:
            place, put = (row, column), hits[row, column]
            if not holds(after, place, put):
                continue
            source_row, source_column = rows.get(row), columns.get(column)
            if row <= header_row:  # the header, or what is above, stands lower than it did
                source_row = table.header_row - (header_row - row) if row > header_row - table.header_row else None
            if source_row is None or source_column is None:
                above = rows.get(row - 1)  # a row that is put in looks like the one above
                look = BLANK if above is None or source_column is None else before.look(above, source_column)
                wrong[place] = put._replace(entered={}, look=look, runs={})
                continue
            source = (source_row, source_column)
            runs = before.runs.get(source, {})
            parts = put.parts | RICH if put.parts & VALUE and runs else put.parts
            entered = before.entered(*source)
            if "formulaValue" in entered:
                entered = {"formulaValue": moved(entered["formulaValue"], now_at, source_row, row)}
            wrong[place] = Put(parts, entered, before.look(*source), dict(runs))
    if lost and in_place:
        for row, source_row in rows.items():
            if not has_its_own(row):
                wrong |= _carried_off(before, after, row, source_row, by_row, hits, holds)
    return {place: put for place, put in wrong.items() if put.parts & RICH or not holds(after, place, put)}


def _carried_off(
    before: Snapshot, after: Snapshot, row: int, source: int, by_row: Mapping[int, list[int]], hits: Mapping[Place, Put],
    holds: Callable[[Snapshot, Place, Put], bool],
) -> dict[Place, Put]:
    """What puts back a row's cells where they hold what was meant for another row, and held something else before."""
    for planned, hit in by_row.items():
        changed = [column for column in hit if after.entered(row, column) != before.entered(source, column)]
        if changed and planned != source and all(holds(after, (row, column), hits[planned, column]) for column in hit):
            own = {column: hits[source, column].parts for column in by_row.get(source, ())}
            return {(row, column): Put(parts, before.entered(source, column), before.look(source, column))
                    for column, parts in (own | {column: hits[planned, column].parts for column in changed}).items()}
    return {}


def _columns(before: Snapshot, before_row: int, after: Snapshot, after_row: int, hit: set[int]) -> dict[int, int]:
    """For each column of `after` with a header of its own, which column of `before` it is; one whose header was hit stands
    where its neighbour on the left says."""
    texts = _texts(before, before_row)
    texts_now = ["" if column in hit else text for column, text in enumerate(_texts(after, after_row), 1)]
    counts, counts_now = Counter(texts), Counter(texts_now)
    known = {text: column for column, text in enumerate(texts, 1) if text and counts[text] == 1}
    found = {column: known[text] for column, text in enumerate(texts_now, 1) if text in known and counts_now[text] == 1}
    shift = 0
    for column in range(1, max([len(texts_now), *hit]) + 1):
        if column in found:
            shift = column - found[column]
        elif column in hit and 1 <= column - shift <= len(texts) and column - shift not in found.values():
            found[column] = column - shift
    return found


def _texts(snapshot: Snapshot, row: int) -> list[str]:
    cells = snapshot.cells[row - 1] if 0 < row <= len(snapshot.cells) else ()
    return [" ".join(text_of(cell).split()) for cell in cells]


def _rows(
    before: Snapshot, table: Table, after: Snapshot, header_row: int, columns: Mapping[int, int], hits: Mapping[Place, Put],
    is_ours: Callable[[str], bool], key: str | None,
) -> dict[int, int]:
    """For each row of `after`, which row of `before` it is: by key, else by its other cells; a new one is left out."""
    texts = _texts(after, header_row)
    sound = [(column, source) for column, source in sorted(columns.items()) if not is_ours(texts[column - 1])]
    old = {number: tuple([_cell(before, number, source) for _, source in sound])
           for number in range(table.header_row + 1, len(before.cells) + 1)}
    new = {number: tuple([_cell(after, number, column) for column, _ in sound])
           for number in range(header_row + 1, len(after.cells) + 1)}
    hit: dict[int, set[int]] = {}
    for row, column in hits:
        hit.setdefault(row, set()).add(column)
    found: dict[int, int] = {}
    position = table.position(key) if key is not None else None
    at = next((n for n, (_, source) in enumerate(sound) if position is not None and source == table.first_column + position), None)
    if at is not None and not any(sound[at][0] in some for some in hit.values()):
        counts, counts_now = Counter(row[at] for row in old.values()), Counter(row[at] for row in new.values())
        by_key = {row[at]: number for number, row in old.items() if row[at] is not None and counts[row[at]] == 1}
        found = {number: by_key[row[at]] for number, row in new.items() if row[at] in by_key and counts_now[row[at]] == 1}
    given = set(found.values())
    by_rest: dict[tuple[object, ...], list[int]] = {}
    for number in sorted(old.keys() - given, reverse=True):
        by_rest.setdefault(old[number], []).append(number)
    for number in sorted(new.keys() - found.keys() - hit.keys()):
        if left := by_rest.get(new[number]):
            found[number] = left.pop()
            given.add(found[number])
    open_rows = sorted(hit.keys() & new.keys() - found.keys())

    def alike(number: int, source: int) -> bool:
        return source not in given and all(
            column in hit[number] or one == other for (column, _), one, other in zip(sound, new[number], old[source], strict=True))

    for same_place in (True, False):
        for number in [row for row in open_rows if row not in found]:
            match = next((source for source in ([number] if same_place else old) if source in old and alike(number, source)), None)
            if match is not None:
                found[number] = match
                given.add(match)
    for number in open_rows:  # somebody edited the row itself: it is nowhere else
        if number not in found and number in old and number not in given:
            found[number] = number
            given.add(number)
    return found


def _cell(snapshot: Snapshot, row: int, column: int) -> object:
    place = (row, column)
    return _FORMULA if place in snapshot.formulas or place in snapshot.spilled else snapshot.cell(row, column)


def _inside(place: Place, area: tuple[int, int, int, int]) -> bool:
    return area[0] <= place[0] <= area[1] and area[2] <= place[1] <= area[3]
