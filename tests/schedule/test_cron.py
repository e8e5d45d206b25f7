"""The crontab: one line of ours, and every other byte as it was; and a real cron that runs a real sync."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from sheetsync.config import journal
from sheetsync.errors import ExitCode, Refused
from sheetsync.schedule import entry_name, this_program
from sheetsync.schedule.cron import Cron
from sheetsync.schedule.due import next_moment
from sheetsync.schedule.entry import Entry
from sheetsync.schedule.programs import Programs, Ran
from tests.schedule.recorder import AWKWARD, Crontab, Recorder, entry
from tests.worksheets import CUSTOMERS, read_cells, statuses, write_workbook

# What python-crontab and its like would write anew: blanks, quotes, variables anywhere, bytes that are no UTF-8, no last line end.
OTHERS = (b"# m h  dom mon dow   command\nMAILTO=\"me@example.com\"\n\n*/5   *  * * *\t/usr/bin/foo  --bar \\% baz   # my  comment\n"
          b"0 5 * * 1-5  echo \"a%b\"\n#0 3 * * * off\nPATH = /usr/bin\n@reboot caf\xe9\n15 4 * * 7 sheetsync sync x # not-sheetsync-x\r\n")


def line_of(table: bytes | None) -> str:
    assert table is not None
    [line] = [line for line in table.splitlines() if line.endswith(b"# sheetsync-my-customers-0a1b2c3d")]
    return line.decode("utf-8")


def words_in_shell(line: str) -> list[str]:
    """What cron's shell makes of the line's command: cron takes a backslash from before a percent sign, and the shell does the rest."""
    command = line.split(" ", 5)[5].replace("\\%", "%").replace(">/dev/null", "")
    printed = subprocess.run(["/bin/sh", "-c", f"set -- {command}\nprintf '%s\\0' \"$@\""], capture_output=True, check=True).stdout
    return printed.decode("utf-8").split("\0")[:-1]


def test_the_line_runs_every_hour_and_says_when_it_is_due() -> None:
    crontab = Crontab()
    Cron(crontab).install(entry("/home/susan/customers.xlsx", program="/opt/python3"))
    assert crontab.table == (b"30 * * * * /opt/python3 -P -m sheetsync sync /home/susan/customers.xlsx --unattended "
                             b"--if-due 02:30/2026-11-26 >/dev/null # sheetsync-my-customers-0a1b2c3d\n")


@pytest.mark.skipif(os.name != "posix", reason="cron's shell is a POSIX one")
def test_awkward_names_reach_the_program_as_they_are() -> None:
    crontab = Crontab()
    mine = entry(options=("--sheet", "50% off; rm -rf 'x'"), environment={"SHEETSYNC_STATE_DIR": "/state of Łoś/100%"})
    Cron(crontab).install(mine)
    line = line_of(crontab.table)
    assert line.replace("\\%", "").count("%") == 0, "a bare percent sign ends a cron line"
    assert words_in_shell(line) == ["SHEETSYNC_STATE_DIR=/state of Łoś/100%", *mine.program, *mine.arguments]
    [found] = Cron(crontab).entries()
    assert (found.source, found.at, found.first, found.fault) == (AWKWARD, time(2, 30), date(2026, 11, 26), "")


@pytest.mark.parametrize("before", [OTHERS, OTHERS.removesuffix(b"\r\n") + b"\n", b"", None])
def test_all_other_lines_keep_their_bytes(before: bytes | None) -> None:
    crontab = Crontab(before)
    cron = Cron(crontab)
    cron.install(entry())
    assert crontab.table is not None
    assert crontab.table.startswith(before or b"")
    assert crontab.table.count(b"\n") == (before or b"").count(b"\n") + 1
    assert cron.remove(entry().name)
    assert crontab.table == (before or None)


def test_a_second_install_replaces_the_first_where_it_stands() -> None:
    crontab = Crontab(OTHERS)
    cron = Cron(crontab)
    cron.install(entry())
    once = crontab.table
    cron.install(entry())
    assert (crontab.table, crontab.writes) == (once, 1)
    cron.install(entry("/other.xlsx", name="sheetsync-other-11111111"))
    cron.install(entry(at=time(23, 5)))
    assert crontab.table is not None
    assert line_of(crontab.table).startswith("5 * * * * ")
    assert [found.name for found in cron.entries()] == [entry().name, "sheetsync-other-11111111"]
    assert cron.remove("sheetsync-other-11111111")
    assert not cron.remove("sheetsync-other-11111111")
    assert [found.at for found in cron.entries()] == [time(23, 5)]


def test_a_line_that_somebody_switched_off_is_told_and_replaced() -> None:
    crontab = Crontab()
    cron = Cron(crontab)
    cron.install(entry())
    crontab.table = b"# " + (crontab.table or b"")
    [found] = cron.entries()
    assert (found.fault, found.source) == ('Its line was switched off with a "#". Install it again.', AWKWARD)
    cron.install(entry())
    assert [found.fault for found in cron.entries()] == [""]


def test_a_time_that_somebody_changed_beyond_reading_is_told() -> None:
    crontab = Crontab(b"30 2 * * * python -m sheetsync sync 'x --if-due never # sheetsync-a-1\n"
                      b"30 2 * * * python -m sheetsync sync x --if-due never # sheetsync-b-1\n")
    broken, changed = Cron(crontab).entries()
    assert (broken.source, broken.at) == ("", None)
    assert (changed.source, changed.at) == ("x", None)
    assert changed.fault == 'Its time "never" was changed by hand and can\'t be read. Install it again.'
    assert "was changed by hand" in broken.fault


def test_nothing_is_written_where_there_is_nothing_to_remove() -> None:
    crontab = Crontab(OTHERS)
    assert not Cron(crontab).remove("sheetsync-x-1")
    assert (crontab.table, crontab.writes) == (OTHERS, 0)


@pytest.mark.parametrize("source", ["/a\nb.xlsx", "/a\rb.xlsx", "/a\x00b.xlsx", "/caf\udce9.xlsx", "/a\\b.xlsx"])
def test_a_name_that_no_cron_line_can_hold_is_refused_and_nothing_written(source: str) -> None:
    crontab = Crontab(OTHERS)
    with pytest.raises(Refused, match=r"holds a (character|backslash)"):
        Cron(crontab).install(entry(source))
    assert crontab.writes == 0


def test_a_crontab_that_can_not_be_read_is_never_written() -> None:
    programs = Recorder({("crontab", "-l"): Ran(1, b"", "You (susan) are not allowed to use this program (crontab)")})
    for attempt in (lambda: Cron(programs).install(entry()), lambda: Cron(programs).remove("sheetsync-x-1"), Cron(programs).entries):
        with pytest.raises(Refused, match=r"crontab -l failed: You \(susan\) are not allowed") as caught:
            attempt()
        assert caught.value.code == ExitCode.REFUSED
    assert {call[:2] for call in programs.calls} == {("crontab", "-l")}


@pytest.mark.parametrize("said", ["no crontab for susan", "crontab: can't open 'susan': No such file or directory"])
def test_no_crontab_yet_is_an_empty_one(said: str) -> None:
    assert Cron(Recorder({("crontab", "-l"): Ran(1, b"", said)})).entries() == ()


def test_crons_own_words_are_told_when_it_refuses_the_table() -> None:
    programs = Recorder({("crontab", "-l"): Ran(0, OTHERS, ""), ("crontab", "-"): Ran(1, b"", '"-":9: bad minute\nerrors in crontab file')})
    with pytest.raises(Refused, match="crontab - failed: \"-\":9: bad minute errors in crontab file"):
        Cron(programs).install(entry())


def test_a_cron_that_does_not_run_is_told() -> None:
    cron = Cron(Crontab(cron_runs=False))
    [note] = cron.install(entry())
    assert "No cron seems to be running" in note
    assert [found.fault for found in cron.entries()] == [note]
    assert Cron(Crontab()).install(entry()) == ()


# ---- the real thing -----------------------------------------------------------------------------------------------


def _table() -> bytes | None:
    ran = subprocess.run(["crontab", "-l"], capture_output=True, check=False)
    return ran.stdout if ran.returncode == 0 else None


@pytest.fixture
def cron_daemon() -> Iterator[None]:
    """A cron that runs, with the user's crontab as it was in the end."""
    if shutil.which("crontab") is None or shutil.which("cron") is None:
        pytest.skip("cron is not installed")
    if os.getuid() != 0:
        pytest.skip("only root can start a cron")
    before = _table()
    daemon = None if Programs().running("cron") else subprocess.Popen(["cron", "-f"], stdin=subprocess.DEVNULL)
    try:
        clock.sleep(0.5)
        assert daemon is None or daemon.poll() is None, "cron ended at once"
        yield
    finally:
        if before is None:
            subprocess.run(["crontab", "-r"], capture_output=True, check=False)
        else:
            subprocess.run(["crontab", "-"], input=before, check=True)
        if daemon is not None:
            daemon.terminate()
            daemon.wait(10)
        assert _table() == before


