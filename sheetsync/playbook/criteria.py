"""COUNTIF's criteria, because owners know them: ">0", "<>closed", "Acme*", "=", and dates from today."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sheetsync.core.model import ColumnType, Customers, Fault
from sheetsync.core.nearest import nearest
from sheetsync.core.values import NO, YES, plain_number, read_date, text_of
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.due import UNITS, Period, parse_period

Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Test = Callable[[Any], bool]

_OPERATOR = re.compile(r"<>|<=|>=|<|>|=")
_WRONG_OPERATORS = {"=>": ">=", "=<": "<=", "!=": "<>", "==": "=", "><": "<>", "≥": ">=", "≤": "<=", "≠": "<>"}
_TODAY = re.compile(r"today(?:\s*([+-])\s*(.+))?", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_AMBIGUOUS = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
_EPOCH = date(1899, 12, 30).toordinal()


@dataclass(frozen=True, slots=True)
class Today:
    """Today, or so long before (sign −1) or after it (sign 1)."""

    sign: int = 1
    period: Period | None = None

    def day(self, today: date, calendar: Calendar) -> date:
        """The date meant; it never rolls off a closed day."""
        if self.period is None:
            return today
        return self.period.after(today, calendar) if self.sign > 0 else self.period.before(today, calendar)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion. `operand` is "" for blank and not blank, a number, a date, Today, or a text with wildcards."""

    text: str
    operator: Operator
    operand: str | float | date | Today

    def test(self, kind: ColumnType, today: date, calendar: Calendar) -> Test:
        """A function that says whether a parsed value fits. A Fault never fits a number or a date."""
        operand = self.operand
        if operand == "":
            return _blank if self.operator == "=" else _not_blank
        if isinstance(operand, Today):
            try:
                operand = operand.day(today, calendar)
            except (OverflowError, ValueError):
                return _never
        if isinstance(operand, date):
            return _compare(self.operator, operand.toordinal() - _EPOCH, as_number=_date_number)
        if isinstance(operand, float) and kind != "yes-no":
            return _compare(self.operator, operand, as_number=_number)
        words = text_of(operand) if isinstance(operand, float) else str(operand)
        if kind == "yes-no":
            folded = words.casefold()
            words = "yes" if folded in YES else "no" if folded in NO else words
        if self.operator in ("=", "<>"):
            return _like(words, negated=self.operator == "<>")
        return _text_order(self.operator, words.casefold())


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several criteria for one column, of which one has to fit."""

    criteria: tuple[Criterion, ...]

    def test(self, kind: ColumnType, today: date, calendar: Calendar) -> Test:
        """A function that says whether a parsed value fits any of them."""
        tests = [criterion.test(kind, today, calendar) for criterion in self.criteria]
        if len(tests) == 1:
            return tests[0]
        return lambda value: any(test(value) for test in tests)


def parse_criteria(texts: Sequence[str]) -> AnyOf:
    """Any of the texts. Raises ValueError with a sentence that holds the nearest right text."""
    if not texts:
        raise ValueError('an empty list fits nothing; write "=" for blank')
    return AnyOf(tuple(parse_criterion(text) for text in texts))


def parse_criterion(text: str) -> Criterion:
    """One criterion as COUNTIF takes it. Raises ValueError with a sentence that holds the nearest right text."""
    words = text.strip()
    if not words:
        raise ValueError('an empty text is no criterion; write "=" for blank or "<>" for not blank')
    for wrong, right in _WRONG_OPERATORS.items():
        if words.startswith(wrong):
            raise ValueError(f'"{words}": "{wrong}" is no comparison; did you mean "{right}{words[len(wrong):].strip()}"?')
    match = _OPERATOR.match(words)
    operator: Operator = match[0] if match else "="  # type: ignore[assignment]
    rest = words[match.end() :].strip() if match else words
    if not rest:
        if operator in ("=", "<>"):
            return Criterion(words, operator, "")
        raise ValueError(f'"{words}" compares with nothing; write a number or a date behind it, such as "{operator}0"')
    return Criterion(words, operator, _operand(words, operator, rest))


def _operand(words: str, operator: Operator, rest: str) -> str | float | date | Today:
    if match := _TODAY.fullmatch(rest):
        if match[1] is None:
            return Today()
        try:
            return Today(1 if match[1] == "+" else -1, parse_period(match[2]))
        except ValueError as error:
            raise ValueError(f'"{words}": {error}') from None
    number = plain_number(rest)
    if number is not None:
        return number
    if _AMBIGUOUS.fullmatch(rest):
        raise ValueError(f'"{words}": write the date as year-month-day, such as 2026-04-03')
    try:
        return read_date(rest)
    except ValueError as error:
        if _ISO.fullmatch(rest):
            raise ValueError(f'"{words}": {rest} {error}') from None
    match = re.fullmatch(r"(\S+?)\s*([+-]?)\s*(\d+\s.+)", rest)
    meant = match is not None and nearest(match[1], ["today"], cutoff=0.6) is not None
    if match is not None and meant and (operator not in ("=", "<>") or _is_period(match[3])):
        right = f"today {match[2] or '-'} {match[3]}"
        raise ValueError(f'"{words}": did you mean "{words.replace(rest, right)}"?')
    parts = rest.split(" ", 1)
    if operator not in ("=", "<>") and parts[-1].lower() in UNITS and plain_number(parts[0]) is not None:
        raise ValueError(f'"{words}" counts {parts[-1]} from nothing; did you mean "{words.replace(rest, "today - " + rest)}"?')
    return rest


def _is_period(text: str) -> bool:
    try:
        parse_period(text)
    except ValueError:
        return False
    return True


def matching(indexes: Iterable[int], column: Sequence[Any], test: Test) -> list[int]:
    """Those of the indexes whose value in the column fits; equal texts are tested once."""
    if test is _blank:  # most criteria are blank or not blank: tested here, since a call for each cell costs more than the test
        return [i for i in indexes if (value := column[i]) is None or (value.__class__ is str and not value.strip())]
    if test is _not_blank:
        return [i for i in indexes if (value := column[i]) is not None and not (value.__class__ is str and not value.strip())]
    known: dict[str, bool] = {}
    blank = test(None)
    out = []
    for i in indexes:
        value = column[i]
        if value is None:
            fits = blank
        elif value.__class__ is str:
            if value in known:
                fits = known[value]
            else:
                fits = known[value] = test(value)
        else:
            fits = test(value)
        if fits:
            out.append(i)
    return out


def fitting(customers: Customers, when: Mapping[str, AnyOf], today: date, calendar: Calendar) -> Sequence[int]:
    """The customers (0-based) whom all criteria of a rule or quiet reason fit; its columns are all in the sheet."""
    left: Sequence[int] = range(len(customers))
    for name, criteria in when.items():
        left = matching(left, customers.values[name], criteria.test(customers.columns[name].type, today, calendar))
    return left


def _blank(value: Any) -> bool:
    return value is None or (value.__class__ is str and not value.strip())


def _not_blank(value: Any) -> bool:
    return not _blank(value)


def _never(value: Any) -> bool:
    return False


def _number(value: Any) -> float | None:
    """A value as COUNTIF's numbers see it: numbers, dates as serials, texts that are plain numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        return plain_number(value)
    return _date_number(value)


