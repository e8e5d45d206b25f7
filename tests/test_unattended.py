"""An unattended run, with a clock that is moved by hand: tries, notices, the log, and a clock that is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sheetsync import runlog
from sheetsync.core.model import Message, Report, Unsent
from sheetsync.errors import AlreadyRunning, GuardRefused, NotReachable, Refused, SettingsError, SheetsyncError, TableChanged
from sheetsync.journal import Journal
from sheetsync.notices import Notices, read_notices, write_notices
from sheetsync.sync import sync
from sheetsync.unattended import Finished, Night, Words, check_clock
from tests.worksheets import CUSTOMERS, PLAYBOOK, InMemory, Rows

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 20, 2, 30, tzinfo=BERLIN)
OPEN = NotReachable("customers.xlsx is open in Excel.", "Close it.")


@dataclass
class Moved:
    """A clock that sleeping moves."""

    time: datetime = NIGHT
    slept: list[float] = field(default_factory=list)
    steady: float = 1000.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.steady

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.steady += seconds
        self.time += timedelta(seconds=seconds)


@dataclass
class Nights:
    """Nights of one source: what was posted and said, and the journal's last success."""

    folder: Path
    clock: Moved = field(default_factory=Moved)
    posted: list[Message] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    unsent: list[Mapping[int, Unsent]] = field(default_factory=list)  # what comes of the next posts
    last: datetime | None = None
    notifiers: int = 1
    when: str = "something"
    needed: bool = False

    @property
    def night(self) -> Night:
        def post(message: Message, places: tuple[int, ...]) -> Mapping[int, Unsent]:
            self.posted.append(message)
            return self.unsent.pop(0) if self.unsent else {}

        def digest(report: Report, alarms: tuple[str, ...]) -> Message | None:
            return Message("Digest", "\n".join(alarms), "") if alarms or self.needed else None

        def notice(subject: str, lines: tuple[str, ...]) -> Message:
            return Message(subject, "\n".join(lines), "")

        return Night(self.folder, "customers.xlsx", ("abc",), self.clock, Words(digest, notice), post, self.notifiers, self.when,
                     self.said.append, lambda: 1.0)

    def run(self, *outcomes: Exception | Report, lock: Callable[[], AbstractContextManager[None]] = nullcontext, day: date | None = None,
            force: bool = False, night: Night | None = None) -> Finished:
        left = list(outcomes)

        def once() -> Report:
            outcome = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        finished = (night or self.night).run(once, lock=lock, last_success=lambda: self.last, day=day, force=force)
        self.last = self.clock.now().astimezone(UTC)
        return finished

    def fails(self, error: Exception, night: Night | None = None) -> None:
        with pytest.raises(type(error)):
            self.run(error, night=night)

    def later(self, **span: float) -> None:
        self.clock.time += timedelta(**span)

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.posted]

    @property
    def log(self) -> list[str]:
        return (self.folder / "logs" / runlog.FILE_NAME).read_text("utf-8").splitlines()


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


@pytest.fixture(scope="module")
def report() -> Report:
    return sync(InMemory.of(CUSTOMERS).source, PLAYBOOK, today=NIGHT.date())


# ---- Trying again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passing", [OPEN, TableChanged("It was edited all the time."), MemoryError()])
def test_what_may_pass_is_tried_again_with_growing_pauses(nights: Nights, report: Report, passing: Exception) -> None:
    finished = nights.run(passing, passing, passing, report)
    assert nights.clock.slept == [60, 120, 300]
    assert finished.report is report
    assert finished.notes[-1] == "done at try 4"
    assert len(nights.said) == 1
    assert nights.posted == []


def test_after_two_hours_it_gives_up(nights: Nights) -> None:
    nights.fails(OPEN)
    assert sum(nights.clock.slept) == 2 * 60 * 60
    assert nights.clock.slept[:6] == [60, 120, 300, 600, 1200, 1800]
    assert nights.subjects == ["Sync failed: customers.xlsx"]


def test_tries_that_take_long_are_counted_and_the_wall_clock_is_not(nights: Nights) -> None:
    def slow() -> Report:
        nights.clock.steady += 50 * 60
        nights.clock.time -= timedelta(hours=5)  # the clock is set back meanwhile
        raise OPEN

    with pytest.raises(NotReachable):
        nights.night.run(slow, lock=nullcontext, last_success=lambda: None)
    assert nights.clock.slept == [60, 120]


