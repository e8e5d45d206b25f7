"""A run that nobody watches: it tries again, takes notice of the clock, keeps a log, and tells somebody when it has to."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sheetsync.core.model import Message, Report, Unsent
from sheetsync.core.values import say_date
from sheetsync.errors import AlreadyRunning, ExitCode, GuardRefused, NotReachable, SheetsyncError
from sheetsync.notices import Notices, read_notices, write_notices
from sheetsync.runlog import log_line

LOGS = "logs"  # the folder of the log, in the state folder

PAUSES = (1, 2, 5, 10, 20, 30, 30, 30)  # minutes between two tries, each a fifth more or less
GIVES_UP = timedelta(hours=2)
PASSING = (ExitCode.NOT_REACHABLE, ExitCode.TABLE_CHANGED)
STALE = timedelta(hours=36)  # a night and a half: a run that comes some hours later than the one before is no reason to worry
BACK = timedelta(days=1)  # a journey west may take a day back; a clock that has lost its battery takes years
NOTED_AHEAD = timedelta(days=40)  # a computer may be off for a season: done, and noted
# Beyond a year it is the year that is wrong, more likely than the computer was off; and what an undated Log entry stamps with it stays.
MOST_AHEAD = timedelta(days=366)
EARLIEST = date(2026, 1, 1)  # this program is younger, so that no clock before it is right
NIGHTLY = timedelta(days=14)  # a source without an unattended run for so long is no longer run by a schedule
_UNDATED = frozenset({"done", "called", "emailed", "met"})  # Log entries that count for the day of the run
_POST_AGAIN = 60.0  # seconds until what could not be sent is tried a second and last time


class Clock(Protocol):
    """What a run asks of time."""

    def now(self) -> datetime:
        """The time, with the owner's time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that no setting of the clock moves."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits."""
        ...


# Sends a message through the notifiers of these places in `[notify] urls`; returns those that failed, by place.
Post = Callable[[Message, tuple[int, ...]], Mapping[int, Unsent]]


