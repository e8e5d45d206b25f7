"""What an owner types into the Log column: "called yesterday: asked for a quote" and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast

from sheetsync.core.model import CONTACT_KINDS, Cell, CellError, ContactKind, DateOrder, Fault
from sheetsync.core.nearest import nearest
from sheetsync.core.values import WEEKDAYS, TwoReadingsError, read_date, say_date, text_of
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.due import parse_period

Word = Literal["contact", "snooze", "pause", "skip", "not a duplicate"]

EXAMPLES = '"done", "called yesterday", "emailed 3 Mar: sent the quote", "snooze 2 weeks", "until 3 March", "skip" or "pause until 1 Feb"'
_YEARS_BACK = 8  # 29 February comes at least so often
_SAID_OTHERWISE = {
    "call": "called", "phoned": "called", "phone": "called", "rang": "called", "telephoned": "called", "spoke": "called",
    "talked": "called", "email": "emailed", "mailed": "emailed", "mail": "emailed", "wrote": "emailed", "texted": "emailed",
    "meet": "met", "visited": "met", "saw": "met", "meeting": "met", "do": "done", "finished": "done", "ok": "done", "yes": "done",
    "completed": "done", "x": "done", "✓": "done", "✔": "done", "contacted": "done", "later": "snooze 1 week", "wait": "snooze",
    "postpone": "snooze", "remind": "snooze", "sleep": "snooze", "defer": "snooze", "hold": "pause", "on hold": "pause",
    "next": "skip", "skipped": "skip", "snoozed": "snooze", "paused": "pause", "different": "not a duplicate",
    "not duplicate": "not a duplicate", "no duplicate": "not a duplicate", "not a dup": "not a duplicate",
    "not the same": "not a duplicate",
}
_VERBS = (*CONTACT_KINDS, "snooze", "until", "skip", "pause", "not a duplicate")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_YEARLESS = re.compile(
    rf"(?:(?P<weekday>[a-z]{{3,9}})\.?,?\s+)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]*(?:of\s+)?(?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH})[\s.-]*(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)\.?"
)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*\.?")


class NotUnderstoodError(ValueError):
    """An entry that stays where it is: what is wrong with it, and the nearest thing that would work."""

    def __init__(self, sentence: str, suggestion: str) -> None:
        super().__init__(sentence)
        self.sentence, self.suggestion = sentence, suggestion


@dataclass(frozen=True, slots=True)
class Entry:
    """One Log entry. `day` is the day of a contact, or where a snooze or pause ends; None for the others."""

    word: Word
    kind: ContactKind
    day: date | None
    note: str
    text: str


def read_entry(cell: Cell | Fault, *, today: date, typed: date, calendar: Calendar, order: DateOrder | None = None) -> Entry:
    """The entry that a (non-blank) Log cell certainly means; `typed` is the day that undated ones count for.

    Raises NotUnderstoodError with a sentence and the nearest entry that would work.
    """
    if isinstance(cell, Fault):
        cell = cell.raw
    if isinstance(cell, CellError):
        raise NotUnderstoodError(f"shows {cell.code}", f"Type what was done, such as {EXAMPLES}.")
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        verb = "done" if day <= today else "until"
        raise NotUnderstoodError(f"{say_date(day)} alone does not say what was done", f'Type "{verb} {_short(day)}".')
    text = " ".join(text_of(cell).split())
    head, _, note = text.partition(":")
    return _Reader(text, head.strip(" .!").casefold(), note.strip(), today, typed, calendar, order).entry()


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    head: str
    note: str
    today: date
    typed: date
    calendar: Calendar
    order: DateOrder | None

    def entry(self) -> Entry:
        verb, _, rest = self.head.replace("e-mailed", "emailed").partition(" ")
        rest = rest.strip()
        if verb in CONTACT_KINDS:
            return self._made("contact", verb, self._past(verb, rest.removeprefix("on ")))
        if verb == "until":
            return self._made("snooze", "snoozed", self._future(verb, rest))
        if verb in ("snooze", "pause"):
            kind: ContactKind = "snoozed" if verb == "snooze" else "paused"
            return self._made(cast(Word, verb), kind, self._end(verb, rest))
        if self.head == "skip":
            return self._made("skip", "skipped", None)
        if self.head == "not a duplicate":
            return self._made("not a duplicate", "not a duplicate", None)
        raise NotUnderstoodError(f'"{self._shown()}" is not understood', self._nearest())

    def _made(self, word: Word, kind: ContactKind, day: date | None) -> Entry:
        return Entry(word, kind, day, self.note, self.text)

    def _shown(self) -> str:
        return self.text if len(self.text) <= 40 else self.text[:39] + "…"

    def _past(self, verb: str, words: str) -> date:
        """The day of a contact: not in the future."""
        if words in ("", "today"):
            return self.typed
        if words == "yesterday":
            return self.typed - timedelta(days=1)
        day = self._day(verb, words, forward=False)
        if day > self.today:
            raise NotUnderstoodError(f'"{self._shown()}": {say_date(day)} has not come yet',
                                     f'For what is still to come type "until {_short(day)}".')
        return day

    def _future(self, verb: str, words: str) -> date:
        """The day on which a snooze or pause ends: after today."""
        if words == "tomorrow":
            return self.typed + timedelta(days=1)
        if not words:
            raise NotUnderstoodError(f'"{self._shown()}" does not say until when', f'Type such as "{verb} 3 March" or "snooze 2 weeks".')
        day = self._day(verb, words, forward=True)
        if day <= self.today:
            raise NotUnderstoodError(f'"{self._shown()}": {say_date(day)} has come already', "Name a day after today.")
        return day

    def _end(self, verb: str, rest: str) -> date:
        """The end of "snooze 2 weeks", "snooze until 3 March" and the same with pause."""
        if rest == "until" or rest.startswith("until "):
            return self._future(f"{verb} until", rest.removeprefix("until").strip())
        words = rest.removeprefix("for ").strip()
        if not words:
            raise NotUnderstoodError(f'"{self._shown()}" does not say how long',
                                     f'Type such as "{verb} 2 weeks" or "{verb} until 3 March".')
        try:
            return parse_period(words).after(self.typed, self.calendar)
        except OverflowError:
            raise NotUnderstoodError(f'"{self._shown()}" is longer than the calendar goes', f'Type such as "{verb} 2 weeks".') from None
        except ValueError as error:
            said = str(error)
            if "did you mean" in said:
                raise NotUnderstoodError(f'"{self._shown()}": {said}', "") from None
            raise NotUnderstoodError(f'"{self._shown()}": "{words}" is no length of time',
                                     f'Type such as "{verb} 2 weeks" or "{verb} until 3 March".') from None

    def _day(self, verb: str, words: str, *, forward: bool) -> date:
        """The day that the words mean; without a year the nearest such day that fits, never one of two readings."""
        if (match := _YEARLESS.fullmatch(words)) is not None:
            return self._yearless(words, match, forward=forward)
        try:
            return read_date(words, self.order)
        except TwoReadingsError as error:
            one, other = _short(error.one), _short(error.other)
            raise NotUnderstoodError(f'"{self._shown()}": "{words}" {error}', f'Type "{verb} {one}" or "{verb} {other}".') from None
        except ValueError as error:
            said = str(error)
        if (numbers := _DAY_AND_MONTH.fullmatch(words)) is not None:
            readings = self._readings(int(numbers[1]), int(numbers[2]), forward=forward)
            if readings:
                choice = " or ".join(f'"{verb} {_short(day)}"' for day in readings)
                raise NotUnderstoodError(f'"{self._shown()}": "{words}" does not say which is the month', f"Type {choice}.")
        if words in WEEKDAYS or words.removeprefix("last ").removeprefix("next ") in WEEKDAYS:
            day = self._weekday(words.rsplit(" ", 1)[-1], forward=forward)
            raise NotUnderstoodError(f'"{self._shown()}": "{words}" is no date', f'Did you mean "{verb} {_short(day)}"?')
        near = nearest(words, ("today", "yesterday") if not forward else ("tomorrow",), cutoff=0.7)
        suggestion = f'Did you mean "{verb} {near}"?' if near else f'Type such as "{verb} {_short(self.typed)}".'
        if near is None and verb in CONTACT_KINDS and not any(character.isdigit() for character in words):
            suggestion = f'A note stands behind a colon: "{verb}: {self.text.partition(" ")[2].removeprefix(": ")}".'
        raise NotUnderstoodError(f'"{self._shown()}": "{words}" {said}', suggestion)

    def _yearless(self, words: str, match: re.Match[str], *, forward: bool) -> date:
        bare = f"{match['day'] or match['day2']} {match['month'] or match['month2']}"
        years = range(self.today.year, self.today.year + _YEARS_BACK + 1) if forward else range(
            self.today.year, self.today.year - _YEARS_BACK - 1, -1)
        for year in years:
            try:
                day = read_date(f"{bare} {year}")
            except ValueError:
                continue
            if (day > self.today) if forward else (day <= self.today):
                break
        else:
            raise NotUnderstoodError(f'"{self._shown()}": "{words}" is no date that exists', "Look at the calendar.")
        weekday = match["weekday"]
        if weekday and not WEEKDAYS[day.weekday()].startswith(weekday):
            raise NotUnderstoodError(f'"{self._shown()}": {_short(day)} is a {WEEKDAYS[day.weekday()].title()}', "Name the day alone.")
        return day

    def _readings(self, one: int, other: int, *, forward: bool) -> list[date]:
        found = []
        for day, month in dict.fromkeys(((one, other), (other, one))):
            for year in (self.today.year, self.today.year + (1 if forward else -1)):
                try:
                    candidate = date(year, month, day)
                except ValueError:
                    continue
                if (candidate > self.today) if forward else (candidate <= self.today):
                    found.append(candidate)
                    break
        return found

    def _weekday(self, name: str, *, forward: bool) -> date:
        step = timedelta(days=1 if forward else -1)
        day = self.today + step if forward else self.today
        while WEEKDAYS[day.weekday()] != name:
            day += step
        return day

    def _nearest(self) -> str:
        """The nearest entry that would work: the verb mended, the rest as it was."""
        whole = _SAID_OTHERWISE.get(self.head) or nearest(self.head, _VERBS, cutoff=0.7)
        first, _, rest = self.head.partition(" ")
        mended = _SAID_OTHERWISE.get(first) or nearest(first, [verb for verb in _VERBS if " " not in verb], cutoff=0.6)
        for head in ([whole] if whole else []) + ([f"{mended} {rest}".strip()] if mended else []):
            for tail in ("", " 2 weeks"):
                try:
                    _Reader(head + tail, head + tail, "", self.today, self.typed, self.calendar, self.order).entry()
                except NotUnderstoodError:
                    continue
                return f'Did you mean "{head}{tail}{": " + self.note if self.note else ""}"?'
        if mended in CONTACT_KINDS and rest:
            return f'Did you mean "{mended}: {self.text}"?'
        return f"Type such as {EXAMPLES}."


def _short(day: date) -> str:
    """ "3 Mar 2026"."""
    return say_date(day)[4:]
