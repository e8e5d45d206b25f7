"""A large write in few bytes: colours apart from values, as one colour for all and runs of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheetsync.backends.google.api import encoded
from sheetsync.backends.google.batch import (
    COLOUR,
    MASKS,
    Plan,
    Put,
    batched,
    cell_data,
    cells,
    epilogue,
    owner_rows,
    prologue,
    update_cells,
)
from sheetsync.backends.google.snapshot import Look, Place, Snapshot

_RUN = 130  # bytes that another run of colours takes beside its cells
_ROW = 16  # bytes of a row without colours


def batches_of(plan: Plan, before: Snapshot) -> list[list[dict[str, Any]]]:
    """The plan in the fewest batches: whole cells in one, else with the colours apart. `before` is how the cells look now."""
    ours = {place: put for place, put in plan.puts.items() if place not in plan.owners}
    whole = batched([*prologue(plan), *cells(plan.gid, ours)], epilogue(plan), owner_rows(plan))
    if len(whole) == 1:
        return whole
    rest = {place: put._replace(parts=put.parts & ~COLOUR) for place, put in ours.items() if put.parts & ~COLOUR}
    apart = batched([*prologue(plan), *cells(plan.gid, rest), *colours(ours, before, plan.gid)], epilogue(plan), owner_rows(plan))
    return min(whole, apart, key=len)


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