@dataclass(frozen=True, slots=True)
class Words:
    """How messages are worded: a digest of a run (None where there is nothing to say), and a message without one."""

    digest: Callable[[Report, tuple[str, ...]], Message | None]
    notice: Callable[[str, tuple[str, ...]], Message]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that succeeded. `alarms` is what is to be said first, `notes` what else is to be said of it."""

    report: Report
    alarms: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Night:
    """All that an unattended run needs beside the run.

    `name` is what people call the source. Its notices stand in the file of the first of `tags`; the others are names under which a
    failure may have been noted while the source itself could not be told from broken settings. `notifiers` counts `[notify] urls`.
    """

    folder: Path
    name: str
    tags: tuple[str, ...]
    clock: Clock
    words: Words
    post: Post
    notifiers: int = 0
    when: str = "something"
    say: Callable[[str], None] = lambda text: None
    jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2)  # several computers need not knock at the same second

    def run(
        self, once: Callable[[], Report], *, lock: Callable[[], AbstractContextManager[None]], last_success: Callable[[], datetime | None],
        day: date | None = None, force: bool = False,
    ) -> Finished:
        """Runs under the lock, again after failures that may pass, for two hours in all; logs it, and tells of it what has to be told.

        `day` is a day that was asked for; the clock is then not looked at. Raises what the last try raised, after it was told.
        """
        last: datetime | None = None
        notes: tuple[str, ...] = ()
        try:
            with lock():
                last, notes = self._before(last_success, day, force)
                report, tries = self._retried(once)
        except KeyboardInterrupt:
            self._log("stopped", "")
            raise
        except Exception as error:
            self.failed(error, last or _unless_it_fails(last_success))
            raise
        if tries > 1:
            notes = (*notes, f"done at try {tries}")
        return self._succeeded(report, last, notes)

    def failed(self, error: Exception, last: datetime | None = None) -> None:
        """Logs a failure, and tells of it where that is due. `last` is the last success."""
        now = self.clock.now()
        if isinstance(error, AlreadyRunning) and (last is None or now - last <= STALE):
            self._log("not run", error.sentence)  # that run is the one that tells
            return
        code, sentence, remedy = _said(error)
        notices = self._read().failed(now, code, sentence)
        told = ""
        if notices.to_be_told(now) and self.notifiers:
            since = notices.failing_since or now
            lines = (*self._stale(last, now, "has"), sentence, *([remedy] if remedy else []),
                     *([f"It has failed since {self._moment(since)}."] if since < now else []), f"Exit code {code}.")
            notices, reached = self._posted(self.words.notice(f"Sync failed: {self.name}", lines), notices)
            if reached:
                notices = replace(notices, told=now)
            told = " Somebody was told." if reached else f" Nobody could be told: {notices.why}"
        self._keep(notices)
        self._log(f"failed ({code})", sentence + told)

    def pending(self, last_success: Callable[[], datetime | None]) -> tuple[str, ...]:
        """What a run by hand has to say first: that the nightly one fails, that messages could not be sent, that none succeeded."""
        now, notices, last = self.clock.now(), self._read(), _unless_it_fails(last_success)
        nightly = notices.last_run is not None and now - notices.last_run < NIGHTLY
        out = [*(self._stale(last, now, "has") if nightly else ()), *self._unsent(notices)]
        if notices.failing_since is not None:
            out.append(f"The unattended sync has failed since {self._moment(notices.failing_since)}: {notices.sentence}")
        return tuple(out)

    def _before(
        self, last_success: Callable[[], datetime | None], day: date | None, force: bool
    ) -> tuple[datetime | None, tuple[str, ...]]:
        """The last success, and what is to be noted about it. Raises GuardRefused for a clock that can't be right."""
        last = _unless_it_fails(last_success)  # a journal that can't be read is the run's own failure, which may pass
        notes: tuple[str, ...] = () if last is not None else ("no earlier run to compare with",)
        if day is None and not force:
            notes += check_clock(last, self.clock.now())
        return last, notes

    def _retried(self, once: Callable[[], Report]) -> tuple[Report, int]:
        """What the run returns, and at which try. Waits are counted by the clock that no setting moves."""
        start, waited = self.clock.monotonic(), 0.0
        pauses = iter(PAUSES)
        tries = 1
        while True:
            try:
                try:
                    return once(), tries
                except MemoryError:
                    raise NotReachable("There is not enough memory for this workbook; nothing was written.") from None
            except SheetsyncError as error:
                left = GIVES_UP.total_seconds() - max(waited, self.clock.monotonic() - start)
                if error.code not in PASSING or isinstance(error, AlreadyRunning) or left < 1:
                    raise
                if tries == 1:
                    self.say(f"{error.sentence} Trying again for two hours.")
            pause = min(left, 60.0 * next(pauses, PAUSES[-1]) * self.jitter())
            self.clock.sleep(pause)
            waited += pause
            tries += 1

    def _succeeded(self, report: Report, last: datetime | None, notes: tuple[str, ...]) -> Finished:
        now = self.clock.now()
        before = self._read()
        notes = (*(text.rstrip(".") for text in report.settled), *notes)
        alarms = [*(stale := self._stale(last, now)), *(_undated(report) if stale else ()), *self._unsent(before)]
        if before.failing_since is not None:
            alarms.append(f"The sync works again. It had failed since {self._moment(before.failing_since)}: {before.sentence}")
        notices = before.succeeded(now)
        told = ""
        if self.notifiers:
            try:
                if (message := self._message(report, tuple(alarms))) is not None:
                    notices, _ = self._posted(message, notices)
                    told = "; told" if not notices.unsent else f"; not sent: {notices.why}"
            except Exception as error:  # the sync is done, whatever becomes of its digest; that is told as one that could not be sent
                notices, told = notices.not_sent(now, f"It could not be made ({type(error).__name__})."), "; no digest"
        self._keep(notices)
        counts = f"{len(report.customers)} customers, {len(report.changes)} cells written, {len(report.problems)} problems"
        self._log("done", "; ".join((counts, *notes, *alarms)) + told)
        if notices.unsent:
            notes = (*notes, f"the message could not be sent ({notices.why})")
        return Finished(report, tuple(alarms), notes)

    def _message(self, report: Report, alarms: tuple[str, ...]) -> Message | None:
        """The digest, where there is something to say; with `when = "failures"` only that something was wrong and no longer is."""
        if self.when == "failures":
            return self.words.notice(f"The sync works: {self.name}", alarms) if alarms else None
        return self.words.digest(report, alarms)

    def _posted(self, message: Message, notices: Notices) -> tuple[Notices, bool]:
        """The notices after a message was sent to all notifiers, and whether it reached any. What may pass is tried twice."""
        unsent = dict(self.post(message, tuple(range(self.notifiers))))
        if again := tuple(place for place, failure in unsent.items() if failure.may_pass):
            self.clock.sleep(_POST_AGAIN)
            for place in again:
                del unsent[place]
            unsent.update(self.post(message, again))
        if not unsent:
            return notices.sent(), True
        why = " ".join(dict.fromkeys(failure.sentence for failure in unsent.values()))
        return notices.not_sent(self.clock.now(), why), len(unsent) < self.notifiers

    def _stale(self, last: datetime | None, now: datetime, has: str = "had") -> tuple[str, ...]:
        """That no run has succeeded for long, and how many nights passed without one."""
        if last is None or now - last <= STALE:
            return ()
        nights = (now.date() - last.astimezone(now.tzinfo).date()).days - 1
        missed = "" if nights < 1 else " 1 night was missed." if nights == 1 else f" {nights} nights were missed."
        return (f"No sync {has} succeeded since {self._moment(last)} ({_span(now - last)} ago).{missed}",)

    def _unsent(self, notices: Notices) -> tuple[str, ...]:
        if not notices.unsent or notices.unsent_since is None:
            return ()
        count = "A message" if notices.unsent == 1 else f"{notices.unsent} messages"
        return (f"{count} could not be sent since {self._moment(notices.unsent_since)}: {notices.why}",)

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self.clock.now().tzinfo)
        return f"{say_date(local.date())}, {local:%H:%M}"

    def _path(self, tag: str) -> Path:
        return self.folder / "notices" / f"{tag}.json"

    def _read(self) -> Notices:
        found = [read_notices(self._path(tag)) for tag in self.tags]
        return next((notices for notices in found if notices.failing_since is not None), found[0])

    def _keep(self, notices: Notices) -> None:
        try:
            write_notices(self._path(self.tags[0]), notices)
            for tag in self.tags[1:]:
                self._path(tag).unlink(missing_ok=True)
        except OSError as error:
            self.say(f"What was told can't be kept in {self._path(self.tags[0])} ({error.strerror or error}); it may be told again.")

    def _log(self, outcome: str, told: str) -> None:
        try:
            log_line(self.folder / LOGS, self.clock.now(), self.name, outcome, told)
        except OSError as error:
            self.say(f"The log in {self.folder / 'logs'} can't be written ({error.strerror or error}).")


