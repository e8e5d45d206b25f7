"""What playbook.toml may say, as pydantic models that check it."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sheetsync.core import model
from sheetsync.core.model import NAMED_STYLES, ColumnType, DateOrder, Style
from sheetsync.core.nearest import did_you_mean
from sheetsync.playbook.criteria import AnyOf, parse_criteria
from sheetsync.playbook.due import Due, Period, parse_due, parse_period


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

    type: ColumnType = Field(default="text", description="what its cells hold")
    aliases: list[str] = Field(default_factory=list, description="other headers that mean this column")
    header: str | None = Field(
        default=None, description='your header for it; `"Last contact" = "Date last spoken"` is short for a table with header alone')
    required: bool = Field(default=False, description="every customer needs a value")
    unique: bool = Field(default=False, description="no two customers may have the same")
    choices: list[str] = Field(default_factory=list, description="the values it may hold")
    order: DateOrder | None = Field(
        default=None, description="how 03/04/2026 is meant there; without it such a date is shown, never guessed")
    country: str | None = Field(default=None, description='whose phone numbers those without country code are, such as "DE"')
    not_future: bool = Field(default=False, description="true: a date ahead of today is an error")
    not_before: date | None = Field(default=None, description="a date before this day is an error")
    after: str | None = Field(default=None, description="another date column, before which it can't lie")

    @field_validator("header")
    @classmethod
    def _not_blank(cls, header: str | None) -> str | None:
        if header is not None and not header.strip():
            raise ValueError("a header can't be blank")
        return header


class RuleSpec(_Spec):
    """One rule: when it applies, when the customer is due, and what to do then."""

    due: DuePhrase = Field(description="when the customer is due: a due phrase")
    step: str = Field(description="what to do then; `{{ Name }}` is filled in")
    when: dict[str, Criteria] = Field(default_factory=dict, description="for whom: a criterion for each column, all of which have to hold")
    priority: Literal["normal", "urgent", "first"] = Field(
        default="normal", description="urgent goes before normal ones, first before other urgent ones")
    done: str | None = Field(default=None, description="the column that marks it done: a date, a yes, or the count of steps")
    latest: DuePhrase | None = Field(default=None, description="from which day on it is overdue: a due phrase")
    lead: Length | None = Field(default=None, description="how long before the day it shows as Soon")
    message: str | None = Field(default=None, description="the file in the folder messages that says what to write or say")
    blank: Literal["now"] | None = Field(default=None, description="now: due at once where the date it counts from is blank")
    enabled: bool = Field(default=True, description="false switches it off")

    @model_validator(mode="after")
    def _latest_has_a_day(self) -> RuleSpec:
        if self.latest is not None and self.latest.direction == "yearly on":
            raise ValueError(f'latest "{self.latest}" has no single day; write "{1} week after …" or "on …"')
        return self


class QuietSpec(_Spec):
    """One quiet reason."""

    when: dict[str, Criteria] = Field(default_factory=dict, description="for whom, as in a rule")
    until: str | None = Field(default=None, description="a date column: quiet before that day")
    through: str | None = Field(default=None, description="a date column: quiet until the end of that day")
    at_most: DuePhrase | None = Field(default=None, description="a due phrase: no longer than until then")
    absolute: bool = Field(default=False, description="true: not even something urgent goes through, ever")
    except_: list[Literal["urgent"]] = Field(default_factory=list, alias="except", description="what goes through all the same")
    enabled: bool = Field(default=True, description="false switches it off")

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

    when: dict[str, Criteria] = Field(min_length=1, description="who is to be handled with care, as in a rule")
    note: str = Field(default="", description="stands behind each of their next steps")
    message: str | None = Field(default=None, description="shown before each of their drafts")
    avoid: Literal["last open day of the week"] | None = Field(default=None, description="a day on which nothing is planned for them")
    enabled: bool = Field(default=True, description="false switches it off")


class MessagesSpec(_Spec):
    """What all messages share."""

    signature: str = Field(default="[your name]", description="your name, as messages end with it")


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

    weekend: list[Weekday] = Field(default=["saturday", "sunday"], description="the days of the week that are closed")
    country: str | None = Field(default=None, description='whose public holidays are closed, such as "DE"')
    subdivision: str | None = Field(default=None, description='its state or province, such as "BY"')
    closed: list[RangeSpec] = Field(
        default_factory=list, description="more closed days: `[{ from = 2026-12-24, to = 2027-01-03 }]`, both ends included")
    open: list[date] = Field(default_factory=list, description="days that are open all the same")

    @field_validator("weekend")
    @classmethod
    def _some_day_is_open(cls, weekend: list[str]) -> list[str]:
        if len(set(weekend)) == 7:
            raise ValueError("no day of the week is open")
        return weekend


class LimitsSpec(_Spec):
    """How early, how often, how many."""

    lead: Length | None = Field(default=None, description="the lead of rules that say none; 7 days when left out")
    min_gap: Length | None = Field(default=None, description="the least time between two contacts; urgent ones don't wait")
    max_per_day: int | None = Field(default=None, ge=1, description="the length of the morning list; who waits is counted")


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())):
        return time(int(match[1]), int(match[2]))
    raise ValueError('a time of day is a text such as "05:00"')


class LogSpec(_Spec):
    """How Log entries are read. A run that starts before `day_ends` counts undated ones for the day before."""

    day_ends: Annotated[time, BeforeValidator(_time)] = Field(
        default=time(5), description="a run before this time counts undated Log entries for the day before")


class StatusSpec(_Spec):
    """How the status columns look."""

    mark: str = Field(default="↻ ", description="what stands before the headers of sheetsync's columns")
    columns: list[str] = Field(
        default_factory=lambda: list(model.STATUS_COLUMNS), description="which of the five there are; Status always")
    names: dict[str, str] = Field(default_factory=dict, description='other words for statuses: `Overdue = "Late"`')
    colours: dict[str, str] = Field(
        default_factory=dict, description='other colours: `Overdue = "BAD"` (or another of the styles) or fill and text, `"FFC7CE/9C0006"`')

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
            parse_style(colour)
        return colours

    @field_validator("names")
    @classmethod
    def _visible_names(cls, names: dict[str, str]) -> dict[str, str]:
        if any(not name.strip() or name != " ".join(name.split()) for name in names.values()):
            raise ValueError("a name can't be blank, nor have spaces around it")
        if len(set(names.values())) != len(names):
            raise ValueError("two names are alike")
        return names


def parse_style(text: str) -> Style:
    """A colour by its name, or as fill/text. Raises ValueError."""
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
