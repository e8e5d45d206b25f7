"""The starter workbook of a kind of business: a list to type into, its rules, and a page on how it works."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sheetsync.core.model import (
    HEADER,
    LAST_CONTACT,
    LOG,
    NEXT_FOLLOW_UP,
    NOT_A_DUPLICATE,
    NOTES,
    PAUSED_UNTIL,
    SNOOZE_UNTIL,
    STATUS,
    STATUSES,
    Column,
    Style,
)
from sheetsync.playbook.model import Playbook
from sheetsync.playbook.table import HEADER as RULES_HEADER
from sheetsync.playbook.table import rules_table

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

CUSTOMERS, RULES, HOW = "Customers", "Rules", "How it works"
HEADER_ROW = 4  # below a title, a hint and the groups' names
READY_ROWS = 1000  # rows with dropdowns
_DATE = "d mmm yyyy"  # no reader can misread it; Excel shows the month in the owner's language
_FONT = "Calibri"
_INK, _SOFT, _LINE = "1F2933", "6B7785", "D9DEE4"

# The columns of all playbooks by what they are about, in the order in which they stand; and each group's colour and pale one.
_GROUPS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Customer", "2F4858", "E8EDF0", ("Customer no", "Name")),
    ("sheetsync fills these in", "1F4E78", "DDEBF7", ()),
    ("You type here", "7A4B00", "FBF0DC", (LOG, SNOOZE_UNTIL, NOTES)),
    ("Who they are", "2F4858", "E8EDF0", ("Phone", "Email", "Address", "Tier", "Stage", "Role", "Service", "Favourite", "Birthday",
                                          "Customer since", "Consent", "Handle with care")),
    ("Keeping in touch", "2E5E4E", "E3F0EA", (LAST_CONTACT, "Last review", "Paused until", "Next appointment", "Reminded on", "Last visit",
                                               "Every", "Missed appointment", "Season start", "Season booked", "Customer wrote on",
                                               "Client wrote on", "Welcome step")),
    ("What they buy", "5B3E6B", "F0E8F3", ("Last purchase", "Last order", "Usual gap", "Runs out", "Estimate sent", "Estimate answered",
                                            "Proposal sent", "Proposal answered", "Deliverable", "Deliverable due", "Delivered on",
                                            "Retainer", "Retainer renews", "Contract end", "Warranty end")),
    ("Parties and team", "8A3A5B", "F8E8EE", ("Guest at party", "Gave party", "Next party", "Hostess thanked", "Hostess gift",
                                               "Interested since", "Joined team")),
    ("Complaints", "8C2F2B", "F9E6E5", ("Complaint", "Complaint date", "Complaint called", "Complaint resolved", "Lesson learned")),
    ("Promises and requests", "2C5A74", "E4EFF5", ("Promise", "Promise due", "Promise kept", "Recap", "Recap sent", "Request",
                                                    "Request date", "Request decision", "Request answered", "Waiting on",
                                                    "Waiting since")),
    ("New enquiries", "4A5D23", "EDF2E1", ("Enquiry date", "Fit", "Fit decided", "Referred on")),
    ("Bills", "6B5200", "F6F0DA", ("Payment due", "Invoice due", "Paid on")),
    ("Parting well", "5E4A3C", "F1ECE7", ("Winding down since", "Balance settled", "Work finished", "Contract ended", "Closing letter")),
    ("Housekeeping", "4A4A4A", "EEEEEE", (NOT_A_DUPLICATE,)),
)
_SPARE = frozenset({"ID"})  # where there is a Customer no too
_WORDS: Mapping[str, tuple[str, ...]] = {  # what a dropdown offers; anything else may be typed all the same
    LOG: ("done", "called", "emailed", "met", "skip", "snooze 1 week", "snooze 1 month"),
    "Tier": ("A", "B", "C"),
    "Stage": ("Prospect", "Active", "Winding down", "Closed"),
    "Role": ("customer", "hostess", "team", "customer, hostess", "Former"),
    "Every": ("weekly", "monthly", "quarterly", "twice a year", "yearly", "Former"),
    "Usual gap": ("weekly", "monthly", "quarterly"),
    "Waiting on": ("customer", "us"),
    "Recap": ("needed", "no"),
    "Welcome step": ("0", "1", "2", "3", "4"),
}
_WIDTHS: Mapping[str, float] = {
    "Customer no": 10, "Name": 22, LOG: 17, SNOOZE_UNTIL: 13, NOTES: 34, "Phone": 18, "Email": 26, "Address": 28, "Complaint": 30,
    "Promise": 28, "Request": 28, "Service": 20, "Deliverable": 24, "Favourite": 18, "Tier": 8, "Every": 14, NOT_A_DUPLICATE: 15,
}
_OURS_WIDTHS = (17.0, 17.0, 40.0, 54.0, 36.0)
_ROW = 30.0  # points, two lines of ↻ Why
_MEANS: Mapping[str, str] = {
    "Overdue": "The latest day has passed. It stays until somebody makes contact.",
    "Never contacted": "Nobody has spoken to them yet.",
    "Due": "Today is the day, or it was and there is still time.",
    "Check row": "A value that decides can't be read; the column ↻ Problems says which.",
    "No rule": "No rule fits this row, so nothing is planned.",
    "Soon": "Due within the next days.",
    "Scheduled": "Due later. Nothing to do now.",
}


def starter(playbook: Playbook, today: date) -> bytes:
    """The bytes of an .xlsx with the worksheets Customers (three examples, to be deleted), Rules and How it works."""
    from openpyxl import Workbook

    workbook = Workbook()
    if (blank := workbook.active) is not None:
        workbook.remove(blank)
    _customers(workbook.create_sheet(CUSTOMERS), playbook, today)
    _rules(workbook.create_sheet(RULES), playbook)
    _how(workbook.create_sheet(HOW), playbook)
    workbook.properties.title = f"Customers ({playbook.title})"
    workbook.properties.creator = "sheetsync"
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def starter_columns(playbook: Playbook) -> list[tuple[str, str, str, list[str]]]:
    """The groups of the worksheet Customers that the playbook has columns for: title, colour, pale colour, headers."""
    there = [column.name for column in playbook.columns if column.name not in _SPARE]
    out = []
    named: set[str] = set()
    for title, colour, pale, names in _GROUPS:
        headers = list(playbook.status.headers) if not names else [name for name in names if name in there]
        named |= set(names)
        if headers:
            out.append((title, colour, pale, headers))
    if rest := [name for name in there if name not in named]:
        out.insert(len(out) - 1, ("More", "4A4A4A", "EEEEEE", rest))
    return out


# ---- Customers ----------------------------------------------------------------------------------------------------


def _customers(sheet: Worksheet, playbook: Playbook, today: date) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    groups = starter_columns(playbook)
    headers = [header for *_, names in groups for header in names]
    columns = {column.name: column for column in playbook.columns}
    sheet.cell(1, 1, "Customers").font = Font(name=_FONT, size=20, bold=True, color=_INK)
    sheet.cell(2, 1, "One row for each customer. What you did goes into Log, in a word: called, done, snooze 2 weeks. "
                     "The blue columns ↻ are filled in by sheetsync sync.").font = Font(name=_FONT, size=10.5, italic=True, color=_SOFT)
    place = 0
    for title, colour, pale, names in groups:
        widths = [_width(name, columns.get(name), playbook) for name in names]
        widths[-1] += max(0.0, 1.25 * len(title) + 2 - sum(widths))  # the group's name has room
        for number, header in enumerate(names):
            place += 1
            _group_cell(sheet.cell(HEADER_ROW - 1, place), title if number == 0 else "", colour)
            ours = playbook.status.is_ours(header)
            kind = columns[header].type if header in columns else "date" if header == playbook.status.header(NEXT_FOLLOW_UP) else None
            _header_cell(sheet.cell(HEADER_ROW, place, header), pale if not ours else HEADER.fill, colour if not ours else HEADER.font,
                         centred=_centred(header, kind, playbook))
            letter = get_column_letter(place)
            sheet.column_dimensions[letter].width = widths[number]
            for row in range(HEADER_ROW + 1, HEADER_ROW + 4):
                _body(sheet.cell(row, place), header, columns.get(header), playbook)
            _body(sheet.column_dimensions[letter], header, columns.get(header), playbook)  # what is typed further down looks alike
            if (column := columns.get(header)) is not None:
                _validation(sheet, letter, column)
    for row, example in enumerate(_examples(today), HEADER_ROW + 1):
        for header, value in example.items():
            if header in headers:
                sheet.cell(row, headers.index(header) + 1, value)
        sheet.row_dimensions[row].height = _ROW
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _ROW, True
    _hairlines(sheet, len(headers), headers.index("Name") + 1)
    sheet.row_dimensions[1].height = 34
    sheet.row_dimensions[2].height = 20
    sheet.row_dimensions[HEADER_ROW - 1].height = 18
    sheet.row_dimensions[HEADER_ROW].height = 32
    last = get_column_letter(len(headers))
    sheet.freeze_panes = f"{get_column_letter(headers.index('Name') + 2)}{HEADER_ROW + 1}"
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{last}{HEADER_ROW + 3}"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.sheet_properties.tabColor = "1F4E78"
    for row in (1, 2):
        sheet.cell(row, 1).alignment = Alignment(vertical="center")
    _print(sheet, repeat=HEADER_ROW, wide=2 if len(headers) < 30 else 5)


def _group_cell(cell: Any, title: str, colour: str) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    if title:
        cell.value = title
    cell.font = Font(name=_FONT, size=10, bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor=colour)
    cell.alignment = Alignment(vertical="center", indent=0)


def _header_cell(cell: Any, pale: str, colour: str, *, centred: bool = False) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    cell.font = Font(name=_FONT, size=10.5, bold=True, color=colour)
    cell.fill = PatternFill("solid", fgColor=pale)
    cell.alignment = Alignment(vertical="center", wrap_text=True, horizontal="center" if centred else None)
    cell.border = Border(bottom=Side("medium", color=colour))


def _body(target: Any, header: str, column: Column | None, playbook: Playbook) -> None:
    """The look of the cells below a header; of a cell, or of a whole column."""
    from openpyxl.styles import Alignment, Font

    kind = "date" if header == playbook.status.header(NEXT_FOLLOW_UP) else None if column is None else column.type
    target.font = Font(name=_FONT, size=10.5, bold=header == "Name", color=_INK)
    long = playbook.status.is_ours(header) or header == NOTES  # texts that would else run over into blank cells beside them
    target.alignment = Alignment(vertical="center", horizontal="center" if _centred(header, kind, playbook) else None, wrap_text=long)
    if kind == "date":
        target.number_format = _DATE
    elif kind in ("money", "number"):
        target.number_format = "#,##0.00" if kind == "money" else "0"
    elif kind in ("phone", "email", "text", "name") and header not in ("Customer no", "Usual gap", "Welcome step"):
        target.number_format = "@" if kind == "phone" else "General"  # a phone number's zero and plus stay


def _centred(header: str, kind: str | None, playbook: Playbook) -> bool:
    return kind in ("date", "yes-no", "choice", "step") or header in ("Customer no", "Tier", playbook.status.header(STATUS))


def _width(header: str, column: Column | None, playbook: Playbook) -> float:
    if header in playbook.status.headers:
        return _OURS_WIDTHS[list(playbook.status.headers).index(header)]
    if header in _WIDTHS:
        return _WIDTHS[header]
    longest = max(len(word) for word in header.split())
    return max(13.0, longest + 4.0) if column is not None and column.type == "date" else max(12.0, longest + 4.0)


def _validation(sheet: Worksheet, letter: str, column: Column) -> None:
    """A dropdown, or a word of caution where what is typed is no date; neither forbids anything."""
    from openpyxl.worksheet.datavalidation import DataValidation

    words = ("yes", "no") if column.type == "yes-no" else column.choices or _WORDS.get(column.name, ())
    if words:
        found = DataValidation(type="list", formula1=f'"{",".join(word for word in words if "," not in word)}"', allow_blank=True)
        found.showErrorMessage = False
    elif column.type == "date":
        found = DataValidation(type="date", operator="greaterThan", formula1="3654", allow_blank=True, showErrorMessage=True,
                               errorStyle="warning", errorTitle="Is this a date?",
                               error="Type a date, such as 2026-11-20, so that sheetsync can count from it.")
    else:
        return
    sheet.add_data_validation(found)
    found.add(f"{letter}{HEADER_ROW + 1}:{letter}{READY_ROWS}")


def _hairlines(sheet: Worksheet, width: int, name: int) -> None:
    """A thin line below each customer, as soon as there is one; colours of cells stay as they are."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Border, Side
    from openpyxl.utils import get_column_letter

    area = f"A{HEADER_ROW + 1}:{get_column_letter(width)}{READY_ROWS}"
    rule: Any = FormulaRule(  # type: ignore[no-untyped-call]
        formula=[f"LEN(${get_column_letter(name)}{HEADER_ROW + 1})>0"], border=Border(bottom=Side("thin", color=_LINE)))
    sheet.conditional_formatting.add(area, rule)


