"""The units: what they say, that systemd takes them, and a real user manager that runs a real sync with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from sheetsync.config import journal
from sheetsync.errors import Refused
from sheetsync.schedule import this_program
from sheetsync.schedule.entry import Entry
from sheetsync.schedule.programs import Programs, Ran
from sheetsync.schedule.systemd import Systemd
from tests.schedule.recorder import AWKWARD, DONE, Recorder, entry
from tests.worksheets import CUSTOMERS, read_cells, statuses, write_workbook

NAME = "sheetsync-my-customers-0a1b2c3d"
SHOW = ("systemctl", "--user", "show")


def scheduler(tmp_path: Path, programs: Programs | None = None) -> Systemd:
    return Systemd(programs or Recorder(), tmp_path / "units", tmp_path / "stamps", tmp_path)


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "units").iterdir())


def test_install_writes_a_service_and_a_timer_and_starts_it(tmp_path: Path) -> None:
    programs = Recorder()
    assert scheduler(tmp_path, programs).install(entry("/home/susan/customers.xlsx", program="/opt/python3")) == ()
    assert names(tmp_path) == [f"{NAME}.service", f"{NAME}.timer"]
    service = (tmp_path / "units" / f"{NAME}.service").read_text("utf-8")
    assert ('\nExecStart="/opt/python3" "-P" "-m" "sheetsync" "sync" "/home/susan/customers.xlsx" "--unattended" "--if-due" '
            '"02:30/2026-11-26"\n') in service
    timer = (tmp_path / "units" / f"{NAME}.timer").read_text("utf-8")
    for line in ("OnCalendar=*-*-* 02:30:00", "OnCalendar=*-*-* 03:30:00", "Persistent=true", "WantedBy=timers.target"):
        assert f"\n{line}\n" in timer
    assert [call[2:] for call in programs.calls if call[0] == "systemctl"] == [
        ("daemon-reload",), ("enable", f"{NAME}.timer"), ("restart", f"{NAME}.timer")]
    assert (tmp_path / "units" / f"{NAME}.service").stat().st_mode & 0o077 == 0


def test_a_second_install_replaces_the_first_and_leaves_others_alone(tmp_path: Path) -> None:
    mine = scheduler(tmp_path)
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "backup.timer").write_text("[Timer]\n")
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps" / "stamp-backup.timer").touch()
    stamp = tmp_path / "stamps" / f"stamp-{NAME}.timer"
    stamp.touch()
    mine.install(entry())
    assert not stamp.exists(), "with its old stamp the timer would start at once for a night before it was there"
    mine.install(entry(at=time(23, 45)))
    mine.install(entry("/b.xlsx", name="sheetsync-b-1"))
    assert "OnCalendar=*-*-* 23:45:00\n" in (tmp_path / "units" / f"{NAME}.timer").read_text("utf-8")
    assert "OnCalendar=*-*-* 00:45:00\n" in (tmp_path / "units" / f"{NAME}.timer").read_text("utf-8")
    assert [found.source for found in mine.entries()] == ["/b.xlsx", AWKWARD]
    assert mine.remove("sheetsync-b-1")
    assert mine.remove(NAME)
    assert not mine.remove(NAME)
    assert names(tmp_path) == ["backup.timer"]
    assert [path.name for path in (tmp_path / "stamps").iterdir()] == ["stamp-backup.timer"]


def test_status_is_what_the_manager_says(tmp_path: Path) -> None:
    programs = Recorder({
        (*SHOW, f"{NAME}.timer"): Ran(0, b"ActiveState=active\nLastTriggerUSec=Wed 2026-11-25 02:30:01 UTC\n", ""),
        (*SHOW, f"{NAME}.service"): Ran(0, b"ExecMainStatus=5\nExecMainExitTimestamp=Wed 2026-11-25 02:30:09 UTC\n", ""),
    })
    mine = scheduler(tmp_path, programs)
    mine.install(entry())
    [found] = mine.entries()
    assert (found.at, found.first, found.fault, found.last_result) == (time(2, 30), date(2026, 11, 26), "", 5)
    assert found.last_run is not None
    assert f"{found.last_run:%Y-%m-%d %H:%M:%S}" == "2026-11-25 02:30:01"
    programs.answers = {(*SHOW, f"{NAME}.service"): Ran(0, b"ExecMainStatus=0\nExecMainExitTimestamp=\n", "")}
    [found] = mine.entries()
    assert (found.fault, found.last_run, found.last_result) == ("Its timer is stopped. Install it again.", None, None)


def test_a_stamp_changed_by_hand_is_no_reason_to_fail(tmp_path: Path) -> None:
    mine = scheduler(tmp_path)
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "sheetsync-a-1.service").write_text("# Arguments: {\n")
    (tmp_path / "units" / "sheetsync-b-1.service").write_text("[Service]\n")
    (tmp_path / "units" / "sheetsync-c-1.service").symlink_to("gone")
    assert [(found.name, found.source, found.at) for found in mine.entries()] == [
        (f"sheetsync-{name}-1", "", None) for name in "abc"]


def test_the_owner_hears_of_lingering_where_it_is_off(tmp_path: Path) -> None:
    for said, notes in ((b"no\n", 1), (b"yes\n", 0)):
        told = scheduler(tmp_path, Recorder({("loginctl",): Ran(0, said, "")})).install(entry())
        assert len(told) == notes
        assert all("loginctl enable-linger" in note for note in told)


def test_systemctls_own_words_are_told(tmp_path: Path) -> None:
    programs = Recorder({("systemctl", "--user", "enable"): Ran(1, b"", "Failed to enable unit: Access denied")})
    with pytest.raises(Refused, match="systemctl --user enable failed: Failed to enable unit: Access denied"):
        scheduler(tmp_path, programs).install(entry())


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "units").write_text("x")
    programs = Recorder()
    with pytest.raises(Refused, match="can't be written"):
        scheduler(tmp_path, programs).install(entry())
    assert programs.calls == []


def test_it_is_here_only_with_a_user_manager(tmp_path: Path) -> None:
    manager = ("systemctl", "--user", "show-environment")
    assert scheduler(tmp_path, Recorder({manager: DONE})).is_here()
    assert not scheduler(tmp_path, Recorder({manager: Ran(1, b"", "Failed to connect to bus")})).is_here()
    assert not Systemd(Recorder(), tmp_path, tmp_path, booted=tmp_path / "none").is_here()


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    mine = entry(program=this_program()[0], environment={"SHEETSYNC_STATE_DIR": '/a b/%h "q" $x', "SHEETSYNC_CONFIG": "/c\\d\\"})
    scheduler(tmp_path).install(mine)
    assert _verify(tmp_path / "units") == (0, "")
    timer = tmp_path / "units" / f"{NAME}.timer"
    timer.write_text(timer.read_text("utf-8").replace("02:30:00", "25:30:00"), "utf-8")
    assert "Failed to parse calendar specification" in _verify(tmp_path / "units")[1], "verify would find a mistake"


def _verify(units: Path) -> tuple[int, str]:
    runtime = units.parent / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    done = subprocess.run(["systemd-analyze", "--user", "verify", *map(str, sorted(units.iterdir()))], capture_output=True, text=True,
                          env=dict(os.environ, XDG_RUNTIME_DIR=str(runtime)), check=False)
    return done.returncode, done.stdout + done.stderr


# ---- the real thing -----------------------------------------------------------------------------------------------


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A systemd user manager of the test's own, with a home of its own; it ends with the test."""
    program = next((path for path in (Path("/lib/systemd/systemd"), Path("/usr/lib/systemd/systemd")) if path.is_file()), None)
    if program is None or shutil.which("unshare") is None:
        pytest.skip("systemd is not installed")
    if os.getuid() != 0:
        pytest.skip("only root can start a user manager of its own")
    home, runtime = tmp_path / "home", Path("/tmp") / f"sheetsync-{os.getpid()}"  # a socket's path has to be short
    for folder in (home, runtime):
        folder.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    # It starts only where systemd runs the computer; in a view of the files of its own, it does.
    booted = "mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system && exec \"$0\" --user"
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", booted, str(program)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(50):
            if process.poll() is not None:
                assert process.stderr is not None
                pytest.skip(f"this machine lets no user manager start: {process.stderr.read().strip()}")
            if Programs().run("systemctl", "--user", "show-environment").code == 0:
                break
            clock.sleep(0.2)
        else:
            pytest.skip("this machine lets no user manager start")
        yield home
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr is not None:
            process.stderr.close()
        shutil.rmtree(runtime, ignore_errors=True)


