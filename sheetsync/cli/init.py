"""sheetsync init: look at the owner's list, propose what its columns are, and write sheetsync.toml; or make a starter workbook."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetsync.cli.fix import is_terminal
from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import AsJson, ConfigPath, PlaybookName, SheetName, TodayDate, parse_today, takes_colour, terminal_width

if TYPE_CHECKING:
    from sheetsync.config import Settings
    from sheetsync.core.guess import Candidate, Proposal, Question
    from sheetsync.core.model import Report

STARTER = "customers.xlsx"
_SAMPLE = 26  # characters of a value that is shown
_NAMED = 8  # headers, and columns, in one sentence


@handled
def init(
    workbook: Annotated[
        str | None,
        typer.Argument(metavar="WORKBOOK|LINK", help="Your list, or a new .xlsx to make a starter workbook of. "
                       "Left out: source in sheetsync.toml, else a starter customers.xlsx."),
    ] = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take every proposal that is safe, ask nothing, and write.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set up your own list: find its header and columns, and write sheetsync.toml; or make a starter workbook.

    Your workbook is not changed. Without a terminal and without --yes it only shows what it would write.

    Example: sheetsync init customers.xlsx
    """
    asks = is_terminal() and not (yes or as_json)
    place = _place(workbook, config, asks=asks)
    asked = _Asked(place, sheet, playbook, parse_today(today), asks=asks, writes=yes or asks, quiet=as_json)
    (_set_up if place.exists else _begin)(asked)


# ---- Where ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """What init is about: a link or a workbook (which need not exist), and the settings file with what it says now."""

    target: str
    path: Path | None  # of the workbook; None for a link
    settings: Path
    before: str | None

    @property
    def exists(self) -> bool:
        return self.path is None or self.path.exists() or self.path.suffix.lower() != ".xlsx"

    @property
    def source(self) -> str:
        """The source as the settings file says it: a link, or the workbook from the file's own folder."""
        if self.path is None:
            return self.target
        try:
            return self.path.resolve().relative_to(self.settings.resolve().parent).as_posix()
        except ValueError:
            return str(self.path.resolve())


def _place(workbook: str | None, config: Path | None, *, asks: bool) -> _Place:
    from sheetsync.config import FILE_NAME, find_settings, is_link, load_settings
    from sheetsync.errors import Refused, SettingsError

    if config is None and (named := os.environ.get("SHEETSYNC_CONFIG")):
        config = Path(named).expanduser()
    target = workbook
    if target is None and (config is None or config.is_file()) and (found := find_settings(None, config)) is not None:
        target = load_settings(found).source
        config = _shown_path(found) if target is not None else config
    if target is None:
        target = _which_workbook() if asks else STARTER
        if target == STARTER and Path(STARTER).exists():
            raise SettingsError(f"{STARTER} is there already, and no starter workbook takes its place.",
                                f"To set it up: sheetsync init {STARTER}. For a starter of another name: sheetsync init new.xlsx")
    path = None if is_link(target) else Path(target).expanduser()
    settings = config or (Path(FILE_NAME) if path is None else path.parent / FILE_NAME)
    if settings.is_dir() or not settings.absolute().parent.is_dir():
        raise Refused(f"{settings} can't be the settings file: " + ("it is a folder." if settings.is_dir() else "its folder does not exist."),
                      "Name another one with --config, or make the folder.")
    if not settings.exists() and not os.access(settings.absolute().parent, os.W_OK):
        raise Refused(f"{settings} can't be written: its folder takes no new files.",
                      "Copy the workbook into a folder of your own, or name another settings file with --config.")
    return _Place(target, path, settings, _read(settings) if settings.exists() else None)


