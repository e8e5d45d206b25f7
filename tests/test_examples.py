"""Every shipped example runs as its expected.txt says, and survives it."""

from __future__ import annotations

import io
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from sheetsync.cli import app
from sheetsync.core.model import STATUSES
from sheetsync.resources import playbooks
from tests.make_example import make
from tests.make_stories import STORIES
from tests.make_stories import make as make_story

EXAMPLES = Path(__file__).parent.parent / "examples"
STORY = EXAMPLES / "home-business"
DAY = "2026-11-20"
UTF8_CSV = "csv:Text - txt - csv (StarCalc):44,34,76"
# What a write may touch: the worksheet, its styles and strings, and the workbook's word to calculate on opening.
TOUCHED = {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"}


@pytest.fixture
def copy_of_example(tmp_path: Path) -> Path:
    folder = tmp_path / "example"
    shutil.copytree(STORY, folder)
    return folder / "customers.xlsx"


def sync(path: Path) -> str:
    result = CliRunner().invoke(app, ["sync", str(path), "--today", DAY])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_example_ends_as_expected(copy_of_example: Path) -> None:
    """To look at a new result: sync a copy, read it, and put it into expected.txt by hand."""
    assert sync(copy_of_example) == (STORY / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_story_ends_as_expected(name: str, tmp_path: Path) -> None:
    """To look at a new result: sync a copy, read it, and put it into expected.txt by hand."""
    shutil.copytree(EXAMPLES / name, tmp_path / name)
    workbook = tmp_path / name / "customers.xlsx"
    assert sync(workbook) == (EXAMPLES / name / "expected.txt").read_text("utf-8")
    assert "Nothing has changed" in sync(workbook)


@pytest.mark.parametrize("name", sorted(STORIES))
def test_the_maker_makes_every_storys_workbook(name: str, tmp_path: Path) -> None:
    make_story(name, tmp_path / "customers.xlsx")
    with zipfile.ZipFile(tmp_path / "customers.xlsx") as made, zipfile.ZipFile(EXAMPLES / name / "customers.xlsx") as shipped:
        assert {part: made.read(part) for part in made.namelist()} == {part: shipped.read(part) for part in shipped.namelist()}


def test_every_playbook_has_an_example_of_its_own() -> None:
    assert {path.parent.name for path in EXAMPLES.glob("*/expected.txt")} == set(playbooks())


def test_the_example_shows_every_status(copy_of_example: Path) -> None:
    out = sync(copy_of_example)
    for word in (*STATUSES, "Do not contact", "Closed", "Paused", "Booked"):
        assert f"  {word} " in out


def test_the_maker_makes_the_checked_in_workbook(tmp_path: Path) -> None:
    make(tmp_path / "customers.xlsx")
    with zipfile.ZipFile(tmp_path / "customers.xlsx") as made, zipfile.ZipFile(STORY / "customers.xlsx") as shipped:
        assert made.namelist() == shipped.namelist()
        for name in made.namelist():
            if not name.endswith(".png"):  # a picture's bytes hang on the version of the library that draws it
                assert made.read(name) == shipped.read(name), name


def test_all_other_parts_keep_their_bytes(copy_of_example: Path) -> None:
    with zipfile.ZipFile(copy_of_example) as archive:
        before = {name: archive.read(name) for name in archive.namelist()}
    sync(copy_of_example)
    with zipfile.ZipFile(copy_of_example) as archive:
        after = {name: archive.read(name) for name in archive.namelist()}
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == TOUCHED
    assert any("/charts/" in name for name in before)
    assert any("/media/" in name for name in before)
    assert any("comments" in name for name in before)


def test_chart_picture_comment_dropdowns_formats_and_results_are_still_there(copy_of_example: Path) -> None:
    before = seen(copy_of_example)
    sync(copy_of_example)
    after = seen(copy_of_example)
    assert after == before
    assert before["charts"]
    assert before["pictures"]
    assert before["comments"]
    assert before["dropdowns"]
    assert before["conditional formats"]
    assert any(str(cell).startswith("=") for cell in before["formulas"].values())
    assert not any(value is None for value in before["results"].values())


def seen(path: Path) -> dict[str, Any]:
    """What openpyxl finds outside the status columns."""
    data = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book, results = load_workbook(io.BytesIO(data)), load_workbook(io.BytesIO(data), data_only=True)
    customers = book["Customers"]
    formulas = {
        f"{sheet.title}!{cell.coordinate}": cell.value
        for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    }
    return {
        "charts": sum(len(cast(Any, sheet)._charts) for sheet in book),
        "pictures": sum(len(cast(Any, sheet)._images) for sheet in book),
        "comments": [cell.comment.text for row in customers.iter_rows() for cell in row if cell.comment],
        "dropdowns": sorted(str(rule.sqref) for rule in customers.data_validations.dataValidation),
        "conditional formats": sorted(str(rule.sqref) for rule in customers.conditional_formatting),
        "formulas": formulas,
        "results": {name: results[name.split("!")[0]][name.split("!")[1]].value for name in formulas},
        "frozen": customers.freeze_panes,
        "names": sorted(book.defined_names),
    }


@pytest.mark.slow
def test_libreoffice_opens_the_synced_example_and_sees_the_statuses(copy_of_example: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    sync(copy_of_example)
    subprocess.run(
        [office, "--headless", f"-env:UserInstallation=file://{copy_of_example.parent}/office", "--convert-to", UTF8_CSV, "--outdir",
         str(copy_of_example.parent), str(copy_of_example)],
        check=True, capture_output=True, timeout=180,
    )
    text = copy_of_example.with_suffix(".csv").read_text("utf-8")
    assert "Phone Susan Ortiz: apologise, agree the fix" in text
    assert "↻ Status" in text
