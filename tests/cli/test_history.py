"""sheetsync history: the runs in a table, one customer's story, and forgetting one so that not a byte of them is left."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.config import journal
from sheetsync.resources import example
from tests.test_log_sync import ROWS
from tests.worksheets import CUSTOMERS, Rows, read_cells, write_workbook

SUSAN = "Susan Ortiz"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook that was synced twice, with Log entries the first time."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "customers.xlsx"
    write_workbook(path, ROWS)
    called("sync", path, "--today", "2026-11-20")
    called("sync", path, "--today", "2027-03-20")
    return path


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def called(*words: str | Path) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def flat(text: str) -> str:
    return " ".join(text.split())


def edited(path: Path, change: Callable[[Rows], Rows]) -> None:
    write_workbook(path, change(read_cells(path)))


def test_runs_are_shown_newest_first_with_what_became_of_them_in_80_columns(book: Path) -> None:
    called("sync", book, "--today", "2027-03-20")
    called("undo", book)
    assert call("sync", book, "--sheet", "Nowhere").exit_code == 2
    text = called("history", book)
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    assert lines[0].split() == ["When", "Run", "Customers", "Cells", "What", "became", "of", "it"]
    commands = [line[23:29].strip() for line in lines[1:7] if not line.startswith(" ")]
    assert commands == ["sync", "undo", "sync", "sync", "sync"]
    for word in ("refused: the settings", "took back", "nothing had changed", "taken back", "written, 6 Log entries",
                 'customers.xlsx has no worksheet "Nowhere"', "copies of customers.xlsx from before a write"):
        assert word in flat(text), text


def test_the_newest_are_shown_and_limit_shows_more(book: Path) -> None:
    for _ in range(22):
        journal().begin("elsewhere.xlsx", "s", today=date(2026, 1, 1), counts=None, statuses={}, changes=())
    assert called("history").count("cut off while it wrote") == 20
    assert "older ones with --limit" in flat(called("history"))
    assert "customers.xlsx" not in called("history").splitlines()[1]
    every = called("history", "--limit", "100")
    assert every.count("cut off while it wrote") == 22
    assert str(book) in every
    assert "--limit" not in every
    assert call("history", "--limit", "0").exit_code == 2


def test_json_holds_all_that_is_recorded(book: Path) -> None:
    told = json.loads(called("history", book, "--json"))
    assert told["version"] == 1
    [second, first] = told["runs"]
    assert first["source"] == str(book.resolve())
    assert (first["command"], first["outcome"], first["customers"], first["log"], first["today"]) == ("sync", "written", 8, 6, "2026-11-20")
    assert sum(first["statuses"].values()) == 8
    assert second["cells"] > 0
    assert second["undone_by"] is None


def test_without_any_run_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert called("history") == "The journal holds no run yet.\n"
    assert json.loads(called("history", "--json")) == {"version": 1, "runs": []}
    assert call("history", "nobody").exit_code == 2


def test_a_customers_story_is_told_oldest_first_by_name_or_key_or_part_of_the_name(book: Path) -> None:
    text = called("history", book, SUSAN)
    assert text == called("history", book, "1") == called("history", book, "ortiz") == called("history", book, "Susan", "Ortiz")
    assert max(map(len, text.splitlines())) <= 80
    told = flat(text)
    assert told.startswith("Susan Ortiz (Customer no 1) · customers.xlsx")
    assert "Log: called on 20 Nov 2026, for Complaint: phone first: sorry" in told
    assert "Last contact: Mon 2 Nov 2026 → Fri 20 Nov 2026" in told
    assert "Status: Scheduled → Overdue" in told
    assert told.index("Log: called") < told.index("Status: Scheduled → Overdue")
    assert "Kwame" not in told
    story = json.loads(called("history", book, SUSAN, "--json"))
    assert story["keys"] == [{"column": "Customer no", "key": "1"}]
    assert [entry["note"] for part in story["story"] for entry in part["log"]] == ["sorry"]
    assert {change["column"] for part in story["story"] for change in part["changes"]} >= {"↻ Status", "Log", "Last contact"}


def test_what_was_taken_back_is_part_of_the_story(book: Path) -> None:
    called("undo", book)
    told = flat(called("history", book, SUSAN))
    assert "taken back later" in told
    assert "Status: Overdue → Scheduled" in told


def test_a_customer_without_a_unique_key_is_found_by_the_name_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    rows: Rows = [["Name", "Last contact", "Log"], ["Ng", CUSTOMERS[1][4], "called: a"], ["Ng", CUSTOMERS[2][4], None], ["Li", None, None]]
    write_workbook(path, rows)
    called("sync", path, "--today", "2026-11-20")
    edited(path, lambda found: [row for row in found if row[0] != "Ng"])
    told = flat(called("history", path, "Ng"))
    assert "no unique key" in told
    assert "Log: called on 20 Nov 2026" in told


def test_a_customer_who_is_gone_from_the_sheet_and_a_sheet_that_is_gone_still_have_their_story(book: Path) -> None:
    before = called("history", book, SUSAN)
    edited(book, lambda rows: [row for row in rows if row[1] != SUSAN])
    assert called("history", book, SUSAN) == called("history", book, "1") == before
    book.unlink()
    gone = call("history", book, "1")
    assert gone.stdout == before
    assert "Looked for in the journal alone." in gone.stderr
    assert "written" in called("history", book)


def test_somebody_whom_nobody_knows_is_refused_with_the_nearest(book: Path) -> None:
    for words in (["history", str(book), "Susan Oritz"], ["history", str(book), "--forget", "Susan Oritz", "--yes"]):
        result = call(*words)
        assert result.exit_code == 6
        assert 'There is no customer "Susan Oritz" in customers.xlsx, nor in its journal.' in flat(result.stderr)
        assert "Did you mean Susan Ortiz" in result.stderr
    result = call("history", book, "o'brien-smith")
    assert result.exit_code == 6
    assert "row 7" in result.stderr


def all_bytes(folder: Path) -> bytes:
    """Every byte below a folder, and what is compressed in it as well: members of workbooks, and blobs of the journal."""
    out = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            out.append(path.read_bytes())
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as package:
                    out += [package.read(name) for name in package.namelist()]
            if path.suffix == ".sqlite3":
                with sqlite3.connect(path) as db:
                    for table in ("changes", "images", "shown"):
                        out += [zlib.decompress(line[-1]) for line in db.execute(f"SELECT * FROM {table}")]
                db.close()
    return b"".join(out)


def state() -> Path:
    return Path(os.environ["SHEETSYNC_STATE_DIR"])


@pytest.mark.parametrize("gone", [False, True])
def test_after_forgetting_not_a_byte_of_the_customer_is_left_in_the_state_folder(book: Path, gone: bool) -> None:
    logs = state() / "logs"
    logs.mkdir()
    logs.joinpath("failure-1.log").write_text("Traceback\nKeyError: 'Susan Ortiz'\nend\n")
    if gone:
        edited(book, lambda rows: [row for row in rows if row[1] != SUSAN])
        called("sync", book, "--today", "2027-03-21")
    held = all_bytes(state())
    assert all(word in held for word in (b"Susan Ortiz", b"sorry", b"Kwame Asante"))
    others, mine = called("history", book, "Ng", "--json"), book.read_bytes()
    runs = called("history", book, "--json")
    told = flat(called("history", book, "--forget", SUSAN, "--yes"))
    assert "1 Log entry of 2 runs" in told
    assert ("2 of 3 backups" if gone else "2 of 2 backups") in told
    assert ("delete the row there first" in told) != gone
    assert told.endswith("Forgotten.")
    left = all_bytes(state())
    for word in (b"Susan", b"Ortiz", b"sorry"):
        assert word not in left
    assert called("history", book, "Ng", "--json") == others
    assert [run["id"] for run in json.loads(called("history", book, "--json"))["runs"]] == [run["id"] for run in json.loads(runs)["runs"]]
    assert book.read_bytes() == mine
    assert logs.joinpath("failure-1.log").read_text() == "Traceback\nend\n"
    again = call("history", book, "--forget", SUSAN, "--yes")
    assert ("There is no customer" if gone else "Neither journal nor backups hold anything of Susan Ortiz") in flat(again.output)
    assert again.exit_code == (6 if gone else 0)
    assert len(list((state() / "backups").rglob("*.xlsx"))) == int(gone)


def test_what_rows_have_shown_since_changes_were_dropped_is_forgotten_too(book: Path) -> None:
    with sqlite3.connect(journal().path) as db:
        db.execute("UPDATE runs SET started = '2020-01-01T00:00:00+00:00'")
    db.close()
    assert journal().prune() == 2
    called("report", book)
    assert b"Susan Ortiz" in all_bytes(state())
    assert "2 of 2 backups" in flat(called("history", book, "--forget", SUSAN, "--yes"))
    left = all_bytes(state())
    assert b"Susan" not in left
    assert b"Kwame Asante" in left


def test_undo_brings_back_all_but_the_forgotten_customers_cells(book: Path) -> None:
    called("history", book, "--forget", SUSAN, "--yes")
    for _ in range(2):
        called("undo", book)
    rows = read_cells(book)
    assert rows[2][:9] == ROWS[2][:9]  # Kwame's entry is back
    assert rows[1][8:9] == [None]  # Susan's is not


def test_without_yes_and_without_a_terminal_it_is_only_shown_what_would_go(book: Path) -> None:
    before = {path: path.read_bytes() for path in state().rglob("*") if path.is_file()}
    told = called("history", book, "--forget", SUSAN)
    assert "Nothing was forgotten. To do it: add --yes." in told
    assert max(map(len, told.splitlines())) <= 80
    assert json.loads(called("history", book, "--forget", SUSAN, "--json"))["forgotten"] is False
    assert {path: path.read_bytes() for path in state().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("answer", "forgotten"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_it_asks(book: Path, monkeypatch: pytest.MonkeyPatch, answer: str, forgotten: bool) -> None:
    monkeypatch.setattr("sheetsync.cli.fix.is_terminal", lambda: True)
    result = CliRunner().invoke(app, ["history", str(book), "--forget", SUSAN], input=answer)
    assert "Forget all of this for good?" in result.output
    assert (b"Ortiz" not in all_bytes(state())) == forgotten


def test_a_part_of_a_name_is_not_enough_for_forgetting_and_names_alike_stay(book: Path) -> None:
    result = call("history", book, "--forget", "Ortiz", "--yes")
    assert result.exit_code == 6
    assert "only a part of Susan Ortiz" in flat(result.stderr)
    told = called("history", book, "Li", "--json")
    called("history", book, "--forget", "Ng", "--yes")
    assert called("history", book, "Li", "--json") == told
    assert call("history", book, "Susan", "--forget", SUSAN).exit_code == 2


def test_what_other_rows_say_of_a_forgotten_customer_goes_as_well(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    rows: Rows = [["Customer no", "Name", "Email", "Last contact", "Log", "Notes"],
                  [1, SUSAN, "susan@example.com", CUSTOMERS[1][4], None, None],
                  [2, "Susana Ortiz", "susan@example.com", CUSTOMERS[1][4], "called: spoke to Susan Ortiz", None]]
    write_workbook(path, rows)
    called("sync", path, "--today", "2026-11-20")
    assert "Susan Ortiz" in flat(called("history", path, "2"))
    told = flat(called("history", path, "--forget", "1", "--yes"))
    assert "of other rows that name them" in told
    left = all_bytes(state())
    assert b"Susan Ortiz" not in left
    assert b"Susana Ortiz" in left


def test_somebody_else_of_the_same_name_keeps_their_records(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [["Customer no", "Name", "Last contact"], *([n, SUSAN, CUSTOMERS[1][4]] for n in (1, 2))])
    called("sync", path, "--today", "2026-12-20")
    before = called("history", path, "2", "--json")
    assert SUSAN in before
    assert call("history", path, "--forget", SUSAN, "--yes").exit_code == 6
    assert "Forgotten." in called("history", path, "--forget", "1", "--yes")
    changes = [change for part in json.loads(called("history", path, "2", "--json"))["story"] for change in part["changes"]]
    was = [change for part in json.loads(before)["story"] for change in part["changes"]]
    assert changes == [change for change in was if change["column"] != "↻ Problems"]


@pytest.mark.parametrize("words", [["--forget", ""], ["--forget", " ", "--yes"], [" ", "--forget", SUSAN, "--limit", "x"]])
def test_a_customer_without_a_name_is_not_looked_for(book: Path, words: list[str]) -> None:
    before = all_bytes(state())
    assert call("history", book, *words).exit_code == 2
    assert all_bytes(state()) == before


def test_a_journal_that_is_damaged_is_said_to_be(book: Path) -> None:
    journal().path.write_bytes(b"no journal at all" * 100)
    before = book.read_bytes()
    for command in ("history", "sync", "undo"):
        result = call(command, book)
        assert result.exit_code == 6
        assert "is damaged" in result.stderr
    assert book.read_bytes() == before


def test_a_backup_that_cannot_be_looked_into_counts_as_holding_them_and_one_that_does_not_stays(book: Path) -> None:
    [folder] = (state() / "backups").iterdir()
    folder.joinpath("customers-20250101-010101-000001.xlsx").write_bytes(b"not a workbook")
    other = folder / "customers-20250102-010101-000001.xlsx"
    write_workbook(other, [ROWS[0], *ROWS[2:]])
    told = flat(called("history", book, "--forget", SUSAN, "--yes"))
    assert "3 of 4 backups hold them" in told
    assert [path.name for path in folder.iterdir()] == [other.name]


def test_a_backup_that_knows_the_customer_by_another_name_is_found_by_the_key(book: Path) -> None:
    [folder] = (state() / "backups").iterdir()
    shutil.rmtree(folder)
    folder.mkdir()
    old = folder / "customers-20250101-010101-000001.xlsx"
    write_workbook(old, [ROWS[0], [1, "S. Miller", *ROWS[1][2:]], *ROWS[2:]])
    called("history", book, "--forget", SUSAN, "--yes")
    assert not old.exists()


def test_a_state_folder_that_a_service_copies_elsewhere_is_refused(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()
    for folder in ("OneDrive - Bakery/state", "Dropbox/sheetsync", "Library/Mobile Documents/com~apple~CloudDocs/x", "My Drive/x"):
        monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(tmp_path / folder))
        for command in ("sync", "history", "undo"):
            result = call(command, book)
            assert result.exit_code == 2
            assert "stands in a folder of" in flat(result.stderr)
            assert "SHEETSYNC_STATE_DIR" in result.stderr
        assert "stands in a folder of" in flat(call("doctor", book).stdout)
        assert not (tmp_path / folder).exists()
    assert book.read_bytes() == before


def test_the_example_of_a_bakery_has_a_history(tmp_path: Path) -> None:
    shutil.copytree(example("home-business"), tmp_path / "bakery")
    path = tmp_path / "bakery" / "customers.xlsx"
    called("sync", path, "--today", "2026-11-20")
    assert "Phone Susan Ortiz" in flat(called("history", path, "JL-101"))
    called("history", path, "--forget", "JL-101", "--yes")
    with sqlite3.connect(journal().path) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    db.close()
    assert SUSAN.encode() not in all_bytes(state())
