"""sheetsync init for a list that is there: what its columns are, asked where only the owner knows, and its settings."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsync.cli.handler import say
from sheetsync.cli.init_place import Asked, check_same_list, next_command, to_json, with_yes, write_settings
from sheetsync.cli.options import takes_colour, terminal_width
from sheetsync.cli.progress import progress

if TYPE_CHECKING:
    from sheetsync.config import Settings
    from sheetsync.core.guess import Candidate, Proposal, Question
    from sheetsync.core.model import Report

_SAMPLE = 26  # characters of a value that is shown
_NAMED = 8  # headers, and columns, in one sentence


@dataclass(slots=True)
class _Mapping:
    """What is agreed so far: which header each column is, and in which order dates are written there."""

    proposal: Proposal
    taken: dict[str, Candidate]
    orders: dict[str, str] = field(default_factory=dict)
    left: list[Question] = field(default_factory=list)
    unasked: list[Question] = field(default_factory=list)


def set_up(asked: Asked) -> None:
    """Looks at the list, proposes, asks, tries the settings and writes them. Raises the errors of `sheetsync.errors`."""
    from sheetsync.config import open_source
    from sheetsync.errors import Refused
    from sheetsync.setup import look_around

    check_same_list(asked)
    playbook = asked.which_playbook()
    settings = asked.settings(playbook)
    source = open_source(asked.place.target, settings, sheet=asked.sheet, tell=say)
    found = look_around(source, settings.playbook, asked.day or settings.today())
    proposal = _which_worksheet(asked, found.proposals, source.name)
    agreed = _Mapping(proposal, dict(proposal.taken))
    asked.tell(*_head(asked, agreed, source.name))
    for question in proposal.questions:
        _settle(asked, agreed, question)
    if not {name for name, candidate in agreed.taken.items() if not candidate.doubt} & {*settings.playbook.key, "Name"}:
        _ask_name(asked, agreed, source.name)
    asked.tell(*_shown(agreed, settings))
    if asked.asks:
        while not _agreed(asked, agreed, settings):
            asked.tell(*_shown(agreed, settings))
    if len(agreed.taken) < 2:
        raise Refused(f"{source.name}, worksheet {proposal.worksheet}: {' and '.join(agreed.taken)} alone could be told from the header, "
                      "and a list needs two columns at least.", "Add one, such as Last contact, Phone or Email, and run again.")
    text, added = _text(asked, agreed, settings, playbook, found.timezone)
    report = _rehearsed(asked, agreed, text)
    if report.customers.table.rules is not None:
        text, added = _text(asked, agreed, settings, playbook, found.timezone, own_rules=True)
    if asked.asks and text != asked.place.before and not _goes_ahead(asked, added):
        asked.tell("Nothing was written.")
        return
    changed = text != asked.place.before
    backup = write_settings(asked.place, text) if asked.writes and changed else None
    if asked.quiet:
        to_json(_object(asked, agreed, settings, report, text, written=asked.writes and changed))
        return
    asked.tell(*_end(asked, agreed, report, text, changed=changed, backup=backup))


def _which_worksheet(asked: Asked, proposals: tuple[Proposal, ...], name: str) -> Proposal:
    from sheetsync.cli.ask import choose
    from sheetsync.errors import SettingsError
    from sheetsync.setup import clear_choice

    clear = clear_choice(proposals)
    if clear is not None:
        return clear
    if asked.asks:
        asked.tell("", f"{name} has several worksheets that may hold your customers.")
        which = choose("Which one?", [f"{p.worksheet}: {p.rows:,} rows, {', '.join(list(p.taken)[:4])}" for p in proposals], default=0)
        return proposals[which or 0]
    names = " and ".join(f'"{proposal.worksheet}"' for proposal in proposals)
    raise SettingsError(f"{name}: the worksheets {names} may all hold the customers.",
                        f'Say which with --sheet NAME, such as --sheet "{proposals[0].worksheet}".')


def _ask_name(asked: Asked, agreed: _Mapping, name: str) -> None:
    """Asks which column holds the names; raises Refused where nobody is there to say so."""
    from sheetsync.cli.ask import choose
    from sheetsync.core.guess import Candidate
    from sheetsync.errors import Refused

    proposal = agreed.proposal
    headers = [(position, proposal.header[position]) for position in proposal.samples]
    if not asked.asks:
        shown = ", ".join(f'"{text}"' for _, text in headers[:_NAMED])
        raise Refused(f"{name}, worksheet {proposal.worksheet}: which column holds the customers' names can't be told from the header in "
                      f"row {proposal.header_row} ({shown}).",
                      'Run sheetsync init in a terminal, which asks; or write sheetsync.toml: [columns] "Name" = "your header".')
    asked.tell(f"Which column of {proposal.worksheet} holds the customers' names?")
    which = choose("Number", [_with_sample(text, proposal.samples[position]) for position, text in headers], none="none of them: stop")
    if which is None:
        raise Refused(f"{name}: without names or a customer number nobody can be told apart.",
                      "Add a column Name, or begin with a starter workbook: sheetsync init new.xlsx")
    position, text = headers[which]
    agreed.taken = {column: c for column, c in agreed.taken.items() if c.position != position}
    agreed.taken["Name"] = Candidate(position, text, "words", agreed.proposal.samples[position])


def _settle(asked: Asked, agreed: _Mapping, question: Question) -> None:
    from sheetsync.cli.ask import choose

    used = {candidate.position for name, candidate in agreed.taken.items() if name != question.column}
    free = [candidate for candidate in question.candidates if candidate.position not in used]
    if not free or question.column in agreed.taken:
        return
    if not asked.asks:
        if question.proposed is not None:
            agreed.taken[question.column] = question.proposed
            agreed.unasked.append(question)
        else:
            agreed.left.append(question)
        return
    asked.tell("", f"Which of these is {question.column}?" if len(free) > 1 else f"Is this {question.column}?")
    options = []
    for candidate in free:
        options.append(_with_sample(candidate.header, candidate.sample) + (f" – {candidate.doubt}" if candidate.doubt else ""))
    if question.proposed is not None:
        which = choose("Number", options, default=free.index(question.proposed) if question.proposed in free else 0)
    else:
        which = choose("Number", options, none="none of them" if len(free) > 1 else "no")
    if which is not None:
        agreed.taken[question.column] = replace(free[which], doubt="")


def _agreed(asked: Asked, agreed: _Mapping, settings: Settings) -> bool:
    """Whether all is right as shown; else one column was changed. Asks about dates that could be two."""
    from sheetsync.cli.ask import answer, choose, letter
    from sheetsync.config import is_link
    from sheetsync.core.guess import Candidate
    from sheetsync.core.nearest import nearest

    if letter("Is that right? [Y]es, [c]hange a column:", "yc") == "c":
        names = [column.name for column in settings.playbook.columns]
        column = nearest(answer("Which column of the playbook (the left side)? "), names, cutoff=0.5)
        if column is None:
            asked.tell(f"There is no such column. There are: {', '.join(names)}.")
            return False
        samples = agreed.proposal.samples
        headers = [(position, agreed.proposal.header[position]) for position in samples]
        asked.tell(f"Which header is {column}?")
        which = choose("Number", [_with_sample(text, samples[position]) for position, text in headers], none="none of them")
        agreed.taken.pop(column, None)
        if which is not None:
            position, text = headers[which]
            agreed.taken = {name: c for name, c in agreed.taken.items() if c.position != position}
            agreed.taken[column] = Candidate(position, text, "words", agreed.proposal.samples[position])
        return False
    for name, candidate in agreed.taken.items():
        column_now = next(column for column in settings.playbook.columns if column.name == name)
        sample = agreed.proposal.two_ways.get(candidate.position)
        if column_now.type == "date" and column_now.order is None and sample and not is_link(asked.place.target):
            asked.tell("", f'In "{candidate.header}", {_cut(sample)} could be two dates. What comes first there?')
            said = letter("[l]eave it (such dates are shown as problems), [d]ay, [m]onth:", "ldm")
            if said in "dm":
                agreed.orders[name] = "dmy" if said == "d" else "mdy"
    return True


def _goes_ahead(asked: Asked, added: list[str]) -> bool:
    from sheetsync.cli.ask import letter

    place = asked.place
    if place.before is None:
        return letter(f"Write {place.settings}? [Y]es, [n]o:", "yn") == "y"
    asked.tell(f"{place.settings} is there already. Its comments and settings stay; these lines come in:", *(f"  {line}" for line in added))
    return letter("Write it? [Y]es, [n]o:", "yn") == "y"


# ---- What is written ------------------------------------------------------------------------------------------------


def _text(
    asked: Asked, agreed: _Mapping, settings: Settings, playbook: str, timezone: str | None, *, own_rules: bool = False
) -> tuple[str, list[str]]:
    """The settings file as it is to be, and the lines that are new in it. `own_rules`: those of a Rules worksheet apply, and no [rules]."""
    from sheetsync.config import is_link, load_playbook
    from sheetsync.core.header import normal
    from sheetsync.settings_file import Column, Wanted, edited_settings, examples, new_settings

    place, proposal = asked.place, agreed.proposal
    told = asked.told().get("columns", {})
    columns: dict[str, Column] = {}
    found: list[str] = []
    order_of = {column.name: number for number, column in enumerate(settings.playbook.columns)}
    for name, candidate in sorted(agreed.taken.items(), key=lambda item: order_of[item[0]]):
        order = agreed.orders.get(name)
        if order:
            columns[name] = {"header": candidate.header, "order": order}
        elif name in told and agreed.proposal.taken.get(name) == candidate:
            continue  # it is found by what the settings say already
        elif normal(name) == normal(candidate.header):
            found.append(name)
        else:
            columns[name] = candidate.header
    link = is_link(place.target)
    has_gid = link and "gid=" in place.target and asked.sheet is None
    lacking = [column.name for column in settings.playbook.columns if column.name not in agreed.taken and column.type == "date"]
    plain = load_playbook(playbook, folder=place.settings.absolute().parent)
    rule = plain.rules[-1].name if plain.rules and not own_rules else ""
    wanted = Wanted(
        place.source, None if has_gid else proposal.worksheet, playbook, columns, found, lacking[0] if lacking else "",
        timezone if timezone and _is_zone(timezone) else None,
        examples(year=(asked.day or settings.today()).year, is_link=link, rule=rule))
    if place.before is None:
        return new_settings(wanted), []
    if set(asked.told()) & {"source"}:
        wanted = replace(wanted, timezone=None)
    text = edited_settings(place.before, wanted, str(place.settings))
    old = place.before.splitlines()
    return text, [line for line in text.splitlines() if line not in old]


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _rehearsed(asked: Asked, agreed: _Mapping, text: str) -> Report:
    """What a sync by these settings would find today; nothing is written. Raises what such a sync would raise."""
    from sheetsync.config import load_settings, open_source
    from sheetsync.errors import Refused
    from sheetsync.sync import sync

    settings = load_settings(asked.place.settings, text=text)
    source = open_source(asked.place.target, settings, sheet=asked.sheet, tell=say)
    gc.disable()  # as in any command: all that a run makes lives to its end
    with progress(shown=not asked.quiet) as tell:
        report = sync(source, settings.playbook, settings.checks, today=asked.day or settings.today(), dry_run=True, progress=tell)
    table, positions = report.customers.table, report.customers.positions
    wrong = [name for name, candidate in agreed.taken.items() if name not in positions or table.header[positions[name]] != candidate.header]
    if table.header_row != agreed.proposal.header_row or wrong:
        said = ", ".join(wrong) or "another header row"
        raise Refused(f"{report.source}: a sync would not find the columns as they were agreed ({said}).",
                      "Give each column a header of its own, in one row, and run again.")
    return report


# ---- What is shown --------------------------------------------------------------------------------------------------


def _head(asked: Asked, agreed: _Mapping, name: str) -> list[str]:
    from sheetsync.outputs.text import Ink, wrap

    proposal = agreed.proposal
    before = [""] if asked.asks else []
    return before + [Ink(takes_colour()).bold(line) for line in wrap(
        f"{name} · {proposal.worksheet} · the header stands in row {proposal.header_row}", terminal_width())]


def _shown(agreed: _Mapping, settings: Settings) -> list[str]:
    """The columns as agreed so far, each with a value; then headers that mean nothing to the playbook."""
    from sheetsync.core.header import normal
    from sheetsync.outputs.text import Ink, fit, wrap

    ink, width = Ink(takes_colour()), terminal_width()
    first, second = 20, min(30, width - 2 - 20 - 2 - _SAMPLE)
    lines = ["", ink.dim(f"  {fit('Column', first)}{fit('Your header', second)}  For example")]
    for column in settings.playbook.columns:
        if (candidate := agreed.taken.get(column.name)) is not None:
            told = fit(_cut(candidate.sample), width - first - second - 4).rstrip() if candidate.sample else ""
            lines.append(f"  {fit(column.name, first)}{fit(candidate.header, second)}  {ink.dim(told)}".rstrip())
    used = {candidate.position for candidate in agreed.taken.values()} | {c.position for q in agreed.left for c in q.candidates}
    others = [text for position, text in enumerate(agreed.proposal.header)
              if text and position not in used and not settings.playbook.status.is_ours(text)]
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        left = f"Left as they are, and not read: {', '.join(others[:_NAMED])}{more}"
        lines += ["", *wrap(left if left.endswith(".") else f"{left}.", width)]
    names = [normal(text) for text in agreed.proposal.header if text]
    if twice := sorted({text for text in others if names.count(normal(text)) > 1}):
        lines += ["", *wrap(f"Several columns are called {', '.join(twice[:_NAMED])}; none of them can be named in the settings until each "
                            "has a header of its own.", width)]
    for name, candidate in agreed.taken.items():
        if candidate.doubt:
            lines += ["", *wrap(f'"{candidate.header}" counts as {name}, since it is called so, though {candidate.doubt}. If it is '
                                "something else, give it another header.", width)]
    for column in settings.playbook.columns:
        if column.header is not None and column.name not in agreed.taken:
            said = f'The settings say that {column.name} is called "{column.header}", and the list has no such header.'
            lines += ["", *wrap(said, width)]
    for question in agreed.unasked:
        took = agreed.taken[question.column]
        rest = " and ".join(f'"{c.header}"' for c in question.candidates if c != took)
        lines += ["", *wrap(f'"{took.header}" was taken for {question.column}; {rest} could be it too. If so, change it in sheetsync.toml, '
                            "[columns].", width)]
    for question in agreed.left:
        for candidate in question.candidates:
            doubt = candidate.doubt or "another header says so too"
            lines += ["", *wrap(f'"{candidate.header}" may be {question.column}, but {doubt}; it was left out. If it is, write into '
                                f'sheetsync.toml: [columns] "{question.column}" = "{candidate.header}"', width)]
    return [*lines, ""]


def _end(asked: Asked, agreed: _Mapping, report: Report, text: str, *, changed: bool, backup: Path | None) -> list[str]:
    from sheetsync.core.guess import half_of_a_name
    from sheetsync.core.model import LAST_CONTACT, LOG
    from sheetsync.outputs.text import Ink, plural, wrap

    ink, width, place = Ink(takes_colour()), terminal_width(), asked.place
    counts = ", ".join(f"{count:,} {word}" for word, count in report.statuses.items())
    lines = wrap(f"{plural(len(report.customers), 'customer')}{f'. Today they would be: {counts}' if counts else ''}.", width)
    errors = sum(problem.severity == "error" for problem in report.problems)
    if errors:
        lines += wrap(f"{plural(errors, 'value')} can't be read or right; a sync says which (sheetsync check, too).", width)
    for name, position in report.customers.positions.items():
        if name not in agreed.taken:
            lines += wrap(f'"{report.customers.table.header[position]}" counts as {name} all the same, since it is called so; give it '
                          "another header if it is something else.", width)
    if LAST_CONTACT not in agreed.taken:
        lines += wrap("No column says when you last spoke, so all count as never contacted. Add one with the header Last contact.", width)
    elif LOG not in agreed.taken:
        lines += wrap("Tip: with the columns Log and Snooze until you only type what you did, such as “called”.", width)
    if "Name" in agreed.taken and half_of_a_name(agreed.taken["Name"].header):
        lines += wrap("Names stand in two columns, and sheetsync reads one. For whole names add a column Name that joins them, such as "
                      f'=A{agreed.proposal.header_row + 1}&" "&B{agreed.proposal.header_row + 1}', width)
    for name, candidate in agreed.taken.items():
        sample = agreed.proposal.two_ways.get(candidate.position)
        column = report.customers.columns[name]
        if sample and column.type == "date" and column.order is None and report.customers.table.date_order is None:
            lines += wrap(f'In "{candidate.header}", {_cut(sample)} could be two dates, and is not guessed. Say what comes first: '
                          f'[columns] "{name}" = {{ header = "{candidate.header}", order = "dmy" }} (or "mdy").', width)
    lines.append("")
    if not changed:
        return [*lines, *wrap(f"{place.settings} says all this already; nothing was written.", width), "", f"Next: {next_command(place)}"]
    if not asked.writes:
        return [*lines, f"{place.settings} would say:", "", *(f"  {line}".rstrip() for line in text.splitlines()), "",
                "Nothing was written.", *with_yes(asked)]
    kept = f" The old one is kept as {backup.name}." if backup is not None else ""
    lines += [ink.bold(line) for line in wrap(f"Written: {place.settings}.{kept} The list itself was not touched.", width)]
    return [*lines, "", f"Next: {next_command(place)}"]


def _with_sample(header: str, sample: str) -> str:
    return f'"{header}", such as {_cut(sample)}' if sample else f'"{header}"'


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1] + "…"


def _object(asked: Asked, agreed: _Mapping, settings: Settings, report: Report, text: str, *, written: bool) -> dict[str, Any]:
    return {
        "source": report.source, "sheet": report.sheet, "header_row": agreed.proposal.header_row, "playbook": settings.playbook.name,
        "rows": len(report.customers), "statuses": report.statuses,
        "columns": [{"column": name, "header": c.header, "sample": c.sample, "told_by": c.level} for name, c in agreed.taken.items()],
        "left": [{"column": q.column, "header": c.header, "why": c.doubt} for q in agreed.left for c in q.candidates],
        "settings": str(asked.place.settings), "text": text, "written": written,
    }
