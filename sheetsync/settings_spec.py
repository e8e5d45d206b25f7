"""What sheetsync.toml may say, as pydantic models that check it; the README's table of settings is made from them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator

from sheetsync.checks import CHECKS
from sheetsync.core.contracts import Check


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ExcelSpec(_Spec):
    """What concerns Excel workbooks alone."""

    write_protected: bool = Field(default=False, description="true writes into a protected worksheet; the protection stays")


class BackupsSpec(_Spec):
    """Which backups of a workbook are kept."""

    keep: int = Field(default=14, ge=1, le=10_000, description="the last ones")
    months: int = Field(default=12, ge=0, le=1_200, description="the last one of each of so many months before")
    megabytes: int = Field(default=500, ge=1, le=1_000_000, description="all of them; the oldest go first, the newest always stays")


class GoogleSpec(_Spec):
    """What concerns Google Sheets alone."""

    credentials: str | None = Field(
        default=None, description="a key file, from this file's folder, that is used instead of what `login` keeps")


class NotifySpec(_Spec):
    """Who is told of unattended runs. What stands in `urls` may be a password: no message shows it."""

    urls: list[str] = Field(
        default_factory=list, repr=False, description="who is told, as apprise writes it; secrets as `${NAME}`, `${keyring:service/name}`")
    when: Literal["something", "always", "failures"] = Field(
        default="something", description="when there is a digest; failures are told in any case")

    @field_validator("urls", mode="before")
    @classmethod
    def _list_of_texts(cls, urls: Any) -> Any:
        if not isinstance(urls, list) or not all(isinstance(url, str) and url.strip() for url in urls):
            raise ValueError('write a list of texts, such as urls = ["mailtos://…"]')
        return [url.strip() for url in urls]


class TodaySpec(_Spec):
    """Where the morning list is written behind each sync, beside what `sheetsync today` shows."""

    html: str | None = Field(default=None, description="the page, from this file's folder, written anew behind every sync")
    ics: str | None = Field(default=None, description="the calendar, likewise; what can't be written is told, and stops nothing")


def _options(check: Check) -> type[BaseModel]:
    """What the settings may say of a check: enabled, and the fields of its dataclass."""
    kind: Any = type(check)
    hints = get_type_hints(kind)
    taken = {
        field.name: (list[str] if hints[field.name] == tuple[str, ...] else hints[field.name], None)
        for field in fields(kind) if field.metadata.get("option", True)
    }
    made: type[BaseModel] = create_model(  # type: ignore[call-overload]
        kind.__name__, __base__=_Spec, enabled=(bool, True), **taken
    )
    return made


ChecksSpec: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "ChecksSpec", __base__=_Spec,
    **{name.replace("-", "_"): (_options(check), Field(default_factory=_options(check), alias=name)) for name, check in CHECKS.items()},
)


class SettingsSpec(_Spec):
    """What sheetsync.toml may say beside what it may say of the playbook (columns, rules, quiet, …)."""

    source: str | None = Field(default=None, description="the workbook, from this file's folder, or a Google Sheet's link")
    sheet: str | None = Field(default=None, description="the worksheet or tab; else the one whose header fits best")
    playbook: str | None = Field(
        default=None, description="a shipped playbook, or the path of a playbook.toml of your own; home-business when left out")
    timezone: str | None = Field(default=None, description="whose today counts, such as \"Europe/Berlin\"; else the computer's")
    key: list[str] | None = Field(
        default=None, description="the columns that tell customers apart, best first; the first that the sheet has is taken")
    columns: dict[str, Any] = Field(default_factory=dict)
    rules: dict[str, Any] = Field(default_factory=dict)
    quiet: dict[str, Any] = Field(default_factory=dict)
    care: dict[str, Any] = Field(default_factory=dict)
    messages: dict[str, Any] = Field(default_factory=dict)
    calendar: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)
    log: dict[str, Any] = Field(default_factory=dict)
    status: dict[str, Any] = Field(default_factory=dict)
    checks: ChecksSpec = Field(default_factory=ChecksSpec)
    excel: ExcelSpec = Field(default_factory=ExcelSpec)
    backups: BackupsSpec = Field(default_factory=BackupsSpec)
    google: GoogleSpec = Field(default_factory=GoogleSpec)
    notify: NotifySpec = Field(default_factory=NotifySpec)
    today: TodaySpec = Field(default_factory=TodaySpec)

    @field_validator("notify", mode="before")
    @classmethod
    def _table(cls, notify: Any) -> Any:
        if not isinstance(notify, dict):
            raise ValueError('write the heading [notify], and below it urls = ["…"]')
        return notify

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f'"{name}" is no time zone; write one such as "Europe/Berlin"') from None
        return name
