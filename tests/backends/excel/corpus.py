"""Writes status columns into a real workbook and says everything that then is not as it should be."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree
from python_calamine import CalamineWorkbook

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.excel.package import Package, local
from sheetsync.backends.excel.reader import SheetInfo, Workbook, read_grid
from sheetsync.backends.excel.tables import list_objects
from sheetsync.backends.excel.worksheet import as_utf8, parse_ref
from sheetsync.core.diff import anchors, diff, invert
from sheetsync.core.header import normal
from sheetsync.core.model import (
    BAD,
    DUE,
    GOOD,
    MUTED,
    NEUTRAL,
    PLAIN,
    Cell,
    Column,
    Desired,
    StatusSettings,
    Style,
    Table,
)
from sheetsync.core.values import text_of
from sheetsync.errors import SheetsyncError

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
STATUS = StatusSettings()
_STYLES = (BAD, NEUTRAL, DUE, GOOD, MUTED)
_MOST_CELLS = 3_000_000  # in a box that calamine may fill
_STEPS = ("Call or write", "Send <the> \"contract\" & ask", "=SUM(A1:A3) is a text here", " two  spaces ", None, "Größe: 10 €, 電話する ☎",
          "line one\nline two", "a literal _x0041_ stays", "'quoted", "+1 415 555 0100")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one workbook: "done", "refused" with the sentence, or "failed" with what is wrong."""

    name: str
    kind: str
    why: str = ""
    rows: int = 0


def workbooks() -> list[Path]:
    """Every sound workbook of the corpus."""
    return sorted(path for path in CORPUS.glob("*/*") if path.parent.name != "bad" and path.suffix in (".xlsx", ".xlsm", ".xltx"))


def desired(table: Table) -> Desired:
    """Words, dates, blanks, texts with every kind of special character, in every colour."""
    count = len(table.rows)
    names = STATUS.headers
    words = ("Overdue", "Never contacted", "Due", "Scheduled", "Closed")
    values: list[list[Cell]] = [
        [words[i % 5] for i in range(count)],
        [None if i % 4 == 3 else date(2026, 11, 23) + timedelta(days=i % 400) for i in range(count)],
        [_STEPS[i % len(_STEPS)] for i in range(count)],
        [f"Keep in touch, tier {'ABC'[i % 3]}" for i in range(count)],
        [None if i % 3 else f"Phone: {i} is no number" for i in range(count)],
    ]
    styles: list[list[Style]] = [
        [_STYLES[i % 5] for i in range(count)], [PLAIN] * count, [PLAIN] * count, [PLAIN] * count,
        [PLAIN if i % 3 else NEUTRAL for i in range(count)],
    ]
    return Desired(names, dict(zip(names, values, strict=True)), dict(zip(names, styles, strict=True)))


def widest_table(workbook: Workbook) -> tuple[SheetInfo, tuple[str, ...]] | None:
    """The worksheet and the header texts of what looks most like a table; None where nothing does."""
    best: tuple[tuple[int, int, int], SheetInfo, tuple[str, ...]] | None = None
    for sheet in workbook.worksheets:
        grid = read_grid(workbook, sheet)
        held = {b.header_row: b for t in list_objects(workbook.package, sheet.part) if (b := t.bounds) is not None}
        for index, row in enumerate(grid.rows[:200]):
            bounds = held.get(grid.numbers[index])
            if bounds is not None:
                row = row[max(0, bounds.first_column - grid.first_column) : bounds.last_column - grid.first_column + 1]
            texts = unique_texts(row)
            below = sum(any(cell is not None for cell in other) for other in grid.rows[index + 1 : index + 50])
            score = (bounds is not None, min(below, 3), len(texts))
            if len(texts) >= 2 and (best is None or score > best[0]):
                best = (score, sheet, texts)
    return None if best is None else (best[1], best[2])


def unique_texts(row: Sequence[Cell]) -> tuple[str, ...]:
    """The texts of a row that no other cell of it has."""
    texts = [" ".join(text_of(cell).split()) for cell in row if isinstance(cell, str)]
    words = [normal(text) for text in texts]
    return tuple(text for text, word in zip(texts, words, strict=True) if word and words.count(word) == 1)


