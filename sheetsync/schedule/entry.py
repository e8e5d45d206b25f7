"""What is scheduled: one entry for each workbook, and what a scheduler says of it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from sheetsync.errors import Refused, SettingsError
from sheetsync.schedule.due import parse_due

PREFIX = "sheetsync-"
AGAIN = "Install it again."
AGAIN_AFTER = 1  # hours: a second start, for a night whose clock leaves the first one out; it does nothing where that one succeeded


def entry_name(identity: str, *, is_link: bool) -> str:
    """The entry's name, the same for the same source on every day: readable, and nothing but letters, digits and hyphens."""
    words = "google-sheet" if is_link else unicodedata.normalize("NFKD", Path(identity).stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:30].strip("-") or "workbook"
    return f"{PREFIX}{slug}-{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One nightly sync: `program` and `options` are what is run, `environment` what it is given beside the scheduler's own.

    `first` is the day of the first run: an entry that is installed by day begins in the night, not at once.
    """

    name: str
    source: str
    at: time
    first: date
    program: tuple[str, ...]
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for text in (self.source, *self.program, *self.options, *self.environment.values()):
            # An undecodable byte of a file's name is a surrogate here (category Cs); no scheduler's file can hold it, and XML no U+FFFE.
            if any(unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff" for character in text):
                raise Refused(f"{text!r} holds a character that no schedule can hold.", "Rename the file or folder, without line breaks.")

    @property
    def title(self) -> str:
        """What people call the source."""
        return called(self.source)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What stands behind the program."""
        return ("sync", self.source, *self.options, "--unattended", "--if-due", f"{self.at:%H:%M}/{self.first.isoformat()}")

    @property
    def again(self) -> time:
        """When the second start is."""
        return self.at.replace(hour=(self.at.hour + AGAIN_AFTER) % 24)

    @property
    def stamp(self) -> str:
        """The arguments in ASCII, for a comment that `installed` reads back."""
        return json.dumps(self.arguments)


def called(source: str) -> str:
    """What people call a source: the file's name, or the link."""
    return source if "://" in source else re.split(r"[\\/]", source)[-1]


@dataclass(frozen=True, slots=True)
class Installed:
    """An entry as a scheduler has it. `at` is None where somebody has changed it by hand beyond what can be read.

    `fault` says why the scheduler will not start it, and what to do; `last_run` and `last_result` (an exit code) are None where it
    doesn't know.
    """

    name: str
    scheduler: str
    source: str
    at: time | None
    first: date | None
    fault: str = ""
    last_run: datetime | None = None
    last_result: int | None = None
    notes: tuple[str, ...] = ()


def installed(
    name: str, scheduler: str, arguments: Sequence[str], *, fault: str = "", last_run: datetime | None = None,
    last_result: int | None = None, notes: tuple[str, ...] = (),
) -> Installed:
    """An entry read back from its arguments, however much else stands there."""
    source, at, first = "", None, None
    for word, following in pairwise(arguments):
        if word == "sync" and not source:
            source = following
        elif word == "--if-due":
            try:
                at, first = parse_due(following)
            except SettingsError:
                fault = fault or f'Its time "{following}" was changed by hand and can\'t be read. {AGAIN}'
    if at is None:
        fault = fault or f"It was changed by hand and can't be read. {AGAIN}"
    return Installed(name, scheduler, source, at, first, fault, last_run, last_result, notes)


def from_stamp(text: str) -> tuple[str, ...]:
    """The arguments of a stamp; none where it was changed by hand."""
    try:
        found = json.loads(text)
    except ValueError:
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()


class Scheduler(Protocol):
    """One kind of scheduler. Every method raises Refused with the scheduler's own words where one of its programs fails."""

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def is_here(self) -> bool:
        """Whether it runs on this computer, for this user."""
        ...

    def install(self, entry: Entry) -> tuple[str, ...]:
        """Installs an entry in the place of one of the same name, and leaves all others alone; sentences for the owner."""
        ...

    def remove(self, name: str) -> bool:
        """Removes an entry and leaves all others alone; whether there was one."""
        ...

    def entries(self) -> tuple[Installed, ...]:
        """Every entry of sheetsync's."""
        ...