@pytest.mark.slow
@pytest.mark.usefixtures("cron_daemon")
def test_a_real_cron_runs_a_real_sync_of_a_workbook_with_an_awkward_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "Susan's 100% \"best\" $HOME Łoś"
    folder.mkdir()
    path = folder / "my customers.xlsx"
    write_workbook(path, CUSTOMERS)
    state = tmp_path / "state 50%"
    monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(state))
    others = b"# others'\n17 3 1 1 *   true   # kept\n"
    subprocess.run(["crontab", "-"], input=others, check=True)

    soon = datetime.now().astimezone() + timedelta(seconds=65)  # from 5 to 65 seconds ahead, once its seconds are cut off
    at = time(soon.hour, soon.minute)
    mine = Entry(entry_name(str(path), is_link=False), str(path), at, next_moment(at, datetime.now(UTC)).date(), this_program(), (),
                 {"SHEETSYNC_STATE_DIR": str(state)})
    cron = Cron(Programs())
    cron.install(mine)
    cron.install(mine)
    table = _table()
    assert table is not None
    assert table.startswith(others)
    assert table.count(b"\n") == 3
    [found] = cron.entries()
    assert (found.source, found.at, found.fault) == (str(path), at, "")

    before = path.read_bytes()
    for _ in range(90):
        if path.read_bytes() != before:
            break
        clock.sleep(1)
    assert statuses(read_cells(path))["Susan Ortiz"] in ("Due", "Overdue")
    for _ in range(20):  # the workbook is replaced shortly before the run is confirmed
        run = journal().newest(str(path.resolve()))
        if run is not None and run.outcome == "written":
            break
        clock.sleep(0.5)
    assert run is not None
    assert run.outcome == "written"

    # The hours after: what the line runs then ends at once, and leaves the workbook alone.
    written = path.read_bytes(), path.stat().st_mtime_ns
    again = subprocess.run([*this_program(), *mine.arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "Nothing to do: the run that is due has been.\n", "")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == written
    assert cron.remove(mine.name)
    assert _table() == others


def test_the_program_is_this_installation() -> None:
    program = this_program()
    assert Path(program[0]).is_absolute()
    told = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True, cwd="/" if os.name == "posix" else None)
    assert told.stdout.startswith("sheetsync ")
    assert program[0] == sys.executable
