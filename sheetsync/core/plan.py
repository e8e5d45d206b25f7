"""From follow-ups and problems to what every status cell should say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sheetsync.core import model
from sheetsync.core.model import Cell, Customers, Desired, FollowUp, Problem, StatusSettings, Style
from sheetsync.core.tidy import in_bulk, is_tidy

MAX_PROBLEMS = 3  # shown in one cell; the rest is counted
MAX_CELL_TEXT = 32_767  # characters, Excel's own limit (and below that of Google Sheets)

# Control characters, line and paragraph separators, lone surrogates and what XML 1.0 forbids. Joiners stay: names need them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def plan(
    customers: Customers, follow_ups: Sequence[FollowUp], problems: Sequence[Problem], status: StatusSettings
) -> Desired:
    """What each status cell of each table row should hold; rows that are no customers hold nothing."""
    size = len(customers.table.rows)
    kept = set(status.columns)
    values: dict[str, list[Cell]] = {column: [None] * size for column in status.columns}
    styles: dict[str, list[Style]] = {column: [model.PLAIN] * size for column in status.columns}
    words = {follow_up.status: status.word(follow_up.status) for follow_up in follow_ups}
    colours = {name: status.style(name) for name in words}
    by_column: dict[str, Sequence[Cell]] = {
        model.STATUS: [words[f.status] for f in follow_ups],
        model.NEXT_FOLLOW_UP: [f.due for f in follow_ups],
        model.NEXT_STEP: in_bulk([f.step for f in follow_ups], _are_clean, clean),
        model.WHY: in_bulk([f.why for f in follow_ups], _are_clean, clean),
    }
    indexes = customers.indexes
    for column, cells in by_column.items():
        if column in kept:
            target = values[column]
            for i, cell in zip(indexes, cells, strict=True):
                target[i] = cell
    if model.STATUS in kept:
        target_styles = styles[model.STATUS]
        for i, follow_up in zip(indexes, follow_ups, strict=True):
            target_styles[i] = colours[follow_up.status]
    if model.PROBLEMS in kept:
        for n, (text, style) in problem_cells(customers, problems).items():
            values[model.PROBLEMS][indexes[n]] = text
            styles[model.PROBLEMS][indexes[n]] = style
    return Desired(
        headers=status.headers,
        values={status.header(column): cells for column, cells in values.items()},
        styles={status.header(column): cells for column, cells in styles.items()},
    )


def problem_cells(customers: Customers, problems: Sequence[Problem]) -> dict[int, tuple[str, Style]]:
    """For each customer (0-based) with problems: the text of the cell, worst first, and its colour."""
    by_customer: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.customer >= 0:
            by_customer.setdefault(problem.customer, []).append(problem)
    cells = {}
    for index, found in by_customer.items():
        found.sort(key=lambda problem: problem.severity != "error")
        texts = [say_problem(customers, problem) for problem in found[:MAX_PROBLEMS]]
        if len(found) > MAX_PROBLEMS:
            texts.append(f"and {len(found) - MAX_PROBLEMS} more")
        style = model.BAD if found[0].severity == "error" else model.NEUTRAL
        cells[index] = (clean(" · ".join(texts)) or "", style)
    return cells


def say_problem(customers: Customers, problem: Problem) -> str:
    """One problem in one sentence: the owner's header, what is wrong, what to do."""
    text = f"{customers.header(problem.column)}: {problem.message}" if problem.column else problem.message
    return f"{text}. {problem.suggestion}" if problem.suggestion else text


def _are_clean(texts: Sequence[str]) -> bool:
    return is_tidy(texts) and 2 * max(map(len, texts)) <= MAX_CELL_TEXT


def clean(text: str) -> str | None:
    """A text as one cell can hold it and give it back unchanged: one line, no control characters, at most 32,767.

    Blank becomes None, as a cell that holds nothing reads.
    """
    if not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(_UNSAFE.sub(" ", text).split())
    if 2 * len(text) > MAX_CELL_TEXT:  # Excel counts UTF-16 units: an emoji is two
        units = text.encode("utf-16-le")
        if len(units) > 2 * MAX_CELL_TEXT:
            text = units[: 2 * (MAX_CELL_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
    return text or None
