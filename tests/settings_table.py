"""The README's table of all settings, made from the models that check them: `python -m tests.settings_table` writes it anew."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sheetsync.checks import CHECKS
from sheetsync.playbook.criteria import AnyOf
from sheetsync.playbook.due import Due, Period
from sheetsync.playbook.spec import (
    CalendarSpec,
    CareSpec,
    ColumnSpec,
    LimitsSpec,
    LogSpec,
    MessagesSpec,
    QuietSpec,
    RangeSpec,
    RuleSpec,
    StatusSpec,
)
from sheetsync.settings_spec import SettingsSpec

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- begin of the settings -->\n", "<!-- end of the settings -->"
# What SettingsSpec only passes on is checked as part of the playbook.
PASSED_ON: dict[str, tuple[str, type[BaseModel]]] = {
    "columns": ('[columns."Name"]', ColumnSpec), "rules": ('[rules."Name"]', RuleSpec), "quiet": ('[quiet."Name"]', QuietSpec),
    "care": ("[care]", CareSpec), "messages": ("[messages]", MessagesSpec), "calendar": ("[calendar]", CalendarSpec),
    "limits": ("[limits]", LimitsSpec), "log": ("[log]", LogSpec), "status": ("[status]", StatusSpec),
}
_WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number", date: "date", time: '"HH:MM"', Due: "due phrase",
          Period: "length, such as \"7 days\"", AnyOf: "criterion", RangeSpec: "from and to"}


def table() -> str:
    """The table in Markdown, a line for each setting: name, what it takes, what holds when it is left out, what it means."""
    lines = ["| setting | takes | when left out | means |", "| --- | --- | --- | --- |"]
    for name, field in SettingsSpec.model_fields.items():
        if name in PASSED_ON:
            lines += rows(*PASSED_ON[name])
        elif name == "checks":
            lines += ["| **`[checks.NAME]`** | | | [each check](#the-checks) by its name |", *checks()]
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lines += rows(f"[{name}]", field.annotation)
        else:
            lines.append(row(name, field))
    return "\n".join(lines) + "\n"


def rows(heading: str, spec: type[BaseModel]) -> Iterator[str]:
    """The lines of one section of the settings."""
    yield f"| **`{heading}`** | | | {str(spec.__doc__).split('. ')[0].rstrip('.')} |"
    for name, field in spec.model_fields.items():
        yield row(field.alias or name, field)


def row(name: str, field: FieldInfo) -> str:
    """The line of one setting."""
    assert field.description, f"{name} has no description"
    cells = (f"`{name}`", takes(field.annotation), default(field), field.description)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def checks() -> Iterator[str]:
    """The options of all checks: those that several have once, then those of one."""
    said = {"enabled": "false switches it off", "severity": '"error" or "warning"', "ignore": "columns to leave alone"}
    for name, means in said.items():
        yield f"| `{name}` | | | {means} |"
    for check in CHECKS.values():
        options = type(check).__dataclass_fields__  # type: ignore[attr-defined]
        for name, option in options.items():
            if name not in said and option.metadata.get("option", True) and name != "id":
                yield f"| `{name}` | | `{toml(getattr(check, name))}` | of `{check.id}` alone; `sheetsync check --list` says what it does |"


def takes(kind: Any) -> str:
    """What a setting takes, in words."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return takes(parts[0])
    if origin in (Union, types.UnionType):
        return " or ".join(takes(part) for part in parts if part is not type(None))
    if origin is Literal:
        return ", ".join(str(part) for part in parts)
    if origin is list:
        inner = takes(parts[0])
        return {"text": "list of texts", "date": "list of dates"}.get(inner, f"list of: {inner}")
    if origin is dict:
        return f"table: name = {takes(parts[1])}"
    return _WORDS[kind]


def default(field: FieldInfo) -> str:
    """What holds when a setting is left out."""
    if field.is_required():
        return "must be said"
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value in ("", [], {}) else f"`{toml(value)}`"


def toml(value: Any) -> str:
    """A value as the settings would say it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    return str(value) if isinstance(value, (int, float, date)) else f'"{value}"'


def in_readme() -> str:
    """The table as it stands in the README."""
    found = re.search(f"{BEGIN}(.*?){END}", README.read_text("utf-8"), re.DOTALL)
    return "" if found is None else found[1]


if __name__ == "__main__":
    text = README.read_text("utf-8")
    README.write_text(text.replace(f"{BEGIN}{in_readme()}{END}", f"{BEGIN}{table()}{END}"), "utf-8")
