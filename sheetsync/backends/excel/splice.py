"""Plans the bytes of one write: new cells, styles, strings, column widths, filters and tables; refuses what is not safe."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, groupby
from operator import itemgetter

from lxml import etree

from sheetsync.backends.excel.package import Part, deflate, local, serialise
from sheetsync.backends.excel.reader import SheetInfo, Workbook
from sheetsync.backends.excel.strings import SharedStrings, cell_element, escape, serial
from sheetsync.backends.excel.styles import Styles
from sheetsync.backends.excel.tables import ListObject, resized, widen
from sheetsync.backends.excel.worksheet import (
    ABSENT,
    MAX_COLUMN,
    Edit,
    Element,
    NewCells,
    Scan,
    as_utf8,
    letters,
    parse_range,
    row_edits,
    say_range,
    spliced,
)
from sheetsync.core.model import (
    KEEP,
    NEXT_FOLLOW_UP,
    NEXT_STEP,
    PLAIN,
    PROBLEMS,
    STATUS,
    WHY,
    Cell,
    Change,
    ChangeSet,
    StatusSettings,
    Style,
    Table,
    column_letters,
)
from sheetsync.core.tidy import batches, is_tidy
from sheetsync.errors import Refused

# Least and greatest widths of new columns, in characters of the default font (§18.3.1.13).
_WIDTHS = {STATUS: (15, 30), NEXT_FOLLOW_UP: (16, 20), NEXT_STEP: (30, 60), WHY: (40, 90), PROBLEMS: (40, 80)}
_BEHIND_CALCULATION = ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing",
                       "fileRecoveryPr", "webPublishObjects", "extLst")
_ROW, _COLUMN, _AFTER = itemgetter(0), itemgetter(1), itemgetter(3)  # of changes
_FORMULA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?f[ />]")
_WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]")
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"


@dataclass(slots=True)
class Splice:
    """One write. Everything is decided in `parts`; nothing is written here."""

    workbook: Workbook
    info: SheetInfo
    table: Table
    found: Scan
    list_objects: Sequence[ListObject]
    status: StatusSettings
    neighbour: int
    where: str
    write_protected: bool
    changes: ChangeSet
    replaced: dict[str, Part] = field(default_factory=dict)
    added: dict[str, Part] = field(default_factory=dict)

    def parts(self) -> tuple[dict[str, Part], dict[str, Part]]:
        """The parts to replace and to add, by name. Raises Refused, with what stands in the way, before anything is written."""
        self._check_protection()
        columns = self._columns()
        new = [columns[header] for header in self.changes.new_columns]
        gone = sorted(columns[header] for header in self.changes.emptied)
        touched = sorted({columns[header] for header in map(_COLUMN, self.changes)} | set(new))
        self._check_new(new)
        self._check_ranges(columns)
        strings = self._strings()
        around = sorted([*self._column_edits(new, columns), *self._dimension_edit(touched), *self._resize(new, gone)])
        body = self.found.elements["sheetData"].start
        edits = chain(
            [edit for edit in around if edit[0] <= body], row_edits(self.found, self._rows(columns, touched, strings)),
            [edit for edit in around if edit[0] > body],
        )
        # Deflated at once, block by block: the new part is never in memory as a whole. Styles and strings grow meanwhile.
        package = self.workbook.package
        self.replaced[package.real_name(self.info.part)] = deflate(spliced(self.found.data, edits))
        if strings is not None and strings.changed:
            part = self.workbook.part_of("sharedStrings")
            assert part is not None
            self.replaced[part] = deflate(strings.blocks())
        self._store_styles()
        self._store_calculation()
        return self.replaced, self.added

    def _check_protection(self) -> None:
        protection = self.found.elements.get("sheetProtection")
        if protection is None or protection.attributes.get("sheet", "0") not in ("1", "true") or self.write_protected:
            return
        raise Refused(f"{self.where}: the worksheet is protected.",
                      "Take the protection off (Review, Unprotect Sheet), or allow it in sheetsync.toml: [excel] write_protected = true.")

    def _columns(self) -> dict[str, int]:
        """The sheet column of every header that is written to, new ones directly right of the table."""
        table = self.table
        columns = {header: table.first_column + position for position, header in reversed(list(enumerate(table.header)))}
        right = table.first_column + len(table.header)
        for place, header in enumerate(self.changes.new_columns):
            columns[header] = right + place
        return columns

    def _check_new(self, new: Sequence[int]) -> None:
        """New columns need room: no values, nothing hidden, no other table in their way."""
        if not new:
            return
        table = self.table
        first, last = new[0], new[-1]
        span = f"columns {column_letters(first)} to {column_letters(last)}"
        if last > MAX_COLUMN:
            raise Refused(f"{self.where}: there is no room for {len(new)} columns right of the table.", "Move it to the left.")
        for element in self.found.columns:
            low, high = _col_range(element)
            if element.attributes.get("hidden") in ("1", "true") and low <= last and high >= first:
                raise Refused(f"{self.where}: the columns right of the table, where the status columns go, are hidden.",
                              f"Unhide {span}.")
        top, bottom = table.header_row, self._last_row()
        for other in self.list_objects:
            if other.left <= last and other.right >= first and other.top <= bottom and other.bottom >= top:
                raise Refused(f"{self.where}: the table {other.name} stands right of the customers, where the status columns go.",
                              f"Move it; sheetsync needs {span}.")
        ends, columns = self.found.first, self.found.cell_columns
        for index, number in enumerate(self.found.numbers):
            end = ends[index + 1]
            if top <= number <= bottom and end > ends[index] and columns[end - 1] >= first:
                for column in self.found.row_columns(index):
                    if first <= column <= last and self._holds_something(index, column):
                        raise Refused(
                            f"{self.where}: the cell {column_letters(column)}{number}, right of the table, is not empty.",
                            f"Move what stands there; sheetsync needs {span} beside the customers.",
                        )
        self._check_below(new, bottom, span)

    def _check_below(self, new: Sequence[int], bottom: int, span: str) -> None:
        """What stands directly below the table must not look like statuses left over, or it would be taken for them."""
        place = bisect_left(self.found.numbers, bottom + 1)
        if place == len(self.found.numbers) or self.found.numbers[place] != bottom + 1 or self._list_object() is not None:
            return
        here = [column for column in self.found.row_columns(place) if column in new and self._holds_something(place, column)]
        if len(here) >= min(2, len(new)):
            raise Refused(
                f"{self.where}: the cell {column_letters(here[0])}{bottom + 1}, directly below where the status columns go, is not empty.",
                f"Move what stands there; sheetsync needs {span} beside the customers.",
            )

    def _holds_something(self, index: int, column: int) -> bool:
        span = self.found.cell(index, column)
        assert span is not None
        content = self.found.data[span.start : span.end]
        return span.formula or re.search(rb"<(?:[\w.-]+:)?(?:v|is)[ >]", content) is not None

    def _last_row(self) -> int:
        bottom = self.table.numbers[-1] if len(self.table.numbers) else self.table.header_row
        held = self._list_object()
        return max(bottom, held.bottom) if held is not None else bottom

    def _list_object(self) -> ListObject | None:
        table = self.table
        return next((held for held in self.list_objects
                     if held.top == table.header_row and held.left <= table.first_column <= held.right and held.header_rows), None)

    def _check_ranges(self, columns: Mapping[str, int]) -> None:
        """Cells under a merge can't be seen, and those that one formula fills can't be changed one by one."""
        merges, fills = self.found.merged_ranges, self.found.filled_ranges
        if not merges and not fills and not self.found.rich:
            return
        touched = {(change.row, columns[change.column]) for change in self.changes}
        for top, left, bottom, right in merges:
            for row, column in touched:
                if top <= row <= bottom and left <= column <= right and (row, column) != (top, left):
                    raise Refused(
                        f"{self.where}: the cells {say_range(top, left, bottom, right)} are merged, and "
                        f"{column_letters(column)}{row} among them is sheetsync's.", "Unmerge them (Home, Merge & Center).")
        for top, left, bottom, right in fills:
            for row, column in touched:
                if top <= row <= bottom and left <= column <= right:
                    raise Refused(
                        f"{self.where}: the formula in {column_letters(left)}{top} fills {say_range(top, left, bottom, right)}, and "
                        f"{column_letters(column)}{row} among them is sheetsync's.", "Move the formula elsewhere.")
        for row, column in sorted(touched & self.found.rich):
            raise Refused(f"{self.where}: {column_letters(column)}{row} holds a picture or linked data, which sheetsync would overwrite.",
                          "Move it out of sheetsync's column.")

    def _rows(self, columns: Mapping[str, int], touched: Sequence[int], strings: SharedStrings | None) -> Iterator[NewCells]:
        """Every changed cell as its element, row by row; and blank ones where a new column would leave holes in the
        look of the table.
        """
        found = self.found
        numbers, count, place = found.numbers, len(found.numbers), 0
        seen = sorted({*touched, self.neighbour})
        styles = found.styles(seen)
        nowhere = (ABSENT,) * len(seen)
        formulas, header_row = found.formulas, self.table.header_row
        indexes = {} if strings is None else strings.indexes
        days: dict[Cell, int] = {}
        date1904 = self.workbook.date1904
        known: dict[object, _Plan] = {}  # of whole rows: few differ
        texts = self._texts() if strings is None else list(indexes)
        usual = not any("\n" in text for text in texts)  # else cells of one kind may look different
        plans = _Plans(self, columns, strings, seen, tidy=strings is None and all(map(is_tidy, batches(texts))))
        for number, group in groupby(sorted(self.changes, key=_ROW), key=_ROW):
            if place == count or numbers[place] != number:
                place = bisect_left(numbers, number, place)
            index = place if place < count and numbers[place] == number else None
            place += index is not None
            here = nowhere if index is None else styles[index]
            row_format = None if index is None else found.row_style(index)
            changes = list(group)
            _, headers, _, values, _, looks, _ = zip(*changes, strict=True)
            key = (here, row_format, headers, looks, *map(type, values))
            plan = known.get(key) if usual and number != header_row else None
            if plan is None:
                plan = plans.of(changes, here, row_format)
                if number != header_row:
                    known[key] = plan
            if formulas:
                self._check_formulas(number, headers, columns)
            cells: list[bytes] = []
            for pattern, value in zip(plan.patterns, values, strict=True):
                kind = value.__class__
                if pattern is None:
                    cells.append(plans.element(number, changes[len(cells)], plan.formats[len(cells)]))
                elif kind is str:
                    cells.append(pattern % (number, escape(value) if strings is None else indexes[value]))
                elif kind is date:
                    day = days.get(value)
                    if day is None:
                        day = days[value] = int(serial(value, date1904=date1904))
                    cells.append(pattern % (number, day))
                else:
                    cells.append(pattern % number)
            if plan.blanks:
                cells += [pattern % number for pattern in plan.blanks]
            yield number, index, plan.columns, cells if plan.order is None else [cells[at] for at in plan.order]

    def _check_formulas(self, number: int, headers: Iterable[str], columns: Mapping[str, int]) -> None:
        for header in headers:
            if (number, columns[header]) in self.found.formulas:
                raise Refused(
                    f"{self.where}: {column_letters(columns[header])}{number} holds a formula, which sheetsync would overwrite.",
                    f'Take it out of the column "{header}", which is sheetsync\'s.',
                )

    def column_formats(self) -> dict[int, int]:
        """The style indexes of whole columns, by column."""
        out = {}
        for element in self.found.columns:
            low, high = _col_range(element)
            style = element.attributes.get("style", "")
            if style.isdigit() and int(style) > 0:
                for column in range(low, min(high, self.table.first_column + len(self.table.header) + 8) + 1):
                    out[column] = int(style)
        return out

    def _strings(self) -> SharedStrings | None:
        """The shared strings, with every text of this write in them; None where texts go into the cells."""
        part = self.workbook.part_of("sharedStrings")
        if part is None:
            return None
        strings = SharedStrings(as_utf8(self.workbook.package.read(part)), self.workbook.strings_read)
        if not strings.usable:
            return None
        strings.want(self._texts())
        return strings

    def _texts(self) -> list[str]:
        """The text of each cell that is to hold one."""
        return [text for text in map(_AFTER, self.changes) if text.__class__ is str]

    def _column_edits(self, new: Sequence[int], columns: Mapping[str, int]) -> list[Edit]:
        """`<col>` elements for new columns, wide enough for what they hold; ranges that overlap them are split."""
        if not new:
            return []
        widths = self._widths()
        by_column = {columns[header]: widths[header] for header in self.changes.new_columns}
        prefix = self.found.prefix
        edits: list[Edit] = []
        pending = dict(by_column)
        for element in self.found.columns:
            low, high = _col_range(element)
            inside = [column for column in new if low <= column <= high]
            if not inside:
                continue
            pieces: list[bytes] = []
            if low < inside[0]:
                pieces.append(_col(prefix, element, low, inside[0] - 1, None))
            pieces += [_col(prefix, element, column, column, pending.pop(column)) for column in inside]
            if high > inside[-1]:
                pieces.append(_col(prefix, element, inside[-1] + 1, high, None))
            edits.append((element.start, element.end, b"".join(pieces)))
        made = [(column, _col(prefix, None, column, column, width)) for column, width in sorted(pending.items())]
        if not made:
            return edits
        holder = self.found.elements.get("cols")
        if holder is None:
            at = self.found.elements["sheetData"].start
            return [*edits, (at, at, b"<%bcols>%b</%bcols>" % (prefix, b"".join(m for _, m in made), prefix))]
        if holder.tag_end == holder.end:
            return [*edits, (holder.start, holder.end, b"<%bcols>%b</%bcols>" % (prefix, b"".join(m for _, m in made), prefix))]
        for column, element_bytes in made:
            behind = next((e.start for e in self.found.columns if _col_range(e)[0] > column), None)
            at = behind if behind is not None else self.found.data.rindex(b"</", holder.start, holder.end)
            edits.append((at, at, element_bytes))
        return edits

    def _widths(self) -> dict[str, float]:
        """The widths of new columns: that of the longest text in each, within limits."""
        usual = {self.status.header(name): limit for name, limit in _WIDTHS.items()}
        limits = {header: usual.get(header, (12, 40)) for header in self.changes.new_columns}
        widths = {header: least for header, (least, _) in limits.items()}
        for _, column, _, text, _, _, _ in self.changes:
            if column in limits and text.__class__ is str and 2 * len(text) + 2 > widths[column]:
                widths[column] = max(widths[column], min(_display_width(text) + 2, limits[column][1]))
                if widths[column] == limits[column][1]:
                    del limits[column]  # wide enough, whatever else it holds
        return {header: float(width) for header, width in widths.items()}

    def _dimension_edit(self, touched: Sequence[int]) -> list[Edit]:
        element = self.found.elements.get("dimension")
        if element is None or not self.changes:
            return []
        try:
            top, left, bottom, right = parse_range(element.attributes.get("ref", ""))
        except ValueError:
            return []
        first, last = min(map(_ROW, self.changes)), max(map(_ROW, self.changes))
        wider = say_range(min(top, first), min(left, *touched), max(bottom, last), max(right, *touched))
        return [] if wider == say_range(top, left, bottom, right) else [_attribute(self.found, element, "ref", wider)]

    def _resize(self, new: Sequence[int], gone: Sequence[int]) -> list[Edit]:
        """Takes new columns into the table and filter that end beside them, or emptied ones out of it."""
        by = len(new) - len(gone)
        if by == 0:
            return []
        last = (new[0] - 1) if new else gone[-1]
        package = self.workbook.package
        held = self._list_object()
        if held is not None and held.right == last:
            self.replaced[held.part] = resized(package, held, self.changes.new_columns, len(gone), self.where)
            return []
        element = self.found.elements.get("autoFilter")
        if element is None:
            return []
        old = element.attributes.get("ref", "")
        wider = widen(old, last, by)
        if wider is None or parse_range(old)[0] != self.table.header_row:
            return []
        self._widen_filter_name(last, by)
        return [_attribute(self.found, element, "ref", wider)]

    @property
    def _root(self) -> etree._Element:
        return self.workbook.root

    def _widen_filter_name(self, last: int, by: int) -> None:
        """The hidden defined name that goes with a worksheet's filter."""
        for holder in self._root:
            if local(holder) != "definedNames":
                continue
            for name in holder:
                if name.get("name") == "_xlnm._FilterDatabase" and name.get("localSheetId") == str(self.info.index):
                    match = re.fullmatch(r"(.*!)(\$?[A-Z]+\$?\d+:\$?[A-Z]+\$?\d+)", name.text or "", re.DOTALL)
                    wider = widen(match[2], last, by) if match else None
                    if match is not None and wider is not None:
                        top, left, bottom, right = parse_range(wider)
                        name.text = f"{match[1]}${column_letters(left)}${top}:${column_letters(right)}${bottom}"
                        self._store_workbook()

    def _store_workbook(self) -> None:
        self.replaced[self.workbook.part] = serialise(self._root)

    def _store_styles(self) -> None:
        styles = self.workbook.styles
        if not styles.changed:
            return
        part = self.workbook.part_of("styles")
        if part is not None:
            self.replaced[part] = styles.serialise()
            return
        folder = self.workbook.part.rpartition("/")[0]
        part = f"{folder}/styles.xml".lstrip("/")
        self.added[part] = styles.serialise()
        self._declare(part)

    def _declare(self, part: str) -> None:
        """Adds the content type and the relationship of a new styles part."""
        package = self.workbook.package
        types = package.xml(package.content_types_part)
        override = etree.SubElement(types, str(etree.QName(etree.QName(types).namespace, "Override")))
        override.set("PartName", "/" + part)
        override.set("ContentType", _STYLES_TYPE)
        self.replaced[package.content_types_part] = serialise(types)
        folder, _, base = self.workbook.part.rpartition("/")
        name = package.real_name(f"{folder}/_rels/{base}.rels".lstrip("/"))
        rels = package.xml(name)
        used = {child.get("Id") for child in rels}
        made = etree.SubElement(rels, str(etree.QName(etree.QName(rels).namespace, "Relationship")))
        made.set("Id", next(f"rId{n}" for n in range(1, len(used) + 2) if f"rId{n}" not in used))
        kind = next((child.get("Type", "") for child in rels if child.get("Type", "").endswith("/worksheet")), "")
        made.set("Type", kind.rpartition("/")[0] + "/styles")
        made.set("Target", "/" + part)
        self.replaced[name] = serialise(rels)

    def _store_calculation(self) -> None:
        """Asks Excel to calculate on opening where there is any formula: those over the status columns are out of date."""
        package = self.workbook.package
        if not (self.found.formulas or any(
            _FORMULA.search(package.read(sheet.part)) for sheet in self.workbook.worksheets if sheet.part != self.info.part
        )):
            return
        root = self._root
        element = next((child for child in root if local(child) == "calcPr"), None)
        if element is None:
            element = etree.Element(str(etree.QName(etree.QName(root).namespace, "calcPr")))
            place = next((i for i, child in enumerate(root) if local(child) in _BEHIND_CALCULATION), len(root))
            root.insert(place, element)
        if element.get("fullCalcOnLoad") not in ("1", "true"):
            element.set("fullCalcOnLoad", "1")
            self._store_workbook()


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows with like changes are written: a pattern for each change, which takes the row's number and what the cell holds (an
    index, a day or a text; nothing where it is blank), None where the cell is made on its own; then blank cells. `order` puts
    them in that of their columns, where they are not.
    """

    formats: Sequence[int]
    patterns: Sequence[bytes | None]
    blanks: Sequence[bytes]
    columns: Sequence[int]
    order: Sequence[int] | None


class _Plans:
    """Decides how the changes of a row are written."""

    def __init__(
        self, splice: Splice, columns: Mapping[str, int], strings: SharedStrings | None, seen: Sequence[int], *, tidy: bool
    ) -> None:
        self.columns, self.strings, self.seen = columns, strings, seen
        self.tidy = tidy  # whether no text has spaces that want keeping
        self.prefix, self.date1904 = splice.found.prefix, splice.workbook.date1904
        self.neighbour, self.header_row = splice.neighbour, splice.table.header_row
        self.new = [columns[header] for header in splice.changes.new_columns]
        self.look = _Formats(splice.workbook.styles, splice.status.palette, splice.column_formats())

    def of(self, changes: Sequence[Change], here: Sequence[int], row_format: int | None) -> _Plan:
        """The plan of a row, whose cells in the columns that are `seen` have the style indexes `here`."""
        own = {column: style for column, style in zip(self.seen, here, strict=True) if style != ABSENT}
        base = own.get(self.neighbour)
        columns = [self.columns[change.column] for change in changes]
        formats = [
            self.look.of(own.get(column), row_format, column, base, change.style, change.anchor is None, change.after)
            for column, change in zip(columns, changes, strict=True)
        ]
        patterns = [self._pattern(*one) for one in zip(columns, formats, changes, strict=True)]
        blanks: list[bytes] = []
        for column in self.new if changes[0].row != self.header_row else ():
            if column not in columns and column not in own and (
                style := self.look.of(None, row_format, column, base, PLAIN, False, None)
            ):
                blanks.append(b'%b%%d" s="%d"/>' % (self._head(column), style))
                columns.append(column)
        order = sorted(range(len(columns)), key=columns.__getitem__)
        return _Plan(formats, patterns, blanks, [columns[at] for at in order], None if order == list(range(len(order))) else order)

    def element(self, number: int, change: Change, style: int) -> bytes:
        """One cell on its own."""
        ref = letters(self.columns[change.column]) + b"%d" % number
        return cell_element(self.prefix, ref, style, change.after, self.strings, date1904=self.date1904)

    def _pattern(self, column: int, style: int, change: Change) -> bytes | None:
        after, prefix = change.after, self.prefix
        head = b'%b%%d"%b' % (self._head(column), b' s="%d"' % style if style else b"")
        if after is None:
            return head + b"/>"
        if after.__class__ is date or (after.__class__ is str and self.strings is not None):
            return b"%b%b><%bv>%%d</%bv></%bc>" % (head, b"" if after.__class__ is date else b' t="s"', prefix, prefix, prefix)
        if after.__class__ is str and self.tidy:
            return b'%b t="inlineStr"><%bis><%bt>%%b</%bt></%bis></%bc>' % (head, prefix, prefix, prefix, prefix, prefix)
        return None

    def _head(self, column: int) -> bytes:
        return b'<%bc r="%b' % (self.prefix, letters(column))


class _Formats:
    """The format of each cell to be written: of the cell itself, else its row's, its column's, else its neighbour's look."""

    def __init__(self, styles: Styles, palette: Collection[Style], columns: Mapping[int, int]) -> None:
        self.styles, self.palette, self.columns = styles, palette, columns
        self._known: dict[tuple[object, ...], int] = {}

    def of(
        self, own: int | None, row: int | None, column: int, base: int | None, style: Style, header: bool, value: Cell
    ) -> int:
        """The index of the format, in the colour `style`; made where there is none."""
        kind = value.__class__
        wrap = kind is str and "\n" in value  # type: ignore[operator]
        key = (own, row, column, base, style, header, kind, wrap)
        found = self._known.get(key)
        if found is None:
            date_like = isinstance(value, date)
            if own is None:
                own = row if row is not None else self.columns.get(column)
            if style == KEEP:
                found = self._known[key] = self.styles.kept(own or 0, date=date_like, text=kind is str or value is None)
                return found
            if own is None:
                own = 0 if base is None else self.styles.text_format(base, centred=date_like)
            found = self._known[key] = self.styles.format(
                own, None if header else base, style, self.palette, date=date_like, wrap=wrap)
        return found



