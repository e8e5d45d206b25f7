"""sheetsync playbook: list the shipped playbooks, show one, check one against a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetsync.cli.handler import handled
from sheetsync.cli.options import (
    AsJson,
    ConfigPath,
    PlaybookName,
    SheetName,
    Target,
    TodayDate,
    preview,
    resolve,
    takes_colour,
    terminal_width,
)
from sheetsync.errors import SettingsError

if TYPE_CHECKING:
    from sheetsync.config import Origins
    from sheetsync.core.model import Report
    from sheetsync.outputs.text import Ink
    from sheetsync.playbook.model import Playbook

app = typer.Typer(
    help="List the shipped playbooks, show one, check one against your sheet.", no_args_is_help=True, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
SAMPLES = 5  # rows that `check` shows


@app.command("list")
@handled
def list_(as_json: AsJson = False) -> None:
    """List the playbooks that come with sheetsync.

    Example: sheetsync playbook list
    """
    from sheetsync.config import DEFAULT_PLAYBOOK, load_playbook
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.text import plural
    from sheetsync.resources import playbooks

    books = [load_playbook(name) for name in playbooks()]
    if as_json:
        from sheetsync.cli.playbook_json import listed

        to_terminal(listed(books, DEFAULT_PLAYBOOK))
        return
    lines = []
    for book in books:
        default = ", the default" if book.name == DEFAULT_PLAYBOOK else ""
        lines.append(f"{book.name:<15}{book.title}: {plural(len(book.rules), 'rule')}, {plural(len(book.messages), 'message')}{default}")
    to_terminal("\n".join(lines))


@app.command("show")
@handled
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped playbook, or the path of a playbook.toml.")] = "home-business",
    tsv: Annotated[bool, typer.Option("--tsv", help="Print the rules for pasting into a worksheet named Rules.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a playbook: its rules in plain words, when nobody is chased, its calendar.

    Example: sheetsync playbook show services
    """
    from sheetsync.config import load_playbook
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.text import Ink, wrap
    from sheetsync.playbook.explain import explain_quiet
    from sheetsync.playbook.table import as_tsv, rules_table

    if tsv and as_json:
        raise SettingsError("--tsv and --json are two ways to print one playbook.", "Choose one.")
    book = load_playbook(name)
    if tsv:
        to_terminal(as_tsv(rules_table(book)))
        return
    if as_json:
        from sheetsync.cli.playbook_json import shown

        to_terminal(shown(book))
        return
    width, ink = terminal_width(), Ink(takes_colour())
    lines = [ink.bold(f"{book.title} ({book.name})")]
    for number, rule in enumerate(book.rules, 1):
        lines += ["", *_rule(number, rule, book, width, ink)]
    if book.quiet:
        lines += ["", ink.bold("When nobody is chased")]
        for reason in book.quiet:
            lines += wrap(f"{reason.name}: {explain_quiet(reason)}", width, "  ")
    lines += _care(book, width, ink) + _calendar(book, width, ink)
    to_terminal("\n".join(lines))


@app.command("check")
@handled
def check(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    as_json: AsJson = False,
) -> None:
    """Explain every rule back, and what it does on your sheet; write nothing.

    Example: sheetsync playbook check customers.xlsx
    """
    from sheetsync.config import origins
    from sheetsync.deliver import to_terminal
    from sheetsync.playbook.worksheet import with_worksheet

    asked = resolve(workbook, sheet, playbook, config, today)
    report = preview(asked, quiet=as_json)
    book, origin = with_worksheet(asked.settings.playbook, report.customers.table), origins(asked.settings.path, playbook=playbook)
    if as_json:
        from sheetsync.cli.playbook_json import checked
        from sheetsync.playbook.explain import samples

        to_terminal(checked(report, book, origin, samples(report.follow_ups, SAMPLES)))
        return
    to_terminal(_checked(report, book, origin))


def _checked(report: Report, book: Playbook, origin: Origins) -> str:
    from collections import Counter

    from sheetsync.outputs.text import Ink, plural, wrap
    from sheetsync.playbook.explain import hidden, needs, never
    from sheetsync.playbook.messages import check_messages

    width, ink = terminal_width(), Ink(takes_colour())
    customers = report.customers
    here = customers.positions
    hides = hidden(book, here)
    chosen = Counter(follow_up.rule for follow_up in report.follow_ups)
    lines = [ink.bold(f"{book.title} ({book.name}) on {report.source} · {report.sheet}")]
    idle: list[str] = []
    for number, rule in enumerate(book.rules, 1):
        lines += ["", *_rule(number, rule, book, width, ink)]
        said = ", ".join(f"{customers.header(need.column)} ({need.use}){'' if need.here else ' – not in the sheet'}"
                         for need in needs(rule, here))
        lines += wrap(f"Columns: {said}", width, "    ")
        if why := never(rule, here, customers.columns):
            idle.append(rule.name)
            lines += wrap(f"Never fires: {why}.", width, "    ")
        elif rule.name in hides:
            lines += wrap(f'Never chosen: "{hides[rule.name]}" always comes before it.', width, "    ")
        else:
            lines += wrap(f"Today it is the next step of {plural(chosen[rule.name], 'customer')}.", width, "    ")
        if changed := origin.changed(rule.name):
            lines += wrap(f"From {_file(origin)}: {', '.join(changed)}; the rest from the playbook.", width, "    ")
    lines += ["", *_quiet(report, book, width, ink), *_care(book, width, ink), *_calendar(book, width, ink)]
    if wrong := check_messages(book):
        lines += ["", ink.bold("Messages"), *(line for sentence in wrong for line in wrap(sentence, width, "  "))]
    lines += ["", ink.bold("In short")]
    lines += wrap(f"{plural(len(book.rules) - len(idle), 'rule')} of {len(book.rules)} can fire here.", width, "  ")
    lines += wrap(f"Never: {', '.join(idle)}.", width, "  ") if idle else []
    lines += wrap(f"Hidden by another: {', '.join(hides)}.", width, "  ") if hides else []
    return "\n".join([*lines, "", *_samples(report, width, ink), "", *_origins(report, origin, width, ink)])


