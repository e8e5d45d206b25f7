"""sheetsync playbook list, show and check."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.config import load_playbook
from sheetsync.resources import example, playbooks


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["playbook", *map(str, words)])


@pytest.fixture
def book(tmp_path: Path) -> Path:
    shutil.copytree(example("home-business"), tmp_path / "example")
    return tmp_path / "example" / "customers.xlsx"


@pytest.fixture
def plain_book(book: Path) -> Path:
    """The example without its worksheet Rules: the playbook's own rules apply, and the settings may change them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = load_workbook(book)
    del workbook["Rules"]
    workbook.save(book)
    return book


def told(text: str) -> str:
    return " ".join(text.split())


def test_list_names_every_shipped_playbook_and_the_default() -> None:
    lines = call("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(playbooks())
    assert [line.split()[0] for line in lines if line.endswith("the default")] == ["home-business"]


@pytest.mark.parametrize("name", playbooks())
def test_show_explains_every_rule_in_lines_that_fit(name: str) -> None:
    found = call("show", name)
    assert found.exit_code == 0, found.output
    assert max(map(len, found.stdout.splitlines())) <= 80
    for number, rule in enumerate(load_playbook(name).rules, 1):
        assert f"{number:>2}. {rule.name}\n" in found.stdout


def test_show_as_tsv_is_the_rules_worksheet() -> None:
    lines = [line.split("\t") for line in call("show", "home-business", "--tsv").stdout.splitlines()]
    assert lines[0][:9] == ["Rule", "Due", "Next step", "Priority", "Latest", "Lead", "Done", "Blank", "Message"]
    first = dict(zip(lines[0], lines[1], strict=True))
    assert (first["Rule"], first["Complaint"], first["Complaint resolved"]) == ("Complaint: phone first", "not blank", "blank")
    assert {len(line) for line in lines} == {len(lines[0])}


def test_show_of_a_playbook_that_there_is_not_names_the_nearest() -> None:
    found = call("show", "servces")
    assert found.exit_code == 2
    assert 'Did you mean "services"?' in found.stderr


def test_check_explains_and_says_what_the_sheet_lacks_and_writes_nothing(book: Path) -> None:
    before = book.read_bytes()
    found = call("check", book, "--today", "2026-11-20")
    assert found.exit_code == 0, found.output
    text = told(found.stdout)
    assert "Columns: Stage (criterion), Balance settled (criterion, done) – not in the sheet" in text
    assert "Never fires: the sheet has no column Balance settled" in text
    assert "32 rules of 36 can fire here." in text
    assert "Orders every (criterion), Last order (due, latest)" in text  # the owner's own headers
    assert max(map(len, found.stdout.splitlines())) <= 100
    assert book.read_bytes() == before


def test_check_shows_five_rows_with_what_they_get(book: Path) -> None:
    text = call("check", book, "--today", "2026-11-20").stdout
    samples = text[text.index("Sample rows") : text.index("Where the values come from")]
    rows = [line for line in samples.splitlines() if line.startswith("  Row ")]
    assert len(rows) == 5
    assert rows[0] == "  Row 5 Susan Ortiz: Due, Fri 20 Nov 2026"
    assert "    Phone Susan Ortiz: apologise, agree the fix\n" in samples


def test_check_says_where_each_value_came_from(plain_book: Path) -> None:
    book = plain_book
    settings = book.parent / "sheetsync.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[rules."Renewal"]\nlead = "30 days"\n', "utf-8")
    text = told(call("check", book, "--today", "2026-11-20").stdout)
    assert '[rules.Renewal] lead = "30 days" instead of "14 days"' in text
    assert '[columns."Contract end"] header = "Standing order until"' in text
    assert "From sheetsync.toml: lead; the rest from the playbook." in text


def test_check_names_hidden_rules_and_wrong_messages(plain_book: Path) -> None:
    book = plain_book
    settings = book.parent / "sheetsync.toml"
    settings.write_text(settings.read_text("utf-8") + """
[rules."Twice a year, again"]
due = "8 months after Last contact"
step = "Call {{ Name }}"
when = { Tier = "C" }
message = "mine.md.j2"
""", "utf-8")
    (book.parent / "messages").mkdir()
    (book.parent / "messages" / "mine.md.j2").write_text("Phone\n\nHello {{ Nme }}\n", "utf-8")
    text = told(call("check", book, "--today", "2026-11-20").stdout)
    assert 'Never chosen: "Keep in touch, everyone" always comes before it.' in text
    assert "Hidden by another: Twice a year, again." in text
    assert 'The message mine.md.j2 names "Nme", which is no column of the playbook. Did you mean "Name"?' in text


def test_check_explains_the_rules_of_the_worksheet(book: Path) -> None:
    text = told(call("check", book, "--today", "2026-11-20").stdout)
    assert "36. Tasting: confirm the hour Every customer is due 1 business day before Next appointment" in text
    assert 'Rules: all of them from the worksheet "Rules" of customers.xlsx' in text


def test_check_as_json_says_of_every_rule_what_it_needs_and_whether_it_can_fire(plain_book: Path) -> None:
    book = plain_book
    settings = book.parent / "sheetsync.toml"
    settings.write_text(settings.read_text("utf-8") + """
[rules."Renewal"]
lead = "30 days"
[rules."Twice a year, again"]
due = "8 months after Last contact"
step = "Call {{ Name }}"
when = { Tier = "C" }
""", "utf-8")
    before = book.read_bytes()
    result = call("check", book, "--today", "2026-11-20", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["version"], found["source"], found["sheet"], found["name"]) == (1, "customers.xlsx", "Customers", "home-business")
    rules = {rule["name"]: rule for rule in found["rules"]}
    assert len(rules) == len(found["rules"]) == len(load_playbook().rules) + 1
    renewal = rules["Renewal"]
    assert renewal["columns"][0] == {"column": "Contract end", "header": "Standing order until", "use": ["due", "latest"]}
    assert (renewal["can_fire"], renewal["never"], renewal["hidden_by"], renewal["changed"]) == (True, None, None, ["lead"])
    idle = [rule for rule in found["rules"] if not rule["can_fire"]]
    assert idle
    assert all(rule["lacking"] and rule["never"].startswith("the sheet has no column ") and not rule["chosen"] for rule in idle)
    assert rules["Twice a year, again"]["hidden_by"] == "Keep in touch, everyone"
    assert sum(rule["chosen"] for rule in found["rules"]) <= found["rows"]
    assert [sample["row"] for sample in found["samples"]] == sorted(sample["row"] for sample in found["samples"])
    assert len(found["samples"]) == 5
    assert found["samples"][0]["step"] == "Phone Susan Ortiz: apologise, agree the fix"
    assert {"path": ["rules", "Renewal", "lead"], "value": "30 days", "instead_of": "14 days"} in found["origins"]["values"]
    assert found["origins"]["rules"] is None
    assert found["origins"]["settings"] == str(settings)
    assert book.read_bytes() == before


def test_check_as_json_names_the_worksheet_that_the_rules_are_from(book: Path) -> None:
    assert json.loads(call("check", book, "--today", "2026-11-20", "--json").stdout)["origins"]["rules"] == "Rules"


@pytest.mark.parametrize("name", playbooks())
def test_show_as_json_holds_what_show_says(name: str) -> None:
    found = json.loads(call("show", name, "--json").stdout)
    text = told(call("show", name).stdout)
    assert all(rule["name"] in text and rule["sentence"] in text for rule in found["rules"])
    assert all(f"{reason['name']}: {reason['sentence']}" in text for reason in found["quiet"])
    assert [one for one in json.loads(call("list", "--json").stdout)["playbooks"] if one["name"] == name] == [
        {"name": name, "title": found["title"], "rules": len(found["rules"]), "messages": len(load_playbook(name).messages),
         "default": name == "home-business"}]


def test_tsv_and_json_at_once_are_refused() -> None:
    result = call("show", "minimal", "--tsv", "--json")
    assert result.exit_code == 2
    assert "two ways" in result.stderr
