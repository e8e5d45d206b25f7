"""The Rules worksheet of a workbook, read beside the customers' from the same bytes."""

from __future__ import annotations

from sheetsync.backends.excel.reader import SheetInfo, Workbook, read_sparse
from sheetsync.backends.excel.worksheet import as_utf8
from sheetsync.core.header import SEARCHED_ROWS, find_rules
from sheetsync.core.model import RulesTable
from sheetsync.errors import Refused, SettingsError


def read_rules(workbook: Workbook, customers: SheetInfo) -> RulesTable | None:
    """The one worksheet whose header has Rule and Due, hidden ones included; None without one.

    Raises SettingsError where there are two.
    """
    found: list[RulesTable] = []
    for sheet in workbook.worksheets:
        if sheet.name == customers.name:
            continue
        try:
            data = as_utf8(workbook.package.read(sheet.part))
            head = read_sparse(workbook, sheet, data, most_rows=SEARCHED_ROWS)
            if find_rules(sheet.name, head.numbers, head.rows, head.first_column) is None:
                continue
        except Refused:
            continue  # a worksheet that is no business of ours can't stop a run
        whole = read_sparse(workbook, sheet, data)
        rules = find_rules(sheet.name, whole.numbers, whole.rows, whole.first_column)
        if rules is not None:
            found.append(rules)
    if len(found) > 1:
        names = " and ".join(f'"{rules.sheet}"' for rules in found)
        raise SettingsError(f"{workbook.name}: the worksheets {names} both look like Rules worksheets (their headers have Rule and Due).",
                            "Keep one; call the columns of the other something else.")
    return found[0] if found else None
