"""sheetsync doctor: what would stop a sync, one line each with what to do next; writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled
from sheetsync.cli.options import (
    AsJson,
    ConfigPath,
    PlaybookName,
    SheetName,
    Target,
    TodayDate,
    resolve,
    takes_colour,
    terminal_width,
)
from sheetsync.errors import ExitCode, SettingsError, SheetsyncError

if TYPE_CHECKING:
    from sheetsync.config import Notify
    from sheetsync.core.model import Finding


@handled
def doctor(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    notify: Annotated[bool, typer.Option("--notify", help="Send a test message through [notify] urls, and do nothing else.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find out what would stop a sync, and say what to do about it. Writes nothing.

    Ends with 0 where nothing stands in the way, else with the exit code that a sync would end with.

    Example: sheetsync doctor customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync import setup
    from sheetsync.cli import schedule
    from sheetsync.core.model import Finding
    from sheetsync.deliver import to_terminal

    found: tuple[Finding, ...]
    if notify:
        found = _tested(workbook, config)
        code = setup.code_of(found)
        to_terminal(_json(found, code) if as_json else _text(found, "Every notifier took a test message." if not code else
                                                             "Not every notifier took a test message."))
        raise typer.Exit(code)
    try:
        asked = resolve(workbook, sheet, playbook, config, today)
        journal = configuration.journal()
    except SheetsyncError as error:
        found = (setup.finding_of(error, "settings"),)
    else:
        path = asked.settings.path
        from sheetsync.cli.night import log_file, pending

        nights = [Finding("last nights", line, f"What each night did: {log_file()}") for line in pending(asked, journal)]
        told = Finding("settings", "No settings file; none is needed." if path is None else f"The settings are those of {path}.")
        found = (told, *nights, *setup.examine(
            asked.source, asked.settings.playbook, configuration.checks(), today=asked.today, journal=journal,
            timezone=asked.settings.timezone), schedule.finding(workbook, asked), *_notifiers(asked.settings.notify))
    code = setup.code_of(found)
    ends = "A sync has nothing in its way." if code == ExitCode.DONE else f"A sync would end with exit code {int(code)}."
    to_terminal(_json(found, code) if as_json else _text(found, ends))
    if code:
        raise typer.Exit(code)


def _json(found: tuple[Finding, ...], code: ExitCode) -> str:
    return json.dumps({
        "version": 1, "code": int(code),
        "findings": [{"check": f.check, "level": _level(f), "message": f.sentence, "next": f.remedy, "code": f.code} for f in found],
    }, ensure_ascii=False)


def _level(finding: Finding) -> str:
    return "stops" if finding.code else "note" if finding.remedy else "fine"


def _text(found: tuple[Finding, ...], ends: str) -> str:
    from sheetsync.core import model
    from sheetsync.outputs.text import Ink, wrap

    ink = Ink(takes_colour())
    marks = {"stops": ("stop", model.BAD), "note": ("note", model.NEUTRAL), "fine": ("fine", model.GOOD)}
    lines = []
    for finding in found:
        word, style = marks[_level(finding)]
        text = wrap(f"{finding.sentence} {'→ ' + finding.remedy if finding.remedy else ''}", terminal_width() - 6)
        lines.append(f"{ink.status(word, style)}  {text[0]}")
        lines += [f"      {line}" for line in text[1:]]
    return "\n".join([*lines, "", ends])


def _notifiers(notify: Notify) -> Iterator[Finding]:
    """Whether the URL of each notifier is understood; none of them stops a sync, and nothing is sent."""
    from sheetsync.core.model import Finding
    from sheetsync.deliver import kind_of_notifier
    from sheetsync.secret import holds_secrets_openly

    for place, url in enumerate(notify.urls):
        where = f"notify.urls, number {place + 1}"
        try:
            kind = kind_of_notifier(notify.filled(place))
        except SettingsError as error:
            yield Finding("notify", error.sentence, error.remedy)
            continue
        if kind is None:
            yield Finding("notify", f"{notify.path}, {where}: the URL is not understood.",
                          "How each is written: https://github.com/caronc/apprise/wiki")
        elif holds_secrets_openly(url):
            yield Finding("notify", f"{where}: {kind}; its password stands in {notify.path} for all to read.",
                          "Write ${NAME} in its place, and set that environment variable where the schedule runs.")
        else:
            yield Finding("notify", f"{where}: {kind}; its URL is understood. To send a test: sheetsync doctor --notify")


def _tested(workbook: str | None, config: Path | None) -> tuple[Finding, ...]:
    """What came of a test message through each notifier of the settings."""
    from sheetsync import setup
    from sheetsync.cli.night import message, post
    from sheetsync.config import find_settings, is_link, load_settings
    from sheetsync.core.model import Finding

    try:
        settings = load_settings(find_settings(None if workbook is None or is_link(workbook) else Path(workbook).expanduser(), config))
        if not settings.notify.urls:
            raise SettingsError("The settings name no notifier.", 'Write [notify] and urls = ["mailtos://…"] into sheetsync.toml.')
    except SheetsyncError as error:
        return (setup.finding_of(error, "settings"),)
    send, found = post(settings.notify), []
    test = message("A test message from sheetsync", ("This is how sheetsync tells you of whom to contact, and of what went wrong.",))
    for place in range(len(settings.notify.urls)):
        try:
            settings.notify.filled(place)
        except SettingsError as error:
            found.append(setup.finding_of(error, "notify"))
            continue
        failure = send(test, (place,)).get(place)
        if failure is None:
            found.append(Finding("notify", f"notify.urls, number {place + 1}: the test message was sent."))
        else:
            code = ExitCode.NOT_REACHABLE if failure.may_pass else ExitCode.SETTINGS
            found.append(Finding("notify", f"notify.urls, number {place + 1}: {failure.sentence}",
                                 "Try again later." if failure.may_pass else "Check the URL, its user name and password.", int(code)))
    return tuple(found)
