"""sheetsync undo: take the newest run back."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import AsJson, ConfigPath, terminal_width

if TYPE_CHECKING:
    from sheetsync.sync import Undone

_NAMED = 10  # skipped cells named one by one


@handled
def undo(
    workbook: Annotated[
        str | None, typer.Argument(metavar="WORKBOOK|LINK", help="The workbook. Left out: sheetsync.toml's, else the one written last.")
    ] = None,
    config: ConfigPath = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken back, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take back what the newest run wrote: every old value comes back.

    Cells that somebody has changed since are left alone and named. Again: the run before that.

    Example: sheetsync undo customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync.core.past import KEPT_DAYS
    from sheetsync.deliver import to_terminal
    from sheetsync.errors import Refused
    from sheetsync.sync import settle
    from sheetsync.sync import undo as run

    path = None if workbook is None or configuration.is_link(workbook) else Path(workbook).expanduser()
    settings = configuration.load_settings(configuration.find_settings(path, config))
    named = workbook or settings.source
    journal = configuration.journal()
    source = None if named is None else configuration.open_source(named, settings)
    identity = None if source is None else source.identity
    told: list[str] = []
    while True:
        newest = journal.newest_to_undo(identity)
        if newest is None:
            where = "" if named is None else " in this sheet" if configuration.is_link(named) else f" in {Path(named).name}"
            backups = "" if source is None else configuration.say_backups(source)
            what = f"sheetsync undo takes back what sheetsync sync and sheetsync fix wrote in the last {KEPT_DAYS} days."
            raise Refused(" ".join([*told, f"There is no run to take back{where}."]), f"{what} {backups}".strip())
        if named is None and not configuration.is_link(newest.source):
            settings = configuration.load_settings(configuration.find_settings(Path(newest.source), config))
        source = configuration.open_source(named or newest.source, settings, sheet=newest.sheet, tell=say)
        found = settle(journal, source)  # whether one that was cut off wrote at all, and whether an undo of it did
        told += found
        if not found:
            break
    done = run(source, newest, today=settings.today(), journal=journal, dry_run=dry_run)
    if as_json:
        to_terminal(_json(done, written=not dry_run))
    else:
        to_terminal(_text(done, told, settings.zone, configuration.say_backups(source), dry_run=dry_run))


def _json(done: Undone, *, written: bool) -> str:
    from sheetsync.outputs.json import VERSION, change_objects

    return json.dumps({
        "version": VERSION, "today": done.run.today.isoformat(), "source": done.table.source, "sheet": done.table.sheet,
        "run": done.run.id, "changes": change_objects(done.changes),
        "skipped": [{"customer": who} | change_objects([change])[0] for who, change in done.skipped],
        "written": written and bool(done.changes),
    }, ensure_ascii=False)


def _text(done: Undone, told: list[str], zone: tzinfo | None, backups: str, *, dry_run: bool) -> str:
    from sheetsync.core.past import say_moment
    from sheetsync.outputs.text import plural, wrap

    width = terminal_width()
    verb = "would be taken back" if dry_run else "taken back"
    lines = [line for sentence in told for line in wrap(sentence, width)]
    lines += wrap(f"{plural(len(done.changes), 'cell')} of {done.table.source} {verb}: "
                  f"the {done.run.command} of {say_moment(done.run.started, zone)}.", width)
    if done.skipped:
        lines += wrap(f"{plural(len(done.skipped), 'cell')} left alone, changed since or no longer there:", width)
        lines += [line for who, change in done.skipped[:_NAMED] for line in wrap(f"{who}: {change.column}", width, "  ")]
        if len(done.skipped) > _NAMED:
            lines.append(f"  and {len(done.skipped) - _NAMED:,} more")
    if backups:
        lines += wrap(backups, width)
    return "\n".join(lines)