def _rule(number: int, rule: Any, book: Playbook, width: int, ink: Ink) -> list[str]:
    from sheetsync.outputs.text import wrap
    from sheetsync.playbook.explain import explain

    lines = [ink.bold(f"{number:>2}. {rule.name}"), *wrap(explain(rule), width, "    "), *wrap(f"Step: {rule.step}", width, "    ")]
    return [*lines, *wrap(f"Message: {rule.message}", width, "    ")] if rule.message else lines


def _quiet(report: Report, book: Playbook, width: int, ink: Ink) -> list[str]:
    from sheetsync.outputs.text import wrap
    from sheetsync.playbook.explain import explain_quiet

    lines = [ink.bold("When nobody is chased")]
    for reason in book.quiet:
        lacking = [name for name in reason.columns if name not in report.customers.positions]
        never = f" Never holds: the sheet has no column {' or '.join(lacking)}." if lacking else ""
        lines += wrap(f"{reason.name}: {explain_quiet(reason)}{never}", width, "  ")
    return lines


def _care(book: Playbook, width: int, ink: Ink) -> list[str]:
    from sheetsync.outputs.text import wrap
    from sheetsync.playbook.explain import explain_care

    return [] if book.care is None else ["", ink.bold("With care"), *wrap(explain_care(book.care), width, "  ")]


def _calendar(book: Playbook, width: int, ink: Ink) -> list[str]:
    from sheetsync.core.values import WEEKDAYS, say_date
    from sheetsync.outputs.text import plural, wrap

    calendar = book.calendar
    closed = [WEEKDAYS[day].title() for day in sorted(calendar.weekend)]
    said = f"Closed on {' and '.join(closed)}" if closed else "Open every day of the week"
    if calendar.country:
        said += f", and on the public holidays of {calendar.country}{f' ({calendar.subdivision})' if calendar.subdivision else ''}"
    for first, last in calendar.closed:
        said += f", from {say_date(first)} to {say_date(last)}"
    said += f"; open all the same on {', '.join(map(say_date, sorted(calendar.open_days)))}" if calendar.open_days else ""
    limits = []
    if book.min_gap is not None:
        limits.append(f"at least {book.min_gap} between contacts that are not urgent")
    if book.max_per_day is not None:
        limits.append(f"at most {plural(book.max_per_day, 'follow-up')} a day in the morning list, urgent ones not counted")
    lines = ["", ink.bold("Calendar and limits"), *wrap(said + ".", width, "  ")]
    return lines + (wrap(f"{'; '.join(limits)}.".capitalize(), width, "  ") if limits else [])


def _samples(report: Report, width: int, ink: Ink) -> list[str]:
    from sheetsync.core.values import say_date
    from sheetsync.outputs.text import wrap
    from sheetsync.playbook.explain import samples

    picked = samples(report.follow_ups, SAMPLES)
    lines = [ink.bold("Sample rows")]
    for follow_up in picked:
        when = "" if follow_up.due is None else f", {say_date(follow_up.due)}"
        lines += wrap(f"Row {follow_up.row} {follow_up.customer}: {report.status.word(follow_up.status)}{when}", width, "  ")
        lines += wrap(follow_up.step, width, "    ") + wrap(follow_up.why, width, "    ")
    return lines if picked else [*lines, "  The sheet has no customers yet."]


def _file(origin: Origins) -> str:
    return origin.settings.name if origin.settings is not None else "the settings"


def _origins(report: Report, origin: Origins, width: int, ink: Ink) -> list[str]:
    from sheetsync.outputs.text import wrap
    from sheetsync.playbook.faults import say_path

    lines = [ink.bold("Where the values come from"), *wrap(f"Playbook: {origin.playbook}", width, "  ")]
    if (rules := report.customers.table.rules) is not None:
        lines += wrap(f'Rules: all of them from the worksheet "{rules.sheet}" of {report.source}', width, "  ")
    if origin.settings is None:
        return [*lines, "  Settings: none; every value is the playbook's."]
    lines += wrap(f"Settings: {origin.settings}", width, "  ")
    for keys, value, before in origin.laid_over:
        instead = "" if before is None else f" instead of {_toml(before)}"
        lines += wrap(f"{say_path(keys)} = {_toml(value)}{instead}", width, "    ")
    rest = "Every other value is the playbook's." if origin.laid_over else "They change nothing; every value is the playbook's."
    return [*lines, f"  {rest}"]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(part)}' for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
