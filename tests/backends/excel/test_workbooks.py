"""The facts of real workbooks that a write has to respect, each in a workbook made for it."""

from __future__ import annotations

import io
import re
import struct
import time
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from lxml import etree
from openpyxl import load_workbook

from sheetsync.backends.excel import proof, sheet
from sheetsync.backends.excel.package import Package
from sheetsync.checks import CHECKS
from sheetsync.core.model import CellError
from sheetsync.errors import Refused, TableChanged
from sheetsync.sync import sync
from tests.backends.excel.made import HEADER, SHEET, made, part, rewritten, run, source
from tests.worksheets import CUSTOMERS, PLAYBOOK, TODAY, Rows, read_cells, write_workbook


def test_status_columns_stand_right_of_the_table_and_the_rest_stays(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = read_cells(path)
    run(path)
    after = read_cells(path)
    assert after[2][:8] == [*HEADER, *PLAYBOOK.status.headers]
    assert [row[3] for row in after[3:]] == ["Scheduled", "Scheduled", "Never contacted"]
    assert [row[:3] for row in after] == before


def test_a_list_object_takes_the_new_columns_in_and_gives_them_back(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.add_table(2, 0, 6, 2, {
        "columns": [{"header": text} for text in HEADER], "total_row": True, "name": "People"}))
    old = part(path, "xl/tables/table1.xml")
    run(path)
    table = etree.fromstring(part(path, "xl/tables/table1.xml").encode())
    columns = [column.get("name") for column in table.iter("{*}tableColumn")]
    assert (table.get("ref"), columns) == ("A3:H7", [*HEADER, *PLAYBOOK.status.headers])
    assert [f.get("ref") for f in table.iter("{*}autoFilter")] == ["A3:H6"]
    assert len({column.get("id") for column in table.iter("{*}tableColumn")}) == 8
    assert len(read_cells(path)) == 6 or read_cells(path)[6][3:] == []  # the totals row has no status
    undone = sync(source(path), PLAYBOOK, today=TODAY)
    assert len(undone.changes) == 0
    assert 'ref="A3:C7"' in old


def test_a_table_that_a_query_fills_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.add_table(2, 0, 5, 2, {"columns": [{"header": text} for text in HEADER]}))
    rewritten(path, "xl/tables/table1.xml", lambda data: data.replace(b' ref="', b' tableType="queryTable" ref="', 1))
    before = path.read_bytes()
    with pytest.raises(Refused, match="query"):
        run(path)
    assert path.read_bytes() == before


def test_a_plain_filter_and_its_hidden_name_take_the_new_columns_in(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.autofilter(2, 0, 5, 2))
    run(path)
    assert '<autoFilter ref="A3:H6"/>' in part(path, SHEET)
    assert "Customers!$A$3:$H$6" in part(path, "xl/workbook.xml")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (lambda book, ws: ws.write("F5", "call after 5"), "F5"),
        (lambda book, ws: ws.write_formula("D20", "=1+1"), None),
        (lambda book, ws: ws.merge_range("D4:E4", ""), "merged"),
        (lambda book, ws: ws.set_column("D:XFD", None, None, {"hidden": True}), "hidden"),
        (lambda book, ws: ws.protect(), "protected"),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_written(tmp_path: Path, more: Any, words: str | None) -> None:
    path = made(tmp_path, more)
    before = path.read_bytes()
    if words is None:
        assert run(path).written
        return
    with pytest.raises(Refused, match=words):
        run(path)
    assert path.read_bytes() == before


def test_a_protected_sheet_is_written_when_the_owner_allows_it_and_stays_protected(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.protect())
    assert run(path, write_protected=True).written
    assert "<sheetProtection" in part(path, SHEET)


def test_a_formula_in_a_status_cell_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    run(path)
    rewritten(path, SHEET, lambda data: re.sub(rb'(<c r="D4"[^>]*?)( t="s")?>.*?</c>', rb'\1><f>1+1</f><v>2</v></c>', data, count=1))
    before = path.read_bytes()
    with pytest.raises(Refused, match="D4 holds a formula"):
        run(path)
    assert path.read_bytes() == before