def attempt(path: Path, folder: Path) -> Outcome:
    """Writes status columns into a copy of the workbook, twice, and takes them back; compares everything else."""
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    try:
        return _attempt(path, copy)
    except SheetsyncError as error:
        if not error.sentence or copy.read_bytes() != path.read_bytes():
            return Outcome(path.name, "failed", f"refused, but the file changed: {error}")
        return Outcome(path.name, "refused", str(error))
    except Exception as error:
        return Outcome(path.name, "failed", f"{type(error).__name__}: {error}")
    finally:
        copy.unlink()


def source_of(path: Path) -> ExcelSource | None:
    """The workbook's widest table as a source; None where it has none."""
    found = widest_table(Workbook(Package(path.read_bytes(), path.name)))
    if found is None:
        return None
    sheet, texts = found
    columns = tuple(Column(text, header=text) for text in texts)
    return ExcelSource(path, columns, texts, STATUS, sheet=sheet.name, write_protected=True)


def _attempt(path: Path, copy: Path) -> Outcome:
    source = source_of(copy)
    if source is None:
        return Outcome(path.name, "no table")
    with source.open() as sheet:
        table = sheet.read()
        whose = anchors(table, None, STATUS.is_ours)
        changes = diff(table, desired(table), whose)
        after = sheet.write(changes)
    wrong = list(_differences(path.read_bytes(), copy.read_bytes(), source, table, after))
    stamp = copy.stat().st_mtime_ns
    with source.open() as sheet:
        again = sheet.read()
        if again != after:
            wrong.append("a fresh read differs from what write gave back")
        left = diff(again, desired(again), anchors(again, None, STATUS.is_ours))
        if left:
            wrong.append(f"the second run would write {len(left)} cells: {left.changes[0]}")
        sheet.write(left)
        if copy.stat().st_mtime_ns != stamp:
            wrong.append("the second run wrote")
    with source.open() as sheet:
        back, skipped = invert(sheet.read(), changes)
        restored = sheet.write(back)
    if skipped:
        wrong.append(f"the inverse left {len(skipped)} cells")
    if (restored.header, restored.rows, list(restored.numbers)) != (table.header, table.rows, list(table.numbers)):
        wrong.append("the inverse does not give back the values")
    wrong += [f"after the inverse: {text}" for text in _value_differences(path.read_bytes(), copy.read_bytes(), source, range(0))]
    return Outcome(path.name, "failed", "; ".join(wrong[:5])) if wrong else Outcome(path.name, "done", rows=len(table.rows))


def _differences(old: bytes, new: bytes, source: ExcelSource, table: Table, after: Table) -> Iterator[str]:
    left = table.first_column + len(table.header)
    ours = range(left, after.first_column + len(after.header))
    yield from _part_differences(old, new, source, ours)
    yield from _value_differences(old, new, source, ours)


def _part_differences(old: bytes, new: bytes, source: ExcelSource, ours: range) -> Iterator[str]:
    before, after = Package(old, "old"), Package(new, "new")
    workbook = Workbook(before)
    part = before.real_name(workbook.worksheet(source.sheet or "").part)
    may = {part, workbook.part, workbook.part_of("styles"), workbook.part_of("sharedStrings")}
    may |= {table.part for table in list_objects(before, part)}
    if workbook.part_of("styles") is None:
        folder, _, base = workbook.part.rpartition("/")
        may |= {before.content_types_part, before.real_name(f"{folder}/_rels/{base}.rels".lstrip("/"))}
    members = {member.filename: member for member in after.members}
    order = [member.filename for member in before.members]
    if [member.filename for member in after.members][: len(order)] != order:
        yield "the members are in another order"
    for member in before.members:
        now = members.pop(member.filename, None)
        if now is None:
            yield f"the part {member.filename} is gone"
        elif bytes(before.raw(member)) != bytes(after.raw(now)):
            if member.filename not in may:
                yield f"the part {member.filename} changed"
            else:
                etree.fromstring(after.read(member.filename))
        elif (member.date_time, member.external_attr, member.compress_type, member.orig_filename) != (
            now.date_time, now.external_attr, now.compress_type, now.orig_filename
        ):
            yield f"the member {member.filename} is described otherwise"
    if set(members) - {f"{workbook.part.rpartition('/')[0]}/styles.xml".lstrip("/")}:
        yield f"new parts: {sorted(members)}"
    if _skeleton(before.read(part), ours) != _skeleton(after.read(part), ours):
        yield "the worksheet differs outside the status columns"
    with zipfile.ZipFile(io.BytesIO(new)) as archive:
        if (damaged := archive.testzip()) is not None:
            yield f"the member {damaged} is damaged"


