"""Which customers may be one and the same, and which only share a phone or an e-mail address. Row order plays no part."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from rapidfuzz.distance import Levenshtein

from sheetsync.core.header import normal
from sheetsync.core.model import LOG, NOT_A_DUPLICATE, Customers, Fault
from sheetsync.core.phones import e164s
from sheetsync.core.values import text_of

LARGE = 5  # so many customers with one value are no couple of rows any more: they are told as a group
_RARE = 3  # a value that so few customers have is one field more that speaks for a pair
_BIRTHDAYS = ("birth", "born", "dob", "geburt", "naissance", "nacimiento", "nascita")  # the one date that is a person's own
_LONG = 5  # characters; a shorter text says too little
_NO_FIELDS = frozenset({"email", "phone", "name", "date", "number", "money", "step", "yes-no", "choice"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "mme", "mlle", "m", "sr", "sra", "the"})
_SEPARATORS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~', " ") | {"'": None})
_SPLIT = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True)
class Group:
    """Customers (by index) who share a value of one column."""

    column: str
    members: tuple[int, ...]


@dataclass(slots=True)
class Pair:
    """Two customers (by index): what they share, and whether their names say that they are one."""

    alike: bool
    shared: list[str] = field(default_factory=list)  # columns


def first_name(name: str) -> str:
    """The name by which people tell members of a household apart, folded: "susan" for "Dr. Susan Ortiz" and "Ortiz, Susan"."""
    family, comma, given = name.partition(",")
    words = _words(given if comma and given.strip() else family)
    return words[0] if words else ""


def fingerprint(name: str) -> str:
    """The same for a name with other case, accents, punctuation, titles or order of its words."""
    words = _words(name)
    if len(words) > 1:
        words.sort()
    return " ".join(words)


def _words(text: str) -> list[str]:
    if text.isascii():
        words = text.lower().translate(_SEPARATORS).split()
    else:
        folded = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold().translate(_SEPARATORS)
        words = "".join([c for c in folded if not unicodedata.combining(c)]).split()
    if not _TITLES.isdisjoint(words):
        return [word for word in words if word not in _TITLES] or words
    return words


def alike_first(one: str, other: str) -> bool:
    """Whether two folded first names can be one person's: equal, an initial, a slip of one letter; or one isn't known.

    A last letter tells Mario from Maria, and a short name has no letter to spare: John is not Joan.
    """
    if one == other or not one or not other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return long.startswith(short) and short.isascii()
    if long[0] != short[0] or Levenshtein.distance(short, long, score_cutoff=1) > 1:
        return False
    if len(short) == len(long):
        return len(short) >= 5 and short[-1] == long[-1]
    return len(short) >= 3 and not (long[:-1] == short and long[-1] in "aeo")


def _alike_names(one: str, other: str) -> bool:
    """Whether two whole names are the same but for a slip or an initial."""
    if not alike_first(first_name(one), first_name(other)):
        return False
    left, right = fingerprint(one), fingerprint(other)
    if left == right:
        return True
    mine, theirs = set(left.split()) - {first_name(one)}, set(right.split()) - {first_name(other)}
    return Levenshtein.normalized_similarity(" ".join(sorted(mine)), " ".join(sorted(theirs))) >= 0.8


@dataclass(frozen=True, slots=True)
class Likeness:
    """All pairs and large groups of a list, without those that the owner said are two."""

    customers: Customers
    name_column: str | None
    pairs: dict[tuple[int, int], Pair]
    groups: tuple[Group, ...]
    learned: dict[int, frozenset[str]]

    @property
    def has_log(self) -> bool:
        """Whether the sheet has a Log column, into which the owner can type."""
        return any(normal(header) == normal(LOG) for header in self.customers.table.header)

    def said(self, index: int) -> str:
        """A customer by key and name, as one cell of another row can say it: "Susan Ortiz (JL-101)"."""
        label, key = self.customers.labels[index], self.key(index)
        return f"{label} ({key})" if key and key != label else label

    def key(self, index: int) -> str:
        """What the column "Not a duplicate of" calls a customer: the key, else the name."""
        return key_text(self.customers, index)

    def apart(self, one: int, other: int) -> bool:
        """Whether either row says that the other is another customer."""
        return self.key(other).casefold() in self.learned.get(one, ()) or self.key(one).casefold() in self.learned.get(other, ())

    def apart_in(self, group: Group) -> dict[int, set[int]]:
        """For each member of a group, the other members that are known to be other customers."""
        by_key = {self.key(index).casefold(): index for index in group.members} if self.learned else {}
        out: dict[int, set[int]] = {}
        for index in group.members if self.learned else ():
            for key in self.learned.get(index, ()):
                other = by_key.get(key, index)
                if other != index:
                    out.setdefault(index, set()).add(other)
                    out.setdefault(other, set()).add(index)
        return out

    def partners(self, *, alike: bool) -> dict[int, list[tuple[str, int, Pair]]]:
        """For each customer, the others (as they are said, sorted) whose pair is of that kind."""
        out: dict[int, list[tuple[str, int, Pair]]] = {}
        for (one, other), pair in self.pairs.items():
            if pair.alike is alike:
                out.setdefault(one, []).append((self.said(other), other, pair))
                out.setdefault(other, []).append((self.said(one), one, pair))
        for found in out.values():
            found.sort(key=lambda partner: (partner[0], partner[2].shared))
        return out


def key_text(customers: Customers, index: int) -> str:
    """The key of a customer as text, the label where there is none."""
    value = None if customers.key is None else customers.values[customers.key][index]
    return text_of(value.raw if value.__class__ is Fault else value) or customers.labels[index]


def likeness(customers: Customers, *, by_name: bool = True) -> Likeness:
    """Same e-mail; same phone (E.164); with `by_name` also the same or almost the same name and one more rare field."""
    name_column = next((name for name in customers.values if customers.columns[name].type == "name"), None)
    learned = _learned(customers)
    contacts = customers.memo.get("contacts")  # asked for by two checks
    if contacts is None:
        contacts = customers.memo["contacts"] = tuple(_contacts(customers))
    groups = [Group(column, members) for column, members in contacts]
    pairs: dict[tuple[int, int], Pair] = {}
    found = Likeness(customers, name_column, pairs, tuple(g for g in groups if len(g.members) > LARGE), learned)
    names = [] if name_column is None else customers.values[name_column]
    firsts: dict[int, str] = {}  # of those who share something, each looked at once
    keys: dict[int, str] = {}
    for group in groups:
        if len(group.members) <= LARGE:
            for index in group.members:
                if index not in firsts:
                    firsts[index], keys[index] = _first(names, index), key_text(customers, index).casefold()
            for one, other in combinations(group.members, 2):
                if (customers.key is None or keys[one] != keys[other]) and not (learned and found.apart(one, other)):
                    pair = pairs.get((one, other))
                    if pair is None:
                        pair = pairs[one, other] = Pair(alike_first(firsts[one], firsts[other]))
                    pair.shared.append(group.column)
    if by_name and name_column is not None:
        for one, other, field_name in _by_name(customers, name_column, names):
            if not _one_key(customers, one, other) and not found.apart(one, other):
                pair = pairs.setdefault((one, other), Pair(True))
                pair.alike = True
                if field_name not in pair.shared:
                    pair.shared.append(field_name)
    return found


def _first(names: Sequence[Any], index: int) -> str:
    name = names[index] if names else None
    return first_name(text_of(name.raw if name.__class__ is Fault else name)) if name is not None else ""


def _one_key(customers: Customers, one: int, other: int) -> bool:
    """Whether two customers share their key: the check "unique" tells that already."""
    return customers.key is not None and key_text(customers, one).casefold() == key_text(customers, other).casefold()


def _learned(customers: Customers) -> dict[int, frozenset[str]]:
    """For each customer the keys, folded, that stand in the column "Not a duplicate of"; several by comma or semicolon."""
    wanted = normal(NOT_A_DUPLICATE)
    column: Sequence[Any] | None = customers.values.get(NOT_A_DUPLICATE)
    if column is None:
        position = next((p for p, header in enumerate(customers.table.header) if normal(header) == wanted), None)
        if position is None:
            return {}
        column = [customers.table.rows[index][position] for index in customers.indexes]
    out = {}
    for index, cell in enumerate(column):
        if cell is not None and cell.__class__ is not Fault and (text := text_of(cell)):
            parts = {text, *_SPLIT.split(text), *text.split(";")}  # the whole text too: a name may have a comma
            out[index] = frozenset(part.strip().casefold() for part in parts)
    return out


def _contacts(customers: Customers) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Customers who share an e-mail address or a phone, column by column."""
    for name, values in customers.values.items():
        kind = customers.columns[name].type
        if kind not in ("email", "phone"):
            continue
        texts = [value for value in values if value.__class__ is str]
        told: list[str | None] = [*map(str.lower, texts)] if kind == "email" else e164s(texts, customers.columns[name].country)
        if len(texts) < len(values):
            left = iter(told)
            told = [next(left) if value.__class__ is str else None for value in values]
        yield from ((name, members) for members in _repeated(told).values())


