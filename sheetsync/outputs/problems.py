"""What the checks found, by kind and by row, for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sheetsync.core.model import Report
from sheetsync.core.plan import say_problem
from sheetsync.core.values import say_date
from sheetsync.outputs.text import Ink, fit, plural, wrap


@dataclass(frozen=True, slots=True)
class Problems:
    """A table by kind, then every problem with the address of its cell."""

    width: int = 80
    colour: bool = False

    def render(self, report: Report) -> str:
        """Lines of at most `width` columns."""
        ink = Ink(self.colour)
        customers = report.customers
        head = f"{report.source} · {report.sheet} · {plural(len(customers), 'customer')} · {say_date(report.today)}"
        lines = [ink.bold(line) for line in wrap(head, self.width)]
        if not report.problems:
            lines += ["", "No problems."]
        else:
            lines += ["", ink.bold(f"  {fit('Check', 12)} {fit('Column', 24)} {'Errors':>8} {'Warnings':>9}")]
            kinds = Counter((p.check, customers.header(p.column), p.severity) for p in report.problems)
            for check, column in sorted({(check, column) for check, column, _ in kinds}):
                errors, warnings = kinds[check, column, "error"], kinds[check, column, "warning"]
                lines.append(f"  {fit(check, 12)} {fit(column, 24)} {errors or '':>8} {warnings or '':>9}")
            lines.append("")
            for problem in report.problems:
                where = customers.table.address(problem.row, customers.header(problem.column))
                who = customers.labels[problem.customer] if problem.customer >= 0 else ""
                mark = "error  " if problem.severity == "error" else "warning"
                lines.append(f"  {ink.bold(fit(where, 8))}{mark}  {fit(who, self.width - 19)}".rstrip())
                lines += wrap(say_problem(customers, problem), self.width, "          ")
        if report.contacts:
            entries = plural(len(report.contacts), "entry", "entries")
            lines += ["", *wrap(f"Log: {entries} to be done by the next sync. To see them: sheetsync sync --dry-run", self.width)]
        for note in report.notes:
            lines += ["", *wrap(note, self.width)]
        return "\n".join(lines)
