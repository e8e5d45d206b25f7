"""The journal's tables, version by version, and the way from each to the newest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sheetsync.errors import Refused

# One script for each version: what makes it of the one before. A new journal goes through all of them; none is ever edited.
_SCHEMA_1 = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,            -- Source.identity
    sheet TEXT NOT NULL,
    command TEXT NOT NULL,           -- sync, fix, undo
    started TEXT NOT NULL,           -- UTC, ISO 8601
    ended TEXT,
    today TEXT NOT NULL,
    outcome TEXT NOT NULL,           -- writing (or killed while writing), written, nothing, failed
    customers INTEGER,
    key TEXT,
    columns TEXT,                    -- JSON: the playbook's columns that were found
    statuses TEXT,                   -- JSON: word -> customers
    cells INTEGER NOT NULL DEFAULT 0,
    version TEXT NOT NULL,
    undone_by INTEGER REFERENCES runs(id)
);
CREATE INDEX runs_by_source ON runs(source, id);
CREATE TABLE changes (                -- a line holds up to 500 rows of the sheet, since a first run writes them all
    run INTEGER NOT NULL REFERENCES runs(id),
    record TEXT NOT NULL              -- JSON: [[row, anchor, cells], …]; the anchor [column, key, rest] is null for the
                                      -- header, a cell is [column, before, after, colours before, colours after]
);
CREATE INDEX changes_by_run ON changes(run);
"""
_SCHEMA_2 = """
CREATE TABLE contacts (               -- Log entries that were applied
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs(id),
    state TEXT NOT NULL,              -- open (nobody saw the end of the write), written, withdrawn
    row INTEGER NOT NULL,
    customer TEXT NOT NULL,           -- what people call the customer
    anchor TEXT NOT NULL,             -- JSON: [column, key, rest]
    kind TEXT NOT NULL,               -- done, called, emailed, met, snoozed, paused, skipped, not a duplicate
    day TEXT NOT NULL,                -- ISO 8601, as the other dates
    until TEXT,
    note TEXT NOT NULL,
    rule TEXT NOT NULL,               -- the rule whose step it was, or nothing
    due TEXT,
    latest TEXT,
    entry TEXT NOT NULL               -- what the owner had typed
);
CREATE INDEX contacts_by_run ON contacts(run);
CREATE INDEX contacts_by_state ON contacts(state);
CREATE TABLE images (                 -- tables as they were before a write that is not atomic
    run INTEGER PRIMARY KEY REFERENCES runs(id),
    image BLOB NOT NULL               -- compressed JSON
);
"""
# In version 3 runs are recorded that never came to write (outcome refused), and a line of changes may be a blob: see records.py.
# An undo says what it takes back. One of before that was killed is taken to mean what it would be offered: the newest run then.
_SCHEMA_3 = """
ALTER TABLE runs ADD COLUMN code INTEGER;      -- the exit code of a run that failed or was refused, and its sentence
ALTER TABLE runs ADD COLUMN sentence TEXT;
ALTER TABLE runs ADD COLUMN times INTEGER NOT NULL DEFAULT 1;  -- how often in a row it was refused alike
ALTER TABLE runs ADD COLUMN undoes INTEGER REFERENCES runs(id);
ALTER TABLE runs ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;  -- 1: nobody saw its end, and the sheet has told since how it ended
ALTER TABLE runs ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;  -- 1: its changes are no longer kept
UPDATE runs SET undoes = (SELECT max(other.id) FROM runs AS other WHERE other.undone_by = runs.id) WHERE command = 'undo';
UPDATE runs SET undoes = (
    SELECT max(other.id) FROM runs AS other WHERE other.source = runs.source AND other.id < runs.id
    AND other.command IN ('sync', 'fix') AND other.outcome IN ('written', 'writing') AND other.undone_by IS NULL
) WHERE command = 'undo' AND outcome = 'writing' AND undoes IS NULL;
CREATE TABLE shown (                  -- what rows with a key showed when the changes that say so were dropped, for the standards kept
    source TEXT NOT NULL,
    sheet TEXT NOT NULL,
    day TEXT NOT NULL,                -- since when
    cells INTEGER NOT NULL,
    merged INTEGER NOT NULL,          -- 1: no other line held any of its cells when it was written
    record BLOB NOT NULL              -- as in changes, without what was there before
);
CREATE INDEX shown_by_sheet ON shown(source, sheet);
"""
MIGRATIONS = (_SCHEMA_1, _SCHEMA_2, _SCHEMA_3)
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Brings a journal of any earlier version, or an empty file, to the newest: all of the way or none of it.

    Raises Refused for one of a later version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise Refused(f"The journal {path} was made by a newer sheetsync.", "Update sheetsync.")
    db.isolation_level = None  # the whole migration in one transaction of its own
    db.execute("BEGIN IMMEDIATE")
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
        for script in MIGRATIONS[version:]:
            for statement in _statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.isolation_level = "DEFERRED"
    path.chmod(0o600)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
