"""Real workbooks, made by Excel, LibreOffice and others: status columns go in, and nothing else changes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.worksheet import as_utf8, scan_general, scan_plain
from sheetsync.errors import Refused, SheetsyncError
from tests.backends.excel.corpus import attempt, workbooks
from tests.worksheets import PLAYBOOK

pytestmark = pytest.mark.usefixtures("corpus")
SAMPLE = 15  # of the corpus in the fast suite: each so-and-so-many-th workbook


def test_a_sample_of_real_workbooks_keeps_everything_else(tmp_path: Path) -> None:
    outcomes = [attempt(path, tmp_path) for path in workbooks()[::SAMPLE]]
    assert [f"{o.name}: {o.why}" for o in outcomes if o.kind == "failed"] == []
    assert any(o.kind == "done" for o in outcomes)


@pytest.mark.slow
def test_every_real_workbook_keeps_everything_else_or_is_refused_with_a_sentence(tmp_path: Path) -> None:
    outcomes = [attempt(path, tmp_path) for path in workbooks()]
    print(Counter(outcome.kind for outcome in outcomes))
    assert [f"{o.name}: {o.why}" for o in outcomes if o.kind == "failed"] == []


def test_the_quick_scan_finds_what_the_general_one_does() -> None:
    plain = 0
    for path in workbooks()[::3]:
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
            for index in range(len(quick.numbers)):
                assert list(quick.row_columns(index)) == list(general.row_columns(index))
                assert quick.styles_from(index, 2) == general.styles_from(index, 2)
                for column in quick.row_columns(index):
                    assert quick.cell(index, column) == general.cell(index, column), (path.name, index, column)
    assert plain > 100


def test_every_bad_workbook_gets_its_sentence(corpus: Path) -> None:
    for path in sorted((corpus / "bad").iterdir()):
        source = ExcelSource(path, PLAYBOOK.columns, PLAYBOOK.key)
        with source.open(readonly=True) as sheet, pytest.raises(SheetsyncError) as caught:
            sheet.read()
        assert path.name in str(caught.value)
        assert caught.value.remedy