def test_pauses_vary_so_that_computers_do_not_come_together(nights: Nights) -> None:
    usual = Night(nights.folder, "", ("a",), nights.clock, nights.night.words, nights.night.post)
    pauses = [usual.jitter() for _ in range(20)]
    assert len(set(pauses)) > 1
    assert all(0.8 <= pause <= 1.2 for pause in pauses)
    nights.fails(OPEN, night=replace(nights.night, jitter=lambda: 1.2))
    assert nights.clock.slept[:3] == [72, 144, 360]
    assert sum(nights.clock.slept) == 2 * 60 * 60


@pytest.mark.parametrize("error", [
    SettingsError("Wrong."), GuardRefused("6 customers now, 412 at the last run."), Refused("Missing."), ValueError("a bug"),
])
def test_what_does_not_pass_is_not_tried_again(nights: Nights, error: Exception) -> None:
    nights.fails(error)
    assert nights.clock.slept == []
    assert nights.subjects == ["Sync failed: customers.xlsx"]


def test_a_second_run_says_so_and_leaves_telling_to_the_first(nights: Nights) -> None:
    def held() -> AbstractContextManager[None]:
        raise AlreadyRunning("Another unattended run is at work.")

    nights.last = NIGHT - timedelta(days=1)
    with pytest.raises(AlreadyRunning):
        nights.run(OPEN, lock=held)
    assert nights.posted == []
    assert "not run  Another unattended run" in nights.log[-1]
    nights.last = NIGHT - timedelta(days=2)  # the first one hangs
    with pytest.raises(AlreadyRunning):
        nights.run(OPEN, lock=held)
    assert nights.subjects == ["Sync failed: customers.xlsx"]
    assert nights.posted[0].text.startswith("No sync has succeeded since Wed 18 Nov 2026, 02:30")


# ---- Telling --------------------------------------------------------------------------------------------------


def test_a_failure_is_told_once_and_again_daily_and_its_end_once(nights: Nights, report: Report) -> None:
    gone = Refused("customers.xlsx does not exist.", "Check the folder.")
    nights.fails(gone)
    nights.later(hours=1)
    nights.fails(gone)
    nights.later(hours=12)
    nights.fails(gone)
    assert len(nights.posted) == 1
    assert nights.posted[0].text == "customers.xlsx does not exist.\nCheck the folder.\nExit code 6."
    nights.later(hours=10, minutes=50)  # the next night, some minutes earlier
    nights.fails(gone)
    assert len(nights.posted) == 2
    assert "It has failed since Fri 20 Nov 2026, 02:30." in nights.posted[1].text
    nights.later(days=1)
    finished = nights.run(report)
    assert finished.alarms == (
        "The sync works again. It had failed since Fri 20 Nov 2026, 02:30: customers.xlsx does not exist.",)
    assert len(nights.posted) == 3
    nights.later(days=1)
    assert nights.run(report).alarms == ()
    assert len(nights.posted) == 3


def test_another_kind_of_failure_is_told_at_once(nights: Nights) -> None:
    nights.fails(Refused("Missing."))
    nights.fails(GuardRefused("6 now, 412 before."))
    nights.fails(GuardRefused("5 now, 412 before."))
    assert len(nights.posted) == 2


def test_without_a_notifier_the_log_and_the_exit_code_say_it(nights: Nights) -> None:
    nights.notifiers = 0
    nights.fails(Refused("Missing."))
    assert nights.posted == []
    assert nights.log == ["2026-11-20 02:30:00+01:00  customers.xlsx  failed (6)  Missing."]


def test_a_message_that_is_not_sent_fails_nothing_and_is_told_at_the_next_run(nights: Nights, report: Report) -> None:
    nights.needed = True
    refuses = {0: Unsent("E-Mail: the server refuses the user name or password.")}
    nights.unsent = [refuses, refuses]
    finished = nights.run(report)
    assert finished.notes[-1] == "the message could not be sent (E-Mail: the server refuses the user name or password.)"
    assert nights.night.pending(lambda: nights.last) == (
        "A message could not be sent since Fri 20 Nov 2026, 02:30: E-Mail: the server refuses the user name or password.",)
    nights.later(days=1)
    nights.run(report)
    nights.later(days=1)
    finished = nights.run(report)
    assert finished.alarms[0].startswith("2 messages could not be sent since Fri 20 Nov 2026, 02:30")
    assert nights.night.pending(lambda: nights.last) == ()


