"""Due phrases: "2 business days after Complaint date" and what day that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

from sheetsync.core.nearest import nearest
from sheetsync.core.workdays import Calendar

Unit = Literal["days", "business days", "weeks", "months", "quarters", "years"]
Direction = Literal["after", "before", "on", "yearly on"]

UNITS: dict[str, Unit] = {
    "day": "days",
    "days": "days",
    "business day": "business days",
    "business days": "business days",
    "week": "weeks",
    "weeks": "weeks",
    "month": "months",
    "months": "months",
    "quarter": "quarters",
    "quarters": "quarters",
    "year": "years",
    "years": "years",
}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_LARGEST = 10_000  # of any unit; beyond it a phrase is a slip of the finger
EXAMPLES = 'such as "2 business days after Complaint date", "on Renewal date" or "yearly on Birthday"'

_INTERVAL = re.compile(r"(\S+)\s+(.+?)\s+(after|before)\s+(.+)", re.IGNORECASE)
_ON = re.compile(r"(yearly\s+on|on)\s+(.+)", re.IGNORECASE)
_PERIOD = re.compile(r"(\d+)\s+(.+)")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: so many of a unit."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit[:-1] if self.count == 1 else self.unit}"

    def after(self, day: date, calendar: Calendar) -> date:
        """The day this long after `day`; not rolled. Months clamp to the month's end (31 Jan + 1 month = 28 Feb)."""
        return self._move(day, 1, calendar)

    def before(self, day: date, calendar: Calendar) -> date:
        """The day this long before `day`; not rolled."""
        return self._move(day, -1, calendar)

    def _move(self, day: date, sign: int, calendar: Calendar) -> date:
        count = sign * self.count
        if self.unit == "business days":
            return calendar.add(day, count)
        if self.unit == "days":
            return day + timedelta(days=count)
        if self.unit == "weeks":
            return day + timedelta(weeks=count)
        return day + relativedelta(months=count * _MONTHS[self.unit])


@dataclass(frozen=True, slots=True)
class Due:
    """One due phrase. `columns` are tried in order; `period` is None for "on" and "yearly on"."""

    direction: Direction
    columns: tuple[str, ...]
    period: Period | None = None

    def __str__(self) -> str:
        return self.said(" or ".join(self.columns))

    def said(self, column: str) -> str:
        """The phrase with one column alone, the one that it was counted from."""
        words = f"{self.direction} {column}"
        return words if self.period is None else f"{self.period} {words}"

    def day(self, start: date, calendar: Calendar) -> date | None:
        """The day it falls on, counted from `start` and off closed days; None past the calendar's end (year 9999).

        "yearly on" has no single day; see `anniversary`.
        """
        try:
            if self.period is None:
                return start
            if self.direction == "after":
                return calendar.roll_forward(self.period.after(start, calendar))
            return calendar.roll_back(self.period.before(start, calendar))
        except (OverflowError, ValueError):
            return None


def anniversary(start: date, years: int) -> date | None:
    """The date that many years on; 29 February becomes the 28th in common years. None past the year 9999."""
    try:
        return start + relativedelta(years=years)
    except (OverflowError, ValueError):
        return None


def parse_period(text: str, *, smallest: int = 1) -> Period:
    """ "2 weeks" as a Period. Raises ValueError with a sentence that holds the nearest right text."""
    words = " ".join(text.split())
    match = _PERIOD.fullmatch(words)
    if match is None:
        raise ValueError(f'"{words}" is no length of time; write a number and a unit, such as "7 days"')
    unit = UNITS.get(match[2].lower())
    if unit is None:
        raise ValueError(f'"{match[2]}" is no unit of time{_near_unit(words, match[2], int(match[1]))}')
    count = int(match[1])
    if not smallest <= count <= _LARGEST:
        raise ValueError(f'"{words}": the number must be from {smallest} to {_LARGEST}')
    return Period(count, unit)


