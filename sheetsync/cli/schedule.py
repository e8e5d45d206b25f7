"""sheetsync schedule: run a sync every night, say whether it is set up, take it away again."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import AsJson, ConfigPath, PlaybookName, SheetName, Target, resolve, takes_colour, terminal_width

if TYPE_CHECKING:
    from sheetsync.cli.options import Asked
    from sheetsync.core.model import Finding
    from sheetsync.core.past import Run
    from sheetsync.schedule.entry import Installed

app = typer.Typer(
    help="Run a sync every night, see whether that is set up, stop it.", no_args_is_help=True, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_OUTCOMES = {"written": "written", "nothing": "nothing to change", "writing": "cut off while it wrote", "failed": "failed",
             "refused": "refused"}


@app.command("install")
@handled
def install(
    workbook: Target = None,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="When, by this computer's clock.")] = "02:30",
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
) -> None:
    """Sync a workbook every night at a time. Again, with another time: that one holds.

    It uses what this system has: systemd, else cron; launchd on a Mac; the Task Scheduler on Windows. A night that the computer
    slept through is made up for. Entries of others are never touched.

    Example: sheetsync schedule install customers.xlsx --at 02:30
    """
    from sheetsync import config as configuration
    from sheetsync import schedule
    from sheetsync.deliver import to_terminal
    from sheetsync.errors import Refused
    from sheetsync.outputs.text import wrap
    from sheetsync.schedule.due import moment, next_moment, parse_at
    from sheetsync.schedule.entry import Entry
    from sheetsync.schedule.programs import Programs

    time = parse_at(at)
    asked = resolve(workbook, sheet, playbook, config, None)
    source, is_link = _source(workbook, asked)
    if not is_link and not Path(source).is_file():
        raise Refused(f"{source} does not exist.", "Check the name and the folder.")
    options = [] if sheet is None else ["--sheet", sheet]
    options += [] if playbook is None else ["--playbook", _playbook(playbook)]
    options += [] if asked.settings.path is None else ["--config", str(asked.settings.path.absolute())]
    name = schedule.entry_name(asked.source.identity, is_link=is_link)
    here = schedule.schedulers(Programs())
    old = next((found for found in schedule.entries(here) if found.name == name), None)
    now = datetime.now(UTC)
    first = old.first if old is not None and old.at == time else None
    entry = Entry(name, source, time, first or next_moment(time, now).date(), schedule.this_program(), tuple(options),
                  configuration.lasting_environment())
    scheduler, notes = schedule.install(entry, here)
    begins = max(next_moment(time, now), moment(entry.first, time))
    lines = wrap(f"{entry.title} is synced every night at {time:%H:%M}, by {scheduler.title}; the first time on {_when(begins)}.",
                 terminal_width())
    for note in notes:
        lines += wrap(note, terminal_width())
    to_terminal("\n".join(lines))


@app.command("status")
@handled
def status(
    workbook: Annotated[
        str | None, typer.Argument(metavar="WORKBOOK|LINK", help="The workbook or Google Sheet. Left out: all that are scheduled.")
    ] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Show what is scheduled, the next run and the last one.

    Without a workbook: everything that sheetsync has scheduled for you on this computer.

    Example: sheetsync schedule status customers.xlsx
    """
    from sheetsync.deliver import to_terminal

    found = _states(workbook, config)
    to_terminal(_json(found) if as_json else "\n\n".join(_text(state) for state in found) or _NOTHING)


@app.command("remove")
@handled
def remove(workbook: Target = None, config: ConfigPath = None) -> None:
    """Stop syncing a workbook every night. Removes sheetsync's own entry and nothing else.

    Example: sheetsync schedule remove customers.xlsx
    """
    from sheetsync import schedule
    from sheetsync.deliver import to_terminal
    from sheetsync.errors import Refused
    from sheetsync.outputs.text import wrap
    from sheetsync.schedule.entry import PREFIX, called
    from sheetsync.schedule.programs import Programs

    here = schedule.schedulers(Programs())
    if workbook is not None and workbook.startswith(PREFIX) and any(found.name == workbook for found in schedule.entries(here)):
        name = title = workbook  # as `status` names one whose workbook can't be read
    else:
        asked = resolve(workbook, None, None, config, None)
        source, is_link = _source(workbook, asked)
        name, title = schedule.entry_name(asked.source.identity, is_link=is_link), called(source)
    removed = schedule.remove(name, here)
    if not removed:
        raise Refused(f"{title} is not scheduled.", "See what is: sheetsync schedule status")
    to_terminal("\n".join(wrap(f"{title} is no longer synced every night ({', '.join(one.title for one in removed)}).", terminal_width())))


def finding(workbook: str | None, asked: Asked) -> Finding:
    """What doctor says of the schedule: one line, and never a reason why a sync would not work."""
    from sheetsync import schedule
    from sheetsync.core.model import Finding
    from sheetsync.errors import SheetsyncError
    from sheetsync.schedule.entry import called
    from sheetsync.schedule.programs import Programs

    source, is_link = _source(workbook, asked)
    name = schedule.entry_name(asked.source.identity, is_link=is_link)
    try:
        found = next((entry for entry in schedule.entries(schedule.schedulers(Programs())) if entry.name == name), None)
    except SheetsyncError as error:
        return Finding("schedule", f"Whether a nightly sync is set up can't be seen: {error.sentence}", error.remedy)
    if found is None:
        return Finding("schedule", "No nightly sync is set up on this computer.",
                       f"Set one up: sheetsync schedule install {_word(called(source) if not is_link else source)} --at 02:30")
    if found.fault:
        return Finding("schedule", f"A nightly sync is set up, but {found.scheduler} will not start it.", found.fault)
    return Finding("schedule", f"Synced every night at {found.at:%H:%M}, by {found.scheduler}.")