def check_clock(last: datetime | None, now: datetime) -> tuple[str, ...]:
    """What is to be noted about the day, beside that of the last success. Raises GuardRefused for one that can't be right.

    A wrong day would rewrite every status, and an undated Log entry would stamp it into the owner's own columns.
    """
    today = now.date()
    remedy = "Set the computer's clock, or its time zone. If today is right, run once with --force."
    if last is None:
        if today < EARLIEST:
            raise GuardRefused(f"The computer's clock says {say_date(today)}, which lies before this version of sheetsync.", remedy)
        return ()
    day = last.astimezone(now.tzinfo).date()
    if today < day - BACK:
        raise GuardRefused(f"The computer's clock says {say_date(today)}, but the last sync was on {say_date(day)}.", remedy)
    if today > day + MOST_AHEAD:
        raise GuardRefused(
            f"The computer's clock says {say_date(today)}, but the last sync was on {say_date(day)}, more than a year before.", remedy)
    if today > day + NOTED_AHEAD:
        return (f"the last sync was on {say_date(day)}, {(today - day).days} days before",)
    return ()


def _undated(report: Report) -> tuple[str, ...]:
    """That Log entries without a date count for the day of the run, though after missed nights they may have been typed on another."""
    undated = [contact for contact in report.contacts if contact.entry.partition(":")[0].strip().casefold() in _UNDATED]
    if not undated:
        return ()
    count = "1 Log entry" if len(undated) == 1 else f"{len(undated)} Log entries"
    return (f"{count} without a date counted for {say_date(undated[0].day)}; where one was typed earlier, correct its date in the sheet.",)


def _unless_it_fails(last_success: Callable[[], datetime | None]) -> datetime | None:
    try:
        return last_success()
    except SheetsyncError:
        return None


def _said(error: Exception) -> tuple[int, str, str]:
    """Exit code, sentence and remedy of a failure."""
    if isinstance(error, SheetsyncError):
        return int(error.code), error.sentence, error.remedy
    return int(ExitCode.BUG), f"sheetsync failed in a way that it should not ({type(error).__name__}).", "The log folder holds the details."


def _span(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"
