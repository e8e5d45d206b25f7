"""What fix proposes: values written so that they say the same without the slip; and the write of those that the owner agreed to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sheetsync.attempts import ROUNDS, attempted
from sheetsync.core.contracts import Check, Sheet, Source
from sheetsync.core.diff import anchors, key_header, patch, same
from sheetsync.core.domains import near_domain
from sheetsync.core.model import KEEP, Anchor, Cell, Change, ChangeSet, Column, Customers, Fault, StatusSettings, Table
from sheetsync.core.nearest import nearest
from sheetsync.core.phones import e164, international, lost_zero
from sheetsync.core.tidy import is_placeholder, latin, tidied
from sheetsync.core.validate import see_customers
from sheetsync.core.values import is_blank, parse_number, parse_phone, parser, read_date, text_of
from sheetsync.errors import SheetsyncError, TableChanged
from sheetsync.journal import Journal

_TRUSTED_DOMAIN = 3  # customers
_TIME_OF_DAY = re.compile(r"\d:\d\d")
# Leading zeros, too many digits, a currency: a number loses them.
_KEPT_AS_TEXT = re.compile(r"[+-]?0\d|.*\d{16}|.*[^\d.,\s'+-]", re.DOTALL)
_MESSY_PHONE = re.compile(r"00\d.*|.*\(0\).*|.*/.*|\d{8,}")
_FREE_TEXT = frozenset({"text", "number", "money", "step", "date"})


class Repair(NamedTuple):
    """One cell that would say the same, written right. `row` is the number in the margin, `customer` counts from 0.

    `column` is the owner's header; `before` what the cell holds once the repairs of earlier kinds are made.
    """

    kind: str
    row: int
    customer: int
    who: str
    column: str
    before: Cell
    after: Cell
    anchor: Anchor

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two proposals the same, wherever the row has moved meanwhile."""
        return (self.kind, self.anchor, self.column, type(self.before), self.before, type(self.after), self.after)