def _date_number(value: Any) -> float | None:
    if isinstance(value, datetime):
        return value.toordinal() - _EPOCH + (value.hour * 3600 + value.minute * 60 + value.second) / 86400
    return float(value.toordinal() - _EPOCH) if isinstance(value, date) else None


def _compare(operator: Operator, operand: float, *, as_number: Callable[[Any], float | None]) -> Test:
    def test(value: Any) -> bool:
        if value.__class__ is Fault:
            return False
        number = as_number(value)
        if number is None:
            return operator == "<>"
        if operator == "=":
            return number == operand
        if operator == "<>":
            return number != operand
        if operator == "<":
            return number < operand
        if operator == "<=":
            return number <= operand
        if operator == ">":
            return number > operand
        return number >= operand

    return test


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"  # what a ticked box shows in a formula
    return text_of(value.raw if value.__class__ is Fault else value).casefold()


def _like(pattern: str, *, negated: bool) -> Test:
    """Equality with COUNTIF's wildcards: * any text, ? one character, ~ before either takes it as it is."""
    folded = pattern.casefold()
    if not any(character in folded for character in "*?~"):
        return lambda value: (_said(value) == folded and not _blank(value)) != negated
    expression = re.compile(_expression(folded), re.DOTALL)

    def test(value: Any) -> bool:
        return (expression.fullmatch(_said(value)) is not None and not _blank(value)) != negated

    return test


def _expression(pattern: str) -> str:
    parts = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "~" and pattern[position + 1 : position + 2] in ("*", "?", "~"):
            position += 1
            parts.append(re.escape(pattern[position]))
        elif character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".")
        else:
            parts.append(re.escape(character))
        position += 1
    return "".join(parts)


def _text_order(operator: Operator, operand: str) -> Test:
    def test(value: Any) -> bool:
        if not isinstance(value, str) or _blank(value):
            return False
        word = value.strip().casefold()
        return {"<": word < operand, "<=": word <= operand, ">": word > operand, ">=": word >= operand}[operator]

    return test
