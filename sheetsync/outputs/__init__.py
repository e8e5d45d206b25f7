"""What a report can be turned into: one output a file, one line each in OUTPUTS."""

from __future__ import annotations

from collections.abc import Mapping

# By name: the module and class, imported when it is used (the page and the calendar need heavy libraries).
OUTPUTS: Mapping[str, str] = {
    "digest": "sheetsync.outputs.digest:Digest",
    "ics": "sheetsync.outputs.ics:Ics",
    "json": "sheetsync.outputs.json:Json",
    "page": "sheetsync.outputs.page:Page",
    "problems": "sheetsync.outputs.problems:Problems",
    "summary": "sheetsync.outputs.summary:Summary",
    "today": "sheetsync.outputs.today:Today",
}
