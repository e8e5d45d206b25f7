"""Writes status columns into a real workbook and says everything that then is not as it should be."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
from lxml import etree
from python_calamine import CalamineWorkbook

from sheetsync.backends.excel import ExcelSource
from sheetsync.backends.excel.package import Package, local
from sheetsync.backends.excel.reader import SheetInfo, Workbook, read_grid
from sheetsync.backends.excel.tables import list_objects
from sheetsync.backends.excel.worksheet import as_utf8, parse_ref
from sheetsync.core import header
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
    sheet: str = ""
    ours: range = range(0)  # the columns that were written, by number


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


# Why a workbook may be refused: words of the sentence, and the point of the requirements that they come from.
REASONS = {
    "is not empty": "24, 25: something stands right of the table",
    "stands right of the customers": "24, 25: something stands right of the table",
    "no room": "24, 25: something stands right of the table",
    "are hidden": "25: the columns right of the table are hidden",
    "are merged": "14: merged cells through the status columns",
    "which would drop sheetsync's columns": "24: a query or an XML map fills the table",
    "is damaged": "3, 8: not well-formed",
    "digitally signed": "5: signed",
    "tracks changes": "5: a shared workbook",
    "out of order": "10: rows or cells out of order",
}


def reason(outcome: Outcome) -> str:
    """The reason of a refusal in a few words; the whole sentence where it is none of those that are accepted."""
    return next((said for words, said in REASONS.items() if words in outcome.why), outcome.why)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table: files, done, without a cell, refused by reason, failed."""
    kinds = Counter(outcome.kind for outcome in outcomes)
    lines = [f"{len(outcomes):5} workbooks", f"{kinds['done']:5} done", f"{kinds['no cells']:5} without a cell, so without a table",
             f"{kinds['refused']:5} refused ({kinds['refused'] / len(outcomes):.1%})"]
    reasons = Counter(reason(outcome) for outcome in outcomes if outcome.kind == "refused")
    lines += [f"{count:9}  {said}" for said, count in reasons.most_common()]
    return "\n".join([*lines, f"{kinds['failed']:5} failed"])


@dataclass(frozen=True, slots=True)
class Target:
    """The widest table of a workbook: its worksheet, the texts of its header row, and those that no other cell of it has."""

    sheet: SheetInfo
    texts: tuple[str, ...]
    unique: tuple[str, ...]


def widest_table(workbook: Workbook) -> Target | None:
    """The ListObject with most columns, else the row with most cells and something below it; None where no sheet has a cell."""
    best: tuple[tuple[bool, int, int], Target] | None = None
    for sheet in workbook.worksheets:
        grid = read_grid(workbook, sheet)
        held = {b.header_row: b for t in list_objects(workbook.package, sheet.part) if (b := t.bounds) is not None}
        seen: list[frozenset[str]] = []
        for index, row in enumerate(grid.rows[:200]):
            bounds = held.get(grid.numbers[index])
            if bounds is not None:
                row = row[max(0, bounds.first_column - grid.first_column) : bounds.last_column - grid.first_column + 1]
            texts = tuple(text for cell in row if (text := header_text(cell)))
            if not texts or any(set(texts) <= before for before in seen):
                continue  # the header is found again by its texts, so the first such row has to be it
            seen.append(frozenset(texts))
            below = sum(any(cell is not None for cell in other) for other in grid.rows[index + 1 : index + 50])
            score = (bounds is not None, min(below, 3), len(texts))
            if best is None or score > best[0]:
                words = [normal(text) for text in texts]
                unique = tuple(text for text, word in zip(texts, words, strict=True) if words.count(word) == 1)
                best = (score, Target(sheet, texts, unique))
    return None if best is None else best[1]


def header_text(cell: Cell) -> str:
    """What a cell says as a header."""
    return " ".join(text_of(cell).split())


@contextmanager
def header_row_of(target: Target) -> Iterator[None]:
    """Takes the target's header row for the header, whatever it says: most workbooks of the corpus are no lists of customers."""

    def found(grid: Sequence[Sequence[Cell]], *_: object) -> tuple[int, int] | None:
        wanted = set(target.texts)
        for index, row in enumerate(grid):
            if wanted <= {header_text(cell) for cell in row}:
                return index, len(wanted)
        return None

    with mock.patch.object(header, "find_header", found):
        yield


def attempt(path: Path, folder: Path, keep: Path | None = None) -> Outcome:
    """Writes status columns into a copy of the workbook, twice, and takes them back; compares everything else.

    The workbook as it was written first is left in the folder `keep`, where one is given.
    """
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    try:
        return _attempt(path, copy, keep)
    except SheetsyncError as error:
        if not error.sentence or copy.read_bytes() != path.read_bytes():
            return Outcome(path.name, "failed", f"refused, but the file changed: {error}")
        return Outcome(path.name, "refused", str(error))
    except Exception as error:
        return Outcome(path.name, "failed", f"{type(error).__name__}: {error}")
    finally:
        copy.unlink()


def _attempt(path: Path, copy: Path, keep: Path | None) -> Outcome:
    target = widest_table(Workbook(Package(path.read_bytes(), path.name)))
    if target is None:
        return Outcome(path.name, "no cells")
    columns = tuple(Column(text, header=text) for text in target.unique)
    source = ExcelSource(copy, columns, target.unique, STATUS, sheet=target.sheet.name, write_protected=True)
    with header_row_of(target):
        return _written_and_taken_back(path, copy, source, keep)


def _written_and_taken_back(path: Path, copy: Path, source: ExcelSource, keep: Path | None) -> Outcome:
    with source.open() as sheet:
        table = sheet.read()
        whose = anchors(table, None, STATUS.is_ours)
        changes = diff(table, desired(table), whose)
        after = sheet.write(changes)
    if keep is not None:
        shutil.copyfile(copy, keep / path.name)
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
    if wrong:
        return Outcome(path.name, "failed", "; ".join(wrong[:5]))
    first = table.first_column + len(table.header)
    return Outcome(path.name, "done", rows=len(table.rows), sheet=source.sheet or "",
                   ours=range(first, after.first_column + len(after.header)))


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
