"""The run that takes a recorded run back."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

from sheetsync.attempts import ROUNDS, attempted, edited_all_the_time
from sheetsync.core.contracts import Sheet, Source
from sheetsync.core.diff import invert, patch
from sheetsync.core.model import KEEP, PLAIN, Change, ChangeSet, Table
from sheetsync.core.moved import still_to_do
from sheetsync.core.past import Run
from sheetsync.core.values import text_of
from sheetsync.errors import SheetsyncError
from sheetsync.journal import Journal


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the run it took back, its changes, and the recorded ones it had to leave, with names."""

    run: Run
    changes: ChangeSet
    skipped: tuple[tuple[str, Change], ...]
    table: Table


def undo(source: Source, run: Run, *, today: date, journal: Journal, dry_run: bool = False) -> Undone:
    """Takes one recorded run back: every old value, rows found by key, else by anchor; its contacts are withdrawn.

    Cells that no longer hold what the run wrote are left alone and named. Raises what `sync` raises.
    """
    recorded = journal.changes(run.id)

    def once(sheet: Sheet) -> Undone:
        table = sheet.read()
        changes, skipped = invert(table, recorded)
        undone = Undone(run, changes, tuple((_whose(change), change) for change in skipped), table)
        if dry_run:
            return undone
        mine = journal.begin(source.identity, table.sheet, today=today, counts=None, statuses={}, changes=changes, undoes=run.id)
        try:
            if changes:
                _take_back(sheet, table, changes, recorded)
        except SheetsyncError as error:
            journal.finish(mine, "failed", error=error)
            raise
        journal.finish(mine, undoes=run.id)
        return undone

    with nullcontext() if dry_run else journal.recording(source.identity, "undo", today):
        return attempted(source, once, readonly=dry_run)


def _take_back(sheet: Sheet, table: Table, changes: ChangeSet, recorded: tuple[Change, ...]) -> None:
    """Writes, and where rows moved meanwhile writes again, until every row holds what it held before the run.

    Where a write is not atomic the headers of columns that were made go last: by them the cells are found again.
    """
    if "atomic" in sheet.features:
        sheet.write(changes)
        return
    made = {change.column for change in changes if change.anchor is None and change.after is None}
    cells = ChangeSet(tuple(change for change in changes if change.anchor is not None or change.after is not None))
    key = next((change.anchor.column for change in cells if change.anchor is not None and change.anchor.column), None)
    asked = tuple(change for change in recorded if change.style == KEEP)
    wanted, now = patch(table, cells), table
    left = cells
    for _ in range(2 * ROUNDS):
        if left:
            now = sheet.write(left)
        left = still_to_do(wanted, now, key, frozenset({*table.styles, *now.styles}).__contains__)
        if asked and (still := invert(now, asked)[0]):  # owner cells of rows that had moved
            left = ChangeSet(tuple(sorted((*left, *still), key=lambda change: change.row)))
        if left:
            continue
        left = ChangeSet(tuple(
            Change(now.header_row, header, header, None, style, PLAIN, None)
            for header, style in now.header_styles.items() if header in made))
        if not left:
            return
    raise edited_all_the_time(table.source)


def _whose(change: Change) -> str:
    if change.anchor is None:
        return change.column
    if change.anchor.column:
        return text_of(change.anchor.key)
    return next((text_of(cell) for cell in change.anchor.rest if cell is not None), f"row {change.row}")
