"""The journal keeps what was there before a write that is not atomic, for as long as it may be needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from sheetsync.backends.memory import MemorySheet
from sheetsync.checks import CHECKS
from sheetsync.core.contracts import Sheet
from sheetsync.core.model import CellError, ChangeSet, Table
from sheetsync.journal import Journal
from sheetsync.setup import examine
from sheetsync.sync import sync
from tests.worksheets import CUSTOMERS, PLAYBOOK, TODAY, InMemory


def table() -> Table:
    return Table("s", "t", 1, 1, ("A", "B"), range(2, 4), ((1, date(2026, 1, 2)), (CellError("#REF!"), datetime(2026, 1, 2, 3))))


def test_the_image_of_a_table_is_kept_until_the_run_is_finished(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    run = journal.begin("s", "t", today=TODAY, counts=None, statuses={}, changes=())
    journal.keep(run, table())
    assert journal.image(run) == (("A", "B"), dict(zip((2, 3), table().rows, strict=True)))
    assert journal.cut_off("s") is not None
    journal.finish(run)
    assert journal.image(run) is None
    assert journal.cut_off("s") is None


def test_a_run_that_failed_keeps_its_image(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    run = journal.begin("s", "t", today=TODAY, counts=None, statuses={}, changes=())
    journal.keep(run, table())
    journal.finish(run, "failed")
    assert journal.image(run) is not None


def test_a_journal_of_before_images_takes_them_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    run = journal.begin("s", "t", today=TODAY, counts=None, statuses={}, changes=())
    with sqlite3.connect(journal.path) as db:
        db.execute("DROP TABLE IF EXISTS images")
    db.close()
    assert journal.image(run) is None
    journal.finish(run)


class KilledWhileWriting(MemorySheet):
    """A sheet that is not atomic and whose program is killed after a write into the wrong column."""

    features = frozenset({"colour"})

    def write(self, changes: ChangeSet) -> Table:
        self._source.grid.cells[2][1] = "Due"  # Kwame's name
        raise KeyboardInterrupt


def test_doctor_names_the_cells_that_a_run_which_was_cut_off_may_have_hit(tmp_path: Path) -> None:
    place, journal = InMemory.of(CUSTOMERS), Journal(tmp_path, "test")

    class Source:
        name, identity = "memory", place.source.identity

        @contextmanager
        def open(self, *, readonly: bool = False) -> Iterator[Sheet]:
            yield KilledWhileWriting(place.source)

    with pytest.raises(KeyboardInterrupt):
        sync(Source(), PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
    found = examine(place.source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal, timezone=None)
    [told] = [finding for finding in found if finding.check == "last run"]
    assert "B3 (Name)" in told.sentence
    assert "Version history" in told.remedy
    sync(place.source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
    found = examine(place.source, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal, timezone=None)
    assert not [finding for finding in found if finding.check == "last run"]
