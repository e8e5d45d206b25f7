"""The Playbook and its parts, parsed and frozen."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from sheetsync.core import model
from sheetsync.core.model import Column, StatusSettings
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.criteria import AnyOf
from sheetsync.playbook.due import Due, Period
from sheetsync.playbook.quiet import Quiet

CONTACT = model.LAST_CONTACT  # the column that a contact sets; what "done" means where a rule names none


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
    day_ends: time = time(5)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # the document it was built from
    rules_told_in: str = ""  # the settings file that has [rules]; none may be beside a Rules worksheet
    care: Care | None = None
    messages: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""

    @property
    def status_order(self) -> tuple[str, ...]:
        """Every status a row can have, worst first, quiet reasons last."""
        return (*model.STATUSES, *(reason.name for reason in self.quiet))


_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def placeholders(step: str) -> list[str]:
    """The columns that a step names as `{{ Column }}`."""
    return _PLACEHOLDER.findall(step)


def split_step(step: str) -> list[str]:
    """A step cut at its placeholders: texts at even places, column names at odd ones."""
    return _PLACEHOLDER.split(step)
