"""The morning list, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sheetsync.core import model
from sheetsync.core.model import Report
from sheetsync.core.plan import say_problem
from sheetsync.core.values import say_date
from sheetsync.outputs.lists import Entry, Morning, morning
from sheetsync.outputs.text import Ink, plural, shown, width_of, wrap

_NAMED = 5  # rows to mend, and names that no rule fits


@dataclass(frozen=True, slots=True)
class Today:
    """Whom to contact: overdue, due, never contacted, and what comes in the next `days` days."""

    width: int = 80
    colour: bool = False
    days: int = 7

    def render(self, report: Report) -> str:
        """Lines of at most `width` columns: name, phone, last contact, date; step; reason."""
        ink = Ink(self.colour)
        found = morning(report, self.days)
        lines = [ink.bold(line) for line in wrap(f"{say_date(report.today)} · {report.source} · {report.sheet}", self.width)]
        if any(entry.follow_up.urgent for entry in (*found.now, *found.soon)):
            lines.append(ink.dim("! is urgent"))
        groups = (
            (model.OVERDUE, report.status.word(model.OVERDUE), found.overdue),
            (model.DUE_NOW, report.status.word(model.DUE_NOW), found.due),
            (model.NEVER_CONTACTED, report.status.word(model.NEVER_CONTACTED), found.never),
            (model.SOON, f"Next {plural(self.days, 'day')}", found.soon),
        )
        cells = {entry.index: _cells(entry, report.today) for _, _, entries in groups for entry in entries}
        columns = self._columns(list(cells.values()))
        if not found.now and not found.more:
            lines += ["", *wrap(_nobody(report, found, self.days), self.width)]
        for status, title, entries in groups:
            if status == model.SOON and found.more:
                limit = plural(report.max_per_day or 0, "normal follow-up")
                lines += ["", *wrap(f"and {found.more:,} more, beyond {limit} a day ([limits] max_per_day)", self.width)]
            if entries:
                lines += ["", ink.status(f"{shown(title)} ({len(entries):,})", report.status.style(status))]
                for entry in entries:
                    lines += self._entry(entry, cells[entry.index], columns, ink)
        lines += self._unplanned(report, found, ink)
        if report.contacts and not report.written:
            told = f"{plural(len(report.contacts), 'Log entry', 'Log entries')} counted as done here, and written by the next sync."
            lines += ["", *wrap(told, self.width)]
        return "\n".join(lines)

    def _columns(self, cells: Sequence[Sequence[str]]) -> list[int]:
        """How wide name, phone and last contact are, so that as many lines as can be hold them and the date beside one another."""
        when, last = (max((width_of(cell[place]) for cell in cells), default=0) for place in (3, 2))
        phone = max((width for cell in cells if (width := width_of(cell[1])) <= 20), default=0)
        name = self.width - 2 - phone - 2 - last - 2 - when - 2  # the mark of urgent ones, and two spaces between columns
        return [name, phone, last] if name >= 18 else []

    def _entry(self, entry: Entry, cells: Sequence[str], columns: Sequence[int], ink: Ink) -> list[str]:
        follow_up = entry.follow_up
        mark = "! " if follow_up.urgent else "  "
        if columns and all(width_of(cell) <= room for cell, room in zip(cells, columns, strict=False)):
            name, *rest = (cell + " " * (room - width_of(cell)) for cell, room in zip(cells, (*columns, 0), strict=True))
            lines = [mark + "  ".join([ink.bold(name), *rest]).rstrip()]
        else:  # nothing is cut: what does not go into its column takes a line more
            first, *more = wrap(cells[0], self.width, "  ") or [""]
            lines = [mark + ink.bold(first[2:]), *(ink.bold(line) for line in more)]
            lines += self._filled([cell for cell in cells[1:] if cell])
        lines += wrap(follow_up.step, self.width, "    ")
        lines += [ink.dim(line) for line in wrap(follow_up.why, self.width, "    ")]
        return lines

    def _filled(self, parts: Sequence[str]) -> list[str]:
        """Parts with a dot between them, as many in a line as go into it."""
        lines: list[str] = []
        for part in parts:
            if lines and width_of(lines[-1]) + 3 + width_of(part) <= self.width:
                lines[-1] += f" · {part}"
            else:
                lines += wrap(part, self.width, "    ")
        return lines

    def _unplanned(self, report: Report, found: Morning, ink: Ink) -> list[str]:
        """Rows that show Check row or No rule: nobody is invisible."""
        lines = []
        if found.check:
            lines += ["", ink.status(f"{report.status.word(model.CHECK_ROW)} ({len(found.check):,})",
                                     report.status.style(model.CHECK_ROW))]
            worst = {problem.customer: problem for problem in reversed(report.problems) if problem.severity == "error"}
            for entry in found.check[:_NAMED]:
                problem = worst.get(entry.index)
                said = "" if problem is None else f": {say_problem(report.customers, problem)}"
                lines += wrap(f"{entry.follow_up.customer} (row {entry.follow_up.row}){said}", self.width, "  ")
            if len(found.check) > _NAMED:
                lines.append(f"  and {len(found.check) - _NAMED:,} more: sheetsync check")
        if found.no_rule:
            names = ", ".join(f"{entry.follow_up.customer} (row {entry.follow_up.row})" for entry in found.no_rule[:_NAMED])
            more = f" and {len(found.no_rule) - _NAMED:,} more" if len(found.no_rule) > _NAMED else ""
            lines += ["", ink.status(f"{report.status.word(model.NO_RULE)} ({len(found.no_rule):,})", report.status.style(model.NO_RULE)),
                      *wrap(names + more, self.width, "  ")]
        return lines


def _cells(entry: Entry, today: date) -> tuple[str, str, str, str]:
    """Name, phone, last contact and date as they stand in the line."""
    follow_up = entry.follow_up
    name = " ".join(shown(follow_up.customer).split())
    last = "never contacted" if entry.last_contact is None else f"last {_day(entry.last_contact, today)[4:]}"
    when = "" if follow_up.due is None else "due today" if follow_up.due == today else f"due {_day(follow_up.due, today)}"
    return name, shown(entry.phone or entry.email) or "no phone", last, when


def _day(day: date, today: date) -> str:
    """A day with its weekday; the year only where it is another."""
    said = say_date(day)
    return said[: -5] if day.year == today.year else said


def _nobody(report: Report, found: Morning, days: int) -> str:
    if not report.follow_ups:
        return "No customers yet."
    if found.soon:
        return "Nobody is due today."
    said = "Nobody is due today" + (f", nor in the next {plural(days, 'day')}. " if days else ". ")
    if found.upcoming is not None and found.upcoming.follow_up.due is not None:
        follow_up = found.upcoming.follow_up
        said += f"The next is {follow_up.customer}, on {say_date(found.upcoming.follow_up.due)}. "
    return said + "Enjoy the day."
