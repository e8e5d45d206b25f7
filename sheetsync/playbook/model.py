"""What playbook.toml may say, checked (pydantic), and the Playbook that it becomes (parsed, frozen)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from sheetsync.core import model
from sheetsync.core.header import normal
from sheetsync.core.model import NAMED_STYLES, Column, ColumnType, DateOrder, StatusSettings, Style
from sheetsync.core.nearest import did_you_mean
from sheetsync.core.values import WEEKDAYS
from sheetsync.core.workdays import Calendar
from sheetsync.errors import SettingsError
from sheetsync.playbook.criteria import AnyOf, parse_criteria
from sheetsync.playbook.due import Due, Period, parse_due, parse_period
from sheetsync.playbook.quiet import Quiet

CONTACT = model.LAST_CONTACT  # the column that a contact sets; what "done" means where a rule names none
DEFAULT_LEAD = Period(7, "days")
S = TypeVar("S", bound=BaseModel)


def _due(text: Any) -> Due:
    if not isinstance(text, str):
        raise ValueError("a due phrase is a text in quotes")
    return parse_due(text)


def _period(text: Any) -> Period:
    if not isinstance(text, str):
        raise ValueError('a length of time is a text such as "7 days"')
    return parse_period(text, smallest=0)


def _criteria(value: Any) -> AnyOf:
    texts = value if isinstance(value, list) else [value]
    words = []
    for text in texts:
        if isinstance(text, bool):
            text = "true" if text else "false"
        if isinstance(text, (int, float)):
            text = repr(int(text) if isinstance(text, float) and text.is_integer() else text)
        if isinstance(text, date):
            text = text.isoformat()
        if not isinstance(text, str):
            raise ValueError('a criterion is a text such as "<>closed" or a list of such texts')
        words.append(text)
    return parse_criteria(words)


DuePhrase = Annotated[Due, BeforeValidator(_due)]
Length = Annotated[Period, BeforeValidator(_period)]
Criteria = Annotated[AnyOf, BeforeValidator(_criteria)]


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, strict=True)


class ColumnSpec(_Spec):
    """One column of the playbook, or what the owner's settings say of it."""

    type: ColumnType = "text"
    aliases: list[str] = Field(default_factory=list)
    header: str | None = None
    required: bool = False
    unique: bool = False
    choices: list[str] = Field(default_factory=list)
    order: DateOrder | None = None
    country: str | None = None

    @field_validator("header")
    @classmethod
    def _not_blank(cls, header: str | None) -> str | None:
        if header is not None and not header.strip():
            raise ValueError("a header can't be blank")
        return header


class RuleSpec(_Spec):
    """One rule: when it applies, when the customer is due, and what to do then."""

    due: DuePhrase
    step: str
    when: dict[str, Criteria] = Field(default_factory=dict)
    priority: Literal["normal", "urgent", "first"] = "normal"
    done: str | None = None
    latest: DuePhrase | None = None
    lead: Length | None = None
    message: str | None = None
    blank: Literal["now"] | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _latest_has_a_day(self) -> RuleSpec:
        if self.latest is not None and self.latest.direction == "yearly on":
            raise ValueError(f'latest "{self.latest}" has no single day; write "{1} week after …" or "on …"')
        return self


class QuietSpec(_Spec):
    """One quiet reason."""

    when: dict[str, Criteria] = Field(default_factory=dict)
    until: str | None = None
    through: str | None = None
    at_most: DuePhrase | None = None
    absolute: bool = False
    except_: list[Literal["urgent"]] = Field(default_factory=list, alias="except")
    enabled: bool = True

    @model_validator(mode="after")
    def _whole(self) -> QuietSpec:
        if not (self.when or self.until or self.through):
            raise ValueError("a quiet reason needs when, until or through")
        if self.absolute and (self.at_most is not None or self.except_):
            raise ValueError("an absolute quiet reason takes neither at_most nor except")
        if self.at_most is not None and self.at_most.direction == "yearly on":
            raise ValueError(f'at_most "{self.at_most}" has no single day')
        return self


class CareSpec(_Spec):
    """Customers to be handled with care: who, what stands behind each of their next steps, and which day is none for it."""

    when: dict[str, Criteria] = Field(min_length=1)
    note: str = ""
    message: str | None = None
    avoid: Literal["last open day of the week"] | None = None
    enabled: bool = True


class MessagesSpec(_Spec):
    """What all messages share."""

    signature: str = "[your name]"


class RangeSpec(_Spec):
    """A closed range, both ends closed."""

    from_: date = Field(alias="from")
    to: date

    @model_validator(mode="after")
    def _in_order(self) -> RangeSpec:
        if self.to < self.from_:
            raise ValueError(f"to ({self.to}) is before from ({self.from_})")
        return self


