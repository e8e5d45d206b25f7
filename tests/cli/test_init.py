"""sheetsync init as a newcomer uses it: an odd list, no list, bad files, questions; and that the list itself is never touched."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.resources import playbooks
from tests.backends.excel.corpus import workbooks
from tests.sheets_emulator import Book, Emulator
from tests.worksheets import CUSTOMERS, Rows, read_cells, statuses, write_workbook

TODAY = date(2026, 11, 20)
ON = ["--today", TODAY.isoformat()]
FIRST = ("Ann", "Bob", "Carla", "Dan", "Eve", "Fritz", "Gina", "Hank", "Iris", "Joe", "Kim", "Lena", "Max", "Nora", "Otto", "Pia", "Quinn",
         "Rosa", "Sam", "Tess")
LAST = ("Archer", "Baker", "Cole", "Dunn", "Ewing", "Foster", "Grant", "Hale", "Irwin", "Jones", "Kent", "Lowe", "Moss", "Nash", "Owen")
PEOPLE = [f"{first} {last}" for last in LAST for first in FIRST]
ODD_HEADER = ["Cust #", "Client Name (full)", "E-Mail Adresse", "Tel.", "last spoken to?", "Notes/Comments", "B-day", "Town"]
ODD_COLUMNS = {"Customer no": "Cust #", "Name": "Client Name (full)", "Email": "E-Mail Adresse", "Phone": "Tel.",
               "Last contact": "last spoken to?", "Notes": "Notes/Comments"}


def call(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["init", *(str(argument) for argument in arguments)], input=typed)


def newcomer(path: Path, rows: int = 300) -> None:
    """A list as people keep one: titles, a blank column, odd headers, blanks, and something scribbled below."""
    workbook = Workbook()
    sheet = workbook.create_sheet("List 2026", 0)
    sheet["B1"], sheet["B2"] = "Our customers", "Please keep this up to date!!"
    for place, text in enumerate(ODD_HEADER):
        sheet.cell(4, 2 + place, text)
    for n, name in enumerate(PEOPLE[:rows]):
        last = None if n % 7 == 0 else TODAY - timedelta(days=3 * n + 1)
        cells = [1000 + n, name, f"{name.lower().replace(' ', '.')}@mailbox.com", f"+1 415 555 {1000 + n}", last,
                 "likes tea" if n % 3 == 0 else None, date(1950 + n % 45, 1 + n % 12, 1 + n % 28), ("Bath", "Cork", "Deal")[n % 3]]
        for place, value in enumerate(cells):
            sheet.cell(5 + n, 2 + place, value)
    sheet.cell(7 + rows, 2, "Total: 300")
    sheet.cell(9 + rows, 7, "* red = moved away")
    workbook.create_sheet("Prices").append(["Cake", 12.5])
    workbook.save(path)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def odd(here: Path) -> Path:
    path = here / "mylist.xlsx"
    newcomer(path, 40)
    return path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there who can answer."""
    monkeypatch.setattr("sheetsync.cli.init.is_terminal", lambda: True)


def settings(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "sheetsync.toml").read_text("utf-8"))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    said = " ".join(result.stderr.split())
    for word in words:
        assert word in said


# ---- A newcomer's list ----------------------------------------------------------------------------------------------


