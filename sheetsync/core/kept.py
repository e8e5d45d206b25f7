"""The standards kept, as values: what fell due and what was done in time, by rule and month; silence; complaints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one customer that fell due. `done` is None while it is open; `days_late` 0 where it was in time.

    `put_off` marks one that a snooze, a pause or another quiet reason took off the list before it was done.
    """

    rule: str
    customer: str
    fell_due: date
    done: date | None
    days_late: int = 0
    put_off: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How the steps of one rule or month were kept."""

    name: str
    steps: tuple[Step, ...]

    @property
    def in_time(self) -> int:
        """Done on or before the last day that counts as in time."""
        return sum(step.done is not None and step.days_late == 0 for step in self.steps)

    @property
    def late(self) -> int:
        """Done after it."""
        return sum(step.done is not None and step.days_late > 0 for step in self.steps)

    @property
    def open(self) -> int:
        """Not done yet."""
        return sum(step.done is None and not step.put_off for step in self.steps)

    @property
    def put_off(self) -> int:
        """Snoozed, paused or quiet for another reason before it was done."""
        return sum(step.put_off for step in self.steps)

    @property
    def median_days_late(self) -> float | None:
        """Of those that were done late; None where none was."""
        days = [step.days_late for step in self.steps if step.done is not None and step.days_late > 0]
        return median(days) if days else None

    @property
    def share(self) -> float | None:
        """In time, of all that were done (0 to 1); None where nothing was."""
        done = self.in_time + self.late
        return self.in_time / done if done else None


@dataclass(frozen=True, slots=True)
class Silent:
    """A customer and when somebody last spoke to them."""

    customer: str
    last_contact: date
    days: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as the sheet has it: when it came, was first called about and was resolved."""

    customer: str
    complained: date
    called: date | None
    resolved: date | None


@dataclass(frozen=True, slots=True)
class Standards:
    """What `sheetsync report` shows. `since` is the first day that the journal knows of; None without a journal.

    `whole_since` is the day before which changes are no longer kept, so that only Log entries tell what was done; None where all are.
    """

    today: date
    source: str
    sheet: str
    since: date | None
    steps: tuple[Step, ...]
    silent: tuple[Silent, ...]
    never_contacted: int
    complaints: tuple[Complaint, ...]
    whole_since: date | None = None

    @property
    def rules(self) -> tuple[Tally, ...]:
        """By rule, most steps first."""
        return tuple(sorted(_tallies((step.rule, step) for step in self.steps), key=lambda tally: (-len(tally.steps), tally.name)))

    @property
    def months(self) -> tuple[Tally, ...]:
        """By month (2026-11) in which a step fell due, newest first."""
        return tuple(sorted(_tallies((f"{s.fell_due:%Y-%m}", s) for s in self.steps), key=lambda tally: tally.name, reverse=True))

    def month(self, day: date) -> Tally:
        """The month of a day."""
        name = f"{day:%Y-%m}"
        return next((tally for tally in self.months if tally.name == name), Tally(name, ()))


def _tallies(named: Iterable[tuple[str, Step]]) -> list[Tally]:
    groups: dict[str, list[Step]] = {}
    for name, step in named:
        groups.setdefault(name, []).append(step)
    return [Tally(name, tuple(steps)) for name, steps in groups.items()]


def median_days(pairs: Sequence[tuple[date, date | None]]) -> float | None:
    """The median number of days between the dates of each pair, unfinished ones left out."""
    days = [(end - start).days for start, end in pairs if end is not None]
    return median(days) if days else None
