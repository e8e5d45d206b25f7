"""A playbook explained back: each rule in one sentence, what it needs, what can never fire, what another one hides."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sheetsync.core import model
from sheetsync.core.model import Column, FollowUp
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.criteria import AnyOf, Criterion, Today
from sheetsync.playbook.due import Due, Period
from sheetsync.playbook.model import Care, Playbook, Rule
from sheetsync.playbook.quiet import Quiet

_SOME_DAY, _CALENDAR = date(2026, 1, 1), Calendar()  # a criterion without "today" doesn't depend on them


def explain(rule: Rule) -> str:
    """One rule's words in one sentence."""
    sentence = f"{explain_when(rule.when)} the customer is due {rule.due}" if rule.when else f"Every customer is due {rule.due}"
    if rule.latest is None:
        sentence += f" and {model.OVERDUE} from the next day"
    else:
        sentence += f", stays {model.DUE_NOW} until {_day(rule.latest)}, and is {model.OVERDUE} after that"
    if rule.lead.count:
        sentence += f"; {rule.lead} before that it shows as {model.SOON}"
    if rule.blank_is_now:
        column = rule.done if rule.due.direction == "yearly on" else " and ".join(rule.due.columns)
        sentence += f"; where {column} {'is' if ' and ' not in column else 'are'} blank, at once ({model.NEVER_CONTACTED})"
    if rule.urgent:
        sentence += "; urgent, before everything else" if rule.first else "; urgent"
    if rule.done not in rule.due.columns and rule.due.direction != "yearly on":
        sentence += f"; it is done with a date in {rule.done}"
    elif rule.due.direction == "yearly on":
        sentence += f"; each year until {rule.done} has a date near it"
    return sentence + "."


def explain_quiet(reason: Quiet) -> str:
    """One quiet reason's words in one sentence."""
    holds = []
    if reason.when:
        holds.append(" and ".join(f"{name} {_criteria(criteria)}" for name, criteria in reason.when.items()))
    if reason.until:
        holds.append(f"today is before {reason.until}")
    if reason.through:
        holds.append(f"today is not after {reason.through}")
    sentence = f"Nobody is chased where {' and '.join(holds)}"
    if reason.at_most is not None:
        sentence += f", at most until {reason.at_most}"
    if reason.absolute:
        sentence += ", whatever else is due"
    if reason.except_urgent:
        sentence += ", unless something urgent is"
    return sentence + "."


def explain_care(care: Care) -> str:
    """How customers are treated who are to be handled with care, in one sentence."""
    sentence = f'{explain_when(care.when)} each next step ends with "{care.note}"'
    return sentence + (", and nothing falls on the week's last open day." if care.spare_week_end else ".")


def explain_when(when: Mapping[str, AnyOf]) -> str:
    """Whom a rule is for, in words."""
    if not when:
        return "For every customer:"
    return "Where " + " and ".join(f"{name} {_criteria(criteria)}" for name, criteria in when.items()) + ","


def _day(due: Due) -> str:
    return f"{due.period} {due.direction} {' or '.join(due.columns)}" if due.period else " or ".join(due.columns)


def _criteria(criteria: AnyOf) -> str:
    said = [_criterion(one) for one in criteria.criteria]
    if all(text.startswith("is ") for text in said):
        said = ["is " + " or ".join(text.removeprefix("is ") for text in said)]
    return " or ".join(said)


