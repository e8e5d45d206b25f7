"""From a tab to the customer table, and from changes to what is put into which cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from sheetsync.backends.google.batch import COLOUR, NUMBER, RICH, VALUE, Plan, Put, width_of
from sheetsync.backends.google.owners import locked, shifted_runs
from sheetsync.backends.google.snapshot import DATED, Look, Place, Snapshot, TypedTable, date_order, extended
from sheetsync.core.diff import same
from sheetsync.core.header import read_table
from sheetsync.core.model import (
    FOREIGN,
    HEADER,
    KEEP,
    PLAIN,
    STATUS_COLUMNS,
    Cell,
    Change,
    ChangeSet,
    Column,
    StatusSettings,
    Style,
    Table,
)

_WHITE = "FFFFFF"


def table_of(
    snapshot: Snapshot, columns: tuple[Column, ...], key: tuple[str, ...], status: StatusSettings, written: Collection[int] = ()
) -> Table:
    """The customer table of a tab. `written` are the numbers of rows whose statuses this run wrote: what it left in a row that
    was deleted meanwhile is its own. Raises Refused where there is none.
    """
    width = max((len(row) for row in snapshot.cells), default=0)
    grid = [row if len(row) == width else row + (None,) * (width - len(row)) for row in snapshot.cells]
    table = read_table(
        grid, source=snapshot.title, sheet=snapshot.tab, columns=columns, key=key, status=status,
        bounds=[typed.bounds for typed in snapshot.tables], formula_cells=frozenset({*snapshot.formulas, *snapshot.spilled}),
        written=written,
    )
    styles: dict[str, tuple[Style, ...]] = {}
    header_styles: dict[str, Style] = {}
    typed = typed_table(snapshot, table)
    beside = neighbour(table, status)
    palette = status.palette
    for position, header in enumerate(table.header):
        if status.is_ours(header):
            column = table.first_column + position
            styles[header] = tuple([
                _style(snapshot.look(number, column), snapshot.look(number, beside), palette) for number in table.numbers])
            header_styles[header] = HEADER if typed is not None else _style(snapshot.look(table.header_row, column), None, palette)
    return replace(table, styles=styles, header_styles=header_styles, date_order=date_order(snapshot.locale),
                   notes=_notes(snapshot, table, status), locked=locked(snapshot, table, columns, status, typed))


def neighbour(table: Table, status: StatusSettings) -> int:
    """The sheet column of the owner's that stands nearest to the left of the status columns."""
    owners = [p for p, header in enumerate(table.header) if not status.is_ours(header)]
    ours = [p for p, header in enumerate(table.header) if status.is_ours(header)]
    before = [p for p in owners if not ours or p < ours[0]] or owners
    return table.first_column + before[-1]


def typed_table(snapshot: Snapshot, table: Table) -> TypedTable | None:
    """The table with typed columns that the customers stand in."""
    for typed in snapshot.tables:
        if typed.where[0] == table.header_row and typed.where[2] == table.first_column:
            return typed
    return None


def _notes(snapshot: Snapshot, table: Table, status: StatusSettings) -> tuple[str, ...]:
    ours = [table.first_column + p for p, header in enumerate(table.header) if status.is_ours(header)]
    if snapshot.filtered is None or not ours or typed_table(snapshot, table) is not None:
        return ()
    top, bottom, left, right = snapshot.filtered
    if not (top <= table.header_row <= bottom and left <= table.first_column <= right) or right >= max(ours):
        return ()
    return ("The filter ends before sheetsync's columns: sorting with it leaves them behind until the next sync. "
            "Take it off and put it on again, and it reaches over them.",)


def _style(look: Look, beside: Look | None, palette: frozenset[Style]) -> Style:
    """The colour that a cell has: one of the palette, PLAIN where its fill is that of the cell beside, else FOREIGN."""
    found = Style(look.fill, look.font)
    if found in palette:
        return found
    if look.fill.strip("0123456789ABCDEF") == look.font.strip("0123456789ABCDEF") == "":
        for style in palette:
            if _near(found.fill, style.fill) and _near(found.font, style.font):
                return style
    fill, plain = (colour.replace(_WHITE, "") for colour in (look.fill, beside.fill if beside else ""))
    return PLAIN if fill == plain or _near(fill, plain) else FOREIGN


def _near(one: str, other: str) -> bool:
    """Whether two colours differ by no more than Google's rounding, 1/256 a channel."""
    return len(one) == len(other) == 6 and all(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) <= 1 for at in (0, 2, 4))


