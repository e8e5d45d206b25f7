"""When a nightly run is due: the moments that "02:30" means, days of a clock change included."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from sheetsync.errors import SettingsError


def parse_at(text: str, option: str = "--at") -> time:
    """The time of day of "02:30". Raises SettingsError for anything that is none."""
    found = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip(), re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise SettingsError(f'{option} "{text}" is no time of day.', "Write hours and minutes from 00:00 to 23:59, such as 02:30.")
    return time(int(found[1]), int(found[2]))


def parse_due(text: str) -> tuple[time, date | None]:
    """What --if-due means: a time of day, and the first day on which it counts. Raises SettingsError."""
    at, slash, first = text.partition("/")
    try:
        return parse_at(at, "--if-due"), date.fromisoformat(first) if slash else None
    except ValueError:
        raise SettingsError(f'--if-due "{text}": "{first}" is no date.', "Write it as 02:30 or 02:30/2026-11-20.") from None


def moment(day: date, at: time) -> datetime:
    """That time of that day on this computer's clock. One that the clock leaves out in spring is the moment at which it leaves it out,
    plus what it is late: 02:30 is then 03:30 by the new time. One that comes twice in autumn is the first.
    """
    return datetime.fromtimestamp(datetime.combine(day, at).timestamp()).astimezone()


def last_moment(at: time, now: datetime) -> datetime:
    """The newest such moment that is not after `now` (a time with its zone)."""
    today = now.astimezone().date()
    return next(found for back in range(3) if (found := moment(today - timedelta(days=back), at)) <= now)


def next_moment(at: time, now: datetime) -> datetime:
    """The first such moment after `now`."""
    today = now.astimezone().date()
    return next(found for ahead in range(3) if (found := moment(today + timedelta(days=ahead), at)) > now)


def is_due(text: str, *, last_success: datetime | None, now: datetime) -> bool:
    """Whether a run is due that --if-due `text` tells of: no run that succeeded began since the last such moment.

    A last success that lies ahead of `now` (the clock was set back) says nothing, and a run is due. Raises SettingsError.
    """
    at, first = parse_due(text)
    since = last_moment(at, now)
    if first is not None and since < moment(first, at):
        return False
    return last_success is None or last_success < since or last_success > now + timedelta(minutes=5)
