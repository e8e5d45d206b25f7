"""What `sync --unattended` is made of: the clock, the notifiers and the texts that an unattended run is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from sheetsync import config as configuration
from sheetsync.cli.handler import say
from sheetsync.cli.options import Asked, day_of, parse_today, render
from sheetsync.config import Notify
from sheetsync.core.model import Message, Report, Unsent
from sheetsync.errors import SettingsError
from sheetsync.journal import Journal
from sheetsync.outputs.digest import Form, is_needed, notice
from sheetsync.runlog import FILE_NAME
from sheetsync.unattended import LOGS, Finished, Night, Words

_FORMS: tuple[Form, ...] = ("subject", "text", "html")


@dataclass(frozen=True, slots=True)
class ComputerClock:
    """The computer's clock, in the owner's time zone."""

    zone: tzinfo | None = None

    def now(self) -> datetime:
        """The time."""
        return datetime.now(self.zone).astimezone(self.zone)

    def monotonic(self) -> float:
        """Seconds that no setting of the clock moves."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


def sync_unattended(
    asked_for: Callable[[], Asked], once: Callable[[Asked], Report], journal: Journal, *, target: str | None, config: Path | None,
    today: str | None, force: bool, due: Callable[[Asked], bool] = lambda asked: True,
) -> Finished | None:
    """Runs `once` as nobody watches it; None where it is not due. What stops it before there is a source, such as broken settings, is
    told as well.

    Raises what the run raised.
    """
    night = _before_settings(target, config)
    try:
        asked = asked_for()
        day = parse_today(today)
        if not due(asked):
            return None
    except Exception as error:
        night.failed(error)
        raise
    night = _night(asked, night.tags)

    def try_once() -> Report:
        now, early = day_of(asked.settings, today)  # a try after midnight is one of the next day
        return once(replace(asked, today=now, before_day_ends=early))

    identity = asked.source.identity
    return night.run(try_once, lock=lambda: configuration.one_at_a_time(identity), last_success=lambda: journal.last_success(identity),
                     day=day, force=force)


def pending(asked: Asked, journal: Journal) -> tuple[str, ...]:
    """What a run by hand has to say first of the unattended ones."""
    return _night(asked).pending(lambda: journal.last_success(asked.source.identity))


def log_file() -> Path:
    """Where unattended runs are logged."""
    return configuration.state_folder() / LOGS / FILE_NAME


def post(notify: Notify) -> Callable[[Message, tuple[int, ...]], Mapping[int, Unsent]]:
    """The way to send a message through the notifiers of the settings."""

    def send(message: Message, places: tuple[int, ...]) -> Mapping[int, Unsent]:
        from sheetsync.deliver import to_notifier

        unsent = {}
        for place in places:
            try:
                failure = to_notifier(message, notify.filled(place))
            except SettingsError as error:
                failure = Unsent(error.sentence)
            if failure is not None:
                unsent[place] = failure
        return unsent

    return send


def words(notify: Notify) -> Words:
    """How messages are worded, and when there is a digest."""

    def digest(report: Report, alarms: tuple[str, ...]) -> Message | None:
        if not alarms and notify.when == "something" and not is_needed(report):
            return None
        return Message(*(render("digest", report, form=form, alarms=alarms) for form in _FORMS))

    return Words(digest, message)


def message(subject: str, lines: tuple[str, ...]) -> Message:
    """A message without a list."""
    return Message(*(notice(form, subject, lines) for form in _FORMS))


def _before_settings(target: str | None, config: Path | None) -> Night:
    """The night of a run whose settings are not read yet: it is told by what was asked for."""
    workbook = None if target is None or configuration.is_link(target) else Path(target).expanduser()
    try:
        path = configuration.find_settings(workbook, config)
    except SettingsError:
        path = None
    if workbook is not None:
        name, identity = workbook.name, str(workbook.resolve())
    elif target is not None:
        name = identity = target
    else:
        place = path or Path.cwd()
        name, identity = str(place), str(place.resolve())
    notify = configuration.notify_of(path)
    return Night(configuration.state_folder(), name, (configuration.tag_of(identity),), ComputerClock(), words(notify), post(notify),
                 len(notify.urls), notify.when, say)


def _night(asked: Asked, other_tags: tuple[str, ...] = ()) -> Night:
    notify = asked.settings.notify
    tags = tuple(dict.fromkeys((configuration.tag_of(asked.source.identity), *other_tags)))
    return Night(configuration.state_folder(), asked.source.name, tags, ComputerClock(asked.settings.zone), words(notify), post(notify),
                 len(notify.urls), notify.when, say)