_WORDS = {"=": "is", "<>": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_DATE_WORDS = {"<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}


def _criterion(criterion: Criterion) -> str:
    operand = criterion.operand
    if operand == "":
        return "is blank" if criterion.operator == "=" else "is not blank"
    if isinstance(operand, float):
        return f"{_WORDS[criterion.operator]} {operand:g}"
    if isinstance(operand, str):
        likes = any(character in operand.replace("~*", "").replace("~?", "") for character in "*?")
        word = _WORDS[criterion.operator] + (" like" if likes and criterion.operator in ("=", "<>") else "")
        return f'{word} "{operand}"'
    word = _DATE_WORDS.get(criterion.operator, _WORDS[criterion.operator])
    if isinstance(operand, Today):
        moved = "" if operand.period is None else f" {'plus' if operand.sign > 0 else 'less'} {operand.period}"
        return f"{word} today{moved}"
    return f"{word} {operand.isoformat()}"


@dataclass(frozen=True, slots=True)
class Need:
    """One column that a rule or quiet reason reads, what for, and whether the sheet has it."""

    column: str
    use: str
    here: bool


def needs(rule: Rule, here: Container[str]) -> tuple[Need, ...]:
    """Every column that a rule reads, each once: criteria first, then what it counts from, latest and done."""
    uses: dict[str, list[str]] = {}
    for columns, use in ((rule.when, "criterion"), (rule.due.columns, "due"), (rule.latest.columns if rule.latest else (), "latest"),
                         ((rule.done,), "done")):
        for name in columns:
            uses.setdefault(name, []).append(use)
    return tuple(Need(name, ", ".join(dict.fromkeys(use)), name in here) for name, use in uses.items())


def never(rule: Rule, here: Container[str], columns: Mapping[str, Column]) -> str:
    """Why a rule can never fire on this sheet: a column that is not there, or a criterion that nothing can fit; else ""."""
    if lacking := rule.lacking(here):
        return f"the sheet has no column {' or '.join(lacking)}"
    for name, criteria in rule.when.items():
        if all(_impossible(one, columns.get(name)) for one in criteria.criteria):
            return f"nothing in {name} can ever fit {' or '.join(one.text for one in criteria.criteria)}"
    if rule.due.direction != "yearly on" and not rule.blank_is_now:
        for name in rule.due.columns:
            if name in rule.when and [one.text for one in rule.when[name].criteria] == ["="] and len(rule.due.columns) == 1:
                return f"it asks for {name} to be blank, and counts from it"
    return ""


def _impossible(criterion: Criterion, column: Column | None) -> bool:
    """Whether no value that the column may hold fits: a word that is none of its choices, a text in a column of dates or numbers."""
    operand = criterion.operand
    if column is None or operand == "" or criterion.operator == "<>":
        return False
    if column.type == "date":
        return isinstance(operand, str)
    if column.type in ("number", "money", "step"):
        return isinstance(operand, str)
    if column.type == "yes-no" and criterion.operator == "=":
        return not any(criterion.test("yes-no", _SOME_DAY, _CALENDAR)(word) for word in ("yes", "no"))
    if column.type == "choice" and column.choices and criterion.operator == "=":
        return not any(criterion.test("choice", _SOME_DAY, _CALENDAR)(choice) for choice in column.choices)
    return False


def hidden(playbook: Playbook, here: Container[str]) -> dict[str, str]:
    """Rules that are never chosen, because another one always is before them: name → the other's name.

    Only where that is certain: the other fits every row that this one fits, counts from the same columns, comes due no later, is kept
    no sooner, and is at least as urgent.
    """
    out: dict[str, str] = {}
    firing = [(order, rule) for order, rule in enumerate(playbook.rules) if not rule.lacking(here)]
    for order, rule in firing:
        for other_order, other in firing:
            if other is not rule and other.name not in out and _hides(other, other_order, rule, order):
                out[rule.name] = other.name
                break
    return out


def _hides(a: Rule, a_order: int, b: Rule, b_order: int) -> bool:
    """Whether a is chosen wherever b is a candidate."""
    if not all(name in b.when and _within(b.when[name], criteria) for name, criteria in a.when.items()):
        return False
    if a.due.columns != b.due.columns or a.due.direction != b.due.direction or a.done != b.done:
        return False
    if (b.urgent and not a.urgent) or (b.first and not a.first) or (b.blank_is_now and not a.blank_is_now):
        return False
    if b.urgent and not _longer(a.lead, b.lead):
        return False  # b may be active while a is not yet
    order = _earlier(a.due, b.due)
    if order is None or a_order > b_order:  # rolled off closed days both may fall on one day, and then the first one goes
        return False
    if a.due.direction == "yearly on":
        return order == "same" and a.lead == b.lead
    counted_from_done = set(a.due.columns) == {a.done}
    return counted_from_done or (order == "same" and a.lead == b.lead)


def _within(narrow: AnyOf, wide: AnyOf) -> bool:
    """Whether every value that fits `narrow` fits `wide`, as far as their words tell."""
    texts = {one.text.casefold() for one in wide.criteria}
    if "<>" in texts and not any(one.text == "=" or one.operator == "<>" for one in narrow.criteria):
        return True
    return all(one.text.casefold() in texts for one in narrow.criteria)


def samples(follow_ups: Sequence[FollowUp], count: int) -> list[FollowUp]:
    """The first `count` rows that have each another rule or status than those before; where there are not so many, others too."""
    seen: dict[tuple[str, str], int] = {}
    for index, follow_up in enumerate(follow_ups):
        seen.setdefault((follow_up.rule, "" if follow_up.rule else follow_up.status), index)
    picked = sorted(seen.values())[:count]
    picked += [index for index in range(len(follow_ups)) if index not in picked][: count - len(picked)]
    return [follow_ups[index] for index in sorted(picked)]


_UNITS = {"days": 1, "weeks": 7, "months": 1, "quarters": 3, "years": 12}


def _longer(one: Period, other: Period) -> bool:
    """Whether a period is certainly as long as another, or longer."""
    size = _sizes(one, other)
    return size is not None and size[0] >= size[1]


def _sizes(one: Period, other: Period) -> tuple[int, int] | None:
    if one.unit == other.unit:
        return one.count, other.count
    in_days = {"days", "weeks"}
    in_months = {"months", "quarters", "years"}
    if {one.unit, other.unit} <= in_days or {one.unit, other.unit} <= in_months:
        return one.count * _UNITS[one.unit], other.count * _UNITS[other.unit]
    days = {"days": (1, 1), "weeks": (7, 7), "months": (28, 31), "quarters": (89, 92), "years": (365, 366)}
    if one.unit in days and other.unit in days:  # months and days: only where they can't meet
        low, high = (count * span for count, span in zip((one.count, one.count), days[one.unit], strict=True))
        other_low, other_high = (count * span for count, span in zip((other.count, other.count), days[other.unit], strict=True))
        if high < other_low:
            return 0, 1
        if low > other_high:
            return 1, 0
    return None


def _earlier(a: Due, b: Due) -> str | None:
    """ "same" or "earlier" where a's day is certainly b's or before it, counted from the same date; else None."""
    if a.period is None or b.period is None:
        return "same" if a.period == b.period else None
    sizes = _sizes(a.period, b.period)
    if sizes is None:
        return None
    if sizes[0] == sizes[1]:
        return "same"
    before = sizes[0] < sizes[1] if a.direction == "after" else sizes[0] > sizes[1]
    return "earlier" if before else None
