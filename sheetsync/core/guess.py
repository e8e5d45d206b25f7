"""Which header of a list nobody told sheetsync about may be which playbook column, and how sure that is. Proposed, never taken unasked
where it could be wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from statistics import median
from typing import Literal

from rapidfuzz.distance import OSA

from sheetsync.core.header import SEARCHED_ROWS, is_rules_header, map_columns, normal
from sheetsync.core.likely import Values, values_of
from sheetsync.core.model import LAST_CONTACT, Cell, Column, StatusSettings, Worksheet
from sheetsync.core.values import is_blank, text_of
from sheetsync.errors import Refused

SEEN_ROWS = SEARCHED_ROWS + 400  # of a worksheet, for the header and enough values below it
_ALIKE = 0.82  # of two headers, from 0 to 1, that may be one word mistyped
_LEAST = 1.5  # points of a header: a column by its words and one more by its values, or two by words, or two by values
_YEARS_BACK = 5  # of a last contact in the middle of the list; a birthday lies farther back

# How a column was told: sync finds it by itself; the same words; like words; only by its values.
Level = Literal["found", "words", "like", "values"]
_LEVELS: tuple[Level, ...] = ("found", "words", "like", "values")

# One word for those that mean the same in a header; a few of other languages, since owners mix them.
_SAME = {
    "phone": "tel telephone telefon telefono teléfono téléphone telefoon tél mobile mobil cell cellphone handy ph fon",
    "customer": "cust client kunde kunden kundin cliente clients klant klanten",
    "no": "number num nr nummer numero número #",
    "email": "mail emailadresse emailadres courriel correo",
    "address": "adresse addr adr",
    "name": "nom nombre naam namen",
    "last": "latest letzter letzte letztes dernier último laatste recent",
    "spoken": "spoke talked talk speak gesprochen",
    "contact": "contacted kontakt contacto",
    "call": "called calls",
    "touch": "touched touchpoint",
    "note": "notes notizen notiz notas remark remarks bemerkung bemerkungen",
    "birthday": "geburtstag bday dob birthdate",
    "appointment": "appt termin",
}
_CANONICAL = {word: one for one, words in _SAME.items() for word in words.split()}
_FILLER = frozenset(["the", "a", "an", "of", "our", "my", "your", "their", "to", "with", "at", "in", "for", "is", "was", "we", "i", "you",
                     "please", "full", "main", "primary", "best", "der", "die", "das"])
_DATED = frozenset({"date", "on", "when", "day"})
_CONTACT_WORDS = frozenset({"spoken", "contact", "call", "touch", "reached", "heard", "chat", "met", "seen"})
_FIRST_NAMES = frozenset({"firstname", "givenname", "forename", "christianname", "vorname", "prénom", "voornaam", "first"})
_SURNAMES = frozenset({"lastname", "surname", "familyname", "secondname", "nachname", "familienname", "apellidos", "achternaam"})
_PARTS = re.compile(r"[/|,;\n+]|\sor\s|\sand\s|&")
_REST = re.compile(r"\([^)]*\)|\[[^\]]*\]|\s[-–:]\s.*")  # what explains a header: in brackets, or behind a dash
_NO = {"email": "no e-mail addresses", "phone": "no phone numbers", "date": "no dates", "number": "no numbers", "money": "no numbers",
       "step": "no numbers", "yes-no": "neither yes nor no", "name": "no names"}
_WORD = re.compile(r"[^\W_]+|#")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One header that may be a playbook column. `sample` is a value below it; `doubt` says why it is not taken unasked ("" where it is);
    what sync finds by itself is taken with its doubt.
    """

    position: int
    header: str
    level: Level
    sample: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What only the owner knows: which of these headers is the column, if any. `proposed` is what sync itself would take."""

    column: str
    candidates: tuple[Candidate, ...]
    proposed: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a worksheet's columns seem to be. `taken` is what is safe to take unasked, by playbook column, in the playbook's order.

    `unread` are headers that mean nothing to the playbook, `two_ways` the columns with dates that could be two, with one of them.
    `samples` are values by position; status columns have none.
    """

    worksheet: str
    header_row: int
    first_column: int
    header: tuple[str, ...]
    taken: Mapping[str, Candidate]
    questions: tuple[Question, ...] = ()
    unread: tuple[str, ...] = ()
    two_ways: Mapping[int, str] = field(default_factory=dict)
    samples: Mapping[int, str] = field(default_factory=dict)
    rows: int = 0

    def usable(self, key: Iterable[str]) -> bool:
        """Whether sync would find the header by what may be taken or answered: two columns, the key or Name among them."""
        named = {name for name, candidate in self.taken.items() if not candidate.doubt} | {question.column for question in self.questions}
        return len(named) >= 2 and bool(named & {*key, "Name"})


