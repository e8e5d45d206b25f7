"""What stands around a table, or is filled from elsewhere, is the owner's: it is kept, or the run refused with a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.excel.strings import SharedStrings
from sheetsync.backends.excel.styles import shows_day
from sheetsync.core.model import ChangeSet
from sheetsync.errors import Refused
from sheetsync.journal import Journal
from sheetsync.sync import sync, undo
from tests.backends.excel.made import HEADER, SHEET, made, part, rewritten, run, source
from tests.worksheets import PLAYBOOK, TODAY, read_cells


def test_texts_further_below_a_short_table_are_no_statuses_and_stay(tmp_path: Path) -> None:
    def more(book: Any, worksheet: Any) -> None:
        for row in (8, 9, 10):
            worksheet.write_row(row, 3, ["Total", "of", "all", "my", "orders"])

    path = made(tmp_path, more)
    run(path)
    assert [row[3:8] for row in read_cells(path)[8:11]] == [["Total", "of", "all", "my", "orders"]] * 3
    assert len(run(path).changes) == 0


def test_one_cell_directly_below_the_table_in_a_status_column_stays(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, worksheet: worksheet.write(6, 3, "Total"))
    run(path)
    assert read_cells(path)[6][3] == "Total"
    assert len(run(path).changes) == 0


def test_what_looks_like_statuses_directly_below_the_table_is_refused_before_it_could_be_taken_for_them(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, worksheet: worksheet.write_row(6, 3, ["Total", "x"]))
    before = path.read_bytes()
    with pytest.raises(Refused, match="D7, directly below"):
        run(path)
    assert path.read_bytes() == before


def test_the_statuses_of_customers_whose_cells_were_cleared_are_cleared(tmp_path: Path) -> None:
    path = made(tmp_path)
    run(path)
    from openpyxl import load_workbook

    book = load_workbook(path)
    for row in (5, 6):
        for column in (1, 2, 3):
            book["Customers"].cell(row, column).value = None
    book.save(path)
    run(path)
    assert read_cells(path)[4:] == []


def test_an_unnamed_column_of_data_belongs_to_the_table_and_undo_leaves_it(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, worksheet: worksheet.write(4, 3, "a note without a header"))
    before = read_cells(path)
    journal = Journal(tmp_path / "state", "test")
    sync(source(path), PLAYBOOK, today=TODAY, journal=journal)
    assert read_cells(path)[2] == [*HEADER, None, *PLAYBOOK.status.headers]
    newest = journal.newest_to_undo(source(path).identity)
    assert newest is not None
    done = undo(source(path), newest, today=TODAY, journal=journal)
    assert done.skipped == ()
    assert read_cells(path) == before


def test_data_far_below_the_table_widens_nothing(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, worksheet: worksheet.write(20, 3, "far below"))
    run(path)
    assert read_cells(path)[2] == [*HEADER, *PLAYBOOK.status.headers]


def test_status_columns_stand_right_of_a_header_merged_over_two_columns(tmp_path: Path) -> None:
    path = made(tmp_path, lambda book, worksheet: worksheet.merge_range(2, 2, 2, 3, "Notes"))
    run(path)
    assert read_cells(path)[2] == [*HEADER, None, *PLAYBOOK.status.headers]
    assert 'ref="C3:D3"' in part(path, SHEET)


def test_a_status_cell_that_an_array_formula_fills_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    run(path)
    rewritten(path, SHEET, lambda data: data.replace(
        b"</sheetData>", b'<row r="30"><c r="F30"><f t="array" ref="E3:F5">C4:C6</f><v>0</v></c></row></sheetData>'))
    before = path.read_bytes()
    with source(path).open() as sheet:
        table = sheet.read()
        with pytest.raises(Refused, match="fills E3:F5"):
            sheet.write(_cleared(table))
    assert path.read_bytes() == before


def test_a_status_cell_that_holds_a_picture_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    run(path)
    rewritten(path, SHEET, lambda data: data.replace(b'<c r="D4"', b'<c r="D4" vm="1"'))
    with source(path).open() as sheet:
        table = sheet.read()
        with pytest.raises(Refused, match="D4 holds a picture or linked data"):
            sheet.write(_cleared(table))


def _cleared(table: Any) -> ChangeSet:
    from tests.backends.contract import wanted

    return wanted(table, lambda row, column: None)


@pytest.mark.parametrize(("code", "shows"), [
    ("yyyy-mm-dd", True), ("d mmm", True), ("[$-F800]dddd, mmmm dd, yyyy", True), ("[$-409]d/m/yy h:mm AM/PM;@", True),
    ("h:mm", False), ("[h]:mm:ss;@", False), ("mm:ss.0", False), ("0.00", False), ("General", False), ('"day" 0', False),
])
def test_which_formats_show_a_day(code: str, shows: bool) -> None:
    assert shows_day(code) is shows


def test_a_date_in_a_cell_formatted_as_a_time_gets_a_date_format(tmp_path: Path) -> None:
    def more(book: Any, worksheet: Any) -> None:
        worksheet.set_column(4, 4, 12, book.add_format({"num_format": "[h]:mm:ss"}))

    path = made(tmp_path, more)
    run(path)
    assert [row[4] for row in read_cells(path)[3:5]] == [date(2027, 4, 20), date(2027, 5, 18)]
    assert len(run(path).changes) == 0


PREFIXED = (b'<x:sst xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="3" uniqueCount="3">'
            b"<x:si><x:t>Due</x:t></x:si><x:si><x:r><x:t>So</x:t></x:r><x:r><x:t>on</x:t></x:r></x:si>"
            b"<x:si><x:t>a &amp; b</x:t><x:rPh sb=\"0\" eb=\"1\"><x:t>Soon</x:t></x:rPh></x:si></x:sst>")


def test_prefixed_shared_strings_are_reused_and_rich_ones_are_not(tmp_path: Path) -> None:
    strings = SharedStrings(PREFIXED)
    strings.want(["Due", "Soon", "a & b"])
    assert [strings.indexes[text] for text in ("Due", "Soon", "a & b")] == [0, 3, 4]
    again = SharedStrings(b"".join(strings.blocks()))
    again.want(["Due", "Soon", "a & b"])
    assert [again.indexes[text] for text in ("Due", "Soon", "a & b")] == [0, 3, 4]
    assert not again.changed
