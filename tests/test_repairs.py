"""What fix proposes, over random tables: it settles, it touches nothing else, and undo takes all of it back."""

from __future__ import annotations

import copy
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.checks import CHECKS
from sheetsync.config import load_playbook
from sheetsync.core.model import Cell
from sheetsync.core.validate import see_customers
from sheetsync.journal import Journal
from sheetsync.repairs import KINDS, mend, propose
from sheetsync.sync import sync, undo
from tests.worksheets import TODAY, InMemory, Rows, customer_rows

PLAYBOOK = load_playbook(overlay={"columns": {"Phone": {"country": "DE"}, "Tier": {"type": "choice", "choices": ["Gold", "Silver"]},
                                              "Spent": {"type": "money"}}})
CHECKED = tuple(CHECKS.values())


def proposals(rows: Rows) -> list[tuple[str, Cell, Cell]]:
    place = InMemory.of(rows, PLAYBOOK)
    with place.source.open() as sheet:
        customers = see_customers(sheet.read(), PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status)
    return [(repair.kind, repair.before, repair.after) for repair in propose(customers, PLAYBOOK.status, CHECKED)]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Last contact", "03/04/2026"), ("Last contact", "2026-04-03 09:30"), ("Last contact", 46115), ("Last contact", "soon"),
        ("Last contact", "3/4/26"), ("Spent", "€ 12"), ("Spent", "007"), ("Spent", "1,234"), ("Spent", "12345678901234567"),
        ("Phone", "030 901820"), ("Phone", "+49 30 901820"), ("Phone", "0800 FLOWERS"), ("Phone", "030 901820 ext. 3"), ("Phone", "12"),
        ("Email", "susan@mail.com"), ("Email", "susan@@example.com"), ("Name", "李小龙"), ("Name", "O'Brien-Smith"),
        ("Name", "SUSAN ORTIZ"), ("Phone", "+4930901820"),
        ("Name", "TBD"), ("Notes", "a  b"), ("Tier", "Bronze"), ("Tier", "gold"), ("Consent", "x"), ("Customer no", "-"),
    ],
)
def test_what_could_lose_something_is_not_proposed(column: str, cell: Cell) -> None:
    header: list[Cell] = ["Customer no", "Name", "Email", "Phone", "Last contact", "Spent", "Tier", "Consent", "Notes"]
    row: list[Cell] = [1, "Ng", *[None] * 7]
    row[header.index(column)] = cell
    assert proposals([header, row]) == []


def with_slips() -> st.SearchStrategy[Rows]:
    slips: st.SearchStrategy[Cell] = st.sampled_from(
        ["TBD", " Ng ", "Susan  Ortiz", "-", "n/a", "3 March 2026", "Sоphie", "A@GMAIL.CON", " x@Example.com ", "Glod", "03/04/2026", None])

    def slip(rows: Rows, cells: list[tuple[int, int, Cell]]) -> Rows:
        for row, column, cell in cells:
            if len(rows) > 1:
                rows[1 + row % (len(rows) - 1)][column % len(rows[0])] = cell
        return rows

    return st.builds(slip, customer_rows(), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), slips), max_size=8))


@settings(max_examples=120, deadline=None)
@given(with_slips(), st.booleans())
def test_fix_settles_and_undo_gives_every_value_back(rows: Rows, synced: bool) -> None:
    place = InMemory.of(rows, PLAYBOOK)
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder), "0")
        if synced:
            sync(place.source, PLAYBOOK, CHECKED, today=TODAY)
        before, looks = copy.deepcopy(place.cells()), dict(place.source.grid.styles)
        for _ in range(3):
            with place.source.open() as sheet:
                table = sheet.read()
            customers = see_customers(table, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status)
            agreed = propose(customers, PLAYBOOK.status, CHECKED)
            if not agreed:
                break
            done = mend(place.source, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status, CHECKED, agreed, today=TODAY, journal=journal)
            assert not done.gone
            assert {change.column for change in done.changes} <= {repair.column for repair in agreed}
        else:
            raise AssertionError("fix never ends")
        assert place.source.grid.styles == looks
        while (run := journal.newest_to_undo(None)) is not None:
            assert not undo(place.source, run, today=TODAY, journal=journal).skipped
        assert place.cells() == before


def test_every_kind_belongs_to_a_check() -> None:
    assert {kind.check for kind in KINDS.values()} <= set(CHECKS)