def _col_range(element: Element) -> tuple[int, int]:
    low, high = element.attributes.get("min", ""), element.attributes.get("max", "")
    return (int(low), int(high)) if low.isdigit() and high.isdigit() else (0, -1)


def _col(prefix: bytes, element: Element | None, low: int, high: int, width: float | None) -> bytes:
    """A `<col>`, with the attributes of the one it is split from, and a width of its own where one is given."""
    attributes = dict(element.attributes) if element is not None else {}
    attributes |= {"min": str(low), "max": str(high)}
    if width is not None:
        attributes |= {"width": f"{width:g}", "customWidth": "1"}
        attributes.pop("bestFit", None)
    body = "".join(f' {name}="{value}"' for name, value in attributes.items() if " " not in name)
    return b"<%bcol%b/>" % (prefix, body.encode())


def _attribute(found: Scan, element: Element, name: str, value: str) -> Edit:
    """The edit that gives an element's attribute another value."""
    tag = found.data[element.start : element.tag_end]
    match = re.search(rb"""\s%b\s*=\s*(["'])(.*?)\1""" % name.encode(), tag, re.DOTALL)
    assert match is not None
    return (element.start + match.start(2), element.start + match.end(2), value.encode())


def _display_width(text: str) -> int:
    """About how many characters wide a text is; wide East Asian ones count twice."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))