def test_a_newcomers_list_is_coloured_after_two_commands(here: Path) -> None:
    path = here / "mylist.xlsx"
    newcomer(path)
    before = cells_of(path)
    program = Path(sys.executable).with_name("sheetsync")
    for command in (["init", "mylist.xlsx", "--yes", *ON], ["sync", *ON]):
        done = subprocess.run([program, *command], cwd=here, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert settings(here) == {"source": "mylist.xlsx", "sheet": "List 2026", "playbook": "home-business", "columns": ODD_COLUMNS}
    after = load_workbook(path)["List 2026"]
    status = [cell.value for cell in after[4]].index("↻ Status") + 1
    words = [after.cell(row, status).value for row in range(5, 305)]
    fills = {str(after.cell(row, status).value): after.cell(row, status).fill.start_color.rgb for row in range(5, 305)}
    assert all(words)
    assert {"Overdue", "Never contacted", "Scheduled"} <= set(words)
    assert (fills["Overdue"], fills["Never contacted"], fills["Scheduled"]) == ("FFFFC7CE", "FFFFEB9C", "FFC6EFCE")
    assert words.count("Never contacted") == sum(n % 7 == 0 for n in range(300))
    for sheet in before:  # not one other cell
        now = load_workbook(path)[sheet]
        assert {place: now.cell(*place).value for place in before[sheet]} == before[sheet]


def cells_of(path: Path) -> dict[str, dict[tuple[int, int], object]]:
    """Every cell that holds something, by worksheet."""
    return {sheet.title: {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row
                          if cell.value is not None and cell.column is not None} for sheet in load_workbook(path).worksheets}


def test_the_columns_are_shown_with_a_value_and_the_list_is_not_touched(odd: Path) -> None:
    before = odd.read_bytes()
    result = call(odd.name, "--yes", *ON)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:2] == ["Name", "Client"] and "Ann Archer" in line for line in lines)
    assert "B-day, Town" in result.stdout
    assert "Next: sheetsync sync" in result.stdout
    assert odd.read_bytes() == before
    assert settings(odd.parent)["columns"] == ODD_COLUMNS


def test_without_a_terminal_and_yes_it_only_shows_what_it_would_write(odd: Path) -> None:
    before = files(odd.parent)
    result = call(odd.name, *ON)
    assert result.exit_code == 0
    assert 'Last contact" = "last spoken to?"' in result.stdout
    assert "Nothing was written." in result.stdout
    assert "sheetsync init mylist.xlsx --yes" in result.stdout
    assert files(odd.parent) == before


def test_json_says_the_same_as_one_object_and_writes_with_yes_alone(odd: Path) -> None:
    found = json.loads(call(odd.name, "--json", *ON).stdout)
    assert {c["column"]: c["header"] for c in found["columns"]} == ODD_COLUMNS
    assert (found["written"], found["header_row"], found["rows"]) == (False, 4, 40)
    assert not (odd.parent / "sheetsync.toml").exists()
    found = json.loads(call(odd.name, "--json", "--yes", *ON).stdout)
    assert found["written"]
    assert (odd.parent / "sheetsync.toml").read_text("utf-8") == found["text"]


def test_a_second_init_changes_nothing(odd: Path) -> None:
    call(odd.name, "--yes", *ON)
    before = files(odd.parent)
    for arguments in ([odd.name, "--yes"], ["--yes"], []):
        result = call(*arguments, *ON)
        assert result.exit_code == 0, result.output
        assert "nothing was written" in result.stdout
    assert files(odd.parent) == before


