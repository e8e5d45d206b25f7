"""What was written, kept for undo, history and the guard: SQLite in the state folder."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sheetsync.core.model import KEEP, PLAIN, Anchor, Cell, Change, Contact, Counts, Table
from sheetsync.core.past import KEPT_DAYS, Run, Touched, Whose
from sheetsync.errors import ExitCode, NotReachable, SheetsyncError
from sheetsync.records import anchor_of, anchors_in, cell_of, encode, packed, unpacked
from sheetsync.store import Store

KEPT_IMAGES = 20  # runs back; those that failed or were cut off keep the table as it was
SHOWN_DAYS = 730  # that what a row shows is known when it does not change
FEW_CELLS = 20_000  # of what rows show, up to which all is written anew each time
_RUN = ("SELECT id, source, sheet, command, started, today, outcome, cells, ended, customers, statuses, "
        "(SELECT count(*) FROM contacts WHERE contacts.run = runs.id AND state != 'withdrawn'), code, sentence, times, undoes, undone_by, "
        "dropped, version FROM runs ")


class Journal(Store):
    """The journal in one folder. Every method raises NotReachable where the folder can't be read or written."""

    _begun: int | None = None  # the run that `recording` is about, once it is there
    _told: BaseException | None = None  # the failure that is recorded already

    def last_counts(self, source: str, sheet: str) -> Counts | None:
        """What the last finished sync of this sheet found, for the guard."""
        with self.connected() as db:
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
        with self.connected() as db:
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
        with self.connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, command if undoes is None else "undo", "writing")
            self._add(db, run, changes, contacts)
            if undoes is not None:
                db.execute("UPDATE runs SET undoes = ? WHERE id = ?", (undoes, run))
                db.execute("UPDATE contacts SET state = 'open' WHERE run = ? AND state = 'written'", (undoes,))
        self._begun = run
        return run

    def add(self, run: int, changes: Iterable[Change], contacts: Iterable[Contact] = ()) -> None:
        """Records what a further round of the same run is about to write.

        A Log entry that is still there was not written by the round before, so its contact of then is withdrawn.
        """
        contacts = tuple(contacts)
        with self.connected() as db:
            for contact in contacts:
                db.execute(
                    "UPDATE contacts SET state = 'withdrawn' WHERE id = (SELECT min(id) FROM contacts WHERE run = ? AND state = 'open' "
                    "AND anchor = ? AND entry = ?)", (run, _anchor_text(contact.anchor), contact.entry))
            self._add(db, run, changes, contacts)

    def replace(self, run: int, changes: Iterable[Change], contacts: Iterable[Contact] = ()) -> None:
        """Records what all rounds of a run came to, in the place of what each was about to write: changes, and contacts that stand."""
        with self.connected() as db:
            db.execute("DELETE FROM changes WHERE run = ?", (run,))
            db.execute("DELETE FROM contacts WHERE run = ?", (run,))
            db.execute("UPDATE runs SET cells = 0 WHERE id = ?", (run,))
            self._add(db, run, changes, contacts)

    def keep(self, run: int, table: Table) -> None:
        """Keeps the whole table as it was before a write that is not atomic, until the run is finished without a failure."""
        image = encode([table.header, [[number, *row] for number, row in zip(table.numbers, table.rows, strict=True)]])
        with self.connected() as db:
            db.execute("DELETE FROM images WHERE run < ?", (run - KEPT_IMAGES,))
            db.execute("INSERT INTO images (run, image) VALUES (?, ?)", (run, zlib.compress(image.encode("utf-8"), 3)))

    def image(self, run: int) -> tuple[tuple[str, ...], dict[int, tuple[Cell, ...]]] | None:
        """The table as it was before a run that was cut off or failed: its header, and its rows by number. None where none is kept."""
        with self.connected() as db:
            found = db.execute("SELECT image FROM images WHERE run = ?", (run,)).fetchone()
        if found is None:
            return None
        header, rows = json.loads(zlib.decompress(found[0]))
        return tuple(header), {row[0]: tuple(map(cell_of, row[1:])) for row in rows}

    def cut_off(self, source: str) -> tuple[int, str] | None:
        """The newest run of this source and when it was (UTC, ISO 8601), where it was cut off or failed while it wrote."""
        with self.connected() as db:
            found = db.execute("SELECT id, started, outcome FROM runs WHERE source = ? AND outcome != 'refused' "
                               "ORDER BY id DESC LIMIT 1", (source,)).fetchone()
        return None if found is None or found[2] not in ("writing", "failed") else (found[0], found[1])

    def finish(
        self, run: int, outcome: str = "written", *, undoes: int | None = None, settle: bool = True,
        error: SheetsyncError | None = None, told: str = "",
    ) -> None:
        """Confirms a run and (with `settle`) its contacts after the write, or says that it failed, with the `error`; marks the run
        that it undoes. `told` is what was found out later of a run that was cut off.

        The contacts of a failed run stay open: on a sheet far away the write may have gone through all the same. Where the journal
        can't be written, the next start finds out how the run ended; with an `error` there is that to be told first.
        """
        try:
            self._finish(run, outcome, undoes, settle, error, told)
        except NotReachable as trouble:
            if error is None and not told:
                raise NotReachable(f"The sheet is written, but the journal {self.path} can't be, so the run is not confirmed there.",
                                   f"The next run finds out by the sheet that it went through. {trouble.remedy}") from None
        if error is not None:
            self._told = error
        if self._begun == run:
            self._begun = None

    def _finish(self, run: int, outcome: str, undoes: int | None, settle: bool, error: SheetsyncError | None, told: str) -> None:
        code, sentence = (None, told or None) if error is None else (int(error.code), error.sentence)
        with self.connected() as db:
            db.execute("UPDATE runs SET outcome = ?, ended = ?, code = CASE WHEN ? = 'failed' THEN coalesce(?, code) END, sentence = ?, "
                       "settled = ? WHERE id = ?", (outcome, self.stamp(), outcome, code, sentence, bool(told), run))
            if outcome != "failed":
                db.execute("DELETE FROM images WHERE run = ?", (run,))
            if outcome == "written" and settle:
                db.execute("UPDATE contacts SET state = 'written' WHERE run = ? AND state = 'open'", (run,))
            if undoes is not None:
                db.execute("UPDATE runs SET undone_by = ? WHERE id = ?", (run, undoes))
                db.execute("UPDATE contacts SET state = 'withdrawn' WHERE run = ?", (undoes,))

    @contextmanager
    def recording(self, source: str, command: str, today: date) -> Iterator[None]:
        """Records a run that ends with a failure before it began to write, such as one that is refused, and raises the failure on.

        Where the journal itself can't be written, the failure is raised all the same.
        """
        self._begun = self._told = None
        try:
            yield
        except BaseException as error:
            if error is not self._told:
                with suppress(SheetsyncError):
                    self._refused(source, command, today, *_said(error))
            raise

    def _refused(self, source: str, command: str, today: date, code: int, sentence: str) -> None:
        with self.connected() as db:
            if self._begun is not None:  # it broke off while it wrote; how that ended is found out at the next start
                db.execute("UPDATE runs SET code = ?, sentence = ? WHERE id = ?", (code, sentence, self._begun))
                return
            last = db.execute("SELECT id, command, today, outcome, code, sentence FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1",
                              (source,)).fetchone()
            if last is not None and last[1:] == (command, today.isoformat(), "refused", code, sentence):  # such as with --wait
                db.execute("UPDATE runs SET times = times + 1, ended = ? WHERE id = ?", (self.stamp(), last[0]))
                return
            run = self._insert(db, source, "", today, None, {}, command, "refused")
            db.execute("UPDATE runs SET ended = ?, code = ?, sentence = ? WHERE id = ?", (self.stamp(), code, sentence, run))

    def unfinished(self, source: str, sheet: str | None = None) -> tuple[Run, ...]:
        """The runs of this source (or one sheet of it) of which nobody saw whether they wrote, oldest first: killed while they wrote
        (or writing still), or failed since the last one that did not, where a write is not all or nothing.
        """
        with self.connected() as db:
            found = db.execute(
                _RUN + "WHERE source = ? AND (? IS NULL OR sheet = ?) AND (outcome = 'writing' "
                "OR (outcome = 'failed' AND settled = 0 AND id IN (SELECT run FROM images) AND id > coalesce((SELECT max(good.id) "
                "FROM runs AS good WHERE good.source = ? AND good.outcome IN ('written', 'nothing')), 0))) ORDER BY id",
                (source, sheet, sheet, source)).fetchall()
        return tuple(map(_run_of, found))

    def open_contacts(self, source: str, sheet: str) -> dict[int, list[tuple[int, int, Anchor]]]:
        """By run: the number, row and anchor of each contact of this sheet of which nobody saw whether it was written."""
        with self.connected() as db:
            found = db.execute(
                "SELECT contacts.run, contacts.id, row, anchor FROM contacts JOIN runs ON runs.id = contacts.run "
                "WHERE state = 'open' AND source = ? AND sheet = ? ORDER BY contacts.id", (source, sheet),
            ).fetchall()
        out: dict[int, list[tuple[int, int, Anchor]]] = {}
        for run, id_, row, anchor in found:
            out.setdefault(run, []).append((id_, row, anchor_of(json.loads(anchor))))
        return out

    def settle(self, stands: dict[int, bool]) -> None:
        """Says of open contacts, by number, whether they stand in the sheet."""
        with self.connected() as db:
            db.executemany("UPDATE contacts SET state = ? WHERE id = ? AND state = 'open'",
                           [("written" if well else "withdrawn", id_) for id_, well in stands.items()])

    def history(self, source: str, sheet: str) -> Iterator[tuple[date, tuple[Change, ...], tuple[Contact, ...]]]:
        """Every sync of this sheet that was written and not undone, oldest first: its day, changes, and contacts that stand.

        Of one whose changes are no longer kept, those that say what rows have shown ever since.
        """
        with self.connected() as db:
            runs = db.execute("SELECT id, today, dropped FROM runs WHERE source = ? AND sheet = ? AND command = 'sync' "
                              "AND (outcome = 'written' OR id IN (SELECT run FROM contacts WHERE state = 'written')) "
                              "AND undone_by IS NULL ORDER BY id", (source, sheet)).fetchall()
            pieces = db.execute("SELECT run, record FROM changes WHERE run IN (SELECT id FROM runs WHERE source = ? AND sheet = ? "
                                "AND command = 'sync' AND undone_by IS NULL) ORDER BY run, changes.rowid", (source, sheet)).fetchall()
            stood = db.execute("SELECT day, record FROM shown WHERE source = ? AND sheet = ? ORDER BY rowid", (source, sheet)).fetchall()
        by_run: dict[int, list[bytes | str]] = {}
        for run, piece in pieces:
            by_run.setdefault(run, []).append(piece)
        shown: dict[str, list[Change]] = {}
        for day, piece in stood:
            shown.setdefault(day, []).extend(unpacked(piece))
        contacts = self._contacts_by_run(source, sheet)
        for run, day, dropped in runs:
            changes = shown.pop(day, []) if dropped else chain.from_iterable(map(unpacked, by_run.get(run, ())))
            yield date.fromisoformat(day), tuple(changes), tuple(contacts.get(run, ()))

    def whole_since(self, source: str, sheet: str | None = None) -> Run | None:
        """The first run of this source from which on all changes are kept; None where all always were."""
        with self.connected() as db:
            found = db.execute(
                _RUN + "WHERE source = ? AND (? IS NULL OR sheet = ?) AND id > (SELECT max(id) FROM runs WHERE source = ? AND dropped = 1) "
                "AND outcome IN ('written', 'nothing') ORDER BY id LIMIT 1", (source, sheet, sheet, source)).fetchone()
        return None if found is None else _run_of(found)

    def contacts(self, source: str, sheet: str | None = None) -> tuple[Contact, ...]:
        """Every contact that stands in this source (or one sheet of it), in the order in which they were written."""
        return tuple(contact for some in self._contacts_by_run(source, sheet).values() for contact in some)

    def _contacts_by_run(self, source: str, sheet: str | None) -> dict[int, list[Contact]]:
        with self.connected() as db:
            found = db.execute(
                "SELECT contacts.run, row, customer, anchor, kind, day, until, note, rule, due, latest, entry FROM contacts "
                "JOIN runs ON runs.id = contacts.run WHERE state = 'written' AND source = ? AND (? IS NULL OR sheet = ?) "
                "ORDER BY contacts.run, contacts.id", (source, sheet, sheet),
            ).fetchall()
        out: dict[int, list[Contact]] = {}
        for run, *told in found:
            out.setdefault(run, []).append(_contact_of(tuple(told)))
        return out

    def nothing(self, source: str, sheet: str, *, today: date, counts: Counts, statuses: dict[str, int]) -> None:
        """Records a run that had nothing to write."""
        with self.connected() as db:
            run = self._insert(db, source, sheet, today, counts, statuses, "sync", "nothing")
            db.execute("UPDATE runs SET ended = ? WHERE id = ?", (self.stamp(), run))

    def newest_to_undo(self, source: str | None) -> Run | None:
        """The newest sync or fix (of this source, or of all) that wrote something, is not undone yet, and whose changes are kept.

        One that was cut off while it wrote is among them until it is found out whether it did.
        """
        with self.connected() as db:
            found = db.execute(
                _RUN + "WHERE command IN ('sync', 'fix') AND outcome IN ('written', 'writing') AND undone_by IS NULL AND dropped = 0 "
                "AND (? IS NULL OR source = ?) ORDER BY id DESC LIMIT 1", (source, source)).fetchone()
        return None if found is None else _run_of(found)

    def runs(self, source: str | None = None, *, limit: int = -1) -> tuple[Run, ...]:
        """The newest runs (of this source, or of all), newest first; all of them without a limit."""
        where, which = ("", ()) if source is None else ("WHERE source = ? ", (source,))
        with self.connected() as db:
            found = db.execute(_RUN + where + "ORDER BY id DESC LIMIT ?", (*which, limit)).fetchall()
        return tuple(map(_run_of, found))

    def known(self, source: str) -> tuple[set[Anchor], list[tuple[str, Anchor]]]:
        """Whom the journal knows in this source: the anchors of all changes that are kept, and (name, anchor) of all contacts."""
        with self.connected() as db:
            contacts = db.execute("SELECT customer, anchor FROM contacts JOIN runs ON runs.id = contacts.run WHERE source = ? "
                                  "ORDER BY contacts.id", (source,)).fetchall()
            pieces = db.execute("SELECT record FROM changes JOIN runs ON runs.id = run WHERE source = ? "
                                "UNION ALL SELECT record FROM shown WHERE source = ?", (source, source)).fetchall()
        anchors = {anchor for (piece,) in pieces for anchor in anchors_in(piece)}
        return anchors, [(customer, anchor_of(json.loads(anchor))) for customer, anchor in contacts]

    def touched(self, source: str, whose: Whose) -> tuple[Touched, ...]:
        """What each run changed in one customer's row and which of its Log entries it applied, oldest first; undone runs too."""
        changes: dict[int, list[Change]] = {}
        contacts: dict[int, list[Contact]] = {}
        with self.connected() as db:
            for run, piece in db.execute("SELECT run, record FROM changes JOIN runs ON runs.id = run WHERE source = ? "
                                         "AND outcome = 'written' ORDER BY run, changes.rowid", (source,)):
                if any(map(whose.has, anchors_in(piece))):
                    changes.setdefault(run, []).extend(c for c in unpacked(piece) if c.anchor is not None and whose.has(c.anchor))
            for run, *told in db.execute(
                    "SELECT contacts.run, row, customer, anchor, kind, day, until, note, rule, due, latest, entry FROM contacts "
                    "JOIN runs ON runs.id = contacts.run WHERE source = ? AND (state = 'written' OR undone_by IS NOT NULL) "
                    "ORDER BY contacts.id", (source,)):
                if whose.has((contact := _contact_of(tuple(told))).anchor):
                    contacts.setdefault(run, []).append(contact)
            ids = sorted({*changes, *contacts})
            runs = {row[0]: _run_of(row) for id_ in ids for row in db.execute(_RUN + "WHERE id = ?", (id_,))}
        return tuple(Touched(runs[id_], tuple(changes.get(id_, ())), tuple(contacts.get(id_, ()))) for id_ in ids)

    def newest(self, source: str) -> Run | None:
        """The newest sync of this source, however it ended."""
        with self.connected() as db:
            found = db.execute(_RUN + "WHERE source = ? AND command = 'sync' ORDER BY id DESC LIMIT 1", (source,)).fetchone()
        return None if found is None else _run_of(found)

    def changes(self, run: int) -> tuple[Change, ...]:
        """Every change that a run recorded, in the order of rows."""
        with self.connected() as db:
            found = db.execute("SELECT record FROM changes WHERE run = ? ORDER BY rowid", (run,)).fetchall()
        return tuple(chain.from_iterable(unpacked(piece) for (piece,) in found))

    def prune(self) -> int:
        """Drops the changes of runs that are long past; how many runs. Runs and contacts stay, and of rows with a key what they show.

        One of which nobody knows yet whether it wrote keeps its changes until somebody does.
        """
        limit = (self._now() - timedelta(days=KEPT_DAYS)).isoformat()
        with self.connected() as db:
            old = db.execute(
                "SELECT id, source, sheet, today, command = 'sync' AND outcome = 'written' AND undone_by IS NULL FROM runs "
                "WHERE started < ? AND id IN (SELECT run FROM changes UNION SELECT run FROM images) AND outcome != 'writing' "
                "AND NOT EXISTS (SELECT 1 FROM contacts WHERE run = runs.id AND state = 'open') ORDER BY id", (limit,)).fetchall()
            sheets: dict[tuple[str, str], dict[tuple[Anchor, str], tuple[str, Change]]] = {}
            for run, source, sheet, today, stands in old:
                if stands:
                    pieces = db.execute("SELECT ?, record FROM changes WHERE run = ? ORDER BY rowid", (today, run)).fetchall()
                    _stand(sheets.setdefault((source, sheet), {}), pieces)
                db.execute("DELETE FROM changes WHERE run = ?", (run,))
                db.execute("DELETE FROM images WHERE run = ?", (run,))
                db.execute("UPDATE runs SET dropped = 1 WHERE id = ?", (run,))
            for (source, sheet), cells in sheets.items():
                self._show(db, source, sheet, cells)
            if old:
                db.execute("DELETE FROM shown WHERE day < ?", ((self._now() - timedelta(days=SHOWN_DAYS)).date().isoformat(),))
        return len(old)

    def _show(self, db: sqlite3.Connection, source: str, sheet: str, cells: dict[tuple[Anchor, str], tuple[str, Change]]) -> None:
        """Adds what rows have shown since some day. What older lines say of the same cells goes when they are merged: always where
        there are few, else when half of them may be outdated.
        """
        base, more = db.execute("SELECT coalesce(sum(cells * merged), 0), coalesce(sum(cells * (1 - merged)), 0) FROM shown "
                                "WHERE source = ? AND sheet = ?", (source, sheet)).fetchone()
        merged = base + more <= FEW_CELLS or more + len(cells) > base
        if merged:
            every: dict[tuple[Anchor, str], tuple[str, Change]] = {}
            _stand(every, db.execute("SELECT day, record FROM shown WHERE source = ? AND sheet = ? ORDER BY rowid", (source, sheet)))
            cells = every | cells
            db.execute("DELETE FROM shown WHERE source = ? AND sheet = ?", (source, sheet))
        by_day: dict[str, list[Change]] = {}
        for day, change in cells.values():
            by_day.setdefault(day, []).append(change)
        for day, changes in sorted(by_day.items()):
            db.executemany("INSERT INTO shown (source, sheet, day, cells, merged, record) VALUES (?, ?, ?, ?, ?, ?)",
                           [(source, sheet, day, count, merged, piece) for count, piece in packed(changes)])

    def _insert(
        self, db: sqlite3.Connection, source: str, sheet: str, today: date, counts: Counts | None,
        statuses: dict[str, int], command: str, outcome: str,
    ) -> int:
        cursor = db.execute(
            "INSERT INTO runs (source, sheet, command, started, today, outcome, customers, key, columns, statuses, version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source, sheet, command, self.stamp(), today.isoformat(), outcome, counts and counts.rows, counts and counts.key,
             json.dumps(counts.headers if counts else []), json.dumps(statuses), self.version),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _add(self, db: sqlite3.Connection, run: int, changes: Iterable[Change], contacts: Iterable[Contact]) -> None:
        total = 0

        def pieces() -> Iterator[tuple[int, bytes]]:
            nonlocal total
            for count, piece in packed(changes):
                total += count
                yield run, piece

        db.executemany("INSERT INTO changes (run, record) VALUES (?, ?)", pieces())
        db.execute("UPDATE runs SET cells = cells + ? WHERE id = ?", (total, run))
        db.executemany(
            "INSERT INTO contacts (run, state, row, customer, anchor, kind, day, until, note, rule, due, latest, entry) "
            "VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(run, c.row, c.customer, _anchor_text(c.anchor), c.kind, c.day.isoformat(), _iso(c.until),
              c.note, c.rule, _iso(c.due), _iso(c.latest), c.entry) for c in contacts],
        )


