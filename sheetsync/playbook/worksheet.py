"""The Rules worksheet: what its owner wrote there → the whole rule list of the playbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sheetsync.core.header import map_columns, normal
from sheetsync.core.model import Cell, CellError, RulesRow, RulesTable, Table, column_letters
from sheetsync.core.nearest import nearest
from sheetsync.core.values import is_blank, text_of
from sheetsync.errors import SettingsError
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.due import parse_due
from sheetsync.playbook.faults import Fault
from sheetsync.playbook.model import Playbook

# The worksheet's own columns, and what playbook.toml calls them. Any other column is a criterion.
COLUMNS = {
    "Rule": "", "Due": "due", "Next step": "step", "Priority": "priority", "Latest": "latest", "Lead": "lead", "Done": "done",
    "Blank": "blank", "Message": "message",
}
_WORDS = {"blank": "=", "not blank": "<>"}  # a spreadsheet would read the signs as formulas
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def with_worksheet(playbook: Playbook, table: Table) -> Playbook:
    """The playbook whose rules are those of the workbook's Rules worksheet; itself where there is none.

    Criteria, due phrases, Done and {{ placeholders }} may name columns by the owner's headers or the playbook's names.
    Raises SettingsError with worksheet, row, column and the nearest right text.
    """
    rules = table.rules
    if rules is None:
        return playbook
    where = f'{table.source}, worksheet "{rules.sheet}"'
    if playbook.rules_told_in:
        raise SettingsError(f"{where} holds the rules, and {playbook.rules_told_in} has [rules] too; which of them apply can't be told.",
                            f"Delete [rules] there, or delete the worksheet \"{rules.sheet}\".")
    return _Reader(playbook, table, rules, where).playbook_of()


@dataclass(frozen=True, slots=True)
class _Reader:
    playbook: Playbook
    table: Table
    rules: RulesTable
    where: str

    def playbook_of(self) -> Playbook:
        own, criteria = self._places()
        if not self.rules.rows:
            raise SettingsError(f"{self.where} holds no rule, so nobody would ever be due.",
                                "Add a rule, or delete the worksheet; the playbook's own rules apply then.")
        raw: dict[str, dict[str, Any]] = {}
        at: dict[str, RulesRow] = {}
        for row in self.rules.rows:
            name = self._text(row, own["Rule"])
            if not name:
                raise self._fault(row, own["Rule"], "the rule has no name.", "Give it one; it stands in the sheet.")
            if name in at:
                raise self._fault(row, own["Rule"], f'"{name}" stands in row {at[name].number} too.', "Give each rule a name of its own.")
            at[name] = row
            raw[name] = self._rule(row, own, criteria)
        try:
            made = build_playbook({**self.playbook.raw, "rules": raw}, self.playbook.messages or None)
        except Fault as fault:
            raise self._located(fault, at, own, criteria) from None
        return replace(self.playbook, rules=made.rules, columns=made.columns)

    def _places(self) -> tuple[dict[str, int], dict[int, str]]:
        """Where the worksheet's own columns stand, and which column of the customers each other one is a criterion on."""
        by_normal = {normal(name): name for name in COLUMNS}
        own: dict[str, int] = {}
        criteria: dict[int, str] = {}
        for place, header in enumerate(self.rules.header):
            if not header:
                for row in self.rules.rows:
                    if not is_blank(row.cells[place]):
                        raise self._fault(row, place, "this column has no header.", "Give it one, or empty the cell.")
                continue
            name = by_normal.get(normal(header))
            if name is None:
                criteria[place] = header
                continue
            if name in own:
                one, other = (self._address(self.rules.header_row, at) for at in (own[name], place))
                raise SettingsError(f"{self.where}: the header {name} stands there twice ({one} and {other}).",
                                    "Keep one of the two columns.")
            own[name] = place
        if "Next step" not in own:
            near = nearest("Next step", criteria.values(), cutoff=0.5)
            raise SettingsError(f"{self.where}, row {self.rules.header_row}: the header has no Next step.",
                                f'Did you mean "Next step" where it has "{near}"?' if near else "Add a column with that header.")
        named = {place: self._column(header) for place, header in criteria.items()}
        for place, column in named.items():
            used = next((row for row in self.rules.rows if not is_blank(row.cells[place])), None)
            if column is None and used is not None:
                raise self._no_column(RulesRow(self.rules.header_row, ()), place, criteria[place], COLUMNS)
        return own, {place: column for place, column in named.items() if column is not None}

    def _column(self, text: str) -> str | None:
        """The playbook's name of the column that a text names: by name, by the owner's header, by alias; None for no column."""
        playbook, header = self.playbook, self.table.header
        declared = {column.name for column in playbook.columns}
        if text in declared or playbook.status.is_ours(text):
            return text
        wanted = normal(text)
        positions = map_columns(header, playbook.columns, status=playbook.status)
        for name, position in positions.items():
            if normal(header[position]) == wanted:
                return name
        for column in playbook.columns:
            if wanted in {normal(column.name), *map(normal, column.aliases)}:
                return column.name
        return next((there for there in header if there and normal(there) == wanted and not playbook.status.is_ours(there)), None)

    def _no_column(self, row: RulesRow, place: int, text: str, more: Mapping[str, str] | tuple[str, ...] = ()) -> SettingsError:
        ours = self.playbook.status.is_ours
        known = dict.fromkeys([*(there for there in self.table.header if there and not ours(there)),
                               *(column.name for column in self.playbook.columns), *more])
        near = nearest(text, known)
        return self._fault(row, place, f'there is no column "{text}" among the customers.',
                           f'Did you mean "{near}"?' if near else f"Name a column of the worksheet {self.table.sheet}.")

    def _rule(self, row: RulesRow, own: Mapping[str, int], criteria: Mapping[int, str]) -> dict[str, Any]:
        rule: dict[str, Any] = {}
        for name, key in COLUMNS.items():
            place = own.get(name)
            text = "" if place is None else self._text(row, place)
            if not key or place is None:
                continue
            if not text:
                if key in ("due", "step"):
                    raise self._fault(row, place, f"the rule has no {name}.", "Write one, or empty the whole row." if key == "step" else
                                      'Write one, such as "6 months after Last contact".')
                continue
            if key in ("due", "latest"):
                text = self._phrase(row, place, text)
            elif key == "done":
                text = self._named(row, place, text)
            elif key == "step":
                text = _PLACEHOLDER.sub(lambda match, at=place: "{{ " + self._named(row, at, match[1]) + " }}", text)  # type: ignore[misc]
            elif key in ("priority", "blank"):
                text = text.casefold()
            rule[key] = text
        when: dict[str, Any] = {}
        for place, column in criteria.items():
            if not is_blank(row.cells[place]):
                if column in when:
                    raise self._fault(row, place, f'two columns of the header mean "{column}".', "Keep one of them.")
                when[column] = self._criterion(row, place)
        if when:
            rule["when"] = when
        return rule

    def _text(self, row: RulesRow, place: int) -> str:
        cell = row.cells[place]
        if isinstance(cell, CellError):
            raise self._fault(row, place, f"the cell shows {cell.code}.", "Type what is meant.")
        return " ".join(text_of(cell).split())

    def _criterion(self, row: RulesRow, place: int) -> Cell | list[str]:
        cell = row.cells[place]
        if not isinstance(cell, (str, CellError)):
            return cell
        parts = [part.strip() for part in self._text(row, place).split("|")]
        if not all(parts):
            raise self._fault(row, place, f'"{text_of(cell)}" has nothing beside a "|".', 'Write "A | B" for either, or "blank".')
        return [_WORDS.get(part.casefold(), part) for part in parts]

    def _named(self, row: RulesRow, place: int, text: str) -> str:
        column = self._column(text)
        if column is None:
            raise self._no_column(row, place, text)
        return column

    def _phrase(self, row: RulesRow, place: int, text: str) -> str:
        """A due phrase with its columns by the playbook's names."""
        try:
            due = parse_due(text)
        except ValueError as error:
            said = str(error)
            raise self._fault(row, place, said if said.endswith("?") else said + ".", "") from None
        return str(replace(due, columns=tuple(self._named(row, place, column) for column in due.columns)))

    def _located(self, fault: Fault, at: Mapping[str, RulesRow], own: Mapping[str, int], criteria: Mapping[int, str]) -> SettingsError:
        """A fault of the document as one of a cell of the worksheet."""
        if len(fault.path) < 2 or fault.path[0] != "rules" or fault.path[1] not in at:
            return SettingsError(f"{self.where}: {fault.sentence}", fault.remedy)
        row, key = at[fault.path[1]], fault.path[2] if len(fault.path) > 2 else ""
        if not key and fault.sentence.startswith("latest "):
            key = "latest"  # what a rule says as a whole is told of its Latest
        place = next((own[name] for name, word in COLUMNS.items() if word == key and name in own), None)
        if key == "when" and len(fault.path) > 3:
            place = next((place for place, column in criteria.items() if column == fault.path[3]), None)
        if place is None:
            return SettingsError(f"{self.where}, row {row.number}: {fault.sentence}", fault.remedy)
        return self._fault(row, place, fault.sentence, fault.remedy)

    def _fault(self, row: RulesRow, place: int, sentence: str, remedy: str) -> SettingsError:
        header = self.rules.header[place] or "without a header"
        return SettingsError(f"{self.where}, row {row.number}, column {header} ({self._address(row.number, place)}): {sentence}", remedy)

    def _address(self, row: int, place: int) -> str:
        return f"{column_letters(self.rules.first_column + place)}{row}"
