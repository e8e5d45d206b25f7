"""A workbook as a file that others use: kept whole whatever happens, with all that the system knows of it."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.excel import backups, file
from sheetsync.core.model import Cell
from sheetsync.errors import NotReachable, Refused, TableChanged
from sheetsync.journal import Journal
from sheetsync.sync import sync
from tests.backends.excel.made import made, run, source
from tests.worksheets import CUSTOMERS, PLAYBOOK, read_cells, write_workbook

posix = pytest.mark.skipif(os.name != "posix", reason="owners, links and kill -9 are those of POSIX systems")


@posix
def test_owner_mode_and_extended_attributes_stay(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.chmod(0o640)
    if os.getuid() == 0:
        os.chown(path, 1234, 4321)
    try:
        os.setxattr(path, "user.colour", b"green")
    except OSError:
        pytest.skip("this file system keeps no extended attributes")
    before = path.stat()
    run(path)
    after = path.stat()
    assert before.st_ino != after.st_ino
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    assert os.getxattr(path, "user.colour") == b"green"


@posix
def test_a_chain_of_links_stays_and_the_file_behind_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = made(tmp_path / "real")
    (tmp_path / "one.xlsx").symlink_to(path)
    (tmp_path / "two.xlsx").symlink_to("one.xlsx")
    run(tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").is_symlink()
    assert (tmp_path / "two.xlsx").is_symlink()
    assert read_cells(path)[2][3] == "↻ Status"


def test_a_replace_that_is_denied_leaves_the_file_and_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path)
    before = path.read_bytes()

    def denied(*_: Any) -> None:  # as Windows does while another program has the file open without sharing it
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", denied)
        with pytest.raises(NotReachable, match="can't be replaced now"):
            run(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["customers.xlsx"]
    assert run(path).written


def test_a_file_that_cannot_be_read_now_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path)

    def offline(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", offline)
    with pytest.raises(NotReachable, match="can't be read now"):
        run(path)


def test_a_save_between_the_backup_and_the_replace_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path)
    saved = path.read_bytes()
    back_up = backups.back_up
    target = path

    def slow(*arguments: Any) -> None:
        back_up(*arguments)
        other = tmp_path / "other.xlsx"
        other.write_bytes(saved)
        os.utime(other, ns=(1, 1))
        other.replace(target)

    monkeypatch.setattr(file, "back_up", slow)
    with pytest.raises(TableChanged, match="saved by somebody else"):
        run(path, backups=tmp_path / "backups")
    assert path.read_bytes() == saved


def test_what_another_computers_run_has_beside_the_file_is_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path)
    theirs = tmp_path / ".sheetsync-00000000-999999-abcd.xlsx"
    mine = tmp_path / f"{file._TEMPORARY}999999999-abcd.xlsx"
    theirs.touch()
    mine.touch()
    run(path)
    assert theirs.exists()
    assert not mine.exists()


@posix
@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Refused, match="read-only"):
            run(path)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.slow
@posix
def test_law_7_a_process_killed_at_any_instant_leaves_a_whole_file_and_nothing_beside_it(tmp_path: Path) -> None:
    chance = random.Random(7)
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "customers.xlsx"
    rows: list[list[Cell]] = [[n, f"Customer {n}", None, "A", date(2026, 11, 1)] for n in range(1, 200)]
    write_workbook(path, [CUSTOMERS[0], *rows])
    journal = Journal(tmp_path / "state", "test")
    days = (date(2026, 11, 20), date(2027, 11, 20))
    seen = set()
    sync(source(path), PLAYBOOK, today=days[0], journal=journal)
    started = time.perf_counter()
    sync(source(path), PLAYBOOK, today=days[1], journal=journal)
    longest = 3 * (time.perf_counter() - started)
    for _ in range(500):
        child = os.fork()
        if child == 0:
            try:
                for turn in range(10_000):
                    sync(source(path), PLAYBOOK, today=days[turn % 2], journal=journal)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = read_cells(path)
        assert len(found) == 200
        assert [row[:2] for row in found[1:]] == [row[:2] for row in rows]
        states = {str(row[10]) for row in found[1:]}
        assert len(states) == 1  # all rows are those of one run
        seen |= states
    assert seen == {"Scheduled", "Overdue"}
    sync(source(path), PLAYBOOK, today=date(2027, 5, 5), journal=journal)
    assert [entry.name for entry in folder.iterdir()] == ["customers.xlsx"]
