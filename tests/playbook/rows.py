"""Small playbooks and customer rows as text, and what the engine makes of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta

from sheetsync.core.contracts import Check
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, FollowUp
from sheetsync.core.validate import validate
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook

BASE = """
name = "test"
key = ["Name"]
[columns.Name]
[columns."Last contact"]
type = "date"
"""


def playbook(toml: str) -> Playbook:
    """A playbook of Name, Last contact and what the text says; its other columns are those that rules name."""
    raw, more = tomllib.loads(BASE), tomllib.loads(toml)
    columns = raw["columns"] | more.pop("columns", {})
    return build_playbook({"rules": {}} | raw | more | {"columns": columns})


def cell(text: str) -> Cell:
    """What a person would have typed: ISO dates are dates, digits numbers, nothing is blank."""
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return float(text) if text.replace(".", "", 1).isdigit() else text


def rows(text: str) -> list[tuple[Cell, ...]]:
    """A table written with | between cells, its first line the header."""
    lines = [line.strip().strip("|") for line in text.strip().splitlines()]
    return [tuple(cell(part) for part in line.split("|")) for line in lines]


def plan(book: Playbook, text: str, today: str, checks: Iterable[Check] = ()) -> list[FollowUp]:
    """The follow-up of every customer in the table."""
    grid = rows(text)
    grid[0] = tuple(str(part) for part in grid[0])
    table = read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)
    customers, problems = validate(table, book.columns, book.key, book.status, checks)
    return list(follow_ups(customers, book, date.fromisoformat(today), problems))


def one(toml: str, text: str, today: str) -> FollowUp:
    """The follow-up of a table's only customer."""
    [found] = plan(playbook(toml), text, today)
    return found


def said(follow_up: FollowUp) -> str:
    """Status and day, such as "Due 2026-11-20"."""
    return f"{follow_up.status} {follow_up.due or ''}".strip()


def day_after(text: str, days: int) -> str:
    """An ISO date so many days on."""
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
