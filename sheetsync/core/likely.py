"""What kind of values a column seems to hold, for a list nobody told sheetsync about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sheetsync.core.model import Cell, ColumnType
from sheetsync.core.tidy import is_placeholder
from sheetsync.core.values import NO, YES, TwoReadingsError, is_blank, read_date, text_of

Kind = Literal["email", "phone", "date", "person", "name", "yes-no", "number"]

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]{2,}")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-–/]{5,22}(?:(?:ext\.?|x)\s*\d{1,6})?", re.IGNORECASE)
_DATE_TEXT = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_PERSON = re.compile(r"[^\W\d_][^\d@/\\]*", re.DOTALL)
_WORDS = 5  # of a name at most
_LONGEST_NAME = 60
_HALF = 0.5
_FEW = 4
_DISTINCT = 0.6
_SHORTEST_DATE = 6  # characters


@dataclass(frozen=True, slots=True)
class Values:
    """The values below a header. `count` are not blank, `shares` how many of them are of a kind (0 to 1), `dates` those that can be
    read for certain, `two_ways` a text that could be two dates, `sample` what is shown to the owner.
    """

    count: int
    shares: dict[Kind, float]
    dates: tuple[date, ...]
    two_ways: str
    sample: str
    distinct: bool = True  # whether most of them stand there once

    def share(self, kind: str) -> float:
        """How many of the values are of that kind, from 0 to 1."""
        return next((share for name, share in self.shares.items() if name == kind), 0.0)

    @property
    def told(self) -> bool:
        """Whether the values are of a kind that no header's text is: e-mails, phone numbers, dates."""
        return any(self.share(kind) >= _HALF for kind in ("email", "phone", "date"))

    def fits(self, type_: ColumnType) -> bool | None:
        """Whether the values can be those of such a column; None where there are none to tell by."""
        if not self.count:
            return None
        if type_ in ("email", "phone", "date", "yes-no"):
            return self.share(type_) >= _HALF
        if type_ in ("number", "money", "step"):
            return self.share("number") >= _HALF
        if type_ == "name":
            return self.share("name") >= _HALF
        return self.share("date") < _HALF and self.share("email") < _HALF


def values_of(cells: Sequence[Cell], today: date) -> Values:
    """What the cells below a header are."""
    filled = [cell for cell in cells if not is_blank(cell) and not (isinstance(cell, str) and is_placeholder(cell, "text"))]
    kinds: Counter[Kind] = Counter()
    dates: list[date] = []
    two_ways = ""
    for cell in filled:
        text = text_of(cell)
        if isinstance(cell, (date, datetime)):
            kinds["date"] += 1
            dates.append(cell.date() if isinstance(cell, datetime) else cell)
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            kinds["number"] += 1
            kinds["phone"] += 10**9 <= abs(cell) < 10**13
            kinds["yes-no"] += cell in (0, 1)
        elif _EMAIL.fullmatch(text):
            kinds["email"] += 1
        elif (day := _day(text)) is not None:
            kinds["date"] += 1
            if isinstance(day, date):
                dates.append(day)
            else:
                two_ways = two_ways or day
        elif _PHONE.fullmatch(text) and sum(c.isdigit() for c in text) >= 7:
            kinds["phone"] += 1
        elif text.casefold() in YES | NO:
            kinds["yes-no"] += 1
        elif len(text) <= _LONGEST_NAME and _PERSON.fullmatch(text):
            words = len(text.split())
            kinds["name"] += words <= _WORDS
            kinds["person"] += 2 <= words <= _WORDS and all(word[0].isupper() or not word[0].isalpha() for word in text.split()[:1])
    count = len(filled)
    shares = {kind: many / count for kind, many in kinds.items()} if count else {}
    # Towns and products come again and again; people's full names seldom do.
    distinct = count <= _FEW or len({text_of(cell).casefold() for cell in filled}) >= _DISTINCT * count
    sample = next((text_of(cell) for cell in filled), "")
    return Values(count, shares, tuple(dates), two_ways, " ".join(sample.split()), distinct)


def _day(text: str) -> date | str | None:
    """The date that a text certainly is, the text itself where it is one of two, "" for other date-like ones, None where it is none."""
    try:
        return read_date(text)
    except TwoReadingsError:
        return text
    except ValueError:
        return "" if _DATE_TEXT.fullmatch(text) and len(text) >= _SHORTEST_DATE else None