def parse_due(text: str) -> Due:
    """A due phrase. Raises ValueError with a sentence that holds the nearest right text.

    Grammar: `N unit after|before COLUMN [or COLUMN …]`, `on COLUMN [or …]`, `yearly on COLUMN`.
    """
    words = " ".join(text.split())
    if match := _ON.fullmatch(words):
        yearly = match[1].lower() != "on"
        columns = _columns(words, match[2])
        if yearly and len(columns) > 1:
            raise ValueError(f'"{words}": "yearly on" takes one column; write "yearly on {columns[0]}"')
        return Due("yearly on" if yearly else "on", columns)
    if match := _INTERVAL.fullmatch(words):
        if not re.fullmatch(r"\d+", match[1]):
            number = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6}.get(match[1].lower(), 1)
            right = f"{number} {match[2]} {match[3]} {match[4]}"
            right = _right(right) or right
            raise ValueError(f'"{words}": "{match[1]}" is no number; did you mean "{right}"?')
        if match[2].lower() not in UNITS:
            business = re.fullmatch(r"(?:working|work|week)\s*(days?)", match[2], re.IGNORECASE)
            if business is not None:
                raise ValueError(f'"{words}": did you mean "{words.replace(match[2], "business " + business[1])}"?')
            raise ValueError(f'"{words}": "{match[2]}" is no unit of time{_near_unit(words, match[2], int(match[1]))}')
        period = parse_period(f"{match[1]} {match[2]}")
        return Due("after" if match[3].lower() == "after" else "before", _columns(words, match[4]), period)
    raise ValueError(f'"{words}" is no due phrase{_near_phrase(words)}')


def _columns(words: str, text: str) -> tuple[str, ...]:
    columns = tuple(part.strip() for part in re.split(r"\s+or\s+", text, flags=re.IGNORECASE))
    if any(not part or re.fullmatch(r"or|or\s.*|.*\sor", part, re.IGNORECASE) for part in columns):
        raise ValueError(f'"{words}" names no column beside "or"')
    return columns


def _near_unit(words: str, unit: str, count: int) -> str:
    near = nearest(unit, [name for name in UNITS if name.endswith("s") != (count == 1)], cutoff=0.5)
    if near is None:
        return "; use days, business days, weeks, months, quarters or years"
    return f'; did you mean "{words.replace(unit, near)}"?'


_SAID_OTHERWISE = (
    (r"\b(since|from|past|following)\b", "after"),
    (r"\b(until|till|prior to|ahead of)\b", "before"),
    (r"\b(working|work|week)\s*days?\b", "business days"),
    (r"^(\d+)([a-z])", r"\1 \2"),
    (r"^(days?|business days?|weeks?|months?|quarters?|years?)\b", r"1 \1"),
    (r"^(yearly|annually|every year)\s+(?!on\b)", "yearly on "),
)


def _near_phrase(words: str) -> str:
    """The nearest right phrase to one that doesn't parse: other ways to say it, misspelt small words, mended in turn."""
    mended = words
    for pattern, right in _SAID_OTHERWISE:
        mended = re.sub(pattern, right, mended, count=1, flags=re.IGNORECASE)
        if (phrase := _right(mended)) is not None:
            return f'; did you mean "{phrase}"?'
    known = ("after", "before", "on", "yearly", "or")
    parts = words.split(" ")
    for index, part in enumerate(parts):
        near = nearest(part, known, cutoff=0.5)
        if near is not None and part.lower() not in known:
            phrase = _right(" ".join([*parts[:index], near, *parts[index + 1 :]]))
            if phrase is not None:
                return f'; did you mean "{phrase}"?'
    return f"; write it {EXAMPLES}"


def _right(words: str) -> str | None:
    """The phrase, well spelled, where it is one."""
    if not (_ON.fullmatch(words) or _INTERVAL.fullmatch(words)):
        return None
    try:
        return str(parse_due(words))
    except ValueError:
        return None