class _Known(NamedTuple):
    """What a repair may look at beside its cell."""

    column: Column
    is_key: bool
    domains: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of repair: its title, the check whose settings it follows, and what it makes of a cell (the same where nothing)."""

    title: str
    check: str
    mend: Callable[[Cell, _Known], Cell]


def _spaces(cell: Cell, known: _Known) -> Cell:
    if isinstance(cell, str) and (known.is_key or known.column.type not in _FREE_TEXT):
        return tidied(cell) or cell
    return cell


def _letters(cell: Cell, known: _Known) -> Cell:
    return latin(cell) if isinstance(cell, str) and known.column.type in ("name", "email") else cell


def _placeholder(cell: Cell, known: _Known) -> Cell:
    column = known.column
    if not isinstance(cell, str) or known.is_key or column.required or not is_placeholder(cell, column.type):
        return cell
    told = column.type in ("text", "name", "url") or isinstance(parser(column)(cell), Fault)  # else a tick or a choice
    return None if told else cell


def _email_domain(cell: Cell, known: _Known) -> Cell:
    if isinstance(cell, str) and known.column.type == "email" and cell.count("@") == 1:
        local, _, domain = cell.rpartition("@")
        domain = domain.strip().lower()
        if known.domains.get(domain, 0) < _TRUSTED_DOMAIN and (near := near_domain(domain)):
            return f"{local}@{near}"
    return cell


def _email_case(cell: Cell, known: _Known) -> Cell:
    if isinstance(cell, str) and known.column.type == "email" and cell.count("@") == 1:
        return cell.lower()
    return cell


def _phone(cell: Cell, known: _Known) -> Cell:
    """Never another number: what is written reaches the same phone as what stood there."""
    country = known.column.country
    if known.column.type != "phone" or isinstance(cell, bool):
        return cell
    text = text_of(cell)
    if isinstance(cell, (int, float)):
        right = lost_zero(text, country)
        if right is None:
            return cell
        text = right
    if _MESSY_PHONE.fullmatch(text) and isinstance(parse_phone(text, country), str):
        if text.startswith("00") and country is None:
            text = "+" + text[2:].lstrip()
        number = international(text, country) if country is not None or text.startswith("+") else None
        if number is not None and e164(number, None) == e164(text, country):
            return number
    return cell


def _choice(cell: Cell, known: _Known) -> Cell:
    choices = known.column.choices
    if known.column.type == "choice" and isinstance(cell, str) and cell.strip():
        if any(cell.strip().casefold() == choice.casefold() for choice in choices):
            return cell
        return nearest(cell, choices) or cell
    return cell


def _date(cell: Cell, known: _Known) -> Cell:
    if known.column.type == "date" and isinstance(cell, str) and not _TIME_OF_DAY.search(cell):
        try:
            return read_date(cell, known.column.order)
        except ValueError:
            pass
    return cell


def _number(cell: Cell, known: _Known) -> Cell:
    if known.column.type in ("number", "money", "step") and isinstance(cell, str) and not _KEPT_AS_TEXT.match(cell.strip()):
        number = parse_number(cell, money=known.column.type == "money")
        if isinstance(number, float):
            return int(number) if number.is_integer() else number
    return cell


# In the order in which they are made: each sees what the ones before it would leave.
KINDS: Mapping[str, Kind] = {
    "spaces": Kind("Spaces that nobody sees", "spaces", _spaces),
    "letters": Kind("Letters of another alphabet that look like Latin ones", "letters", _letters),
    "placeholder": Kind("Words that stand for nothing, to be blank", "placeholder", _placeholder),
    "email-domain": Kind("Mistyped mail domains", "email", _email_domain),
    "email-case": Kind("E-mail addresses in capitals", "email", _email_case),
    "phone": Kind("Phone numbers, as they are dialled from anywhere", "phone", _phone),
    "choice": Kind("Mistyped choices", "choice", _choice),
    "date": Kind("Dates that are stored as text", "stored-as-text", _date),
    "number": Kind("Numbers that are stored as text", "stored-as-text", _number),
}


def propose(
    customers: Customers, status: StatusSettings, checks: Iterable[Check], kinds: Collection[str] = tuple(KINDS)
) -> tuple[Repair, ...]:
    """Every repair of these kinds, by kind, then by row. Formulas and columns that a check's settings ignore are left alone."""
    by_id = {check.id: check for check in checks}
    asked = {name: kind for name, kind in KINDS.items() if name in kinds and kind.check in by_id}
    table = customers.table
    anchor = anchors(table, key_header(customers), status.is_ours)
    found: dict[str, list[Repair]] = {name: [] for name in asked}
    for name, position in customers.positions.items():
        known = _known(customers, name)
        here = {
            kind_name: kind for kind_name, kind in asked.items() if name not in getattr(by_id[kind.check], "ignore", ())
        }
        steps: dict[tuple[type, Cell], list[tuple[str, Cell, Cell]]] = {}
        for customer, index in enumerate(customers.indexes):
            cell = table.rows[index][position]
            if cell is None or isinstance(cell, (bool, date)) or (table.numbers[index], position) in table.formula_cells or is_blank(cell):
                continue
            key = (type(cell), cell)
            if key not in steps:
                steps[key] = _steps(cell, here, known)
            for kind_name, before, after in steps[key]:
                found[kind_name].append(Repair(kind_name, table.numbers[index], customer, customers.labels[customer],
                                               table.header[position], before, after, anchor(index)))
    return tuple(repair for repairs in found.values() for repair in sorted(repairs, key=lambda one: one.row))


def _known(customers: Customers, name: str) -> _Known:
    column = customers.columns[name]
    domains: Counter[str] = Counter()
    if column.type == "email":
        domains.update(value.rpartition("@")[2].lower() for value in customers.values[name] if isinstance(value, str))
    return _Known(column, name == customers.key, domains)


def _steps(cell: Cell, kinds: Mapping[str, Kind], known: _Known) -> list[tuple[str, Cell, Cell]]:
    """(kind, before, after) for each kind that would write the cell otherwise, one after the other."""
    steps: list[tuple[str, Cell, Cell]] = []
    for name, kind in kinds.items():
        if cell is None:
            break
        after = kind.mend(cell, known)
        if not same(cell, after) or type(cell) is not type(after):
            steps.append((name, cell, after))
            cell = after
    return steps


