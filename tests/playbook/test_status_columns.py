"""No rule ever reads a status column, and a column of the owner's stays the owner's beside it (PLAYBOOK.md section 2)."""

from __future__ import annotations

import pytest

from sheetsync.core.header import map_columns, read_table
from sheetsync.core.model import Column, StatusSettings
from sheetsync.core.validate import see_customers
from tests.playbook.rows import plan, playbook, said

ACTIVE = '[rules."R"]\nwhen = { Status = "active" }\ndue = "on Last contact"\nstep = "x"'


def test_a_column_of_the_owners_called_status_is_still_told_apart_after_the_first_sync() -> None:
    before = "Name | Last contact | Status\nNg | 2026-11-20 | active"
    after = "Name | Last contact | Status | ↻ Status\nNg | 2026-11-20 | active | Due"
    for table in (before, after):
        assert [said(found) for found in plan(playbook(ACTIVE), table, "2026-11-20")] == ["Due 2026-11-20"]


def test_a_status_column_is_never_taken_for_a_column_of_that_name() -> None:
    table = "Name | Last contact | ↻ Status\nNg | 2026-11-20 | active"
    assert [said(found) for found in plan(playbook(ACTIVE), table, "2026-11-20")] == ["No rule"]


@pytest.mark.parametrize("column", ["Status", "Next follow-up", "Next step", "Why", "Problems", "next followup"])
def test_no_playbook_column_is_found_in_a_status_column(column: str) -> None:
    columns = (Column("Name"), Column("Email"), Column(column))
    status = StatusSettings()
    grid = [("Name", "Email", *status.headers), ("Ng", None, "Due", None, None, None, None)]
    table = read_table(grid, source="s", sheet="t", columns=columns, key=("Name",), status=status)
    assert column not in see_customers(table, columns, ("Name",), status).positions


def test_the_owners_mapping_gives_a_header_to_one_column_alone() -> None:
    columns = (Column("A", header="X"), Column("B", header="X"))
    assert len(set(map_columns(["X"], columns).values())) == len(map_columns(["X"], columns))