def _stand(cells: dict[tuple[Anchor, str], tuple[str, Change]], pieces: Iterable[tuple[str, bytes | str]]) -> None:
    """Adds to `cells` what pieces of changes, each with its day, oldest first, say that status cells of rows with a key hold."""
    for day, piece in pieces:
        for change in unpacked(piece):
            if change.anchor is not None and change.anchor.column and change.style != KEEP:
                cells[change.anchor, change.column] = (day, change._replace(before=None, style_before=PLAIN, style=PLAIN))


def _said(error: BaseException) -> tuple[int, str]:
    """The exit code and sentence of a failure."""
    if isinstance(error, SheetsyncError):
        return int(error.code), error.sentence
    if isinstance(error, KeyboardInterrupt):
        return int(ExitCode.INTERRUPTED), "Stopped."
    if isinstance(error, MemoryError):
        return int(ExitCode.NOT_REACHABLE), "There was not enough memory for this workbook."
    return int(ExitCode.BUG), f"sheetsync failed in a way that it should not ({type(error).__name__})."


def _run_of(row: tuple[Any, ...]) -> Run:
    (id_, source, sheet, command, started, today, outcome, cells, ended, customers, statuses, contacts, code, sentence, times, undoes,
     undone_by, dropped, version) = row
    return Run(
        id_, source, sheet, command, datetime.fromisoformat(started), date.fromisoformat(today), outcome, cells,
        None if ended is None else datetime.fromisoformat(ended), customers, json.loads(statuses or "{}"), contacts, code, sentence or "",
        times, undoes, undone_by, bool(dropped), version)


def _contact_of(row: tuple[Any, ...]) -> Contact:
    line, customer, anchor, kind, day, until, note, rule, due, latest, entry = row
    return Contact(line, customer, anchor_of(json.loads(anchor)), kind, date.fromisoformat(day), _day(until), note, rule, _day(due),
                   _day(latest), entry)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _anchor_text(anchor: Anchor) -> str:
    return encode(anchor)
