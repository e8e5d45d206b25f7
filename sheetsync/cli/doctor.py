"""sheetsync doctor: what would stop a sync, one line each with what to do next; writes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
from sheetsync.errors import ExitCode, SheetsyncError

if TYPE_CHECKING:
    from sheetsync.core.model import Finding


@handled
def doctor(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    as_json: AsJson = False,
) -> None:
    """Find out what would stop a sync, and say what to do about it. Writes nothing.

    Ends with 0 where nothing stands in the way, else with the exit code that a sync would end with.

    Example: sheetsync doctor customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync import setup
    from sheetsync.core.model import Finding
    from sheetsync.deliver import to_terminal

    found: tuple[Finding, ...]
    try:
        asked = resolve(workbook, sheet, playbook, config, today)
        journal = configuration.journal()
    except SheetsyncError as error:
        found = (setup.finding_of(error, "settings"),)
    else:
        path = asked.settings.path
        told = Finding("settings", "No settings file; none is needed." if path is None else f"The settings are those of {path}.")
        found = (told, *setup.examine(
            asked.source, asked.settings.playbook, configuration.checks(), today=asked.today, journal=journal,
            timezone=asked.settings.timezone))
    code = setup.code_of(found)
    to_terminal(_json(found, code) if as_json else _text(found, code))
    if code:
        raise typer.Exit(code)


def _json(found: tuple[Finding, ...], code: ExitCode) -> str:
    return json.dumps({
        "version": 1, "code": int(code),
        "findings": [{"check": f.check, "level": _level(f), "message": f.sentence, "next": f.remedy, "code": f.code} for f in found],
    }, ensure_ascii=False)


def _level(finding: Finding) -> str:
    return "stops" if finding.code else "note" if finding.remedy else "fine"


def _text(found: tuple[Finding, ...], code: ExitCode) -> str:
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
    lines += ["", "A sync has nothing in its way." if code == ExitCode.DONE else f"A sync would end with exit code {int(code)}."]
    return "\n".join(lines)
