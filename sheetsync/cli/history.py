"""sheetsync history: the runs, one customer's story, and forgetting one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import AsJson, Asked, ConfigPath, PlaybookName, SheetName, resolve, takes_colour, terminal_width
from sheetsync.errors import Refused, SettingsError, SheetsyncError

if TYPE_CHECKING:
    from sheetsync.core.model import Customers
    from sheetsync.core.past import Whose
    from sheetsync.forget import Remembered
    from sheetsync.journal import Journal


@handled
def history(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORKBOOK] [WHO]", help="The workbook (left out: sheetsync.toml's, or all), and a customer's key or name."),
    ] = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show so many runs.")] = 20,
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="WHO", help="Delete what journal and backups hold of this customer.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --forget: do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each run did, newest first; or, of one customer, all that changed and was logged, oldest first.

    Example: sheetsync history customers.xlsx "Susan Ortiz"
    """
    from sheetsync import config as configuration

    workbook, who = _split(words or [])
    journal = configuration.journal()
    if forget is not None:
        if not forget.strip():
            raise SettingsError("No customer was named.", 'Such as: sheetsync history customers.xlsx --forget "Susan Ortiz"')
        if who:
            raise SettingsError("With --forget, the customer is named once.",
                                'Such as: sheetsync history customers.xlsx --forget "Susan Ortiz"')
        _forget(resolve(workbook, sheet, playbook, config, None), journal, forget, yes=yes, as_json=as_json)
    elif who:
        _story(resolve(workbook, sheet, playbook, config, None), journal, who, as_json=as_json)
    else:
        _runs(workbook, config, journal, limit, as_json=as_json)


def _split(words: list[str]) -> tuple[str | None, str]:
    from sheetsync.config import names_a_source

    if words and names_a_source(words[0]):
        return words[0], " ".join(words[1:])
    return None, " ".join(words)


def _runs(workbook: str | None, config: Path | None, journal: Journal, limit: int, *, as_json: bool) -> None:
    """The newest runs, of all workbooks where none is named. The workbook itself need not be there."""
    from sheetsync import config as configuration
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.history import HistoryJson, HistoryText

    path = None if workbook is None or configuration.is_link(workbook) else Path(workbook).expanduser()
    settings = configuration.load_settings(configuration.find_settings(path, config))
    named = workbook or settings.source
    source = None if named is None else configuration.open_source(named, settings)
    runs = journal.runs(None if source is None else source.identity, limit=limit + 1)
    shown = runs[:limit]
    if as_json:
        to_terminal(HistoryJson().render(shown))
        return
    told = HistoryText(width=terminal_width(), colour=takes_colour(), zone=settings.zone)
    to_terminal(told.render(shown, more=len(runs) > limit, backups="" if source is None else configuration.say_backups(source)))


def _story(asked: Asked, journal: Journal, who: str, *, as_json: bool) -> None:
    from sheetsync.core.past import Story
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.history import StoryJson, StoryText

    source = asked.source
    customers = _customers(asked)
    whose = _whose(asked, customers, journal, who)
    if whose is None:
        raise _nobody(asked, customers, who)
    whole = journal.whole_since(source.identity)
    story = Story(source.name, whose, journal.touched(source.identity, whose), None if whole is None else whole.started)
    if as_json:
        to_terminal(StoryJson().render(story))
        return
    told = StoryText(width=terminal_width(), colour=takes_colour(), zone=asked.settings.zone, mark=asked.settings.playbook.status.mark)
    to_terminal(told.render(story) if story.touched else f"The journal holds nothing of {whose.name} yet.")


def _customers(asked: Asked) -> Customers | None:
    """The customers as the sheet has them now; None, with a line about it, where it can't be read."""
    from sheetsync.core.validate import see_customers

    book = asked.settings.playbook
    try:
        with asked.source.open(readonly=True) as opened:
            return see_customers(opened.read(), book.columns, book.key, book.status)
    except SheetsyncError as error:
        say(f"{error.sentence} Looked for in the journal alone.")
        return None


def _whose(asked: Asked, customers: Customers | None, journal: Journal, who: str) -> Whose | None:
    """By what the journal knows the customer that is meant, in the sheet or gone from it. Raises Refused where it could be several."""
    from sheetsync.core.diff import anchors, key_header
    from sheetsync.core.past import Whose, candidates, plain
    from sheetsync.core.values import text_of
    from sheetsync.playbook.messages import find_customer

    if customers is not None and (found := find_customer(customers, who).exactly):
        header = key_header(customers)
        anchor = anchors(customers.table, header, asked.settings.playbook.status.is_ours)
        whose = [anchor(customers.indexes[i]) for i in found]
        if len(found) > 1:
            named = [f"{customers.labels[i]} (row {customers.row(i)}{f', {one.column} {text_of(one.key)}' if one.column else ''})"
                     for i, one in zip(found[:5], whose, strict=False)]
            raise Refused(f'"{who}" could be {", ".join(named)}{f" and {len(found) - 5} more" if len(found) > 5 else ""}.',
                          f"Name the {customers.key or 'whole name'} instead.")
        [one], name = whose, customers.labels[found[0]]
        return Whose(name, frozenset({(one.column, text_of(one.key))} if one.column else ()),
                     sum(plain(label) == plain(name) for label in customers.labels) > 1)
    gone = candidates(who, *journal.known(asked.source.identity))
    if len(gone) > 1:
        named = [f"{one.name or who} ({header} {key})" for one in gone[:5] for header, key in one.keys]
        raise Refused(f'"{who}" could be {", ".join(named)}.', "Name the key instead.")
    return replace(gone[0], name=gone[0].name or who) if gone else None