def test_a_list_in_another_folder_gets_its_settings_beside_it(odd: Path, tmp_path_factory: pytest.TempPathFactory,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    result = call(odd, "--yes", *ON)
    assert result.exit_code == 0
    assert settings(odd.parent)["source"] == "mylist.xlsx"
    assert f"Next: sheetsync sync {odd}" in result.stdout.replace("\n", " ")
    assert CliRunner().invoke(app, ["sync", str(odd), *ON]).exit_code == 0


def test_settings_of_another_place_name_the_list_from_there(odd: Path) -> None:
    (odd.parent / "conf").mkdir()
    result = call(odd.name, "--yes", "--config", "conf/mine.toml", *ON)
    assert result.exit_code == 0, result.output
    assert "Next: sheetsync sync --config conf/mine.toml" in result.stdout
    assert CliRunner().invoke(app, ["sync", "--config", "conf/mine.toml", *ON]).exit_code == 0


def test_a_doubtful_guess_is_left_out_and_said_with_the_reason(here: Path) -> None:
    rows: Rows = [["Who", "Phone", "Last spoken about", "When"]]
    rows += [[PEOPLE[n], f"+1 415 555 01{n:02}", date(1950 + n, 2, 3), TODAY - timedelta(days=n)] for n in range(10)]
    write_workbook(here / "a.xlsx", rows)
    result = call("a.xlsx", "--yes", *ON)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "as birthdays do" in said
    assert "all count as never contacted" in said
    assert settings(here)["columns"] == {"Name": "Who"}


def test_dates_that_could_be_two_are_told_and_never_ordered(here: Path) -> None:
    write_workbook(here / "a.xlsx", [["Name", "Last contact"], ["Ann Lee", "03/04/2026"], ["Bob Ray", "25/04/2026"]])
    result = call("a.xlsx", "--yes", *ON)
    assert "03/04/2026 could be two dates" in " ".join(result.stdout.split())
    assert "order" not in str(settings(here))


def test_an_unknown_playbook_names_the_nearest(odd: Path) -> None:
    refused(call(odd.name, "--yes", "--playbook", "servces"), 2, 'no playbook "servces"', 'Did you mean "services"?')
    assert not (odd.parent / "sheetsync.toml").exists()


def test_a_playbook_of_ones_own_is_named_from_the_settings_folder(odd: Path) -> None:
    own = odd.parent / "own"
    shutil.copytree(playbooks()["minimal"].parent, own)
    assert call(odd.name, "--yes", "--playbook", "own/playbook.toml", *ON).exit_code == 0
    assert settings(odd.parent)["playbook"] == "own/playbook.toml"
    assert CliRunner().invoke(app, ["sync", *ON]).exit_code == 0


def test_the_rules_worksheet_of_a_list_rules_out_rules_in_the_settings(here: Path) -> None:
    workbook = Workbook()
    sheet = workbook.create_sheet("People", 0)
    for row in (["Client name", "Last spoken"], ["Ann Lee", date(2026, 1, 2)]):
        sheet.append(row)
    rules = workbook.create_sheet("Rules")
    for rule in (["Rule", "Due", "Next step"], ["Keep in touch", "1 month after Last contact", "Call {{ Name }}"]):
        rules.append(rule)
    workbook.save(here / "a.xlsx")
    assert call("a.xlsx", "--yes", *ON).exit_code == 0
    assert "[rules" not in (here / "sheetsync.toml").read_text("utf-8")


# ---- Settings that are there ----------------------------------------------------------------------------------------


def test_settings_that_are_there_keep_their_comments_and_a_copy(odd: Path) -> None:
    own = '# mine\nsource = "mylist.xlsx"  # this one\n\n[columns]\nNotes = "Town"  # odd, but so it is\n'
    (odd.parent / "sheetsync.toml").write_text(own, "utf-8")
    result = call(odd.name, "--yes", *ON)
    assert result.exit_code == 0, result.output
    text = (odd.parent / "sheetsync.toml").read_text("utf-8")
    assert all(line in text for line in own.splitlines())
    assert settings(odd.parent)["columns"] == {**ODD_COLUMNS, "Notes": "Town"}
    assert (odd.parent / "sheetsync.toml.old").read_text("utf-8") == own


def test_settings_of_another_list_are_left_alone(odd: Path) -> None:
    (odd.parent / "sheetsync.toml").write_text('source = "other.xlsx"\n', "utf-8")
    before = files(odd.parent)
    refused(call(odd.name, "--yes", *ON), 2, "settings of another list (other.xlsx)", "--config")
    refused(call("new.xlsx", "--yes", *ON), 2, "settings of another list (other.xlsx)")
    assert files(odd.parent) == before


def test_settings_in_a_folder_above_stay_those_of_the_list(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = odd.parent
    monkeypatch.setenv("HOME", str(top))
    (top / "lists").mkdir()
    odd.rename(top / "lists" / odd.name)
    own = '# above\nsource = "lists/mylist.xlsx"\n'
    (top / "sheetsync.toml").write_text(own, "utf-8")
    for folder, name in ((top, "lists/mylist.xlsx"), (top / "lists", "mylist.xlsx")):
        monkeypatch.chdir(folder)
        assert call(name, "--yes", *ON).exit_code == 0
    assert settings(top)["columns"] == ODD_COLUMNS
    assert not (top / "lists" / "sheetsync.toml").exists()


def test_a_list_behind_a_symbolic_link_gets_its_settings_where_a_sync_looks(odd: Path) -> None:
    (odd.parent / "real").mkdir()
    real = odd.rename(odd.parent / "real" / odd.name)
    odd.symlink_to(real)
    assert call(odd.name, "--yes", *ON).exit_code == 0
    assert settings(real.parent)["columns"] == ODD_COLUMNS
    assert CliRunner().invoke(app, ["sync", odd.name, *ON]).exit_code == 0


def test_a_header_of_the_settings_that_the_list_lacks_is_said(odd: Path) -> None:
    (odd.parent / "sheetsync.toml").write_text('source = "mylist.xlsx"\n[columns]\nTier = "Grade"\n', "utf-8")
    result = call(odd.name, "--yes", *ON)
    assert result.exit_code == 0
    assert 'Tier is called "Grade", and the list has no such header' in " ".join(result.stdout.split())
    assert settings(odd.parent)["columns"] == {"Tier": "Grade", **ODD_COLUMNS}


@pytest.mark.parametrize(("text", "words"), [("source = ", "can't be read"), ("sorce = 'x'", 'Did you mean "source"')])
def test_settings_that_are_wrong_are_told_and_left(odd: Path, text: str, words: str) -> None:
    (odd.parent / "sheetsync.toml").write_text(text, "utf-8")
    refused(call(odd.name, "--yes", *ON), 2, words)
    assert (odd.parent / "sheetsync.toml").read_text("utf-8") == text


def test_a_mode_that_keeps_others_out_stays(odd: Path) -> None:
    path = odd.parent / "sheetsync.toml"
    path.write_text('source = "mylist.xlsx"\n', "utf-8")
    path.chmod(0o600)
    assert call(odd.name, "--yes", *ON).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600


# ---- What is no list ------------------------------------------------------------------------------------------------


def test_what_is_no_workbook_gets_its_sentence(here: Path) -> None:
    (here / "folder").mkdir()
    (here / "notes.txt").write_text("hello", "utf-8")
    (here / "fake.xlsx").write_text("hello", "utf-8")
    refused(call("folder", "--yes"), 6, "is a folder")
    refused(call("notes.txt", "--yes"), 6, "is no Excel workbook")
    refused(call("gone.xlsm", "--yes"), 6, "gone.xlsm")
    refused(call("gone.ods", "--yes"), 6, "does not exist")
    refused(call("fake.xlsx", "--yes"), 6, "fake.xlsx")
    refused(call("nowhere/new.xlsx", "--yes"), 6, "folder")
    assert not list(here.rglob("sheetsync.toml*"))


def test_every_bad_workbook_gets_its_sentence(corpus: Path, here: Path) -> None:
    for path in sorted((corpus / "bad").iterdir()):
        shutil.copy(path, here / path.name)
        result = call(path.name, "--yes", *ON)
        assert result.exit_code in (2, 6), (path.name, result.output)
        assert path.name in result.stderr
        assert not (here / "sheetsync.toml").exists()


def test_an_empty_worksheet_and_one_without_a_header_say_what_is_needed(here: Path) -> None:
    Workbook().save(here / "empty.xlsx")
    refused(call("empty.xlsx", "--yes"), 6, "there is nothing in it", "sheetsync init new.xlsx")
    write_workbook(here / "data.xlsx", [[1, 2.5, 3], [4, 5.5, 6]])
    refused(call("data.xlsx", "--yes"), 6, "no header row was found", "Name, Email, Phone, Last contact")
    assert not (here / "sheetsync.toml").exists()


def test_two_worksheets_that_may_be_the_list_are_not_guessed(here: Path) -> None:
    workbook = Workbook()
    for name in ("2025", "2026"):
        sheet = workbook.create_sheet(name)
        for row in (["Name", "Phone"], ["Ann Lee", "+1 415 555 0101"]):
            sheet.append(row)
    workbook.save(here / "a.xlsx")
    refused(call("a.xlsx", "--yes"), 2, '"2025" and "2026" may all hold', "--sheet NAME")
    assert call("a.xlsx", "--yes", "--sheet", "2026").exit_code == 0
    assert settings(here)["sheet"] == "2026"
    refused(call("a.xlsx", "--yes", "--sheet", "2027", "--config", "b.toml"), 2, 'no worksheet "2027"')


def test_two_headers_alike_are_named_with_their_cells(here: Path) -> None:
    write_workbook(here / "a.xlsx", [["Name", "Phone", "Phone"], ["Ann Lee", "+1 415 555 0101", "+1 415 555 0102"]])
    refused(call("a.xlsx", "--yes"), 6, "B1 and C1", "Rename one of them")
    assert not (here / "sheetsync.toml").exists()


def test_a_doubtful_name_alone_is_refused_without_anybody_to_ask(here: Path) -> None:
    rows: Rows = [["Room", "Comment", "Painted on"]]
    write_workbook(here / "a.xlsx", rows + [[f"{word} Room", "blue", TODAY] for word in ("Living", "Dining", "Bath", "Sun")])
    refused(call("a.xlsx", "--yes", *ON), 6, "which column holds the customers' names")


@pytest.mark.usefixtures("terminal")
def test_one_column_alone_is_no_list(here: Path) -> None:
    rows: Rows = [["Room", "Painted on", "Cleaned on"]]
    write_workbook(here / "a.xlsx", rows + [[f"{word} Room", TODAY, TODAY] for word in ("Living", "Dining", "Bath", "Sun")])
    result = call("a.xlsx", "--playbook", "minimal", *ON, typed="1\n0\n\n\n")
    assert "Is this Name?" in result.stdout
    refused(result, 6, "Name alone could be told", "Add one, such as Last contact")
    assert not (here / "sheetsync.toml").exists()


@pytest.mark.usefixtures("terminal")
def test_a_column_that_sync_finds_by_itself_stays_one_and_is_said(odd: Path) -> None:
    write_workbook(odd, [["Name", "Phone", "Tier"], ["Ann Lee", "+1 415 555 0101", "A"]])
    result = call(odd.name, "--playbook", "home-business", *ON, typed="c\nTier\n0\n\n\n")
    assert result.exit_code == 0, result.output
    assert '"Tier" counts as Tier all the same' in " ".join(result.stdout.split())


def test_headers_that_stand_there_twice_are_left_and_said(here: Path) -> None:
    write_workbook(here / "a.xlsx", [["Client", "Phone", "Date", "Date"], ["Ann Lee", "+1 415 555 0101", TODAY, TODAY]])
    result = call("a.xlsx", "--yes", *ON)
    assert result.exit_code == 0
    assert "Several columns are called Date" in result.stdout
    assert settings(here)["columns"] == {"Name": "Client"}


def test_a_header_that_is_called_so_but_holds_something_else_is_said(here: Path) -> None:
    rows: Rows = [["Client", "Phone", "Booked"]]
    write_workbook(here / "a.xlsx", rows + [[PEOPLE[n], f"+1 415 555 01{n:02}", "by Tom"] for n in range(9)])
    result = call("a.xlsx", "--yes", *ON)
    assert '"Booked" counts as Next appointment' in " ".join(result.stdout.split())


def test_no_name_to_be_found_is_asked_or_refused(here: Path) -> None:
    write_workbook(here / "a.xlsx", [["Last contact", "Consent", "Town"], [TODAY, "yes", "Bath"], [TODAY, "no", "Bath"]])
    refused(call("a.xlsx", "--yes", *ON), 6, "which column holds the customers' names", '"Town"')


def test_settings_that_cannot_be_written_are_told_first(odd: Path) -> None:
    (odd.parent / "sheetsync.toml").mkdir()
    refused(call(odd.name, "--yes"), 6, "it is a folder")
    refused(call(odd.name, "--yes", "--config", "no/where.toml"), 6, "its folder does not exist")
    if os.geteuid() != 0:
        (odd.parent / "sheetsync.toml").rmdir()
        odd.parent.chmod(0o500)
        refused(call(odd.name, "--yes"), 6, "takes no new files")
        odd.parent.chmod(0o700)


# ---- A starter ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", playbooks())
def test_a_starter_and_its_settings_are_made_and_a_sync_works_at_once(here: Path, name: str) -> None:
    result = call("--playbook", name, "--yes", *ON)
    assert result.exit_code == 0, result.output
    assert "Next: sheetsync sync" in result.stdout
    assert settings(here) == {"source": "customers.xlsx", "sheet": "Customers", "playbook": name}
    result = CliRunner().invoke(app, ["sync", *ON])
    assert result.exit_code == 0
    assert "3 customers" in result.stdout
    assert "Problems" not in result.stdout
    assert "playbook check" not in result.stdout
    assert set(statuses(read_cells(here / "customers.xlsx")[3:]).values()) == {"Overdue", "Never contacted", "Scheduled"}


def test_a_starter_takes_nobodys_place(here: Path) -> None:
    write_workbook(here / "customers.xlsx", CUSTOMERS)
    before = files(here)
    refused(call("--yes", *ON), 2, "customers.xlsx is there already", "sheetsync init customers.xlsx")
    assert files(here) == before
    assert call("new.xlsx", "--yes", *ON).exit_code == 0
    assert files(here)["customers.xlsx"] == before["customers.xlsx"]
    assert settings(here)["source"] == "new.xlsx"


def test_a_starter_is_only_announced_without_a_terminal_and_yes(here: Path) -> None:
    result = call("new.xlsx", "--playbook", "minimal")
    assert result.exit_code == 0
    assert "Nothing was written." in result.stdout
    assert "sheetsync init new.xlsx --playbook minimal --yes" in " ".join(result.stdout.split())
    assert files(here) == {}


def test_a_starter_as_json_is_one_object(here: Path) -> None:
    found = json.loads(call("--json", "--playbook", "minimal").stdout)
    assert (found["written"], files(here)) == (False, {})
    found = json.loads(call("--json", "--yes", "--playbook", "minimal").stdout)
    assert (found["written"], found["playbook"], set(files(here))) == (True, "minimal", {"customers.xlsx", "sheetsync.toml"})


def test_no_starter_is_left_where_its_settings_cannot_be_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sheetsync.deliver.to_file", fail)
    assert call("--yes").exit_code == 130
    assert files(here) == {}


# ---- Questions ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terminal")
def test_only_what_nobody_can_tell_is_asked(odd: Path) -> None:
    result = call(odd.name, *ON, typed="\n\n\n")  # the business, whether it is right, whether to write
    assert result.exit_code == 0, result.output
    assert settings(odd.parent)["columns"] == ODD_COLUMNS


@pytest.mark.usefixtures("terminal")
def test_answers_decide_between_candidates_and_about_doubts_and_orders(here: Path) -> None:
    rows: Rows = [["Who", "Mobile", "Cell", "When", "Joined"]]
    rows += [[PEOPLE[n], f"+1 415 555 01{n:02}", f"+1 415 555 02{n:02}", TODAY - timedelta(days=n), "03/04/2025"] for n in range(10)]
    write_workbook(here / "a.xlsx", rows)
    result = call("a.xlsx", "--playbook", "home-business", *ON, typed="9\n2\n1\ny\nd\ny\n")
    assert result.exit_code == 0, result.output
    assert settings(here)["columns"] == {
        "Name": "Who", "Phone": "Cell", "Last contact": "When", "Customer since": {"header": "Joined", "order": "dmy"}}


@pytest.mark.usefixtures("terminal")
def test_a_column_can_be_changed_before_it_is_written(odd: Path) -> None:
    result = call(odd.name, "--playbook", "home-business", *ON, typed="c\nnotes\n8\nc\nnothing like it\ny\ny\n")
    assert result.exit_code == 0, result.output
    assert "There is no such column." in result.stdout
    assert settings(odd.parent)["columns"] == {**ODD_COLUMNS, "Notes": "Town"}


@pytest.mark.usefixtures("terminal")
def test_no_is_no(odd: Path, here: Path) -> None:
    before = files(here)
    assert call(odd.name, *ON, typed="\n\nn\n").exit_code == 0
    assert call("new.xlsx", *ON, typed="\nn\n").exit_code == 0
    assert files(here) == before


@pytest.mark.usefixtures("terminal")
def test_lines_that_come_into_settings_that_are_there_are_shown_and_agreed_to(odd: Path) -> None:
    own = 'source = "mylist.xlsx"\nplaybook = "home-business"\n'
    (odd.parent / "sheetsync.toml").write_text(own, "utf-8")
    result = call(odd.name, *ON, typed="\nn\n")
    assert '"Name" = "Client Name (full)"' in result.stdout
    assert (odd.parent / "sheetsync.toml").read_text("utf-8") == own


@pytest.mark.usefixtures("terminal")
def test_an_end_of_input_stops_and_writes_nothing(odd: Path) -> None:
    before = files(odd.parent)
    for typed in ("", "\n", "\n\n"):
        assert call(odd.name, *ON, typed=typed).exit_code == 130
    assert files(odd.parent) == before


@pytest.mark.usefixtures("terminal")
def test_a_workbook_in_the_folder_is_offered_before_a_starter(odd: Path) -> None:
    assert call(*ON, typed="1\n\n\n\n").exit_code == 0
    assert settings(odd.parent)["source"] == "mylist.xlsx"
    (odd.parent / "sheetsync.toml").unlink()
    assert call(*ON, typed="2\n4\n\n").exit_code == 0
    assert (odd.parent / "customers.xlsx").exists()
    assert settings(odd.parent) == {"source": "customers.xlsx", "sheet": "Customers", "playbook": "minimal"}


@pytest.mark.usefixtures("terminal")
def test_the_column_of_names_is_asked_where_nothing_tells(here: Path) -> None:
    write_workbook(here / "a.xlsx", [["Last contact", "Consent", "Town"], [TODAY, "yes", "Bath"], [TODAY, "no", "Bath"]])
    assert call("a.xlsx", "--playbook", "home-business", *ON, typed="3\n\n\n").exit_code == 0
    assert settings(here)["columns"] == {"Name": "Town"}


def test_ctrl_c_at_a_question_in_a_real_terminal_writes_nothing(odd: Path) -> None:
    before = files(odd.parent)
    master, slave = pty.openpty()
    program = Path(sys.executable).with_name("sheetsync")
    process = subprocess.Popen([program, "init", odd.name], cwd=odd.parent, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                               preexec_fn=_controlling)
    os.close(slave)
    seen = b""
    while b"Number" not in seen:
        seen += os.read(master, 1000)
    code = None
    for _ in range(40):  # a key that is pressed in the very instant before it waits for one is only seen with the next
        os.write(master, b"\x03")
        time.sleep(0.5)
        if (code := process.poll()) is not None:
            break
    process.kill()
    process.wait()
    os.close(master)
    assert code == 130
    assert files(odd.parent) == before


def _controlling() -> None:
    """Makes standard input the process's own terminal, so that Ctrl-C reaches it."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


# ---- Google Sheets --------------------------------------------------------------------------------------------------


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, here: Path) -> Iterator[Emulator]:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    with Emulator() as emulator:
        monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", emulator.url)
        yield emulator


def sheet_of(google: Emulator) -> Book:
    rows: list[list[Any]] = [["Our people"], [], ODD_HEADER]
    rows += [[1000 + n, PEOPLE[n], f"{PEOPLE[n].lower().replace(' ', '.')}@mailbox.com", f"+1 415 555 {1000 + n}",
              TODAY - timedelta(days=30 * n), None, date(1950 + n, 2, 3), "Bath"] for n in range(12)]
    return google.book("Clients", rows=rows, tab="People", time_zone="America/Chicago")


def test_a_google_sheet_is_set_up_in_the_current_folder_and_synced(google: Emulator, here: Path) -> None:
    book = sheet_of(google)
    assert CliRunner().invoke(app, ["login", str(google.service_account_file(here))]).exit_code == 0
    before = book.values()
    result = call(book.link, "--yes", *ON)
    assert result.exit_code == 0, result.output
    assert book.values() == before
    assert settings(here) == {"source": book.link, "sheet": "People", "playbook": "home-business", "timezone": "America/Chicago",
                              "columns": ODD_COLUMNS}
    result = CliRunner().invoke(app, ["sync", *ON])
    assert result.exit_code == 0, result.output
    assert "12 customers" in result.stdout
    assert any("↻ Status" in row for row in book.values())
    assert "nothing was written" in call("--yes", *ON).stdout


def test_of_several_tabs_the_one_with_the_customers_is_taken(google: Emulator, here: Path) -> None:
    book = google.book("Shop", rows=[["Cake", "Price"], ["Lemon", 12.5]], tab="Prices")
    people = [[PEOPLE[n], f"{n}@mail.com", TODAY - timedelta(days=n)] for n in range(9)]
    book.add_tab("People", [["Who is it", "Mail address", "Spoke"], *people])
    assert CliRunner().invoke(app, ["login", str(google.service_account_file(here))]).exit_code == 0
    result = call(book.link, "--yes", *ON)
    assert result.exit_code == 0, result.output
    assert (settings(here)["sheet"], settings(here)["columns"]) == (
        "People", {"Name": "Who is it", "Email": "Mail address", "Last contact": "Spoke"})
    refused(call(f"{book.link}#gid=0", "--yes", "--config", "b.toml", *ON), 6, "no header row was found")


def test_a_link_with_its_tab_needs_no_name_of_it(google: Emulator, here: Path) -> None:
    book = sheet_of(google)
    assert CliRunner().invoke(app, ["login", str(google.service_account_file(here))]).exit_code == 0
    assert call(f"{book.link}#gid=0", "--yes", *ON).exit_code == 0
    assert "sheet" not in settings(here)


def test_a_link_without_sign_in_says_how_to_sign_in(google: Emulator, here: Path) -> None:
    refused(call(sheet_of(google).link, "--yes", *ON), 6, "sheetsync login")
    refused(call("https://example.com/x", "--yes"), 6, "no link to a Google Sheet")
    assert not (here / "sheetsync.toml").exists()


# ---- Real workbooks -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("corpus")
def test_no_real_workbook_makes_it_fail_or_is_touched(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: dict[int, int] = {}
    for number, path in enumerate(workbooks()):
        folder = here / str(number)
        folder.mkdir()
        copy = folder / path.name
        shutil.copyfile(path, copy)
        result = call(copy, "--yes", *ON)
        assert result.exit_code in (0, 2, 6), (path, result.output)
        assert copy.read_bytes() == path.read_bytes()
        assert (folder / "sheetsync.toml").exists() == (result.exit_code == 0)
        counts[result.exit_code] = counts.get(result.exit_code, 0) + 1
        shutil.rmtree(folder)
    with capsys.disabled():
        print(f"\ninit over the corpus, by exit code: {counts}")
    assert counts[0] > 10
