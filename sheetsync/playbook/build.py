"""From a TOML document to the Playbook that it means, and what no single value of it shows to be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sheetsync.core import model
from sheetsync.core.header import normal
from sheetsync.core.model import Column, ColumnType, StatusSettings
from sheetsync.core.nearest import did_you_mean
from sheetsync.core.values import WEEKDAYS
from sheetsync.core.workdays import Calendar
from sheetsync.errors import SettingsError
from sheetsync.playbook.due import Period
from sheetsync.playbook.faults import Fault, validated
from sheetsync.playbook.model import CONTACT, Care, Playbook, Rule, placeholders
from sheetsync.playbook.quiet import Quiet
from sheetsync.playbook.spec import CalendarSpec, PlaybookSpec, parse_style

DEFAULT_LEAD = Period(7, "days")


def build_playbook(raw: Mapping[str, Any], messages: Mapping[str, str] | None = None) -> Playbook:
    """The playbook that a TOML document means. Raises Fault, with the place and the nearest right text.

    `messages` are its templates by file name; left out, what rules say of messages is not looked up.
    """
    spec = validated(PlaybookSpec, raw)
    status = _status(spec)
    lead = spec.limits.lead or DEFAULT_LEAD
    rules = tuple(
        Rule(
            name=name, due=rule.due, step=rule.step, when=rule.when, urgent=rule.priority != "normal",
            done=rule.done or CONTACT, latest=rule.latest, lead=rule.lead or lead, blank_is_now=rule.blank == "now",
            message=rule.message, first=rule.priority == "first",
        )
        for name, rule in spec.rules.items()
        if rule.enabled
    )
    quiet = [
        Quiet(
            name=name, when=reason.when, until=reason.until, through=reason.through, at_most=reason.at_most,
            absolute=reason.absolute, except_urgent="urgent" in reason.except_,
        )
        for name, reason in spec.quiet.items()
        if reason.enabled
    ]
    quiet.sort(key=lambda reason: not reason.absolute)  # stable: the absolute ones first, each in its order
    care = None if spec.care is None or not spec.care.enabled else Care(
        when=spec.care.when, note=spec.care.note, message=spec.care.message, spare_week_end=spec.care.avoid is not None,
    )
    playbook = Playbook(
        name=spec.name, title=spec.title, key=tuple(spec.key), columns=tuple(_columns(spec, rules, quiet, care, status)),
        rules=rules, quiet=tuple(quiet), calendar=_calendar(spec.calendar), min_gap=spec.limits.min_gap,
        max_per_day=spec.limits.max_per_day, status=status, care=care, messages=messages or {}, signature=spec.messages.signature,
        day_ends=spec.log.day_ends, raw=raw,
    )
    _check_words(spec, playbook)
    if messages is not None:
        _check_messages(playbook)
    return playbook


def _status(spec: PlaybookSpec) -> StatusSettings:
    known = (*model.STATUSES, *spec.quiet)
    for name in spec.status.colours:
        if name not in known:
            raise Fault(("status", "colours", name), f'"{name}" is no status.', did_you_mean(name, known))
    for name in spec.status.names:
        if name not in (*known, *model.STATUS_COLUMNS):
            raise Fault(
                ("status", "names", name), f'"{name}" is neither a status nor a status column.',
                did_you_mean(name, (*known, *model.STATUS_COLUMNS)),
            )
    return StatusSettings(
        mark=spec.status.mark,
        columns=tuple(name for name in model.STATUS_COLUMNS if name in spec.status.columns),
        names=dict(spec.status.names),
        colours={name: parse_style(colour) for name, colour in spec.status.colours.items()},
    )


def _calendar(spec: CalendarSpec) -> Calendar:
    calendar = Calendar(
        weekend=frozenset(WEEKDAYS.index(name) for name in spec.weekend), country=spec.country,
        subdivision=spec.subdivision, closed=tuple((part.from_, part.to) for part in spec.closed),
        open_days=frozenset(spec.open),
    )
    if spec.country is not None:
        try:
            calendar.is_open(date(2026, 6, 10))  # looks the country up, so that a wrong one is told at once
        except SettingsError as error:
            raise Fault(("calendar", "country"), error.sentence, error.remedy) from None
    return calendar


def _columns(
    spec: PlaybookSpec, rules: Iterable[Rule], quiet: Iterable[Quiet], care: Care | None, status: StatusSettings
) -> Iterator[Column]:
    """The declared columns, then those of the sheet that only rules name; none of them a status column."""
    # A column that the settings only give a header is what the rules make of it: text, or a date they count from.
    uses = list(_used(rules, quiet, care))
    dates = {name for name, kind, _ in uses if kind == "date"}
    declared: dict[str, ColumnType] = {
        name: "date" if name in dates and column.model_fields_set <= {"header", "order"} else column.type
        for name, column in spec.columns.items()
    }
    by_normal = {normal(name): name for name in declared}
    for name, column in spec.columns.items():
        if column.header is not None and status.is_ours(" ".join(column.header.split())):
            raise Fault(("columns", name), f'"{column.header}" is a status column, which sheetsync itself writes.',
                        "Name a column of yours.")
        if column.after is not None and column.after not in declared:
            raise Fault(("columns", name, "after"), f'names "{column.after}", which is no column of the playbook.',
                        did_you_mean(column.after, declared))
        yield Column(
            name=name, type=declared[name], aliases=tuple(column.aliases), header=column.header,
            required=column.required, unique=column.unique, choices=tuple(column.choices), order=column.order,
            country=column.country, not_future=column.not_future, not_before=column.not_before, after=column.after,
        )
    used: dict[str, ColumnType] = {}
    for name, kind, path in uses:
        if status.is_ours(name) or (status.mark.strip() and name.startswith(status.mark.strip())):
            raise Fault(path, f'"{name}" is a status column; a rule can\'t read what sheetsync itself writes.',
                        "Name the column of yours that decides.")
        if name in declared:
            declared_kind = declared[name]
            if kind == "date" and declared_kind != "date" and not (path[-1] == "done" and declared_kind == "step"):
                raise Fault(path, f'counts from the column "{name}", which holds {declared_kind}, not dates.',
                            f'Say so in [columns."{name}"]: type = "date".')
            continue
        if normal(name) in by_normal:
            raise Fault(path, f'names the column "{name}".', f'Did you mean "{by_normal[normal(name)]}"?')
        if kind == "date" or name not in used:
            used[name] = kind
    for name, kind in used.items():
        yield Column(name=name, type=kind)


def _used(rules: Iterable[Rule], quiet: Iterable[Quiet], care: Care | None) -> Iterator[tuple[str, ColumnType, tuple[str, ...]]]:
    for name in care.when if care is not None else ():
        yield name, "text", ("care", "when")
    for rule in rules:
        for name in rule.when:
            yield name, "text", ("rules", rule.name, "when", name)
        for name in rule.due.columns:
            yield name, "date", ("rules", rule.name, "due")
        for name in rule.latest.columns if rule.latest else ():
            yield name, "date", ("rules", rule.name, "latest")
        yield rule.done, "date", ("rules", rule.name, "done")
    for reason in quiet:
        for name in reason.when:
            yield name, "text", ("quiet", reason.name, "when")
        for key, column in (("until", reason.until), ("through", reason.through)):
            if column is not None:
                yield column, "date", ("quiet", reason.name, key)
        for name in reason.at_most.columns if reason.at_most else ():
            yield name, "date", ("quiet", reason.name, "at_most")


def _check_words(spec: PlaybookSpec, playbook: Playbook) -> None:
    """What no single value shows: rule placeholders, key columns, words used twice."""
    names = {column.name for column in playbook.columns}
    for name in spec.key:
        if name not in names:
            raise Fault(("key",), f'key names "{name}", which is no column of the playbook.', did_you_mean(name, names))
    for kind, named in (("rules", spec.rules), ("quiet", spec.quiet)):
        for name in named:
            if not name.strip():
                raise Fault((kind, name), "a name has to be visible.", "Give it one; it stands in the sheet.")
    for name, reason in spec.quiet.items():
        if name in model.STATUSES:
            raise Fault(("quiet", name), f'"{name}" is a status already.', "Give the quiet reason a name of its own.")
        if not reason.enabled:
            continue
    words = [playbook.status.word(word) for word in playbook.status_order]
    for word in words:
        if words.count(word) > 1:
            raise Fault(("status", "names"), f'two statuses would both read "{word}".', "Give each a word of its own.")
    headers = list(playbook.status.headers)
    if len(set(headers)) != len(headers):
        raise Fault(("status", "names"), "two status columns would have the same header.", "Give each its own.")
    steps: list[tuple[tuple[str, ...], str]] = [(("rules", rule.name, "step"), rule.step) for rule in playbook.rules]
    if playbook.care is not None:
        steps.append((("care", "note"), playbook.care.note))
    for path, step in steps:
        for name in placeholders(step):
            if name not in names:
                raise Fault(path, f'"{{{{ {name} }}}}" names no column of the playbook.', did_you_mean(name, names))


def _check_messages(playbook: Playbook) -> None:
    """Raises Fault for a message that is named and not there."""
    named: list[tuple[tuple[str, ...], str | None]] = [(("rules", rule.name, "message"), rule.message) for rule in playbook.rules]
    if playbook.care is not None:
        named.append((("care", "message"), playbook.care.message))
    for path, message in named:
        if message is not None and message not in playbook.messages:
            near = did_you_mean(message, playbook.messages)
            raise Fault(path, f'there is no message "{message}".', near or "Put it into the folder messages beside the playbook.")
