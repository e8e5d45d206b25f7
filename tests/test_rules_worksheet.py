"""The Rules worksheet: what the owner sees is what applies, and every fault is told by its cell."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from sheetsync.backends.memory import Grid, MemorySource
from sheetsync.checks import CHECKS
from sheetsync.cli import app
from sheetsync.config import load_playbook, load_settings
from sheetsync.core.header import find_rules, read_table
from sheetsync.core.model import PLAIN, Cell, CellError, Change, ChangeSet, Table
from sheetsync.errors import Refused, SettingsError, TableChanged
from sheetsync.journal import Journal
from sheetsync.playbook.model import Playbook, Rule
from sheetsync.playbook.table import as_tsv, rules_table
from sheetsync.playbook.worksheet import with_worksheet
from sheetsync.resources import playbooks
from sheetsync.sync import sync, undo
from tests.tables import read_table_text
from tests.worksheets import TODAY, InMemory, Rows, owner_cells, read_cells, statuses, trimmed, write_workbook

BOOK = load_playbook()
CUSTOMERS = read_table_text("""
    Customer no | Client name  | Class | Last contact | Birth date | Open orders | Notes
    1           | Susan Ortiz  | A     | 2026-11-02   | 1980-12-01 | 2           |
    2           | Kwame Asante | B     | 2026-01-05   |            |             |
    3           | Ng           | C     |              |            | 0           |
""")
RULES = read_table_text("""
    My rules
    Rule          | Due                          | NEXT  STEP                | Priority | Latest | Lead    | Done | Blank | Message | Class  | Open orders
    Keep in touch | 1 month after Last contact   | Call {{ Client name }}    |          | 6 weeks after Last contact | | | now | | A | B |

    Birthday      | yearly on Birth date         | Send a card to {{ Name }} | Normal   |        | 14 days |      |       |         |        |
    Order         | 2 weeks after Last contact   | Ask about the order       | urgent   |        |         |      |       |         |        | >0
    Others        | 3 months after Last contact  | Write to {{ Name }}       |          |        |         |      | now   |         | C      | blank
