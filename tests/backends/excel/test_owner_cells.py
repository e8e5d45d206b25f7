"""Cells of the owner's that a Log entry asked for: their looks, and those that can't be written."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import load_workbook

from sheetsync.backends.excel import ExcelSource
from sheetsync.core.model import Report
from sheetsync.sync import sync
from tests.worksheets import PLAYBOOK, TODAY

HEAD = ["Customer no", "Name", "Last contact", "Log", "Snooze until", "Notes"]


def source(path: Path) -> ExcelSource:
    return ExcelSource(path, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status)


def synced(path: Path) -> Report:
    return sync(source(path), PLAYBOOK, today=TODAY)


def book(path: Path) -> Any:
    return load_workbook(io.BytesIO(path.read_bytes()))["Customers"]


@pytest.fixture
def styled(tmp_path: Path) -> Path:
    """Two customers whose cells have looks of their own: fills, number formats, a text format, a quote prefix."""
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.write_row(0, 0, HEAD)
        day = workbook.add_format({"num_format": "dddd d mmmm yyyy", "bg_color": "#FFCC00", "bold": True, "align": "right"})
        text = workbook.add_format({"num_format": "@", "bg_color": "#00FF00", "italic": True})
        hours = workbook.add_format({"num_format": "hh:mm", "border": 2})
        quoted = workbook.add_format({"quote_prefix": True, "font_color": "#FF0000"})
        log = workbook.add_format({"bg_color": "#C6EFCE", "font_color": "#006100", "text_wrap": True})
        sheet.write_row(1, 0, [1, "Susan"])
        sheet.write_datetime(1, 2, datetime(2026, 11, 2), day)
        sheet.write_string(1, 3, "called: sorry", log)
        sheet.write_datetime(1, 4, datetime(2026, 12, 2), day)
        sheet.write_string(1, 5, "old", log)
        sheet.write_row(2, 0, [2, "Ng"])
        sheet.write_blank(2, 2, None, text)
        sheet.write_string(2, 3, "done", log)
        sheet.write_row(3, 0, [3, "Li"])
        sheet.write_blank(3, 2, None, hours)
        sheet.write_string(3, 3, "done")
        sheet.write_row(4, 0, [4, "Ana"])
        sheet.write_string(4, 2, "2026-11-02", quoted)
        sheet.write_string(4, 3, "done")
        sheet.write_row(5, 0, [5, "Bo", None, "snooze 2 weeks"])
    return path


def looks(cell: Any) -> dict[str, Any]:
    return {"fill": cell.fill.fgColor.rgb, "font": (cell.font.color.rgb if cell.font.color else None, cell.font.b, cell.font.i),
            "border": cell.border.left.style, "align": (cell.alignment.horizontal, cell.alignment.wrap_text)}


def test_a_cell_keeps_its_look_and_a_date_gets_a_date_format_only_where_it_has_none(styled: Path) -> None:
    before = book(styled)
    assert len(synced(styled).contacts) == 5
    after = book(styled)
    for row in range(2, 7):
        for column in "CDEF":
            assert looks(after[f"{column}{row}"]) == looks(before[f"{column}{row}"]), f"{column}{row}"
    assert [after[f"C{row}"].value for row in range(2, 6)] == [datetime(2026, 11, 20)] * 4
    assert after["C2"].number_format == "dddd d mmmm yyyy"
    assert {after[f"C{row}"].number_format for row in range(3, 6)} == {"mm-dd-yy"}
    assert (after["E6"].value, after["E6"].number_format) == (datetime(2026, 12, 4), "mm-dd-yy")
    assert (after["D2"].value, after["E2"].value, after["F2"].value) == (None, None, "2026-11-20 called: sorry · old")
    assert after["E2"].number_format == "dddd d mmmm yyyy"
    assert after["F2"].number_format == before["F2"].number_format
    assert not after["C5"].quotePrefix


def test_dates_of_a_1904_workbook_are_right(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, [1, "Susan", None, "done"])
    synced(path)
    assert book(path)["C2"].value == datetime(2026, 11, 20)


def test_a_time_of_day_is_one_in_a_1904_workbook_too(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.write_row(0, 0, [*HEAD, "Opens at"])
        sheet.write_row(1, 0, [1, "Susan"])
        sheet.write_number(1, len(HEAD), 0.375, workbook.add_format({"num_format": "hh:mm"}))
    with source(path).open(readonly=True) as opened:
        assert opened.read().rows[0][-1] == time(9)


@pytest.mark.parametrize("kind", ["formula", "array", "dynamic", "merged"])
def test_a_formula_or_merge_in_the_way_keeps_the_entry_and_the_run_goes_on(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEAD)
        for row in range(1, 4):
            sheet.write_row(row, 0, [row, f"Customer {row}", None, "done"])
            sheet.write_datetime(row, 2, datetime(2026, 11, 2), day)
        if kind == "formula":
            sheet.write_formula(1, 2, "=TODAY()-18", day, 46328)
            stay = {"Customer 1"}
        elif kind == "array":
            sheet.write_array_formula("C2:C3", "{=DATE(2026,11,1)+{1;1}}", day, 46328)
            sheet.write_number(2, 2, 46328, day)
            stay = {"Customer 1", "Customer 2"}
        elif kind == "dynamic":
            sheet.write_dynamic_array_formula("C2:C3", "=SEQUENCE(2,1,46328,0)", day, 46328)
            sheet.write_number(2, 2, 46328, day)
            stay = {"Customer 1", "Customer 2"}
        else:
            sheet.merge_range("C2:C3", datetime(2026, 11, 2), day)
            stay = {"Customer 2"}
    before = re.findall(rb"<f[^>]*>[^<]*</f>|<mergeCell [^>]*>", part(path))
    report = synced(path)
    assert report.written
    assert {report.customers.labels[p.customer] for p in report.problems} == stay
    assert all("formula" in p.message or "merged" in p.message for p in report.problems)
    assert {contact.customer for contact in report.contacts} == {"Customer 1", "Customer 2", "Customer 3"} - stay
    assert re.findall(rb"<f[^>]*>[^<]*</f>|<mergeCell [^>]*>", part(path)) == before
    rows = list(book(path).iter_rows(min_row=2, values_only=True))
    assert {row[1] for row in rows if row[3] == "done"} == stay


def part(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("metadata", ["cm", "vm"])
def test_a_cell_with_metadata_keeps_the_entry(tmp_path: Path, metadata: str) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, [1, "Susan", None, "called: sorry", None, "old"])
        sheet.write_row(2, 0, [2, "Ng", None, "done", None, "old"])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b'<c r="F2"', b'<c r="F2" %b="1"' % metadata.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    report = synced(path)
    assert [(p.row, p.message.partition(",")[0]) for p in report.problems] == [(2, "Notes holds a picture or data type")]
    assert b'<c r="F2" %b="1"' % metadata.encode() in part(path)
    assert [contact.customer for contact in report.contacts] == ["Ng"]


@pytest.mark.parametrize("old", ["line\r\nline", "_x000D_", "=1+1", " two  spaces ", "👩‍👩‍👧 & <b>", "tab\there"])
def test_notes_of_any_kind_get_a_note_in_front_and_lose_nothing(tmp_path: Path, old: str) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, [1, "Susan", None, "called: sorry"])
        sheet.write_string(1, 5, old)
    with source(path).open() as opened:
        [read] = opened.read().rows
    synced(path)
    with source(path).open() as opened:
        [row] = opened.read().rows
    assert str(row[5]).startswith("2026-11-20 called: sorry")
    assert str(row[5]).endswith(str(read[5]).strip())
    assert row[2] == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("cells", "stay"),
    [
        ({"C2": b'<f t="shared" ref="C2:C3" si="0">TODAY()-18</f><v>46328</v>', "C3": b'<f t="shared" si="0"/><v>46328</v>'}, {2, 3}),
        ({"C2": b'<f t="dataTable" ref="C2:C3" dt2D="0" dtr="0" r1="H1"/><v>46328</v>', "C3": b"<v>46328</v>"}, {2, 3}),
        ({"C3": b"<v>46328</v>", "A3": b'<f t="array" ref="A3:F3">2</f><v>2</v>'}, {3}),
    ],
    ids=["shared formula", "data table", "an array that begins elsewhere"],
)
def test_shared_formulas_and_data_tables_keep_the_entry_and_their_bytes(tmp_path: Path, cells: dict[str, bytes], stay: set[int]) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEAD)
        for row in range(1, 5):
            sheet.write_row(row, 0, [row, f"Customer {row}", None, "done"])
            sheet.write_datetime(row, 2, datetime(2026, 11, 2), day)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for ref, content in cells.items():
        members[name], count = re.subn(rb'(<c r="%b"[^>]*>)<v>[^<]*</v>' % ref.encode(), rb"\g<1>" + content, members[name])
        assert count == 1
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    report = synced(path)
    assert report.written
    assert {problem.row for problem in report.problems} == stay
    assert {contact.row for contact in report.contacts} == {2, 3, 4, 5} - stay
    for content in cells.values():
        assert content in part(path)


def test_in_a_protected_worksheet_that_may_be_written_entries_are_done_and_the_protection_stays(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        sheet.protect()
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, [1, "Susan", None, "done"])
    allowed = ExcelSource(path, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status, write_protected=True)
    assert len(sync(allowed, PLAYBOOK, today=TODAY).contacts) == 1
    assert b"<sheetProtection" in part(path)


@pytest.mark.parametrize("inline", [False, True])
def test_notes_in_bold_and_colours_keep_the_entry_since_a_new_text_would_lose_them(tmp_path: Path, inline: bool) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": inline}) as workbook:
        sheet = workbook.add_worksheet("Customers")
        bold = workbook.add_format({"bold": True})
        sheet.write_row(0, 0, HEAD)
        for row, entry in enumerate(("called: sorry", "called", "called: sorry"), 1):
            sheet.write_row(row, 0, [row, f"Customer {row}", None, entry])
            if row < 3:
                sheet.write_rich_string(row, 5, "Allergic to ", bold, "nuts", "!")
            else:
                sheet.write_string(row, 5, "plain")
    assert (b"inlineStr" in part(path)) is inline
    report = synced(path)
    assert [(problem.row, problem.message) for problem in report.problems] == [
        (2, "Notes holds formatted text, whose formats would be lost, so this entry can't be written there")]
    assert [contact.row for contact in report.contacts] == [3, 4]
    assert [book(path)[f"F{row}"].value for row in (2, 3, 4)] == [
        "Allergic to nuts!", "Allergic to nuts!", "2026-11-20 called: sorry · plain"]
