"""The reference backend: a table in memory, whose write is `core.diff.patch` and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sheetsync.core.diff import patch
from sheetsync.core.header import find_rules, read_table
from sheetsync.core.model import KEEP, PLAIN, Cell, ChangeSet, Column, StatusSettings, Style, Table
from sheetsync.errors import TableChanged


@dataclass(slots=True)
class Grid:
    """The cells of a worksheet in memory, from A1 on, and the styles of status cells by (row, column), both from 1.

    `locked` says of cells, by (row, column), why they can't be written. `rules` are the cells of a Rules worksheet beside it.
    """

    cells: list[list[Cell]]
    styles: dict[tuple[int, int], Style] = field(default_factory=dict)
    writes: int = 0
    locked: dict[tuple[int, int], str] = field(default_factory=dict)
    rules: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A worksheet in memory."""

    grid: Grid
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    status: StatusSettings = field(default_factory=StatusSettings)
    sheet: str = "Customers"
    name: str = "memory"

    @property
    def identity(self) -> str:
        """The same for the same grid as long as the process lives."""
        return f"memory:{self.name}"

    @contextmanager
    def open(self, *, readonly: bool = False) -> Iterator[MemorySheet]:
        """Opens it; there is nothing to close."""
        yield MemorySheet(self)


class MemorySheet:
    """An open worksheet in memory."""

    features = frozenset({"atomic", "colour", "owner-cells"})

    def __init__(self, source: MemorySource) -> None:
        self._source = source
        self._read: Table | None = None

    def read(self) -> Table:
        """The table as it is now."""
        self._read = self._now()
        return self._read

    def write(self, changes: ChangeSet) -> Table:
        """All changes or none. Raises TableChanged where the grid is no longer what was read."""
        now = self._now()
        if self._read is not None and now != self._read:
            raise TableChanged(f"{self._source.name} was edited since it was read.", "Run again.")
        if not changes:
            return now
        after = patch(now, changes)
        self._store(now, changes)
        self._source.grid.writes += 1
        self._read = after
        return after

    def _now(self) -> Table:
        source = self._source
        grid = source.grid
        width = max((len(row) for row in grid.cells), default=0)
        rows: Sequence[tuple[Cell, ...]] = [
            tuple([None if cell == "" else cell for cell in row])
            + (None,) * (width - len(row))
            for row in grid.cells
        ]
        table = read_table(
            rows, source=source.name, sheet=source.sheet, columns=source.columns, key=source.key, status=source.status
        )
        styles, header_styles = {}, {}
        for position, header in enumerate(table.header):
            if source.status.is_ours(header):
                column = table.first_column + position
                header_styles[header] = grid.styles.get((table.header_row, column), PLAIN)
                styles[header] = tuple(grid.styles.get((number, column), PLAIN) for number in table.numbers)
        return Table(
            source=table.source, sheet=table.sheet, header_row=table.header_row, first_column=table.first_column,
            header=table.header, numbers=table.numbers, rows=table.rows, header_styles=header_styles, styles=styles,
            leftovers=table.leftovers, notes=table.notes,
            locked={(row, column - table.first_column): why for (row, column), why in grid.locked.items()},
            rules=find_rules("Rules", range(1, len(grid.rules) + 1), [[None if c == "" else c for c in row] for row in grid.rules]),
        )

    def _store(self, before: Table, changes: ChangeSet) -> None:
        grid = self._source.grid
        header = [*before.header, *changes.new_columns]
        for change in changes:
            row, column = change.row, before.first_column + header.index(change.column)
            cells = grid.cells[row - 1]
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = change.after
            if change.style != KEEP:
                grid.styles[row, column] = change.style