class CalendarSpec(_Spec):
    """Which days are open."""

    weekend: list[Weekday] = ["saturday", "sunday"]
    country: str | None = None
    subdivision: str | None = None
    closed: list[RangeSpec] = Field(default_factory=list)
    open: list[date] = Field(default_factory=list)

    @field_validator("weekend")
    @classmethod
    def _some_day_is_open(cls, weekend: list[str]) -> list[str]:
        if len(set(weekend)) == 7:
            raise ValueError("no day of the week is open")
        return weekend


class LimitsSpec(_Spec):
    """How early, how often, how many."""

    lead: Length | None = None
    min_gap: Length | None = None
    max_per_day: int | None = Field(default=None, ge=1)


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())):
        return time(int(match[1]), int(match[2]))
    raise ValueError('a time of day is a text such as "05:00"')


class LogSpec(_Spec):
    """How Log entries are read. A run that starts before `day_ends` counts undated ones for the day before."""

    day_ends: Annotated[time, BeforeValidator(_time)] = time(5)


class StatusSpec(_Spec):
    """How the status columns look."""

    mark: str = "↻ "
    columns: list[str] = Field(default_factory=lambda: list(model.STATUS_COLUMNS))
    names: dict[str, str] = Field(default_factory=dict)
    colours: dict[str, str] = Field(default_factory=dict)

    @field_validator("mark")
    @classmethod
    def _some_mark(cls, mark: str) -> str:
        if not mark.strip() or mark.removesuffix(" ") != " ".join(mark.split()):
            raise ValueError("the mark tells sheetsync's columns from yours; it needs a visible character, and one space behind it at most")
        return mark

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: list[str]) -> list[str]:
        for column in columns:
            if column not in model.STATUS_COLUMNS:
                raise ValueError(f'"{column}" is no status column. {did_you_mean(column, model.STATUS_COLUMNS)}')
        if model.STATUS not in columns or len(set(columns)) != len(columns):
            raise ValueError('"Status" has to be among the columns, and each of them once')
        return columns

    @field_validator("colours")
    @classmethod
    def _known_colours(cls, colours: dict[str, str]) -> dict[str, str]:
        for colour in colours.values():
            _style(colour)
        return colours

    @field_validator("names")
    @classmethod
    def _visible_names(cls, names: dict[str, str]) -> dict[str, str]:
        if any(not name.strip() or name != " ".join(name.split()) for name in names.values()):
            raise ValueError("a name can't be blank, nor have spaces around it")
        if len(set(names.values())) != len(names):
            raise ValueError("two names are alike")
        return names


def _style(text: str) -> Style:
    if text.upper() in NAMED_STYLES:
        return NAMED_STYLES[text.upper()]
    if match := re.fullmatch(r"([0-9A-Fa-f]{6})/([0-9A-Fa-f]{6})", text):
        return Style(match[1].upper(), match[2].upper())
    raise ValueError(
        f'"{text}" is no colour. {did_you_mean(text, NAMED_STYLES)} Or write fill and text as "FFC7CE/9C0006".'
    )