def _examples(today: date) -> Iterator[dict[str, str | int | date | None]]:
    """Three customers who show what the colours mean: one overdue, one who waits for a first call, one who is fine."""
    common: dict[str, str | int | date | None] = {"Consent": "yes", "Stage": "Active", "Role": "customer", "Tier": "B"}
    people: Sequence[tuple[str, str, date | None]] = (
        ("Anna Example", "202 555 0143", today - timedelta(days=430)),
        ("Ben Example", "202 555 0167", None),
        ("Cleo Example", "202 555 0189", today - timedelta(days=1)),
    )
    for number, (name, phone, last) in enumerate(people, 1):
        yield common | {
            "Customer no": number, "Name": name, "Phone": f"+1 {phone}", "Email": f"{name.split()[0].lower()}@example.com",
            LAST_CONTACT: last, NOTES: "An example; delete this row.",
        }


# ---- Rules --------------------------------------------------------------------------------------------------------


def _rules(sheet: Worksheet, playbook: Playbook) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    header, *rules = rules_table(playbook)
    widest = (26, 40, 46, 10, 36, 10, 20, 8, 24)
    widths = [*widest, *(max(14, min(24, len(name) + 4)) for name in header[len(RULES_HEADER):])]
    line = Border(bottom=Side("thin", color=_LINE))
    for row, texts in enumerate((header, *rules), 1):
        for place, text in enumerate(texts, 1):
            cell = sheet.cell(row, place)
            if text:
                cell.value, cell.data_type = text, "s"  # never a formula, however it begins
            own = place <= len(RULES_HEADER)
            if row == 1:
                _header_cell(cell, "DDEBF7" if own else "FBF0DC", "1F4E78" if own else "7A4B00")
            else:
                cell.font = Font(name=_FONT, size=10.5, bold=place == 1, color=_INK)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
                cell.border = line
                if not own:
                    cell.fill = PatternFill("solid", fgColor="FEFAF2")
        if row > 1:
            lines = max(-(-len(text) // max(1, width - 3)) for text, width in zip(texts, widths, strict=True))
            sheet.row_dimensions[row].height = 15.0 * max(1, lines) + 4
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for place, words in ((4, "normal,urgent,first"), (8, "now")):
        found = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=True, errorStyle="warning")
        sheet.add_data_validation(found)
        found.add(f"{get_column_letter(place)}2:{get_column_letter(place)}{len(rules) + 50}")
    sheet.row_dimensions[1].height = 30
    sheet.freeze_panes = "B2"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = "7A4B00"
    _print(sheet, repeat=1, wide=2)


# ---- How it works -------------------------------------------------------------------------------------------------


def _how(sheet: Worksheet, playbook: Playbook) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    for letter, width in (("A", 2.5), ("B", 27), ("C", 84)):
        sheet.column_dimensions[letter].width = width
    row = 1

    def put(left: str, right: str = "", *, style: Style | None = None, head: bool = False) -> None:
        nonlocal row
        row += 1
        for column, text in ((2, left), (3, right)):
            cell = sheet.cell(row, column)
            if not text:
                continue
            cell.value, cell.data_type = text, "s"
            cell.font = Font(name=_FONT, size=14 if head else 11, bold=head or column == 2, color="1F4E78" if head else _INK)
            cell.alignment = Alignment(vertical="center" if not head else "bottom", wrap_text=column == 3, horizontal="left",
                                       indent=1 if column == 3 else 0)
            if style is not None and column == 2:
                cell.fill, cell.font = PatternFill("solid", fgColor=style.fill), Font(name=_FONT, size=11, bold=True, color=style.font)
                cell.alignment = Alignment(vertical="center", horizontal="center")
                cell.border = Border(bottom=Side("medium", color="FFFFFF"))
        sheet.row_dimensions[row].height = 30 if head else 15.5 * max(1, -(-len(right) // 92)) + 4

    put("How it works", head=True)
    sheet.cell(row, 2).font = Font(name=_FONT, size=20, bold=True, color=_INK)
    sheet.row_dimensions[row].height = 36
    for left, right in _STEPS:
        put(left, right)
    put("What the colours say", head=True)
    for status in STATUSES:
        put(playbook.status.word(status), _MEANS[status], style=playbook.status.style(status))
    for name, means in _quiet(playbook):
        put(playbook.status.word(name), means, style=playbook.status.style(name))
    put("What you can type into Log", head=True)
    for left, right in _LOG_WORDS:
        if not left.startswith("pause") or any(column.name == PAUSED_UNTIL for column in playbook.columns):
            put(left, right)
    put("The two commands", head=True)
    for left, right in _COMMANDS:
        put(left, right)
        sheet.cell(row, 2).font = Font(name="Consolas", size=11, bold=True, color=_INK)
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = "2E5E4E"
    _print(sheet, repeat=0, wide=1, landscape=False)


_STEPS = (
    ("1  Type your customers in",
     "One row each, in the worksheet Customers; delete the three examples. Fill in what you know: most columns may stay blank for ever, "
     "and a rule whose columns are blank does nothing."),
    ("2  Save, close, sync",
     "sheetsync sync checks every row and fills in the blue columns ↻: whom to contact next, when, how and why. No other cell changes."),
    ("3  Do it, and say so",
     "Work down the red and orange rows. Type what you did into Log; the next sync moves Last contact on and empties the cell."),
    ("Your own rules",
     "The worksheet Rules is what applies. Change a cadence there, delete a rule, or add one. Columns may be moved, and you may add "
     "columns of your own."),
)
_LOG_WORDS = (
    ("called · emailed · met", "You made contact today. “called yesterday” or “done 3 Mar” count for that day."),
    ("done", "The step that is shown is done, and its date is filled in."),
    ("called: asked for a quote", "The same, and the words go in front of Notes."),
    ("snooze 2 weeks · until 3 Mar", "Not before then, unless something is urgent."),
    ("skip", "Leave this one out; the next date counts."),
    ("pause until 1 Feb: on holiday", "Nobody is chased before that day."),
)
_COMMANDS = (
    ("sheetsync sync", "In this folder: checks, plans and fills in the blue columns. Run it each morning, with the workbook closed."),
    ("sheetsync undo", "Takes the last sync back."),
)


def _quiet(playbook: Playbook) -> Iterator[tuple[str, str]]:
    for number, reason in enumerate(playbook.quiet):
        means = _WHY_QUIET.get(reason.name, "The column ↻ Why says why.")
        yield reason.name, f"Not to be chased now, like all grey ones. {means}" if number == 0 else means


_WHY_QUIET: Mapping[str, str] = {
    "Do not contact": "Consent says no.",
    "Closed": "They are no longer customers.",
    "Referred on": "You sent them on to somebody who suits them better.",
    "Ended": "The relationship has ended, closing letter and all.",
    "Winding down": "It is being ended; only the steps that end it show.",
    "Paused": "Paused until has a day that lies ahead.",
    "Snoozed": "Snooze until has a day that lies ahead.",
    "Booked": "They come in anyway: there is a next appointment.",
    "Waiting": "The ball is with them, for some days.",
}


def _print(sheet: Worksheet, *, repeat: int, wide: int, landscape: bool = True) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = wide, 0 if landscape else 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if repeat:
        sheet.print_title_rows = f"1:{repeat}"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
