"""Real workbooks, made by Excel, LibreOffice and others: status columns go in, and nothing else changes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.plain import scan_plain
from sheetsync.backends.excel.plain_values import PlainValues
from sheetsync.backends.excel.reader import Workbook, read_sparse
from sheetsync.backends.excel.worksheet import as_utf8, scan_general
from sheetsync.errors import Refused, SheetsyncError
from tests.backends.excel.corpus import REASONS, Outcome, attempt, reason, summary, workbooks
from tests.backends.excel.made import placed
from tests.backends.excel.office import csv_differences
from tests.worksheets import PLAYBOOK

pytestmark = pytest.mark.usefixtures("corpus")
SOFFICE = shutil.which("soffice")
SAMPLE = 31  # of the corpus in the fast suite: each so-and-so-many-th workbook


def held(folder: Path, every: int) -> list[Outcome]:
    """What came of each so-and-so-many-th workbook, LibreOffice's reading included."""
    kept = folder / "written"
    kept.mkdir()
    paths = workbooks()[::every]
    outcomes = [attempt(path, folder, kept) for path in paths]
    if SOFFICE is not None:
        by_name = {path.name: path for path in paths}
        done = [outcome for outcome in outcomes if outcome.kind == "done"]
        wrong = csv_differences([(by_name[o.name], kept / o.name, o.sheet, o.ours) for o in done], folder)
        outcomes = [replace(o, kind="failed", why=wrong[o.name]) if o.name in wrong else o for o in outcomes]
    return outcomes


def test_a_sample_of_real_workbooks_keeps_everything_else(tmp_path: Path) -> None:
    outcomes = held(tmp_path, SAMPLE)
    assert [f"{o.name}: {o.why}" for o in outcomes if o.kind == "failed"] == []
    assert sum(o.kind == "done" for o in outcomes) > len(outcomes) / 2


@pytest.mark.slow
def test_every_real_workbook_keeps_everything_else_or_is_refused_for_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = held(tmp_path, 1)
    with capsys.disabled():
        print(f"\n{summary(outcomes)}")
    assert [f"{o.name}: {o.why}" for o in outcomes if o.kind == "failed"] == []
    refused = [o for o in outcomes if o.kind == "refused"]
    assert {reason(o) for o in refused} <= set(REASONS.values())
    assert len(refused) < 0.03 * len(outcomes)


def test_the_quick_scan_finds_what_the_general_one_does() -> None:
    plain = 0
    for path in workbooks():
        package = Package(path.read_bytes(), path.name)
        for relationship in package.relationships(package.workbook_part):
            if relationship.kind != "worksheet" or relationship.target not in package:
                continue
            data = as_utf8(package.read(relationship.target))
            try:
                general = scan_general(data, path.name)
            except Refused:
                continue
            quick = scan_plain(data, path.name)
            if quick is None:
                continue
            plain += 1
            assert (quick.numbers, quick.starts, quick.tag_ends, quick.ends) == (
                general.numbers, general.starts, general.tag_ends, general.ends), path.name
            assert (quick.formulas, quick.uncalculated, quick.merges) == (general.formulas, general.uncalculated, general.merges)
            assert (quick.elements, quick.columns) == (general.elements, general.columns)
            assert (quick.first, quick.cell_columns, quick.cell_starts, quick.cell_styles) == (
                general.first, general.cell_columns, general.cell_starts, general.cell_styles), path.name
            for index in range(len(quick.numbers)):
                for column in quick.row_columns(index):
                    assert quick.cell(index, column) == general.cell(index, column), (path.name, index, column)
    assert plain > 400


def test_the_quick_reader_finds_the_values_that_the_general_one_does() -> None:
    quick_ones = 0
    for path in workbooks():
        try:
            workbook = Workbook(Package(path.read_bytes(), path.name))
        except SheetsyncError:
            continue
        for sheet in workbook.worksheets:
            values = PlainValues(workbook, path.name)
            try:
                data = as_utf8(workbook.package.read(sheet.part))
                found = scan_plain(data, path.name, values.take)
                grid = None if found is None else values.grid()
                if grid is not None:
                    assert placed(grid) == placed(read_sparse(workbook, sheet, data)), (path.name, sheet.name)
                    quick_ones += 1
            except SheetsyncError:
                continue
    assert quick_ones > 400


def test_every_bad_workbook_gets_its_sentence(corpus: Path) -> None:
    for path in sorted((corpus / "bad").iterdir()):
        source = ExcelSource(path, PLAYBOOK.columns, PLAYBOOK.key)
        with source.open(readonly=True) as sheet, pytest.raises(SheetsyncError) as caught:
            sheet.read()
        assert path.name in str(caught.value)
        assert caught.value.remedy
