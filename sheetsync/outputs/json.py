"""The report as one JSON object, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sheetsync.core.model import Cell, CellError, Change, FollowUp, Report, StatusSettings

VERSION = 1


@dataclass(frozen=True, slots=True)
class Json:
    """Everything that a run found and did. Rows are the numbers in the margin, dates ISO 8601."""

    def render(self, report: Report) -> str:
        """One object; every customer row stands in follow_ups."""
        return json.dumps({
            "version": VERSION,
            "today": report.today.isoformat(),
            "source": report.source,
            "sheet": report.sheet,
            "rows": len(report.customers),
            "statuses": report.statuses,
            "follow_ups": follow_up_objects(report.follow_ups, report.status),
            "problems": [
                {"row": p.row, "column": report.customers.header(p.column), "check": p.check, "severity": p.severity, "message": p.message,
                 "suggestion": p.suggestion}
                for p in report.problems
            ],
            "changes": change_objects(report.changes),
            "log": [
                {"row": c.row, "customer": c.customer, "entry": c.entry, "kind": c.kind, "day": json_cell(c.day),
                 "until": json_cell(c.until),
                 "note": c.note, "rule": c.rule}
                for c in report.contacts
            ],
            "written": report.written,
            "notes": list(report.notes),
        }, ensure_ascii=False)


def follow_up_objects(follow_ups: Iterable[FollowUp], status: StatusSettings) -> list[dict[str, Any]]:
    """Follow-ups as JSON shows them, with the owner's words for statuses."""
    return [
        {"row": f.row, "customer": f.customer, "status": status.word(f.status), "due": json_cell(f.due), "step": f.step, "rule": f.rule,
         "why": f.why}
        for f in follow_ups
    ]


def change_objects(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes as JSON shows them."""
    return [
        {"row": change.row, "column": change.column, "before": json_cell(change.before), "after": json_cell(change.after)}
        for change in changes
    ]


def json_cell(cell: Cell) -> Any:
    """A cell as JSON shows it."""
    if isinstance(cell, date):  # datetimes too
        return cell.isoformat()
    if isinstance(cell, CellError):
        return cell.code
    return cell if cell is None or isinstance(cell, (bool, int, float, str)) else str(cell)
