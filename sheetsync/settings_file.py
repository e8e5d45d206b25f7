"""sheetsync.toml as text: a new one with its explanations, or the owner's own with what is to be added, its comments kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetsync.errors import SettingsError

Column = str | Mapping[str, str]  # the owner's header, or a table with header and order


@dataclass(frozen=True, slots=True)
class Example:
    """Settings that are not needed, with what they are for: valid as soon as the # before each line is deleted."""

    about: str
    lines: tuple[str, ...]


def examples(*, year: int, is_link: bool, rule: str = "") -> tuple[Example, ...]:
    """What else the file may say, in the order of README's table. `rule` is one that may be switched off; "" where none may,
    since a Rules worksheet holds them.
    """
    out = [
        Example("Another cadence, or none: change one thing of a rule, or switch it off.", (
            f'[rules."{rule}"]', "enabled = false")) if rule else None,
        Example("How messages end (sheetsync draft).", ("[messages]", 'signature = "Your name"')),
        Example("Days on which nobody is contacted: public holidays of a country and its part, and your own.", (
            "[calendar]", 'country = "US"', 'subdivision = "CA"', f"closed = [{{ from = {year}-12-24, to = {year + 1}-01-03 }}]")),
        Example("How early a step shows as Soon, how often a customer hears from you at most, and how many a day.", (
            "[limits]", 'lead = "7 days"', 'min_gap = "2 days"', "max_per_day = 15")),
        Example("A run before this hour counts Log entries without a date for the day before.", ("[log]", 'day_ends = "05:00"')),
        Example("Your own words and colours for the statuses.", (
            "[status]", 'names = { Overdue = "Late" }', 'colours = { Soon = "GOOD" }')),
        Example("The morning list as a page and a calendar, written anew behind every sync.", (
            "[today]", 'html = "today.html"', 'ics = "follow-ups.ics"')),
        Example("Who is told of the nightly sync: the morning list, and failures. sheetsync doctor --notify sends a test.", (
            "[notify]", 'urls = ["mailtos://anna:${MAIL_PASSWORD}@example.com"]')),
        Example("A check that you don't want (sheetsync check --list names them).", ("[checks.spaces]", "enabled = false")),
        Example("A key file of its own for this sheet, instead of what sheetsync login keeps.", ("[google]", 'credentials = "key.json"'))
        if is_link else
        Example("Write into a protected worksheet too; its protection stays.", ("[excel]", "write_protected = true")),
        None if is_link else Example("How many copies of the workbook are kept: the last ones, one a month, and in how much room.", (
            "[backups]", "keep = 14", "months = 12", "megabytes = 500")),
    ]
    return tuple(example for example in out if example is not None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the file is to say. `found` are columns that need no line, since their headers are the playbook's own names;
    `spare` is a column that the list lacks, for an example.
    """

    source: str
    sheet: str | None
    playbook: str
    columns: Mapping[str, Column]
    found: Sequence[str] = ()
    spare: str = ""
    timezone: str | None = None
    examples: tuple[Example, ...] = ()


def new_settings(wanted: Wanted) -> str:
    """The text of a new sheetsync.toml."""
    import tomlkit
    from tomlkit.items import Comment, Trivia

    document = tomlkit.document()

    def say(text: str) -> None:
        document.add(Comment(Trivia(comment=f"# {text}", trail="\n")))

    def offer(line: str) -> None:
        document.add(Comment(Trivia(comment=f"#{line}", trail="\n")))

    say("The settings of sheetsync for this list of customers. Only what differs from the playbook needs to be said.")
    say("A line that begins with # says nothing; delete the # before a setting and it counts. sheetsync doctor tries the file.")
    document.add(tomlkit.nl())
    say("The list: a workbook beside this file, or the link of a Google Sheet.")
    document.add("source", tomlkit.string(wanted.source))
    if wanted.sheet is not None:
        document.add("sheet", tomlkit.string(wanted.sheet))
    document.add(tomlkit.nl())
    say("The kind of business: sheetsync playbook list names them, sheetsync playbook check explains every rule.")
    document.add("playbook", tomlkit.string(wanted.playbook))
    document.add(tomlkit.nl())
    say("Whose today counts; left out: this computer's.")
    if wanted.timezone is None:
        offer('timezone = "Europe/Berlin"')
    else:
        document.add("timezone", tomlkit.string(wanted.timezone))
    document.add(tomlkit.nl())
    say("Your words for the playbook's columns: the playbook's on the left, the header in your list on the right.")
    if wanted.found:
        for line in _lines(f"These need no line, since they are called so: {', '.join(wanted.found)}.", 100):
            say(line)
    if not (wanted.found or wanted.columns or wanted.spare):
        say("This list needs none: its headers are the playbook's own names.")
    if wanted.spare and not wanted.columns:
        offer("[columns]")
        offer(f'"{wanted.spare}" = "your word for it"')
    if wanted.columns:
        table = tomlkit.table()
        for name, value in wanted.columns.items():
            table.add(_key(name), _column(value))
        if wanted.spare:
            table.add(Comment(Trivia(comment=f'#"{wanted.spare}" = "your word for it"', trail="\n")))
        document.add("columns", table)
    for example in wanted.examples:
        document.add(tomlkit.nl())
        say(example.about)
        for line in example.lines:
            offer(line)
    return tomlkit.dumps(document).replace("\n\n[columns]", "\n[columns]", 1)  # its comment stands right above it


def edited_settings(text: str, wanted: Wanted, where: str) -> str:
    """The owner's text with what it lacks added and `columns` as wanted; comments and all else stay. Raises SettingsError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError(f"{where} can't be read: {error}.", "Texts stand in quotes, tables in [brackets].") from None
    for name, value in (("source", wanted.source), ("sheet", wanted.sheet), ("playbook", wanted.playbook), ("timezone", wanted.timezone)):
        if value is not None and document.get(name) != value and (name not in document or name in ("sheet", "playbook")):
            document[name] = value
    if wanted.columns:
        table: Any = document.get("columns")
        if table is None:
            table = document["columns"] = tomlkit.table()
            table = document["columns"]
        for name, column in wanted.columns.items():
            old: Any = table.get(name)
            if isinstance(old, dict):
                for key, part in ({"header": column} if isinstance(column, str) else column).items():
                    if old.get(key) != part:
                        old[key] = part
            elif old is None:
                table.append(_key(name), _column(column))
            elif old != column:
                table[name] = _column(column)
    return tomlkit.dumps(document)


def told(text: str) -> Mapping[str, Any]:
    """What a text that is sound TOML says, as plain values."""
    import tomllib

    return tomllib.loads(text)


def _key(name: str) -> Any:
    from tomlkit.items import KeyType, SingleKey

    return SingleKey(name, t=KeyType.Basic)


def _column(value: Column) -> Any:
    import tomlkit

    if isinstance(value, str):
        return tomlkit.string(value)
    table = tomlkit.inline_table()
    for key, part in value.items():
        table.append(key, part)
    return table


def _lines(text: str, width: int) -> Iterable[str]:
    import textwrap

    return textwrap.wrap(text, width)
