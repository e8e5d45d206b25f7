"""sheetsync draft: one customer's message, by name or key, into terminal, clipboard and mail program."""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.resources import example

DAY = ["--today", "2026-11-20"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    shutil.copytree(example("home-business"), tmp_path / "example")
    return tmp_path / "example" / "customers.xlsx"


def draft(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["draft", *map(str, words), *DAY])


def test_the_message_of_the_next_step_is_shown_and_nothing_is_written(book: Path) -> None:
    before = book.read_bytes()
    found = draft(book, "Susan Ortiz")
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Phone script\n\nHello Susan Ortiz, this is")
    assert "Cake had the wrong inscription" in " ".join(found.stdout.split())
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert book.read_bytes() == before


def test_who_may_be_a_key_a_name_without_quotes_or_a_part_of_it(book: Path) -> None:
    assert draft(book, "JL-101").stdout == draft(book, "Susan", "Ortiz").stdout == draft(book, "ortiz").stdout


def test_the_workbook_may_be_left_out_where_the_settings_name_it(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.parent)
    assert draft("Susan", "Ortiz").stdout.startswith("Phone script")


def test_a_misspelt_name_is_answered_with_the_nearest_and_an_ambiguous_one_with_all(book: Path) -> None:
    found = draft(book, "Susan Oritz")
    assert found.exit_code == 6
    assert "Did you mean Susan Ortiz" in found.stderr
    assert draft(book).exit_code == 2
    found = draft(book, "JL-126")
    assert found.exit_code == 6
    assert "Mei-Ling Chen (row 30" in found.stderr
    assert "Jonas Lindqvist (row 31" in found.stderr


def test_a_row_without_a_next_step_says_so(book: Path) -> None:
    found = draft(book, "Carol Whitfield")
    assert found.exit_code == 6
    assert "Do not contact" in found.stderr
    assert draft(book, "Carol Whitfield", "--message", "keep-in-touch").exit_code == 0
    found = draft(book, "Carol Whitfield", "--message", "kep-in-touch")
    assert found.exit_code == 2
    assert "keep-in-touch" in found.stderr


def test_json_is_one_object(book: Path) -> None:
    found = json.loads(draft(book, "Joyce Abernathy", "--json").stdout)
    assert (found["kind"], found["to"], found["subject"]) == ("e-mail", "joyce.abernathy@example.net", "How is it going?")
    assert found["mailto"].startswith("mailto:joyce.abernathy@example.net?subject=How%20is%20it%20going%3F&body=Dear%20Joyce")


def test_mailto_opens_the_mail_program_with_everything_filled_in(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def launch(link: str) -> int:
        opened.append(link)
        return 0

    monkeypatch.setattr("typer.launch", launch)
    assert draft(book, "Joyce Abernathy", "--mailto").exit_code == 0
    [link] = opened
    assert link == json.loads(draft(book, "Joyce Abernathy", "--json").stdout)["mailto"]
    monkeypatch.setattr("typer.launch", lambda link: 1)
    found = draft(book, "Joyce Abernathy", "--mailto")
    assert found.exit_code == 6
    assert "No mail program" in found.stderr


def test_mailto_of_a_phone_script_or_to_nobody_is_refused(book: Path) -> None:
    assert "phone script, not an e-mail" in draft(book, "Susan Ortiz", "--mailto").stderr
    assert "no e-mail address" in draft(book, "Ana Silva", "--message", "keep-in-touch", "--mailto").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for pbcopy is a shell script")
def test_copy_hands_the_text_to_the_platforms_clipboard(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "bin" / "pbcopy"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\n/bin/cat > "{tmp_path}/clipboard"\n', "utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent))
    found = draft(book, "Joyce Abernathy", "--copy")
    assert found.exit_code == 0, found.output
    assert (tmp_path / "clipboard").read_text("utf-8") == json.loads(draft(book, "Joyce Abernathy", "--json").stdout)["body"]


def test_without_a_clipboard_the_text_is_shown_all_the_same(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    found = draft(book, "Joyce Abernathy", "--copy")
    assert found.exit_code == 6
    assert "Dear Joyce Abernathy" in found.stdout
    assert "no clipboard" in found.stderr


def test_the_signature_is_the_owners(book: Path) -> None:
    settings = book.parent / "sheetsync.toml"
    assert "this is Maya from Juniper Lane." in draft(book, "Susan Ortiz").stdout
    settings.write_text(settings.read_text("utf-8").replace("[messages]\nsignature", "# "), "utf-8")
    assert "this is [your name]." in draft(book, "Susan Ortiz").stdout


def test_a_message_beside_the_settings_is_the_owners_and_goes_before_the_shipped_one(book: Path) -> None:
    folder = book.parent / "messages"
    folder.mkdir()
    (folder / "complaint-call.md.j2").write_text("Phone\n\n{{ Name }}, about your order of {{ Usual order }}.\n", "utf-8")
    found = draft(book, "Susan Ortiz")
    assert found.exit_code == 6
    assert "needs Usual order, which is no column" in found.stderr
    settings = book.parent / "sheetsync.toml"
    settings.write_text(settings.read_text("utf-8").replace("[columns]\n", '[columns]\n"Usual order" = "Usual order"\n'), "utf-8")
    assert "Susan Ortiz, about your order of Birthday and tiered cakes." in draft(book, "Susan Ortiz").stdout


def with_message(book: Path, message: str) -> Path:
    """The example whose worksheet Rules names another message for the first call about a complaint."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = load_workbook(book)
    rules = workbook["Rules"]
    header = [cell.value for cell in rules[1]]
    names = [row[0].value for row in rules.iter_rows()]
    rules.cell(names.index("Complaint: phone first") + 1, header.index("Message") + 1, message)
    workbook.save(book)
    return book


def test_the_message_is_that_of_the_rules_worksheet(book: Path) -> None:
    assert "No particular reason" in draft(with_message(book, "recovery-call.md.j2"), "Susan Ortiz").stdout


def test_a_message_of_the_rules_worksheet_that_there_is_not_is_told_by_its_cell(book: Path) -> None:
    found = draft(with_message(book, "recvery-call.md.j2"), "Susan Ortiz")
    assert found.exit_code == 2
    assert 'worksheet "Rules", row 2, column Message' in found.stderr
    assert 'Did you mean "recovery-call.md.j2"?' in found.stderr