def propose(worksheet: Worksheet, columns: Sequence[Column], key: Sequence[str], status: StatusSettings, today: date) -> Proposal | None:
    """What the worksheet's columns seem to be; None where no row looks like a header.

    Raises Refused where the header can't be used as it is: two headers alike for one column, or a header over two rows that
    sheetsync, which reads one, can't do with.
    """
    rows = [_texts(row, status) for row in worksheet.rows]
    if any(is_rules_header(row) for row in worksheet.rows[:SEARCHED_ROWS]):
        return None
    best: tuple[float, int, _Header] | None = None
    tries = [index for index in range(min(SEARCHED_ROWS, len(rows))) if _may_be_header(worksheet.rows[index])]
    for index in tries:
        header = _Header(worksheet, index, rows, columns, status, today)
        score = header.score()
        if score >= _LEAST and (best is None or score > best[0]):
            best = (score, index, header)
    if best is None:
        return None
    index, header = best[1:]
    if header.second_line(index + 1):
        raise _two_lines(worksheet, index)
    proposal = header.proposal()
    if not proposal.usable(key) and any(header.above):
        raise _two_lines(worksheet, index - 1)
    return proposal


def _two_lines(worksheet: Worksheet, index: int) -> Refused:
    upper, lower = worksheet.numbers[index], worksheet.numbers[index + 1]
    return Refused(
        f"Worksheet {worksheet.name}: the header stands in two rows, {upper} and {lower}, and neither of them says it all.",
        f"Write each column's whole header into row {lower}, leave row {upper} for titles, and run again.")


def _texts(row: tuple[Cell, ...], status: StatusSettings) -> list[str]:
    """The cells as header texts; sheetsync's own are nobody's."""
    texts = [" ".join(text_of(cell).split()) for cell in row]
    return ["" if status.is_ours(text) else text for text in texts]


def _may_be_header(row: tuple[Cell, ...]) -> bool:
    """Whether a row may be a header: two cells or more, nearly all of them short texts."""
    filled = [cell for cell in row if not is_blank(cell)]
    texts = [cell for cell in filled if isinstance(cell, str) and len(cell) <= 80 and any(c.isalpha() or c == "#" for c in cell)
             and "@" not in cell]
    return len(filled) >= 2 and len(texts) >= 0.8 * len(filled)


@lru_cache(maxsize=4096)
def _tokens(text: str) -> frozenset[str]:
    """The words of a header that say something, each in one form."""
    folded = re.sub(r"\be[\s-]?mail", "email", unicodedata.normalize("NFKC", text).casefold())
    folded = re.sub(r"\bb[\s-]?day\b", "birthday", folded)
    out = set()
    for word in _WORD.findall(folded):
        plain = _CANONICAL.get(word, word)
        if plain == word and len(word) > 3 and word.endswith("s"):
            plain = _CANONICAL.get(word[:-1], word[:-1])
        if plain not in _FILLER:
            out.add(plain)
    return frozenset(out)


def _readings(header: str, above: str) -> list[frozenset[str]]:
    """What a header may be read as: the whole, without what stands in brackets, each of its parts; then with what stands above it."""
    texts = [header, _REST.sub(" ", header), *_PARTS.split(_REST.sub(" ", header))]
    if above:
        texts.append(f"{above} {header}")
    return [tokens for text in dict.fromkeys(texts) if (tokens := _tokens(text))]


