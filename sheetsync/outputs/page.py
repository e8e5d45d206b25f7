"""The morning list as one self-contained page, for a phone, a desk or paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any
from urllib.parse import quote

from sheetsync.core import model
from sheetsync.core.kept import Standards
from sheetsync.core.message import Draft
from sheetsync.core.model import Report, Style
from sheetsync.core.plan import say_problem
from sheetsync.core.values import MONTHS, WEEKDAYS, say_date
from sheetsync.outputs.charts import kept_charts, parts
from sheetsync.outputs.contrast import readable
from sheetsync.outputs.lists import Entry, Morning, morning
from sheetsync.outputs.text import plural

_CARDS = 400  # customers shown, and problems; a page of thousands helps nobody
_PROBLEMS = 60
_LINK = 1_900  # characters of a mailto link that every mail program takes
_ALSO = " · also: "
_DRAFTS = {"phone": "Phone script", "e-mail": "E-mail draft", "letter": "Letter draft", "note": "Note draft"}
# What must not stand in HTML, and what would turn the direction of the text around it.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def _no_draft(index: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Page:
    """The list with phone and mail links and drafts, the problems, the standards kept. It holds no script, and nothing on it is fetched.

    `draft` gives the i-th customer's message, or a sentence why there is none. Without `standards`, none are shown.
    """

    days: int = 7
    draft: Callable[[int], Draft | str | None] = _no_draft
    standards: Standards | None = None

    def render(self, report: Report) -> str:
        """The page as HTML; every text from the sheet is escaped, and a Content-Security-Policy forbids all requests and scripts."""
        from jinja2 import StrictUndefined  # heavy: only for this output
        from jinja2.sandbox import SandboxedEnvironment
        from markupsafe import Markup

        found = morning(report, self.days)
        numbers = {report.status.word(name): place for place, name in enumerate(report.status_order)}
        groups = self._groups(report, found)
        files = resources.files("sheetsync").joinpath("outputs")
        css = files.joinpath("page.css").read_text("utf-8") + _colours(report)
        problems = _problems(report)
        environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters |= {"day": say_date, "parts": parts}
        page = environment.from_string(files.joinpath("page.html.j2").read_text("utf-8")).render(
            today=report.today, long_day=_long(report.today), source=report.source, sheet=report.sheet,
            lead=_lead(report, found, self.days), customers=plural(len(report.customers), "customer"), groups=groups, number=numbers,
            css=Markup(css), css_hash=_hash(css),
            links=_links(groups, len(report.problems), kept=self.standards is not None),
            contacts=_contacts(report), problems=problems, problem_count=f"{len(report.problems):,}",
            more_problems=len(report.problems) - len(problems), kept=None if self.standards is None else kept_charts(self.standards),
            statuses=_statuses(report), total=f"{len(report.follow_ups):,}",
        )
        return _UNSAFE.sub("", page).strip() + "\n"

    def _groups(self, report: Report, found: Morning) -> list[dict[str, Any]]:
        """The sections of customers, those that hold none left out."""
        word = report.status.word
        more = f"and {found.more:,} more, beyond {plural(report.max_per_day or 0, 'normal follow-up')} a day." if found.more else ""
        limited = {"overdue": found.overdue, "due": found.due, "never": found.never}
        last = [name for name, entries in limited.items() if entries][-1:] or ["due"]  # the limit is told where the list of today ends
        sections: list[tuple[str, str, str, Sequence[Entry], str]] = [
            ("overdue", word(model.OVERDUE), model.OVERDUE, found.overdue, ""), ("due", word(model.DUE_NOW), model.DUE_NOW, found.due, ""),
            ("never", word(model.NEVER_CONTACTED), model.NEVER_CONTACTED, found.never, ""),
            ("soon", f"Next {plural(self.days, 'day')}", model.SOON, found.soon, ""),
            ("check", word(model.CHECK_ROW), model.CHECK_ROW, found.check, "can't be planned until the row is mended; see below."),
            ("no-rule", word(model.NO_RULE), model.NO_RULE, found.no_rule, "no rule of the playbook fits."),
        ]
        out, left = [], _CARDS
        for name, title, status, entries, why in sections:
            note = more if name == last[0] else ""
            if not entries and not note:
                continue
            cards: list[dict[str, Any]] = []
            if not why:
                cards = [self._card(report, entry) for entry in entries[:left]]
                left -= len(cards)
                if len(cards) < len(entries):
                    note = f"and {len(entries) - len(cards):,} more: sheetsync today. {note}"
            else:
                names = ", ".join(f"{entry.follow_up.customer} (row {entry.follow_up.row})" for entry in entries[:20])
                note = f"{names}{f' and {len(entries) - 20:,} more' if len(entries) > 20 else ''}: {why}"
            out.append({"id": name, "title": title, "style": report.status_order.index(status), "cards": cards, "note": note.strip(),
                        "count": f"{len(entries):,}" if entries else ""})
        return out

    def _card(self, report: Report, entry: Entry) -> dict[str, Any]:
        follow_up, draft = entry.follow_up, self.draft(entry.index)
        why, _, also = follow_up.why.partition(_ALSO)
        message = draft.message if isinstance(draft, Draft) else None
        mailto = f"mailto:{quote(entry.mail, safe='@')}" if entry.mail else ""
        if mailto and message is not None and message.kind == "e-mail" and message.to == entry.mail and len(message.mailto) <= _LINK:
            mailto = message.mailto
        return {
            "name": follow_up.customer, "urgent": follow_up.urgent, "when": _when(entry, report.today), "step": follow_up.step,
            "why": why, "also": also, "last": _last(entry.last_contact, report.today), "phone": entry.phone, "email": entry.email,
            "user": entry.mail.partition("@")[0], "domain": entry.mail.partition("@")[2],
            "tel": f"tel:{entry.dial}" if entry.dial else "", "mailto": mailto, "draft": draft if message is not None else None,
            "draft_kind": "" if message is None else _DRAFTS[message.kind], "no_draft": draft if isinstance(draft, str) else "",
        }


def _links(groups: Sequence[dict[str, Any]], problems: int, *, kept: bool) -> list[dict[str, Any]]:
    links = [{"id": group["id"], "title": group["title"], "style": group["style"], "count": group["count"]}
             for group in groups if group["cards"]]
    if problems:
        links.append({"id": "problems", "title": "To mend", "style": "", "count": f"{problems:,}"})
    if kept:
        links.append({"id": "standards", "title": "Standards", "style": "", "count": ""})
    return links


def _lead(report: Report, found: Morning, days: int) -> str:
    """The day in one or two sentences."""
    if not report.follow_ups:
        return "No customers yet."
    window = plural(days, "day") if days != 1 else "day"
    soon = f"{len(found.soon):,} more in the next {window}." if found.soon and found.now else \
        f"{len(found.soon):,} in the next {window}." if found.soon else ""
    if found.now or found.more:
        urgent = sum(entry.follow_up.urgent for entry in found.now)
        said = f"{len(found.now):,} to contact today" + (f", {urgent:,} of them urgent." if urgent else ".")
        return f"{said} {soon}".strip()
    said = f"Nobody is due today. {soon}"
    if not soon:
        if found.upcoming is not None and found.upcoming.follow_up.due is not None:
            said += f"The next is {found.upcoming.follow_up.customer}, on {say_date(found.upcoming.follow_up.due)}. "
        said += "Enjoy the day."
    return said.strip()


def _contacts(report: Report) -> str:
    if not report.contacts or report.written:
        return ""
    return f"{plural(len(report.contacts), 'Log entry', 'Log entries')} counted as done here, and written by the next sync."


def _when(entry: Entry, today: date) -> str:
    follow_up = entry.follow_up
    if follow_up.due is None:
        return ""
    if follow_up.due == today:
        return "due today"
    if follow_up.due > today:
        days = (follow_up.due - today).days
        return f"{say_date(follow_up.due)}, {'tomorrow' if days == 1 else f'in {days:,} days'}"
    late = 0 if follow_up.latest is None else (today - follow_up.latest).days
    return f"since {say_date(follow_up.due)}" + (f", {plural(late, 'day')} late" if late > 0 else "")


def _last(day: date | None, today: date) -> str:
    if day is None:
        return "Never contacted"
    days = (today - day).days
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{plural(days, 'day')} ago" if days > 0 else ""
    return f"Last contact {say_date(day)}" + (f", {ago}" if ago else "")


def _problems(report: Report) -> list[dict[str, str]]:
    """Errors first, in the order of rows."""
    customers = report.customers
    worst = sorted(report.problems, key=lambda problem: problem.severity != "error")[:_PROBLEMS]
    return [{"who": customers.labels[p.customer] if p.customer >= 0 else "", "text": say_problem(customers, p), "severity": p.severity,
             "where": customers.table.address(p.row, customers.header(p.column))} for p in worst]


def _statuses(report: Report) -> list[dict[str, Any]]:
    counts = report.statuses
    most = max(counts.values(), default=1)
    return [{"name": name, "said": f"{count:,}", "size": max(1.5, round(100 * count / most, 1))} for name, count in counts.items()]


def _colours(report: Report) -> str:
    """The statuses' colours as CSS, by their place in the order: light as in the sheet, dark the other way round."""
    styles = {f"{place}": readable(report.status.style(name)) for place, name in enumerate(report.status_order)}
    light, dark = "", ""
    for name, style in styles.items():
        light += _rules(f".s{name}", name, style)
        dark += _rules(f".s{name}", name, Style(style.font, style.fill))
    for name, style in (("error", model.BAD), ("warning", model.NEUTRAL)):
        light += _rules(f".p{name}", "", style)
        dark += _rules(f".p{name}", "", Style(style.font, style.fill))
    return f"{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _rules(chip: str, name: str, style: Style) -> str:
    """A chip, and the dot (d) and bar (f) of a status, which take its stronger colour."""
    rules = f"{chip} {{ background: #{style.fill}; color: #{style.font}; }}\n"
    return rules + (f".d{name} {{ background: #{style.font}; }}\n.f{name} {{ fill: #{style.font}; }}\n" if name else "")


def _hash(css: str) -> str:
    """The style element as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")


def _long(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()].title()}, {day.day} {MONTHS[day.month - 1].title()} {day.year}"
