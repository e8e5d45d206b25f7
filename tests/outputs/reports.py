"""Reports that output tests start from: a table in memory, as a dry run sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sheetsync.backends.memory import Grid, MemorySource
from sheetsync.checks import CHECKS
from sheetsync.core.model import Cell, Report
from sheetsync.playbook.model import Playbook
from sheetsync.sync import sync
from tests.worksheets import PLAYBOOK, TODAY

HEADER: list[Cell] = ["Customer no", "Name", "Phone", "Email", "Tier", "Last contact", "Complaint", "Complaint date", "Consent", "Wrote on"]


def report(
    rows: Sequence[Sequence[Cell]], today: date = TODAY, *, header: Sequence[Cell] = HEADER, max_per_day: int | None = None,
    playbook: Playbook = PLAYBOOK,
) -> Report:
    """What a run finds for these customers; rows may be shorter than the header."""
    grid = Grid([list(header), *([*row, *[None] * (len(header) - len(row))] for row in rows)])
    source = MemorySource(grid, playbook.columns, playbook.key, playbook.status, name="customers.xlsx")
    return replace(sync(source, playbook, CHECKS.values(), today=today, dry_run=True), max_per_day=max_per_day)


def customer(
    number: int, name: str, phone: str | None = "+1 503 555-0100", email: str | None = None, *, tier: str = "A",
    last: date | None = date(2026, 10, 1), complained: date | None = None, wrote: date | None = None,
) -> list[Cell]:
    """One row under HEADER. Tier A is to be contacted monthly, and late after some days."""
    return [number, name, phone, email, tier, last, "Late" if complained else None, complained, None, wrote]
