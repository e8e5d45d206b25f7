"""A playbook's rules in the form of the Rules worksheet: one line a rule, every criterion in a column of its own."""

from __future__ import annotations

from collections.abc import Iterable

from sheetsync.playbook.criteria import AnyOf, Criterion
from sheetsync.playbook.model import Playbook, Rule

HEADER = ("Rule", "Due", "Next step", "Priority", "Latest", "Lead", "Done", "Blank", "Message")
BLANK, NOT_BLANK = "blank", "not blank"  # for = and <>, which a spreadsheet would take for formulas


def rules_table(playbook: Playbook) -> list[list[str]]:
    """Header and one row for each rule. Criterion columns stand right of the others, in the order in which rules first name them."""
    criteria = list(dict.fromkeys(name for rule in playbook.rules for name in rule.when))
    return [[*HEADER, *criteria], *([*_cells(rule), *(said(rule.when[name]) if name in rule.when else "" for name in criteria)]
                                    for rule in playbook.rules)]


def _cells(rule: Rule) -> list[str]:
    priority = "first" if rule.first else "urgent" if rule.urgent else "normal"
    return [rule.name, str(rule.due), rule.step, priority, "" if rule.latest is None else str(rule.latest), str(rule.lead), rule.done,
            "now" if rule.blank_is_now else "", rule.message or ""]


def said(criteria: AnyOf) -> str:
    """Criteria as a cell of the Rules worksheet says them: any of them, parted by |."""
    return " | ".join(_said(criterion) for criterion in criteria.criteria)


def _said(criterion: Criterion) -> str:
    if criterion.operand == "":
        return BLANK if criterion.operator == "=" else NOT_BLANK
    if criterion.operator == "=":
        return criterion.text.lstrip("= ")  # "=Customer" would be a formula
    return criterion.text


def as_tsv(table: Iterable[Iterable[str]]) -> str:
    """Rows for pasting into a spreadsheet: tabs between cells, which themselves hold neither tab nor line end."""
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in table)
