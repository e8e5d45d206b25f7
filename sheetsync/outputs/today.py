"""The morning list, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetsync.core import model
from sheetsync.core.model import Report
from sheetsync.core.values import say_date
from sheetsync.outputs.lists import Entry, morning
from sheetsync.outputs.text import Ink, fit, plural, wrap


@dataclass(frozen=True, slots=True)
class Today:
    """Whom to contact: overdue, due, never contacted, and what comes in the next `days` days."""

    width: int = 80
    colour: bool = False
    days: int = 7

    def render(self, report: Report) -> str:
        """Lines of at most `width` columns: name, phone, last contact; step; reason."""
        ink = Ink(self.colour)
        found = morning(report, self.days)
        lines = [ink.bold(f"{say_date(report.today)} · {report.source} · {report.sheet}")]
        groups = (
            (model.OVERDUE, report.status.word(model.OVERDUE), found.overdue),
            (model.DUE_NOW, report.status.word(model.DUE_NOW), found.due),
            (model.NEVER_CONTACTED, report.status.word(model.NEVER_CONTACTED), found.never),
            (model.SOON, f"Next {plural(self.days, 'day')}", found.soon),
        )
        for status, title, entries in groups:
            if entries:
                lines += ["", ink.status(f"{title} ({len(entries)})", report.status.style(status)),
                          *self._entries(entries, ink)]
        if found.more:
            lines += ["", f"and {found.more:,} more, beyond today's {plural(report.max_per_day or 0, 'follow-up')}"]
        if len(lines) == 1:
            lines += ["", "Nobody is due. Enjoy the day."]
        if report.contacts:
            told = f"{plural(len(report.contacts), 'Log entry', 'Log entries')} counted as done here, and written by the next sync."
            lines += ["", *wrap(told, self.width)]
        checks = sum(follow_up.status == model.CHECK_ROW for follow_up in report.follow_ups)
        if checks:
            lines += ["", *wrap(f"{plural(checks, 'row')} can't be planned until mended: sheetsync check", self.width)]
        return "\n".join(lines)

    def _entries(self, entries: Sequence[Entry], ink: Ink) -> list[str]:
        lines = []
        for entry in entries:
            follow_up = entry.follow_up
            when = "" if follow_up.due is None else say_date(follow_up.due)
            last = "never spoken" if entry.last_contact is None else f"last {say_date(entry.last_contact)[4:]}"
            name = "! " + follow_up.customer if follow_up.urgent else follow_up.customer
            room = self.width - 2 - 18 - 1 - 16 - 1 - 17
            lines.append(f"  {ink.bold(fit(name, room - 1))} {fit(entry.phone, 18)} {fit(last, 17)} {fit(when, 16)}".rstrip())
            lines += wrap(follow_up.step, self.width, "    ")
            lines += [ink.dim(line) for line in wrap(follow_up.why, self.width, "    ")]
        return lines
