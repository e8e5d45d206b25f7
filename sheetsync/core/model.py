"""Every value of a run, in the order a run makes them. Read this first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that holds a spreadsheet error such as #REF! or #N/A."""

    code: str


Cell = None | bool | int | float | str | date | datetime | time | timedelta | CellError


class Style(NamedTuple):
    """A fill and a font colour, both as RRGGBB. A cell's style is a function of its value."""

    fill: str
    font: str


# Excel's own cell styles Good, Neutral and Bad, and three beside them.
GOOD = Style("C6EFCE", "006100")
NEUTRAL = Style("FFEB9C", "9C5700")
BAD = Style("FFC7CE", "9C0006")
DUE = Style("F8CBAD", "833C0B")
MUTED = Style("EDEDED", "595959")
HEADER = Style("DDEBF7", "1F4E78")
PLAIN = Style("", "")  # no colour of ours: the fill of the owner's cell beside it
FOREIGN = Style("?", "?")  # only ever read: a colour that somebody else put on a status cell
KEEP = Style("=", "=")  # an owner's cell: its look stays
NAMED_STYLES: Mapping[str, Style] = {
    "GOOD": GOOD,
    "NEUTRAL": NEUTRAL,
    "BAD": BAD,
    "DUE": DUE,
    "MUTED": MUTED,
    "PLAIN": PLAIN,
}

ColumnType = Literal[
    "text",
    "name",
    "email",
    "phone",
    "date",
    "number",
    "money",
    "yes-no",
    "choice",
    "url",
    "step",
]
DateOrder = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True, slots=True)
class Column:
    """What one of the owner's columns means to the playbook.

    `header` is the owner's own word for it (`[columns]` in the settings) and beats name and aliases.
    """

    name: str
    type: ColumnType = "text"
    aliases: tuple[str, ...] = ()
    header: str | None = None
    required: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ()
    order: DateOrder | None = None
    country: str | None = None
    not_future: bool = False  # dates that can't lie ahead, such as the last contact
    not_before: date | None = None  # dates earlier than this are mistyped
    after: str | None = None  # the column whose date can't be later than this one's


# The status columns by their own names, in the order in which new ones are made.
STATUS = "Status"
NEXT_FOLLOW_UP = "Next follow-up"
NEXT_STEP = "Next step"
WHY = "Why"
PROBLEMS = "Problems"
STATUS_COLUMNS = (STATUS, NEXT_FOLLOW_UP, NEXT_STEP, WHY, PROBLEMS)

# The columns of the owner's that a Log entry reads and writes (beside the `done` columns of rules).
LOG = "Log"
LAST_CONTACT = "Last contact"
SNOOZE_UNTIL = "Snooze until"
PAUSED_UNTIL = "Paused until"
NOTES = "Notes"
NOT_A_DUPLICATE = "Not a duplicate of"

# The statuses that are no quiet reason, worst first.
OVERDUE = "Overdue"
NEVER_CONTACTED = "Never contacted"
DUE_NOW = "Due"
CHECK_ROW = "Check row"
NO_RULE = "No rule"
SOON = "Soon"
SCHEDULED = "Scheduled"
STATUSES = (OVERDUE, NEVER_CONTACTED, DUE_NOW, CHECK_ROW, NO_RULE, SOON, SCHEDULED)
STATUS_STYLES: Mapping[str, Style] = {
    OVERDUE: BAD,
    NEVER_CONTACTED: NEUTRAL,
    DUE_NOW: DUE,
    CHECK_ROW: NEUTRAL,
    NO_RULE: NEUTRAL,
    SOON: NEUTRAL,
    SCHEDULED: GOOD,
}


@dataclass(frozen=True, slots=True)
class StatusSettings:
    """How the status columns look: the mark, which of them, the owner's words and colours."""

    mark: str = "↻ "
    columns: tuple[str, ...] = STATUS_COLUMNS
    names: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, Style] = field(default_factory=dict)

    def word(self, name: str) -> str:
        """The owner's word for a status or status column, else the name itself."""
        return self.names.get(name, name)

    def header(self, column: str) -> str:
        """The header text of one status column, mark included."""
        return self.mark + self.word(column)

    @property
    def headers(self) -> tuple[str, ...]:
        """The header texts of all status columns that are kept, in the order they are made."""
        return tuple(self.header(column) for column in self.columns)

    def is_ours(self, header: str) -> bool:
        """Whether a header is one of the status columns (only the mark makes it so)."""
        return any(header == ours for ours in map(self.header, STATUS_COLUMNS))

    def style(self, status: str) -> Style:
        """The colour of a status word; a quiet reason's is MUTED unless set."""
        return self.colours.get(status) or STATUS_STYLES.get(status, MUTED)

    @property
    def palette(self) -> frozenset[Style]:
        """Every colour that sheetsync may put on a cell."""
        return frozenset((*NAMED_STYLES.values(), HEADER, *self.colours.values())) - {PLAIN}


