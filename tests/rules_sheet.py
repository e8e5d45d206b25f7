"""The worksheet Rules of an example workbook: a playbook's rules, one a line, as their owner keeps them."""

from __future__ import annotations

from xlsxwriter.workbook import Workbook

from sheetsync.playbook.model import Playbook
from sheetsync.playbook.table import HEADER, rules_table

_WIDEST = 62  # characters; a longer text is wrapped


def add_rules(workbook: Workbook, playbook: Playbook, *, colour: str, pale: str, font: str = "Calibri") -> None:
    """Adds the worksheet as the last one; criterion columns are tinted, so that they are told from the rest."""
    sheet = workbook.add_worksheet("Rules")
    sheet.set_tab_color(colour)
    look = {"font_name": font, "font_size": 10, "valign": "top", "text_wrap": True}
    head = workbook.add_format(look | {"bold": True, "font_color": "#FFFFFF", "bg_color": colour, "valign": "vcenter"})
    plain, name, tinted = (workbook.add_format(look | more) for more in ({}, {"bold": True}, {"bg_color": pale}))
    header, *rules = rules_table(playbook)
    widths = [min(_WIDEST, max(len(row[place]) for row in (header, *rules)) + 3) for place in range(len(header))]
    for row, rule in enumerate(rules, 1):
        lines = max(-(-len(text) // width) for text, width in zip(rule, widths, strict=True))
        sheet.set_row(row, 14 * max(1, lines))
    for place, text in enumerate(header):
        sheet.set_column(place, place, widths[place])
        sheet.write_string(0, place, text, head)
        for row, rule in enumerate(rules, 1):
            cell_look = name if place == 0 else plain if place < len(HEADER) else tinted
            if rule[place]:
                sheet.write_string(row, place, rule[place], cell_look)
            else:
                sheet.write_blank(row, place, None, cell_look)
    sheet.set_row(0, 30)
    sheet.freeze_panes(1, 1)
    sheet.data_validation(1, 3, len(rules) + 50, 3, {"validate": "list", "source": ["normal", "urgent", "first"], "error_type": "warning"})
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(2, 0)
    sheet.repeat_rows(0)
    sheet.repeat_columns(0, 0)
