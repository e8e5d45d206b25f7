"""Values that a criterion can't be tested on: a text where a number or a date is compared. Told, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sheetsync.core.model import Customers, Fault, Problem
from sheetsync.core.values import TwoReadingsError, plain_number, read_date, text_of
from sheetsync.playbook.criteria import AnyOf, Criterion, Today
from sheetsync.playbook.model import Playbook

CHECK = "criterion"


def doubts(customers: Customers, playbook: Playbook) -> Iterator[Problem]:
    """A problem for each value of a mixed column that a rule, quiet reason or care compares with a number or a date and can't.

    Columns of a declared type have their own checks; here are those that hold whatever was typed.
    """
    for name, criteria in _criteria(playbook).items():
        column = customers.columns.get(name)
        if name not in customers.values or column is None or column.type != "text":
            continue
        compared = [one for one in criteria if _compares(one)]
        if not compared:
            continue
        words = [one.test("text", _ANY_DAY, playbook.calendar) for one in criteria if not _compares(one) and one.operand != ""
                 and one.operator == "="]
        known: dict[Any, Problem | None] = {}
        for i, value in enumerate(customers.values[name]):
            if value is None or value.__class__ is Fault or value.__class__ is date:
                continue
            if value not in known:
                known[value] = None if any(test(value) for test in words) else _doubt(name, value, compared)
            if (problem := known[value]) is not None:
                yield problem._replace(row=customers.row(i), customer=i)


_ANY_DAY = date(2026, 1, 1)  # a criterion that is a word doesn't depend on today


def _criteria(playbook: Playbook) -> dict[str, list[Criterion]]:
    """Every criterion of the playbook by column."""
    out: dict[str, list[Criterion]] = {}
    whens: list[Mapping[str, AnyOf]] = [*(rule.when for rule in playbook.rules), *(reason.when for reason in playbook.quiet)]
    if playbook.care is not None:
        whens.append(playbook.care.when)
    for when in whens:
        for name, criteria in when.items():
            out.setdefault(name, []).extend(criteria.criteria)
    return out


def _compares(criterion: Criterion) -> bool:
    """Whether a criterion needs a date, or puts numbers in order."""
    return isinstance(criterion.operand, (date, Today)) or (isinstance(criterion.operand, float) and criterion.operator not in ("=", "<>"))


def _doubt(name: str, value: Any, compared: Iterable[Criterion]) -> Problem | None:
    for criterion in compared:
        if isinstance(criterion.operand, float):
            if isinstance(value, str) and plain_number(value) is None and value.strip():
                return _problem(name, value, "is not a number", criterion, "Type digits only.")
        elif isinstance(value, str) and value.strip():
            return _problem(name, value, "is text, not a date", criterion, _typed(value))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            shown = ""
            if 20_000 <= value <= 80_000:
                shown = f" Formatted as one it would be {(date(1899, 12, 30) + timedelta(days=int(value))).isoformat()}."
            return _problem(name, value, "is a number, not a date", criterion, f"Format the cell as a date.{shown}")
    return None


def _typed(value: str) -> str:
    try:
        return f"Type it as a date: {read_date(value).isoformat()}."
    except TwoReadingsError as error:
        return f"Type it as {error.one.isoformat()} or {error.other.isoformat()}."
    except ValueError:
        return "Type it as year-month-day, such as 2026-04-03."


def _problem(name: str, value: Any, wrong: str, criterion: Criterion, remedy: str) -> Problem:
    text = " ".join(text_of(value).split())
    text = text if len(text) <= 40 else text[:39] + "…"
    return Problem(0, name, CHECK, "error", f'"{text}" {wrong}, so that "{criterion.text}" can\'t be tested', remedy)