def plan_of(snapshot: Snapshot, table: Table, changes: ChangeSet, status: StatusSettings) -> Plan:
    """What the changes come to, cell by cell. New columns are set as a whole, so that they are one block."""
    at = {header: table.first_column + position for position, header in reversed(list(enumerate(table.header)))}
    right = table.first_column + len(table.header) - 1
    new = {header: right + number for number, header in enumerate(changes.new_columns, 1)}
    at |= new
    beside = neighbour(table, status)
    typed = typed_table(snapshot, table)
    plan = Plan(snapshot.gid)
    removed = {change.column for change in changes if change.anchor is None and change.after is None}
    bottom = table.numbers[-1] if table.numbers else table.header_row
    for column in new.values():
        plan.puts[table.header_row, column] = Put(VALUE, {}, Look())
        for number in table.numbers:
            plan.puts[number, column] = Put(VALUE, {}, Look(snapshot.look(number, beside).fill))
    for change in changes:
        column = at[change.column]
        place = (change.row, column)
        plain = "" if change.anchor is None or change.column in removed else snapshot.look(change.row, beside).fill
        if change.style == KEEP:
            _put_owners(plan, snapshot, place, change, typed)
            continue
        look = Look(plain) if change.style == PLAIN else Look(change.style.fill, change.style.font)
        if change.column in new:
            plan.puts[place] = Put(VALUE, extended(change.after), look)
            continue
        parts = COLOUR if change.style != change.style_before or change.column in removed else 0
        if not same(change.before, change.after):
            parts |= VALUE
            if (number_format := _number_format(change, snapshot.look(*place), typed, column)) is not None:
                parts |= NUMBER
                look = look._replace(number=number_format)
        if parts:
            plan.puts[place] = Put(parts, extended(change.after), look)
    for header in removed:  # what was coloured in a column that is no longer there is plain again
        for number in table.numbers:
            look = snapshot.look(number, at[header])
            if (look.fill or look.font) and (number, at[header]) not in plan.puts:
                plan.puts[number, at[header]] = Put(COLOUR, {}, Look())
    _finish_new(plan, table, changes, new, bottom)
    plan.widths = {new[status.header(name)]: width_of(name) for name in STATUS_COLUMNS if status.header(name) in new}
    needed = max((column for _, column in plan.puts), default=0)
    plan.new_columns = max(0, needed - snapshot.column_count)
    if typed is not None:
        _resize(plan, typed, new, at, removed)
    return plan


def _put_owners(plan: Plan, snapshot: Snapshot, place: Place, change: Change, typed: TypedTable | None) -> None:
    """A cell of the owner's: its value, a date format where it has none, and its rich text behind what is put in front of it."""
    runs = shifted_runs(snapshot, place, change.after)
    number_format = _number_format(change, snapshot.look(*place), typed, place[1])
    parts = VALUE | (RICH if runs else 0) | (NUMBER if number_format is not None else 0)
    plan.puts[place] = Put(parts, extended(change.after), Look(number=number_format or ("", "")), runs)
    plan.owners.add(place)


def _finish_new(plan: Plan, table: Table, changes: ChangeSet, new: Mapping[str, int], bottom: int) -> None:
    """Sets the same parts in every cell of a new column, so that they make one block, and its date format at once."""
    dated = {new[change.column] for change in changes if change.column in new and _is_date(change.after)}
    top = table.header_row + 1
    columns = sorted(new.values())
    coloured = any(put.look.fill or put.look.font for (row, column), put in plan.puts.items() if column in columns and row >= top)
    for (row, column), put in list(plan.puts.items()):
        if column in columns and (coloured or row == table.header_row):
            plan.puts[row, column] = put._replace(parts=VALUE | COLOUR)
    if bottom >= top:
        plan.dated = dict.fromkeys(dated, (top, bottom))


def _resize(plan: Plan, typed: TypedTable, new: Mapping[str, int], at: Mapping[str, int], removed: set[str]) -> None:
    edge = typed.where[3]
    if new and min(new.values()) == edge + 1:
        plan.table, plan.table_right, plan.table_names = typed, max(new.values()), tuple(new)
    elif removed:
        right = edge
        gone = {at[header] for header in removed}
        while right in gone:
            right -= 1
        if right < edge:
            plan.table, plan.table_right = typed, right


def _is_date(cell: Cell) -> bool:
    return isinstance(cell, date)


def _number_format(change: Change, look: Look, typed: TypedTable | None, column: int) -> tuple[str, str] | None:
    """The number format that the new value needs, None where the cell's own will do."""
    kind = look.number[0]
    if typed is not None and typed.type_of(column):
        return None
    after = change.after
    if isinstance(after, date):
        wanted = "DATE_TIME" if isinstance(after, datetime) else "DATE"
        return None if kind in DATED else (wanted, "yyyy-mm-dd hh:mm" if wanted == "DATE_TIME" else "yyyy-mm-dd")
    if isinstance(after, (int, float)) and not isinstance(after, bool) and kind in (*DATED, "TIME"):
        return ("", "")
    return None
