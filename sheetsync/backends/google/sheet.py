"""One tab of a Google Sheet as Source and Sheet: read, write, look at what came back, and mend what was hit by mistake."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sheetsync.backends.google import preflight
from sheetsync.backends.google.auth import Identity, SignIn, identify, worries
from sheetsync.backends.google.batch import Plan, Put
from sheetsync.backends.google.compact import batches_of
from sheetsync.backends.google.errors import GoogleFailed, LostWrite, said, unanswered
from sheetsync.backends.google.links import link_to
from sheetsync.backends.google.owners import find_hit_rows
from sheetsync.backends.google.reader import Reader, quoted
from sheetsync.backends.google.repair import find_damage, holds
from sheetsync.backends.google.snapshot import REPLY_FIELDS, Place, Snapshot, read_snapshots
from sheetsync.backends.google.table import plan_of, table_of
from sheetsync.backends.google.tabs import Memory
from sheetsync.backends.google.unfinished import Unfinished
from sheetsync.core.diff import patch
from sheetsync.core.header import find_header, map_columns
from sheetsync.core.model import ChangeSet, Column, Finding, StatusSettings, Table, Worksheet, column_letters
from sheetsync.core.moved import calculated_apart
from sheetsync.errors import NotReachable, Refused, SettingsError, SheetsyncError, TableChanged

FRESH = 5.0  # seconds that a read may be old when it is written upon
_LOST = 3  # writes without an answer before a run gives up
_REPAIRS = 3
_NO_TAB = 2_147_483_646  # no spreadsheet has it: Google draws its numbers, and this one is at the very end
_CLOCK = 240  # seconds; Google bears five minutes


@dataclass(frozen=True, slots=True)
class GoogleSource:
    """A customer table in a Google Sheet.

    `gid` or `sheet` name the tab; without them the one whose header names most columns is taken.
    `fresh` is for how many seconds a read is written upon without looking again whether it still holds.
    """

    spreadsheet: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sign_in: SignIn
    status: StatusSettings = field(default_factory=StatusSettings)
    gid: int | None = None
    sheet: str | None = None
    endpoint: str | None = None
    tell: Callable[[str], None] = lambda text: None
    fresh: float = FRESH

    @property
    def name(self) -> str:
        """What it is called before it is open."""
        return "the Google Sheet"

    @property
    def identity(self) -> str:
        """The spreadsheet's link, however it was pasted."""
        return link_to(self.spreadsheet)

    @property
    def copies(self) -> tuple[Path, ...]:
        """Files on this computer that hold tabs as they were before a write that was cut off."""
        return Unfinished(self.sign_in.folder, self.spreadsheet).files

    @contextmanager
    def open(self, *, readonly: bool = False) -> Iterator[GoogleSheet]:
        """Signs in (a read-only run asks for no more than reading). Raises Refused where that is not possible."""
        from sheetsync.backends.google.api import connect

        identity = identify(self.sign_in, readonly=readonly)
        client = connect(identity, endpoint=self.endpoint, tell=self.tell)
        try:
            yield GoogleSheet(self, identity, Reader(
                client, self.spreadsheet, gid=self.gid, title=self.sheet, columns=self.columns, key=self.key, status=self.status,
                memory=Memory(self.sign_in.folder, self.spreadsheet), who=identity.who, is_service=identity.is_service))
        finally:
            client.session.close()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a tab held, as a snapshot and as a table, and when that was."""

    snapshot: Snapshot
    table: Table
    at: float


class GoogleSheet:
    """An open tab. Each request is atomic, the whole is not: what comes back is looked at, and planned upon again."""

    features = frozenset({"colour", "owner-cells"})

    def __init__(self, source: GoogleSource, identity: Identity, reader: Reader) -> None:
        self._source = source
        self._identity = identity
        self._reader = reader
        self._reading: _Reading | None = None
        self._lost = 0
        self._written: set[int] = set()  # the numbers of rows
        self._unfinished = Unfinished(source.sign_in.folder, source.spreadsheet)
        self._surveyed_zone = ""

    @property
    def snapshot(self) -> Snapshot:
        """What was read last, with what is no part of the table: protection, merges, time zone."""
        assert self._reading is not None
        return self._reading.snapshot

    def read(self) -> Table:
        """The customer table as it is now. Raises Refused, SettingsError or NotReachable."""
        self._reading = None
        self._reading = self._read_as(self._reader.fetch())
        return self._reading.table

    def finish(self) -> None:
        """Puts back what an earlier run hit by mistake in this tab and could not mend, since it was cut off.

        Costs nothing where there was no such run. Cells that somebody has changed since stay as they are.
        """
        if not self._unfinished.exists:
            return
        now = self._reader.fetch()
        if (kept := self._unfinished.get(now.gid)) is not None:
            before, plan = kept
            # In a row of the owner's something was typed since, unless all that was written there still stands.
            typed = {row for row, column in plan.owners if not holds(now, (row, column), plan.puts[row, column])}
            puts = {place: put for place, put in plan.puts.items() if place not in plan.owners or place[0] not in typed}
            with suppress(Refused, SettingsError):  # of the table as it was: with other settings it may be none
                self._mended(self._read_as(before), now, puts, plan, lost=False)
        self._unfinished.drop(now.gid)

    def survey(self, *, most_rows: int) -> tuple[Worksheet, ...]:
        """The tabs and their first rows. Raises Refused, SettingsError or NotReachable."""
        heads = self._reader.heads(most_rows)
        self._surveyed_zone = heads[0].time_zone if heads else ""
        return tuple(Worksheet(one.tab, range(1, len(one.cells) + 1), tuple(one.cells)) for one in heads)

    def write(self, changes: ChangeSet) -> Table:
        """Writes the changed cells and returns the table as the answer shows it, with whatever was edited meanwhile.

        Where a column moved meanwhile, the cells of the owner's that were hit hold their content again.
        Raises TableChanged where the table is known to be no longer what was read; nothing is written then.
        """
        if self._reading is None:
            self.read()
        reading = self._reading
        assert reading is not None
        if not changes:
            return reading.table
        if time.monotonic() - reading.at > self._source.fresh:
            reading = self._reread(reading)
        patch(reading.table, changes)  # every change finds what it expects, or none is made
        plan = plan_of(reading.snapshot, reading.table, changes, self._source.status)
        self._check(reading, plan, changes)
        hits = plan.hits
        self._written.update(change.row for change in changes)
        self._unfinished.keep(reading.snapshot, plan)
        after, sent = self._send(plan, reading.snapshot)
        if sent != "not done":
            after = self._mended(reading, after, hits, plan, lost=sent == "nobody knows")
        self._unfinished.drop(plan.gid)
        self._reading = self._read_as(after)
        return self._reading.table

    def rehearse(self, changes: ChangeSet) -> None:
        """Raises what `write` would: protection, merges or formulas in any status cell; and Refused for one who may only look.

        Whether somebody may write is seen by a request that can change nothing: for a tab that does not exist.
        """
        from sheetsync.backends.google import api

        reading = self._reading
        assert reading is not None
        table = reading.table
        ours = [table.first_column + p for p, header in enumerate(table.header) if self._source.status.is_ours(header)]
        right = table.first_column + len(table.header)
        columns = [*ours, *range(right, right + len(changes.new_columns))]
        places = {(row, column) for row in (table.header_row, *table.numbers) for column in columns}
        self._preflight(reading, places, {header: right + number for number, header in enumerate(changes.new_columns)})
        nowhere = {"updateCells": {"start": {"sheetId": _NO_TAB, "rowIndex": 0, "columnIndex": 0}, "rows": [], "fields": "note"}}
        try:
            api.batch_update(self._reader.client, self._reader.spreadsheet, {"requests": [nowhere]}, fields="spreadsheetId")
        except GoogleFailed as failed:
            if failed.status != 400:
                raise said(failed, self._reader.asked(writing=True)) from None
        except LostWrite as lost:
            raise lost.because from None

    def findings(self) -> tuple[Finding, ...]:
        """Who is signed in, until when, and whether clocks and time zones agree."""
        identity = self._identity
        shared = " That is the address to share a sheet with, as Editor." if identity.is_service else ""
        out = [Finding("sign-in", f"Signed in as {identity.who} ({identity.kind}).{shared}"), *worries(identity)]
        if (seconds := self._reader.client.clock_ahead) is not None and abs(seconds) > _CLOCK:
            out.append(Finding("clock", f"This computer's clock is {abs(seconds) / 60:.0f} minutes {'ahead' if seconds > 0 else 'behind'}.",
                               "Set it to the right time (best: automatically); Google refuses sign-ins from another time."))
        if zone := self._surveyed_zone if self._reading is None else self._reading.snapshot.time_zone:
            out.append(Finding("time zone of the sheet", zone))
        return tuple(out)

    def _read_as(self, snapshot: Snapshot) -> _Reading:
        source = self._source
        table = table_of(snapshot, source.columns, source.key, source.status, self._written)
        return _Reading(snapshot, replace(table, rules=self._reader.rules), time.monotonic())

    def _reread(self, reading: _Reading) -> _Reading:
        """The table read again, since some time has passed. Raises TableChanged where it is another."""
        again = self._read_as(self._reader.fetch())
        if calculated_apart(again.table) != calculated_apart(reading.table):
            raise TableChanged(f"{reading.table.source}, tab {reading.table.sheet} was edited since it was read.", "Run again.")
        return again

    def _check(self, reading: _Reading, plan: Plan, changes: ChangeSet) -> None:
        table = reading.table
        right = table.first_column + len(table.header)
        self._preflight(reading, set(plan.puts), {header: right + number for number, header in enumerate(changes.new_columns)}, plan.owners)

    def _preflight(self, reading: _Reading, places: set[Place], new: Mapping[str, int], owners: Collection[Place] = ()) -> None:
        table = reading.table
        headers = {table.first_column + p: header for p, header in enumerate(table.header)}
        preflight.check(
            reading.snapshot, sorted(places), new, headers, where=f"{table.source}, tab {table.sheet}", who=self._identity.who,
            top=table.header_row, bottom=table.numbers[-1] if table.numbers else table.header_row, owners=owners)

    def _mended(self, reading: _Reading, after: Snapshot, hits: Mapping[Place, Put], plan: Plan, *, lost: bool) -> Snapshot:
        """What the tab holds once the cells that were hit by mistake are put back; most often just `after`."""
        source, table = self._source, reading.table
        left = dict(hits)
        key, is_ours = self._key_header(table), source.status.is_ours
        for _ in range(_REPAIRS):
            header = find_header(after.cells, source.columns, source.key, source.status)
            row = None if header is None else header[0] + 1
            owners = {place: left[place] for place in plan.owners if place in left}
            ours = {place: put for place, put in left.items() if place not in owners}
            damage = find_damage(reading.snapshot, table, after, row, ours, is_ours, key, plan.new_columns, owners)
            damage |= find_hit_rows(reading.snapshot, table, after, row, owners, is_ours, key, holds, lost=lost)
            if not damage:
                break
            try:
                after, sent = self._send(Plan(reading.snapshot.gid, damage), after)
            except SheetsyncError as error:
                raise _not_put_back(table, damage, error) from None
            if sent == "done":
                left = {place: put for place, put in left.items() if place not in damage}
        return after

    def _key_header(self, table: Table) -> str | None:
        with suppress(Refused):
            mapped = map_columns(table.header, self._source.columns, status=self._source.status)
            return next((table.header[mapped[name]] for name in self._source.key if name in mapped), None)
        return None

    def _send(self, plan: Plan, before: Snapshot) -> tuple[Snapshot, Literal["done", "not done", "nobody knows"]]:
        """Sends a plan and returns the tab as it is then, and what became of the write.

        A write without an answer is not sent again: the tab is read instead. So it is where the tab was renamed.
        """
        from sheetsync.backends.google import api

        reader = self._reader
        assert reader.tab is not None
        sent: Literal["not done", "nobody knows"] = "nobody knows"
        written = False
        batches = batches_of(plan, before)
        for number, batch in enumerate(batches, 1):
            body: dict[str, object] = {"requests": batch}
            try:
                if number < len(batches):
                    api.batch_update(reader.client, reader.spreadsheet, body, fields="spreadsheetId")
                    written = True
                    continue
                body |= {"includeSpreadsheetInResponse": True, "responseRanges": [quoted(reader.tab.title)]}
                answer = api.batch_update(reader.client, reader.spreadsheet, body, fields=REPLY_FIELDS)
                written = True
                [snapshot] = read_snapshots(answer, wrapped=True)
                return snapshot, "done"
            except LostWrite as lost:
                self._count_lost(lost.because)
            except GoogleFailed as failed:
                if not failed.is_lost_tab:
                    if written and failed.is_quota:
                        raise unanswered(writing=True) from None
                    raise said(failed, reader.asked(writing=True)) from None
                self._count_lost(said(failed, reader.asked(writing=True)))
                reader.tab = reader.look_up_again()
                sent = "nobody knows" if written else "not done"
            except (ValueError, AttributeError, KeyError, TypeError):  # carried out, perhaps; what came back is no answer
                self._count_lost(unanswered(writing=True))
            break
        return reader.fetch(), sent

    def _count_lost(self, because: SheetsyncError) -> None:
        self._lost += 1
        if self._lost >= _LOST:
            raise because from None


def _not_put_back(table: Table, damage: Mapping[Place, Put], because: SheetsyncError) -> NotReachable:
    """The one failure that leaves something of the owner's overwritten: said plainly, with where it still is."""
    places = sorted(damage)
    cells = ", ".join(f"{column_letters(column)}{row}" for row, column in places[:8])
    return NotReachable(
        f"{table.source}, tab {table.sheet}: rows or columns moved while sheetsync wrote, and the cells that were hit ({cells}"
        f"{' …' if len(places) > 8 else ''}) could not be put back, since then: {because.sentence}",
        "Run again: that puts them back, but for those that somebody has changed by then. sheetsync doctor lists them, and the version "
        "history (File, Version history) has them too.")