def _repeated(values: Sequence[Any], most: int | None = None) -> dict[Any, tuple[int, ...]]:
    """Each value that several customers have, `most` at most, and whose it is."""
    if len(set(values)) == len(values):
        return {}
    counts = Counter(values)
    counts.pop(None, None)
    groups: dict[Any, list[int]] = {
        value: [] for value, count in counts.items() if count > 1 and (most is None or count <= most)
    }
    if groups:
        for index, value in enumerate(values):
            if value in groups:
                groups[value].append(index)
    return {value: tuple(members) for value, members in groups.items()}


def _by_name(customers: Customers, name_column: str, names: Sequence[Any]) -> Iterator[tuple[int, int, str]]:
    """Pairs whose names are the same or almost, with the header of a rare field that they share."""
    for header, values in _fields(customers, name_column):
        for members in _repeated(values, _RARE).values():
            for one, other in combinations(members, 2):
                left, right = names[one], names[other]
                if left.__class__ is str and right.__class__ is str and _alike_names(left, right):
                    yield one, other, header
    for name, dates in customers.values.items():
        if customers.columns[name].type == "date" and any(word in normal(customers.header(name)) for word in _BIRTHDAYS):
            prints = [(fingerprint(who), day) if who.__class__ is str and day.__class__ is date else None
                      for who, day in zip(names, dates, strict=True)]
            for members in _repeated(prints, LARGE).values():
                for one, other in combinations(members, 2):
                    yield one, other, customers.header(name)


def _fields(customers: Customers, name_column: str) -> Iterator[tuple[str, list[Any]]]:
    """The owner's columns of text that can tell whether two rows are one customer, by header, their texts folded."""
    table = customers.table
    kinds = {position: customers.columns[name].type for name, position in customers.positions.items()}
    skipped = {customers.positions[name] for name in (name_column, customers.key or name_column)}
    skipped |= {
        position for position, header in enumerate(table.header)
        if header in table.styles or normal(header) in (normal(LOG), normal(NOT_A_DUPLICATE))
    }
    for position, header in enumerate(table.header):
        if not header or position in skipped or kinds.get(position, "text") in _NO_FIELDS:
            continue
        cells = [table.rows[index][position] for index in customers.indexes]
        folded = {cell: text for cell in set(cells) if isinstance(cell, str) and len(text := cell.strip().lower()) >= _LONG}
        if folded:
            yield header, [folded.get(cell) for cell in cells]  # type: ignore[arg-type]
