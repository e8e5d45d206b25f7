"""From a table to customers and problems: the playbook's columns found and read, every check asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from operator import itemgetter
from typing import Any

from sheetsync.core.contracts import Check
from sheetsync.core.header import map_columns, near_misses
from sheetsync.core.model import Cell, Column, Customers, Fault, Problem, StatusSettings, Table
from sheetsync.core.tidy import in_bulk, is_tidy
from sheetsync.core.values import is_blank, parse_column, text_of

_TOTALS = frozenset({
    "total", "totals", "subtotal", "sub-total", "grand total", "sum", "average", "count", "total customers", "summe",
    "gesamt", "totaal", "totale",
})
_LEGEND_HEADINGS = frozenset({"legend", "key", "note", "notes", "colours", "colors", "explanation", "legende"})
_LEGEND_LENGTH = 60  # characters; a lone text longer than this below the table is no customer's name


def validate(
    table: Table, columns: Sequence[Column], key: Sequence[str], status: StatusSettings, checks: Iterable[Check],
    today: date | None = None,
) -> tuple[Customers, tuple[Problem, ...]]:
    """All customers of the table, and every problem the checks find, in the order of rows.

    Raises Refused where two headers are alike for a column that is used.
    """
    customers = see_customers(table, columns, key, status, today)
    problems = [problem for check in checks for problem in check.problems(customers)]
    problems.sort(key=lambda problem: (problem.customer, problem.severity != "error"))
    return customers, tuple(problems)


def see_customers(
    table: Table, columns: Sequence[Column], key: Sequence[str], status: StatusSettings, today: date | None = None
) -> Customers:
    """The table seen through the playbook's columns; values that can't be read are Faults."""
    positions = map_columns(
        table.header, columns, status=status, where=f"{table.source}, worksheet {table.sheet}", first_column=table.first_column,
        header_row=table.header_row,
    )
    found = [column for column in columns if column.name in positions]
    key_column = next((name for name in key if name in positions), None)
    indexes = _customer_indexes(table, positions, key_column)
    rows = table.rows if len(indexes) == len(table.rows) else [table.rows[i] for i in indexes]
    values: dict[str, Sequence[Any]] = {}
    raw: dict[str, Sequence[Cell]] = {}
    faults: dict[str, Sequence[int]] = {}
    for column in found:
        position = positions[column.name]
        cells: list[Cell] = list(map(itemgetter(position), rows))
        parsed = parse_column(column if column.order else replace(column, order=table.date_order), cells)
        if table.uncalculated and position in table.formulas:
            parsed = list(parsed)  # it may be the cells themselves
            for n, i in enumerate(indexes):
                if parsed[n] is None and (table.numbers[i], position) in table.uncalculated:
                    parsed[n] = Fault(
                        None, "error-cell", "the formula has no result yet",
                        "Open the workbook in Excel or LibreOffice and save it once.",
                    )
        same = parsed == cells  # most columns read as they are: one list serves for both
        values[column.name], raw[column.name] = parsed, parsed if same else cells
        if not same and (wrong := [n for n, value in enumerate(parsed) if value.__class__ is Fault]):
            faults[column.name] = wrong
    return Customers(
        table=table,
        columns={column.name: column for column in columns},
        positions=positions,
        indexes=indexes,
        values=values,
        labels=_labels(rows, positions, key_column),
        key=key_column,
        faults=faults,
        absent=tuple(column.name for column in columns if column.name not in positions),
        near_misses=near_misses(table.header, columns, positions, status),
        cells=raw,
        today=today,
    )


def _labels(rows: Sequence[tuple[Cell, ...]], positions: dict[str, int], key: str | None) -> list[str]:
    """What people call the customer of each row: the name, else the key, else the first thing the row says."""
    asked = [positions[name] for name in ("Name", key) if name is not None and name in positions]
    first = list(map(itemgetter(asked[0]), rows)) if asked else []
    if first and set(map(type, first)) == {str}:
        named = in_bulk(first, is_tidy, lambda name: " ".join(name.split()))
        if all(named):
            return named
    labels = []
    for row in rows:
        for position in asked:
            cell = row[position]
            if cell is not None and (text := " ".join(text_of(cell).split())):
                labels.append(text)
                break
        else:
            labels.append(next(text for cell in row if (text := " ".join(text_of(cell).split()))))
    return labels


def _customer_indexes(table: Table, positions: dict[str, int], key: str | None) -> Sequence[int]:
    """Which rows are customers: those with a value, not a formula's, in a mapped column; no totals, no legend."""
    mapped = sorted(set(positions.values()))
    rows, numbers, formulas = table.rows, table.numbers, table.formula_cells
    plain = [position for position in mapped if position not in table.formulas]
    filled: list[int] = []
    for i, row in enumerate(rows):
        for position in plain:
            cell = row[position]
            if cell is not None and (cell.__class__ is not str or cell.strip()):
                filled.append(i)
                break
        else:
            if len(plain) < len(mapped) and any(
                not is_blank(row[p]) and (numbers[i], p) not in formulas for p in mapped if p in table.formulas
            ):
                filled.append(i)
    named = [positions[name] for name in (key, "Name") if name is not None and name in positions]
    said = "\n".join([cell for p in named for cell in map(itemgetter(p), rows) if cell.__class__ is str]).casefold()
    if any(word in said for word in _TOTALS):  # else no row says so, and none is looked at
        filled = [i for i in filled if not _is_total(
            rows[i], named, {p for p in table.formulas if (numbers[i], p) in formulas} if formulas else ())]
    return _without_legend(rows, filled)


def _is_total(row: tuple[Cell, ...], named: Sequence[int], formulas: Collection[int]) -> bool:
    """Whether a row is a totals line: it says so where a customer's key or name would be, and counts for the rest."""
    said = [p for p in named if isinstance(row[p], str) and str(row[p]).strip(" :.").casefold() in _TOTALS]
    return bool(said) and all(
        is_blank(cell) or p in said or p in formulas or (isinstance(cell, (int, float)) and not isinstance(cell, bool))
        for p, cell in enumerate(row)
    )


def _without_legend(rows: Sequence[tuple[Cell, ...]], filled: list[int]) -> list[int]:
    """Leaves out what stands below the table after a blank row when each of its lines is one text that explains."""
    end = len(filled)
    while end > 0:
        cells = [cell for cell in rows[filled[end - 1]] if not is_blank(cell)]
        if len(cells) != 1 or not isinstance(cells[0], str):
            break
        if not _explains(cells[0]) and (end == len(filled) or cells[0].strip().casefold() not in _LEGEND_HEADINGS):
            break
        end -= 1
    while 0 < end < len(filled) and filled[end] == filled[end - 1] + 1:
        end += 1  # no blank row before it: then it is part of the table
    return filled[:end] if end else filled


def _explains(text: str) -> bool:
    return "=" in text or ":" in text or len(text) > _LEGEND_LENGTH or text.lstrip().startswith(("*", "†"))
