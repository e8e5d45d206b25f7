"""sheetsync fix as its owner meets it: what is proposed, agreed, written, and taken back."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.core.model import Cell
from tests.worksheets import read_cells

ROWS: list[list[Cell]] = [
    ["Customer no", "Name", "Email", "Phone", "Tier", "Last contact", "Spent", "Complaint", "Notes"],
    [1, "Susan  Ortiz ", "Susan@GMIAL.com", "030901820", "Glod", "3 March 2026", "1,234.50", "-", "-"],
    [2, "Ng", "ng@example.com", "030 901821", "Gold", date(2026, 3, 3), 12.5, None, "two  spaces"],
    [3, "Sоphie", "TBD", 30901822, "Silver", "03/04/2026", "€ 12", "n/a", None],
    [4, "李小龙", "lee@example.org", "+49 30 901823", "gold", "2026-03-04 09:30", "007", None, None],
]
MENDED = {
    ("Susan  Ortiz ", "Susan Ortiz"), ("Susan@GMIAL.com", "susan@gmail.com"), ("030901820", "+49 30 901820"), ("Glod", "Gold"),
    ("3 March 2026", date(2026, 3, 3)), ("1,234.50", 1234.5), ("-", None), ("Sоphie", "Sophie"), ("TBD", None), (30901822, "+49 30 901822"),
    ("n/a", None),
}
SETTINGS = """
[columns]
Phone = { country = "DE" }
Tier = { type = "choice", choices = ["Gold", "Silver"] }
Spent = { type = "money" }
"""


def call(*arguments: str | Path, **more: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **more)


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list with something to mend in it; the text cells of Last contact have a fill of their own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheetsync.toml").write_text(SETTINGS, "utf-8")
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Customers")
        day = book.add_format({"num_format": "d mmm yyyy"})
        pink = book.add_format({"bg_color": "#FFC0CB", "bold": True})
        for number, row in enumerate(ROWS):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell, pink if number else None)
                elif isinstance(cell, (int, float)):
                    sheet.write_number(number, column, cell)
        sheet.write_formula(5, 0, "=4+1", None, 5)
        sheet.write_formula(5, 1, '="Bo  "&"Lee"', None, "Bo  Lee")
        sheet.write_string(5, 2, "bo@example.com")
    return path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetsync.cli.fix.is_terminal", lambda: True)


def changed(before: list[list[Any]], after: list[list[Any]]) -> set[tuple[Any, Any]]:
    wide = max(len(row) for row in before)
    pad = [[*row, *[None] * (wide - len(row))] for row in before], [[*row, *[None] * (wide - len(row))] for row in after]
    return {(one, other) for left, right in zip(*pad, strict=True) for one, other in zip(left, right, strict=True) if one != other}


def test_without_a_terminal_it_only_shows_old_and_new(workbook: Path) -> None:
    before = workbook.read_bytes()
    result = call("fix", workbook)
    assert result.exit_code == 0, result.output
    assert '"Susan@gmail.com" → "susan@gmail.com"' in result.stdout
    assert '"3 March 2026" → Tue 3 Mar 2026' in result.stdout
    assert "Nothing was written" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert workbook.read_bytes() == before


def test_yes_mends_everything_that_loses_nothing_and_nothing_else(workbook: Path) -> None:
    before = read_cells(workbook)
    result = call("fix", workbook, "--yes")
    assert result.exit_code == 0, result.output
    assert "To take it back: sheetsync undo" in result.stdout
    assert changed(before, read_cells(workbook)) == MENDED
    assert "Nothing to mend" in call("fix", workbook, "--yes").stdout


def test_undo_brings_every_old_value_back_also_after_a_sort(workbook: Path) -> None:
    before = read_cells(workbook)
    call("fix", workbook, "--yes")
    assert call("undo", workbook).exit_code == 0
    assert read_cells(workbook) == before


def test_undo_takes_back_the_sync_first_and_then_the_fix(workbook: Path) -> None:
    before = read_cells(workbook)
    call("fix", workbook, "--yes")
    fixed = read_cells(workbook)
    call("sync", workbook, "--today", "2026-11-20")
    call("undo", workbook)
    assert read_cells(workbook) == fixed
    call("undo", workbook)
    assert read_cells(workbook) == before


@pytest.mark.parametrize("key", [None, "Email", "Name"])
def test_undo_finds_rows_whose_key_was_mended_and_rows_without_one(workbook: Path, key: str | None) -> None:
    (workbook.parent / "sheetsync.toml").write_text((f'key = ["{key}"]\n' if key else 'key = ["ID"]\n') + SETTINGS, "utf-8")
    before = read_cells(workbook)
    assert call("fix", workbook, "--yes").exit_code == 0
    assert read_cells(workbook) != before
    call("undo", workbook)
    assert read_cells(workbook) == before


def test_a_mended_cell_keeps_its_look_and_a_date_gets_a_date_format(workbook: Path) -> None:
    call("fix", workbook, "--yes")
    sheet = openpyxl.load_workbook(workbook)["Customers"]
    for address in ("B2", "C2", "D2", "E2", "F2", "G2", "H2", "C4"):
        assert sheet[address].fill.start_color.rgb == "FFFFC0CB", address
        assert sheet[address].font.b, address
    assert sheet["F2"].is_date
    assert sheet["F3"].number_format == "d mmm yyyy"
    assert sheet["B2"].number_format == "General"


def test_only_and_skip_choose_kinds_and_a_wrong_one_is_told_with_the_nearest(workbook: Path) -> None:
    before = read_cells(workbook)
    call("fix", workbook, "--yes", "--only", "spaces,date", "--skip", "date")
    assert changed(before, read_cells(workbook)) == {("Susan  Ortiz ", "Susan Ortiz")}
    result = call("fix", workbook, "--only", "space")
    assert result.exit_code == 2
    assert 'Did you mean "spaces"?' in result.stderr


def test_a_step_that_was_not_agreed_leaves_its_part_alone(workbook: Path) -> None:
    before = read_cells(workbook)
    call("fix", workbook, "--yes", "--only", "email-case")
    assert changed(before, read_cells(workbook)) == {("Susan@GMIAL.com", "susan@gmial.com")}


def test_a_check_that_is_switched_off_proposes_nothing(workbook: Path) -> None:
    (workbook.parent / "sheetsync.toml").write_text(
        SETTINGS + '[checks.placeholder]\nignore = ["Complaint", "Notes"]\n[checks.spaces]\nenabled = false\n', "utf-8")
    before = read_cells(workbook)
    call("fix", workbook, "--yes")
    assert changed(before, read_cells(workbook)) == MENDED - {("-", None), ("n/a", None), ("Susan  Ortiz ", "Susan Ortiz")}


@pytest.mark.usefixtures("terminal")
def test_it_asks_kind_by_kind_and_row_by_row(workbook: Path) -> None:
    before = read_cells(workbook)
    result = call("fix", workbook, input="y\nn\nr\ny\nn\ny\n" + "n\n" * 10)
    assert result.exit_code == 0, result.output
    assert changed(before, read_cells(workbook)) == {
        ("Susan  Ortiz ", "Susan Ortiz"), ("-", None), ("n/a", None)}


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("answers", ["y\nq\n", "y\n", ""])
def test_quit_and_the_end_of_input_write_nothing(workbook: Path, answers: str) -> None:
    before = workbook.read_bytes()
    result = call("fix", workbook, input=answers)
    assert "Nothing was written" in result.stdout
    assert workbook.read_bytes() == before


@pytest.mark.usefixtures("terminal")
def test_what_was_edited_while_the_question_stood_is_left_alone(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited(question: str) -> str:
        book = openpyxl.load_workbook(workbook)
        book["Customers"]["B2"] = "Sue  Ortiz"
        book["Customers"].move_range("A2:I5", rows=5)  # all rows elsewhere
        book.save(workbook)
        monkeypatch.setattr("builtins.input", lambda _: "y")
        return "y"

    monkeypatch.setattr("builtins.input", edited)
    result = call("fix", workbook)
    assert "1 cell left alone, changed meanwhile: Susan Ortiz, Name" in result.stdout
    after = read_cells(workbook)
    assert after[6][1] == "Sue  Ortiz"
    assert after[6][2] == "susan@gmail.com"


def test_json_holds_the_repairs_and_whether_they_were_written(workbook: Path) -> None:
    found = json.loads(call("fix", workbook, "--json").stdout)
    assert found["written"] is False
    assert {"row": 2, "customer": "Susan Ortiz", "column": "Tier", "kind": "choice", "before": "Glod", "after": "Gold"} in found["repairs"]
    found = json.loads(call("fix", workbook, "--json", "--yes").stdout)
    assert found["written"] is True
    assert {"row": 2, "column": "Last contact", "before": "3 March 2026", "after": "2026-03-03"} in found["changes"]


def test_dry_run_writes_nothing_even_with_yes(workbook: Path) -> None:
    before = workbook.read_bytes()
    assert "Nothing was written" in call("fix", workbook, "--yes", "--dry-run").stdout
    assert workbook.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
def test_in_a_real_terminal_it_asks(workbook: Path) -> None:
    main, other = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", "from sheetsync.cli import main; main()", "fix", str(workbook)],
                               stdin=other, stdout=other, stderr=other, env={**os.environ, "TERM": "dumb"})
    os.close(other)
    os.write(main, b"y\nq\n")
    out = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        if not part:
            break
        out += part
    assert process.wait(60) == 0
    os.close(main)
    assert b"[y]es, [n]o, [r]ow by row, [q]uit" in out
    assert b"Nothing was written" in out
