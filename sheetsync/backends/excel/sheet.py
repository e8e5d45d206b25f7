"""One worksheet of a workbook as Source and Sheet: which one it is, its table, and the write."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from sheetsync.backends.excel import examine, file
from sheetsync.backends.excel.backups import USUAL, Kept
from sheetsync.backends.excel.locked import locked
from sheetsync.backends.excel.package import Package
from sheetsync.backends.excel.plain import scan_plain
from sheetsync.backends.excel.plain_values import PlainValues
from sheetsync.backends.excel.proof import LARGE, Proof, frame_of
from sheetsync.backends.excel.reader import SheetInfo, Workbook, read_grid, read_sparse
from sheetsync.backends.excel.rules import read_rules
from sheetsync.backends.excel.splice import Splice
from sheetsync.backends.excel.tables import ListObject, list_objects
from sheetsync.backends.excel.worksheet import ABSENT, Scan, as_utf8, scan_general
from sheetsync.core.diff import patch
from sheetsync.core.header import SEARCHED_ROWS, find_header, no_header, read_table
from sheetsync.core.model import PLAIN, ChangeSet, Column, Finding, StatusSettings, Style, Table, Worksheet
from sheetsync.errors import Refused, SettingsError


@dataclass(frozen=True, slots=True)
class ExcelSource:
    """A customer table in an Excel workbook (.xlsx, .xlsm).

    `sheet` names the worksheet; without it the one whose header names most columns is taken.
    """

    path: Path
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    status: StatusSettings = field(default_factory=StatusSettings)
    sheet: str | None = None
    backups: Path | None = None
    write_protected: bool = False
    kept: Kept = USUAL

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def identity(self) -> str:
        """The file's absolute path."""
        return str(self.path.resolve())

    @contextmanager
    def open(self, *, readonly: bool = False) -> Iterator[ExcelSheet]:
        """Opens the workbook. For writing, nobody else may have it open."""
        if not readonly and self.path.exists():
            file.check_unlocked(self.path)
            file.remove_leftovers(self.path)
        yield ExcelSheet(self)


class ExcelSheet:
    """An open worksheet. Holds the bytes that were read; a write replaces the file only while it still has them."""

    features = frozenset({"atomic", "colour", "owner-cells"})

    def __init__(self, source: ExcelSource) -> None:
        self._source = source
        self._state: _Reading | None = None

    def read(self) -> Table:
        """The customer table as it is now. Raises Refused with a sentence for what is no sound workbook."""
        self._state = None  # the last state's memory goes before the next one comes
        self._state = _Reading(self._source, file.read_bytes(self._source.path))
        _give_back()
        return self._state.table

    def survey(self, *, most_rows: int) -> tuple[Worksheet, ...]:
        """The worksheets and their first rows. Raises Refused with a sentence for what is no sound workbook."""
        source = self._source
        workbook = Workbook(Package(file.read_bytes(source.path), source.name))
        sheets = (workbook.worksheet(source.sheet),) if source.sheet is not None else workbook.worksheets
        out = []
        for sheet in [sheet for sheet in sheets if not sheet.hidden] or sheets:
            grid = read_sparse(workbook, sheet, as_utf8(workbook.package.read(sheet.part)), most_rows=most_rows)
            out.append(Worksheet(sheet.name, grid.numbers, grid.rows, grid.first_column))
        if not out:
            raise Refused(f"{source.name} holds no worksheet.", "Open it in Excel and save it again.")
        return tuple(out)

    def write(self, changes: ChangeSet) -> Table:
        """Writes all changes at once and returns the table as the new file has it."""
        if self._state is None:
            self.read()
        state = self._state
        assert state is not None
        if not changes:
            return state.table
        file.check_writable(self._source.path)
        _give_back()
        splice = state.splice(changes)
        replaced, added = splice.parts()
        _give_back()
        expected = patch(state.table, changes)
        package, parts = state.package, [(replaced, added)]
        fingerprint = state.fingerprint
        untouched = state.untouched({*replaced, *added})
        proof = self._proof(state, splice, expected)
        checked: list[_Reading] = []
        del replaced, added, splice
        self._state = state = None  # what was read goes before the new file is read

        def write(file: BinaryIO) -> None:
            package.rebuild(*parts.pop(), file)  # and so do the parts that were made

        def verify(written: bytes) -> None:
            _give_back()
            if proof is not None:
                new = Package(written, self._source.name, streamed=proof.part)
                _check_untouched(new, untouched)
                if proof.holds(new):
                    return
            reading = _Reading(replace(self._source, sheet=expected.sheet), written, expected)
            _check_untouched(reading.package, untouched)
            _check_read_back(reading, expected)
            checked.append(reading)

        file.replace(self._source.path, fingerprint, write, verify=verify, backups=self._source.backups,
                     kept=self._source.kept)
        self._state = checked[0] if checked else None
        return expected

    def findings(self) -> tuple[Finding, ...]:
        """Whether the workbook stands in a folder that a service copies elsewhere, and where its backups are."""
        return examine.findings(self._source.path, self._source.backups)

    def rehearse(self, changes: ChangeSet) -> None:
        """Raises what `write` would, as far as that can be known without writing anything."""
        file.check_writable(self._source.path)
        if self._state is not None and changes:
            self._state.splice(changes).parts()

    def _proof(self, state: _Reading, splice: Splice, expected: Table) -> Proof | None:
        """The quick proof for a large plain worksheet; None where the new file is to be read back as a whole."""
        if len(expected.rows) * len(expected.header) < LARGE or state.scan is None or not state.scan.plain:
            return None
        status = self._source.status
        ours = {
            header: expected.first_column + position
            for position, header in enumerate(expected.header) if status.is_ours(header)
        }
        columns = list(ours.values())
        if not columns or columns != list(range(columns[0], columns[0] + len(columns))):
            return None
        strings, styles = state.workbook.part_of("sharedStrings"), state.workbook.part_of("styles")
        old, frame = state.scan, frame_of(state.scan)
        old.let_go()  # its bytes come again from the file, a piece at a time, when they are compared
        return Proof(
            part=state.part, old=old, before=state.package, frame=frame, expected=expected,
            changed=frozenset(change.row for change in splice.changes), ours=ours, palette=status.palette,
            strings_part=strings, styles_part=styles, old_styles=state.package.read(styles) if styles else b"",
            date1904=state.workbook.date1904,
        )


