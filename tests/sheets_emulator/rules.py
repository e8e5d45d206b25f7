"""Conditional formats: what they add to the look of a cell, which shows in effectiveFormat and never in userEnteredFormat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sheets_emulator.a1 import Area, Box
from tests.sheets_emulator.book import Tab

JSON = dict[str, Any]
Painter = tuple[list[Box], JSON]  # where, and the BooleanRule

# Each condition: the cell's value, the condition's own values as text. Others (custom formulas, dates, scales) paint nothing here.
CONDITIONS: dict[str, Callable[[Any, list[str]], bool]] = {
    "BLANK": lambda value, given: value is None,
    "NOT_BLANK": lambda value, given: value is not None,
    "NUMBER_EQ": lambda value, given: _number(value) and value == float(given[0]),
    "NUMBER_GREATER": lambda value, given: _number(value) and value > float(given[0]),
    "NUMBER_GREATER_THAN_EQ": lambda value, given: _number(value) and value >= float(given[0]),
    "NUMBER_LESS": lambda value, given: _number(value) and value < float(given[0]),
    "NUMBER_LESS_THAN_EQ": lambda value, given: _number(value) and value <= float(given[0]),
    "TEXT_CONTAINS": lambda value, given: given[0].casefold() in str(value or "").casefold(),
    "TEXT_ENDS_WITH": lambda value, given: str(value or "").casefold().endswith(given[0].casefold()),
    "TEXT_EQ": lambda value, given: str(value or "").casefold() == given[0].casefold(),
    "TEXT_NOT_CONTAINS": lambda value, given: given[0].casefold() not in str(value or "").casefold(),
    "TEXT_STARTS_WITH": lambda value, given: str(value or "").casefold().startswith(given[0].casefold()),
}


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def painters(tab: Tab) -> list[Painter]:
    """The tab's rules that can be worked out, in their order."""
    return [([tab.box(Area.of(area)) for area in rule["ranges"]], rule["booleanRule"]) for rule in tab.rules
            if rule.get("booleanRule", {}).get("condition", {}).get("type") in CONDITIONS]


def conditional_format(rules: list[Painter], row: int, column: int, value: JSON | None) -> JSON | None:
    """The CellFormat of the first rule that applies to the cell; None where none does."""
    plain = next(iter(value.values())) if value else None
    for boxes, rule in rules:
        if any(box.has(row, column) for box in boxes):
            condition = rule["condition"]
            if CONDITIONS[condition["type"]](plain, [item.get("userEnteredValue", "") for item in condition.get("values", ())]):
                found: JSON = rule.get("format", {})
                return found
    return None


def repainted(look: JSON, painted: JSON) -> JSON:
    """An effective format with a rule's laid over it."""
    return {**look, **painted, "textFormat": {**look["textFormat"], **painted.get("textFormat", {})}}