class RulesRow(NamedTuple):
    """One row of a Rules worksheet: its number in the margin, and its cells, which align with the header."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class RulesTable:
    """A Rules worksheet as read; the first cell of the header stands in sheet column `first_column` (A is 1)."""

    sheet: str
    header_row: int
    first_column: int
    header: tuple[str, ...]
    rows: tuple[RulesRow, ...]


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A worksheet as it stands, before anybody knows whether it holds customers: its name, and the cells of its first rows.

    `numbers` are the row numbers in the margin, `rows` align with them; their first cell stands in sheet column `first_column` (A is 1).
    """

    name: str
    numbers: Sequence[int]
    rows: tuple[tuple[Cell, ...], ...]
    first_column: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Header and rows as read. `numbers` are the row numbers in the margin, `rows` align with them.

    Columns are positions in `header`; position p stands in sheet column `first_column` + p (A is 1).
    `styles` holds, for each status column present, the style of each row's cell.
    `formula_cells` holds the (row number, position) of every formula, `formulas` the positions among them,
    and `uncalculated` those formulas that have no result yet. The last `leftovers` rows hold nothing but the statuses
    of customers whose cells were cleared. `date_order` is how whoever writes there orders day and month, where the source
    says so. `locked` says of cells of the owner's in rows with a Log entry, by (row number, position), why they can't be
    written ("is protected"); it is no part of what the table holds. `rules` is the workbook's Rules worksheet, read in the
    same moment.
    """

    source: str
    sheet: str
    header_row: int
    first_column: int
    header: tuple[str, ...]
    numbers: Sequence[int]
    rows: tuple[tuple[Cell, ...], ...]
    header_styles: Mapping[str, Style] = field(default_factory=dict)
    styles: Mapping[str, tuple[Style, ...]] = field(default_factory=dict)
    formulas: frozenset[int] = frozenset()
    formula_cells: frozenset[tuple[int, int]] = frozenset()
    uncalculated: frozenset[tuple[int, int]] = frozenset()
    leftovers: int = 0
    notes: tuple[str, ...] = ()
    date_order: DateOrder | None = None
    locked: Mapping[tuple[int, int], str] = field(default_factory=dict, compare=False)
    rules: RulesTable | None = None

    def position(self, header: str) -> int | None:
        """Where a column with exactly this header text stands, or None."""
        try:
            return self.header.index(header)
        except ValueError:
            return None

    def address(self, row: int, header: str) -> str:
        """The A1 address of a cell, for messages that are not written into the sheet."""
        position = self.position(header)
        return f"row {row}" if position is None else f"{column_letters(self.first_column + position)}{row}"


def column_letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Stands in place of a value that can't be read: which check says so, and in what words."""

    raw: Cell
    check: str
    message: str
    suggestion: str = ""
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer row seen through the playbook's column names, values parsed."""

    row: int
    name: str
    values: Mapping[str, Any]

    def get(self, column: str) -> Any:
        """The parsed value, a Fault where it can't be read, None where blank or absent."""
        return self.values.get(column)


@dataclass(frozen=True, slots=True)
class Customers:
    """All customers, column by column: `values[name][i]` belongs to table row `indexes[i]`.

    `positions` says where each column stands in the table; a column that the sheet lacks is in neither.
    `labels` are what people call the customers. `key` is the column that tells them apart.
    `cells[name]` are the same column's cells as they were read. `today` is the day that the run is about, if any.
    `memo` keeps what one check worked out of them for the next.
    """

    table: Table
    columns: Mapping[str, Column]
    positions: Mapping[str, int]
    indexes: Sequence[int]
    values: Mapping[str, Sequence[Any]]
    labels: Sequence[str]
    key: str | None
    faults: Mapping[str, Sequence[int]] = field(default_factory=dict)  # column → customers whose value is a Fault
    absent: tuple[str, ...] = ()
    near_misses: tuple[tuple[str, str], ...] = ()  # (playbook column, header that looks like it)
    cells: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    today: date | None = None
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.indexes)

    def __iter__(self) -> Iterator[Customer]:
        for i in range(len(self)):
            yield self.customer(i)

    def customer(self, i: int) -> Customer:
        """The i-th customer (0-based) as one value."""
        row = self.table.numbers[self.indexes[i]]
        return Customer(row, self.labels[i], {name: column[i] for name, column in self.values.items()})

    def header(self, column: str) -> str:
        """The owner's own header of a column, as it stands in the sheet; the column's name where the sheet lacks it."""
        position = self.positions.get(column)
        return column if position is None else self.table.header[position]

    def row(self, i: int) -> int:
        """The number in the margin of the i-th customer's row."""
        return self.table.numbers[self.indexes[i]]


