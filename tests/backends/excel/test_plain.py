"""The quick scan and reading of a worksheet part, held against the general ones on parts of every make."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.plain import scan_plain
from sheetsync.backends.excel.plain_values import PlainValues
from sheetsync.backends.excel.reader import Workbook, read_sparse
from sheetsync.backends.excel.worksheet import Scan, scan_general
from sheetsync.core.model import column_letters
from sheetsync.errors import Refused
from tests.backends.excel.made import placed

HEAD = (b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet '
        b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols><col min="1" max="3" width="9"/></cols>')
TAIL = b'<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>'
TEXTS = ("Ng", "Ana & Lee", "a < b", " edge ", "_x0041_", "line\nbreak", "", "#N/A", "李小龙", "é")


@cache
def workbook() -> Workbook:
    """A workbook with shared strings of every kind and cell formats for dates, times and lengths of time."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet()
        for number, text in enumerate(TEXTS):
            sheet.write_string(number, 0, text)
        sheet.write_rich_string(20, 0, "plain ", book.add_format({"bold": True}), "bold & more")
        for number, code in enumerate(("yyyy-mm-dd", "h:mm", "[h]:mm", "0.00", "d mmm yyyy h:mm")):
            sheet.write_number(30 + number, 0, 45000.25, book.add_format({"num_format": code}))
    return Workbook(Package(raw.getvalue(), "made.xlsx"))


def values(kind: str) -> st.SearchStrategy[str]:
    """What stands in a `<v>` of a cell of that type."""
    if kind == "s":
        return st.integers(0, len(TEXTS)).map(str)
    if kind == "b":
        return st.sampled_from(["0", "1"])
    if kind == "e":
        return st.sampled_from(["#N/A", "#REF!"])
    if kind in ("str", "inlineStr"):
        return st.sampled_from(["text", "a &amp; b", "#N/A", "5", "", "_x0041_", " x ", "€", "&#65;", "a > b"])
    if kind == "d":
        return st.sampled_from(["2026-11-20", "2026-11-20T10:30:00", "no date"])
    return st.one_of(
        st.integers(-5, 10**17).map(str), st.integers(0, 99_999_999).map(str),
        st.sampled_from(["0", "0.5", "45000.25", "1E3", "-7", "007", "99999999", "123456789", "", "12 ", "no number"]),
    )


@st.composite
def cells(draw: st.DrawFn, ref: str) -> str:
    kind = draw(st.sampled_from(["", "", "n", "s", "s", "b", "e", "str", "d", "inlineStr"]))
    attributes = [f's="{draw(st.integers(0, 7))}"'] if draw(st.booleans()) else []
    if kind:
        attributes.append(f't="{kind}"')
    if draw(st.integers(0, 3)) == 0:
        attributes.reverse()
    if draw(st.integers(0, 15)) == 0:
        attributes.append(draw(st.sampled_from(['ph="1"', 'cm="1"', 's2="3"', " "])))
    tag = " ".join([f'<c r="{ref}"', *attributes])
    shape = draw(st.integers(0, 9))
    if shape == 0:
        return tag + "/>"
    if shape == 1:
        return tag + "></c>"
    formula = draw(st.sampled_from([
        "<f>A1+1</f>", "<f/>", '<f t="shared" si="0"/>', '<f t="shared" ref="A1:A3" si="0">B1</f>', '<f t="array" ref="C1:C2">B1*2</f>',
    ])) if draw(st.integers(0, 4)) == 0 else ""
    if kind == "inlineStr" and draw(st.integers(0, 3)):
        inside = draw(st.sampled_from([
            "<t>inline</t>", '<t xml:space="preserve"> a &amp; b </t>', "<r><t>two</t></r><r><t> runs</t></r>", "<t/>",
            "<t>says</t><rPh sb=\"0\" eb=\"1\"><t>not</t></rPh>", "",
        ]))
        return f"{tag}>{formula}<is>{inside}</is></c>"
    value = draw(st.sampled_from(["<v>{}</v>", "<v>{}</v>", "<v>{}</v>", '<v xml:space="preserve">{}</v>', "<v/>", ""]))
    gap = draw(st.sampled_from(["", "", "", "\n  "]))
    return f"{tag}>{gap}{formula}{value.format(draw(values(kind)))}{gap}</c>"


@st.composite
def parts(draw: st.DrawFn) -> bytes:
    """A worksheet part: most as applications write them, some as they may be written too."""
    rows = []
    for number in sorted(draw(st.sets(st.integers(1, 12) | st.sampled_from([99, 100, 1000, 1_048_576]), max_size=6))):
        columns = sorted(draw(st.sets(st.integers(1, 6) | st.sampled_from([26, 27, 52, 702, 703, 16_384]), max_size=5)))
        more = draw(st.sampled_from(["", ' spans="1:5"', ' ht="15" customHeight="1"', ' s="2" customFormat="1"']))
        inside = "".join(draw(cells(f"{column_letters(column)}{number}")) for column in columns)
        empty = not inside and draw(st.booleans())
        rows.append(f'<row r="{number}"{more}/>' if empty else f'<row r="{number}"{more}>{inside}</row>')
    between = draw(st.sampled_from(["", "", "\n", "<!-- a comment -->"]))
    return HEAD + b"<sheetData>" + between.join(rows).encode() + b"</sheetData>" + TAIL