class PlaybookSpec(_Spec):
    """A whole playbook.toml, the owner's settings laid over it."""

    name: str
    title: str = ""
    key: list[str] = Field(min_length=1)
    columns: dict[str, ColumnSpec]
    rules: dict[str, RuleSpec]
    quiet: dict[str, QuietSpec] = Field(default_factory=dict)
    care: CareSpec | None = None
    messages: MessagesSpec = Field(default_factory=MessagesSpec)
    calendar: CalendarSpec = Field(default_factory=CalendarSpec)
    limits: LimitsSpec = Field(default_factory=LimitsSpec)
    log: LogSpec = Field(default_factory=LogSpec)
    status: StatusSpec = Field(default_factory=StatusSpec)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, parsed. `lead` and `done` are filled in. `first` is an urgent rule that goes before other urgent ones."""

    name: str
    due: Due
    step: str
    when: Mapping[str, AnyOf]
    urgent: bool
    done: str
    latest: Due | None
    lead: Period
    blank_is_now: bool
    message: str | None = None
    first: bool = False

    @property
    def date_columns(self) -> tuple[str, ...]:
        """The columns whose dates it computes with."""
        return (*self.due.columns, *(self.latest.columns if self.latest else ()))

    def lacking(self, here: Container[str]) -> list[str]:
        """The columns for want of which it never fires, where only those `here` are in the sheet."""
        out = [name for name in self.when if name not in here]
        if not any(name in here for name in self.due.columns):
            out += [name for name in self.due.columns if name not in out]
        return out

    @property
    def read_columns(self) -> frozenset[str]:
        """The columns in which an error makes a matching row Check row (PLAYBOOK: when, due, latest, yearly's done)."""
        yearly = {self.done} if self.due.direction == "yearly on" else set()
        return frozenset({*self.when, *self.date_columns, *yearly})


@dataclass(frozen=True, slots=True)
class Care:
    """Whom to handle with care. `note` follows each next step, `message` names the template read before a message;
    `spare_week_end` moves what would be due on the week's last open day to the next open day."""

    when: Mapping[str, AnyOf]
    note: str = ""
    message: str | None = None
    spare_week_end: bool = False


@dataclass(frozen=True, slots=True)
class Playbook:
    """Columns, rules, quiet reasons, calendar, limits and statuses of one kind of business. Frozen and parsed.

    `messages` holds the text of every message template by its file name.
    """

    name: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    quiet: tuple[Quiet, ...]
    calendar: Calendar = field(default_factory=Calendar)
    min_gap: Period | None = None
    max_per_day: int | None = None
    status: StatusSettings = field(default_factory=StatusSettings)
    care: Care | None = None
    messages: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""
    day_ends: time = time(5)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # the document it was built from
    rules_told_in: str = ""  # the settings file that has [rules]; none may be beside a Rules worksheet

    @property
    def status_order(self) -> tuple[str, ...]:
        """Every status a row can have, worst first, quiet reasons last."""
        return (*model.STATUSES, *(reason.name for reason in self.quiet))


class Fault(ValueError):
    """A wrong setting: where it stands (keys from the top) and what is wrong, one sentence."""

    def __init__(self, path: tuple[str, ...], sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence
        self.remedy = remedy


def say_path(path: Iterable[str]) -> str:
    """Keys as TOML shows them: `[rules."Keep in touch"] due`."""
    keys = list(path)
    if len(keys) == 1:
        return keys[0]
    quoted = [key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"' for key in keys]
    table = 2 if len(keys) > 2 and keys[0] in ("rules", "quiet", "columns", "checks") else 1
    rest = quoted[table:]
    return f"[{'.'.join(quoted[:table])}]" + (f" {'.'.join(rest)}" if rest else "")


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
        colours={name: _style(colour) for name, colour in spec.status.colours.items()},
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
        yield Column(
            name=name, type=declared[name], aliases=tuple(column.aliases), header=column.header,
            required=column.required, unique=column.unique, choices=tuple(column.choices), order=column.order,
            country=column.country,
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
            yield name, "text", ("rules", rule.name, "when")
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


_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def placeholders(step: str) -> list[str]:
    """The columns that a step names as `{{ Column }}`."""
    return _PLACEHOLDER.findall(step)


def split_step(step: str) -> list[str]:
    """A step cut at its placeholders: texts at even places, column names at odd ones."""
    return _PLACEHOLDER.split(step)


def validated(spec: type[S], raw: Mapping[str, Any]) -> S:
    """`raw` as `spec`. Raises Fault for the first thing that is wrong, with the nearest right word."""
    try:
        return spec.model_validate(raw)
    except ValidationError as error:
        raise _fault(spec, error.errors()[0]) from None


def _fault(spec: type[BaseModel], error: Any) -> Fault:
    path = tuple(str(part) for part in error["loc"] if not str(part).startswith(("function-", "list[", "str")))
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _known_keys(spec, path[:-1])
        return Fault(path, f'"{path[-1]}" is not a setting that exists.', did_you_mean(path[-1], known))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return Fault(path, f'"{_shown(error["input"])}" is not possible here; write a table of settings in {{ }} or under its own heading.')
    if kind == "missing":
        return Fault(path, f'"{path[-1]}" is missing.', "")
    if kind == "value_error":
        sentence = str(error["ctx"]["error"])
        return Fault(path, sentence if sentence.endswith(("?", ".")) else sentence + ".")
    if kind == "literal_error":
        expected = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return Fault(path, f'"{error["input"]}" is not possible here.', did_you_mean(str(error["input"]), expected))
    return Fault(path, f'"{_shown(error["input"])}": {error["msg"]}.')


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _known_keys(spec: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """The keys that a model takes at `path`."""
    current: Any = spec
    for part in path:
        fields = getattr(current, "model_fields", None)
        if fields is not None:
            info = next((f for name, f in fields.items() if part in (name, f.alias)), None)
            current = None if info is None else info.annotation
        else:
            arguments = getattr(current, "__args__", ())
            current = arguments[-1] if arguments else None
        while current is not None and not hasattr(current, "model_fields") and (inner := _models_in(current)):
            if "dict" in str(getattr(current, "__origin__", "")):
                break
            current = inner[0]
    fields = getattr(current, "model_fields", {})
    return [info.alias or name for name, info in fields.items()]


def _models_in(annotation: Any) -> list[Any]:
    return [a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")]
