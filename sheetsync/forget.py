"""Forgets one customer: what the journal, the backups and the logs in the state folder hold of them."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sheetsync.core.model import Change
from sheetsync.core.past import Whose, plain
from sheetsync.core.values import text_of
from sheetsync.journal import Journal
from sheetsync.records import anchor_of, cell_of, encode, packed, unpacked

Holds = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a customer: changes and Log entries, in how many runs; records of others that name them; copies of the workbook."""

    changes: int = 0
    contacts: int = 0
    runs: int = 0
    mentions: int = 0
    backups: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes or self.contacts or self.mentions or self.backups)


def remembered(journal: Journal, source: str, whose: Whose, problems: str, backups: Iterable[Path], holds: Holds) -> Remembered:
    """What is kept of a customer of this source. `problems` is the header of the status column that names other customers."""
    found = _through(journal, source, whose, problems, write=False)
    return Remembered(*found, tuple(path for path in backups if _holds(path, whose, holds)))


def forget(journal: Journal, source: str, whose: Whose, problems: str, backups: Sequence[Path], logs: Path) -> None:
    """Deletes all of it: records of the customer, texts of others that name them, these backups, and lines of logs.

    The journal's file is written anew, so that nothing of it is left in there.
    """
    _through(journal, source, whose, problems, write=True)
    with journal.connected() as db:
        db.execute("VACUUM")
    for path in backups:
        path.unlink(missing_ok=True)
    _forget_in_logs(logs, whose)


class _Mentions:
    """Whether a text of another row names the customer. In Problems, which is about others, each name is one; elsewhere only one
    of several words can be told from other words, and only where nobody else is called so.
    """

    def __init__(self, whose: Whose, problems: str) -> None:
        self._problems = problems
        self._anywhere = len(whose.name.split()) > 1 and not whose.namesakes
        spaced = r"\s+".join(map(re.escape, whose.name.split()))
        self._name = re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE) if spaced else None

    def text(self, value: Any, column: str = "") -> bool:
        """Whether a cell of that column names the customer."""
        return (isinstance(value, str) and self._name is not None and (self._anywhere or column == self._problems)
                and self._name.search(value) is not None)

    def change(self, change: Change) -> bool:
        """Whether a change of another customer's row names this one."""
        rest = () if change.anchor is None else change.anchor.rest
        return any(self.text(cell, change.column) for cell in (change.before, change.after)) or any(map(self.text, rest))


def _through(journal: Journal, source: str, whose: Whose, problems: str, *, write: bool) -> tuple[int, int, int, int]:
    """Goes through all records of a source, and deletes what is the customer's where `write` says so: changes, entries, runs, mentions."""
    mentions = _Mentions(whose, problems)
    runs: set[int] = set()
    changes = contacts = others = 0
    with journal.connected() as db:
        pieces = [("changes", *line) for line in db.execute(
            "SELECT changes.rowid, run, record FROM changes JOIN runs ON runs.id = run WHERE source = ?", (source,))]
        pieces += [("shown", *line) for line in db.execute("SELECT rowid, 0, record FROM shown WHERE source = ?", (source,))]
        for where, rowid, run, piece in pieces:
            every = unpacked(piece)
            left = [change for change in every if change.anchor is None or not whose.has(change.anchor)]
            if len(left) < len(every):
                changes += len(every) - len(left)
                runs |= {run} - {0}
            kept = [change for change in left if not mentions.change(change)]
            others += len(left) - len(kept)
            if write and len(kept) < len(every):
                new = [piece for _, piece in packed(kept, len(every))]  # one, or none
                db.execute(f"UPDATE {where} SET record = ? WHERE rowid = ?" if new else f"DELETE FROM {where} WHERE rowid = ?",
                           (*new, rowid))
        entries = db.execute("SELECT contacts.id, run, anchor, note, entry FROM contacts JOIN runs ON runs.id = contacts.run "
                             "WHERE source = ?", (source,)).fetchall()
        for id_, run, anchor, note, entry in entries:
            if whose.has(whose_row := anchor_of(json.loads(anchor))):
                contacts += 1
                runs.add(run)
                if write:
                    db.execute("DELETE FROM contacts WHERE id = ?", (id_,))
            elif any(map(mentions.text, (note, entry, *whose_row.rest))):
                others += 1
                if write:
                    db.execute("UPDATE contacts SET note = '', entry = '', anchor = ? WHERE id = ?",
                               (encode(whose_row._replace(rest=())), id_))
        if write:
            _forget_in_images(db, source, whose, mentions)
            told = db.execute("SELECT id, sentence FROM runs WHERE source = ? AND sentence IS NOT NULL", (source,)).fetchall()
            for id_, sentence in told:
                if mentions.text(sentence, problems):
                    db.execute("UPDATE runs SET sentence = NULL WHERE id = ?", (id_,))
    return changes, contacts, len(runs), others


def _forget_in_images(db: Any, source: str, whose: Whose, mentions: _Mentions) -> None:
    images = db.execute("SELECT run, image FROM images JOIN runs ON runs.id = run WHERE source = ?", (source,)).fetchall()
    for run, image in images:
        header, rows = json.loads(zlib.decompress(image))

        def stays(row: list[Any], header: list[str] = header) -> bool:
            cells = list(map(cell_of, row[1:]))
            keyed = any((text, text_of(cell)) in whose.keys for text, cell in zip(header, cells, strict=False))
            return not keyed and not any(isinstance(cell, str) and plain(cell) == plain(whose.name) for cell in cells) \
                and not any(map(mentions.text, cells))

        kept = [row for row in rows if stays(row)]
        db.execute("UPDATE images SET image = ? WHERE run = ?", (zlib.compress(encode([header, kept]).encode("utf-8"), 3), run))


def _holds(path: Path, whose: Whose, holds: Holds) -> bool:
    """Whether a copy of a workbook holds the customer; one that can't be looked into counts as if it did."""
    wanted = plain(escape(whose.name))
    try:
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                if wanted and wanted in plain(package.read(name).decode("utf-8", "replace")):
                    return True
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return True
    return holds(path)


def _forget_in_logs(folder: Path, whose: Whose) -> None:
    wanted = plain(whose.name)
    for path in sorted(folder.glob("*")) if wanted and folder.is_dir() else ():
        with suppress(OSError):
            lines = path.read_text("utf-8", "replace").splitlines(keepends=True)
            kept = [line for line in lines if wanted not in plain(line)]
            if len(kept) < len(lines):
                path.write_text("".join(kept), "utf-8")
