"""sheetsync schedule, sync --if-due and doctor's line, with a crontab that is kept in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sheetsync import schedule
from sheetsync.cli import app
from sheetsync.config import journal, one_at_a_time
from sheetsync.schedule.cron import Cron
from sheetsync.schedule.entry import Entry, Scheduler
from sheetsync.schedule.programs import Programs, Ran
from sheetsync.schedule.systemd import Systemd
from tests.schedule.recorder import Crontab, Recorder
from tests.worksheets import CUSTOMERS, write_workbook

LINK = "https://docs.google.com/spreadsheets/d/1AbC_d-EfGhIjKlMnOpQrStUvWxYz0123456789abcd/edit?gid=7#gid=7"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def said(result: Result) -> str:
    return " ".join(result.output.split())


@pytest.fixture
def crontab(monkeypatch: pytest.MonkeyPatch) -> Crontab:
    """The only scheduler of this computer."""
    table = Crontab(b"5 5 * * * others\n")
    monkeypatch.setattr(schedule, "schedulers", lambda programs: (Cron(table),))
    return table


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my customers.xlsx"
    write_workbook(path, CUSTOMERS)
    return path


def lines(crontab: Crontab) -> list[str]:
    return (crontab.table or b"").decode().splitlines()


@pytest.mark.usefixtures("workbook")
def test_install_status_remove(crontab: Crontab, tmp_path: Path) -> None:
    result = call("schedule", "install", "my customers.xlsx", "--at", "2:05")
    assert result.exit_code == 0, result.output
    assert "my customers.xlsx is synced every night at 02:05, by cron; the first time on" in said(result)
    others, line = lines(crontab)
    assert others == "5 5 * * * others"
    assert line.startswith("5 * * * * SHEETSYNC_STATE_DIR=")
    assert f" -P -m sheetsync sync '{tmp_path}/my customers.xlsx' --unattended --if-due 02:05/" in line
    shown = call("schedule", "status")
    assert shown.exit_code == 0
    for words in ("every night at 02:05, by cron", f"Workbook {tmp_path}", "Next run", "02:05", "Last run none yet"):
        assert words in said(shown)
    removed = call("schedule", "remove", "my customers.xlsx")
    assert (removed.exit_code, said(removed)) == (0, "my customers.xlsx is no longer synced every night (cron).")
    assert lines(crontab) == ["5 5 * * * others"]
    again = call("schedule", "remove", "my customers.xlsx")
    assert again.exit_code == 6
    assert "is not scheduled" in again.stderr
    assert "Nothing is scheduled" in call("schedule", "status").stdout


@pytest.mark.usefixtures("workbook")
def test_again_with_the_same_time_changes_nothing_and_with_another_that_one_holds(crontab: Crontab) -> None:
    call("schedule", "install", "my customers.xlsx", "--at", "02:05")
    # As installed ten days ago: the entry is the same, its first day stays.
    first = (datetime.now() - timedelta(days=10)).date().isoformat()
    crontab.table = (crontab.table or b"").split(b"02:05/")[0] + f"02:05/{first}".encode() + (crontab.table or b"").split(b"02:05/")[1][10:]
    before = crontab.table
    call("schedule", "install", "my customers.xlsx", "--at", "02:05")
    assert crontab.table == before
    call("schedule", "install", "my customers.xlsx", "--at", "04:10")
    assert len(lines(crontab)) == 2
    assert "--if-due 04:10/" in lines(crontab)[1]
    assert first not in lines(crontab)[1]


@pytest.mark.usefixtures("crontab")
def test_two_workbooks_of_one_name_have_an_entry_each(workbook: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / workbook.name
    other.parent.mkdir()
    write_workbook(other, CUSTOMERS)
    for path in (workbook, other, workbook):
        assert call("schedule", "install", path).exit_code == 0
    told = json.loads(call("schedule", "status", "--json").stdout)
    assert sorted(one["source"] for one in told["schedules"]) == sorted([str(workbook), str(other)])
    assert call("schedule", "remove", other).exit_code == 0
    told = json.loads(call("schedule", "status", "--json").stdout)
    assert [one["source"] for one in told["schedules"]] == [str(workbook)]


def test_status_as_json(crontab: Crontab, workbook: Path) -> None:
    assert json.loads(call("schedule", "status", workbook, "--json").stdout) == {
        "version": 1, "schedules": [{"source": str(workbook), "installed": False, "last_run": None}]}
    call("schedule", "install", workbook)
    call("sync", workbook)
    [told] = json.loads(call("schedule", "status", workbook, "--json").stdout)["schedules"]
    expected = {"source": str(workbook), "installed": True, "scheduler": "cron", "fault": None, "at": "02:30", "last_exit_code": None,
                "notes": []}
    assert {name: told[name] for name in expected} == expected
    assert datetime.fromisoformat(told["next_run"]) > datetime.now().astimezone()
    assert told["last_run"]["outcome"] == "written"
    assert told["last_run"]["cells"] > 0
    assert json.loads(call("schedule", "status", "--json").stdout)["schedules"] == [told]
    crontab.table = (crontab.table or b"").replace(b"30 * * * *", b"#30 * * * *")
    [told] = json.loads(call("schedule", "status", "--json").stdout)["schedules"]
    assert (told["fault"], told["next_run"]) == ('Its line was switched off with a "#". Install it again.', None)
    assert 'Next run none: Its line was switched off with a "#".' in said(call("schedule", "status"))


def test_what_a_sync_is_given_by_hand_is_carried_over(crontab: Crontab, workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workbook.parent / "sheetsync.toml").write_text('source = "my customers.xlsx"\n', "utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "key.json")
    monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", "http://127.0.0.1:1")
    assert call("schedule", "install", "--sheet", "Sheet", "--playbook", "minimal").exit_code == 0
    line = lines(crontab)[1]
    assert f"GOOGLE_APPLICATION_CREDENTIALS={workbook.parent}/key.json" in line
    assert f"sync '{workbook}' --sheet Sheet --playbook minimal --config {workbook.parent}/sheetsync.toml --unattended" in line
    assert "ENDPOINT" not in line, "what stands in for Google in tests is nothing for the night"
    (workbook.parent / "own.toml").write_text("", "utf-8")
    monkeypatch.setenv("SHEETSYNC_CONFIG", "own.toml")
    assert call("schedule", "install", workbook, "--playbook", "own/playbook.toml").exit_code == 2, "there is none"
    assert call("schedule", "install", workbook).exit_code == 0
    assert f"SHEETSYNC_CONFIG={workbook.parent}/own.toml" in lines(crontab)[1]
    assert f"--config {workbook.parent}/own.toml" in lines(crontab)[1]


@pytest.mark.usefixtures("workbook")
def test_a_google_sheet_is_scheduled_by_its_link(crontab: Crontab) -> None:
    assert call("schedule", "install", LINK).exit_code == 0
    assert f"sync '{LINK}' --unattended" in lines(crontab)[1]
    assert "# sheetsync-google-sheet-" in lines(crontab)[1]
    assert call("schedule", "install", LINK.replace("?gid=7#gid=7", "#gid=7"), "--at", "05:00").exit_code == 0
    assert len(lines(crontab)) == 2, "the same sheet, pasted another way"
    assert call("schedule", "remove", LINK).exit_code == 0


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["my customers.xlsx", "--at", "25:00"], 2, '--at "25:00" is no time of day'),
    (["my customers.xlsx", "--at", "half past two"], 2, "from 00:00 to 23:59"),
    (["gone.xlsx"], 6, "gone.xlsx does not exist"),
    (["notes.txt"], 6, "notes.txt does not exist"),
    ([], 2, "No workbook was named"),
    (["my customers.xlsx", "--playbook", "hom-business"], 2, "Did you mean"),
    (["my customers.xlsx", "--config", "gone.toml"], 2, "does not exist"),
    (["https://example.com/x"], 6, "is no link to a Google Sheet"),
])
@pytest.mark.usefixtures("workbook")
def test_what_can_not_be_scheduled_is_refused_and_nothing_written(crontab: Crontab, arguments: list[str], code: int, words: str) -> None:
    result = call("schedule", "install", *arguments)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert crontab.writes == 0


def test_a_computer_without_a_scheduler_is_told(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "schedulers", lambda programs: ())
    result = call("schedule", "install", workbook)
    assert result.exit_code == 6
    assert "There is no scheduler on this computer" in result.stderr
    assert "apt install cron" in result.stderr
    assert "Nothing is scheduled" in call("schedule", "status").stdout
    assert call("schedule", "remove", workbook).exit_code == 6


class Nothing(Programs):
    def has(self, name: str) -> bool:
        return False


def test_each_platform_has_its_schedulers() -> None:
    assert schedule.schedulers(Nothing(), "linux") == ()
    for platform, titles in (("win32", ["Windows Task Scheduler"]), ("darwin", ["launchd"]), ("freebsd14", ["cron"])):
        assert [found.title for found in schedule.schedulers(Recorder(), platform)] == titles


def test_an_entry_moves_to_the_better_scheduler(tmp_path: Path) -> None:
    table = Crontab()
    cron, systemd = Cron(table), Systemd(Recorder(), tmp_path / "units", tmp_path)
    entry = Entry("sheetsync-a-1", "/a.xlsx", datetime(2026, 1, 1, 2, 30).time(), datetime(2026, 1, 1).date(), ("python",))
    here: tuple[Scheduler, ...] = (cron,)
    assert schedule.install(entry, here)[0] is cron
    here = (systemd, cron)
    assert schedule.install(entry, here)[0] is systemd
    assert table.table is None, "else the night would have two runs"
    assert [found.scheduler for found in schedule.entries(here)] == ["systemd"]


@pytest.mark.usefixtures("crontab")
def test_one_whose_workbook_can_not_be_read_is_removed_by_its_name(crontab: Crontab, workbook: Path) -> None:
    crontab.table = b"5 * * * * broken ' # sheetsync-my-customers-0a1b2c3d\n"
    assert "It was changed by hand and can't be read" in said(call("schedule", "status"))
    assert call("schedule", "remove", "sheetsync-my-customers-0a1b2c3d").exit_code == 0
    assert crontab.table is None


@pytest.mark.usefixtures("crontab")
def test_a_workbook_that_is_gone_can_still_be_removed(workbook: Path) -> None:
    call("schedule", "install", workbook)
    workbook.unlink()
    shown = call("schedule", "status").stdout
    assert f"  Workbook    {workbook}\n" in shown
    assert "is not there. If it was moved" in " ".join(shown.split())
    assert call("schedule", "remove", workbook).exit_code == 0


def test_every_line_fits_80_columns(crontab: Crontab, workbook: Path) -> None:
    crontab.cron_runs = False
    for arguments in (["install", workbook], ["status"], ["remove", workbook], ["status", workbook], ["status"]):
        result = call("schedule", *arguments)
        lines = [line for line in result.stdout.splitlines() if not line.startswith("  Workbook ")]  # a path stays in one piece
        assert max(map(len, lines), default=0) <= 80, result.stdout


def test_doctor_says_whether_a_nightly_sync_is_set_up(crontab: Crontab, workbook: Path) -> None:
    def told() -> str:
        [one] = [one for one in json.loads(call("doctor", workbook, "--json").stdout)["findings"] if one["check"] == "schedule"]
        assert one["code"] == 0, "a sync by hand needs no schedule"
        return f"{one['level']}: {one['message']} {one['next']}".strip()

    assert told() == ("note: No nightly sync is set up on this computer. "
                      "Set one up: sheetsync schedule install 'my customers.xlsx' --at 02:30")
    call("schedule", "install", workbook)
    assert told() == "fine: Synced every night at 02:30, by cron."
    crontab.table = (crontab.table or b"").replace(b"30 * * * *", b"#30 * * * *")
    assert told() == ('note: A nightly sync is set up, but cron will not start it. '
                      'Its line was switched off with a "#". Install it again.')
    crontab.answers = {("crontab",): Ran(1, b"", "You are not allowed to use this program")}
    assert told().startswith("note: Whether a nightly sync is set up can't be seen: crontab -l failed: You are not allowed")


# ---- sync --if-due ------------------------------------------------------------------------------------------------


def a_minute_ago() -> str:
    return f"{datetime.now() - timedelta(minutes=1):%H:%M}"


def test_a_run_that_is_due_runs_and_the_next_start_does_nothing(workbook: Path) -> None:
    due = a_minute_ago()
    assert call("sync", workbook, "--unattended", "--if-due", due).exit_code == 0
    written = workbook.read_bytes(), workbook.stat().st_mtime_ns
    result = call("sync", workbook, "--unattended", "--if-due", due)
    assert (result.exit_code, result.output) == (0, "Nothing to do: the run that is due has been.\n")
    assert json.loads(call("sync", workbook, "--if-due", due, "--json").stdout) == {"version": 1, "due": False, "written": False}
    assert (workbook.read_bytes(), workbook.stat().st_mtime_ns) == written


def test_before_its_first_day_nothing_is_due(workbook: Path) -> None:
    before = workbook.read_bytes()
    tomorrow = (datetime.now() + timedelta(days=1)).date().isoformat()
    assert "Nothing to do" in call("sync", workbook, "--if-due", f"{a_minute_ago()}/{tomorrow}").stdout
    assert workbook.read_bytes() == before
    assert journal().newest(str(workbook.resolve())) is None


def test_a_run_that_failed_is_due_again_at_the_next_start(workbook: Path) -> None:
    due = a_minute_ago()
    lock = workbook.with_name(f"~${workbook.name}")
    lock.touch()
    assert call("sync", workbook, "--if-due", due).exit_code == 3
    lock.unlink()
    assert "Written" in call("sync", workbook, "--if-due", due).stdout


def test_a_run_that_was_killed_while_it_wrote_is_due_again(workbook: Path) -> None:
    identity = str(workbook.resolve())
    journal().begin(identity, "Sheet", today=datetime.now().date(), counts=None, statuses={}, changes=())
    assert journal().last_success(identity) is None
    newest = journal().newest(identity)
    assert newest is not None
    assert newest.outcome == "writing"
    assert "Written" in call("sync", workbook, "--if-due", a_minute_ago()).stdout


def test_what_was_undone_by_day_is_not_written_again_before_the_night(workbook: Path) -> None:
    due = a_minute_ago()
    call("sync", workbook, "--if-due", due)
    assert call("undo", workbook).exit_code == 0
    before = workbook.read_bytes()
    assert "Nothing to do" in call("sync", workbook, "--if-due", due).stdout
    assert workbook.read_bytes() == before


def test_a_start_while_the_nights_run_is_at_work_is_no_failure(workbook: Path) -> None:
    before = workbook.read_bytes()
    with one_at_a_time(str(workbook.resolve())):
        assert call("sync", workbook, "--unattended", "--if-due", a_minute_ago()).exit_code == 0
        assert call("sync", workbook, "--unattended").exit_code == 3
    assert workbook.read_bytes() == before


@pytest.mark.parametrize("due", ["25:00", "02:30/soon", "soon"])
def test_an_if_due_that_means_nothing_is_refused(workbook: Path, due: str) -> None:
    before = workbook.read_bytes()
    result = call("sync", workbook, "--if-due", due)
    assert result.exit_code == 2
    assert "--if-due" in result.stderr
    assert workbook.read_bytes() == before


# ---- python -m sheetsync ------------------------------------------------------------------------------------------


def test_leading_words_set_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    state = tmp_path / "state of the night"
    clean = {name: value for name, value in os.environ.items() if name != "SHEETSYNC_STATE_DIR"}
    done = subprocess.run([sys.executable, "-P", "-m", "sheetsync", f"SHEETSYNC_STATE_DIR={state}", "sync", str(path), "--unattended"],
                          capture_output=True, text=True, check=False, cwd=tmp_path, env=clean)
    assert done.returncode == 0, done.stderr
    assert (state / "journal.sqlite3").is_file()


def test_without_a_console_it_runs_all_the_same(tmp_path: Path) -> None:
    """As under pythonw, whose output streams are None."""
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    before = path.read_bytes()
    script = ("import sys; sys.argv = ['sheetsync', 'sync', sys.argv[1]]; sys.stdout = sys.stderr = None\n"
              "from sheetsync.__main__ import main; main()")
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert path.read_bytes() != before
