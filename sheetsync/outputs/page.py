"""The morning list as one self-contained page, for a phone, a desk or paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from sheetsync.core import model
from sheetsync.core.model import Report
from sheetsync.core.plan import say_problem
from sheetsync.core.values import say_date
from sheetsync.outputs.lists import morning


@dataclass(frozen=True, slots=True)
class Page:
    """The list with phone and mail links, and the problems; nothing on it is fetched from anywhere."""

    days: int = 7

    def render(self, report: Report) -> str:
        """The page as HTML; every text from the sheet is escaped."""
        from jinja2 import StrictUndefined  # heavy: only for this output
        from jinja2.sandbox import SandboxedEnvironment

        found = morning(report, self.days)
        word, style = report.status.word, report.status.style
        groups = [
            {"title": word(model.OVERDUE), "style": style(model.OVERDUE), "entries": found.overdue},
            {"title": word(model.DUE_NOW), "style": style(model.DUE_NOW), "entries": found.due},
            {"title": word(model.NEVER_CONTACTED), "style": style(model.NEVER_CONTACTED), "entries": found.never},
            {"title": f"Next {self.days} days", "style": style(model.SOON), "entries": found.soon},
        ]
        environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters |= {"day": say_date, "tel": _tel}
        source = resources.files("sheetsync").joinpath("outputs/page.html.j2").read_text("utf-8")
        styles = {word(name): style(name) for name in report.status_order}
        customers = report.customers
        problems = [
            (customers.labels[p.customer] if p.customer >= 0 else "", say_problem(customers, p), p.severity) for p in report.problems
        ]
        return environment.from_string(source).render(
            today=report.today, source=report.source, sheet=report.sheet, groups=[g for g in groups if g["entries"]],
            more=found.more, statuses=[(name, count, styles[name]) for name, count in report.statuses.items()],
            problems=problems, rows=len(customers),
        )


def _tel(phone: str) -> str:
    """A phone number as a tel: link takes it (RFC 3966): digits and a leading plus, the extension left out."""
    number = re.split(r"(?i)x|ext|#", phone, maxsplit=1)[0]
    return re.sub(r"[^\d+]", "", number)
