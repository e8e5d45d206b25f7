"""What is sent after an unattended sync: subject, text and HTML of the morning list and of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from sheetsync.core import model
from sheetsync.core.model import NEUTRAL, Report, Style
from sheetsync.core.values import say_date
from sheetsync.outputs.lists import Entry, morning
from sheetsync.outputs.text import plural

Form = Literal["subject", "text", "html"]
_MOST = 40  # entries in all: mail programs cut a message of more than 100 kB, and nobody phones more in a day
_PROBLEMS = 10
_MORE = "More: sheetsync doctor"


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    style: Style
    count: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Digest:
    """The morning list in one of three forms. `alarms` come first; the list looks `days` days ahead."""

    form: Form = "text"
    alarms: tuple[str, ...] = ()
    days: int = 7

    def render(self, report: Report) -> str:
        """The subject in one line, the text, or the HTML, in which every text from the sheet is escaped."""
        if self.form == "subject":
            return _subject(report, self.alarms)
        groups, beyond = _groups(report, self.days)
        problems = tuple(new_problems(report))
        head = f"{say_date(report.today)} · {report.source} · {report.sheet} · {plural(len(report.customers), 'customer')}"
        if self.form == "html":
            return _html(
                subject=_subject(report, self.alarms), alarms=self.alarms, lines=(), head=head, groups=groups,
                problems=problems[:_PROBLEMS], problems_count=len(problems), closing=_closing(report, beyond))
        lines = [*self.alarms, *([""] if self.alarms else []), head]
        for group in groups:
            lines += ["", f"{group.title} ({group.count})"]
            for number, entry in enumerate(group.entries):
                lines += [] if number == 0 else [""]
                lines += [("! " if entry.follow_up.urgent else "") + _name(entry), f"  {entry.follow_up.step}", f"  {entry.follow_up.why}",
                          *([f"  {reach}"] if (reach := _reach(entry)) else [])]
        if problems:
            lines += ["", f"New problems ({len(problems)})", *(f"{who}: {text}" for who, text in problems[:_PROBLEMS])]
        if len(problems) > _PROBLEMS:
            lines.append(f"and {len(problems) - _PROBLEMS} more: sheetsync check")
        return "\n".join([*lines, "", *_closing(report, beyond)])


def is_needed(report: Report) -> bool:
    """Whether there is anything new to do: somebody to contact, or a problem that this run found."""
    asking = (model.OVERDUE, model.DUE_NOW, model.NEVER_CONTACTED)
    return any(follow_up.status in asking for follow_up in report.follow_ups) or any(True for _ in new_problems(report))


def new_problems(report: Report) -> Iterator[tuple[str, str]]:
    """Customer and sentence of each problem that this run wrote into the sheet: those of earlier runs stand there already."""
    header = report.status.header(model.PROBLEMS)
    places: dict[int, int] | None = None
    for change in report.changes:
        if change.column == header and isinstance(change.after, str) and change.after != change.before:
            if places is None:
                places = {report.customers.row(i): i for i in range(len(report.customers))}
            if (place := places.get(change.row)) is not None:
                yield report.customers.labels[place], change.after


def notice(form: Form, subject: str, lines: Sequence[str]) -> str:
    """A message without a list: that a sync failed, or works again."""
    if form == "subject":
        return _one_line(subject)
    if form == "html":
        return _html(subject=_one_line(subject), alarms=lines[:1], lines=lines[1:], head="", groups=(), problems=(), problems_count=0,
                     closing=(_MORE,))
    return "\n".join([*lines, "", _MORE])


def _subject(report: Report, alarms: tuple[str, ...]) -> str:
    counts = dict.fromkeys(model.STATUSES, 0)
    for follow_up in report.follow_ups:
        counts[follow_up.status] = counts.get(follow_up.status, 0) + 1
    problems = sum(1 for _ in new_problems(report))
    parts = [
        f"{counts[status]:,} {word}" for status, word in (
            (model.OVERDUE, "overdue"), (model.DUE_NOW, "due today"), (model.NEVER_CONTACTED, "never contacted")) if counts[status]
    ]
    parts += [plural(problems, "new problem")] if problems else []
    told = ", ".join(parts) or ("The sync works" if alarms else "Nobody is due")
    return _one_line(f"{told}: {report.source}")


def _groups(report: Report, days: int) -> tuple[tuple[_Group, ...], int]:
    """The groups of the morning list, cut to what a message takes (what comes in the next days is cut first), and how many are left out."""
    found = morning(report, days)
    word, style = report.status.word, report.status.style
    left = _MOST
    out = []
    for status, title, entries in (
        (model.OVERDUE, word(model.OVERDUE), found.overdue), (model.DUE_NOW, word(model.DUE_NOW), found.due),
        (model.NEVER_CONTACTED, word(model.NEVER_CONTACTED), found.never), (model.SOON, f"Next {plural(days, 'day')}", found.soon),
    ):
        if entries:
            out.append(_Group(title, style(status), len(entries), entries[:left]))
            left = max(0, left - len(entries))
    return tuple(out), sum(group.count - len(group.entries) for group in out) + found.more


def _closing(report: Report, beyond: int) -> tuple[str, ...]:
    out = []
    if beyond:
        out.append(f"And {beyond:,} more: sheetsync today")
    if not any(follow_up.status in (model.OVERDUE, model.DUE_NOW, model.NEVER_CONTACTED) for follow_up in report.follow_ups):
        out.append("Nobody is due. Enjoy the day.")
    if (rows := sum(follow_up.status == model.CHECK_ROW for follow_up in report.follow_ups)) > 0:
        out.append(f"{plural(rows, 'row')} can't be planned until mended: sheetsync check")
    if report.contacts:
        out.append(f"{plural(len(report.contacts), 'Log entry', 'Log entries')} counted as done.")
    out.append(f"{plural(len(report.changes), 'cell')} written. To take it back: sheetsync undo" if report.changes
               else "Nothing has changed in the sheet.")
    return tuple(out)


def _name(entry: Entry) -> str:
    due = entry.follow_up.due
    return entry.follow_up.customer + (f", {say_date(due)}" if due is not None else "")


def _reach(entry: Entry) -> str:
    last = "" if entry.last_contact is None else f"last contact {say_date(entry.last_contact)}"
    return " · ".join(part for part in (entry.phone, entry.email, last) if part)


def _html(**values: Any) -> str:
    """The document. A mail program makes the text of a mail from it, in which a space between two blocks becomes a blank line;
    so there is none but where one is meant.
    """
    from jinja2 import StrictUndefined  # heavy: only for this output
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"day": say_date}
    source = resources.files("sheetsync").joinpath("outputs/digest.html.j2").read_text("utf-8")
    return re.sub(r">\s+<", "><", environment.from_string(source).render(alarming=NEUTRAL, **values))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