def test_formulas_anywhere_ask_excel_to_calculate_on_opening_and_keep_their_results(tmp_path: Path) -> None:
    def more(book: Any, ws: Any) -> None:
        ws.write_formula("C9", "=COUNTA(A4:A6)", None, 3)

    path = made(tmp_path, more)
    rewritten(path, "xl/workbook.xml", lambda data: re.sub(rb"<calcPr[^>]*/>", b'<calcPr calcId="1"/>', data))
    run(path)
    assert 'fullCalcOnLoad="1"' in part(path, "xl/workbook.xml")
    assert load_workbook(io.BytesIO(path.read_bytes()), data_only=True)["Customers"]["C9"].value == 3


def test_an_error_cell_is_an_error_and_never_a_blank(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.write_formula("B6", "=1/0", None, "#DIV/0!"))
    with source(path).open(readonly=True) as opened:
        assert opened.read().rows[2][1] == CellError("#DIV/0!")
    report = sync(source(path), PLAYBOOK, CHECKS.values(), today=TODAY)
    assert [(p.row, p.column, p.check) for p in report.problems] == [(6, "Last contact", "error-cell")]
    assert report.follow_ups[2].status == "Check row"
    assert len(sync(source(path), PLAYBOOK, CHECKS.values(), today=TODAY).changes) == 0


def test_a_stray_cell_at_the_far_corner_costs_nothing(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.write("XFD1048576", "stray"))
    started = time.perf_counter()
    assert run(path).written
    assert time.perf_counter() - started < 20
    assert "stray" in part(path, "xl/sharedStrings.xml")
    assert len(run(path).changes) == 0


def test_column_ranges_are_split_and_new_columns_wide_enough(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, ws: ws.set_column("B:F", 5))
    run(path)
    cols = [(int(c.get("min") or 0), int(c.get("max") or 0), float(c.get("width") or 0))
            for c in etree.fromstring(part(path, SHEET).encode()).iter("{*}col")]
    assert [(low, high) for low, high, _ in cols] == [(2, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8)]
    assert cols[0][2] < 6
    assert min(width for _, _, width in cols[1:]) >= 15


