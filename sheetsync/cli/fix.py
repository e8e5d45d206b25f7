"""sheetsync fix: show each repair, ask, and write what is agreed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetsync.cli.check import names
from sheetsync.cli.handler import handled
from sheetsync.cli.options import AsJson, ConfigPath, PlaybookName, SheetName, Target, resolve, takes_colour, terminal_width
from sheetsync.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsync.core.model import Cell, Customers
    from sheetsync.repairs import Mended, Repair

_SHOWN = 20  # repairs of one kind that are listed before the question


@handled
def fix(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="KIND", help="Propose this kind alone; several by comma.")] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", metavar="KIND", help="Leave this kind out; several by comma.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to all that is proposed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be proposed, ask nothing and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose repairs that lose nothing, show each, and write what you agree to. sheetsync undo takes them back.

    Example: sheetsync fix customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync.core.validate import see_customers
    from sheetsync.deliver import to_terminal
    from sheetsync.repairs import mend, propose

    kinds = _kinds(names(only), names(skip))
    asked = resolve(workbook, sheet, playbook, config, None)
    book, checks = asked.settings.playbook, asked.settings.checks
    with progress(shown=not as_json) as tell:
        tell("read")
        with asked.source.open(readonly=True) as opened:
            table = opened.read()
        tell("check")
        customers = see_customers(table, book.columns, book.key, book.status, asked.today)
        repairs = propose(customers, book.status, checks, kinds)
    asks = not (yes or dry_run or as_json) and is_terminal()
    if asks:
        agreed: Sequence[Repair] = _ask(customers, repairs)
    else:
        agreed = repairs if yes and not dry_run else ()
        if not as_json:
            to_terminal(_listed(customers, repairs))
    done: Mended | None = None
    if agreed:  # the table is read again: somebody may have worked on it while the questions stood
        done = mend(asked.source, book.columns, book.key, book.status, checks, agreed, kinds, today=asked.today,
                    journal=configuration.journal())
    to_terminal(_json(customers, repairs, done) if as_json else _end(customers, repairs, done, asked_all=yes and not dry_run, asks=asks))


def is_terminal() -> bool:
    """Whether somebody is there who can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _kinds(only: list[str], skip: list[str]) -> list[str]:
    from sheetsync.core.nearest import did_you_mean
    from sheetsync.errors import SettingsError
    from sheetsync.repairs import KINDS

    for option, words in (("--only", only), ("--skip", skip)):
        for word in words:
            if word not in KINDS:
                raise SettingsError(f'{option}: there is no kind of repair called "{word}".', did_you_mean(word, KINDS))
    return [kind for kind in only or KINDS if kind not in skip]


def _head(customers: Customers) -> list[str]:
    from sheetsync.outputs.text import Ink, plural, wrap

    head = f"{customers.table.source} · {customers.table.sheet} · {plural(len(customers), 'customer')}"
    return [Ink(takes_colour()).bold(line) for line in wrap(head, terminal_width())]


def _title(kind: str, repairs: Sequence[Repair]) -> list[str]:
    from sheetsync.outputs.text import Ink, plural, wrap
    from sheetsync.repairs import KINDS

    return ["", *[Ink(takes_colour()).bold(line) for line in wrap(f"{KINDS[kind].title} ({kind}): {plural(len(repairs), 'cell')}",
                                                                  terminal_width())]]


def _lines(customers: Customers, repair: Repair) -> list[str]:
    """One repair: the cell, whose it is, and old → new."""
    from sheetsync.outputs.text import fit, wrap

    width = terminal_width()
    address = customers.table.address(repair.row, repair.column)
    return [f"  {fit(address, 8)}{fit(f'{repair.who}, {repair.column}', width - 10)}".rstrip(),
            *wrap(f"{_said(repair.before)} → {_said(repair.after)}", width, "          ")]


def _said(cell: Cell) -> str:
    """A value as a person tells it from its like: text in quotes, its spaces to be seen."""
    from datetime import date

    from sheetsync.core.values import say_date, text_of

    if cell is None:
        return "(blank)"
    if isinstance(cell, str):
        return '"' + cell.replace("\u00a0", "⍽").replace("\u202f", "⍽").replace("\t", "⇥").replace("  ", " ␣") + '"'
    return say_date(cell) if isinstance(cell, date) else text_of(cell)


