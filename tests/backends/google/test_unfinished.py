"""The before-image of a write, kept in a file: what comes back is what was kept, or nothing."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from sheetsync.backends.google.batch import COLOUR, RICH, VALUE, Plan, Put
from sheetsync.backends.google.snapshot import Look, Snapshot, TypedTable, from_serial
from sheetsync.backends.google.unfinished import Unfinished
from sheetsync.core.model import CellError

RED = Look("FF0000", "ACCENT1", ("DATE", "d mmm"))


def snapshot() -> Snapshot:
    table = TypedTable("7", "Clients", (1, 4, 1, 3), True, ({"columnIndex": 1, "columnName": "Name", "columnType": "TEXT"},))
    found = Snapshot("Book", "Tab's", 0, "de_DE", "", 100, 26, tables=(table,))
    found.cells = [
        ("Name", None, "=not a formula", "ü\n\t\"'"), (), (None, True, 0, 1.5, -3),
        (date(2026, 11, 20), datetime(2026, 11, 20, 9, 30), time(6), timedelta(hours=36), CellError("#REF!")), ("spill", "result"),
    ]
    found.exact = {(4, 2): 46346.395833333336, (4, 3): 0.25, (4, 4): 1.5}
    assert [from_serial(found.exact[4, column], kind) for column, kind in ((2, "DATE_TIME"), (3, "TIME"), (4, "TIME"))] == list(
        found.cells[3][1:4])
    found.formulas = {(5, 2): "=A5&\"x\"", (5, 4): "=\"\""}
    found.spilled = {(5, 1)}
    found.looks = {(1, 1): RED, (2, 3): Look("00FF00"), (5, 6): Look(font="0000FF")}
    found.runs = {(1, 1): {"textFormatRuns": [{"startIndex": 1, "format": {"bold": True}}]}}
    return found


def plan() -> Plan:
    made = Plan(0, new_columns=2)
    made.puts = {(1, 1): Put(VALUE | COLOUR, {"stringValue": "↻ Status"}, Look("DDEBF7", "1F4E78")), (2, 1): Put(COLOUR, {}, Look()),
                 (3, 1): Put(VALUE | RICH, {"numberValue": 3}, Look(), {"textFormatRuns": []})}
    made.owners = {(3, 1)}
    return made


def test_all_that_was_kept_comes_back(tmp_path: Path) -> None:
    kept = Unfinished(tmp_path / "state", "abc_-1")
    assert not kept.exists
    kept.keep(snapshot(), plan())
    assert kept.exists
    assert kept.get(1) is None
    found = kept.get(0)
    assert found is not None
    before, after = snapshot(), found[0]
    assert [list(map(repr, row)) for row in pad(after)] == [list(map(repr, row)) for row in pad(before)]
    for name in ("title", "tab", "gid", "locale", "row_count", "column_count", "formulas", "spilled", "looks", "runs", "exact", "tables"):
        assert getattr(after, name) == getattr(before, name), name
    assert (found[1].puts, found[1].owners, found[1].new_columns) == (plan().puts, {(3, 1)}, 2)
    kept.drop(0)
    assert not kept.exists
    assert list((tmp_path / "state").iterdir()) == []


def pad(found: Snapshot) -> list[list[object]]:
    return [[found.cell(row, column) for column in range(1, 8)] for row in range(1, len(found.cells) + 1)]


@pytest.mark.skipif(os.name == "nt", reason="there are no permission bits there")
def test_only_the_owner_of_the_account_may_read_it(tmp_path: Path) -> None:
    Unfinished(tmp_path, "abc").keep(snapshot(), plan())
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0]


@pytest.mark.parametrize("damage", [
    lambda whole: b"", lambda whole: b"no gzip", lambda whole: whole[:-20], lambda whole: whole[:40] + b"xxxx" + whole[44:],
    lambda whole: gzip.compress(b'{"version":2}'), lambda whole: gzip.compress(b"[]"),
], ids=["empty", "something else", "cut off", "damaged", "newer", "a list"])
def test_a_file_that_will_not_do_is_none(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    kept = Unfinished(tmp_path, "abc")
    kept.keep(snapshot(), plan())
    [path] = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert kept.get(0) is None
