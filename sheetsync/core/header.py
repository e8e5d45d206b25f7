"""Finds the owner's header row and says which playbook column each header is."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from sheetsync.core.model import (
    Cell,
    Column,
    RulesRow,
    RulesTable,
    StatusSettings,
    Table,
    column_letters,
)
from sheetsync.core.nearest import nearest
from sheetsync.core.values import is_blank, text_of
from sheetsync.errors import Refused

SEARCHED_ROWS = 200  # the header stands in the first rows, below titles, logos and notes
_MAX_NEAR_MISSES = 5


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """A header with case, spaces and punctuation taken away; "E-mail " and "email" are the same, and so are # and no."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("#", "no")
    letters = "".join(character for character in folded if character.isalnum())
    return letters or re.sub(r"\s+", "", folded)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a ListObject or typed Table stands: sheet row and column numbers, totals row left out."""

    header_row: int
    last_row: int
    first_column: int
    last_column: int


def _wanted(column: Column) -> list[str]:
    """What the column may be called, best first. The owner's own mapping is the only name where there is one."""
    if column.header is not None:
        return [column.header]
    return [column.name, *column.aliases]


def map_columns(
    header: Sequence[str], columns: Iterable[Column], *, status: StatusSettings | None = None, where: str = "",
    first_column: int = 1, header_row: int = 0,
) -> dict[str, int]:
    """Which position of `header` each playbook column has; absent ones are left out.

    By the owner's mapping, else by name, else by the first alias that is there. Raises Refused where two
    headers are alike for one column.
    """
    by_text: dict[str, list[int]] = {}
    by_normal: dict[str, list[int]] = {}
    for position, text in enumerate(header):
        if text and not (status is not None and status.is_ours(text)):  # status columns are nobody's
            by_text.setdefault(text, []).append(position)
            by_normal.setdefault(normal(text), []).append(position)
    found: dict[str, int] = {}
    taken: set[int] = set()
    columns = list(columns)
    # What the owner's mapping says goes first, then names, then aliases: a header is one column's alone.
    rounds: list[list[tuple[Column, str]]] = [
        [(column, column.header) for column in columns if column.header is not None],
        [(column, column.name) for column in columns if column.header is None],
        [(column, alias) for column in columns if column.header is None for alias in column.aliases],
    ]
    for column, word in chain.from_iterable(rounds):
        positions = [p for p in by_normal.get(normal(word), []) if p not in taken]
        if column.name in found or not positions:
            continue
        if len(positions) > 1 and column.header is not None and len(by_text.get(word, ())) == 1:
            positions = by_text[word]  # the owner's mapping, spelled exactly like one of them, says which
        if len(positions) > 1:
            cells = " and ".join(f"{column_letters(first_column + p)}{header_row or ''}" for p in positions)
            raise Refused(
                f'{where or "The table"}: two headers are alike, "{header[positions[0]]}" in {cells}, '
                f"and the column {column.name} can't be told from them.",
                f'Rename one of them, or say which it is in sheetsync.toml: [columns] "{column.name}" = "…".',
            )
        found[column.name] = positions[0]
        taken.add(positions[0])
    return found


def near_misses(header: Sequence[str], columns: Iterable[Column], found: Mapping[str, int],
                status: StatusSettings) -> tuple[tuple[str, str], ...]:
    """Headers that look like an absent playbook column: (column, header). Proposed to the owner, never taken."""
    taken = set(found.values())
    free = {
        text for position, text in enumerate(header)
        if position not in taken and len(normal(text)) >= 4 and not status.is_ours(text)
    }
    pairs: list[tuple[str, str]] = []
    for column in columns:
        if column.name in found or not free:
            continue
        for word in _wanted(column):
            near = nearest(word, sorted(free), cutoff=0.75)
            if near is not None and len(normal(word)) >= 4:
                pairs.append((column.name, near))
                free.discard(near)
                break
    return tuple(pairs[:_MAX_NEAR_MISSES])


def find_header(
    grid: Sequence[Sequence[Cell]], columns: Sequence[Column], key: Sequence[str], status: StatusSettings | None = None
) -> tuple[int, int] | None:
    """The index of the row that names most playbook columns, and how many; None where no row will do.

    A row will do when it names two or more columns, the key or the Name among them.
    """
    anchors = {normal(word) for column in columns if column.name in {*key, "Name"} for word in _wanted(column)}
    words = {normal(word): column.name for column in reversed(columns) for word in _wanted(column)}
    best: tuple[int, int] | None = None
    for index, row in enumerate(grid[:SEARCHED_ROWS]):
        if best is None and is_rules_header(row):
            return None  # a Rules worksheet is never the customer table, whatever its criteria are called
        texts = {
            normal(cell) for cell in row
            if isinstance(cell, str) and cell and not (status is not None and status.is_ours(" ".join(cell.split())))
        }
        named = {words[text] for text in texts if text in words}
        if len(named) >= 2 and texts & anchors and (best is None or len(named) > best[1]):
            best = (index, len(named))
    return best


