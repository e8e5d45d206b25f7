"""Runs as the journal recorded them, and one customer's story out of them, as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from sheetsync.core.model import Anchor, Cell, Change, Contact
from sheetsync.core.values import say_date, text_of

KEPT_DAYS = 90  # that changes are kept; runs and contacts stay


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run; times are in UTC.

    `outcome` is writing (or cut off while it wrote), written, nothing (to write), failed (while it wrote) or refused (before it
    wrote anything, or not able to). `sentence` says why, with the exit code; `times` how often in a row. `undoes` and `undone_by`
    are other runs' numbers. `dropped` says that its changes are no longer kept.
    """

    id: int
    source: str
    sheet: str
    command: str
    started: datetime
    today: date
    outcome: str
    cells: int
    ended: datetime | None = None
    customers: int | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    contacts: int = 0
    code: int | None = None
    sentence: str = ""
    times: int = 1
    undoes: int | None = None
    undone_by: int | None = None
    dropped: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one run changed in one customer's row, and the Log entries of it that it applied."""

    run: Run
    changes: tuple[Change, ...]
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """By what the journal knows a customer: the anchors of rows with a key, and the name, for rows without one.

    `name` alone can't tell two customers of the same name apart; `namesakes` says that there are others.
    """

    name: str
    keys: frozenset[tuple[str, str]] = frozenset()  # (header, the key as text)
    namesakes: bool = False

    def has(self, anchor: Anchor) -> bool:
        """Whether an anchor is one of the customer's."""
        if anchor.column:
            known = {column for column, _ in self.keys}
            return (anchor.column, text_of(anchor.key)) in self.keys or (anchor.column not in known and self._is_name(anchor.key))
        return any(map(self._is_name, anchor.rest))

    def _is_name(self, cell: Cell) -> bool:
        return bool(self.name) and isinstance(cell, str) and plain(cell) == plain(self.name)


@dataclass(frozen=True, slots=True)
class Story:
    """What the journal knows of one customer, oldest first. `since` is the first run from which on each change is kept."""

    source: str
    whose: Whose
    touched: tuple[Touched, ...]
    since: datetime | None

    @property
    def by_name(self) -> bool:
        """Whether rows were found by the name alone."""
        return not self.whose.keys


def plain(text: str) -> str:
    """A name as it is compared: without regard to case and spaces."""
    return " ".join(text.casefold().split())


def candidates(who: str, anchors: Iterable[Anchor], contacts: Sequence[tuple[str, Anchor]]) -> tuple[Whose, ...]:
    """Whom `who`, a name or key, may mean among those that the journal knows. `contacts` are (name, anchor), the newest last."""
    wanted = plain(who)
    found: dict[tuple[str, str], str] = {}
    nameless = False
    for name, anchor in contacts:
        if wanted in (plain(name), plain(text_of(anchor.key))):
            if anchor.column:
                found[anchor.column, text_of(anchor.key)] = name
            else:
                nameless = True
    for anchor in anchors:
        if anchor.column and plain(text_of(anchor.key)) == wanted:
            found.setdefault((anchor.column, text_of(anchor.key)), "")
        elif any(isinstance(cell, str) and plain(cell) == wanted for cell in anchor.rest):
            nameless = True
    by_key = tuple(Whose(name, frozenset({key})) for key, name in found.items())
    return by_key or ((Whose(" ".join(who.split())),) if nameless else ())


def say_moment(moment: datetime, zone: tzinfo | None = None) -> str:
    """A time in the zone (the computer's where there is none): "Wed 25 Nov 2026, 02:30"."""
    local = moment.astimezone(zone)
    return f"{say_date(local.date())}, {local:%H:%M}"