class _Reading:
    """What one state of the file holds."""

    def __init__(self, source: ExcelSource, data: bytes, like: Table | None = None) -> None:
        self.source = source
        self._like = like
        self.fingerprint = file.fingerprint(data)
        self.package = Package(data, source.name)
        self.workbook = Workbook(self.package)
        self._check_package()
        self.info = self._choose()
        self.where = f"{source.name}, worksheet {self.info.name}"
        self.list_objects: Sequence[ListObject] = list_objects(self.package, self.info.part)
        self.scan: Scan | None = None
        self.table = self._read_table()

    def _check_package(self) -> None:
        names = [member.filename.casefold() for member in self.package.members]
        if any(name.startswith("_xmlsignatures/") for name in names):
            raise Refused(f"{self.source.name} is digitally signed; any change would break the signature.",
                          "Work on a copy without the signature.")
        if any(name.startswith("xl/revisions/") for name in names):
            raise Refused(f"{self.source.name} is a shared workbook that tracks changes.",
                          "Stop sharing it (Review, Unshare Workbook), then run again.")

    def _choose(self) -> SheetInfo:
        source = self.source
        if source.sheet is not None:
            return self.workbook.worksheet(source.sheet)
        sheets = self.workbook.worksheets
        if not sheets:
            raise Refused(f"{source.name} holds no worksheet.", "Open it in Excel and save it again.")
        if len(sheets) == 1:
            return sheets[0]
        visible = [sheet for sheet in sheets if not sheet.hidden] or list(sheets)
        scores: list[tuple[int, SheetInfo]] = []
        first_rows = {}
        for sheet in visible:
            data = as_utf8(self.package.read(sheet.part))
            rows = read_sparse(self.workbook, sheet, data, most_rows=SEARCHED_ROWS).rows
            first_rows[sheet.name] = rows
            found = find_header(rows, source.columns, source.key, source.status)
            if found is not None:
                scores.append((found[1], sheet))
        if not scores:
            names = ", ".join(f'"{sheet.name}"' for sheet in visible)
            refusal = no_header(first_rows[visible[0].name], source.columns, f"{source.name}, worksheets {names}")
            raise refusal
        best = max(score for score, _ in scores)
        chosen = [sheet for score, sheet in scores if score == best]
        if len(chosen) > 1:
            names = " and ".join(f'"{sheet.name}"' for sheet in chosen)
            raise SettingsError(f"{source.name}: the worksheets {names} look alike as customer tables.",
                                f'Say which with --sheet NAME, such as --sheet "{chosen[0].name}".')
        return chosen[0]

    def _read_table(self) -> Table:
        source = self.source
        data = as_utf8(self.package.read(self.info.part))
        values = PlainValues(self.workbook, self.where, self._like)
        found = scan_plain(data, self.where, values.take)
        grid = None if found is None else values.grid()
        del values
        self.scan = found if found is not None else scan_general(data, self.where)
        if grid is None:
            grid = read_grid(self.workbook, self.info, data, self._like)
        table = read_table(
            grid.rows, source=source.name, sheet=self.info.name, columns=source.columns, key=source.key,
            status=source.status, first_column=grid.first_column, numbers=grid.numbers,
            bounds=[table.bounds for table in self.list_objects if table.bounds is not None],
            formula_cells=frozenset(self.scan.formulas), merges=self.scan.merged_ranges,
        )
        left = table.first_column
        uncalculated = frozenset(
            (row, column - left) for row, column in self.scan.uncalculated if (row, column - left) in table.formula_cells
        )
        styles, header_styles = self._styles(table)
        held = locked(self.workbook, table, self.scan, source.columns, source.status)
        return replace(table, uncalculated=uncalculated, styles=styles, header_styles=header_styles, locked=held,
                       rules=read_rules(self.workbook, self.info))

    def _styles(self, table: Table) -> tuple[dict[str, tuple[Style, ...]], dict[str, Style]]:
        """The colours of the status cells, header cells apart."""
        assert self.scan is not None
        ours = [header for header in table.header if self.source.status.is_ours(header)]
        if not ours:
            return {}, {}
        palette = self.source.status.palette
        look = self.workbook.styles.look
        columns = [table.first_column + table.header.index(header) for header in ours]
        base_column = self.neighbour(table)
        found = self.scan
        index_of = {number: index for index, number in enumerate(found.numbers)}
        styles = found.styles([base_column, *columns])
        nowhere = (ABSENT,) * (len(columns) + 1)
        known: dict[tuple[int, ...], tuple[Style, ...]] = {}  # of whole rows: few differ
        rows: list[tuple[Style, ...]] = []
        for number in table.numbers:
            index = index_of.get(number)
            here = nowhere if index is None else styles[index]
            row = known.get(here)
            if row is None:
                base = None if here[0] == ABSENT else here[0]
                row = known[here] = tuple([PLAIN if style == ABSENT else look(style, base, palette) for style in here[1:]])
            rows.append(row)
        out = list(zip(*rows, strict=True)) if rows else [()] * len(ours)
        header_styles = {
            header: PLAIN if style == ABSENT else look(style, None, palette)
            for header, style in zip(ours, styles[index_of[table.header_row]][1:], strict=True)
        }
        return dict(zip(ours, out, strict=True)), header_styles

    def neighbour(self, table: Table) -> int:
        """The sheet column of the owner's that stands nearest to the left of the status columns."""
        status = self.source.status
        owners = [p for p, header in enumerate(table.header) if not status.is_ours(header)]
        ours = [p for p, header in enumerate(table.header) if status.is_ours(header)]
        before = [p for p in owners if not ours or p < ours[0]] or owners
        return table.first_column + before[-1]

    @cached_property
    def part(self) -> str:
        """The name of the worksheet's part."""
        return self.package.real_name(self.info.part)

    def splice(self, changes: ChangeSet) -> Splice:
        """The write of these changes, planned and checked."""
        assert self.scan is not None
        return Splice(
            workbook=self.workbook, info=self.info, table=self.table, found=self.scan, list_objects=self.list_objects,
            status=self.source.status, neighbour=self.neighbour(self.table), where=self.where,
            write_protected=self.source.write_protected, changes=changes,
        )

    def untouched(self, touched: set[str]) -> Mapping[str, tuple[int, bytes]]:
        """The checksum and compressed bytes of every member that stays."""
        return {
            member.filename: (member.CRC, bytes(self.package.raw(member)))
            for member in self.package.members if member.filename not in touched
        }


