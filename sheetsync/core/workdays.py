"""Business days: weekends, public holidays, closed ranges, and days that are open all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from sheetsync.errors import SettingsError

_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 3660  # days looked ahead before a calendar is said to have no open day
_WEEKS_TRIED = 8  # before a calendar is taken for one with a single open day each week


@lru_cache(maxsize=512)  # a list may hold dates of a century, and each year is computed anew otherwise
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays  # heavy: only for a calendar that names a country

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        place = country if subdivision is None else f"{country}, {subdivision}"
        raise SettingsError(
            f'[calendar] names "{place}", for which no public holidays are known.',
            'country is a two-letter code such as "US" or "DE", subdivision one of its parts such as "CA" or "BY".',
        ) from None


@lru_cache(maxsize=128)
def _first_weekday(weekend: frozenset[int]) -> int:
    """The weekday (Monday is 0) behind the longest run of closed ones, Monday first among equals."""
    def closed_before(day: int) -> int:
        length = 0
        while length < 7 and (day - 1 - length) % 7 in weekend:
            length += 1
        return length

    return max((day for day in range(7) if day not in weekend), key=lambda day: (closed_before(day), -day))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are open. `weekend` holds weekdays (Monday is 0); `open_days` beats everything."""

    weekend: frozenset[int] = frozenset({5, 6})
    country: str | None = None
    subdivision: str | None = None
    closed: tuple[tuple[date, date], ...] = ()
    open_days: frozenset[date] = field(default_factory=frozenset)

    def is_open(self, day: date) -> bool:
        """Whether business is done on that day. Closed ranges include both ends."""
        if day in self.open_days:
            return True
        if day.weekday() in self.weekend:
            return False
        if any(first <= day <= last for first, last in self.closed):
            return False
        return self.country is None or day not in _holidays(self.country, self.subdivision, day.year)

    def add(self, day: date, business_days: int) -> date:
        """The day that many open days after (negative: before) `day`, which itself is not counted."""
        step = _DAY if business_days >= 0 else -_DAY
        for _ in range(abs(business_days)):
            day = self._next_open(day + step, step)
        return day

    def roll_forward(self, day: date) -> date:
        """The day itself where it is open, else the next open one. Raises OverflowError past the year 9999."""
        return self._next_open(day, _DAY)

    def roll_back(self, day: date) -> date:
        """The day itself where it is open, else the last open one before it."""
        return self._next_open(day, -_DAY)

    def closes_week(self, day: date) -> bool:
        """Whether no open day of its week follows. A week begins behind the weekend (on Monday where there is none)."""
        begins = _first_weekday(self.weekend)
        later = day + _DAY
        while later.weekday() != begins:
            if self.is_open(later):
                return False
            later += _DAY
        return True

    def off_week_end(self, day: date) -> date:
        """The first open day from `day` on that closes no week; the day itself where every open day closes one."""
        moved = self.roll_forward(day)
        for _ in range(_WEEKS_TRIED):
            if not self.closes_week(moved):
                return moved
            moved = self.roll_forward(moved + _DAY)
        return day

    def _next_open(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_CLOSURE):
            if self.is_open(day):
                return day
            day += step
        raise SettingsError(
            f"[calendar] leaves no open day near {day.isoformat()}.", "Shorten closed, or leave days out of weekend."
        )
