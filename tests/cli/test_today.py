"""sheetsync today as a person calls it, its files, and the files that every sync renews."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from lxml import html
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from tests.worksheets import CUSTOMERS, Rows, write_workbook

ON = ["--today", "2026-11-20"]
EXAMPLE = Path(__file__).parents[2] / "examples" / "home-business"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small customer list in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    return path


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written into."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    yield folder
    folder.chmod(0o700)


def opened(page: Path) -> Any:
    return html.document_fromstring(page.read_text("utf-8"))


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr, result.stderr
    assert "Traceback" not in result.output


# ---- What it prints ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["30", "40", "80", "200"])
def test_piped_output_has_80_columns_and_no_colour(workbook: Path, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = call("today", workbook, *ON).stdout
    assert "\x1b" not in told
    assert 60 < max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(("columns", "no_colour"), [(24, ""), (40, "1"), (200, "")])
def test_a_terminal_of_any_width_is_filled_and_no_color_is_honoured(columns: int, no_colour: str) -> None:
    text = at_a_terminal(columns, {"NO_COLOR": no_colour} if no_colour else {})
    assert ("\x1b[" in text) == (not no_colour)
    widest = max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()))
    assert widest <= max(30, min(columns, 120))
    assert columns <= 100 or widest > 90


def at_a_terminal(columns: int, variables: dict[str, str]) -> str:
    """What `today` prints on the example at a terminal so wide."""
    fcntl, pty, termios = (pytest.importorskip(name, reason="Windows has no such terminals") for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-c", "from sheetsync.cli import main; main()", "today", str(EXAMPLE / "customers.xlsx"), *ON]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                               env={**environment, "TERM": "xterm-256color", **variables})
    os.close(theirs)
    data = b""
    try:
        while part := os.read(ours, 65536):
            data += part
    except OSError:
        pass  # the other end is closed: how Linux says that all is read
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return data.decode("utf-8")


def test_json_is_the_object_of_sync_and_stdout_holds_nothing_else(workbook: Path) -> None:
    page = workbook.parent / "today.html"
    result = call("today", workbook, *ON, "--json", "--html", page)
    found = json.loads(result.stdout)
    assert (found["version"], found["today"], found["written"], found["rows"]) == (1, "2026-11-20", False, 6)
    assert len(found["follow_ups"]) == 6
    assert "Page written" in result.stderr
    again = json.loads(call("sync", workbook, *ON, "--dry-run", "--json").stdout)
    assert again == found


def test_log_entries_count_as_done_and_stay_in_the_sheet(workbook: Path) -> None:
    rows = [[*row, None, None] for row in CUSTOMERS]
    rows[0][-2:] = ["Log", "Snooze until"]
    rows[2][-2] = "called"
    write_workbook(workbook, rows)
    before = workbook.read_bytes()
    result = call("today", workbook, *ON)
    assert "1 Log entry counted as done here, and written by the next sync." in result.stdout
    assert "Kwame Asante" not in result.stdout
    assert workbook.read_bytes() == before


# ---- The files ------------------------------------------------------------------------------------------------


def test_the_example_has_drafts_links_and_problems_on_its_page(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "example")
    page = tmp_path / "today.html"
    assert call("today", tmp_path / "example" / "customers.xlsx", *ON, "--html", page).exit_code == 0
    found = opened(page)
    assert len(found.find_class("cards")) == 4
    susan = next(card for card in found.find_class("card") if "Susan Ortiz" in "".join(h.text_content() for h in card.iter("h3")))
    assert "Hello Susan Ortiz, this is Maya from Juniper Lane." in susan.text_content()
    assert [link.get("href") for link in susan.iter("a")] == ["tel:+15035550101", "mailto:susan.ortiz@example.com"]
    assert "Read this first" in found.text_content()  # Kwame Asante is to be handled with care
    assert "Type it as 2026-04-03 or 2026-03-04." in found.text_content()
    assert "The journal holds no run of this sheet yet" in found.text_content()


def test_the_page_has_the_standards_of_the_syncs_before_it(workbook: Path) -> None:
    page = workbook.parent / "today.html"
    call("sync", workbook, "--today", "2026-11-10")
    call("sync", workbook, *ON)
    assert call("today", workbook, *ON, "--html", page).exit_code == 0
    text = opened(page).text_content()
    assert "November 2026 so far" in text
    assert "The journal holds no run" not in text


def test_without_a_journal_that_can_be_read_the_page_has_the_list_alone(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(workbook))  # a file, not a folder
    page = workbook.parent / "today.html"
    result = call("today", workbook, *ON, "--html", page)
    assert result.exit_code == 0
    assert "The page leaves the standards kept out, since the journal can't be read." in result.stderr
    assert "Susan Ortiz" in opened(page).text_content()
    assert "Standards" not in opened(page).text_content()


@pytest.mark.parametrize("option", ["--html", "--ics"])
def test_a_file_that_cannot_be_meant_is_told_before_anything_is_read(workbook: Path, option: str, locked: Path) -> None:
    folder = workbook.parent
    refused(call("today", workbook, *ON, option, folder), 2, "is a folder", "Name a file in it, such as")
    refused(call("today", workbook, *ON, option, folder / "no" / "x.html"), 2, f"the folder {folder / 'no'} does not exist")
    refused(call("today", workbook, *ON, option, "/dev/null"), 2, "is no file that can be written")
    refused(call("today", workbook, *ON, option, workbook), 6, "holds something else, which would be lost")
    refused(call("today", folder / "no.xlsx", *ON, option, folder / "new"), 6, "no.xlsx does not exist")
    assert sorted(path.name for path in folder.iterdir()) == ["customers.xlsx", "locked"]


@pytest.mark.parametrize(("option", "start"), [("--html", "<!DOCTYPE HTML>\n<p>"), ("--ics", "BEGIN:VCALENDAR\r\n")])
def test_a_read_only_file_stays_as_it_is(workbook: Path, option: str, start: str) -> None:
    file = workbook.parent / "mine"
    file.write_bytes(start.encode())
    file.chmod(0o444)
    refused(call("today", workbook, *ON, option, file), 6, "is read-only")
    assert file.read_bytes() == start.encode()
    file.chmod(0o600)
    assert call("today", workbook, *ON, option, file).exit_code == 0
    assert len(file.read_bytes()) > 100
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_into_is_refused(workbook: Path, locked: Path) -> None:
    if os.geteuid() == 0:
        target = Path("/proc/today.html")  # root may write anywhere else
        if not target.parent.is_dir():
            pytest.skip("run as root, and there is no folder that root can't write into")
    else:
        target = locked / "today.html"
    refused(call("today", workbook, *ON, "--html", target), 6, f"{target} can't be written", "Check the folder and its permissions.")


def test_one_file_for_both_is_refused(workbook: Path) -> None:
    refused(call("today", workbook, *ON, "--html", "x", "--ics", "./x"), 2, "name the same file")


def test_a_link_stays_a_link_and_nothing_is_left_beside_the_file(workbook: Path) -> None:
    folder = workbook.parent
    (folder / "real").mkdir()
    (folder / "real" / "list.html").write_text("")
    (folder / "today.html").symlink_to(folder / "real" / "list.html")
    assert call("today", workbook, *ON, "--html", folder / "today.html").exit_code == 0
    assert (folder / "today.html").is_symlink()
    assert (folder / "real" / "list.html").read_text("utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in folder.rglob("*")) == ["customers.xlsx", "list.html", "real", "today.html"]
    (folder / "loop").symlink_to(folder / "loop")
    refused(call("today", workbook, *ON, "--html", folder / "loop"), 6, "can't be written")


def test_an_unchanged_list_gives_the_same_bytes(workbook: Path) -> None:
    files = [workbook.parent / "today.html", workbook.parent / "follow-ups.ics"]
    seen = []
    for _ in range(2):
        call("today", workbook, *ON, "--html", files[0], "--ics", files[1])
        seen.append([file.read_bytes() for file in files])
    assert seen[0] == seen[1]


# ---- [today] in the settings ---------------------------------------------------------------------------------


def settings(workbook: Path, text: str) -> None:
    (workbook.parent / "sheetsync.toml").write_text(text, "utf-8")


def test_every_sync_renews_the_files_that_the_settings_name(workbook: Path, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (workbook.parent / "out").mkdir()
    settings(workbook, '[today]\nhtml = "out/today.html"\nics = "out/follow-ups.ics"\n')
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))  # from the settings' folder, wherever the sync is started
    page, calendar = workbook.parent / "out" / "today.html", workbook.parent / "out" / "follow-ups.ics"
    assert call("sync", workbook, *ON).exit_code == 0
    assert "Friday, 20 November 2026" in page.read_text("utf-8")
    assert len(Calendar.from_ical(calendar.read_bytes()).walk("VEVENT")) == 2
    result = call("sync", workbook, "--today", "2026-11-21", "--unattended")
    assert result.exit_code == 0
    assert "Saturday, 21 November 2026" in page.read_text("utf-8")
    before = [page.read_bytes(), calendar.read_bytes()]
    assert "Nothing has changed" in call("sync", workbook, "--today", "2026-11-21").stdout
    assert [page.read_bytes(), calendar.read_bytes()] == before


def test_a_sync_that_wrote_counts_its_own_steps_once_on_the_page(workbook: Path) -> None:
    rows = [[*row, None, None] for row in CUSTOMERS]
    rows[0][-2:] = ["Log", "Snooze until"]
    rows[2][-2] = "called"
    write_workbook(workbook, rows)
    settings(workbook, '[today]\nhtml = "today.html"\n')
    assert call("sync", workbook, *ON).exit_code == 0
    first = (workbook.parent / "today.html").read_text("utf-8")
    assert "0 of 1 in time" in first
    assert "counted as done here" not in first
    call("today", workbook, *ON, "--html", workbook.parent / "again.html")
    assert (workbook.parent / "again.html").read_text("utf-8") == first


def test_a_dry_run_and_a_refused_sync_write_no_file(workbook: Path) -> None:
    settings(workbook, '[today]\nhtml = "today.html"\n')
    assert call("sync", workbook, *ON, "--dry-run").exit_code == 0
    assert call("check", workbook, *ON).exit_code == 0
    assert call("today", workbook, *ON).exit_code == 0
    big: Rows = [["Name", "Last contact"]]
    big += [[f"C{n}", date(2026, 1, 5)] for n in range(40)]
    write_workbook(workbook, big)
    assert call("sync", workbook, *ON).exit_code == 0
    (workbook.parent / "today.html").unlink()
    write_workbook(workbook, big[:3])
    assert call("sync", workbook, *ON).exit_code == 5
    assert not (workbook.parent / "today.html").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [('[today]\nhtml = "no/today.html"\n', "does not exist"), ('[today]\nics = "customers.xlsx"\n', "holds something else"),
     ('[today]\nhtml = "."\n', "is a folder")],
)
def test_a_file_that_cannot_be_written_is_told_and_fails_no_sync(workbook: Path, text: str, words: str) -> None:
    settings(workbook, text)
    result = call("sync", workbook, *ON, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["written"] is True
    assert "The sync is done, but: [today] " in result.stderr
    assert words in result.stderr


def test_a_fault_in_the_page_fails_no_sync_and_is_kept_in_a_log(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(workbook, '[today]\nhtml = "today.html"\nics = "follow-ups.ics"\n')
    monkeypatch.setattr("sheetsync.outputs.page.Page.render", lambda *_: 1 / 0)
    result = call("sync", workbook, *ON)
    assert result.exit_code == 0
    assert "was not written. sheetsync failed in a way that it should not (ZeroDivisionError). The log is " in result.stderr
    assert (workbook.parent / "follow-ups.ics").exists()


def test_a_mistyped_setting_names_the_right_one(workbook: Path) -> None:
    settings(workbook, '[today]\nhtm = "today.html"\n')
    refused(call("sync", workbook, *ON), 2, '"html"')
