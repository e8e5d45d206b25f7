"""Reads a workbook's worksheets and the values of one: with python-calamine, else sparsely with expat."""

from __future__ import annotations

import io
import re
import xml.parsers.expat as expat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetsync.backends.excel.package import Package, has_doctype, local
from sheetsync.backends.excel.strings import ENTRY, OFFSET_1904, plain_texts, unescape, xml_text
from sheetsync.backends.excel.styles import Styles
from sheetsync.backends.excel.worksheet import MAX_ROW, NAMESPACES, as_utf8, parse_ref
from sheetsync.core.model import Cell, CellError, Table
from sheetsync.errors import Refused, SettingsError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!",
                    "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!", "#EXTERNAL!"})
_EPOCH = datetime(1899, 12, 30)
_LARGEST_SERIAL = 2958465.99999  # 9999-12-31
_SHARED = frozenset({str, date})  # of these, equal ones of a sheet are kept once
_MOST_KNOWN = 100_000  # different ones that are looked out for; what comes again has come by then
_ROOM = 2_000_000  # cells that may be blank in a dense read before the sparse one is taken
_LAST_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_ERROR_CELL = re.compile(rb"""\st\s*=\s*["']e["']""")
_ENTRY_STARTS = re.compile(rb"<si[ >/]")
_WIDE = re.compile(rb'r="[A-Z]{3}\d')
_MEDIUM = re.compile(rb'r="[A-Z]{2,3}\d')


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """One sheet of a workbook. `kind` is its relationship's (worksheet, chartsheet …), `index` its place (0-based)."""

    name: str
    part: str
    kind: str
    index: int
    hidden: bool


