"""Makes the example workbooks of the smaller playbooks, each a list as its owner keeps it: `python -m tests.make_stories`.

Statuses in them are meant for Friday 20 November 2026, as in the home bakery's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsync.config import load_playbook
from tests.rules_sheet import add_rules
from tests.story_rows import CONSULTING, DIRECT_SALES, MINIMAL, SERVICES

EXAMPLES = Path(__file__).parents[1] / "examples"
SAVED = datetime(2026, 11, 19, 20, 15, tzinfo=UTC)  # fixed, so that the same bytes come out every time
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"\d+\.\d{2}")
_NUMBER = re.compile(r"\d+")

Value = str | float | int | date | None


@dataclass(frozen=True, slots=True)
class Story:
    """One example: its rows as text, and how its owner likes them to look."""

    title: str
    rows: str
    sheet: str = "Customers"
    subtitle: str = ""
    colour: str = "#31527A"
    pale: str = "#EAF0F7"
    font: str = "Calibri"
    top: int = 3  # rows above the header
    left: int = 0  # empty columns before the table
    date_format: str = "d mmm yyyy"
    list_object: str = ""  # the look of an Excel table, where the owner made one
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    foot: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)  # what its owner changed in the worksheet Rules


STORIES: Mapping[str, Story] = {
    "consulting": Story(
        "Brightwater Advisory", CONSULTING, sheet="Clients", subtitle="Clients and agreements · confidential", colour="#2B3A55",
        pale="#EEF1F6", font="Georgia", date_format="dd mmm yyyy",
        choices={"Stage": ("Prospect", "Active", "Past", "Winding down", "Closed")},
        foot="Retainer: per month, without VAT. Waiting on: us or client.",
    ),
    "direct-sales": Story(
        "Rosie's Kitchen Parties", DIRECT_SALES, sheet="My people", subtitle="Customers, hostesses and my team ♥", colour="#A8456B",
        pale="#FBEFF4", font="Trebuchet MS", top=4, left=1, date_format="m/d/yyyy",
        choices={"Role": ("customer", "hostess", "team", "customer, hostess", "Former")},
    ),
    "minimal": Story("", MINIMAL, sheet="Sheet1", colour="#444444", top=0, date_format="yyyy-mm-dd"),
    "services": Story(
        "Green Gable Garden Care", SERVICES, sheet="Gardens 2026", subtitle="Everybody we mow, prune and plant for", colour="#4B6B2F",
        pale="#F0F5EA", date_format="ddd d mmm yy", list_object="Table Style Medium 7",
        choices={"Every": ("weekly", "monthly", "quarterly", "twice a year", "yearly", "Former")},
        rules={"Time again: weekly": {"latest": "3 weeks after Last visit"}},
    ),
}


def table(text: str) -> tuple[list[str], list[list[Value]]]:
    """Header and rows of a table written with | between cells."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    for number, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise ValueError(f"line {number + 1} has {len(line)} cells instead of {len(lines[0])}: {line[0]}")
    return lines[0], [[_value(cell) for cell in line] for line in lines[1:]]


def _value(text: str) -> Value:
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    if _MONEY.fullmatch(text):
        return float(text)
    if _NUMBER.fullmatch(text):
        return int(text)
    return text or None


def make(name: str, path: Path) -> None:
    """Writes the workbook of that story to `path`; the same bytes each time."""
    story = STORIES[name]
    header, rows = table(story.rows)
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.set_properties({"title": story.title or "Customers", "created": SAVED})
        sheet = workbook.add_worksheet(story.sheet)
        _title(workbook, sheet, story, len(header))
        first = story.top + 1
        looks = [_looks(workbook, story, header, rows, column) for column in range(len(header))]
        for column, text in enumerate(header):
            sheet.set_column(story.left + column, story.left + column, _width(text, [row[column] for row in rows], story))
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                _write(sheet, first + number, story.left + column, value, looks[column][number % 2])
        last, right = story.top + len(rows), story.left + len(header) - 1
        head = workbook.add_format({"bold": True, "font_name": story.font, "font_size": 10, "font_color": "#FFFFFF",
                                    "bg_color": story.colour, "text_wrap": True, "valign": "vcenter", "bottom": 2,
                                    "bottom_color": story.colour})
        if story.list_object:
            sheet.add_table(story.top, story.left, last, right, {
                "name": "Gardens", "style": story.list_object,
                "columns": [{"header": text, "header_format": head} for text in header],
            })
        else:
            plain = workbook.add_format({"bold": True}) if not story.title else head
            for column, text in enumerate(header):
                sheet.write_string(story.top, story.left + column, text, plain)
            if story.title:
                sheet.autofilter(story.top, story.left, last, right)
        sheet.set_row(story.top, 30 if story.title else None)
        sheet.freeze_panes(first, story.left + header.index("Name") + 1 if "Name" in header else story.left + 1)
        for text, words in story.choices.items():
            column = story.left + header.index(text)
            sheet.data_validation(first, column, last, column, {"validate": "list", "source": list(words), "error_type": "warning"})
        if story.foot:
            sheet.write_string(last + 2, story.left, story.foot, workbook.add_format({"italic": True, "font_color": "#7A7A7A"}))
        sheet.set_landscape()
        sheet.fit_to_pages(1 if len(header) < 10 else 3, 0)
        sheet.repeat_rows(story.top)
        playbook = load_playbook(name, overlay={"rules": dict(story.rules)})
        add_rules(workbook, playbook, colour=story.colour, pale=story.pale, font=story.font)


def _title(workbook: Workbook, sheet: Worksheet, story: Story, width: int) -> None:
    if not story.title:
        return
    look = {"font_name": story.font, "valign": "vcenter", "indent": 1}
    right = story.left + width - 1
    sheet.set_row(0, 32)
    sheet.merge_range(0, story.left, 0, right, story.title,
                      workbook.add_format(look | {"font_size": 20, "bold": True, "font_color": story.colour}))
    sheet.merge_range(1, story.left, 1, right, story.subtitle,
                      workbook.add_format(look | {"italic": True, "font_color": "#7A7A7A", "bg_color": story.pale}))
    if story.left:
        sheet.set_column(0, story.left - 1, 2.5)


def _looks(workbook: Workbook, story: Story, header: list[str], rows: list[list[Value]], column: int) -> tuple[Format, Format]:
    """How the cells of a column look on odd and even rows."""
    values = [row[column] for row in rows if row[column] is not None]
    look: dict[str, object] = {"font_name": story.font, "font_size": 10, "valign": "vcenter"}
    if any(isinstance(value, date) for value in values):
        look |= {"num_format": story.date_format, "align": "center"}
    elif values and all(isinstance(value, float) for value in values):
        look |= {"num_format": "#,##0.00"}
    if header[column] in ("Name", "Client") and story.title:
        look |= {"bold": True}
    banded = look if story.list_object or not story.title else look | {"bg_color": story.pale}
    return workbook.add_format(look), workbook.add_format(banded)


def _width(header: str, values: list[Value], story: Story) -> float:
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    dated = 13 if any(isinstance(value, date) for value in values) else 0
    words = max(len(word) for word in header.split()) + 2 if story.title else len(header) + 1
    return float(max(words, dated, min(34, longest + 2), 8))


def _write(sheet: Worksheet, row: int, column: int, value: Value, look: Format) -> None:
    if value is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look)
    elif isinstance(value, (float, int)):
        sheet.write_number(row, column, value, look)
    else:
        sheet.write_string(row, column, value, look)


if __name__ == "__main__":
    for story in STORIES:
        make(story, EXAMPLES / story / "customers.xlsx")
