"""When a run is due, on ordinary days and when the clock changes."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time

import pytest

from sheetsync.errors import SettingsError
from sheetsync.schedule.due import is_due, last_moment, moment, next_moment, parse_at, parse_due

Zone = Callable[[str], None]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """Sets this computer's time zone for a test."""
    if not hasattr(clock, "tzset"):
        pytest.skip("this system can't change a process's time zone")

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        clock.tzset()

    yield set_zone
    monkeypatch.undo()
    clock.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("text", "means"), [("02:30", time(2, 30)), ("2:30", time(2, 30)), ("00:00", time(0, 0)), ("23:59", time(23, 59))])
def test_a_time_of_day_is_read(text: str, means: time) -> None:
    assert parse_at(text) == means


@pytest.mark.parametrize("text", ["25:00", "24:00", "02:60", "2.30", "2:3", "", "half past two", "02:30:00", "-1:30", "2:30 pm", "٠٢:٣٠"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no time of day") as caught:
        parse_at(text)
    assert "such as 02:30" in caught.value.remedy


@pytest.mark.parametrize("text", ["02:30/", "02:30/tonight", "02:30/2026-02-30", "/2026-11-20", "25:00/2026-11-20"])
def test_what_if_due_can_not_mean_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--if-due"):
        parse_due(text)


@pytest.mark.parametrize(("success", "now", "due"), [
    (None, "2026-11-26T02:30:00+00:00", True),  # never yet
    ("2026-11-25T02:30:05+00:00", "2026-11-26T02:30:00+00:00", True),  # last night's
    ("2026-11-26T02:30:05+00:00", "2026-11-26T03:30:00+00:00", False),  # tonight's has been
    ("2026-11-26T02:30:00+00:00", "2026-11-27T02:29:59+00:00", False),  # the next is not due yet
    ("2026-11-25T18:00:00+00:00", "2026-11-26T09:30:00+00:00", True),  # off at night: in the morning
    ("2026-11-26T02:29:59+00:00", "2026-11-26T02:30:00+00:00", True),  # by hand, a second before
    ("2026-11-26T08:00:00+00:00", "2026-11-26T09:30:00+00:00", False),  # by hand this morning
    ("2026-11-10T02:30:05+00:00", "2026-11-26T09:30:00+00:00", True),  # two weeks off: once
    ("2027-11-26T02:30:05+00:00", "2026-11-26T09:30:00+00:00", True),  # that clock was a year ahead
])
def test_a_run_is_due_when_none_has_succeeded_since(zone: Zone, success: str | None, now: str, due: bool) -> None:
    zone("UTC")
    assert is_due("02:30", last_success=None if success is None else at(success), now=at(now)) is due


def test_nothing_is_due_before_the_first_night(zone: Zone) -> None:
    zone("UTC")
    for now, due in (("2026-11-25T10:30:00+00:00", False), ("2026-11-26T02:29:00+00:00", False), ("2026-11-26T02:30:00+00:00", True)):
        assert is_due("02:30/2026-11-26", last_success=None, now=at(now)) is due


@pytest.mark.parametrize(("name", "time_of_day", "night", "starts", "runs"), [
    # New York: at 02:00 the clock goes to 03:00; each start is an hour after the one before.
    ("America/New_York", "02:30", "2027-03-14", ["05:30", "06:30", "07:30", "08:30"], ["07:30"]),
    # Lord Howe Island moves by half an hour: 02:00 becomes 02:30.
    ("Australia/Lord_Howe", "02:10", "2026-10-03", ["14:40", "16:10"], ["16:10"]),
    # Berlin in autumn: 02:30 comes twice, and the second one is not another night.
    ("Europe/Berlin", "02:30", "2026-10-25", ["00:30", "01:30", "02:30"], ["00:30"]),
])
def test_a_night_on_which_the_clock_changes_has_one_run(
    zone: Zone, name: str, time_of_day: str, night: str, starts: list[str], runs: list[str]
) -> None:
    zone(name)
    success, ran = at(f"{night}T00:00:00+00:00"), []
    for start in starts:
        now = at(f"{night}T{start}:00+00:00")
        if is_due(time_of_day, last_success=success, now=now):
            success = now
            ran.append(start)
    assert ran == runs


def test_an_hour_that_the_clock_leaves_out_is_the_one_behind_it(zone: Zone) -> None:
    zone("America/New_York")
    found = moment(at("2027-03-14").date(), time(2, 30))
    assert (found.isoformat(), found.astimezone(UTC).hour) == ("2027-03-14T03:30:00-04:00", 7)


def test_the_moments_around_now(zone: Zone) -> None:
    zone("Europe/Berlin")
    now = at("2026-11-25T00:30:00+00:00")  # 01:30 in Berlin
    assert last_moment(time(2, 30), now).isoformat() == "2026-11-24T02:30:00+01:00"
    assert next_moment(time(2, 30), now).isoformat() == "2026-11-25T02:30:00+01:00"
    assert next_moment(time(1, 30), now).isoformat() == "2026-11-26T01:30:00+01:00", "now is not after now"
    assert last_moment(time(1, 30), now) == now
