"""Refuses a write that would do harm or fail, with a sentence, before anything is sent: all from the one read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sheetsync.backends.google.snapshot import GridRange, Place, Snapshot, overlap
from sheetsync.core.model import column_letters
from sheetsync.errors import Refused

_MOST_COLUMNS = 18_278  # ZZZ, as far as a grid reaches


def check(snapshot: Snapshot, targets: Collection[Place], new: Mapping[str, int], headers: Mapping[int, str], *, where: str, who: str,
          top: int, bottom: int, owners: Collection[Place] = ()) -> None:
    """Raises Refused where one of the cells to be written is protected, merged, a formula or a spill's, or not free.

    The first cell of a merge holds its value, so among the `owners`' cells, which Log entries asked for, it can be written.

    `new` are the columns to be made, `headers` the text of ours by column; the table stands from row `top` to `bottom`.
    """
    if not targets:
        return
    columns = sorted({column for _, column in targets})
    span: GridRange = (min(row for row, _ in targets), max(row for row, _ in targets), columns[0], columns[-1])
    for protected in snapshot.protected:
        if overlap(protected.where, span) and any(
            _inside(place, protected.where) and not any(_inside(place, free) for free in protected.free) for place in targets
        ):
            name = f'"{protected.name}"' if protected.name else _a1(protected.where)
            raise Refused(f"{where}: the protected range {name} lies over sheetsync's columns, and {who} may not edit it.",
                          f"Let {who} edit it (Data, Protect sheets and ranges), or leave sheetsync's columns out of it.")
    for merge in snapshot.merges:
        if overlap(merge, span) and (
            hit := next((place for place in targets if _inside(place, merge)
                         and not (place in owners and place == (merge[0], merge[2]))), None)):
            raise Refused(f"{where}: the cells {_a1(merge)} are merged, and {_address(hit)} among them is sheetsync's.",
                          "Unmerge them (Format, Merge cells, Unmerge).")
    for place in targets:
        if place in snapshot.formulas or place in snapshot.spilled:
            what = "holds a formula" if place in snapshot.formulas else "shows part of another cell's formula"
            raise Refused(f"{where}: {_address(place)} {what}, which sheetsync would overwrite.",
                          f'Take it out of the column "{headers.get(place[1], "")}", which is sheetsync\'s.')
    if new:
        _check_room(snapshot, new, where, top, bottom)


def _check_room(snapshot: Snapshot, new: Mapping[str, int], where: str, top: int, bottom: int) -> None:
    first, last = min(new.values()), max(new.values())
    span = f"{column_letters(first)} to {column_letters(last)}" if first != last else f"column {column_letters(first)}"
    if last > _MOST_COLUMNS:
        raise Refused(f"{where}: there is no room for {len(new)} columns right of the table.", "Move it to the left.")
    if snapshot.hidden.intersection(new.values()):
        raise Refused(f"{where}: the columns right of the table, where the status columns go, are hidden.",
                      f"Show {span} again (the arrows beside the hidden columns' letters), or move the table.")
    area: GridRange = (top, bottom, first, last)
    for table in snapshot.tables:
        if overlap(table.where, area):
            raise Refused(f"{where}: the table {table.name} stands right of the customers, where the status columns go.",
                          f"Move it; sheetsync needs {span}.")
    for row in range(top, bottom + 1):
        for column in range(first, last + 1):
            if snapshot.cell(row, column) is not None or (row, column) in snapshot.formulas:
                raise Refused(f"{where}: the cell {_address((row, column))}, right of the table, is not empty.",
                              f"Move what stands there; sheetsync needs {span} beside the customers.")


def _inside(place: Place, area: GridRange) -> bool:
    return area[0] <= place[0] <= area[1] and area[2] <= place[1] <= area[3]


def _address(place: Place) -> str:
    return f"{column_letters(place[1])}{place[0]}"


def _a1(area: GridRange) -> str:
    """A range as people write it; open ends are left out ("A:C", "2:4")."""
    top, bottom, left, right = area
    if bottom > 20_000_000 and right > 20_000:
        return "of the whole tab"
    if bottom > 20_000_000:
        return f"{column_letters(left)}:{column_letters(right)}"
    if right > 20_000:
        return f"{top}:{bottom}"
    return f"{column_letters(left)}{top}:{column_letters(right)}{bottom}" if (top, left) != (bottom, right) else _address((top, left))
