"""From changes to the requests of one batchUpdate: changed cells alone, runs of rows merged, masks that name what is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from sheetsync.backends.google.api import encoded
from sheetsync.backends.google.snapshot import Look, Place, TypedTable

LARGEST = 1_980_000  # bytes of a request's body; Google recommends 2 MB at most
VALUE, COLOUR, NUMBER, RICH = 1, 2, 4, 8
MASKS = {
    VALUE: "userEnteredValue", COLOUR: "userEnteredFormat.backgroundColorStyle,userEnteredFormat.textFormat.foregroundColorStyle",
    NUMBER: "userEnteredFormat.numberFormat", RICH: "textFormatRuns,chipRuns",
}
DATE_FORMAT = ("DATE", "yyyy-mm-dd")
_WIDTHS = {"Status": 120, "Next follow-up": 110, "Next step": 280, "Why": 380, "Problems": 280}  # pixels
_WIDTH = 160


class Put(NamedTuple):
    """What one cell is to be set to, and which parts of it (a sum of VALUE, COLOUR, NUMBER, RICH)."""

    parts: int
    entered: dict[str, Any]
    look: Look
    runs: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True)
class Plan:
    """Everything that one write does to a tab."""

    gid: int
    puts: dict[Place, Put] = field(default_factory=dict)
    owners: set[Place] = field(default_factory=set)  # those of the puts that are cells of the owner's, which a Log entry asked for
    new_columns: int = 0  # to be added at the right edge of the grid
    widths: dict[int, int] = field(default_factory=dict)  # column → pixels
    dated: dict[int, tuple[int, int]] = field(default_factory=dict)  # column → rows that are to show dates
    table: TypedTable | None = None  # to be made wider, or narrower
    table_right: int = 0
    table_names: Sequence[str] = ()

    @property
    def hits(self) -> dict[Place, Put]:
        """Every cell that the write touches, with all that it sets there."""
        out = dict(self.puts)
        for column, (top, bottom) in self.dated.items():
            for row in range(top, bottom + 1):
                put = out[row, column]
                out[row, column] = put._replace(parts=put.parts | NUMBER, look=put.look._replace(number=DATE_FORMAT))
        return out


def width_of(column: str) -> int:
    """Pixels in which a new status column is readable."""
    return _WIDTHS.get(column, _WIDTH)


def prologue(plan: Plan) -> list[dict[str, Any]]:
    """The requests that come before the cells: a wider grid, widths, date formats."""
    out: list[dict[str, Any]] = []
    if plan.table is not None and plan.table_right < plan.table.where[3]:
        out.append(_resized(plan))  # what leaves the table is emptied when it is outside
    if plan.new_columns:
        out.append({"appendDimension": {"sheetId": plan.gid, "dimension": "COLUMNS", "length": plan.new_columns}})
    out += [
        {"updateDimensionProperties": {
            "range": {"sheetId": plan.gid, "dimension": "COLUMNS", "startIndex": column - 1, "endIndex": column},
            "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}
        for column, pixels in sorted(plan.widths.items())
    ]
    out += [
        {"repeatCell": {
            "range": {"sheetId": plan.gid, "startRowIndex": top - 1, "endRowIndex": bottom, "startColumnIndex": column - 1,
                      "endColumnIndex": column},
            "cell": {"userEnteredFormat": {"numberFormat": {"type": DATE_FORMAT[0], "pattern": DATE_FORMAT[1]}}}, "fields": MASKS[NUMBER]}}
        for column, (top, bottom) in sorted(plan.dated.items())
    ]
    return out


def epilogue(plan: Plan) -> list[dict[str, Any]]:
    """The requests that come after the cells: the typed table made wider."""
    return [_resized(plan)] if plan.table is not None and plan.table_right > plan.table.where[3] else []


def owner_rows(plan: Plan) -> list[list[dict[str, Any]]]:
    """The requests for the owner's cells, by row."""
    by_row: dict[int, dict[Place, Put]] = {}
    for row, column in sorted(plan.owners):
        by_row.setdefault(row, {})[row, column] = plan.puts[row, column]
    return [list(cells(plan.gid, puts)) for puts in by_row.values()]


def batched(
    requests: Iterable[dict[str, Any]], last: Sequence[dict[str, Any]] = (), together: Iterable[list[dict[str, Any]]] = ()
) -> list[list[dict[str, Any]]]:
    """The requests in batches of at most LARGEST bytes; `last` are part of the last one.

    Those that are to stay `together` come first, each list of them in one batch.
    """
    reserve = len(encoded({"requests": last})) + 500
    out: list[list[dict[str, Any]]] = [[]]
    size = reserve
    for some in chain(together, ([request] for request in requests)):
        length = sum(len(encoded(request)) + 1 for request in some)
        if size + length > LARGEST and out[-1]:
            out.append([])
            size = reserve
        out[-1] += some
        size += length
    out[-1] += last
    return out