def test_a_failure_that_nobody_could_be_told_of_is_told_at_the_next_run(nights: Nights) -> None:
    nights.unsent = [{0: Unsent("E-Mail: no.")}]
    nights.fails(Refused("Missing."))
    nights.fails(Refused("Missing."))
    assert len(nights.posted) == 2
    assert "Nobody could be told: E-Mail: no." in nights.log[0]


def test_what_may_pass_is_sent_a_second_time_to_those_who_lack_it(nights: Nights, report: Report) -> None:
    asked: list[tuple[int, ...]] = []

    def post(message: Message, places: tuple[int, ...]) -> Mapping[int, Unsent]:
        asked.append(places)
        return {1: Unsent("ntfy: no answer.", may_pass=True)} if len(asked) == 1 else {}

    nights.needed, nights.notifiers = True, 3
    nights.run(report, night=replace(nights.night, post=post))
    assert asked == [(0, 1, 2), (1,)]
    assert nights.night.pending(lambda: nights.last) == ()


def test_with_nothing_to_say_nothing_is_sent(nights: Nights, report: Report) -> None:
    nights.run(report)
    assert nights.posted == []
    nights.needed = True
    nights.run(report)
    assert nights.subjects == ["Digest"]


def test_with_when_failures_only_failures_and_their_end_are_sent(nights: Nights, report: Report) -> None:
    nights.when, nights.needed = "failures", True
    nights.run(report)
    assert nights.posted == []
    nights.fails(Refused("Missing."))
    nights.run(report)
    nights.run(report)
    assert nights.subjects == ["Sync failed: customers.xlsx", "The sync works: customers.xlsx"]


def test_a_digest_that_can_not_be_made_fails_nothing(nights: Nights, report: Report) -> None:
    def broken(report: Report, alarms: tuple[str, ...]) -> Message | None:
        raise KeyError("x")

    night = replace(nights.night, words=Words(broken, nights.night.words.notice))
    assert nights.run(report, night=night).report is report
    assert "no digest" in nights.log[-1]


# ---- Nights without a run -------------------------------------------------------------------------------------


def test_missed_nights_are_told_first(nights: Nights, report: Report) -> None:
    nights.run(report)
    nights.later(days=3)
    nights.unsent = []
    finished = nights.run(report)
    assert finished.alarms == ("No sync had succeeded since Fri 20 Nov 2026, 02:30 (3 days ago). 2 nights were missed.",)
    assert nights.posted[0].text == finished.alarms[0]
    assert "2 nights were missed" in nights.log[-1]


def test_entries_without_a_date_are_told_after_missed_nights(nights: Nights, report: Report) -> None:
    rows: Rows = [[*row, entry] for row, entry in zip(CUSTOMERS, (
        "Log", None, "Done", "called", "called 18 Nov", "met yesterday", None), strict=True)]
    place = InMemory.of(rows)
    nights.last = NIGHT - timedelta(days=3)
    entries = sync(place.source, PLAYBOOK, today=NIGHT.date())
    assert [contact.entry for contact in entries.contacts] == ["Done", "called", "called 18 Nov", "met yesterday"]
    finished = nights.run(entries)
    assert finished.alarms[1] == (
        "2 Log entries without a date counted for Fri 20 Nov 2026; where one was typed earlier, correct its date in the sheet.")
    assert nights.run(entries).alarms == ()  # with no night missed, the day of the run is the day


def test_a_run_that_is_stopped_is_logged_and_told_nobody(nights: Nights) -> None:
    def once() -> Report:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nights.night.run(once, lock=nullcontext, last_success=lambda: None)
    assert nights.log == ["2026-11-20 02:30:00+01:00  customers.xlsx  stopped"]
    assert nights.posted == []


def test_a_run_that_is_some_hours_late_is_no_alarm(nights: Nights, report: Report) -> None:
    nights.run(report)
    nights.later(hours=35)
    assert nights.run(report).alarms == ()