def test_a_reused_cell_keeps_font_border_and_number_format(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(path) as book:
        ws = book.add_worksheet("Customers")
        fancy = book.add_format({"bold": True, "font_name": "Georgia", "border": 2, "num_format": "dd.mm.yyyy"})
        ws.write_row(0, 0, ["Name", "Last contact", "↻ Status", "↻ Next follow-up"])
        ws.write(1, 0, "Ng")
        ws.write_datetime(1, 1, date(2026, 10, 26), book.add_format({"num_format": "yyyy-mm-dd"}))
        ws.write_blank(1, 2, None, fancy)
        ws.write_blank(1, 3, None, fancy)
    run(path)
    worksheet = load_workbook(io.BytesIO(path.read_bytes()))["Customers"]
    for name in ("C2", "D2"):
        cell = worksheet[name]
        assert (cell.font.b, cell.font.name, cell.border.left.style, cell.number_format) == (True, "Georgia", "medium", "dd.mm.yyyy")
    assert worksheet["C2"].fill.fgColor.rgb == "FFC6EFCE"
    assert worksheet["C2"].font.color.rgb == "FF006100"


def test_taking_a_colour_away_goes_back_to_the_fill_of_the_row(tmp_path: Path) -> None:
    def more(book: Any, ws: Any) -> None:
        ws.write(3, 2, "a", book.add_format({"bg_color": "#FFFFCC"}))

    path = made(tmp_path, more)
    with source(path).open() as opened:
        table = opened.read()
    report = run(path)
    assert report.written
    worksheet = load_workbook(io.BytesIO(path.read_bytes()))["Customers"]
    assert worksheet["F4"].fill.fgColor.rgb == "FFFFFFCC"  # ↻ Next step, uncoloured
    assert len(run(path).changes) == 0
    assert table.header == tuple(HEADER)


@pytest.mark.parametrize("colour", ["#C6EFCE", "#EDEDED"])
def test_an_owner_who_uses_our_colours_gets_no_endless_changes(tmp_path: Path, colour: str) -> None:
    fonts = {"#C6EFCE": "#006100", "#EDEDED": "#595959"}

    def more(book: Any, ws: Any) -> None:
        for row in range(3, 6):
            ws.write(row, 2, "x", book.add_format({"bg_color": colour, "font_color": fonts[colour]}))

    path = made(tmp_path, more)
    assert run(path).written
    assert len(run(path).changes) == 0


def test_dates_of_1904_are_written_and_read_as_such(tmp_path: Path) -> None:
    path = made(tmp_path, date_1904=True)
    before = read_cells(path)
    run(path)
    after = read_cells(path)
    assert after[3][4] == date(2027, 4, 20)
    assert [row[:3] for row in after] == before


def test_texts_go_into_the_cells_where_there_are_no_shared_strings(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    book = __import__("openpyxl").Workbook(write_only=True)
    ws = book.create_sheet("Customers")
    ws.append(["Name", "Last contact"])
    ws.append(["Ng", date(2026, 10, 20)])
    book.save(path)
    rewritten(path, "xl/sharedStrings.xml", lambda data: None)
    rewritten(path, "xl/_rels/workbook.xml.rels", lambda data: re.sub(rb"<Relationship [^>]*sharedStrings[^>]*/>", b"", data))
    rewritten(path, "[Content_Types].xml", lambda data: re.sub(rb"<Override [^>]*sharedStrings[^>]*/>", b"", data))
    rewritten(path, SHEET, lambda data: re.sub(
        rb't="s"><v>(\d)</v>', lambda m: b't="inlineStr"><is><t>%b</t></is>' % [b"Name", b"Last contact", b"Ng"][int(m[1])], data))
    run(path)
    assert read_cells(path)[1][2] == "Scheduled"
    assert 't="inlineStr"' in part(path, SHEET)
    assert len(run(path).changes) == 0


def test_a_missing_styles_part_is_made(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [["Name", "Email"], ["Ng", "a@example.com"]])
    rewritten(path, "xl/styles.xml", lambda data: None)
    rewritten(path, "xl/_rels/workbook.xml.rels", lambda data: re.sub(rb"<Relationship [^>]*styles[^>]*/>", b"", data))
    rewritten(path, "[Content_Types].xml", lambda data: re.sub(rb"<Override [^>]*styles[^>]*/>", b"", data))
    assert run(path).written
    worksheet = load_workbook(io.BytesIO(path.read_bytes()))["Customers"]
    assert worksheet["C1"].fill.fgColor.rgb == "FFDDEBF7"
    assert len(run(path).changes) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        lambda data: data.replace(b"<sheetData>", b"<!-- <row r='1'> --><sheetData>"),
        lambda data: re.sub(rb' r="[A-Z]+\d+"', b"", data),
        lambda data: re.sub(rb'<row r="\d+"', b"<row", data),
        lambda data: re.sub(rb"<(/?)(worksheet|sheetData|row|c|v|dimension|sheetViews|sheetView|sheetFormatPr|pageMargins)\b",
                            rb"<\1x:\2", data).replace(b'xmlns="', b'xmlns:x="'),
        lambda data: re.sub(rb' spans="[^"]*"', b' spans="bad"', data),
        lambda data: re.sub(rb"<dimension [^>]*/>", b"", data),
    ],
    ids=["bom", "utf-16", "comment", "no cell r", "no row r", "prefix", "bad spans", "no dimension"],
)
def test_unusual_but_right_xml_is_written_to(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [["Name", "Email", "Tier"], ["Ng", "a@example.com", "A"], ["Ana", "b@example.com", "B"]])
    before = read_cells(path)
    rewritten(path, SHEET, change)
    assert run(path).written
    assert len(run(path).changes) == 0
    with source(path).open(readonly=True) as opened:
        table = opened.read()
    assert [list(row[:3]) for row in table.rows] == before[1:]
    assert [row[3] for row in table.rows] == ["No rule", "No rule"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.replace(b'<row r="2"', b'<row r="7"').replace(b'r="A2"', b'r="A7"').replace(b'r="B2"', b'r="B7"'),
         "out of order"),
        (lambda data: data.replace(b"<worksheet", b"<!DOCTYPE worksheet><worksheet", 1), "DOCTYPE"),
        (lambda data: data[:-40], "damaged"),
    ],
)
def test_wrong_xml_is_refused(tmp_path: Path, change: Callable[[bytes], bytes], words: str) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [["Name", "Email"], ["Ng", "a@example.com"], ["Ana", "b@example.com"]])
    rewritten(path, SHEET, change)
    before = path.read_bytes()
    with pytest.raises(Refused, match=words):
        run(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("name", "words"), [("_xmlsignatures/sig1.xml", "signed"), ("xl/revisions/log1.xml", "shared workbook")])
