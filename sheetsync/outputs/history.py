"""Recorded runs, and one customer's story, for a person at a terminal and for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sheetsync.core.model import Cell, Change, Contact
from sheetsync.core.past import KEPT_DAYS, Run, Story, Touched, say_moment
from sheetsync.core.values import say_date, text_of
from sheetsync.errors import ExitCode
from sheetsync.outputs.json import change_objects
from sheetsync.outputs.text import Ink, fit, plural, wrap

VERSION = 1
_WHEN, _COMMAND, _NUMBER = 22, 6, 9  # columns
_LONG = 60  # letters; where the two take more, what was there before is left out
_REFUSED = {
    ExitCode.BUG: "failed", ExitCode.SETTINGS: "refused: the settings", ExitCode.NOT_REACHABLE: "not possible then",
    ExitCode.TABLE_CHANGED: "edited meanwhile", ExitCode.GUARD: "refused by the guard", ExitCode.INTERRUPTED: "stopped",
}


@dataclass(frozen=True, slots=True)
class HistoryText:
    """One line a run, newest first, and what it said where it did not end well."""

    width: int = 80
    colour: bool = False
    zone: tzinfo | None = None

    def render(self, runs: Sequence[Run], *, more: bool = False, backups: str = "") -> str:
        """Lines of at most `width` columns. `more` says that there are older runs, `backups` where copies of the workbook are."""
        ink = Ink(self.colour)
        if not runs:
            return "The journal holds no run yet."
        lines = [ink.bold(f"{fit('When', _WHEN)} {fit('Run', _COMMAND)} {'Customers':>{_NUMBER}} {'Cells':>{_NUMBER}}  What became of it")]
        moments = {run.id: say_moment(run.started, self.zone)[4:] for run in runs}
        several = len({run.source for run in runs}) > 1
        last = ""
        for run in runs:
            if several and run.source != last:
                last = run.source
                lines += ["", ink.bold(last)]  # in one piece, for copying
            lines += self._run(run, moments, ink)
        lines.append("")
        if more:
            lines += wrap(f"The newest {len(runs):,} runs; older ones with --limit.", self.width)
        lines += wrap(f"What each run changed is kept for {KEPT_DAYS} days. One customer's story: sheetsync history WHO", self.width)
        return "\n".join([*lines, *wrap(backups, self.width)])

    def _run(self, run: Run, moments: dict[int, str], ink: Ink) -> list[str]:
        customers = "" if run.customers is None else f"{run.customers:,}"
        cells = f"{run.cells:,}" if run.cells else ""
        room = self.width - _WHEN - _COMMAND - 2 * _NUMBER - 5
        told = wrap(_outcome(run, moments), room)
        head = f"{fit(say_moment(run.started, self.zone), _WHEN)} {fit(run.command, _COMMAND)} {customers:>{_NUMBER}} {cells:>{_NUMBER}}"
        lines = [f"{head}  {told[0]}", *(" " * (self.width - room) + line for line in told[1:])]
        return lines + [ink.dim(line) for line in wrap(run.sentence, self.width, "    ")]


def _outcome(run: Run, moments: dict[int, str]) -> str:
    if run.outcome == "nothing":
        return "nothing had changed"
    if run.outcome == "writing":
        return "cut off while it wrote, or at work now"
    if run.outcome == "failed":
        return "failed while it wrote"
    if run.outcome == "refused":
        word = _REFUSED.get(ExitCode(run.code), "refused") if run.code is not None else "refused"
        return word + (f", {run.times:,} times" if run.times > 1 else "")
    if run.command == "undo":
        return f"took back {moments[run.undoes]}" if run.undoes in moments else "took back an earlier run"
    done = "written" + (f", {plural(run.contacts, 'Log entry', 'Log entries')}" if run.contacts else "")
    if run.undone_by is None:
        return done
    return f"taken back {moments[run.undone_by]}" if run.undone_by in moments else "taken back later"


@dataclass(frozen=True, slots=True)
class HistoryJson:
    """All that is recorded of each run; times in UTC, ISO 8601."""

    def render(self, runs: Iterable[Run]) -> str:
        """One object."""
        return json.dumps({"version": VERSION, "runs": [_run_object(run) for run in runs]}, ensure_ascii=False)


def _run_object(run: Run) -> dict[str, Any]:
    return {
        "id": run.id, "source": run.source, "sheet": run.sheet, "command": run.command, "started": run.started.isoformat(),
        "ended": None if run.ended is None else run.ended.isoformat(), "today": run.today.isoformat(), "outcome": run.outcome,
        "code": run.code, "sentence": run.sentence, "times": run.times, "customers": run.customers, "statuses": run.statuses,
        "cells": run.cells, "log": run.contacts, "undoes": run.undoes, "undone_by": run.undone_by, "changes_kept": not run.dropped,
        "sheetsync": run.version,
    }


@dataclass(frozen=True, slots=True)
class StoryText:
    """One customer: what each run changed in their row, and what was typed into Log, oldest first. `mark` stands before our headers."""

    width: int = 80
    colour: bool = False
    zone: tzinfo | None = None
    mark: str = ""

    def render(self, story: Story) -> str:
        """Lines of at most `width` columns."""
        ink = Ink(self.colour)
        key = "".join(f" ({header} {key})" for header, key in sorted(story.whose.keys))
        lines = [ink.bold(line) for line in wrap(f"{story.whose.name}{key} · {story.source}", self.width)]
        if story.since is not None:
            lines += wrap(f"From {say_moment(story.since, self.zone)} on, all that changed; of the time before, the Log entries.",
                          self.width)
        if story.by_name:
            lines += wrap("The row has no unique key, so it was looked for by the name; somebody else of that name may be among it.",
                          self.width)
        for touched in story.touched:
            lines += ["", *self._touched(touched, ink)]
        return "\n".join(lines)

    def _touched(self, touched: Touched, ink: Ink) -> list[str]:
        run = touched.run
        end = ", taken back later" if run.undone_by is not None else ""
        planned = "" if run.today == run.started.astimezone(self.zone).date() else f" as of {say_date(run.today)}"
        lines = [ink.bold(f"{say_moment(run.started, self.zone)} · {run.command}{planned}{end}")]
        for contact in touched.contacts:
            lines += _hanging(_entry(contact), self.width)
        for change in touched.changes:
            if change.before != change.after:  # else only its colour
                lines += _hanging(f"{change.column.removeprefix(self.mark)}: {_change(change)}", self.width)
        return lines


def _hanging(text: str, width: int) -> list[str]:
    first, *rest = wrap(text, width - 2, "  ")
    return [first, *("  " + line for line in rest)]


def _entry(contact: Contact) -> str:
    until = "" if contact.until is None else f" until {say_date(contact.until)[4:]}"
    day = "" if until or contact.kind == "not a duplicate" else f" on {say_date(contact.day)[4:]}"
    rule = f", for {contact.rule}" if contact.rule else ""
    return f"Log: {contact.kind}{day}{until}{rule}" + (f": {contact.note}" if contact.note else "")


def _change(change: Change) -> str:
    before, after = _cell(change.before), _cell(change.after)
    return after if change.before is None or len(before) + len(after) > _LONG else f"{before} → {after}"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "(blank)"
    return say_date(cell) if isinstance(cell, date) and not isinstance(cell, datetime) else text_of(cell)


@dataclass(frozen=True, slots=True)
class StoryJson:
    """The same for other programs."""

    def render(self, story: Story) -> str:
        """One object."""
        return json.dumps({
            "version": VERSION, "source": story.source, "customer": story.whose.name,
            "keys": [{"column": header, "key": key} for header, key in sorted(story.whose.keys)],
            "whole_since": None if story.since is None else story.since.isoformat(),
            "story": [
                {"run": touched.run.id, "command": touched.run.command, "started": touched.run.started.isoformat(),
                 "today": touched.run.today.isoformat(), "undone": touched.run.undone_by is not None,
                 "log": [{"kind": c.kind, "day": c.day.isoformat(), "until": None if c.until is None else c.until.isoformat(),
                          "rule": c.rule, "note": c.note, "entry": c.entry} for c in touched.contacts],
                 "changes": change_objects(touched.changes)}
                for touched in story.touched
            ],
        }, ensure_ascii=False)