_NOTHING = "Nothing is scheduled. To sync a workbook every night:\n  sheetsync schedule install customers.xlsx --at 02:30"


@dataclass(frozen=True, slots=True)
class _State:
    """What there is to say of one source: its entry, and the journal's newest run."""

    source: str
    entry: Installed | None
    next_run: datetime | None
    run: Run | None


def _states(workbook: str | None, config: Path | None) -> list[_State]:
    from sheetsync import config as configuration
    from sheetsync import schedule
    from sheetsync.schedule.programs import Programs

    entries = schedule.entries(schedule.schedulers(Programs()))
    if workbook is not None or config is not None:
        asked = resolve(workbook, None, None, config, None)
        source, is_link = _source(workbook, asked)
        name = schedule.entry_name(asked.source.identity, is_link=is_link)
        chosen = [entry for entry in entries if entry.name == name]
        return [_state(entry) for entry in chosen] or [_State(source, None, None, configuration.journal().newest(asked.source.identity))]
    return [_state(entry) for entry in entries]


def _state(entry: Installed) -> _State:
    from sheetsync import config as configuration
    from sheetsync.errors import SheetsyncError
    from sheetsync.schedule.due import moment, next_moment

    following = None
    if not entry.fault and entry.at is not None:
        following = next_moment(entry.at, datetime.now(UTC))
        if entry.first is not None:
            following = max(following, moment(entry.first, entry.at))
    try:
        run = configuration.journal().newest(configuration.open_source(entry.source).identity) if entry.source else None
    except SheetsyncError as error:
        say(f"{entry.source}: {error}")
        run = None
    if entry.source and not configuration.is_link(entry.source) and not Path(entry.source).is_file():
        entry = replace(entry, notes=(f"{entry.source} is not there. If it was moved, install it again from its new place, "
                                      "and remove this one.", *entry.notes))
    return _State(entry.source or entry.name, entry, following, run)


def _json(states: list[_State]) -> str:
    return json.dumps({"version": 1, "schedules": [{
        "source": state.source,
        "installed": state.entry is not None,
        **({} if (entry := state.entry) is None else {
            "name": entry.name, "scheduler": entry.scheduler, "fault": entry.fault or None, "at": entry.at and f"{entry.at:%H:%M}",
            "next_run": state.next_run and state.next_run.isoformat(), "last_start": entry.last_run and entry.last_run.isoformat(),
            "last_exit_code": entry.last_result, "notes": list(entry.notes),
        }),
        "last_run": state.run and {
            "started": state.run.started.isoformat(timespec="seconds"),
            "today": state.run.today.isoformat(), "outcome": state.run.outcome, "cells": state.run.cells,
        },
    } for state in states]}, ensure_ascii=False)


def _text(state: _State) -> str:
    from sheetsync.core import model
    from sheetsync.errors import ExitCode
    from sheetsync.outputs.text import Ink, wrap
    from sheetsync.schedule.entry import called

    ink, width = Ink(takes_colour()), terminal_width()
    lines = [ink.bold(called(state.source))]

    def line(title: str, text: str) -> None:
        first, *more = wrap(text, width - 14) or [""]
        lines.append(f"  {title:<12}{first}")
        lines.extend(" " * 14 + one for one in more)

    entry = state.entry
    if entry is None:
        line("Scheduled", f"no → sheetsync schedule install {_word(state.source)} --at 02:30")
    else:
        lines.append(f"  {'Workbook':<12}{state.source}")  # in one piece, for copying
        when = "at a time that is not clear" if entry.at is None else f"every night at {entry.at:%H:%M}"
        line("Scheduled", f"{when}, by {entry.scheduler}")
        if entry.fault:
            line("Next run", f"{ink.status('none', model.BAD)}: {entry.fault}")
        elif state.next_run is not None:
            line("Next run", f"{_when(state.next_run)}")
    if state.run is None:
        line("Last run", "none yet")
    else:
        cells = f", {state.run.cells:,} cells" if state.run.outcome == "written" else ""
        why = f": {state.run.sentence}" if state.run.sentence else ""
        line("Last run", f"{_when(state.run.started.astimezone())}: {_OUTCOMES.get(state.run.outcome, state.run.outcome)}{cells}{why}")
    if entry is not None and entry.last_result is not None:
        began = "" if entry.last_run is None else f", started {_when(entry.last_run)}"
        ended = "done" if entry.last_result == ExitCode.DONE else f"exit code {entry.last_result}"
        line("Last start", f"{ended}{began} (says {entry.scheduler})")
    for note in entry.notes if entry is not None else ():
        line("Note", note)
    return "\n".join(lines)


def _source(workbook: str | None, asked: Asked) -> tuple[str, bool]:
    """The source as a scheduler is to name it, wherever it starts, and whether it is a link."""
    from sheetsync.config import is_link

    named = workbook or asked.settings.source
    assert named is not None  # else `resolve` has refused
    return (named, True) if is_link(named) else (str(Path(named).expanduser().absolute()), False)


def _playbook(named: str) -> str:
    from sheetsync.resources import playbooks

    return named if named in playbooks() else str(Path(named).expanduser().absolute())


def _when(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def _word(text: str) -> str:
    """As it is typed on a command line."""
    if os.name != "nt":
        return shlex.quote(text)
    return f'"{text}"' if set(text) & set(" &()^;,'`") else text