def _nobody(asked: Asked, customers: Customers | None, who: str) -> Refused:
    from sheetsync.playbook.messages import find_customer

    near = () if customers is None else find_customer(customers, who).near
    return Refused(f'There is no customer "{who}" in {asked.source.name}, nor in its journal.',
                   f"Did you mean {' or '.join(near)}?" if near else "Name the customer's key or name as it stands in the sheet.")


def _forget(asked: Asked, journal: Journal, who: str, *, yes: bool, as_json: bool) -> None:
    from sheetsync import config as configuration
    from sheetsync.backends.excel.backups import copies
    from sheetsync.cli.fix import is_terminal
    from sheetsync.core import model
    from sheetsync.core.past import Whose, plain
    from sheetsync.deliver import to_terminal
    from sheetsync.forget import forget, remembered
    from sheetsync.outputs.text import wrap

    customers = _customers(asked)
    known = _whose(asked, customers, journal, who)
    whose = known or Whose(" ".join(who.split()))
    if plain(who) not in {plain(whose.name), *(plain(key) for _, key in whose.keys)}:
        raise Refused(f'"{who}" is only a part of {whose.name}; what is forgotten is gone for good.', "Name the whole name or the key.")
    identity, problems = asked.source.identity, asked.settings.playbook.status.header(model.PROBLEMS)
    folder: Path | None = getattr(asked.source, "backups", None)
    backups = [*getattr(asked.source, "copies", ()), *([] if folder is None else copies(folder))]
    kept = remembered(journal, identity, whose, problems, backups, lambda path: _in_copy(asked, path, whose))
    if not kept and known is None:
        raise _nobody(asked, customers, who)
    agreed = bool(kept) and yes
    if not as_json:
        lines = _kept(asked, whose, kept, len(backups), in_sheet=customers is not None and known is not None and _is_in(customers, whose))
        to_terminal("\n".join(line for text in lines for line in wrap(text, terminal_width())))
        if kept and not yes and is_terminal():
            agreed = typer.confirm("Forget all of this for good?", err=True)
    if agreed:
        forget(journal, identity, whose, problems, kept.backups, configuration.state_folder() / "logs")
    if as_json:
        to_terminal(json.dumps({
            "version": 1, "customer": whose.name, "changes": kept.changes, "log": kept.contacts, "runs": kept.runs,
            "mentions": kept.mentions, "backups": [str(path) for path in kept.backups], "forgotten": agreed}, ensure_ascii=False))
    elif kept:
        to_terminal("Forgotten." if agreed else "Nothing was forgotten." + ("" if is_terminal() else " To do it: add --yes."))


def _kept(asked: Asked, whose: Whose, kept: Remembered, copies: int, *, in_sheet: bool) -> list[str]:
    from sheetsync.outputs.text import plural

    key = "".join(f" ({header} {key})" for header, key in sorted(whose.keys))
    if not kept:
        return [f"Neither journal nor backups hold anything of {whose.name}{key}."]
    mentions = f", and {plural(kept.mentions, 'text')} of other rows that name them" if kept.mentions else ""
    out = [f"{whose.name}{key}, {asked.source.name}:",
           f"The journal holds {plural(kept.changes, 'change')} and {plural(kept.contacts, 'Log entry', 'Log entries')} "
           f"of {plural(kept.runs, 'run')}{mentions}. They are deleted; sheetsync undo can't bring these cells back then."]
    if not whose.keys:
        out.append("The row has no unique key: what belongs to somebody else of that name goes as well.")
    if kept.backups:
        out.append(f"{len(kept.backups)} of {plural(copies, 'backup')} hold them; a copy of a workbook can only be deleted whole.")
    if in_sheet:
        out.append(f"{asked.source.name} itself stays as it is: delete the row there first, else the next sync keeps a record of it again.")
    return out


def _is_in(customers: Customers, whose: Whose) -> bool:
    from sheetsync.core.past import plain

    return any(plain(label) == plain(whose.name) for label in customers.labels)


def _in_copy(asked: Asked, path: Path, whose: Whose) -> bool:
    """Whether a copy of the workbook has a row with the customer's key or name; one that can't be read counts as if it had."""
    from sheetsync.config import open_source
    from sheetsync.core.past import plain
    from sheetsync.core.values import text_of

    try:
        with open_source(path, asked.settings).open(readonly=True) as opened:
            table = opened.read()
    except SheetsyncError:
        return True
    keys = [(position, key) for header, key in whose.keys if (position := table.position(header)) is not None]
    return any(
        any(text_of(row[position]) == key for position, key in keys)
        or any(isinstance(cell, str) and plain(cell) == plain(whose.name) for cell in row)
        for row in table.rows)
