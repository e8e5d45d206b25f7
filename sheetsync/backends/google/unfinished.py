"""What a write is about to hit, kept on disk until it is seen to be well: so a run that was cut off is mended by the next one."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sheetsync.backends.google.batch import Plan, Put
from sheetsync.backends.google.snapshot import BLANK, Look, Place, Snapshot, TypedTable, from_serial, serial
from sheetsync.core.model import Cell, CellError

VERSION = 1
KEPT_FOR = 3 * 86_400.0  # seconds; what is older is the owner's to judge, who has worked on since


class Unfinished:
    """The before-image of a write and its cells, one file a tab. Where it can't be kept, a write goes on without."""

    def __init__(self, folder: Path | None, spreadsheet: str) -> None:
        self._folder, self._spreadsheet = folder, spreadsheet

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of each tab of the spreadsheet that has one."""
        return () if self._folder is None else tuple(sorted(self._folder.glob(f"google-unfinished-{self._spreadsheet}.*.gz")))

    @property
    def exists(self) -> bool:
        """Whether there is one of any tab of the spreadsheet."""
        return bool(self.files)

    def _path(self, gid: int) -> Path:
        assert self._folder is not None
        return self._folder / f"google-unfinished-{self._spreadsheet}.{gid}.gz"

    def keep(self, before: Snapshot, plan: Plan) -> None:
        """Writes down how the tab was before a write, and what the write sets; whole, and readable by its owner alone."""
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")  # mode 0600 from its first moment
            with os.fdopen(handle, "wb") as raw, gzip.open(raw, "wt", compresslevel=1, encoding="utf-8") as file:
                for line in _lines(before, plan):
                    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            Path(name).replace(self._path(before.gid))

    def drop(self, gid: int) -> None:
        """Forgets it: the tab is well."""
        if self._folder is not None:
            with suppress(OSError):
                self._path(gid).unlink(missing_ok=True)

    def get(self, gid: int) -> tuple[Snapshot, Plan] | None:
        """How the tab was before the write that nobody saw the end of, and what that set; None where there is none, or it is old."""
        if self._folder is None:
            return None
        try:
            with gzip.open(self._path(gid), "rt", encoding="utf-8") as file:
                return _read(iter(file), gid)
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, IndexError, StopIteration):
            return None


def _lines(before: Snapshot, plan: Plan) -> Iterator[Any]:
    yield {
        "version": VERSION, "at": time.time(), "rows": len(before.cells), "grown": plan.new_columns, "title": before.title,
        "tab": before.tab, "locale": before.locale, "row_count": before.row_count, "column_count": before.column_count,
        "tables": [[table.id, table.name, table.where, table.has_footer, table.columns] for table in before.tables],
    }
    widths: dict[int, int] = {}
    for row, column in (*before.looks, *before.runs):
        widths[row] = max(widths.get(row, 0), column)
    for number, cells in enumerate(before.cells, 1):
        width = max(len(cells), widths.get(number, 0))
        yield [_cell_line(before, number, column) for column in range(1, width + 1)
               if before.cell(number, column) is not None
               or any((number, column) in known for known in (before.formulas, before.looks, before.runs))]
    for (row, column), put in plan.hits.items():
        yield [row, column, put.parts, put.entered, put.look, dict(put.runs), (row, column) in plan.owners]


def _cell_line(before: Snapshot, row: int, column: int) -> list[Any]:
    place = (row, column)
    cell = before.cell(row, column)
    kind, value = _raw(cell, before.exact.get(place))
    return [column, before.formulas.get(place, 1 if place in before.spilled else 0), kind, value, before.looks.get(place, 0),
            before.runs.get(place, 0)]


def _raw(cell: Cell, exact: float | None) -> tuple[str, Any]:
    """A value's kind and what it is made of again: dates and times as the serials that they were read from."""
    if isinstance(cell, CellError):
        return "ERROR", cell.code
    if isinstance(cell, (date, datetime)):
        return "DATE_TIME", serial(cell) if exact is None else exact
    if cell is None or isinstance(cell, (bool, int, float, str)):
        return "", cell
    return "TIME", exact if exact is not None else cell / timedelta(days=1) if isinstance(cell, timedelta) else serial(cell)


def _read(lines: Iterator[str], gid: int) -> tuple[Snapshot, Plan] | None:
    head = json.loads(next(lines))
    if head["version"] != VERSION or not 0 <= time.time() - head["at"] < KEPT_FOR:
        return None
    before = Snapshot(
        head["title"], head["tab"], gid, head["locale"], "", head["row_count"], head["column_count"],
        tables=tuple(TypedTable(id_, name, tuple(where), footer, tuple(columns)) for id_, name, where, footer, columns in head["tables"]),
    )
    for number in range(1, head["rows"] + 1):
        cells: list[Cell] = []
        for column, formula, kind, value, look, runs in json.loads(next(lines)):
            cells += [None] * (column - 1 - len(cells))
            cells.append(_cell(before, (number, column), formula, kind, value))
            if look:
                before.looks[number, column] = _look(look)
            if runs:
                before.runs[number, column] = runs
        before.cells.append(tuple(cells))
    plan = Plan(gid, new_columns=head["grown"])
    for line in lines:
        row, column, parts, entered, look, runs, owners = json.loads(line)
        plan.puts[row, column] = Put(parts, entered, _look(look), runs)
        if owners:
            plan.owners.add((row, column))
    return before, plan


def _cell(before: Snapshot, place: Place, formula: Any, kind: str, value: Any) -> Cell:
    if isinstance(formula, str):
        before.formulas[place] = formula
    elif formula:
        before.spilled.add(place)
    if kind == "ERROR":
        return CellError(value)
    if not kind:
        return value  # type: ignore[no-any-return]
    cell = from_serial(value, kind)
    if type(cell) is not date:
        before.exact[place] = value
    return cell


def _look(raw: Any) -> Look:
    return BLANK if not raw else Look(raw[0], raw[1], tuple(raw[2]))