def is_rules_header(row: Sequence[Cell]) -> bool:
    """Whether a row is the header of a Rules worksheet: it has Rule and Due."""
    return {"rule", "due"} <= {normal(cell) for cell in row if isinstance(cell, str) and cell}


def find_rules(sheet: str, numbers: Sequence[int], rows: Sequence[Sequence[Cell]], first_column: int = 1) -> RulesTable | None:
    """The rules that a worksheet holds, blank rows left out; None where it is no Rules worksheet."""
    top = next((index for index, row in enumerate(rows[:SEARCHED_ROWS]) if is_rules_header(row)), None)
    if top is None:
        return None
    header = tuple(" ".join(text_of(cell).split()) for cell in rows[top])
    width = max(place for place, text in enumerate(header) if text) + 1
    found = [RulesRow(number, tuple(_slice(tuple(row), 0, width))) for number, row in zip(numbers[top + 1 :], rows[top + 1 :], strict=True)]
    return RulesTable(
        sheet, numbers[top], first_column, header[:width], tuple(row for row in found if not all(map(is_blank, row.cells))))


def no_header(grid: Sequence[Sequence[Cell]], columns: Sequence[Column], where: str) -> Refused:
    """The refusal for a sheet without a header row, with the nearest thing that was seen."""
    if not any(not is_blank(cell) for row in grid[:SEARCHED_ROWS] for cell in row):
        return Refused(f"{where}: the worksheet is empty.", "Choose the worksheet that holds the customers with --sheet NAME.")
    if any(map(is_rules_header, grid[:SEARCHED_ROWS])):
        return Refused(f"{where}: this is a Rules worksheet (its header has Rule and Due), not the table of customers.",
                       "Choose the worksheet that holds the customers with --sheet NAME.")
    names = ", ".join(column.name for column in columns[:6])
    words = [word for column in columns for word in _wanted(column)]
    seen = ""
    for row in grid[:SEARCHED_ROWS]:
        for cell in row:
            if isinstance(cell, str) and len(cell) >= 4 and (near := nearest(cell, words, cutoff=0.75)):
                seen = f' "{cell.strip()}" looks like "{near}".'
                break
        if seen:
            break
    return Refused(
        f"{where}: no header row was found in the first {SEARCHED_ROWS} rows.{seen}",
        f"sheetsync looks for a row with two or more of its columns ({names} …). Where yours are called otherwise, sheetsync init "
        'finds out which is which; or say it in sheetsync.toml: [columns] "Name" = "your header".',
    )


def read_table(
    grid: Sequence[tuple[Cell, ...]],
    *,
    source: str,
    sheet: str,
    columns: Sequence[Column],
    key: Sequence[str],
    status: StatusSettings,
    first_row: int = 1,
    first_column: int = 1,
    bounds: Sequence[Bounds] = (),
    formula_cells: frozenset[tuple[int, int]] = frozenset(),
    numbers: Sequence[int] | None = None,
    merges: Sequence[tuple[int, int, int, int]] = (),
    written: Collection[int] = (),
) -> Table:
    """The customer table within a grid of cells whose first is at (`first_row`, `first_column`).

    `formula_cells` holds the (row, column) sheet numbers of formulas, `merges` (first row, first column, last row, last
    column) of merged cells, `written` the numbers of rows whose statuses this very run wrote. The table ends with its
    ListObject, else with the last row that has a value (not a formula) in the key or Name column, and statuses left over
    below it.
    Raises Refused where there is no header row or a status column stands there twice.
    """
    where = f"{source}, worksheet {sheet}"
    found = find_header(grid, columns, key, status)
    if found is None:
        raise no_header(grid, columns, where)
    numbers = range(first_row, first_row + len(grid)) if numbers is None else numbers
    top = found[0]
    header_row = numbers[top]
    left, right, end = _extent(grid, top, columns, header_row, first_column, bounds)
    header = tuple(" ".join(text_of(cell).split()) for cell in _slice(grid[top], left, right))
    for ours in status.headers:
        if header.count(ours) > 1:
            raise Refused(f'{where}: the status column "{ours}" stands there twice.', "Delete one of the two columns.")
    mapping = map_columns(header, columns, status=status, where=where, first_column=first_column + left, header_row=header_row)
    leftovers = 0
    if end is not None:
        end = bisect_right(numbers, end) - 1
    else:
        ends = {mapping[name] for name in (*[name for name in key if name in mapping][:1], "Name") if name in mapping}
        end = _last(grid, top, left, ends, numbers, first_column, formula_cells)
        if any(first_column + left + p == column for _, column in formula_cells for p in ends):
            # Keys or names made by formulas: a row also counts where something else the playbook knows of was typed.
            end = max(end, _last(grid, top, left, set(mapping.values()), numbers, first_column, formula_cells))
        ours_at = [left + position for position, text in enumerate(header) if status.is_ours(text)]
        leftovers = _leftovers(grid, end, ours_at, numbers, written)
        end += leftovers
        if not status.is_ours(header[-1]):
            body = grid[top + 1 : end + 1]
            right = _widened(body, right, merges, header_row, numbers[max(end, top)], first_column)
            header += ("",) * (right - left - len(header))
    width = right - left
    whole = left == 0 and all(len(row) == width for row in grid[top + 1 : end + 1])
    rows = tuple(grid[top + 1 : end + 1]) if whole else tuple(_slice(row, left, right) for row in grid[top + 1 : end + 1])
    row_numbers = numbers[top + 1 : end + 1]
    inside = set(row_numbers) if formula_cells else set()
    formulas = frozenset(
        (row, column - first_column - left)
        for row, column in formula_cells
        if row in inside and 0 <= column - first_column - left < width
    )
    return Table(
        source=source, sheet=sheet, header_row=header_row, first_column=first_column + left, header=header,
        numbers=row_numbers, rows=rows, formulas=frozenset(position for _, position in formulas), formula_cells=formulas,
        leftovers=leftovers,
    )