def test_signed_and_shared_workbooks_are_refused(tmp_path: Path, name: str, words: str) -> None:
    path = made(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "<x/>")
    with pytest.raises(Refused, match=words):
        run(path)


def test_a_part_twice_and_a_bomb_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(Refused, match="twice"):
        run(path)
    path = made(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(100 * 1024**2))
    with pytest.raises(Refused, match="would grow to"):
        run(path)


def test_untouched_members_keep_bytes_order_time_and_attributes(tmp_path: Path) -> None:
    path = made(tmp_path)
    old = Package(path.read_bytes(), "old")
    run(path)
    new = Package(path.read_bytes(), "new")
    assert [m.filename for m in old.members] == [m.filename for m in new.members]
    for one, other in zip(old.members, new.members, strict=True):
        assert (one.date_time, one.external_attr, one.compress_type) == (other.date_time, other.external_attr, other.compress_type)
        if one.filename not in {SHEET, "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"}:
            assert old.raw(one) == new.raw(other)


def test_shared_strings_are_reused_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    sync(source(path), PLAYBOOK, today=date(2026, 11, 20))
    sync(source(path), PLAYBOOK, today=date(2027, 11, 20))
    sync(source(path), PLAYBOOK, today=date(2026, 11, 20))
    root = etree.fromstring(part(path, "xl/sharedStrings.xml").encode())
    texts = [entry.findtext("{*}t") for entry in root]
    assert len(texts) == len(set(texts)) == int(root.get("uniqueCount") or 0)


