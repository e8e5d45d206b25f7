"""What `sheetsync playbook` says, as one JSON object for other programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sheetsync.core.model import Column, Customers, FollowUp, Report
from sheetsync.core.values import WEEKDAYS
from sheetsync.core.workdays import Calendar
from sheetsync.outputs.json import VERSION, follow_up_objects, json_cell
from sheetsync.playbook.explain import explain, explain_care, explain_quiet, hidden, needs, never
from sheetsync.playbook.messages import check_messages
from sheetsync.playbook.model import Playbook, Rule
from sheetsync.playbook.quiet import Quiet

if TYPE_CHECKING:
    from sheetsync.config import Origins


def listed(books: Iterable[Playbook], default: str) -> str:
    """The shipped playbooks."""
    return _text({"playbooks": [
        {"name": book.name, "title": book.title, "rules": len(book.rules), "messages": len(book.messages), "default": book.name == default}
        for book in books
    ]})


def shown(book: Playbook) -> str:
    """One playbook: its rules, when nobody is chased, its calendar and limits."""
    return _text({"name": book.name, "title": book.title, "rules": [_rule(rule) for rule in book.rules],
                  "quiet": [_quiet(reason) for reason in book.quiet], **_around(book)})


def checked(report: Report, book: Playbook, origin: Origins, samples: Iterable[FollowUp]) -> str:
    """What the rules do on a sheet: each with the columns it needs, whether it can fire, and which other rule is always before it."""
    customers = report.customers
    here = customers.positions
    hides = hidden(book, here)
    chosen = Counter(follow_up.rule for follow_up in report.follow_ups)
    rules = customers.table.rules
    return _text({
        "today": report.today.isoformat(), "source": report.source, "sheet": report.sheet, "rows": len(customers),
        "name": book.name, "title": book.title,
        "rules": [
            {**_rule(rule), **_fit(rule, customers, here, customers.columns), "hidden_by": hides.get(rule.name),
             "chosen": chosen[rule.name], "changed": origin.changed(rule.name)}
            for rule in book.rules
        ],
        "quiet": [{**_quiet(reason), "lacking": [name for name in reason.columns if name not in here]} for reason in book.quiet],
        **_around(book), "faults": list(check_messages(book)), "samples": follow_up_objects(samples, report.status),
        "origins": {
            "playbook": str(origin.playbook), "rules": None if rules is None else rules.sheet,
            "settings": None if origin.settings is None else str(origin.settings),
            "values": [{"path": list(keys), "value": _value(value), "instead_of": _value(before)}
                       for keys, value, before in origin.laid_over],
        },
        "notes": list(report.notes),
    })


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name, "sentence": explain(rule), "due": str(rule.due), "step": rule.step,
        "priority": "first" if rule.first else "urgent" if rule.urgent else "normal", "message": rule.message or None,
    }


def _fit(rule: Rule, customers: Customers, here: Container[str], columns: Mapping[str, Column]) -> dict[str, Any]:
    """The columns that a rule reads, by their names in the playbook and in the sheet, and whether it can fire on them."""
    found = needs(rule, here)
    why = never(rule, here, columns)
    return {
        "columns": [{"column": need.column, "header": customers.header(need.column) if need.here else None, "use": need.use.split(", ")}
                    for need in found],
        "lacking": [need.column for need in found if not need.here], "can_fire": not why, "never": why or None,
    }


def _quiet(reason: Quiet) -> dict[str, Any]:
    return {"name": reason.name, "sentence": explain_quiet(reason), "columns": list(reason.columns)}


def _around(book: Playbook) -> dict[str, Any]:
    return {
        "care": None if book.care is None else explain_care(book.care), "calendar": _calendar(book.calendar),
        "limits": {"min_gap": None if book.min_gap is None else str(book.min_gap), "max_per_day": book.max_per_day},
    }


def _calendar(calendar: Calendar) -> dict[str, Any]:
    return {
        "weekend": [WEEKDAYS[day] for day in sorted(calendar.weekend)], "country": calendar.country or None,
        "subdivision": calendar.subdivision or None,
        "closed": [{"from": first.isoformat(), "to": last.isoformat()} for first, last in calendar.closed],
        "open": [day.isoformat() for day in sorted(calendar.open_days)],
    }


def _value(value: Any) -> Any:
    """A value of a settings file as JSON shows it."""
    if isinstance(value, dict):
        return {key: _value(part) for key, part in value.items()}
    return list(map(_value, value)) if isinstance(value, list) else json_cell(value)


def _text(found: dict[str, Any]) -> str:
    return json.dumps({"version": VERSION, **found}, ensure_ascii=False)
