"""Runs that were cut off or failed while they wrote: the next start finds out by the sheet how they ended, says so, and undo follows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sheetsync.backends.excel.sheet import ExcelSheet
from sheetsync.backends.google.sheet import GoogleSheet
from sheetsync.cli import app
from sheetsync.config import journal as own_journal
from sheetsync.errors import GuardRefused, NotReachable, TableChanged
from sheetsync.journal import Journal
from sheetsync.sync import settle, undo
from tests.test_log_sync import AFTER, KINDS, ROWS, STEPS, Killed, cut, kinds
from tests.test_sync import BACKENDS, place_of, run
from tests.worksheets import CUSTOMERS, TODAY, Place, Rows, later, owner_cells, read_cells, write_workbook


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def killed(place: Place, step: str, begin: Callable[[], Any]) -> None:
    """Runs until that step, at which it is killed."""
    def end() -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        cut(patched, place, step, end)
        with pytest.raises(Killed):
            begin()


# What the next run says of one that was cut off at each step; nothing where there is nothing to be said.
SAID = {"before begin": None, "after begin": False, "before write": False, "after write": True, "before finish": True, "after finish": None}


@pytest.mark.parametrize("step", STEPS)
def test_the_next_sync_says_whether_one_that_was_killed_went_through(backend: str, step: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        killed(place, step, lambda: run(place, journal))
        told = [note for note in run(place, journal).notes if note.startswith("The sync of ")]
        went = SAID[step]
        assert len(told) == (went is not None)
        if went is not None:
            assert "was cut off while it wrote; the sheet shows that it " + ("went through." if went else "did not go through.") in told[0]
            assert told[0] in [one.sentence for one in journal.runs()]
        assert not [note for note in run(place, journal).notes if note.startswith("The sync of ")]


@pytest.mark.parametrize("step", STEPS)
def test_a_sync_that_did_not_go_through_is_never_offered_to_undo_and_one_that_did_is(backend: str, step: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal, later(-1))
        edited = place.cells()
        edited[-1][8] = "done"
        place.edit(edited)
        [first] = journal.runs()
        killed(place, step, lambda: run(place, journal))
        settle(journal, place.source)
        newest = journal.newest_to_undo(place.source.identity)
        assert newest is not None
        assert (newest.id == first.id) == (SAID[step] is False or step == "before begin")
        assert undo(place.source, newest, today=TODAY, journal=journal).skipped == ()
        assert owner_cells(place.cells()) == owner_cells(edited if newest.id != first.id else [*ROWS[:-1], [*edited[-1][:9]]])


@pytest.mark.parametrize("step", STEPS)
def test_an_undo_that_was_killed_is_offered_again_only_where_it_did_not_go_through(backend: str, step: str) -> None:
    with place_of(backend, ROWS) as (place, journal):
        run(place, journal, later(-1))
        middle = place.cells()
        run(place, journal, later(60), force=True)
        newest = journal.newest_to_undo(None)
        assert newest is not None
        killed(place, step, lambda: undo(place.source, newest, today=TODAY, journal=journal))
        through = step in ("after write", "before finish", "after finish")
        told = settle(journal, place.source)
        assert len(told) == (SAID[step] is not None)
        assert all(one.startswith("The undo of ") for one in told)
        again = journal.newest_to_undo(None)
        assert again is not None
        assert (again.id == newest.id) != through
        if not through:
            undo(place.source, again, today=TODAY, journal=journal)
        assert place.cells() == middle
        assert kinds(place, journal) == KINDS
        last = journal.newest_to_undo(None)
        assert last is not None
        undo(place.source, last, today=TODAY, journal=journal)
        assert owner_cells(place.cells()) == owner_cells(ROWS)
        assert kinds(place, journal) == []
        assert journal.newest_to_undo(None) is None


def test_an_undo_that_found_every_cell_changed_and_was_killed_is_done(backend: str) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        run(place, journal)
        newest = journal.newest_to_undo(None)
        assert newest is not None
        place.edit(CUSTOMERS)  # the owner cleared all status columns
        killed(place, "after begin", lambda: undo(place.source, newest, today=TODAY, journal=journal))
        settle(journal, place.source)
        assert journal.newest_to_undo(None) is None


def test_where_nothing_was_cut_off_the_sheet_is_not_read_to_find_out(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with place_of(backend, CUSTOMERS) as (place, journal):
        run(place, journal)
        monkeypatch.setattr(type(place.source), "open", None)
        assert settle(journal, place.source) == ()


def test_a_run_whose_answer_was_lost_on_a_sheet_far_away_can_be_undone() -> None:
    with place_of("google", ROWS) as (place, journal):
        whole = GoogleSheet.write

        def lost(self: Any, changes: Any) -> Any:
            whole(self, changes)
            raise NotReachable("No answer came.")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(GoogleSheet, "write", lost)
            with pytest.raises(NotReachable):
                run(place, journal)
        [failed] = journal.runs()
        assert (failed.outcome, failed.code, failed.sentence) == ("failed", 3, "No answer came.")
        report = run(place, journal)
        assert report.notes[0].endswith("ended before it could see its write through; the sheet shows that it went through.")
        newest = journal.newest_to_undo(None)
        assert newest is not None
        assert newest.id == failed.id
        undo(place.source, newest, today=TODAY, journal=journal)
        assert place.cells() == owner_cells(ROWS)


def test_a_run_that_failed_on_a_sheet_far_away_before_it_wrote_is_told_of_once_and_does_not_keep_undo_from_the_one_before() -> None:
    with place_of("google", ROWS) as (place, journal):
        run(place, journal)
        first = journal.runs()[0]

        def lost(*_: object) -> None:
            raise NotReachable("No connection.")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(GoogleSheet, "write", lost)
            with pytest.raises(NotReachable):
                run(place, journal, later(60))
        assert [note.rsplit("; ")[1] for note in settle(journal, place.source)] == ["the sheet shows that it did not go through."]
        assert settle(journal, place.source) == ()
        [failed, _] = journal.runs()
        assert (failed.outcome, failed.code) == ("failed", 3)
        newest = journal.newest_to_undo(None)
        assert newest is not None
        assert newest.id == first.id
        undo(place.source, newest, today=TODAY, journal=journal)
        assert place.cells() == owner_cells(ROWS)


def test_a_fix_that_was_cut_off_is_told_of_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [ROWS[0], [1, "  Susan Ortiz ", "A", date(2026, 11, 2)]])
    before = read_cells(path)
    with monkeypatch.context() as patched:
        patched.setattr(ExcelSheet, "write", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            CliRunner().invoke(app, ["fix", str(path), "--yes"], catch_exceptions=False)
    nothing = CliRunner().invoke(app, ["undo", str(path)])
    assert nothing.exit_code == 6
    said = " ".join(nothing.stderr.split())
    assert said.startswith("The fix of ")
    assert "did not go through. There is no run to take back in customers.xlsx." in said
    assert read_cells(path) == before


def test_undo_as_a_command_says_what_became_of_the_run_that_was_cut_off_and_takes_back_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    call = CliRunner().invoke
    assert call(app, ["sync", str(path), "--today", "2026-11-20"]).exit_code == 0
    with monkeypatch.context() as patched:
        patched.setattr(ExcelSheet, "write", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            call(app, ["sync", str(path), "--today", "2027-01-20", "--force"], catch_exceptions=False)
    listed = call(app, ["history", str(path)]).stdout
    assert "cut off while it wrote" in " ".join(listed.split())
    done = call(app, ["undo", str(path)])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "was cut off while it wrote; the sheet shows that it did not go through." in said
    assert "taken back: the sync of" in said
    assert "from before a write" in said
    assert owner_cells(read_cells(path)) == owner_cells(ROWS)
    nothing = call(app, ["undo", str(path)])
    assert nothing.exit_code == 6
    assert "There is no run to take back in customers.xlsx" in " ".join(nothing.stderr.split())
    assert "copies of customers.xlsx from before a write" in " ".join(nothing.stderr.split())


def test_runs_that_were_refused_or_failed_are_recorded_with_code_and_sentence(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = [[n, f"Customer {n}", None, "A", date(2026, 11, 1)] for n in range(30)]
    many = [CUSTOMERS[0], *rows]
    with place_of(backend, many) as (place, journal):
        run(place, journal)
        place.edit(many[:6])
        for _ in range(3):
            with pytest.raises(GuardRefused):
                run(place, journal, later(1))
        with monkeypatch.context() as patched:
            patched.setattr(import_module("sheetsync.sync"), "validate", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                run(place, journal)
        found = [(one.command, one.outcome, one.code, one.times) for one in journal.runs(place.source.identity)]
        assert found == [("sync", "refused", 1, 1), ("sync", "refused", 5, 3), ("sync", "written", None, 1)]
        assert "30" in journal.runs()[1].sentence
        assert "ZeroDivisionError" in journal.runs()[0].sentence
        assert run(place, journal, later(1), dry_run=True, force=True).changes
        assert len(journal.runs()) == 3  # a dry run is none
        assert journal.cut_off(place.source.identity) is None


def test_a_failure_during_the_write_is_recorded_once_for_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    with place_of("memory", CUSTOMERS) as (place, journal):
        def changed(*_: object) -> None:
            raise TableChanged("It was edited.")

        monkeypatch.setattr("sheetsync.backends.memory.MemorySheet.write", changed)
        with pytest.raises(TableChanged):
            run(place, journal)
        assert [(one.outcome, one.code) for one in journal.runs()] == [("failed", 4)] * 3


def test_a_failure_is_told_even_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder")
    with place_of("memory", CUSTOMERS[:1]) as (place, _):
        place.edit([["nothing", "here"]])
        with pytest.raises(Exception, match="header") as told:
            run(place, Journal(blocked, "test"))
        assert "journal" not in str(told.value)


def test_where_the_journal_can_not_confirm_a_write_that_is_said_and_the_next_run_finds_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)

    def full(*_: object) -> None:
        raise NotReachable("The journal can't be written (disk full).", "Free some space.")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "_finish", full)
        result = CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"])
    assert result.exit_code == 3
    assert "The sheet is written, but the journal" in result.stderr
    assert "The next run finds out by the sheet that it went through. Free some space." in result.stderr
    assert owner_cells(read_cells(path)) == AFTER
    result = CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"])
    assert "the sheet shows that it went through" in " ".join(result.stdout.split())
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "_finish", full)
        patched.setattr(ExcelSheet, "write", lambda *_: (_ for _ in ()).throw(NotReachable("It is open in Excel.")))
        result = CliRunner().invoke(app, ["sync", str(path), "--today", "2027-11-20"])
    assert (result.exit_code, result.stderr) == (3, "It is open in Excel.\n")


def test_a_bug_during_the_write_leaves_it_open_how_it_ended_and_is_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    with monkeypatch.context() as patched:
        patched.setattr("sheetsync.backends.excel.file.os.replace", lambda *_: 1 / 0)
        assert CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"]).exit_code == 1
    [one] = own_journal().runs()
    assert (one.outcome, one.code) == ("writing", 1)
    result = CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"])
    assert "the sheet shows that it did not go through" in " ".join(result.stdout.split())
    assert owner_cells(read_cells(path)) == AFTER