def _skeleton(data: bytes, ours: range) -> bytes:
    """The part in canonical form without our cells and without what may widen: spans, dimension, cols, filter."""
    root = etree.fromstring(as_utf8(data))
    for element in list(root):
        if local(element) in ("dimension", "cols"):
            root.remove(element)
        elif local(element) == "autoFilter":
            element.attrib.pop("ref", "")
    for row in list(root.iter("{*}row")):
        parent = row.getparent()
        if parent is None or local(parent) != "sheetData":
            continue
        row.attrib.pop("spans", "")
        column = 0
        for cell in list(row):
            if local(cell) != "c":
                continue
            ref = cell.get("r")
            column = parse_ref(ref)[1] if ref else column + 1
            if column in ours:
                row.remove(cell)
        if not len(row) and set(row.attrib) <= {"r"}:
            parent.remove(row)  # a row that was made for our cells
    for element in root.iter():
        if element.text is not None and not element.text.strip() and local(element) != "t":
            element.text = None
        element.tail = None
    return etree.tostring(root, method="c14n")


def _value_differences(old: bytes, new: bytes, source: ExcelSource, ours: range) -> Iterator[str]:
    one, other = calamine_cells(old, source.sheet, ours), calamine_cells(new, source.sheet, ours)
    if one != other:
        yield f"calamine sees other values: {_first_difference(one, other)}"
    for data_only in (False, True):
        was = openpyxl_cells(old, source.sheet, ours, data_only=data_only)
        if was is None:
            continue
        now = openpyxl_cells(new, source.sheet, ours, data_only=data_only)
        if was != now:
            yield f"openpyxl sees other {'results' if data_only else 'formulas'}: {_first_difference(was, now)}"


def _first_difference(one: dict[Any, Any] | None, other: dict[Any, Any] | None) -> str:
    if one is None or other is None:
        return "can't be read any more"
    key = next(key for key in [*one, *other] if one.get(key, "absent") != other.get(key, "absent"))
    return f"{key}: {one.get(key, 'absent')!r} became {other.get(key, 'absent')!r}"


def calamine_cells(data: bytes, target: str | None, ours: range) -> dict[tuple[str, int, int], object] | None:
    """Every value that calamine reads outside our columns; None where it reads nothing."""
    package = Package(data, "x")
    workbook = Workbook(package)
    out: dict[tuple[str, int, int], object] = {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except Exception:
        return None
    for sheet in workbook.worksheets:
        if not _is_compact(package.read(sheet.part)):
            continue
        try:
            found = book.get_sheet_by_name(sheet.name)
        except Exception:
            continue
        if found.start is None:
            continue
        for number, row in enumerate(found.iter_rows(), 1):
            for column, value in enumerate(row, found.start[1] + 1):
                if value != "" and not (sheet.name == target and column in ours):
                    out[sheet.name, number, column] = value
    return out


def _is_compact(data: bytes) -> bool:
    refs = re.findall(rb'r="([A-Z]+)(\d+)"', data)
    if not refs:
        return True
    widest = max((len(ref[0]), ref[0]) for ref in refs)[1].decode()
    return max(int(ref[1]) for ref in refs) * parse_ref(f"{widest}1")[1] <= _MOST_CELLS


def openpyxl_cells(
    data: bytes, target: str | None, ours: range, *, data_only: bool
) -> dict[tuple[str, int, int], object] | None:
    """Every value, or formula, that openpyxl reads outside our columns; None where it reads nothing."""
    out: dict[tuple[str, int, int], object] = {}
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=data_only)
    except Exception:
        return None
    for sheet in book.worksheets:
        for (number, column), cell in sheet._cells.items():
            value = cell.value
            if value is not None and not (sheet.title == target and column in ours):
                out[sheet.title, number, column] = repr(vars(value)) if hasattr(value, "__dict__") else value
    return out