def _last(
    grid: Sequence[tuple[Cell, ...]], top: int, left: int, ends: set[int], numbers: Sequence[int], first_column: int,
    formula_cells: frozenset[tuple[int, int]],
) -> int:
    """The last index with a value (no formula's) at one of the positions `ends`; else `top`."""
    for index in range(len(grid) - 1, top, -1):
        row = grid[index]
        for p in ends:
            if left + p < len(row) and not is_blank(row[left + p]) and (
                (numbers[index], first_column + left + p) not in formula_cells
            ):
                return index
    return top


def _leftovers(
    grid: Sequence[tuple[Cell, ...]], end: int, ours: Sequence[int], numbers: Sequence[int], written: Collection[int]
) -> int:
    """How many rows directly below `end` hold nothing but the statuses of customers whose cells were cleared. What else
    stands below the table in a status column's place was there before it, and is the owner's.
    """
    last = end
    while ours and last + 1 < len(grid) and numbers[last + 1] == numbers[last] + 1:
        row = grid[last + 1]
        hit = numbers[last + 1] in written and any(at < len(row) and not is_blank(row[at]) for at in ours)
        if not hit and not is_leftover(row, ours):
            break
        last += 1
    return last - end


def is_leftover(row: Sequence[Cell], ours: Sequence[int]) -> bool:
    """Whether a row below the table looks as sheetsync leaves one: texts in two or more status columns (all, where there is one)."""
    filled = [row[at] for at in ours if at < len(row) and not is_blank(row[at])]
    return len(filled) >= min(2, len(ours)) and any(isinstance(cell, str) for cell in filled)


def _widened(
    body: Sequence[tuple[Cell, ...]], right: int, merges: Sequence[tuple[int, int, int, int]], first_row: int, last_row: int,
    first_column: int,
) -> int:
    """One past the table's last position with what belongs to it although its header is blank: columns of data right beside
    it, on which no status column may land, and what cells merged over its right edge cover.
    """
    while True:
        if any(right < len(row) and not is_blank(row[right]) for row in body):
            right += 1
            continue
        over = max((edge for top, left, bottom, edge in merges
                    if top <= last_row and bottom >= first_row and left < first_column + right <= edge), default=0)
        if not over:
            return right
        right = over - first_column + 1


def _slice(row: tuple[Cell, ...], left: int, right: int) -> tuple[Cell, ...]:
    part = row[left:right]
    return part if len(part) == right - left else part + (None,) * (right - left - len(part))


def _extent(
    grid: Sequence[tuple[Cell, ...]], top: int, columns: Sequence[Column], header_row: int, first_column: int,
    bounds: Sequence[Bounds],
) -> tuple[int, int, int | None]:
    """First and one-past-last position of the table in the grid, and its last row number where a ListObject says so."""
    texts = [text_of(cell) for cell in grid[top]]
    words = {normal(word) for column in columns for word in _wanted(column)}
    named = [position for position, text in enumerate(texts) if text and normal(text) in words]
    held = [b for b in bounds if b.header_row == header_row
            and any(b.first_column <= first_column + p <= b.last_column for p in named)]
    if held:
        best = max(held, key=lambda b: sum(b.first_column <= first_column + p <= b.last_column for p in named))
        return best.first_column - first_column, best.last_column - first_column + 1, best.last_row
    used = [position for position, text in enumerate(texts) if text]
    return used[0], used[-1] + 1, None