class Problem(NamedTuple):
    """One thing wrong. `row` is the number in the margin, `customer` counts from 0.

    `others` are the customers that a problem of duplicates means, also from 0.
    """

    row: int
    column: str
    check: str
    severity: Severity
    message: str
    suggestion: str = ""
    customer: int = -1
    others: tuple[int, ...] = ()


class FollowUp(NamedTuple):
    """What one customer row shows: its status, and when, what and why next.

    `latest` is the last day that is in time (None without a date); `active` says whether the rule's lead has begun.
    `first` is urgent and before other urgent ones.
    """

    row: int
    customer: str
    status: str
    due: date | None
    step: str
    rule: str
    why: str
    urgent: bool = False
    latest: date | None = None
    active: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Desired:
    """What every status cell should say; each tuple aligns with the table's rows."""

    headers: tuple[str, ...]
    values: Mapping[str, Sequence[Cell]]
    styles: Mapping[str, Sequence[Style]]


class Anchor(NamedTuple):
    """Whose row it is: its unique key (column and value), else the rest of the row as it was read."""

    column: str
    key: Cell
    rest: tuple[Cell, ...] = ()


class Change(NamedTuple):
    """One cell to rewrite. `anchor` is None for a header cell. A tuple, because a first run makes half a million.

    A change in a column of the owner's (one that a Log entry asked for) has the style KEEP: the cell keeps its look.
    """

    row: int
    column: str
    before: Cell
    after: Cell
    style_before: Style
    style: Style
    anchor: Anchor | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All cells to rewrite, by row. Columns that the table lacks are to be made, in `new_columns`' order."""

    changes: tuple[Change, ...] = ()
    new_columns: tuple[str, ...] = ()

    @property
    def emptied(self) -> frozenset[str]:
        """The columns whose header is taken away."""
        return frozenset([column for _, column, _, after, _, _, anchor in self.changes if anchor is None and after is None])

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)


ContactKind = Literal["done", "called", "emailed", "met", "snoozed", "paused", "skipped", "not a duplicate"]
CONTACT_KINDS: tuple[ContactKind, ...] = ("done", "called", "emailed", "met")  # the others are no contact with anybody


class Contact(NamedTuple):
    """One Log entry that was applied: whose, what, on which day, and for which rule, due and in time until when.

    `until` is where a snooze, skip or pause ends; `entry` what the owner had typed.
    """

    row: int
    customer: str
    anchor: Anchor
    kind: ContactKind
    day: date
    until: date | None
    note: str
    rule: str
    due: date | None
    latest: date | None
    entry: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to somebody: a subject, the text, and the same text as an HTML document for those who can show it."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a notifier did not take a message, in a sentence without its address; `may_pass` says that trying again may help."""

    sentence: str
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `doctor` found out: what it looked at, a sentence, what to do next, and the exit code a sync would end with.

    With the code 0 a sync is not stopped by it; with nothing to do next all is well.
    """

    check: str
    sentence: str
    remedy: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the guard compares: rows, key column and the headers used by a finished run."""

    rows: int
    key: str | None
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and did. `written` says whether `changes` stand in the sheet now."""

    today: date
    source: str
    sheet: str
    customers: Customers
    follow_ups: tuple[FollowUp, ...]
    problems: tuple[Problem, ...]
    changes: ChangeSet
    written: bool
    status: StatusSettings
    status_order: tuple[str, ...]
    max_per_day: int | None = None
    notes: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    settled: tuple[str, ...] = ()  # the notes on earlier runs that were cut off

    @property
    def statuses(self) -> dict[str, int]:
        """How many customers have each status, worst first, in the owner's words."""
        counts = dict.fromkeys(map(self.status.word, self.status_order), 0)
        for follow_up in self.follow_ups:
            word = self.status.word(follow_up.status)
            counts[word] = counts.get(word, 0) + 1
        return {word: count for word, count in counts.items() if count}