def places(found: Scan) -> tuple[object, ...]:
    cells = [[found.cell(index, column) for column in found.row_columns(index)] for index in range(len(found.numbers))]
    return (found.numbers, found.starts, found.tag_ends, found.ends, found.first, found.cell_columns, cells,
            found.formulas, found.uncalculated, found.fills, found.merges, found.elements,
            found.columns)


@given(parts())
def test_what_the_quick_ones_find_is_what_the_general_ones_do(data: bytes) -> None:
    taken = PlainValues(workbook(), "made.xlsx")
    found = scan_plain(data, "made.xlsx", taken.take)
    if found is None:
        return
    assert places(found) == places(scan_general(data, "made.xlsx"))
    grid = taken.grid()
    if grid is not None:
        assert placed(grid) == placed(read_sparse(workbook(), workbook().worksheets[0], data))


def sheet(rows: str) -> bytes:
    return HEAD + b"<sheetData>" + rows.encode() + b"</sheetData>" + TAIL


USUAL = '<row r="2" spans="1:3"><c r="A2" s="3" t="s"><v>0</v></c><c r="B2"><v>12</v></c><c r="AB2" s="1"/></row><row r="3"/>'
UNUSUAL: dict[str, Callable[[str], str]] = {
    "a cell in another row": lambda rows: rows.replace('"B2"', '"B3"'),
    "a cell whose row only begins alike": lambda rows: rows.replace('"B2"', '"B22"'),
    "cells out of order": lambda rows: rows.replace('"A2"', '"C2"'),
    "rows out of order": lambda rows: rows.replace('<row r="3"/>', '<row r="2"/>'),
    "a row past the last": lambda rows: rows.replace('<row r="3"/>', '<row r="1048577"/>'),
    "a column past the last": lambda rows: rows.replace('"AB2"', '"XFE2"'),
    "lower-case letters": lambda rows: rows.replace('"AB2"', '"ab2"'),
    "a row without its number": lambda rows: rows.replace(' r="3"', ""),
    "a cell without its reference": lambda rows: rows.replace(' r="B2"', ""),
    "a number with a zero before it": lambda rows: rows.replace('r="3"', 'r="03"'),
    "metadata": lambda rows: rows.replace(' s="1"/>', ' s="1" vm="1"/>'),
    "a comment": lambda rows: rows + "<!-- -->",
    "CDATA": lambda rows: rows.replace("12", "<![CDATA[12]]>"),
    "a namespace among the cells": lambda rows: rows.replace(' s="1"/>', ' xmlns:a="a" s="1"/>'),
    "a bare > in a text": lambda rows: rows.replace("12", "1>2"),
    "something between the rows": lambda rows: rows + "<extLst></extLst>",
    "a type that does not exist": lambda rows: rows.replace('t="s"', 't="x"'),
    "a style that is no number": lambda rows: rows.replace('s="3"', 's="x"'),
}


def test_a_usual_part_is_plain() -> None:
    found = scan_plain(sheet(USUAL), "made.xlsx")
    assert found is not None
    assert found.plain
    assert list(found.row_columns(0)) == [1, 2, 28]


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_not_proven_plain_is_left_to_the_general_scan(name: str) -> None:
    assert scan_plain(sheet(UNUSUAL[name](USUAL)), "made.xlsx") is None


@pytest.mark.parametrize("cell", [
    '<c r="A1" t="s"><v>99</v></c>', '<c r="A1" t="s"><v>x</v></c>', '<c r="A1" t="s"><v>123456789</v></c>',
])
def test_a_shared_string_that_does_not_exist_is_left_to_the_general_reader_which_refuses_it(cell: str) -> None:
    data = sheet(f'<row r="1">{cell}</row>')
    taken = PlainValues(workbook(), "made.xlsx")
    assert scan_plain(data, "made.xlsx", taken.take) is not None
    assert taken.grid() is None
    with pytest.raises(Refused, match="shared string"):
        read_sparse(workbook(), workbook().worksheets[0], data)


def test_a_stray_cell_far_away_costs_no_memory() -> None:
    far = "".join(f'<row r="{number}"><c r="XFD{number}"><v>1</v></c></row>' for number in range(3, 99))
    data = sheet(USUAL.replace('<row r="3"/>', far))
    taken = PlainValues(workbook(), "made.xlsx")
    assert scan_plain(data, "made.xlsx", taken.take) is not None
    assert taken.grid() is None


def test_rows_with_formats_alone_below_the_last_value_are_left_out() -> None:
    data = sheet(USUAL + "".join(f'<row r="{number}"><c r="A{number}" s="1"/></row>' for number in range(4, 5000)))
    taken = PlainValues(workbook(), "made.xlsx")
    assert scan_plain(data, "made.xlsx", taken.take) is not None
    grid = taken.grid()
    assert grid is not None
    assert grid.numbers == range(1, 3)