class Workbook:
    """A package seen as a workbook. Raises Refused for what may not be touched."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = package.workbook_part
        self.root = package.xml(self.part)
        self.name = package.name
        relationships = package.relationships(self.part)
        self.relationships = {relationship.id: relationship for relationship in relationships}

    @cached_property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        out: list[SheetInfo] = []
        for child in self.root:
            if local(child) != "sheets":
                continue
            for element in child:
                if local(element) != "sheet":
                    continue
                id_ = next((value for key, value in element.attrib.items() if str(key).endswith("}id")), "")
                relationship = self.relationships.get(str(id_))
                target = relationship.target if relationship is not None else ""
                out.append(SheetInfo(
                    element.get("name", ""), target, relationship.kind if relationship is not None else "missing",
                    len(out), element.get("state", "visible") != "visible",
                ))
        return tuple(out)

    @property
    def worksheets(self) -> tuple[SheetInfo, ...]:
        """The sheets that hold cells and whose part is there."""
        return tuple(sheet for sheet in self.sheets if sheet.kind == "worksheet" and sheet.part in self.package)

    def worksheet(self, name: str) -> SheetInfo:
        """The worksheet of exactly that name. Raises SettingsError with the names there are, Refused for other sheets."""
        for sheet in self.sheets:
            if sheet.name == name:
                if sheet.kind != "worksheet":
                    raise Refused(f'{self.name}: the sheet "{name}" is a {sheet.kind}, which holds no rows.',
                                  "Choose a worksheet with --sheet NAME.")
                if sheet.part not in self.package:
                    raise Refused(f'{self.name}: the part of the worksheet "{name}" is missing.',
                                  "Open the workbook in Excel and save it again.")
                return sheet
        names = ", ".join(f'"{sheet.name}"' for sheet in self.worksheets)
        raise SettingsError(f'{self.name} has no worksheet "{name}".', f"It has: {names}.")

    @cached_property
    def date1904(self) -> bool:
        """Whether its dates count from 1904."""
        return any(
            local(child) == "workbookPr" and child.get("date1904", "0") in ("1", "true") for child in self.root
        )

    def part_of(self, kind: str) -> str | None:
        """The part that the workbook names for a kind ("styles", "sharedStrings"), None where it has none."""
        for relationship in self.relationships.values():
            if relationship.kind == kind and not relationship.external and relationship.target in self.package:
                return self.package.real_name(relationship.target)
        return None

    @cached_property
    def styles(self) -> Styles:
        """The styles as read; a minimal one where the workbook has none."""
        part = self.part_of("styles")
        data = None if part is None else as_utf8(self.package.read(part))
        from lxml import etree  # the namespace of the workbook is that of the styles it lacks

        return Styles(data, f"{self.name}, part {part or 'xl/styles.xml'}", etree.QName(self.root).namespace or NAMESPACES[0])

    @cached_property
    def shared_strings(self) -> Sequence[str]:
        """All shared strings, rich ones as plain text."""
        part = self.part_of("sharedStrings")
        return () if part is None else read_strings(as_utf8(self.package.read(part)), f"{self.name}, part {part}")

    @property
    def strings_read(self) -> Sequence[str] | None:
        """The shared strings, where they were read already."""
        return self.__dict__.get("shared_strings")


@dataclass(frozen=True, slots=True)
class Grid:
    """Values from the first row on. `numbers` are row numbers; where they have gaps, those rows are blank."""

    rows: tuple[tuple[Cell, ...], ...]
    numbers: Sequence[int]
    first_column: int


def read_grid(workbook: Workbook, sheet: SheetInfo, data: bytes | None = None, like: Table | None = None) -> Grid:
    """The values of a worksheet, of which `data` is the part in UTF-8, where that is at hand. Raises Refused where they
    can't be read. calamine reads UTF-8 alone, and finds nothing in other encodings.

    Rows that equal those of `like` are those of `like`, which saves their memory.
    """
    if data is None:
        data = as_utf8(workbook.package.read(sheet.part))
    sparse = like is not None and not isinstance(like.numbers, range)  # read then as it was read before
    if sparse or not workbook.package.starts_as(sheet.part, data) or not _dense_is_small(data) or _has_error_cells(data):
        return read_sparse(workbook, sheet, data)  # calamine gives error cells as blank, which would be a guess
    _check_strings(workbook)
    loaded = _load(workbook.package.data, sheet.name)
    grid = None if loaded is None else _rows(loaded, like)
    return read_sparse(workbook, sheet, data) if grid is None else grid


def _check_strings(workbook: Workbook) -> None:
    """Raises Refused where the shared strings have a DOCTYPE, which calamine would pass over."""
    part = workbook.part_of("sharedStrings")
    data = b"" if part is None else as_utf8(workbook.package.read(part))
    if b"<!DOCTYPE" in data[: max(0, data.find(b"<si"))]:
        raise has_doctype(f"{workbook.name}, part {part}")


def _has_error_cells(data: bytes) -> bool:
    """Whether a cell is of type "e". The plain search comes first: few sheets have one, and it takes a quarter of the time."""
    return (b'"e"' in data or b"'e'" in data) and _ERROR_CELL.search(data) is not None


def _dense_is_small(data: bytes) -> bool:
    """Whether the box around all cells is not much larger than their number: calamine fills that box."""
    last = data.rfind(b"<row ")
    match = _LAST_ROW.match(data, last) if last >= 0 else None
    if match is None:
        return False
    rows = int(match[1])
    columns = 26 if _MEDIUM.search(data) is None else 702 if _WIDE.search(data) is None else 16_384
    if rows * columns <= _ROOM:
        return True
    cells = data.count(b"<c ")
    if rows * columns <= 4 * cells + _ROOM:
        return True
    if columns == 16_384:
        return False
    # The letters alone are too coarse: look at the widest reference that is there.
    widest = max((len(ref), ref) for ref in set(re.findall(rb'<c r="([A-Z]+)', data)))[1]
    return rows * parse_ref(widest.decode() + "1")[1] <= 4 * cells + _ROOM


def _load(data: bytes, sheet: str) -> CalamineSheet | None:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet)
    except (CalamineError, PasswordError, XmlError, ZipError, OSError, ValueError, TypeError, OverflowError):
        return None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a bug in its Rust code; no Exception by pyo3's choice
            return None
        raise


def _rows(found: CalamineSheet, like: Table | None) -> Grid | None:
    start = found.start
    if start is None:
        return Grid((), (), 1)
    try:
        # iter_rows begins at row 1, but at the first column that holds anything.
        fresh = _sharing(found.iter_rows())
        rows = tuple(fresh) if like is None or not like.rows else tuple(_reusing(fresh, like))
    except (ValueError, OverflowError):
        return None
    return Grid(rows, range(1, len(rows) + 1), start[1] + 1)


def _sharing(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Cell, ...]]:
    """The rows, each text and date that comes again as one object. What repeats does so early: with many known, no more are learnt."""
    known: dict[Any, Cell] = {"": None}
    known.update({code: CellError(code) for code in ERRORS})
    for row in rows:
        share: Callable[[Any, Any], Cell] = known.setdefault if len(known) < _MOST_KNOWN else known.get
        yield tuple([share(cell, cell) if cell.__class__ in _SHARED else cell for cell in row])


def _reusing(rows: Iterator[tuple[Cell, ...]], like: Table) -> Iterator[tuple[Cell, ...]]:
    known = dict(zip(like.numbers, like.rows, strict=True))
    for number, row in enumerate(rows, 1):
        old = known.get(number)
        yield old if old == row else row


def read_sparse(workbook: Workbook, sheet: SheetInfo, data: bytes, *, most_rows: int = MAX_ROW) -> Grid:
    """The values of the rows that are there (up to row number `most_rows`), whatever the distances between them."""
    reader = _Sparse(workbook, f"{workbook.name}, worksheet {sheet.name}", most_rows)
    rows = reader.run(data)
    numbers = tuple(rows)
    return Grid(tuple(_dense_row(rows[number]) for number in numbers), numbers, 1)


def _dense_row(cells: Mapping[int, Cell]) -> tuple[Cell, ...]:
    if not cells:
        return ()
    row: list[Cell] = [None] * max(cells)
    for column, value in cells.items():
        row[column - 1] = value
    return tuple(row)


class _EnoughRows(Exception):
    pass


class _Sparse:
    def __init__(self, workbook: Workbook, what: str, most_rows: int) -> None:
        self.workbook, self.what, self.most = workbook, what, most_rows
        self.rows: dict[int, dict[int, Cell]] = {}
        self.path: list[str] = []
        self.row = self.column = 0
        self.kind, self.style = "n", 0
        self.text: list[str] = []
        self.collecting = False
        self.value: Cell = None

    def run(self, data: bytes) -> dict[int, dict[int, Cell]]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except _EnoughRows:
            pass
        except expat.ExpatError as error:
            raise Refused(f"{self.what} is damaged ({error}).", "Open the workbook in Excel and save it again.") from None
        return dict(sorted(self.rows.items()))

    def _doctype(self, *_: Any) -> None:
        raise has_doctype(self.what)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        path = self.path
        path.append(tag if namespace in NAMESPACES else "?")
        depth = len(path)
        if path[1:2] != ["sheetData"]:
            return
        if depth == 3 and tag == "row":
            self.row = _number(attributes.get("r"), self.row + 1)
            if self.row > self.most:
                raise _EnoughRows
            self.column = 0
            self.rows.setdefault(self.row, {})
        elif depth == 4 and tag == "c":
            self.column += 1
            ref = attributes.get("r")
            if ref is not None:
                try:
                    self.column = parse_ref(ref)[1]
                except ValueError:
                    raise Refused(f"{self.what}: {ref} is no cell.", "Open the workbook in Excel and save it again.") from None
            self.kind, self.value = attributes.get("t", "n"), None
            self.style = _number(attributes.get("s"), 0)
        elif (depth == 5 and tag == "v") or (tag == "t" and "is" in path and "rPh" not in path):
            self.text, self.collecting = [], True

    def _characters(self, text: str) -> None:
        if self.collecting:
            self.text.append(text)

    def _end(self, _: str) -> None:
        path = self.path
        tag = path.pop()
        if self.collecting and tag in ("v", "t"):
            self.collecting = False
            text = "".join(self.text)
            if tag == "v":
                self.value = self._read(text)
            else:
                self.value = (self.value if isinstance(self.value, str) else "") + unescape(text)
        elif tag == "c" and len(path) == 3 and self.value is not None and self.value != "":
            self.rows[self.row][self.column] = self.value

    def _read(self, text: str) -> Cell:
        return read_value(self.workbook, self.what, self.kind, self.style, text)


def read_value(workbook: Workbook, what: str, kind: str, style: int, text: str) -> Cell:
    """What the text of a `<v>` means in a cell of that type (§18.18.11) and style index; no text is a blank cell, whatever the type.
    Raises Refused for a shared string that does not exist; `what` names the worksheet.
    """
    if text == "":
        return None
    if kind == "s":
        strings = workbook.shared_strings
        index = _number(text.strip(), -1)
        if not 0 <= index < len(strings):
            raise Refused(f"{what}: a cell names the shared string {text}, which does not exist.",
                          "Open the workbook in Excel and save it again.")
        value: Cell = strings[index]
        return CellError(str(value)) if value in ERRORS else value
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind == "e":
        return CellError(text.strip())
    if kind in ("str", "inlineStr"):
        text = unescape(text)
        return CellError(text) if text in ERRORS else text
    if kind == "d":
        try:
            moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00")).replace(tzinfo=None)
        except ValueError:
            return text
        return moment.date() if moment.time() == datetime.min.time() else moment
    try:
        number = float(text)
    except ValueError:
        return text
    return as_moment(workbook, style, number)


def as_moment(workbook: Workbook, style: int, number: float) -> Cell:
    """What a number is in cells of that style index: a number, a date, a time, or a length of time."""
    if not workbook.styles.is_date(style):
        return number
    if workbook.styles.is_elapsed(style):
        try:
            return timedelta(milliseconds=round(number * 86_400_000))
        except OverflowError:
            return number
    return as_date(number, date1904=workbook.date1904)


def as_date(number: float, *, date1904: bool = False) -> Cell:
    """What a number in a date format is: a date, a date with time, a time of day below 1; the number where it is none."""
    if 0 <= number < 1:  # in either date system
        return (datetime.min + timedelta(seconds=round(number * 86400))).time()
    if date1904:
        number += OFFSET_1904
    if not 0 <= number <= _LARGEST_SERIAL:
        return number
    if number < 60:
        number += 1  # Excel's 29 February 1900, which never was
    moment = _EPOCH + timedelta(days=int(number), milliseconds=round((number % 1) * 86_400_000))
    return moment.date() if moment.time() == datetime.min.time() else moment


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def read_strings(data: bytes, what: str) -> list[str]:
    """The texts of a shared strings part; phonetic hints left out. Raises Refused where it is damaged."""
    quick = _plain_strings(data)
    return quick if quick is not None else _general_strings(data, what)


def _plain_strings(data: bytes) -> list[str] | None:
    """The same, many at once, where the part is as plain as most; None where it is not."""
    texts = plain_texts(data)
    rich: dict[int, bytes] = {}
    if texts is None:
        root = data.find(b"<sst")
        body = data.find(b">", root) + 1
        if root < 0 or not body or b"<!" in data or b"\r" in data or data.find(b"<?", 2) >= 0 or data.find(b"xmlns", body) >= 0:
            return None
        raw: list[bytes] = []
        for match in ENTRY.finditer(data, body):
            if match[1] is None:
                rich[len(raw)] = match[0]
            raw.append(match[1] or b"")
        if len(raw) != len(_ENTRY_STARTS.findall(data, body)):
            return None
        try:
            texts = b"\0".join(raw).decode().split("\0") if raw else []
        except UnicodeDecodeError:
            return None
    if b"&" in data or (b"_" in data and b"_x" in data):
        for place, text in enumerate(texts):
            if "&" in text or "_x" in text:
                plain = xml_text(text.encode())
                if plain is None:
                    return None
                texts[place] = unescape(plain)
    for place, entry in rich.items():
        texts[place] = "".join(_general_strings(b"<sst>%b</sst>" % entry, ""))
    return texts


def _general_strings(data: bytes, what: str) -> list[str]:
    out: list[str] = []
    parts: list[str] = []
    path: list[str] = []
    collecting = False

    def start(name: str, _: object) -> None:
        nonlocal collecting
        tag = name.rpartition(" ")[2]
        path.append(tag)
        if tag == "si":
            parts.clear()
        collecting = tag == "t" and "rPh" not in path

    def end(_: str) -> None:
        nonlocal collecting
        tag = path.pop()
        if tag == "si":
            out.append(unescape("".join(parts)))
        collecting = False

    def characters(text: str) -> None:
        if collecting:
            parts.append(text)

    def doctype(*_: Any) -> None:
        raise has_doctype(what)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.StartDoctypeDeclHandler = doctype
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Refused(f"{what} is damaged ({error}).", "Open the workbook in Excel and save it again.") from None
    return out


