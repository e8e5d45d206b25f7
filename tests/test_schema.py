"""A journal of every earlier version is taken over with all that it holds; one of a later version is left alone."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetsync import schema
from sheetsync.cli import app
from sheetsync.core.model import CellError
from sheetsync.errors import Refused
from sheetsync.journal import Journal
from tests.test_journal import table
from tests.worksheets import CUSTOMERS, write_workbook

RUN = ("INSERT INTO runs (id, source, sheet, command, started, ended, today, outcome, customers, key, columns, statuses, cells, version,"
       " undone_by) VALUES (?, 's', 't', ?, ?, ?, '2026-11-19', ?, 8, 'No', '[\"No\", \"Name\"]', '{\"Due\": 8}', 1, '0.1.0', ?)")
OLD_CHANGES = ('[[2,["No",1,[]],[["Name","Sue","Susan","/","="],["When",{"date":"2026-01-02"},{"error":"#REF!"},"C6EFCE/006100","?/?"]]],'
               '[1,null,[["↻ Status",null,"↻ Status","/","DDEBF7/1F4E78"]]]]')
CONTACT = ("INSERT INTO contacts (run, state, row, customer, anchor, kind, day, note, rule, due, entry) VALUES"
           " (3, ?, 2, 'Susan', '[\"No\", 1, []]', 'called', '2026-11-19', 'sorry', 'Complaint', '2026-11-20', 'called: sorry')")


def journal_of(version: int, folder: Path) -> Journal:
    """A journal as that version made it, with a written run, one that was undone, its undo, one that was killed, and an undo that was."""
    path = folder / "journal.sqlite3"
    path.touch()
    with sqlite3.connect(path) as db:
        db.executescript("".join(schema.MIGRATIONS[:version]) + f"PRAGMA user_version = {version};")
        if version:
            for id_, command, outcome, undone_by in (
                    (1, "sync", "written", None), (2, "fix", "written", 4), (3, "sync", "written", None), (4, "undo", "written", None),
                    (5, "undo", "writing", None), (6, "sync", "nothing", None)):
                stamp = f"2026-11-19T02:0{id_}:00+00:00"
                db.execute(RUN, (id_, command, stamp, None if outcome == "writing" else stamp, outcome, undone_by))
                db.execute("INSERT INTO changes VALUES (?, ?)", (id_, OLD_CHANGES))
        if version >= 2:
            for state in ("written", "withdrawn", "open"):
                db.execute(CONTACT, (state,))
    db.close()
    return Journal(folder, "test")


@pytest.mark.parametrize("version", range(schema.SCHEMA_VERSION))
def test_a_journal_of_an_earlier_version_is_taken_over_with_all_that_it_holds(version: int, tmp_path: Path) -> None:
    journal = journal_of(version, tmp_path)
    if version:
        runs = journal.runs("s")
        assert [(run.id, run.command, run.outcome) for run in runs] == [
            (6, "sync", "nothing"), (5, "undo", "writing"), (4, "undo", "written"), (3, "sync", "written"), (2, "fix", "written"),
            (1, "sync", "written")]
        assert runs[3].started == datetime(2026, 11, 19, 2, 3, tzinfo=UTC)
        assert (runs[3].customers, runs[3].statuses, runs[3].cells, runs[3].version) == (8, {"Due": 8}, 1, "0.1.0")
        assert (runs[4].undone_by, runs[2].undoes, runs[1].undoes, runs[0].undoes) == (4, 2, 3, None)
        changes = journal.changes(3)
        assert [(c.row, c.column, c.before, c.after, c.style_before, c.style, c.anchor) for c in changes] == [
            (2, "Name", "Sue", "Susan", ("", ""), ("=", ""), ("No", 1, ())),
            (2, "When", date(2026, 1, 2), CellError("#REF!"), ("C6EFCE", "006100"), ("?", "?"), ("No", 1, ())),
            (1, "↻ Status", None, "↻ Status", ("", ""), ("DDEBF7", "1F4E78"), None)]
        counts = journal.last_counts("s", "t")
        assert counts is not None
        assert (counts.rows, counts.key, counts.headers) == (8, "No", ("No", "Name"))
        newest = journal.newest_to_undo("s")
        assert newest is not None
        assert newest.id == 3
    assert len(journal.contacts("s")) == (version == 2)
    run = journal.begin("s", "t", today=date(2026, 11, 20), counts=None, statuses={}, changes=())
    journal.keep(run, table())
    journal.finish(run)
    fresh = Journal(tmp_path / "fresh", "test")
    fresh.runs()
    shapes = []
    for one in (journal, fresh):
        with sqlite3.connect(one.path) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
            shapes.append(db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
        db.close()
    assert shapes[0] == shapes[1]


def test_a_journal_of_a_later_version_is_refused_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(tmp_path / "state"))
    journal = Journal(tmp_path / "state", "test")
    journal.runs()
    with sqlite3.connect(journal.path) as db:
        db.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    db.close()
    before = journal.path.read_bytes()
    with pytest.raises(Refused, match="made by a newer sheetsync"):
        journal.runs()
    workbook = tmp_path / "customers.xlsx"
    write_workbook(workbook, CUSTOMERS)
    was = workbook.read_bytes()
    for command in ("sync", "history"):
        result = CliRunner().invoke(app, [command, str(workbook)])
        assert result.exit_code == 6
        assert "Update sheetsync." in result.output
    assert (journal.path.read_bytes(), workbook.read_bytes()) == (before, was)


def test_a_migration_that_breaks_off_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_of(2, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:2], schema.MIGRATIONS[2] + "INSERT INTO nowhere VALUES (1);"))
        with pytest.raises(Exception, match="nowhere"):
            journal.runs()
    with sqlite3.connect(journal.path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()
    assert len(journal.runs()) == 6
