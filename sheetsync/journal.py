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

from sheetsync.core.model import Anchor, Cell, CellError, Change, Counts, Style, Table
from sheetsync.errors import NotReachable, Refused

SCHEMA_VERSION = 1
KEPT_IMAGES = 20  # runs back; those that failed or were cut off keep the table as it was
_ROWS_A_LINE = 500
_SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,            -- Source.identity
    sheet TEXT NOT NULL,
    command TEXT NOT NULL,           -- sync, undo
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
# Made when it is first needed, so that journals of before it take it too.
_IMAGES = "CREATE TABLE IF NOT EXISTS images (run INTEGER PRIMARY KEY REFERENCES runs(id), image BLOB NOT NULL) -- compressed JSON"


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

    def begin(
        self, source: str, sheet: str, *, today: date, counts: Counts | None, statuses: dict[str, int],
        changes: Iterable[Change], command: str = "sync",
    ) -> int:
        """Records a run and all that it is about to write; returns the run's number. Called before the write."""
        with self._connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, command, "writing")
            self._add(db, run, changes)
        return run

    def add(self, run: int, changes: Iterable[Change]) -> None:
        """Records what a further round of the same run is about to write."""
        with self._connected() as db:
            self._add(db, run, changes)

    def replace(self, run: int, changes: Iterable[Change]) -> None:
        """Records what all rounds of a run came to, in the place of what each was about to write."""
        with self._connected() as db:
            db.execute("DELETE FROM changes WHERE run = ?", (run,))
            db.execute("UPDATE runs SET cells = 0 WHERE id = ?", (run,))
            self._add(db, run, changes)

    def keep(self, run: int, table: Table) -> None:
        """Keeps the whole table as it was before a write that is not atomic, until the run is finished without a failure."""
        image = json.dumps([table.header, [[number, *row] for number, row in zip(table.numbers, table.rows, strict=True)]],
                           default=_json, ensure_ascii=False, separators=(",", ":"))
        with self._connected() as db:
            db.execute(_IMAGES)
            db.execute("DELETE FROM images WHERE run < ?", (run - KEPT_IMAGES,))
            db.execute("INSERT INTO images (run, image) VALUES (?, ?)", (run, zlib.compress(image.encode("utf-8"), 3)))

    def image(self, run: int) -> tuple[tuple[str, ...], dict[int, tuple[Cell, ...]]] | None:
        """The table as it was before a run that was cut off or failed: its header, and its rows by number. None where none is kept."""
        with self._connected() as db:
            db.execute(_IMAGES)
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

    def finish(self, run: int, outcome: str = "written", *, undoes: int | None = None) -> None:
        """Confirms a run after the write (or says that it failed); marks the run that it undoes."""
        with self._connected() as db:
            db.execute("UPDATE runs SET outcome = ?, ended = ? WHERE id = ?", (outcome, _now(), run))
            if outcome != "failed":
                db.execute(_IMAGES)
                db.execute("DELETE FROM images WHERE run = ?", (run,))
            if undoes is not None:
                db.execute("UPDATE runs SET undone_by = ? WHERE id = ?", (run, undoes))

    def nothing(self, source: str, sheet: str, *, today: date, counts: Counts, statuses: dict[str, int]) -> None:
        """Records a run that had nothing to write."""
        with self._connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, "sync", "nothing")
            db.execute("UPDATE runs SET ended = ? WHERE id = ?", (_now(), run))

    def newest_to_undo(self, source: str | None) -> Run | None:
        """The newest sync (of this source, or of all) that wrote something and is not undone yet."""
        with self._connected() as db:
            found = db.execute(
                "SELECT id, source, sheet, command, started, today, outcome, cells FROM runs WHERE command = 'sync' "
                "AND outcome IN ('written', 'writing') AND undone_by IS NULL AND (? IS NULL OR source = ?) "
                "ORDER BY id DESC LIMIT 1",
                (source, source),
            ).fetchone()
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
                anchor = None if raw is None else Anchor(raw[0], _cell(raw[1]), tuple(map(_cell, raw[2])))
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

    def _add(self, db: sqlite3.Connection, run: int, changes: Iterable[Change]) -> None:
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


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise Refused(f"The journal {path} was made by a newer sheetsync.", "Update sheetsync.")
    db.executescript("BEGIN IMMEDIATE;" + _SCHEMA + f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    path.chmod(0o600)


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
