"""The starter workbook of each business: a sync of it works at once, and nothing in it is odd."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook

from sheetsync.backends.excel import ExcelSource
from sheetsync.checks import CHECKS
from sheetsync.config import load_playbook
from sheetsync.core.model import Report
from sheetsync.playbook.criteria import Criterion
from sheetsync.playbook.worksheet import with_worksheet
from sheetsync.resources import playbooks
from sheetsync.starter import _GROUPS, _WORDS, CUSTOMERS, HEADER_ROW, HOW, RULES, starter, starter_columns
from sheetsync.sync import sync

TODAY = date(2026, 11, 20)
BOOKS = list(playbooks())


def made(name: str, folder: Path) -> ExcelSource:
    """The starter of a playbook as a source."""
    path = folder / "customers.xlsx"
    playbook = load_playbook(name)
    path.write_bytes(starter(playbook, TODAY))
    return ExcelSource(path, playbook.columns, playbook.key, playbook.status, sheet=CUSTOMERS)


def synced(name: str, source: ExcelSource) -> Report:
    return sync(source, load_playbook(name), CHECKS.values(), today=TODAY)


@pytest.mark.parametrize("name", BOOKS)
def test_a_sync_colours_the_examples_and_has_nothing_to_say_against_them(name: str, tmp_path: Path) -> None:
    source = made(name, tmp_path)
    report = synced(name, source)
    assert (report.problems, report.notes, report.written) == ((), (), True)
    assert [f.status for f in report.follow_ups] == ["Overdue", "Never contacted", "Scheduled"]
    assert not report.changes.new_columns
    before = source.path.read_bytes()
    assert not synced(name, source).written
    assert source.path.read_bytes() == before
    sheet = load_workbook(source.path)[CUSTOMERS]
    status = next(cell for cell in sheet[HEADER_ROW] if cell.value == "↻ Status")
    fills = [sheet.cell(HEADER_ROW + n, status.column).fill.start_color.rgb for n in (1, 2, 3)]
    assert fills == ["FFFFC7CE", "FFFFEB9C", "FFC6EFCE"]


@pytest.mark.parametrize("name", BOOKS)
def test_the_list_without_its_examples_is_an_empty_list(name: str, tmp_path: Path) -> None:
    source = made(name, tmp_path)
    workbook = load_workbook(source.path)
    workbook[CUSTOMERS].delete_rows(HEADER_ROW + 1, 3)
    workbook.save(source.path)
    report = synced(name, source)
    assert (len(report.customers), report.problems, report.notes, report.written) == (0, (), (), False)


def test_a_customer_typed_below_is_one_and_looks_alike(tmp_path: Path) -> None:
    source = made("home-business", tmp_path)
    synced("home-business", source)
    workbook = load_workbook(source.path)
    sheet = workbook[CUSTOMERS]
    place = {cell.value: number for number, cell in enumerate(sheet[HEADER_ROW], 1)}
    sheet.cell(HEADER_ROW + 4, place["Name"], "Dora Real")
    sheet.cell(HEADER_ROW + 4, place["Last contact"], date(2026, 2, 3))
    workbook.save(source.path)
    report = synced("home-business", source)
    assert [f.customer for f in report.follow_ups][-1] == "Dora Real"
    assert {problem.check for problem in report.problems} == {"unique"}  # her number is still to be given
    sheet = load_workbook(source.path)[CUSTOMERS]
    dates = [sheet.cell(HEADER_ROW + n, place["↻ Next follow-up"]) for n in (1, 4)]
    assert [cell.number_format for cell in dates] == ["d mmm yyyy"] * 2
    assert [cell.alignment.horizontal for cell in dates] == ["center"] * 2


@pytest.mark.parametrize("name", BOOKS)
def test_its_rules_are_the_playbooks_and_all_of_them_can_fire(name: str, tmp_path: Path) -> None:
    source, playbook = made(name, tmp_path), load_playbook(name)
    with source.open(readonly=True) as sheet:
        table = sheet.read()
    assert table.rules is not None
    assert with_worksheet(playbook, table).rules == playbook.rules
    assert [rule.name for rule in playbook.rules if rule.lacking(table.header)] == []


@pytest.mark.parametrize("name", BOOKS)
def test_every_column_of_the_playbook_has_its_place(name: str) -> None:
    playbook = load_playbook(name)
    groups = starter_columns(playbook)
    headers = [header for *_, names in groups for header in names]
    assert len(headers) == len(set(headers))
    assert {column.name for column in playbook.columns} - {"ID"} <= set(headers)
    assert "More" not in [title for title, *_ in groups]


def test_every_column_that_is_grouped_or_has_words_belongs_to_a_playbook() -> None:
    there = {column.name for name in BOOKS for column in load_playbook(name).columns}
    assert {column for *_, names in _GROUPS for column in names} <= there
    assert set(_WORDS) <= there


@pytest.mark.parametrize("name", BOOKS)
def test_words_that_rules_look_for_are_offered(name: str) -> None:
    playbook = load_playbook(name)
    asked: dict[str, list[list[Criterion]]] = {}
    for when in (*(rule.when for rule in playbook.rules), *(reason.when for reason in playbook.quiet)):
        for column, any_of in when.items():
            asked.setdefault(column, []).append(list(any_of.criteria))
    for column, criteria_lists in asked.items():
        for criteria in criteria_lists:
            words = [c.text.lstrip("=") for c in criteria if c.operator == "=" and c.operand != "" and not set(c.text) & set("*0123456789")]
            if words and len(words) == len(criteria) and column in _WORDS:
                assert set(words) & set(_WORDS[column]), (column, words)


def test_both_libraries_read_it_and_it_helps_with_typing(tmp_path: Path) -> None:
    source = made("home-business", tmp_path)
    data = source.path.read_bytes()
    assert CalamineWorkbook.from_filelike(BytesIO(data)).sheet_names == [CUSTOMERS, RULES, HOW]
    workbook = load_workbook(BytesIO(data))
    sheet = workbook[CUSTOMERS]
    headers = {cell.value: get_column_letter(number) for number, cell in enumerate(sheet[HEADER_ROW], 1)}
    offered = {str(found.sqref).split(":")[0].rstrip("0123456789"): str(found.formula1)
               for found in sheet.data_validations.dataValidation if found.type == "list"}
    assert offered[headers["Consent"]] == '"yes,no"'
    assert offered[headers["Tier"]] == '"A,B,C"'
    assert offered[headers["Log"]].startswith('"done,called')
    assert all(len(formula) <= 255 for formula in offered.values())
    assert sheet.freeze_panes == f"C{HEADER_ROW + 1}"
    assert sheet.auto_filter.ref is not None
    assert sheet[f"{headers['Last contact']}{HEADER_ROW + 1}"].number_format == "d mmm yyyy"
    assert sheet.column_dimensions[headers["Last contact"]].number_format == "d mmm yyyy"
    assert not any(cell.data_type == "f" for row in workbook[RULES].iter_rows() for cell in row)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_libreoffice_reads_it_as_it_is_before_and_after_a_sync(name: str, tmp_path: Path) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    source = made(name, tmp_path)
    for step in ("made", "synced"):
        if step == "synced":
            synced(name, source)
        subprocess.run([program, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "csv", "--outdir",
                        str(tmp_path), str(source.path)], check=True, capture_output=True, timeout=120)
        text = (tmp_path / "customers.csv").read_text("utf-8", "replace")
        assert "Anna Example" in text
        assert ("Overdue" in text) == (step == "synced")
