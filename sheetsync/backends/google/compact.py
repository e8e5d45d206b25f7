"""A large write in few bytes: values as plain lists, colours as one colour for all and runs of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheetsync.backends.google.api import encoded
from sheetsync.backends.google.batch import (
    COLOUR,
    LARGEST,
    MASKS,
    VALUE,
    Plan,
    Put,
    batched,
    blocks,
    cell_data,
    cells,
    epilogue,
    prologue,
    update_cells,
)
from sheetsync.backends.google.snapshot import Look, Place, Snapshot
from sheetsync.core.model import column_letters

_RUN = 130  # bytes that another run of colours takes beside its cells
_ROW = 16  # bytes of a row without colours


@dataclass(slots=True)
class Write:
    """The requests of one write, in order: values, then batches; a grid that has to grow first does so in a batch before the values."""

    grow: list[dict[str, Any]]
    values: list[list[dict[str, Any]]]
    batches: list[list[dict[str, Any]]]

    def __len__(self) -> int:
        return bool(self.grow) + len(self.values) + len(self.batches)


def write_of(plan: Plan, before: Snapshot, tab: str) -> Write:
    """The plan in the fewest requests: as one batch of whole cells, else with colours apart, else with values as plain lists."""
    write = Write([], [], batched([*prologue(plan), *cells(plan.gid, plan.puts)], epilogue(plan)))
    if len(write) == 1:
        return write
    looks = list(colours(plan.puts, before, plan.gid))
    plain = {place: put._replace(parts=put.parts & ~COLOUR) for place, put in plan.puts.items() if put.parts & ~COLOUR}
    apart = Write([], [], batched([*prologue(plan), *cells(plan.gid, plain), *looks], epilogue(plan)))
    rest = {place: put._replace(parts=put.parts & ~VALUE) for place, put in plain.items() if put.parts & ~VALUE}
    grow = prologue(Plan(plan.gid, new_columns=plan.new_columns))
    others = batched([*prologue(replace(plan, new_columns=0)), *looks, *cells(plan.gid, rest)], epilogue(plan))
    return min(write, apart, Write(grow, list(value_ranges(plan.puts, tab, LARGEST)), others), key=len)


def value_ranges(puts: Mapping[Place, Put], tab: str, most: int) -> Iterator[list[dict[str, Any]]]:
    """The values as ValueRanges, in pieces of at most `most` bytes: RAW, they are stored as they are, text never read as anything else."""
    data: list[dict[str, Any]] = []
    size = 0
    for block in blocks({place: put._replace(parts=VALUE) for place, put in puts.items() if put.parts & VALUE}):
        rows: list[list[Any]] = []
        top = block.top

        def found(top: int, rows: list[list[Any]], left: int = block.left, right: int = block.right) -> dict[str, Any]:
            return {"range": f"{tab}!{column_letters(left)}{top}:{column_letters(right - 1)}{top + len(rows) - 1}", "values": rows}

        for number, line in enumerate(block.rows):
            row = [next(iter(put.entered.values()), "") for put in line]
            length = len(encoded({"v": row}))
            if rows and size + length + 200 > most:
                yield [*data, found(top, rows)]
                data, rows, size, top = [], [], 0, block.top + number
            rows.append(row)
            size += length
        data.append(found(top, rows))
        size += 100
    if data:
        yield data


def colours(puts: Mapping[Place, Put], before: Snapshot, gid: int) -> Iterator[dict[str, Any]]:
    """The requests that colour the cells, column by column, in the fewest bytes; cells that look right already cost nothing."""
    by_column: dict[int, list[tuple[int, Put]]] = {}
    for (row, column), put in sorted(puts.items()):
        if put.parts & COLOUR:
            by_column.setdefault(column, []).append((row, put._replace(parts=COLOUR)))
    for column, column_cells in by_column.items():
        spans: list[list[tuple[int, Put]]] = []
        for row, put in column_cells:
            if spans and spans[-1][-1][0] == row - 1:
                spans[-1].append((row, put))
            else:
                spans.append([(row, put)])
        for span in spans:
            now = [before.look(row, column) for row, _ in span]
            ways = (_runs(gid, column, span, now), _with_one_for_all(gid, column, span))
            yield from min(ways, key=lambda found: len(encoded({"requests": found})))


def _with_one_for_all(gid: int, column: int, span: Sequence[tuple[int, Put]]) -> list[dict[str, Any]]:
    [(look, _)] = Counter((put.look.fill, put.look.font) for _, put in span).most_common(1)
    common = Look(*look)
    request = {"repeatCell": {
        "range": {"sheetId": gid, "startRowIndex": span[0][0] - 1, "endRowIndex": span[-1][0], "startColumnIndex": column - 1,
                  "endColumnIndex": column},
        "cell": cell_data(Put(COLOUR, {}, common)), "fields": MASKS[COLOUR]}}
    return [request, *_runs(gid, column, span, [common] * len(span))]


def _runs(gid: int, column: int, span: Sequence[tuple[int, Put]], now: Sequence[Look]) -> list[dict[str, Any]]:
    """updateCells for the cells that look otherwise now; over short gaps a run goes on."""
    runs: list[list[tuple[int, Put]]] = []
    gap: list[tuple[int, Put]] = []
    cost = 0
    for (row, put), look in zip(span, now, strict=True):
        if (put.look.fill, put.look.font) == (look.fill, look.font):
            gap.append((row, put))
            cost += _ROW + len(encoded(cell_data(put)))
            continue
        if runs and cost < _RUN:
            runs[-1] += [*gap, (row, put)]
        else:
            runs.append([(row, put)])
        gap, cost = [], 0
    return [update_cells(gid, run[0][0], column, [{"values": [cell_data(put)]} for _, put in run], MASKS[COLOUR]) for run in runs]
