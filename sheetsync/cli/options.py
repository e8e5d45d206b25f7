"""The options that several commands share, and what they come to."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetsync.cli.progress import progress

if TYPE_CHECKING:
    from sheetsync.config import Settings
    from sheetsync.core.contracts import Source
    from sheetsync.core.model import Report

Target = Annotated[
    str | None,
    typer.Argument(metavar="WORKBOOK|LINK", help="The workbook (.xlsx, .xlsm) or Google Sheet. Left out: source in sheetsync.toml."),
]
SheetName = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="The worksheet. Left out: the one with the customers."),
]
PlaybookName = Annotated[
    str | None,
    typer.Option("--playbook", metavar="NAME|PATH", help="The playbook. Left out: home-business."),
]
ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="The settings file. Left out: the nearest sheetsync.toml."),
]
TodayDate = Annotated[
    str | None,
    typer.Option("--today", metavar="YYYY-MM-DD", help="Plan as of this day instead of today."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options and settings come to. `before_day_ends` says that what was typed yesterday evening counts for yesterday."""

    source: Source
    settings: Settings
    today: date
    before_day_ends: bool = False


def resolve(target: str | None, sheet: str | None, playbook: str | None, config: Path | None, today: str | None) -> Asked:
    """The source, settings and day that the options mean. Raises SettingsError or Refused."""
    from sheetsync.cli.handler import say
    from sheetsync.config import find_settings, is_link, load_settings, open_source
    from sheetsync.errors import SettingsError

    gc.disable()  # a run makes millions of values that all live to its end; looking for garbage would double its time
    sys.setswitchinterval(0.001)  # seconds; threads that inflate and deflate wait so long for each of their turns
    workbook = None if target is None or is_link(target) else Path(target).expanduser()
    path = find_settings(workbook, config)
    settings = load_settings(path, playbook=playbook)
    named = target or settings.source
    if named is None:
        raise SettingsError("No workbook was named.",
                            'Name one, such as: sheetsync sync customers.xlsx. Or write source = "customers.xlsx" in sheetsync.toml, '
                            "which sheetsync init does for you.")
    day, early = day_of(settings, today)
    return Asked(open_source(named, settings, sheet=sheet, tell=say), settings, day, early)


def day_of(settings: Settings, today: str | None) -> tuple[date, bool]:
    """The day of a run that begins now, and whether it begins before `[log] day_ends`. Raises SettingsError."""
    now, day = settings.now(), parse_today(today)
    return day or now.date(), day is None and now.time() < settings.playbook.day_ends


def preview(asked: Asked, *, quiet: bool) -> Report:
    """What a sync would find and do; writes nothing. `quiet` shows no progress."""
    from sheetsync.sync import sync

    with progress(shown=not quiet) as tell:
        return sync(asked.source, asked.settings.playbook, asked.settings.checks, today=asked.today, dry_run=True,
                    before_day_ends=asked.before_day_ends, progress=tell)


def parse_today(text: str | None) -> date | None:
    """The day that --today names. Raises SettingsError."""
    from sheetsync.errors import SettingsError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f'--today "{text}" is no date.', "Write it as year-month-day, such as 2026-11-20.") from None


def terminal_width(least: int = 60, most: int = 100) -> int:
    """The columns that output may use: the terminal's, from `least` to `most`; 80 where there is none."""
    return min(most, max(least, shutil.get_terminal_size((80, 24)).columns)) if sys.stdout.isatty() else 80


def takes_colour() -> bool:
    """Whether standard output is a terminal that wants colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render(name: str, report: Report, **options: Any) -> str:
    """A report through the output of that name."""
    from importlib import import_module

    from sheetsync.outputs import OUTPUTS

    module, _, kind = OUTPUTS[name].partition(":")
    text: str = getattr(import_module(module), kind)(**options).render(report)
    return text
