"""The commands as a person or a nightly job calls them: output, exit codes, and what happens to the file."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from tests.worksheets import CUSTOMERS, Rows, read_cells, statuses, write_workbook

ON = ["--today", "2026-11-20"]


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small customer list in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    return path


def state(path: Path) -> tuple[bytes, int]:
    return path.read_bytes(), path.stat().st_mtime_ns


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.output


def test_sync_writes_and_says_what_it_did(workbook: Path) -> None:
    result = call("sync", workbook, *ON)
    assert result.exit_code == 0
    assert "6 customers" in result.stdout
    assert "Overdue" in result.stdout
    assert "Phone Susan Ortiz: apologise, agree the fix" in result.stdout
    assert "Written: " in result.stdout
    assert statuses(read_cells(workbook))["Susan Ortiz"] == "Due"


def test_every_line_fits_80_columns(workbook: Path) -> None:
    for command in ("sync", "check", "today"):
        result = call(command, workbook, *ON)
        assert max(map(len, result.stdout.splitlines())) <= 80, command


def test_a_second_sync_leaves_the_file_alone(workbook: Path) -> None:
    call("sync", workbook, *ON)
    before = state(workbook)
    result = call("sync", workbook, *ON)
    assert "Nothing has changed" in result.stdout
    assert state(workbook) == before


@pytest.mark.parametrize("command", [["sync", "--dry-run"], ["check"], ["today"]])
def test_commands_that_write_nothing_write_nothing(workbook: Path, command: list[str]) -> None:
    before = state(workbook)
    assert call(command[0], workbook, *command[1:], *ON).exit_code == 0
    assert state(workbook) == before
    assert sorted(path.name for path in workbook.parent.iterdir()) == ["customers.xlsx"]


def test_json_is_one_object_with_everything(workbook: Path) -> None:
    result = call("sync", workbook, *ON, "--json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert {"version", "today", "source", "sheet", "rows", "statuses", "follow_ups", "problems", "changes", "written"} <= set(found)
    assert (found["version"], found["today"], found["source"], found["sheet"], found["rows"]) == (
        1, "2026-11-20", "customers.xlsx", "Customers", 6)
    assert found["written"] is True
    assert sum(found["statuses"].values()) == len(found["follow_ups"]) == 6
    assert found["follow_ups"][0] == {
        "row": 2, "customer": "Susan Ortiz", "status": "Due", "due": "2026-11-20",
        "step": "Phone Susan Ortiz: apologise, agree the fix", "rule": "Complaint: phone first",
        "why": "Complaint: phone first, 1 business day after Complaint date (Thu 19 Nov 2026)",
    }
    assert {"row": 2, "column": "↻ Status", "before": None, "after": "Due"} in found["changes"]
    assert [(p["row"], p["column"], p["check"]) for p in found["problems"]] == [(6, "Email", "email"), (7, "Last contact", "date")]
    again = json.loads(call("sync", workbook, *ON, "--json").stdout)
    assert (again["changes"], again["written"]) == ([], False)


def test_check_strict_ends_with_7_where_there_are_errors(workbook: Path) -> None:
    result = call("check", workbook, *ON)
    assert result.exit_code == 0
    assert "E7" in result.stdout
    assert "could be 3 Apr 2026 or 4 Mar 2026" in result.stdout
    assert call("check", workbook, *ON, "--strict").exit_code == 7
    write_workbook(workbook, CUSTOMERS[:4])
    assert call("check", workbook, *ON, "--strict").exit_code == 0


def test_today_lists_urgent_first_then_oldest(workbook: Path) -> None:
    lines = call("today", workbook, *ON).stdout
    assert lines.index("Kwame Asante") < lines.index("! Susan Ortiz") < lines.index("Ng")
    assert "李小龙" not in lines


def test_today_days_looks_further_ahead(workbook: Path) -> None:
    write_workbook(workbook, [["Name", "Tier", "Last contact"], ["Far", "A", date(2026, 11, 10)]])
    assert "The next is Far, on Thu 10 Dec" in call("today", workbook, *ON).stdout
    assert "Next 30 days (1)" in call("today", workbook, *ON, "--days", "30").stdout


def test_today_writes_a_calendar_that_reads_back(workbook: Path) -> None:
    from icalendar import Calendar

    file = workbook.parent / "follow-ups.ics"
    assert call("today", workbook, *ON, "--ics", file).exit_code == 0
    first = {str(event["uid"]): event for event in Calendar.from_ical(file.read_bytes()).walk("VEVENT")}
    assert len(first) == 2
    assert {str(event["summary"]) for event in first.values()} >= {"Phone Susan Ortiz: apologise, agree the fix"}
    rows = [list(row) for row in CUSTOMERS]
    rows[2][4] = date(2026, 11, 20)
    write_workbook(workbook, [rows[0], *reversed(rows[1:])])
    call("today", workbook, *ON, "--ics", file)
    second = {str(event["uid"]): event for event in Calendar.from_ical(file.read_bytes()).walk("VEVENT")}
    assert set(first) == set(second)
    assert sum(first[uid].decoded("dtstart") != second[uid].decoded("dtstart") for uid in first) == 1


def test_today_writes_a_page_that_fetches_nothing_and_escapes_everything(workbook: Path) -> None:
    rows = [list(row) for row in CUSTOMERS]
    rows[2][1] = "<script>alert(1)</script>"
    write_workbook(workbook, rows)
    file = workbook.parent / "today.html"
    assert call("today", workbook, *ON, "--html", file).exit_code == 0
    page = file.read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not any(word in page for word in ("http://", "https://", "src=", "@import", "url("))


def test_undo_brings_the_cells_back_and_then_has_nothing_left(workbook: Path) -> None:
    before = read_cells(workbook)
    call("sync", workbook, *ON)
    result = call("undo")
    assert result.exit_code == 0
    assert "taken back" in result.stdout
    assert read_cells(workbook) == before
    refused(call("undo", workbook), 6, "no run to take back")


def test_undo_as_json_names_what_it_skipped(workbook: Path) -> None:
    call("sync", workbook, *ON)
    rows = read_cells(workbook)
    rows[1][rows[0].index("↻ Why")] = "my own words"
    write_workbook(workbook, rows)
    found = json.loads(call("undo", workbook, "--json").stdout)
    assert found["written"] is True
    assert [(skipped["customer"], skipped["column"]) for skipped in found["skipped"]] == [("1", "↻ Why")]
    assert read_cells(workbook)[1][-1] == "my own words"


def test_demo_ends_with_a_synced_workbook_and_refuses_a_full_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("demo")
    assert result.exit_code == 0, result.output
    assert "2026-11-20" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert {"Overdue", "Scheduled", "Paused"} <= set(_status_words(tmp_path / "sheetsync-demo" / "customers.xlsx"))
    refused(call("demo"), 6, "sheetsync-demo", "not empty")
    assert call("demo", "other").exit_code == 0


def _status_words(path: Path) -> list[str]:
    rows = read_cells(path)
    header = next(row for row in rows if "↻ Status" in row)
    return [str(row[header.index("↻ Status")]) for row in rows if len(row) > header.index("↻ Status")]


def test_settings_beside_the_workbook_are_found_and_say_which_workbook(workbook: Path) -> None:
    (workbook.parent / "sheetsync.toml").write_text('source = "customers.xlsx"\n[status]\ncolumns = ["Status", "Why"]\n', "utf-8")
    assert call("sync", *ON).exit_code == 0
    assert read_cells(workbook)[0][-2:] == ["↻ Status", "↻ Why"]


def test_unattended_says_one_line(workbook: Path) -> None:
    result = call("sync", workbook, *ON, "--unattended")
    assert result.exit_code == 0
    assert result.stdout == "2026-11-20 customers.xlsx: 6 customers, 24 cells written; no earlier run to compare with\n"
    result = call("sync", workbook, *ON, "--unattended")
    assert result.stdout == "2026-11-20 customers.xlsx: 6 customers, 0 cells written\n"
    assert result.stderr == ""


def test_one_unattended_run_at_a_time(workbook: Path) -> None:
    from sheetsync.config import one_at_a_time

    with one_at_a_time(str(workbook.resolve())):
        refused(call("sync", workbook, *ON, "--unattended"), 3, "Another unattended run")


def test_unattended_tries_again_for_two_hours(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    lock = workbook.with_name("~$customers.xlsx")
    lock.touch()

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            lock.unlink()

    monkeypatch.setattr("time.sleep", sleep)
    result = call("sync", workbook, *ON, "--unattended")
    assert result.exit_code == 0
    assert result.stdout.endswith("; done at try 4\n")
    assert [round(seconds / 60) for seconds in waited[:1]] == [1]
    assert waited == sorted(waited)
    lock.touch()
    waited.extend([0] * 10)
    refused(call("sync", workbook, *ON, "--unattended"), 3, "open in Excel", "Trying again for two hours")
    assert sum(waited[13:]) == pytest.approx(120 * 60)


def test_wait_waits_until_the_workbook_is_closed(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = workbook.with_name(".~lock.customers.xlsx#")
    lock.touch()
    monkeypatch.setattr("time.sleep", lambda _: lock.unlink())
    assert call("sync", workbook, *ON, "--wait", "1").exit_code == 0


# ---- Bad input: a sentence, the right exit code, the file untouched -------------------------------------------


def test_a_missing_file(workbook: Path) -> None:
    refused(call("sync", "custmers.xlsx"), 6, "does not exist", 'Did you mean "customers.xlsx"?')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello there, this is no workbook", "text file"),
        (b"Name,Email\r\nNg,ng@example.com\r\n", "CSV"),
        (b"", "empty"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "Excel 97-2003"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04" + bytes(100), "cut off"),
        (bytes(range(256)) * 4, "no Excel workbook"),
    ],
)
def test_what_is_no_workbook(workbook: Path, content: bytes, words: str) -> None:
    workbook.write_bytes(content)
    before = state(workbook)
    refused(call("sync", workbook), 6, "customers.xlsx", words)
    assert state(workbook) == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook(workbook: Path, share: float) -> None:
    content = workbook.read_bytes()
    workbook.write_bytes(content[: int(len(content) * share)])
    before = state(workbook)
    refused(call("sync", workbook), 6, "customers.xlsx")
    assert state(workbook) == before


@pytest.mark.parametrize("name", ["customers.xls", "customers.csv", "customers.ods", "customers"])
def test_other_kinds_of_file(workbook: Path, name: str) -> None:
    other = workbook.with_name(name)
    other.write_bytes(b"Name,Email\n")
    refused(call("sync", other), 6, name)


def test_a_damaged_member(workbook: Path) -> None:
    content = bytearray(workbook.read_bytes())
    content[content.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    workbook.write_bytes(content)
    refused(call("sync", workbook), 6, "damaged", "sheet1.xml")


def save(path: Path, rows: Rows, **sheets: Rows) -> None:
    book = Workbook()
    for title, cells in ({"Customers": rows} | sheets).items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    del book["Sheet"]
    book.save(path)


def test_no_header(workbook: Path) -> None:
    save(workbook, [["foo", "Nmae"], [1, 2]])
    refused(call("sync", workbook), 6, "no header row", '"Nmae" looks like "Name"', "[columns]")


def test_an_empty_sheet(workbook: Path) -> None:
    save(workbook, [])
    refused(call("sync", workbook), 6, "empty")


def test_a_wrong_sheet_name_lists_the_sheets(workbook: Path) -> None:
    save(workbook, CUSTOMERS, Notes=[["x"]])
    refused(call("sync", workbook, "--sheet", "Custmers"), 2, '"Customers", "Notes"')


def test_two_worksheets_alike(workbook: Path) -> None:
    save(workbook, CUSTOMERS, Old=CUSTOMERS)
    refused(call("sync", workbook), 2, '"Customers" and "Old"', "--sheet")


def test_two_headers_alike(workbook: Path) -> None:
    save(workbook, [["Name", "Email", "E-Mail"], ["Ng", "a@example.com", None]])
    before = state(workbook)
    refused(call("sync", workbook), 6, "B1 and C1")
    assert state(workbook) == before


def test_a_read_only_file(workbook: Path) -> None:
    workbook.chmod(0o444)
    before = state(workbook)
    refused(call("sync", workbook, *ON), 6, "read-only")
    assert state(workbook) == before


@pytest.mark.parametrize("lock", ["~$customers.xlsx", ".~lock.customers.xlsx#"])
def test_a_workbook_that_is_open_elsewhere(workbook: Path, lock: str) -> None:
    workbook.with_name(lock).touch()
    before = state(workbook)
    refused(call("sync", workbook), 3, "is open in", "--wait")
    assert state(workbook) == before
    assert call("today", workbook, *ON).exit_code == 0


def test_a_full_disk(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = state(workbook)
    monkeypatch.setattr(os, "fsync", full)
    refused(call("sync", workbook, *ON), 3, "disk is full")
    assert state(workbook) == before
    assert [path.name for path in workbook.parent.iterdir()] == ["customers.xlsx"]


def test_a_file_that_changes_between_read_and_write_three_times(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetsync.backends.excel import file

    original, edits = file.check_unlocked, iter(range(100))

    def saved_meanwhile(path: Path) -> None:
        rows = [list(row) for row in CUSTOMERS]
        rows[1][1] = f"Susan {next(edits)}"
        write_workbook(workbook, rows)
        original(path)

    monkeypatch.setattr(file, "check_unlocked", saved_meanwhile)
    refused(call("sync", workbook, *ON), 4, "saved by somebody else")
    assert "↻ Status" not in read_cells(workbook)[0]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('sorce = "x"', 'Did you mean "source"?'),
        ("[limits]\nlaed = '7 days'", 'Did you mean "lead"?'),
        ('[rules.Renewal]\ndue = "60 dayz before Contract end"', 'did you mean "60 days before Contract end"?'),
        ('[rules.Renewal]\ndue = "60 days befor Contract end"', 'did you mean "60 days before Contract end"?'),
        ('[rules.Renewal]\ndue = "sometimes"', "no due phrase"),
        ('[rules.Renewal]\nwhen = { Tier = "=>5" }', 'did you mean ">=5"?'),
        ('[rules.Renewal]\nwhen = { "Last contact" = "<tody - 90 days" }', 'did you mean "<today - 90 days"?'),
        ('[rules.Renewl]\ndue = "on Contract end"', 'Did you mean "Renewal"?'),
        ('[rules.Renewal]\nwhen = { "↻ Status" = "Due" }', "status column"),
        ('playbook = "home-busines"', 'Did you mean "home-business"?'),
        ('timezone = "Europe/Berln"', "no time zone"),
        ("[status]\ncolours = { Overdu = 'BAD' }", 'Did you mean "Overdue"?'),
        ("[calendar]\ncountry = 'Atlantis'", "no public holidays"),
        ("source = [", "can't be read"),
        ("[columns]\nName = 7", "[columns] Name"),
    ],
)
def test_wrong_settings_say_where_and_what_is_nearest(workbook: Path, toml: str, words: str) -> None:
    (workbook.parent / "sheetsync.toml").write_text(toml, "utf-8")
    before = state(workbook)
    refused(call("sync", workbook, *ON), 2, "sheetsync.toml", words)
    assert state(workbook) == before


def test_wrong_options(workbook: Path) -> None:
    refused(call("sync", workbook, "--today", "20.11.2026"), 2, "--today", "year-month-day")
    refused(call("sync", workbook, "--config", "nowhere.toml"), 2, "nowhere.toml")
    refused(call("sync", workbook, "--playbook", "bakery"), 2, "bakery")
    refused(call("sync", "https://example.com/customers.xlsx"), 6, "no link to a Google Sheet")
    refused(call("sync"), 2, "No workbook was named")
    refused(call("sync", workbook.parent), 6, "folder")
    assert call("sync", workbook, "--frob").exit_code == 2
    assert call("frob").exit_code == 2


def test_a_bug_is_one_sentence_and_a_log(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("never mind")

    monkeypatch.setattr(import_module("sheetsync.sync"), "validate", broken)
    before = state(workbook)
    result = call("sync", workbook, *ON)
    refused(result, 1, "ZeroDivisionError", ".log")
    logs = list((Path(os.environ["SHEETSYNC_STATE_DIR"]) / "logs").iterdir())
    assert "never mind" in logs[0].read_text("utf-8")
    assert state(workbook) == before


def test_ctrl_c_ends_with_130(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("sheetsync.sync"), "validate", stopped)
    refused(call("sync", workbook, *ON), 130, "Stopped")


def test_a_state_folder_that_cannot_be_written_stops_the_write(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = workbook.parent / "blocked"
    blocked.write_text("no folder", "utf-8")
    monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(blocked))
    before = state(workbook)
    refused(call("sync", workbook, *ON), 3, "journal", "SHEETSYNC_STATE_DIR")
    assert state(workbook) == before


def test_backups_are_kept_14_at_most(workbook: Path) -> None:
    original = workbook.read_bytes()
    for day in range(1, 18):
        write_workbook(workbook, CUSTOMERS)
        call("sync", workbook, "--today", f"2026-11-{day:02}")
    backups = sorted((Path(os.environ["SHEETSYNC_STATE_DIR"]) / "backups").glob("*/*.xlsx"))
    assert len(backups) == 14
    assert backups[-1].stat().st_mode & 0o077 == 0
    shutil.copyfile(backups[-1], workbook)
    assert read_cells(workbook) == _cells_of(original, workbook.parent)


def _cells_of(content: bytes, folder: Path) -> Rows:
    path = folder / "other.xlsx"
    path.write_bytes(content)
    return read_cells(path)