""")  # noqa: E501
RULES[2][9], RULES[2][10] = "A | B", None  # the bar between cells can't stand in the text above
RULES = [row[:11] for row in RULES]


def table(rules: Rows, customers: Rows = CUSTOMERS, playbook: Playbook = BOOK) -> Table:
    found = read_table([tuple(row) for row in customers], source="book.xlsx", sheet="Customers", columns=playbook.columns,
                       key=playbook.key, status=playbook.status)
    return replace(found, rules=find_rules("Rules", range(1, len(rules) + 1), rules))


def rules_of(rules: Rows) -> tuple[Rule, ...]:
    return with_worksheet(BOOK, table(rules)).rules


def test_the_worksheet_is_the_whole_rule_list_in_its_order() -> None:
    rules = rules_of(RULES)
    assert [rule.name for rule in rules] == ["Keep in touch", "Birthday", "Order", "Others"]
    keep, birthday, order, others = rules
    assert (str(keep.due), str(keep.latest), keep.step, keep.blank_is_now) == (
        "1 month after Last contact", "6 weeks after Last contact", "Call {{ Name }}", True)
    assert (str(birthday.lead), birthday.urgent, order.urgent) == ("14 days", False, True)
    assert {name: [c.text for c in any_of.criteria] for name, any_of in keep.when.items()} == {"Tier": ["A", "B"]}
    assert {name: [c.text for c in any_of.criteria] for name, any_of in others.when.items()} == {"Tier": ["C"], "Open orders": ["="]}
    columns = {column.name: column.type for column in with_worksheet(BOOK, table(RULES)).columns}
    assert (columns["Birth date"], columns["Open orders"]) == ("date", "text")


@pytest.mark.parametrize("name", playbooks())
def test_a_playbooks_own_rules_as_playbook_show_prints_them_are_the_same_rules(name: str) -> None:
    book = load_playbook(name)
    pasted: Rows = [[cell or None for cell in line.split("\t")] for line in as_tsv(rules_table(book)).split("\n")]
    assert with_worksheet(book, table(pasted, playbook=book)).rules == book.rules


def test_without_a_worksheet_the_playbooks_own_rules_apply() -> None:
    assert with_worksheet(BOOK, table([])) is BOOK
    assert with_worksheet(BOOK, table([["Rule", "What"], ["x", "y"]])) is BOOK


@pytest.mark.parametrize(
    ("cell", "texts"),
    [("blank", ["="]), ("Not Blank", ["<>"]), ("A|B | not blank", ["A", "B", "<>"]), (3.0, ["3"]), (True, ["true"]),
     (date(2026, 3, 1), ["2026-03-01"]), (">=2026-01-01", [">=2026-01-01"]), ("<today - 90 days", ["<today - 90 days"])],
)
def test_criteria_are_those_of_countif_with_words_for_blank(cell: Cell, texts: list[str]) -> None:
    [rule] = rules_of([["Rule", "Due", "Next step", "Notes"], ["R", "on Last contact", "s", cell]])
    assert [criterion.text for criterion in rule.when["Notes"].criteria] == texts


HEAD: list[Cell] = ["Rule", "Due", "Next step", "Priority", "Latest", "Lead", "Done", "Blank", "Class"]
GOOD: list[Cell] = ["R", "1 week after Last contact", "Call", None, None, None, None, None, None]
FAULTS: list[tuple[str, Cell, str]] = [
    ("Rule", None, "row 2, column Rule (A2): the rule has no name. Give it one; it stands in the sheet."),
    ("Due", None, 'row 2, column Due (B2): the rule has no Due. Write one, such as "6 months after Last contact".'),
    ("Due", "1 weak after Last contact", 'row 2, column Due (B2): "1 weak after Last contact": "weak" is no unit of time; did you mean '
                                         '"1 week after Last contact"?'),
    ("Due", "1 week after Last contct", 'row 2, column Due (B2): there is no column "Last contct" among the customers. '
                                        'Did you mean "Last contact"?'),
    ("Due", "1 week after Class", 'row 2, column Due (B2): counts from the column "Tier", which holds text, not dates. '),
    ("Due", CellError("#REF!"), "row 2, column Due (B2): the cell shows #REF!. Type what is meant."),
    ("Next step", None, "row 2, column Next step (C2): the rule has no Next step. Write one, or empty the whole row."),
    ("Next step", "Call {{ Nam }}", 'row 2, column Next step (C2): there is no column "Nam" among the customers. Did you mean "Name"?'),
    ("Priority", "urgnt", 'row 2, column Priority (D2): "urgnt" is not possible here. Did you mean "urgent"?'),
    ("Latest", "yearly on Last contact", 'row 2, column Latest (E2): latest "yearly on Last contact" has no single day'),
    ("Lead", 7, 'row 2, column Lead (F2): "7" is no length of time; write a number and a unit, such as "7 days".'),
    ("Done", "Last contac", 'row 2, column Done (G2): there is no column "Last contac" among the customers. Did you mean "Last contact"?'),
    ("Blank", "nwo", 'row 2, column Blank (H2): "nwo" is not possible here. Did you mean "now"?'),
    ("Class", "=>3", 'row 2, column Class (I2): "=>3": "=>" is no comparison; did you mean ">=3"?'),
    ("Class", "A | ", 'row 2, column Class (I2): "A |" has nothing beside a "|".'),
    ("Class", "<3 weeks", 'row 2, column Class (I2): "<3 weeks" counts weeks from nothing; did you mean "<today - 3 weeks"?'),
]


@pytest.mark.parametrize(("column", "cell", "told"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_is_told_with_worksheet_row_column_and_the_nearest_right_text(column: str, cell: Cell, told: str) -> None:
    row = list(GOOD)
    row[HEAD.index(column)] = cell
    with pytest.raises(SettingsError) as caught:
        rules_of([HEAD, row])
    assert str(caught.value).startswith(f'book.xlsx, worksheet "Rules", {told}'.strip())


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([["Rule", "Due", "Next stop"], ["R", "on Last contact", "s"]],
         'row 1: the header has no Next step. Did you mean "Next step" where'),
        ([[*HEAD, "Prority"], [*GOOD, "urgent"]], 'row 1, column Prority (J1): there is no column "Prority" among the customers. '
                                                  'Did you mean "Priority"?'),
        ([[*HEAD, "DUE"], [*GOOD, "on Last contact"]], "the header Due stands there twice (B1 and J1)"),
        ([HEAD, GOOD, GOOD], 'row 3, column Rule (A3): "R" stands in row 2 too.'),
        ([HEAD], "holds no rule"),
        ([[*HEAD, None], [*GOOD, "x"]], "the header"),
        ([[*HEAD, "Tier"], [*GOOD[:-1], "A", "B"]], "two columns of the header mean"),
        ([[*HEAD, "↻ Status"], [*GOOD, "Due"]], 'row 2, column ↻ Status (J2): "↻ Status" is a status column'),
    ],
)
def test_faults_of_the_header_are_told(rules: Rows, told: str) -> None:
    if rules[0][-1] is None:
        rules = [[*HEAD, None, "Notes"], [*GOOD, "x", None]]
        told = "column without a header (J2)"
    with pytest.raises(SettingsError) as caught:
        rules_of(rules)
    assert told in str(caught.value)


def test_a_criterion_of_the_playbook_that_the_sheet_lacks_is_no_fault_and_its_rule_does_not_fire() -> None:
    rules: Rows = [[*HEAD, "Complaint"], [*GOOD, "not blank"], ["S", "1 week after Last contact", "Write", *[None] * 7]]
    place = in_memory(rules)
    report = sync(place.source, BOOK, today=TODAY)
    assert {follow_up.rule for follow_up in report.follow_ups} == {"S", ""}
    assert any('"R" never fires' in note for note in report.notes)


def in_memory(rules: Rows, customers: Rows = CUSTOMERS) -> InMemory:
    place = InMemory.of(customers)
    place.source.grid.rules[:] = rules
    return place



def workbook(path: Path, sheets: dict[str, Rows], hidden: str = "") -> Path:
    with xlsxwriter.Workbook(path) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            if name == hidden:
                sheet.hide()
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, cell, day)
                    elif isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return path


@pytest.mark.parametrize("order", [("Rules", "Customers"), ("Customers", "Rules"), ("Old", "Rules", "Customers")])
@pytest.mark.parametrize("hidden", ["", "Rules"])
def test_in_excel_the_worksheet_applies_in_sync_check_and_today_and_stays_as_it_is(
    tmp_path: Path, order: tuple[str, ...], hidden: str
) -> None:
    sheets: dict[str, Rows] = {"Rules": RULES, "Customers": CUSTOMERS, "Old": [["Year", "Sales"], [2025, 3]]}
    path = workbook(tmp_path / "book.xlsx", {name: sheets[name] for name in order}, hidden)
    for command in ("check", "today"):
        result = CliRunner().invoke(app, [command, str(path), "--today", "2026-11-20"])
        assert result.exit_code == 0, result.output
    assert "Ask about the order" in CliRunner().invoke(app, ["today", str(path), "--today", "2026-11-20", "--days", "20"]).output
    result = CliRunner().invoke(app, ["sync", str(path), "--today", "2026-11-20"])
    assert result.exit_code == 0, result.output
    rows = read_cells(path)
    rows[0][1] = "Name"
    assert statuses(rows) | {"Ng": ""} == {"Susan Ortiz": "Overdue", "Kwame Asante": "Overdue", "Ng": ""}
    assert read_cells(path, "Rules") == trimmed(RULES)


def test_the_journal_knows_such_a_run_and_undo_takes_it_back(tmp_path: Path) -> None:
    place = in_memory(RULES)
    journal = Journal(tmp_path, "test")
    sync(place.source, BOOK, CHECKS.values(), today=TODAY, journal=journal)
    newest = journal.newest_to_undo(None)
    assert newest is not None
    undo(place.source, newest, today=TODAY, journal=journal)
    assert place.cells() == trimmed(CUSTOMERS)
    with sqlite3.connect(journal.path) as db:
        assert db.execute("SELECT count(*) FROM runs WHERE outcome = 'written'").fetchone() == (2,)
    db.close()


def test_a_second_run_writes_nothing_and_a_changed_rule_changes_statuses() -> None:
    place = in_memory(RULES)
    sync(place.source, BOOK, today=TODAY)
    assert len(sync(place.source, BOOK, today=TODAY).changes) == 0
    place.source.grid.rules[2][1] = "1 year after Last contact"
    place.source.grid.rules[2][4] = None
    assert sync(place.source, BOOK, today=TODAY).written


def test_rules_edited_between_read_and_write_stop_the_write() -> None:
    place = in_memory(RULES)
    with place.source.open() as sheet:
        sheet.read()
        place.source.grid.rules[2][0] = "Other"
        with pytest.raises(TableChanged):
            sheet.write(ChangeSet((Change(2, "Notes", None, "x", PLAIN, PLAIN, None),)))


def test_rules_in_the_settings_beside_the_worksheet_are_an_error_with_nothing_written(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"Customers": CUSTOMERS, "Rules": RULES})
    settings = tmp_path / "sheetsync.toml"
    settings.write_text('[rules."Annual review"]\nenabled = false\n')
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["sync", str(path)])
    assert result.exit_code == 2
    assert f"{settings} has [rules] too" in result.output
    assert path.read_bytes() == before
    settings.write_text('[limits]\nlead = "3 days"\n')
    assert CliRunner().invoke(app, ["sync", str(path)]).exit_code == 0
    assert load_settings(settings).playbook.rules_told_in == ""


def test_a_fault_in_excel_ends_with_exit_code_2_and_writes_nothing(tmp_path: Path) -> None:
    rules = [list(row) for row in RULES]
    rules[4][1] = "yearly on Birthdate of"
    path = workbook(tmp_path / "book.xlsx", {"Customers": CUSTOMERS, "Rules": rules})
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["sync", str(path)])
    assert result.exit_code == 2
    assert 'book.xlsx, worksheet "Rules", row 5, column Due (B5): there is no column "Birthdate of"' in result.output
    assert 'Did you mean "Birth date"?' in result.output
    assert path.read_bytes() == before


def test_two_rules_worksheets_are_an_error(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"Customers": CUSTOMERS, "Rules": RULES, "Rules old": RULES})
    result = CliRunner().invoke(app, ["sync", str(path)])
    assert result.exit_code == 2
    assert '"Rules" and "Rules old"' in result.output


def test_a_rules_worksheet_is_never_the_customer_table(tmp_path: Path) -> None:
    likely: Rows = [["Rule", "Due", "Next step", "Name", "Email", "Tier", "Last contact"],
                    ["R", "on Last contact", "s", "Ng", "a@x.org", "A"]]
    path = workbook(tmp_path / "book.xlsx", {"Rules": likely})
    for options in ([], ["--sheet", "Rules"]):
        result = CliRunner().invoke(app, ["sync", str(path), *options])
        assert result.exit_code == 6
        assert "this is a Rules worksheet" in result.output
    source = MemorySource(Grid([list(row) for row in likely]), BOOK.columns, BOOK.key)
    with source.open() as sheet, pytest.raises(Refused, match="Rules worksheet"):
        sheet.read()
    assert owner_cells(read_cells(path, "Rules")) == trimmed(likely)


def test_a_customer_row_that_says_rule_and_due_makes_no_rules_worksheet(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, [["Name", "Email", "Notes"], ["Rule", None, "Due"]])
    assert CliRunner().invoke(app, ["sync", str(path)]).exit_code == 0