@pytest.mark.slow
def test_a_real_manager_makes_up_for_a_missed_night(manager: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Susan's 100%h \"best\" $HOME ${HOME} \\x41 Łoś"
    folder.mkdir()
    path = folder / "my customers.xlsx"
    write_workbook(path, CUSTOMERS)
    before = path.read_bytes()
    systemd = Systemd(Programs(), booted=tmp_path)
    assert systemd.is_here()
    assert systemd.units.is_relative_to(manager), "the test must not touch anybody's own units"

    # Installed for an hour ago: today's night is over, so it waits for the next, and says so.
    at = (datetime.now().astimezone() - timedelta(hours=1, minutes=5)).time().replace(second=0, microsecond=0)
    mine = Entry(NAME, str(path), at, date.today() - timedelta(days=2), this_program(), (),
                 {"SHEETSYNC_STATE_DIR": os.environ["SHEETSYNC_STATE_DIR"]})
    systemd.install(mine)
    systemd.install(mine)
    [found] = systemd.entries()
    assert (found.source, found.at, found.fault, found.last_result) == (str(path), at, "", None)
    clock.sleep(1)
    assert path.read_bytes() == before, "installing runs nothing"

    # As after two days without the computer: the timer's stamp is that old.
    timer = f"{NAME}.timer"
    Programs().must("systemctl", "--user", "stop", timer)
    [stamp] = systemd.stamps.iterdir()
    os.utime(stamp, (clock.time() - 2 * 86400,) * 2)
    Programs().must("systemctl", "--user", "start", timer)
    for _ in range(120):
        [found] = systemd.entries()
        if found.last_result is not None:
            break
        clock.sleep(0.5)
    assert found.last_result == 0
    assert found.last_run is not None
    assert abs(found.last_run - datetime.now(UTC)) < timedelta(minutes=5)
    assert statuses(read_cells(path))["Susan Ortiz"] in ("Due", "Overdue")
    run = journal().newest(str(path.resolve()))
    assert run is not None
    assert run.outcome == "written"

    assert systemd.remove(NAME)
    assert systemd.entries() == ()
    assert list(systemd.units.rglob("sheetsync-*")) == []
    assert Programs().run("systemctl", "--user", "is-active", timer).text.strip() == "inactive"
