"""What a sync found and did, for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sheetsync.core.model import Report
from sheetsync.core.plan import say_problem
from sheetsync.core.values import say_date
from sheetsync.outputs.lists import first
from sheetsync.outputs.text import Ink, fit, plural, width_of, wrap

_FIRST = 5  # customers to call, and problems, shown in a summary
_NOTES = 6


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by status, the first few to call, problems, and what was written. `dry_run` says that nothing was to be."""

    width: int = 80
    colour: bool = False
    dry_run: bool = False

    def render(self, report: Report) -> str:
        """Lines of at most `width` columns."""
        ink = Ink(self.colour)
        head = f"{report.source} · {report.sheet} · {plural(len(report.customers), 'customer')} · {say_date(report.today)}"
        lines = [ink.bold(line) for line in wrap(head, self.width)]
        lines += ["", *self._statuses(report, ink)]
        lines += self._first(report, ink)
        lines += self._problems(report, ink)
        lines += self._log(report, ink)
        for note in report.notes[:_NOTES]:
            lines += ["", *wrap(note, self.width)] if note is report.notes[0] else wrap(note, self.width)
        if len(report.notes) > _NOTES:
            lines.append(f"and {len(report.notes) - _NOTES} more notes")
        lines += ["", *wrap(self._written(report), self.width)]
        return "\n".join(lines)

    def _statuses(self, report: Report, ink: Ink) -> list[str]:
        counts = report.statuses
        if not counts:
            return ["No customers yet."]
        styles = {report.status.word(name): report.status.style(name) for name in report.status_order}
        word_width = min(30, max(map(width_of, counts)))
        most = max(counts.values())
        room = max(10, min(40, self.width - word_width - 14))
        lines = []
        for word, count in counts.items():
            bar = "█" * max(1, round(count / most * room))
            lines.append(f"  {ink.status(fit(word, word_width), styles[word])}  {count:>7,}  {ink.status(bar, styles[word])}")
        return lines

    def _first(self, report: Report, ink: Ink) -> list[str]:
        entries, total = first(report, _FIRST)
        if not entries:
            return []
        lines = ["", ink.bold("First to contact")]
        styles = {name: report.status.style(name) for name in report.status_order}
        for entry in entries:
            follow_up = entry.follow_up
            word = fit(report.status.word(follow_up.status), 15)
            when = ""
            if follow_up.due is not None:
                when = "today" if follow_up.due == report.today else "since " if follow_up.due < report.today else "on "
                when += "" if when == "today" else say_date(follow_up.due)[4:]
            name_width = self.width - 4 - 15 - 17 - 18
            told = f"{fit(follow_up.customer, name_width)} {fit(when, 17)} {fit(entry.phone, 16)}"
            lines.append(f"  {ink.status(word, styles[follow_up.status])} {told}".rstrip())
            lines.append(ink.dim(fit("    " + follow_up.step, self.width).rstrip()))
        if total > _FIRST:
            lines.append(f"  and {plural(total - _FIRST, 'more', 'more')}: sheetsync today")
        return lines

    def _problems(self, report: Report, ink: Ink) -> list[str]:
        if not report.problems:
            return []
        severities = Counter(problem.severity for problem in report.problems)
        said = " and ".join(plural(severities[s], s) for s in ("error", "warning") if severities[s])
        lines = ["", ink.bold(f"Problems: {said}")]
        worst = sorted(report.problems, key=lambda problem: problem.severity != "error")
        for problem in worst[:_FIRST]:
            where = report.customers.table.address(problem.row, report.customers.header(problem.column))
            lines += wrap(f"{where}  {say_problem(report.customers, problem)}", self.width, "  ")
        if len(worst) > _FIRST:
            lines.append(f"  and {plural(len(worst) - _FIRST, 'more', 'more')}: sheetsync check")
        return lines

    def _log(self, report: Report, ink: Ink) -> list[str]:
        if not report.contacts:
            return []
        lines = ["", ink.bold(f"Log: {plural(len(report.contacts), 'entry', 'entries')} {'done' if report.written else 'to be done'}")]
        for contact in report.contacts[:_FIRST]:
            until = "" if contact.until is None else f" until {say_date(contact.until)[4:]}"
            told = f"{contact.kind}{until}" if until or contact.kind == "not a duplicate" else f"{contact.kind} {say_date(contact.day)[4:]}"
            lines += wrap(f"{contact.customer}: {told}" + (f" ({contact.rule})" if contact.rule else ""), self.width, "  ")
        if len(report.contacts) > _FIRST:
            lines.append(f"  and {plural(len(report.contacts) - _FIRST, 'more', 'more')}")
        return lines

    def _written(self, report: Report) -> str:
        cells = len(report.changes)
        if not cells:
            return f"Nothing has changed; {report.source} was not touched."
        rows = len({change.row for change in report.changes})
        what = f"{plural(cells, 'cell')} in {plural(rows, 'row')}"
        if not report.written:
            return f"Dry run: {what} would be written; {report.source} was not touched."
        return f"Written: {what} of {report.source}. To take it back: sheetsync undo"