def _resized(plan: Plan) -> dict[str, Any]:
    """The typed table, made to end with the column `table_right`. The columns that stay are as they were."""
    assert plan.table is not None
    table, (top, bottom, left, _) = plan.table, plan.table.where
    known = [dict(column) for column in table.columns if left + column.get("columnIndex", 0) <= plan.table_right]
    start = plan.table_right - len(plan.table_names) - left + 1
    added = [{"columnIndex": start + number, "columnName": name} for number, name in enumerate(plan.table_names)]
    return {"updateTable": {
        "table": {
            "tableId": table.id,
            "range": {"sheetId": plan.gid, "startRowIndex": top - 1, "endRowIndex": bottom, "startColumnIndex": left - 1,
                      "endColumnIndex": plan.table_right},
            "columnProperties": [*known, *added],
        },
        "fields": "range,columnProperties",
    }}


class Block(NamedTuple):
    """A rectangle of cells of which the same parts are set; `right` is the first column beside it."""

    top: int
    left: int
    right: int
    parts: int
    rows: list[list[Put]]


def cells(gid: int, puts: Mapping[Place, Put]) -> Iterator[dict[str, Any]]:
    """The cells as rectangles, each wholly given, none of them large."""
    for block in blocks(puts):
        mask = ",".join(text for part, text in MASKS.items() if block.parts & part)
        rows: list[dict[str, Any]] = []
        top, size = block.top, 0
        for number, line in enumerate(block.rows):
            row = {"values": [cell_data(put) for put in line]}
            length = len(encoded(row)) + 1
            if rows and size + length > LARGEST // 8:  # in pieces, so that batches fill up well
                yield update_cells(gid, top, block.left, rows, mask)
                rows, size, top = [], 0, block.top + number
            rows.append(row)
            size += length
        yield update_cells(gid, top, block.left, rows, mask)


def update_cells(gid: int, top: int, left: int, rows: list[dict[str, Any]], mask: str) -> dict[str, Any]:
    """The request that sets a rectangle of cells from (`top`, `left`) on."""
    return {"updateCells": {"start": {"sheetId": gid, "rowIndex": top - 1, "columnIndex": left - 1}, "rows": rows, "fields": mask}}


def blocks(puts: Mapping[Place, Put]) -> list[Block]:
    """Rectangles of cells of which the same parts are set, by their first row."""
    open_blocks: dict[tuple[int, int, int], Block] = {}
    done: list[Block] = []
    for row, segments in _rows(puts):
        still: dict[tuple[int, int, int], Block] = {}
        for left, parts, cells in segments:
            key = (left, left + len(cells), parts)
            block = open_blocks.pop(key, None)
            if block is not None and block.top + len(block.rows) == row:
                block.rows.append(cells)
            else:
                if block is not None:
                    done.append(block)
                block = Block(row, left, left + len(cells), parts, [cells])
            still[key] = block
        done += open_blocks.values()
        open_blocks = still
    done += open_blocks.values()
    return sorted(done, key=lambda block: (block.top, block.left))


def _rows(puts: Mapping[Place, Put]) -> Iterator[tuple[int, list[tuple[int, int, list[Put]]]]]:
    """Row by row, the runs of neighbouring cells of which the same parts are set: (first column, parts, cells)."""
    current = -1
    segments: list[tuple[int, int, list[Put]]] = []
    for row, column in sorted(puts):
        put = puts[row, column]
        if row != current:
            if segments:
                yield current, segments
            current, segments = row, []
        if segments and segments[-1][1] == put.parts and segments[-1][0] + len(segments[-1][2]) == column:
            segments[-1][2].append(put)
        else:
            segments.append((column, put.parts, [put]))
    if segments:
        yield current, segments


def cell_data(put: Put) -> dict[str, Any]:
    """A CellData with nothing in it but what is set."""
    out: dict[str, Any] = {}
    if put.parts & VALUE and put.entered:
        out["userEnteredValue"] = put.entered
    form: dict[str, Any] = {}
    if put.parts & COLOUR:
        if put.look.fill:
            form["backgroundColorStyle"] = colour_style(put.look.fill)
        if put.look.font:
            form["textFormat"] = {"foregroundColorStyle": colour_style(put.look.font)}
    if put.parts & NUMBER and put.look.number[0]:
        kind, pattern = put.look.number
        form["numberFormat"] = {"type": kind} | ({"pattern": pattern} if pattern else {})
    if form:
        out["userEnteredFormat"] = form
    if put.parts & RICH:
        out |= put.runs
    return out


def colour_style(colour: str) -> dict[str, Any]:
    """A ColorStyle: a theme's colour by name, else RRGGBB in the fewest digits that come back the same.

    Google keeps 8 bits a channel and cuts off what is below (0.5 comes back as 127/255), so each number lies just above n/255.
    """
    if len(colour) != 6 or not all(digit in "0123456789ABCDEF" for digit in colour):
        return {"themeColor": colour}
    return {"rgbColor": {
        name: _share(int(colour[at : at + 2], 16)) for name, at in (("red", 0), ("green", 2), ("blue", 4))
        if colour[at : at + 2] != "00"
    }}


def _share(channel: int) -> float:
    if channel == 255:
        return 1
    digits = -(-channel * 1000 // 255) / 1000  # rounded up to three places: below (n + ½)/255, as those lie 0.00196 apart
    return digits if int(digits * 255 + 1e-9) == channel == round(digits * 255) else channel / 255
