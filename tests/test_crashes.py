"""kill -9 while a run reads, journals, writes or confirms, with a Log entry pending: no contact is lost or doubled, no file is half."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.excel.backups import copies
from sheetsync.backends.excel.sheet import ExcelSheet
from sheetsync.journal import Journal
from sheetsync.sync import settle, sync, undo
from tests.backends.excel.made import source
from tests.worksheets import PLAYBOOK, TODAY, Rows, later, owner_cells, read_cells, write_workbook

posix = pytest.mark.skipif(os.name != "posix", reason="fork and kill -9 are those of POSIX systems")

HEAD = ["Customer no", "Name", "Tier", "Last contact", "Log", "Notes"]
CUSTOMERS = 20
PHASES: dict[str, tuple[Any, str]] = {
    "read": (ExcelSheet, "read"), "journal": (Journal, "begin"), "write": (ExcelSheet, "write"), "confirm": (Journal, "finish")}


def _timed(whole: Callable[..., Any], name: str, out: dict[str, float]) -> Callable[..., Any]:
    """The same, which notes down the longest time it took."""
    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        result = whole(*args, **kwargs)
        out[name] = max(out.get(name, 0), time.perf_counter() - started)
        return result

    return timed


class Business:
    """A workbook with its journal, into whose Log one entry after another is typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "folder"
        self.folder.mkdir()
        self.path = self.folder / "customers.xlsx"
        self.source = source(self.path, backups=folder / "backups")
        self.journal = Journal(folder / "state", "test")
        self.typed: list[str] = []
        rows: Rows = [[n, f"Customer {n}", "A", date(2026, 6, 1)] for n in range(1, CUSTOMERS + 1)]
        write_workbook(self.path, [[*HEAD], *rows])
        sync(self.source, PLAYBOOK, today=TODAY, journal=self.journal)
        self.seconds = self._measured()

    def type(self) -> int:
        """Types the next entry into a row; returns the row's place."""
        note = f"talk {len(self.typed):04}"
        place = len(self.typed) % CUSTOMERS + 1
        self.typed.append(note)
        rows = read_cells(self.path)
        rows[place] += [None] * (len(rows[0]) - len(rows[place]))
        rows[place][4] = f"called: {note}"
        write_workbook(self.path, rows)
        return place

    def run(self) -> tuple[str, ...]:
        return sync(self.source, PLAYBOOK, today=later(len(self.typed)), journal=self.journal).notes

    def undo(self) -> None:
        newest = self.journal.newest_to_undo(None)
        assert newest is not None
        undo(self.source, newest, today=later(len(self.typed)), journal=self.journal)

    def _measured(self) -> dict[str, float]:
        """How long each phase takes at most, in seconds."""
        out: dict[str, float] = {}
        with pytest.MonkeyPatch.context() as patched:
            for name, (owner, method) in PHASES.items():
                patched.setattr(owner, method, _timed(getattr(owner, method), name, out))
            for _ in range(3):
                self.type()
                self.run()
        return out

    def killed(self, phase: str, chance: random.Random, what: Callable[[], object]) -> None:
        """Does `what` in a process of its own, which is killed at a random instant of the phase."""
        hears, tells = os.pipe()
        child = os.fork()
        if child == 0:
            owner, method = PHASES[phase]
            whole = getattr(owner, method)

            def told(*args: Any, **kwargs: Any) -> Any:
                os.write(tells, b".")
                return whole(*args, **kwargs)

            setattr(owner, method, told)
            try:
                what()
                time.sleep(60)
            finally:
                os._exit(1)
        os.close(tells)
        assert os.read(hears, 1) == b"."
        os.close(hears)
        time.sleep(chance.uniform(0, 1.5 * self.seconds[phase]))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def hot(self) -> bool:
        """Whether a run is recorded of which nobody saw the end."""
        return bool(self.journal.unfinished(self.source.identity))

    def check(self) -> None:
        """Each entry that was typed is in the Notes once and in the journal once; nothing is half, and nothing left over."""
        rows: Rows = owner_cells(read_cells(self.path))
        assert [row[1] for row in rows[1:]] == [f"Customer {n}" for n in range(1, CUSTOMERS + 1)]
        noted = Counter(note for row in rows[1:] for note in re.findall(r"talk \d+", str(row[5:])))
        contacts = Counter(contact.note for contact in self.journal.contacts(self.source.identity))
        pending = Counter(str(row[4]).removeprefix("called: ") for row in rows[1:] if len(row) > 4 and row[4] is not None)
        assert noted + pending == Counter(self.typed)
        assert contacts == noted
        assert [path.name for path in self.folder.iterdir()] == ["customers.xlsx"]


@pytest.mark.slow
@posix
def test_300_kills_while_syncing_lose_or_double_no_contact_and_the_next_run_says_what_happened(tmp_path: Path) -> None:
    chance = random.Random(300)
    shop = Business(tmp_path)
    said: Counter[str] = Counter()
    for number in range(300):
        phase = list(PHASES)[number % len(PHASES)]
        place = shop.type()
        shop.killed(phase, chance, shop.run)
        with zipfile.ZipFile(shop.path) as package:
            assert package.testzip() is None
        applied = read_cells(shop.path)[place][4] is None
        hot = shop.hot()
        if chance.random() < 0.2:  # and the next one is killed as well, before it comes to write
            shop.killed("read", random.Random(0), shop.run)
        told = [note for note in shop.run() if note.startswith("The sync of ")]
        shop.check()
        if shop.hot() or not hot:
            assert told == []
        said[f"{phase}: " + ("went through" if applied else "did not go through" if hot else "nothing was begun")] += 1
        for note in told:
            assert note.endswith("went through." if applied else "did not go through.")
        assert len(told) <= 1
    print("\n" + "\n".join(f"{count:4}  killed at {what}" for what, count in sorted(said.items())))
    assert {"read: nothing was begun", "write: did not go through", "write: went through", "confirm: went through"} <= set(said)
    for path in copies(tmp_path / "backups"):
        with zipfile.ZipFile(path) as package:
            assert package.testzip() is None
    with sqlite3.connect(shop.journal.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.slow
@posix
def test_100_kills_while_undoing_leave_each_run_taken_back_once_or_not_at_all(tmp_path: Path) -> None:
    chance = random.Random(100)
    shop = Business(tmp_path)
    ends: Counter[bool] = Counter()
    for number in range(100):
        before = [run.id for run in shop.journal.runs() if run.undone_by is None and run.outcome == "written" and run.command == "sync"]
        place = shop.type()
        shop.run()
        shop.check()
        shop.killed(list(PHASES)[number % len(PHASES)], chance, shop.undo)
        back = read_cells(shop.path)[place][4] is not None
        ends[back] += 1
        settle(shop.journal, shop.source)
        newest = shop.journal.newest_to_undo(None)
        assert newest is not None
        assert (newest.id in before) == back  # what was taken back is not offered again
        if not back:
            assert all(newest.id > older for older in before)
            shop.undo()
        assert read_cells(shop.path)[place][4] == f"called: {shop.typed[-1]}"
        shop.check()
        shop.run()
        shop.check()
    assert min(ends[True], ends[False]) >= 10