def _shown_path(path: Path) -> Path:
    """The path as people say it: from the current folder, where it lies in it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _read(path: Path) -> str:
    from sheetsync.config import load_settings

    load_settings(path)  # raises what is wrong with it
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def _which_workbook() -> str:
    """The workbook in this folder that the owner means, or the name of the starter."""
    from sheetsync.cli.ask import choose

    here = sorted(path.name for path in Path().glob("*.xls[xm]") if not path.name.startswith("~$"))
    if not here:
        return STARTER
    new = STARTER if STARTER not in here else next(name for n in range(2, 99) if (name := f"customers-{n}.xlsx") not in here)
    which = choose("Which is your list?", [*here, f"None of them: make a new one, {new}"], default=0)
    return new if which is None or which == len(here) else here[which]


@dataclass(slots=True)
class _Asked:
    """What the options come to. `asks`: somebody is there to answer. `writes`: else it is only shown what would be written."""

    place: _Place
    sheet: str | None
    playbook: str | None
    day: date | None
    asks: bool
    writes: bool
    quiet: bool

    def tell(self, *lines: str) -> None:
        """Lines for a person."""
        from sheetsync.deliver import to_terminal

        if not self.quiet:
            to_terminal("\n".join(lines))

    def told(self) -> Mapping[str, Any]:
        """What the settings file says now."""
        from sheetsync.settings_file import told

        return {} if self.place.before is None else told(self.place.before)

    def which_playbook(self) -> str:
        """The playbook by name or path as the settings are to say it: as asked, as they say, as answered, else the default."""
        from sheetsync.cli.ask import choose
        from sheetsync.config import DEFAULT_PLAYBOOK, load_playbook
        from sheetsync.resources import playbooks

        named = self.playbook or self.told().get("playbook")
        if named is None and self.asks:
            names = list(playbooks())
            options = [f"{load_playbook(name).title} ({name}): {_KINDS.get(name, '')}".removesuffix(": ") for name in names]
            self.tell("Which kind of business is it?")
            named = names[choose("Number", options, default=names.index(DEFAULT_PLAYBOOK)) or 0]
        return named or DEFAULT_PLAYBOOK

    def settings(self, playbook: str) -> Settings:
        """The settings as they are now, with that playbook."""
        from sheetsync.config import load_settings

        path = self.place.settings if self.place.before is not None else None
        told = self.told().get("playbook")
        return load_settings(path, playbook=None if playbook == told else playbook)


_KINDS = {
    "home-business": "complaints, promises, requests, bills, keeping in touch",
    "direct-sales": "reorders, parties and their hostesses, a team",
    "consulting": "few clients, deliverables, retainers, contracts",
    "services": "appointments, seasons, estimates",
    "minimal": "a name, the last contact, one cadence",
}


# ---- A starter workbook ---------------------------------------------------------------------------------------------


def _begin(asked: _Asked) -> None:
    from sheetsync.cli.ask import letter
    from sheetsync.config import FILE_NAME, load_settings
    from sheetsync.deliver import to_new_file
    from sheetsync.errors import Refused, SettingsError
    from sheetsync.outputs.text import Ink, wrap
    from sheetsync.settings_file import Wanted, edited_settings, examples, new_settings
    from sheetsync.starter import CUSTOMERS, starter

    place = asked.place
    path = place.path
    assert path is not None
    if not path.absolute().parent.is_dir():
        raise Refused(f"The folder {path.parent} does not exist.", "Make it first, or name another.")
    _same_list(asked)
    if asked.sheet is not None:
        raise SettingsError(f'{path} does not exist, so it has no worksheet "{asked.sheet}".', "Check the name, or leave --sheet out.")
    if asked.asks:
        near = _near(path)
        said = f"{path} does not exist yet{f' (there is {near})' if near else ''}. sheetsync can make a starter workbook there."
        asked.tell(*wrap(said, terminal_width()), "")
    named = asked.which_playbook()
    wanted = Wanted(place.source, CUSTOMERS, named, {}, examples=examples(year=(asked.day or date.today()).year, is_link=False))
    text = new_settings(wanted) if place.before is None else edited_settings(place.before, wanted, str(place.settings))
    settings = load_settings(place.settings, text=text)
    if settings.playbook.rules_told_in:
        raise SettingsError(f"{place.settings} has [rules], and the starter workbook a worksheet Rules; which of them apply could not be told.",
                            "Make the starter in another folder, or delete [rules] there.")
    day = asked.day or settings.today()
    data = starter(settings.playbook, day)
    if asked.asks and letter(f"Make {path} for {settings.playbook.title}, and {FILE_NAME} beside it? [Y]es, [n]o:", "yn") == "n":
        asked.tell("Nothing was written.")
        return
    if asked.writes:
        to_new_file(data, path)
        try:
            _write(place, text)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    if asked.quiet:
        _to_json({"source": str(path), "sheet": CUSTOMERS, "playbook": settings.playbook.name, "workbook": str(path),
                  "settings": str(place.settings), "text": text, "written": asked.writes})
        return
    ink, width = Ink(takes_colour()), terminal_width()
    if not asked.writes:
        asked.tell(*wrap(f"{path} does not exist; a starter workbook for {settings.playbook.title} would be made there, and "
                         f"{place.settings} beside it. Nothing was written.", width), *_with_yes(asked))
        return
    asked.tell(ink.bold(f"Made: {path}, a starter workbook for {settings.playbook.title}, and {place.settings}."), *wrap(
        "It has a list to type into (three examples show what the colours mean; delete them when you like), the rules in a worksheet "
        "of their own, and a page on how it works.", width), "", f"Next: {_next(place)}")


def _near(path: Path) -> str | None:
    from sheetsync.core.nearest import nearest

    return nearest(path.name, [other.name for other in path.absolute().parent.glob("*.xls[xm]")], cutoff=0.7)


# ---- The owner's own list -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Mapping:
    """What is agreed so far: which header each column is, and in which order dates are written there."""

    proposal: Proposal
    taken: dict[str, Candidate]
    orders: dict[str, str] = field(default_factory=dict)
    left: list[Question] = field(default_factory=list)


def _set_up(asked: _Asked) -> None:
    from sheetsync.config import open_source
    from sheetsync.setup import look_around

    _same_list(asked)
    playbook = asked.which_playbook()
    settings = asked.settings(playbook)
    source = open_source(asked.place.target, settings, sheet=asked.sheet, tell=say)
    found = look_around(source, settings.playbook, asked.day or settings.today())
    proposal = _which_worksheet(asked, found.proposals, source.name)
    agreed = _Mapping(proposal, dict(proposal.taken))
    if not proposal.usable(settings.playbook.key):
        _ask_name(asked, agreed, source.name)
    asked.tell(*_head(asked, agreed, source.name))
    for question in proposal.questions:
        _settle(asked, agreed, question)
    asked.tell(*_shown(agreed, settings))
    if asked.asks:
        while not _agreed(asked, agreed, settings):
            asked.tell(*_shown(agreed, settings))
    text, added = _text(asked, agreed, settings, playbook, found.timezone)
    report = _rehearsed(asked, agreed, text)
    if asked.asks and text != asked.place.before and not _goes_ahead(asked, added):
        asked.tell("Nothing was written.")
        return
    changed = text != asked.place.before
    backup = _write(asked.place, text) if asked.writes and changed else None
    if asked.quiet:
        _to_json(_object(asked, agreed, settings, report, text, written=asked.writes and changed))
        return
    asked.tell(*_end(asked, agreed, report, text, changed=changed, backup=backup))


def _same_list(asked: _Asked) -> None:
    """Raises SettingsError where the settings file is about another list: its settings would get lost."""
    from sheetsync.config import is_link, load_settings, open_source
    from sheetsync.errors import SettingsError

    place = asked.place
    if place.before is None or (named := load_settings(place.settings).source) is None or named == place.target:
        return
    there = load_settings(place.settings)
    same = is_link(named) == (place.path is None)
    if same and place.path is not None:
        same = Path(named).resolve() == place.path.resolve()
    elif same:
        same = open_source(named, there).identity == open_source(place.target, there).identity
    if not same:
        raise SettingsError(f"{place.settings} holds the settings of another list ({Path(named).name if not is_link(named) else named}).",
                            "Keep each list in a folder of its own, or name another settings file with --config.")


def _which_worksheet(asked: _Asked, proposals: tuple[Proposal, ...], name: str) -> Proposal:
    from sheetsync.cli.ask import choose
    from sheetsync.errors import SettingsError
    from sheetsync.setup import clear_choice

    clear = clear_choice(proposals)
    if clear is not None:
        return clear
    if asked.asks:
        asked.tell(f"{name} has several worksheets that may hold your customers.")
        which = choose("Which one?", [f"{p.worksheet}: {p.rows:,} rows, {', '.join(list(p.taken)[:4])}" for p in proposals], default=0)
        return proposals[which or 0]
    names = " and ".join(f'"{proposal.worksheet}"' for proposal in proposals)
    raise SettingsError(f"{name}: the worksheets {names} may all hold the customers.",
                        f'Say which with --sheet NAME, such as --sheet "{proposals[0].worksheet}".')


def _ask_name(asked: _Asked, agreed: _Mapping, name: str) -> None:
    """Asks which column holds the names; raises Refused where nobody is there to say so."""
    from sheetsync.cli.ask import choose
    from sheetsync.core.guess import Candidate
    from sheetsync.errors import Refused

    proposal = agreed.proposal
    headers = [(position, text) for position, text in enumerate(proposal.header) if text]
    if not asked.asks:
        shown = ", ".join(f'"{text}"' for _, text in headers[:_NAMED])
        raise Refused(f"{name}, worksheet {proposal.worksheet}: which column holds the customers' names can't be told from the header in "
                      f"row {proposal.header_row} ({shown}).",
                      'Run sheetsync init in a terminal, which asks; or write sheetsync.toml: [columns] "Name" = "your header".')
    asked.tell(f"Which column of {proposal.worksheet} holds the customers' names?")
    which = choose("Number", [text for _, text in headers], none="none of them: stop")
    if which is None:
        raise Refused(f"{name}: without names or a customer number nobody can be told apart.",
                      "Add a column Name, or begin with a starter workbook: sheetsync init new.xlsx")
    position, text = headers[which]
    agreed.taken = {column: c for column, c in agreed.taken.items() if c.position != position}
    agreed.taken["Name"] = Candidate(position, text, "words")


def _settle(asked: _Asked, agreed: _Mapping, question: Question) -> None:
    from sheetsync.cli.ask import choose

    used = {candidate.position for name, candidate in agreed.taken.items() if name != question.column}
    free = [candidate for candidate in question.candidates if candidate.position not in used]
    if not free or question.column in agreed.taken:
        return
    if not asked.asks:
        if question.proposed is not None:
            agreed.taken[question.column] = question.proposed
        else:
            agreed.left.append(question)
        return
    asked.tell("", f"Which of these is {question.column}?" if len(free) > 1 else f"Is this {question.column}?")
    options = []
    for candidate in free:
        sample = f", such as {_cut(candidate.sample)}" if candidate.sample else ""
        options.append(f'"{candidate.header}"{sample}' + (f" – {candidate.doubt}" if candidate.doubt else ""))
    if question.proposed is not None:
        which = choose("Number", options, default=0)
    else:
        which = choose("Number", options, none="none of them" if len(free) > 1 else "no")
    if which is not None:
        agreed.taken[question.column] = replace(free[which], doubt="")


def _agreed(asked: _Asked, agreed: _Mapping, settings: Settings) -> bool:
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
        headers = [(position, text) for position, text in enumerate(agreed.proposal.header) if text]
        asked.tell(f"Which header is {column}?")
        which = choose("Number", [text for _, text in headers], none="none of them")
        agreed.taken.pop(column, None)
        if which is not None:
            position, text = headers[which]
            agreed.taken = {name: c for name, c in agreed.taken.items() if c.position != position}
            agreed.taken[column] = Candidate(position, text, "words")
        return False
    for name, candidate in agreed.taken.items():
        column_now = next(column for column in settings.playbook.columns if column.name == name)
        sample = (agreed.proposal.two_ways or {}).get(candidate.position)
        if column_now.type == "date" and column_now.order is None and sample and not is_link(asked.place.target):
            asked.tell("", f'In "{candidate.header}", {_cut(sample)} could be two dates. What comes first there?')
            said = letter("[l]eave it (such dates are shown as problems), [d]ay, [m]onth:", "ldm")
            if said in "dm":
                agreed.orders[name] = "dmy" if said == "d" else "mdy"
    return True


def _goes_ahead(asked: _Asked, added: list[str]) -> bool:
    from sheetsync.cli.ask import letter

    place = asked.place
    if place.before is None:
        return letter(f"Write {place.settings}? [Y]es, [n]o:", "yn") == "y"
    asked.tell(f"{place.settings} is there already. Its comments and settings stay; these lines come in:", *(f"  {line}" for line in added))
    return letter("Write it? [Y]es, [n]o:", "yn") == "y"


# ---- What is written ------------------------------------------------------------------------------------------------


def _text(asked: _Asked, agreed: _Mapping, settings: Settings, playbook: str, timezone: str | None) -> tuple[str, list[str]]:
    """The settings file as it is to be, and the lines that are new in it."""
    from sheetsync.config import is_link, load_playbook
    from sheetsync.core.header import normal
    from sheetsync.settings_file import Column, Wanted, edited_settings, examples, new_settings

    place, proposal = asked.place, agreed.proposal
    told = asked.told().get("columns", {})
    columns: dict[str, Column] = {}
    found: list[str] = []
    for name, candidate in agreed.taken.items():
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
    plain = load_playbook(playbook, folder=place.settings.parent if place.before is not None else None) if playbook else settings.playbook
    wanted = Wanted(
        place.source, None if has_gid else proposal.worksheet, playbook, columns, found, lacking[0] if lacking else "",
        timezone if timezone and _is_zone(timezone) else None,
        examples(year=(asked.day or settings.today()).year, is_link=link, rule=plain.rules[-1].name if plain.rules else ""))
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


def _rehearsed(asked: _Asked, agreed: _Mapping, text: str) -> Report:
    """What a sync by these settings would find today; nothing is written. Raises what such a sync would raise."""
    from sheetsync.config import load_settings, open_source
    from sheetsync.errors import Refused
    from sheetsync.sync import sync

    settings = load_settings(asked.place.settings, text=text)
    source = open_source(asked.place.target, settings, sheet=asked.sheet, tell=say)
    report = sync(source, settings.playbook, settings.checks, today=asked.day or settings.today(), dry_run=True)
    table, positions = report.customers.table, report.customers.positions
    wrong = [name for name, candidate in agreed.taken.items() if name not in positions or table.header[positions[name]] != candidate.header]
    if table.header_row != agreed.proposal.header_row or wrong:
        raise Refused(f"{report.source}: a sync would not find the columns as they were agreed ({', '.join(wrong) or 'another header row'}).",
                      "Give each column a header of its own, in one row, and run again.")
    return report


def _write(place: _Place, text: str) -> Path | None:
    """Writes the settings file; the old one is kept beside it. Returns where. Raises SettingsError where it was edited meanwhile."""
    from sheetsync.deliver import to_file, to_new_file
    from sheetsync.errors import SettingsError

    now = _read(place.settings) if place.settings.exists() else None
    if now != place.before:
        raise SettingsError(f"{place.settings} was edited meanwhile; nothing was written.", "Run again.")
    backup = None
    if now is not None:
        names = (place.settings.with_name(f"{place.settings.name}.old{n or ''}") for n in range(1000))
        backup = next(path for path in names if not path.exists())
        to_new_file(now.encode("utf-8"), backup)
    to_file(text, place.settings)
    return backup


# ---- What is shown --------------------------------------------------------------------------------------------------


def _head(asked: _Asked, agreed: _Mapping, name: str) -> list[str]:
    from sheetsync.outputs.text import Ink, wrap

    proposal = agreed.proposal
    return [Ink(takes_colour()).bold(line) for line in wrap(
        f"{name} · {proposal.worksheet} · the header stands in row {proposal.header_row}", terminal_width())]


def _shown(agreed: _Mapping, settings: Settings) -> list[str]:
    """The columns as agreed so far, each with a value; then headers that mean nothing to the playbook."""
    from sheetsync.outputs.text import Ink, fit, wrap

    ink, width = Ink(takes_colour()), terminal_width()
    first, second = 18, min(30, width - 2 - 18 - 2 - _SAMPLE)
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
        lines += ["", *wrap(f"Left as they are, and not read: {', '.join(others[:_NAMED])}{more}.", width)]
    for question in agreed.left:
        for candidate in question.candidates:
            doubt = candidate.doubt or "another header says so too"
            lines += ["", *wrap(f'"{candidate.header}" may be {question.column}, but {doubt}; it was left out. If it is, write into '
                                f'sheetsync.toml: [columns] "{question.column}" = "{candidate.header}"', width)]
    return [*lines, ""]


def _end(asked: _Asked, agreed: _Mapping, report: Report, text: str, *, changed: bool, backup: Path | None) -> list[str]:
    from sheetsync.core.model import LAST_CONTACT, LOG
    from sheetsync.outputs.text import Ink, plural, wrap

    ink, width, place = Ink(takes_colour()), terminal_width(), asked.place
    counts = ", ".join(f"{count:,} {word}" for word, count in report.statuses.items())
    lines = wrap(f"{plural(len(report.customers), 'customer')}{f'. Today they would be: {counts}' if counts else ''}.", width)
    errors = sum(problem.severity == "error" for problem in report.problems)
    if errors:
        lines += wrap(f"{plural(errors, 'value')} can't be read or right; a sync says which (sheetsync check, too).", width)
    if LAST_CONTACT not in agreed.taken:
        lines += wrap("No column says when you last spoke, so all count as never contacted. Add one with the header Last contact.", width)
    elif LOG not in agreed.taken:
        lines += wrap("Tip: with the columns Log and Snooze until you only type what you did, such as “called”.", width)
    for name, candidate in agreed.taken.items():
        sample = (agreed.proposal.two_ways or {}).get(candidate.position)
        column = report.customers.columns[name]
        if sample and column.type == "date" and column.order is None and report.customers.table.date_order is None:
            lines += wrap(f'In "{candidate.header}", {_cut(sample)} could be two dates, and is not guessed. Say what comes first: [columns] '
                          f'"{name}" = {{ header = "{candidate.header}", order = "dmy" }} (or "mdy").', width)
    lines.append("")
    if not changed:
        return [*lines, *wrap(f"{place.settings} says all this already; nothing was written.", width), "", f"Next: {_next(place)}"]
    if not asked.writes:
        return [*lines, f"{place.settings} would say:", "", *(f"  {line}".rstrip() for line in text.splitlines()), "",
                "Nothing was written.", *_with_yes(asked)]
    kept = f" The old one is kept as {backup.name}." if backup is not None else ""
    lines += [ink.bold(line) for line in wrap(f"Written: {place.settings}.{kept} The list itself was not touched.", width)]
    return [*lines, "", f"Next: {_next(place)}"]


def _next(place: _Place) -> str:
    from sheetsync.config import find_settings

    found = find_settings(None, None)
    if found is not None and found.resolve() == place.settings.resolve():
        return "sheetsync sync"
    beside = place.path is not None and place.path.resolve().parent / "sheetsync.toml" == place.settings.resolve()
    target = f" {_quoted(place.target)}" if beside else ""
    return f"sheetsync sync{target}" + ("" if beside else f" --config {_quoted(str(place.settings))}")


def _with_yes(asked: _Asked) -> list[str]:
    from sheetsync.outputs.text import wrap

    target = f" {_quoted(asked.place.target)}" if asked.place.target != STARTER or asked.place.exists else ""
    return wrap(f"To write it: sheetsync init{target} --yes, or run it in a terminal, which asks.", terminal_width())


def _quoted(text: str) -> str:
    return f'"{text}"' if os.name == "nt" and " " in text else text if os.name == "nt" else shlex.quote(text)


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1] + "…"


def _object(asked: _Asked, agreed: _Mapping, settings: Settings, report: Report, text: str, *, written: bool) -> dict[str, Any]:
    return {
        "source": report.source, "sheet": report.sheet, "header_row": agreed.proposal.header_row, "playbook": settings.playbook.name,
        "rows": len(report.customers), "statuses": report.statuses,
        "columns": [{"column": name, "header": c.header, "sample": c.sample, "told_by": c.level} for name, c in agreed.taken.items()],
        "left": [{"column": q.column, "header": c.header, "why": c.doubt} for q in agreed.left for c in q.candidates],
        "settings": str(asked.place.settings), "text": text, "written": written,
    }


def _to_json(found: Mapping[str, Any]) -> None:
    from sheetsync.deliver import to_terminal

    to_terminal(json.dumps({"version": 1, **found}, ensure_ascii=False))