def half_of_a_name(header: str) -> bool:
    """Whether a header means a first name, or a surname, alone."""
    return normal(header) in _FIRST_NAMES | _SURNAMES


class _Header:
    """One row taken for the header, with what stands above and below each of its cells."""

    def __init__(self, worksheet: Worksheet, index: int, rows: Sequence[list[str]], columns: Sequence[Column], status: StatusSettings,
                 today: date) -> None:
        self.worksheet, self.index, self.columns, self.status, self.today = worksheet, index, columns, status, today
        raw = [" ".join(text_of(cell).split()) for cell in worksheet.rows[index]]
        self.used = [position for position, text in enumerate(raw) if text]
        self.left, self.right = self.used[0], self.used[-1] + 1
        self.header = tuple(raw[self.left : self.right])
        self.texts = rows[index][self.left : self.right]
        self.above = self._above(rows)
        self.values: dict[int, Values] = {
            position: values_of([row[self.left + position] for row in worksheet.rows[index + 1 : index + 1 + SEEN_ROWS]
                                 if self.left + position < len(row)], today)
            for position, text in enumerate(self.texts) if text
        }

    def _above(self, rows: Sequence[list[str]]) -> list[str]:
        """The header's first line, where it has two: a text stands for the cells right of it too, as merged ones do."""
        width = self.right - self.left
        if self.index == 0 or self.worksheet.numbers[self.index - 1] != self.worksheet.numbers[self.index] - 1:
            return [""] * width
        row = rows[self.index - 1][self.left : self.right]
        row += [""] * (width - len(row))
        if not _may_be_header(self.worksheet.rows[self.index - 1]):
            return [""] * width
        out, last = [], ""
        for text in row:
            last = text or last
            out.append(last)
        return out

    def second_line(self, index: int) -> bool:
        """Whether the row below is a second line of the header: texts alone where values of other kinds follow."""
        rows = self.worksheet.rows
        if index >= len(rows) or not _may_be_header(rows[index]) or len(rows) <= index + 1:
            return False
        row = rows[index]
        told = [position for position, values in self.values.items() if values.told and values.count > 1
                and self.left + position < len(row) and not is_blank(row[self.left + position])]
        return len(told) >= 2 and all(not values_of([row[self.left + position]], self.today).told for position in told)

    def score(self) -> float:
        """How much speaks for this row: columns by their words, and a little for the kinds of values below."""
        found = self._found_or_none()
        hits = float(len(found))
        taken = set(found.values())
        named = set(found)
        for column in self.columns:
            if column.name not in named:
                for position in self.values:
                    if position not in taken and (level := self._level(column, position)) is not None:
                        hits += 0.9 if level == "words" else 0.5
                        taken.add(position)
                        break
        told = sum(values.told and values.count > 1 for values in self.values.values())
        return hits + 0.75 * told

    def _found_or_none(self) -> Mapping[str, int]:
        try:
            return self._found()
        except Refused:
            return {}

    def _found(self) -> Mapping[str, int]:
        return map_columns(
            self.header, self.columns, status=self.status, where=f"Worksheet {self.worksheet.name}",
            first_column=self.worksheet.first_column + self.left, header_row=self.worksheet.numbers[self.index])

    def _level(self, column: Column, position: int) -> Level | None:
        """How the header's words say that it is the column; None where they don't, or the values below contradict."""
        if column.header is not None:
            return None  # the owner has said which header it is
        fits = self.values[position].fits(column.type)
        if fits is False:
            return None
        header = self.texts[position]
        if column.name == "Name" and half_of_a_name(header):
            return "like"
        readings = _readings(header, self.above[position])
        like = False
        dated = column.type == "date"
        for word in (column.name, *column.aliases):
            wanted = _tokens(word)
            for tokens in readings:
                if wanted == tokens or (dated and (wanted - _DATED) and wanted - _DATED == tokens - _DATED):
                    return "words"
                like = like or self._like(column, wanted, tokens, fits is True and self.values[position].distinct)
            one, other = normal(word), normal(header)
            like = like or (min(len(one), len(other)) >= 4 and OSA.normalized_similarity(one, other) >= _ALIKE)
        return "like" if like else None

    def _like(self, column: Column, wanted: frozenset[str], tokens: frozenset[str], fits: bool) -> bool:
        """Whether a header says the column's words and few more, or a last contact's without "last"."""
        if column.name == LAST_CONTACT and fits and tokens - _DATED and tokens - _DATED == wanted - _DATED - {"last"}:
            return True
        if not wanted or not wanted < tokens or len(tokens - wanted) > 2:
            return False
        if column.type == "name":
            return fits and len(tokens - wanted) == 1
        return len(wanted) >= 2 or (fits and column.type in ("email", "phone", "date"))

    def proposal(self) -> Proposal:
        """What the columns seem to be. Raises Refused where two headers are alike for one column."""
        found = self._found()
        by_name = {column.name: column for column in self.columns}
        pools: dict[str, list[Candidate]] = {}
        alike = self._alike()
        for column in self.columns:
            pool = []
            if column.name in found:
                pool.append(self._candidate(column, found[column.name], "found"))
                pool += self._also_found(column, found, alike)
            else:
                for position in self.values:
                    if position not in set(found.values()) | alike and (level := self._level(column, position)) is not None:
                        pool.append(self._candidate(column, position, level))
            pools[column.name] = pool
        self._by_values(pools, found, alike)
        taken, questions = self._settle(pools)
        order = list(by_name)
        used = {candidate.position for candidate in taken.values()}
        used |= {candidate.position for question in questions for candidate in question.candidates}
        ways = {position: values.two_ways for position, values in self.values.items() if values.two_ways}
        return Proposal(
            self.worksheet.name, self.worksheet.numbers[self.index], self.worksheet.first_column + self.left, self.header,
            {name: taken[name] for name in order if name in taken}, tuple(sorted(questions, key=lambda q: order.index(q.column))),
            tuple(text for position, text in enumerate(self.texts) if text and position not in used), ways,
            {position: values.sample for position, values in self.values.items()},
            max((values.count for values in self.values.values()), default=0))

    def _alike(self) -> set[int]:
        """The positions of headers that no setting could tell from another one."""
        by_normal: dict[str, list[int]] = {}
        for position, text in enumerate(self.texts):
            if text:
                by_normal.setdefault(normal(text), []).append(position)
        return {position for positions in by_normal.values() if len(positions) > 1 for position in positions}

    def _also_found(self, column: Column, found: Mapping[str, int], alike: set[int]) -> list[Candidate]:
        """Other headers that are aliases of the column as much as the one that sync takes, which is none but an alias itself."""
        if column.header is not None or normal(self.texts[found[column.name]]) == normal(column.name):
            return []
        words = {normal(alias) for alias in column.aliases}
        free = set(self.values) - set(found.values()) - alike
        return [self._candidate(column, position, "found") for position in sorted(free)
                if normal(self.texts[position]) in words and self.values[position].fits(column.type) is not False]

    def _by_values(self, pools: dict[str, list[Candidate]], found: Mapping[str, int], alike: set[int]) -> None:
        """Adds to columns that no header names those whose values alone say so."""
        used = {c.position for pool in pools.values() for c in pool if not c.doubt} | set(found.values()) | alike
        kinds = {"Email": "email", "Phone": "phone", "Name": "name", LAST_CONTACT: "date"}
        for column in self.columns:
            if column.name not in kinds or pools[column.name] or column.header is not None:
                continue
            for position, values in self.values.items():
                if position in used or values.count < 3:
                    continue
                if column.name == LAST_CONTACT:
                    fits = values.share("date") >= 0.8 and not self._no_contact(values)
                elif column.name == "Name":
                    fits = values.share("person") >= 0.7 and values.distinct
                else:
                    fits = values.share(kinds[column.name]) >= 0.8
                if fits:
                    pools[column.name].append(self._candidate(column, position, "values"))

    def _candidate(self, column: Column, position: int, level: Level) -> Candidate:
        values = self.values[position]
        doubt = ""
        if column.name == LAST_CONTACT and level in ("like", "values"):
            doubt = "only its dates say so, and they could be about anything" if level == "values" else ""
            if why := self._no_contact(values):
                doubt = why
            elif level == "like" and not any(tokens & _CONTACT_WORDS for tokens in _readings(self.texts[position], self.above[position])):
                doubt = "its header does not speak of a contact"
        elif level == "found" and column.header is None and values.fits(column.type) is False:
            doubt = f"its values are {_NO.get(column.type, 'of another kind')}"
        elif level == "like" and values.fits(column.type) is None:
            doubt = "nothing stands below it yet that would tell"
        elif level == "like" and column.type == "text" and not self._mistyped(column, position):
            doubt = "its header says something more"
        elif level == "values" and column.name == "Name":
            doubt = self._no_people(values)
        return Candidate(position, self.header[position], level, values.sample, doubt)

    def _mistyped(self, column: Column, position: int) -> bool:
        one = normal(self.texts[position])
        return any(OSA.normalized_similarity(one, normal(word)) >= _ALIKE for word in (column.name, *column.aliases))

    def _likelier(self, column: Column, sure: Sequence[Candidate]) -> Candidate | None:
        """Which of several that are the column for certain does least harm unasked: the surname, which tells people apart best; of
        addresses and phone numbers those that most customers have. None for other columns.
        """
        if not sure:
            return None
        if column.name == "Name" and all(half_of_a_name(c.header) for c in sure):
            return next((c for c in sure if normal(c.header) in _SURNAMES), sure[0])
        if column.type in ("email", "phone"):
            return max(sure, key=lambda candidate: self.values[candidate.position].count)  # the first, where several have as many
        return None

    def _no_people(self, values: Values) -> str:
        """Why values can't be taken for customers' names; "" where they can. Rooms and products look like names too."""
        if values.share("person") < 0.9:
            return "not all of its values look like people's names"
        if not any(other.share(kind) >= 0.5 for other in self.values.values() for kind in ("email", "phone")):
            return "nothing beside it says that these are people"
        return ""

    def _no_contact(self, values: Values) -> str:
        """Why dates can't well be those of last contacts; "" where they can."""
        if not values.dates:
            return "its dates can't be read for certain"
        years = sorted(day.year for day in values.dates)
        if self.today.year - median(years) > _YEARS_BACK:
            return f"its dates go back to {years[0]}, as birthdays do"
        ahead = sum(day > self.today for day in values.dates)
        if ahead > 0.1 * len(values.dates):
            return "many of its dates lie ahead, which no last contact does"
        return ""

    def _settle(self, pools: Mapping[str, Sequence[Candidate]]) -> tuple[dict[str, Candidate], list[Question]]:
        """Which candidate each column gets, a header only once, the surest first; and what is left to ask."""
        taken: dict[str, Candidate] = {}
        questions: list[Question] = []
        used: set[int] = set()
        for level in _LEVELS:
            for column in self.columns:
                if column.name in taken or any(question.column == column.name for question in questions):
                    continue
                free = [c for c in pools[column.name] if c.level == level and c.position not in used]
                if not free:
                    continue
                sure = [c for c in free if not c.doubt or level == "found"]
                if level == "found" and len(free) > 1:
                    questions.append(Question(column.name, tuple(free), free[0]))
                    used |= {c.position for c in free}
                elif len(sure) == 1:
                    taken[column.name] = sure[0]
                    used.add(sure[0].position)
                else:
                    questions.append(Question(column.name, tuple(sure or free), self._likelier(column, sure)))
                    used |= {c.position for c in sure}
        claimed = {candidate.position for candidate in taken.values()}
        out = []
        for question in questions:  # what a doubtful guess would ask about may have found its column since
            left = tuple(c for c in question.candidates if c.position not in claimed)
            if left:
                out.append(Question(question.column, left, question.proposed))
        return taken, out