def test_a_run_by_hand_says_that_the_nightly_one_no_longer_runs(nights: Nights, report: Report) -> None:
    assert nights.night.pending(lambda: NIGHT - timedelta(days=3)) == ()  # nothing was ever scheduled
    nights.run(report)
    nights.later(days=4)
    assert "3 nights were missed" in nights.night.pending(lambda: nights.last)[0]
    nights.later(days=30)
    assert nights.night.pending(lambda: nights.last) == ()  # nor is it any more


def test_a_night_that_was_cut_off_is_told_by_the_next_one_and_in_the_log(nights: Nights, report: Report) -> None:
    sentence = "The sync of Tue 24 Nov 2026, 02:30 was cut off while it wrote; the sheet shows that it went through."
    assert sentence.rstrip(".") in nights.run(replace(report, settled=(sentence,))).notes
    assert sentence.rstrip(".") in nights.log[-1]


def test_the_first_run_says_that_it_has_nothing_to_compare_with(nights: Nights, report: Report) -> None:
    assert nights.run(report).notes == ("no earlier run to compare with",)
    assert nights.run(report).notes == ()


# ---- The clock ------------------------------------------------------------------------------------------------


def at(day: str, hour: int = 2) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=BERLIN)


@pytest.mark.parametrize(("last", "now"), [
    ("2026-11-20", "2026-11-20"), ("2026-11-20", "2026-11-21"), ("2026-11-20", "2026-11-19"), ("2026-11-20", "2026-12-30"),
])
def test_days_as_they_come_and_a_journey_over_the_date_line_are_let_through(last: str, now: str) -> None:
    assert check_clock(at(last), at(now)) == ()


def test_a_computer_that_was_off_for_a_season_is_let_through_and_noted() -> None:
    assert check_clock(at("2026-08-20"), at("2026-11-20")) == ("the last sync was on Thu 20 Aug 2026, 92 days before",)


@pytest.mark.parametrize(("last", "now", "days"), [
    ("2026-11-20", "2026-11-18", ("Wed 18 Nov 2026", "Fri 20 Nov 2026")),
    ("2026-11-20", "2015-01-01", ("Thu 1 Jan 2015", "Fri 20 Nov 2026")),
    ("2026-11-20", "2036-11-20", ("Thu 20 Nov 2036", "Fri 20 Nov 2026")),
    (None, "1970-01-01", ("Thu 1 Jan 1970",)),
])
def test_a_clock_that_can_not_be_right_is_refused_with_both_days(last: str | None, now: str, days: tuple[str, ...]) -> None:
    with pytest.raises(GuardRefused) as raised:
        check_clock(None if last is None else at(last), at(now))
    for day in days:
        assert day in raised.value.sentence
    assert "--force" in raised.value.remedy


def test_the_last_day_is_that_of_the_owners_zone() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # the 21st in Berlin, and in Auckland
    assert check_clock(late, at("2026-11-20")) == ()
    with pytest.raises(GuardRefused):
        check_clock(late, at("2026-11-19"))


def test_a_wrong_clock_runs_nothing_and_is_told_and_force_lets_it_through(nights: Nights, report: Report) -> None:
    nights.run(report)
    nights.clock.time = at("2015-01-01")
    ran: list[int] = []

    def once() -> Report:
        ran.append(1)
        return report

    with pytest.raises(GuardRefused):
        nights.night.run(once, lock=nullcontext, last_success=lambda: nights.last)
    assert ran == []
    assert nights.subjects == ["Sync failed: customers.xlsx"]
    nights.run(report, force=True)
    nights.run(report)  # the newest run is now the one to compare with


def test_a_day_that_was_asked_for_is_not_the_clocks(nights: Nights, report: Report) -> None:
    nights.last = at("2036-01-01")
    assert nights.run(report, day=date(2026, 11, 20)).report is report


# ---- What is kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"unsent": "many", "told": 3, "code": true}', b'{"told": "2026-11-20T02:30:00"}',
    b'{"failing_since": "soon"}', b"[" * 100_000,
])
def test_damaged_notices_say_nothing_and_are_written_anew(nights: Nights, report: Report, damage: bytes) -> None:
    path = nights.folder / "notices" / "abc.json"
    path.parent.mkdir()
    path.write_bytes(damage)
    assert read_notices(path) == Notices()
    nights.run(report)
    assert read_notices(path).last_run == NIGHT