def change_set(customers: Customers, agreed: Sequence[Repair]) -> ChangeSet:
    """The changes that make these repairs, each cell once, the owner's look kept."""
    table = customers.table
    index_of = {number: index for index, number in enumerate(table.numbers)}
    names = {table.header[position]: name for name, position in customers.positions.items()}
    cells: dict[tuple[int, str], list[Repair]] = {}
    for repair in agreed:
        cells.setdefault((repair.row, repair.column), []).append(repair)
    known: dict[str, _Known] = {}
    changes = []
    for (row, column), repairs in sorted(cells.items()):
        name = names[column]
        if name not in known:
            known[name] = _known(customers, name)
        before = after = table.rows[index_of[row]][customers.positions[name]]
        wanted = {repair.kind for repair in repairs}
        for kind in KINDS:  # in their order; what an earlier one that was not agreed would have left alone is still there
            if kind in wanted and after is not None:
                after = KINDS[kind].mend(after, known[name])
        if not same(before, after):
            changes.append(Change(row, column, before, after, KEEP, KEEP, repairs[0].anchor))
    return ChangeSet(tuple(changes))


@dataclass(frozen=True, slots=True)
class Mended:
    """What a fix wrote, and the repairs that were agreed to but found their cell changed."""

    table: Table
    changes: ChangeSet
    gone: tuple[Repair, ...]


def mend(
    source: Source, columns: Sequence[Column], key: Sequence[str], status: StatusSettings, checks: Sequence[Check],
    agreed: Collection[Repair], kinds: Collection[str] = tuple(KINDS), *, today: date, journal: Journal,
) -> Mended:
    """Reads the table again and writes the repairs that are still the same there; `kinds` are those that were proposed.

    `undo` takes them back.

    Raises the errors of `sheetsync.errors`; TableChanged when the table was edited meanwhile three times.
    """
    wanted = {repair.identity for repair in agreed}

    def left(table: Table) -> tuple[Customers, list[Repair]]:
        customers = see_customers(table, columns, key, status)
        return customers, [repair for repair in propose(customers, status, checks, kinds) if repair.identity in wanted]

    def once(sheet: Sheet) -> Mended:
        table = sheet.read()
        customers, repairs = left(table)
        there = {repair.identity for repair in repairs}
        gone = tuple(repair for repair in agreed if repair.identity not in there)
        changes = change_set(customers, repairs)
        if not changes:
            return Mended(table, changes, gone)
        run = journal.begin(source.identity, table.sheet, today=today, counts=None, statuses={},
                            changes=_as_they_will_be(customers, changes, status), command="fix")
        try:
            after = _write(sheet, changes, left)
        except SheetsyncError as error:
            journal.finish(run, "failed", error=error)
            raise
        journal.finish(run)
        return Mended(after, changes, gone)

    with journal.recording(source.identity, "fix", today):
        return attempted(source, once, readonly=False)


def _write(sheet: Sheet, changes: ChangeSet, left: Callable[[Table], tuple[Customers, list[Repair]]]) -> Table:
    """Writes, and where the backend is not atomic looks again until nothing is left."""
    for _ in range(ROUNDS):
        after = sheet.write(changes)
        if "atomic" in sheet.features:
            return after
        customers, repairs = left(after)
        changes = change_set(customers, repairs)
        if not changes:
            return after
    raise TableChanged("The table was edited all the time while it was written.", "Run again later.")


def _as_they_will_be(customers: Customers, changes: ChangeSet, status: StatusSettings) -> list[Change]:
    """The changes with their rows' anchors as they are afterwards: `undo` looks for rows that have been mended."""
    after = patch(customers.table, changes)
    anchor = anchors(after, key_header(customers), status.is_ours)
    index_of = {number: index for index, number in enumerate(after.numbers)}
    return [change._replace(anchor=anchor(index_of[change.row])) for change in changes]