def _listed(customers: Customers, repairs: Sequence[Repair]) -> str:
    lines = _head(customers)
    for kind, found in _by_kind(repairs).items():
        lines += _title(kind, found)
        for repair in found:
            lines += _lines(customers, repair)
    return "\n".join(lines)


def _by_kind(repairs: Sequence[Repair]) -> dict[str, list[Repair]]:
    out: dict[str, list[Repair]] = {}
    for repair in repairs:
        out.setdefault(repair.kind, []).append(repair)
    return out


def _ask(customers: Customers, repairs: Sequence[Repair]) -> list[Repair]:
    """The repairs that the owner agrees to, kind by kind, or row by row where asked. None of them after "quit"."""
    from sheetsync.deliver import to_terminal

    to_terminal("\n".join(_head(customers)))
    agreed: list[Repair] = []
    for kind, found in _by_kind(repairs).items():
        lines = _title(kind, found)
        for repair in found[:_SHOWN]:
            lines += _lines(customers, repair)
        if len(found) > _SHOWN:
            lines.append(f"  and {len(found) - _SHOWN:,} more")
        to_terminal("\n".join(lines))
        choices = "[y]es, [n]o, [r]ow by row, " + ("[s]how all, " if len(found) > _SHOWN else "") + "[q]uit"
        them = "it" if len(found) == 1 else f"these {len(found):,}"
        answer = _answer(f"Mend {them}? {choices}", "ynrsq" if len(found) > _SHOWN else "ynrq")
        while answer == "s":
            to_terminal("\n".join(line for repair in found[_SHOWN:] for line in _lines(customers, repair)))
            answer = _answer(f"Mend these {len(found):,}? [y]es, [n]o, [r]ow by row, [q]uit", "ynrq")
        if answer == "q":
            return []
        if answer == "y":
            agreed += found
        if answer == "r":
            for repair in found:
                to_terminal("\n".join(_lines(customers, repair)))
                one = _answer("  Mend it? [y]es, [n]o, [q]uit", "ynq")
                if one == "q":
                    return []
                if one == "y":
                    agreed.append(repair)
    return agreed


def _answer(question: str, letters: str) -> str:
    """The first letter of an answer, asked for until it is one of the letters; an end of input is "q"."""
    while True:
        try:
            text = input(question + ": ").strip().lower()
        except EOFError:
            return "q"
        if text and text[0] in letters:
            return text[0]


def _end(customers: Customers, repairs: Sequence[Repair], done: Mended | None, *, asked_all: bool, asks: bool) -> str:
    from sheetsync.outputs.text import plural, wrap

    width = terminal_width()
    lines: list[str] = [""]
    if not repairs:
        return "\n".join([*lines, "Nothing to mend."])
    if done is None:
        lines.append("Nothing was written.")
        if not (asks or asked_all):
            lines += wrap("To mend them: sheetsync fix in a terminal, which asks first, or sheetsync fix --yes.", width)
        return "\n".join(lines)
    changes = done.changes
    rows = len({change.row for change in changes})
    lines += wrap(f"Mended: {plural(len(changes), 'cell')} in {plural(rows, 'row')} of {customers.table.source}. "
                  "To take it back: sheetsync undo", width)
    if done.gone:
        lines += wrap(f"{plural(len(done.gone), 'cell')} left alone, changed meanwhile: "
                      + ", ".join(sorted({f'{repair.who}, {repair.column}' for repair in done.gone})), width)
    return "\n".join(lines)


def _json(customers: Customers, repairs: Sequence[Repair], done: Mended | None) -> str:
    from sheetsync.outputs.json import VERSION, change_objects, json_cell

    def shown(repair: Repair) -> dict[str, Any]:
        return {"row": repair.row, "customer": repair.who, "column": repair.column, "kind": repair.kind,
                "before": json_cell(repair.before), "after": json_cell(repair.after)}

    return json.dumps({
        "version": VERSION, "source": customers.table.source, "sheet": customers.table.sheet, "rows": len(customers),
        "repairs": [shown(repair) for repair in repairs], "changes": change_objects(done.changes if done else ()),
        "left": [shown(repair) for repair in (done.gone if done else ())], "written": bool(done and done.changes),
    }, ensure_ascii=False)