def test_notices_are_read_as_they_were_written(tmp_path: Path) -> None:
    notices = Notices(last_run=NIGHT).failed(NIGHT, 6, "Gone.").not_sent(NIGHT, "ntfy: ü")
    write_notices(tmp_path / "new" / "a.json", notices)
    assert read_notices(tmp_path / "new" / "a.json") == notices
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.json"]


def test_notices_that_can_not_be_kept_fail_nothing(nights: Nights, report: Report) -> None:
    (nights.folder / "notices").write_text("a file in the way")
    (nights.folder / "logs").write_text("another")
    assert nights.run(report).report is report
    nights.fails(NotReachable("The journal can't be written."))
    assert nights.subjects == ["Sync failed: customers.xlsx"]
    assert any("can't be kept" in line for line in nights.said)
    assert any("log" in line for line in nights.said)


def test_a_failure_noted_before_the_settings_could_be_read_is_over_with_the_sources_next_success(nights: Nights, report: Report) -> None:
    nights.night.failed(SettingsError("sheetsync.toml can't be read."))
    finished = nights.run(report, night=replace(nights.night, tags=("source", "abc")))
    assert "works again" in finished.alarms[0]
    assert sorted(path.name for path in (nights.folder / "notices").iterdir()) == ["source.json"]


def test_the_log_is_one_line_a_run_and_rotates(nights: Nights, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runlog, "MOST_BYTES", 1000)
    for _ in range(60):
        nights.fails(Refused("Two\nlines \x1b[31mand a colour."))
        nights.run(report)
    files = sorted(path.name for path in (nights.folder / "logs").iterdir() if not path.name.endswith(".lock"))
    assert files == ["unattended.log", "unattended.log.1", "unattended.log.2", "unattended.log.3"]
    for name in files:
        assert (nights.folder / "logs" / name).stat().st_size <= 1000
        for line in (nights.folder / "logs" / name).read_text("utf-8").splitlines():
            assert line.startswith("2026-11-20 02:30:00+01:00  customers.xlsx  ")
            assert "\x1b" not in line
    assert "6 customers, " in nights.log[-1]


def test_the_journal_knows_the_last_success(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    assert journal.last_success("s") is None
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    place = InMemory.of(CUSTOMERS)
    report = sync(place.source, PLAYBOOK, today=NIGHT.date(), journal=journal)
    first = journal.last_success(place.source.identity)
    assert first is not None
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)
    sync(place.source, PLAYBOOK, today=NIGHT.date(), journal=journal)
    assert (journal.last_success(place.source.identity, report.sheet) or first) >= first
    assert journal.last_success(place.source.identity, "another") is None
    assert journal.last_success("another") is None
    run = journal.begin("failing", "t", today=NIGHT.date(), counts=None, statuses={}, changes=())
    assert journal.last_success("failing") is None
    journal.finish(run, "failed")
    assert journal.last_success("failing") is None


def test_notices_hold_nothing_of_customers(nights: Nights, report: Report) -> None:
    nights.needed = True
    nights.run(report)
    kept = (nights.folder / "notices" / "abc.json").read_text("utf-8") + "\n".join(nights.log)
    for name in ("Susan", "Kwame", "Ng", "Ana"):
        assert name not in kept
    assert set(json.loads((nights.folder / "notices" / "abc.json").read_text("utf-8"))) == set(Notices.__dataclass_fields__)


def test_the_guard_refuses_night_after_night_until_force(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    many: Rows = [CUSTOMERS[0]]
    many += [[number, f"Customer {number}", *[None] * 8] for number in range(100, 130)]
    place = InMemory.of(many)
    sync(place.source, PLAYBOOK, today=NIGHT.date(), journal=journal)
    place.edit(CUSTOMERS)
    writes = place.state()
    for night in range(1, 4):
        with pytest.raises(SheetsyncError, match=r"6 customers now, 30 at the last run; 24 \(80%\) are gone") as raised:
            sync(place.source, PLAYBOOK, today=NIGHT.date() + timedelta(days=night), journal=journal)
        assert isinstance(raised.value, GuardRefused)
        assert place.state() == writes
    sync(place.source, PLAYBOOK, today=NIGHT.date() + timedelta(days=4), journal=journal, force=True)
    sync(place.source, PLAYBOOK, today=NIGHT.date() + timedelta(days=5), journal=journal)