def _give_back() -> None:
    """Hands memory that is free back to the system; glibc keeps it in pieces, which adds a tenth to a large run's peak."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _check_untouched(package: Package, untouched: Mapping[str, tuple[int, bytes]]) -> None:
    """Raises Refused unless every member that was to stay has its bytes."""
    members = {member.filename: member for member in package.members}
    for name, (crc, raw) in untouched.items():
        member = members.get(name)
        if member is None or crc != member.CRC or package.raw(member) != raw:
            raise Refused(f"{package.name}: the part {name} would have changed; nothing was written.", _REPORT)


def _check_read_back(reading: _Reading, expected: Table) -> None:
    """Raises Refused unless the new file reads as planned, every untouched cell included."""
    if reading.table != expected:
        raise Refused(f"{reading.where}: the new file does not read back as planned ({_difference(reading.table, expected)}); "
                      "nothing was written.", _REPORT)


_REPORT = "This is a fault of sheetsync; please report it with the workbook's structure."


def _difference(got: Table, expected: Table) -> str:
    if got.header != expected.header:
        return "header"
    if list(got.numbers) != list(expected.numbers):
        return "rows"
    for number, one, other in zip(got.numbers, got.rows, expected.rows, strict=True):
        if one != other:
            position = next(p for p, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
            return f"row {number}, {got.header[position]}"
    return "formulas" if got.formula_cells != expected.formula_cells else "colours"


