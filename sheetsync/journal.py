"""What was written, kept for undo, history and the guard: SQLite in the state folder."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sheetsync.core.model import Anchor, Cell, CellError, Change, Contact, Counts, Style, Table
from sheetsync.errors import NotReachable, Refused

SCHEMA_VERSION = 2
KEPT_IMAGES = 20  # runs back; those that failed or were cut off keep the table as it was
_ROWS_A_LINE = 500
# One script for each version: what makes it of the one before. A new journal goes through all of them.
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
_MIGRATIONS = (_SCHEMA_1, _SCHEMA_2)
assert len(_MIGRATIONS) == SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run."""

    id: int
    source: str
    sheet: str
    command: str
    started: str
    today: date
    outcome: str
    cells: int


class Journal:
    """The journal in one folder. Every method raises NotReachable where the folder can't be read or written."""

    def __init__(self, folder: Path, version: str) -> None:
        self.path = folder / "journal.sqlite3"
        self.version = version

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                _migrate(connection, self.path)
                with connection:
                    yield connection
            finally:
                connection.close()
        except (sqlite3.OperationalError, OSError) as error:
            raise NotReachable(
                f"The journal {self.path} can't be written ({error}); without it nothing could be undone, so nothing was written.",
                "Free some space or mend the folder's permissions, or name another one in SHEETSYNC_STATE_DIR.",
            ) from None
        except sqlite3.DatabaseError as error:
            raise Refused(f"The journal {self.path} is damaged ({error}).",
                          "Move it elsewhere; sheetsync then starts a new one.") from None

    def last_counts(self, source: str, sheet: str) -> Counts | None:
        """What the last finished sync of this sheet found, for the guard."""
        with self._connected() as db:
            found = db.execute(
                "SELECT customers, key, columns FROM runs WHERE source = ? AND sheet = ? AND command = 'sync' "
                "AND outcome IN ('written', 'nothing') ORDER BY id DESC LIMIT 1",
                (source, sheet),
            ).fetchone()
        return None if found is None else Counts(found[0], found[1], tuple(json.loads(found[2])))

    def last_success(self, source: str, sheet: str | None = None) -> datetime | None:
        """When the newest successful sync of this source (or one sheet of it) began, in UTC; by hand or not. None where there is none.

        The newest is the one that was recorded last, whatever the clock said: one that once stood in the future is not believed for good.
        """
        if not self.path.exists():  # a look need not make a journal
            return None
        with self._connected() as db:
            found = db.execute(
                "SELECT started FROM runs WHERE source = ? AND (? IS NULL OR sheet = ?) AND command = 'sync' "
                "AND outcome IN ('written', 'nothing') ORDER BY id DESC LIMIT 1", (source, sheet, sheet),
            ).fetchone()
        return None if found is None else datetime.fromisoformat(found[0])

    def begin(
        self, source: str, sheet: str, *, today: date, counts: Counts | None, statuses: dict[str, int],
        changes: Iterable[Change], contacts: Iterable[Contact] = (), undoes: int | None = None, command: str = "sync",
    ) -> int:
        """Records a run and all that it is about to write; returns the run's number. Called before the write.

        `undoes` is the run that this one takes back; until it is finished, it is open whether that one's contacts stand.
        """
        with self._connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, command if undoes is None else "undo", "writing")
            self._add(db, run, changes, contacts)
            if undoes is not None:
                db.execute("UPDATE contacts SET state = 'open' WHERE run = ? AND state = 'written'", (undoes,))
        return run

    def add(self, run: int, changes: Iterable[Change], contacts: Iterable[Contact] = ()) -> None:
        """Records what a further round of the same run is about to write.

        A Log entry that is still there was not written by the round before, so its contact of then is withdrawn.
        """
        contacts = tuple(contacts)
        with self._connected() as db:
            for contact in contacts:
                db.execute(
                    "UPDATE contacts SET state = 'withdrawn' WHERE id = (SELECT min(id) FROM contacts WHERE run = ? AND state = 'open' "
                    "AND anchor = ? AND entry = ?)", (run, _anchor_text(contact.anchor), contact.entry))
            self._add(db, run, changes, contacts)

    def replace(self, run: int, changes: Iterable[Change], contacts: Iterable[Contact] = ()) -> None:
        """Records what all rounds of a run came to, in the place of what each was about to write: changes, and contacts that stand."""
        with self._connected() as db:
            db.execute("DELETE FROM changes WHERE run = ?", (run,))
            db.execute("DELETE FROM contacts WHERE run = ?", (run,))
            db.execute("UPDATE runs SET cells = 0 WHERE id = ?", (run,))
            self._add(db, run, changes, contacts)

    def keep(self, run: int, table: Table) -> None:
        """Keeps the whole table as it was before a write that is not atomic, until the run is finished without a failure."""
        image = json.dumps([table.header, [[number, *row] for number, row in zip(table.numbers, table.rows, strict=True)]],
                           default=_json, ensure_ascii=False, separators=(",", ":"))
        with self._connected() as db:
            db.execute("DELETE FROM images WHERE run < ?", (run - KEPT_IMAGES,))
            db.execute("INSERT INTO images (run, image) VALUES (?, ?)", (run, zlib.compress(image.encode("utf-8"), 3)))

    def image(self, run: int) -> tuple[tuple[str, ...], dict[int, tuple[Cell, ...]]] | None:
        """The table as it was before a run that was cut off or failed: its header, and its rows by number. None where none is kept."""
        with self._connected() as db:
            found = db.execute("SELECT image FROM images WHERE run = ?", (run,)).fetchone()
        if found is None:
            return None
        header, rows = json.loads(zlib.decompress(found[0]))
        return tuple(header), {row[0]: tuple(map(_cell, row[1:])) for row in rows}

    def cut_off(self, source: str) -> tuple[int, str] | None:
        """The newest run of this source and when it was (UTC, ISO 8601), where it was cut off or failed while it wrote."""
        with self._connected() as db:
            found = db.execute("SELECT id, started, outcome FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1", (source,)).fetchone()
        return None if found is None or found[2] not in ("writing", "failed") else (found[0], found[1])

    def finish(self, run: int, outcome: str = "written", *, undoes: int | None = None, settle: bool = True) -> None:
        """Confirms a run and (with `settle`) its contacts after the write, or says that it failed; marks the run that it undoes.

        The contacts of a failed run stay open: on a sheet far away the write may have gone through all the same.
        """
        with self._connected() as db:
            db.execute("UPDATE runs SET outcome = ?, ended = ? WHERE id = ?", (outcome, _now(), run))
            if outcome != "failed":
                db.execute("DELETE FROM images WHERE run = ?", (run,))
            if outcome == "written" and settle:
                db.execute("UPDATE contacts SET state = 'written' WHERE run = ? AND state = 'open'", (run,))
            if undoes is not None:
                db.execute("UPDATE runs SET undone_by = ? WHERE id = ?", (run, undoes))
                db.execute("UPDATE contacts SET state = 'withdrawn' WHERE run = ?", (undoes,))

    def unfinished(self, source: str, sheet: str) -> set[int]:
        """The syncs of this sheet that were killed while they wrote (or still write)."""
        with self._connected() as db:
            found = db.execute("SELECT id FROM runs WHERE source = ? AND sheet = ? AND command = 'sync' AND outcome = 'writing'",
                               (source, sheet)).fetchall()
        return {run for (run,) in found}

    def open_contacts(self, source: str, sheet: str) -> dict[int, list[tuple[int, int, Anchor]]]:
        """By run: the number, row and anchor of each contact of this sheet of which nobody saw whether it was written."""
        with self._connected() as db:
            found = db.execute(
                "SELECT contacts.run, contacts.id, row, anchor FROM contacts JOIN runs ON runs.id = contacts.run "
                "WHERE state = 'open' AND source = ? AND sheet = ? ORDER BY contacts.id", (source, sheet),
            ).fetchall()
        out: dict[int, list[tuple[int, int, Anchor]]] = {}
        for run, id_, row, anchor in found:
            out.setdefault(run, []).append((id_, row, _anchor(json.loads(anchor))))
        return out

    def settle(self, stands: dict[int, bool]) -> None:
        """Says of open contacts, by number, whether they stand in the sheet."""
        with self._connected() as db:
            db.executemany("UPDATE contacts SET state = ? WHERE id = ? AND state = 'open'",
                           [("written" if well else "withdrawn", id_) for id_, well in stands.items()])

    def history(self, source: str, sheet: str) -> Iterator[tuple[date, tuple[Change, ...], tuple[Contact, ...]]]:
        """Every sync of this sheet that was written and not undone, oldest first: its day, changes, and contacts that stand."""
        with self._connected() as db:
            runs = db.execute("SELECT id, today FROM runs WHERE source = ? AND sheet = ? AND command = 'sync' "
                              "AND (outcome = 'written' OR id IN (SELECT run FROM contacts WHERE state = 'written')) "
                              "AND undone_by IS NULL ORDER BY id", (source, sheet)).fetchall()
        by_run = self._contacts_by_run(source, sheet)
        for run, day in runs:
            yield date.fromisoformat(day), self.changes(run), tuple(by_run.get(run, ()))

    def contacts(self, source: str, sheet: str | None = None) -> tuple[Contact, ...]:
        """Every contact that stands in this source (or one sheet of it), in the order in which they were written."""
        return tuple(contact for some in self._contacts_by_run(source, sheet).values() for contact in some)

    def _contacts_by_run(self, source: str, sheet: str | None) -> dict[int, list[Contact]]:
        with self._connected() as db:
            found = db.execute(
                "SELECT contacts.run, row, customer, anchor, kind, day, until, note, rule, due, latest, entry FROM contacts "
                "JOIN runs ON runs.id = contacts.run WHERE state = 'written' AND source = ? AND (? IS NULL OR sheet = ?) "
                "ORDER BY contacts.run, contacts.id", (source, sheet, sheet),
            ).fetchall()
        out: dict[int, list[Contact]] = {}
        for run, row, customer, anchor, kind, day, until, note, rule, due, latest, entry in found:
            out.setdefault(run, []).append(Contact(
                row, customer, _anchor(json.loads(anchor)), kind, date.fromisoformat(day), _day(until), note, rule, _day(due),
                _day(latest), entry))
        return out

    def nothing(self, source: str, sheet: str, *, today: date, counts: Counts, statuses: dict[str, int]) -> None:
        """Records a run that had nothing to write."""
        with self._connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, "sync", "nothing")
            db.execute("UPDATE runs SET ended = ? WHERE id = ?", (_now(), run))

    def newest_to_undo(self, source: str | None) -> Run | None:
        """The newest sync or fix (of this source, or of all) that wrote something and is not undone yet."""
        with self._connected() as db:
            found = db.execute(
                "SELECT id, source, sheet, command, started, today, outcome, cells FROM runs WHERE command IN ('sync', 'fix') "
                "AND outcome IN ('written', 'writing') AND undone_by IS NULL AND (? IS NULL OR source = ?) "
                "ORDER BY id DESC LIMIT 1",
                (source, source),
            ).fetchone()
        if found is None:
            return None
        id_, origin, sheet, command, started, today, outcome, cells = found
        return Run(id_, origin, sheet, command, started, date.fromisoformat(today), outcome, cells)

    def newest(self, source: str) -> Run | None:
        """The newest sync of this source, however it ended."""
        with self._connected() as db:
            found = db.execute("SELECT id, source, sheet, command, started, today, outcome, cells FROM runs "
                               "WHERE source = ? AND command = 'sync' ORDER BY id DESC LIMIT 1", (source,)).fetchone()
        if found is None:
            return None
        id_, origin, sheet, command, started, today, outcome, cells = found
        return Run(id_, origin, sheet, command, started, date.fromisoformat(today), outcome, cells)

    def changes(self, run: int) -> tuple[Change, ...]:
        """Every change that a run recorded, in the order of rows."""
        with self._connected() as db:
            found = db.execute("SELECT record FROM changes WHERE run = ? ORDER BY rowid", (run,)).fetchall()
        out = []
        for (record,) in found:
            for row, raw, cells in json.loads(record):
                anchor = None if raw is None else _anchor(raw)
                for column, before, after, old, new in cells:
                    out.append(Change(row, column, _cell(before), _cell(after), _style(old), _style(new), anchor))
        return tuple(out)

    def _insert(
        self, db: sqlite3.Connection, source: str, sheet: str, today: date, counts: Counts | None,
        statuses: dict[str, int], command: str, outcome: str,
    ) -> int:
        cursor = db.execute(
            "INSERT INTO runs (source, sheet, command, started, today, outcome, customers, key, columns, statuses, version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source, sheet, command, _now(), today.isoformat(), outcome, counts and counts.rows, counts and counts.key,
             json.dumps(counts.headers if counts else []), json.dumps(statuses), self.version),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _add(self, db: sqlite3.Connection, run: int, changes: Iterable[Change], contacts: Iterable[Contact]) -> None:
        total = 0
        colours: dict[Style, str] = {}

        def colour(style: Style) -> str:
            return colours.get(style) or colours.setdefault(style, f"{style.fill}/{style.font}")

        def lines() -> Iterator[tuple[int, str]]:
            nonlocal total
            encode = json.JSONEncoder(default=_json, ensure_ascii=False, separators=(",", ":")).encode
            rows = []
            for row, group in groupby(changes, key=itemgetter(0)):
                found = list(group)
                total += len(found)
                cells = [(column, before, after, colour(old), colour(new)) for _, column, before, after, old, new, _ in found]
                rows.append((row, found[0].anchor, cells))
                if len(rows) == _ROWS_A_LINE:
                    yield run, encode(rows)
                    rows = []
            if rows:
                yield run, encode(rows)

        db.executemany("INSERT INTO changes (run, record) VALUES (?, ?)", lines())
        db.execute("UPDATE runs SET cells = cells + ? WHERE id = ?", (total, run))
        db.executemany(
            "INSERT INTO contacts (run, state, row, customer, anchor, kind, day, until, note, rule, due, latest, entry) "
            "VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(run, c.row, c.customer, _anchor_text(c.anchor), c.kind, c.day.isoformat(), _iso(c.until),
              c.note, c.rule, _iso(c.due), _iso(c.latest), c.entry) for c in contacts],
        )


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise Refused(f"The journal {path} was made by a newer sheetsync.", "Update sheetsync.")
    db.isolation_level = None  # the whole migration in one transaction of its own
    db.execute("BEGIN IMMEDIATE")
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
        for script in _MIGRATIONS[version:]:
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _json(cell: Any) -> dict[str, Any]:
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    if isinstance(cell, CellError):
        return {"error": cell.code}
    raise TypeError(f"{cell!r} is no cell")


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _anchor_text(anchor: Anchor) -> str:
    return json.dumps(anchor, default=_json, ensure_ascii=False)


def _anchor(raw: Any) -> Anchor:
    return Anchor(raw[0], _cell(raw[1]), tuple(map(_cell, raw[2])))


def _style(text: str) -> Style:
    fill, _, font = text.partition("/")
    return Style(fill, font)


def _cell(raw: Any) -> Cell:
    if not isinstance(raw, dict):
        return raw  # type: ignore[no-any-return]
    [(kind, value)] = raw.items()
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "time":
        return time.fromisoformat(value)
    if kind == "seconds":
        return timedelta(seconds=value)
    return CellError(value)