def test_the_new_file_keeps_mode_and_a_link_to_it_stays_a_link(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(path)
    run(link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert read_cells(path)[2][3] == "↻ Status"


def test_a_file_saved_between_read_and_write_is_not_replaced(tmp_path: Path) -> None:
    path = made(tmp_path)
    with source(path).open() as opened:
        table = opened.read()
        from tests.backends.contract import wanted

        changes = wanted(table, lambda i, n: "x")
        other = made(tmp_path, lambda book, ws: ws.write("A20", "new"))
        before = other.read_bytes()
        with pytest.raises(TableChanged):
            opened.write(changes)
    assert path.read_bytes() == before


def test_a_write_that_would_change_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    original = Package.rebuild

    def broken(self: Package, replaced: Any, added: Any, out: Any) -> None:
        original(self, dict(replaced) | {"docProps/app.xml": b"<other/>"}, added, out)

    monkeypatch.setattr(Package, "rebuild", broken)
    with pytest.raises(Refused, match=r"docProps/app\.xml would have changed"):
        run(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("inline", [False, True])
def test_the_quick_proof_agrees_with_reading_all_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inline: bool) -> None:
    monkeypatch.setattr(sheet, "LARGE", 0)
    verdicts: list[bool] = []
    holds = proof.Proof.holds

    def noted(self: proof.Proof, package: Package) -> bool:
        verdicts.append(holds(self, package))
        return verdicts[-1]

    monkeypatch.setattr(proof.Proof, "holds", noted)
    path = tmp_path / "customers.xlsx"
    (with_texts_in_its_cells if inline else write_workbook)(path, CUSTOMERS)
    for day in (TODAY, date(2027, 3, 1), TODAY):
        assert sync(source(path), PLAYBOOK, today=day).written
        assert len(sync(source(path), PLAYBOOK, today=day).changes) == 0
    assert verdicts == [True, True, True]
    assert ('t="s"' in part(path, SHEET)) is not inline


def with_texts_in_its_cells(path: Path, rows: Rows) -> None:
    """A new workbook without shared strings, as pandas and others stream them."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        worksheet = workbook.add_worksheet("Customers")
        for number, row in enumerate(rows):
            worksheet.write_row(number, 0, [f"<{cell} & Co>" if cell == "Kwame Asante" else cell for cell in row])


@pytest.mark.parametrize("change", [
    lambda data: data.replace(b"Never contacted", b"Ever contacted"),  # a status is another text
    lambda data: data.replace(b"Asante &amp; Co&gt;", b"Asante Co&gt;"),  # an owner's value, and a step, are another
    lambda data: re.sub(rb'(<c r="K3"[^>]*)t="inlineStr"><is><t>[^<]*</t></is>', rb"\g<1>><v>1</v>", data),  # a status is a number
])
def test_the_quick_proof_reads_texts_in_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]) -> None:
    def spoilt(package: Package) -> Package:
        return another(package, SHEET, change, tmp_path)

    assert verdicts_on(spoilt, tmp_path, monkeypatch, with_texts_in_its_cells) == [False]


@pytest.mark.parametrize(("name", "change"), [
    (SHEET, lambda data: re.sub(rb'<c r="L2".*?</c>', b"", data)),  # a status is gone
    (SHEET, lambda data: re.sub(rb'<c r="B3".*?</c>', b"", data)),  # an owner's cell is gone
    (SHEET, lambda data: data.replace(b"<v>5</v>", b"<v>6</v>", 1)),  # an owner's value is another
    (SHEET, lambda data: re.sub(rb'(<c r="K4"[^>]*><v>)\d+', rb"\g<1>0", data)),  # a status is another text
    (SHEET, lambda data: re.sub(rb'(<c r="K4"[^>]*><v>)\d+', rb"\g<1>99999999999999999999", data)),  # a status is no text at all
    (SHEET, lambda data: re.sub(rb'(<c r="K3" s=")\d+', rb"\g<1>0", data)),  # a status has lost its colour
    (SHEET, lambda data: re.sub(rb'<row r="5".*?</row>', b"", data)),  # a row is gone
    (SHEET, lambda data: data.replace(b"</sheetData>", b'<row r="99"><c r="A99"><v>1</v></c></row></sheetData>')),
    (SHEET, lambda data: data.replace(b'<row r="3"', b'<row r="2"><c r="A2"><v>1</v></c></row><row r="3"')),
    (SHEET, lambda data: data.replace(b"</sheetData>", b"<row/></sheetData>")),
    (SHEET, lambda data: data.replace(b"<sheetData>", b"<sheetData><row/>")),
    (SHEET, lambda data: data.replace(b"<pageMargins", b"<pageMargin")),  # something beside the rows is gone
    (SHEET, lambda data: data.replace(b"<pageMargins", b"<!-- here --><pageMargins")),
    ("xl/sharedStrings.xml", lambda data: data.replace(b"Susan Ortiz", b"Susan Artiz")),
    ("xl/sharedStrings.xml", lambda data: data.replace(b"Never contacted", b"Ever contacted")),  # a new text is another
    ("xl/sharedStrings.xml", lambda data: re.sub(rb"<si>(?:(?!<si>).)*</sst>", b"</sst>", data)),  # the last text is gone
    ("xl/styles.xml", lambda data: re.sub(rb'(<cellXfs[^>]*>)<xf numFmtId="0"', rb'\g<1><xf numFmtId="14"', data)),
])
def test_the_quick_proof_fails_where_anything_is_not_as_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[bytes], bytes]
) -> None:
    def spoilt(package: Package) -> Package:
        return another(package, name, change, tmp_path)

    assert verdicts_on(spoilt, tmp_path, monkeypatch) == [False]


def test_the_quick_proof_fails_where_the_worksheet_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(package: Package) -> Package:
        [member] = [member for member in package.members if member.filename == SHEET]
        other = package.data.replace(struct.pack("<L", member.CRC), struct.pack("<L", member.CRC ^ 1))
        with pytest.raises(Refused, match="is damaged"):
            Package(other, "x")
        return Package(other, "x", streamed=SHEET)

    assert verdicts_on(spoilt, tmp_path, monkeypatch) == [False]


def another(package: Package, name: str, change: Callable[[bytes], bytes], folder: Path) -> Package:
    """The package with one part changed, which has to make a difference."""
    changed = folder / "changed.xlsx"
    changed.write_bytes(package.data)
    rewritten(changed, name, change)
    other = Package(changed.read_bytes(), "x")
    assert other.read(name) != package.read(name)
    return other


def verdicts_on(
    spoilt: Callable[[Package], Package], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path, Rows], None] = write_workbook,
) -> list[bool]:
    """What the quick proof says of the package that a first sync writes, after `spoilt` has made another of it."""
    monkeypatch.setattr(sheet, "LARGE", 0)
    seen: list[bool] = []
    holds = proof.Proof.holds

    def both(self: proof.Proof, package: Package) -> bool:
        assert holds(self, package)
        seen.append(holds(self, spoilt(package)))
        return True

    path = tmp_path / "customers.xlsx"
    write(path, CUSTOMERS)
    monkeypatch.setattr(proof.Proof, "holds", both)
    sync(source(path), PLAYBOOK, today=TODAY)
    return seen


@pytest.mark.parametrize("change", [
    lambda data, row: re.sub(rb'(<row r="%d"(?:(?!</row>).)*?<v>)\d+' % row, rb"\g<1>7777", data),  # a value of an unchanged row
    lambda data, row: re.sub(rb'<row r="%d".*?</row>' % row, b"", data),  # an unchanged row is gone
    lambda data, row: re.sub(rb'(<row r="%d".*?</row>)' % row, rb"\g<1>\g<1>", data),  # an unchanged row stands there twice
    lambda data, row: re.sub(rb'(<row r="%d".*?)</row>' % row, rb"\g<1><c r='ZZ9'><v>1</v></c></row>", data),
])
def test_the_quick_proof_sees_a_row_that_was_not_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[..., bytes]
) -> None:
    monkeypatch.setattr(sheet, "LARGE", 0)
    monkeypatch.setattr(proof, "_PIECE", 64)
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    sync(source(path), PLAYBOOK, today=TODAY)
    seen: dict[int, bool] = {}
    holds = proof.Proof.holds

    def spoilt(self: proof.Proof, package: Package) -> bool:
        assert holds(self, package)
        for row in set(self.old.numbers) - self.changed:
            changed = tmp_path / "changed.xlsx"
            changed.write_bytes(package.data)
            rewritten(changed, SHEET, partial(change, row=row))
            other = Package(changed.read_bytes(), "x")
            if other.read(SHEET) != package.read(SHEET):
                seen[row] = holds(self, other)
        return True

    monkeypatch.setattr(proof.Proof, "holds", spoilt)
    for day in range(1, 60):  # until a run in which some rows change and others don't
        sync(source(path), PLAYBOOK, today=TODAY + timedelta(days=day))
        if seen:
            break
    assert seen
    assert not any(seen.values())
