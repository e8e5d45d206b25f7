"""The requests of a batch that change what lies over the cells: names, protection, tables, filter, conditional formats."""

from __future__ import annotations

from typing import Any

from tests.sheets_emulator.a1 import Area, Box
from tests.sheets_emulator.book import Actor, Tab
from tests.sheets_emulator.cells import effective, paired_colours
from tests.sheets_emulator.edit import PROTECTED, Edit
from tests.sheets_emulator.masks import overwrite, wants
from tests.sheets_emulator.render import may_edit, protected_range, table_json

JSON = dict[str, Any]


def _own_range(edit: Edit, grid_range: JSON) -> tuple[Tab, JSON]:
    """The tab, and the range without the zeros that are left out."""
    tab = edit.tab(grid_range.get("sheetId"))
    return tab, Area.of(grid_range).json(tab.sheet_id)


# named ranges

def add_named_range(edit: Edit, body: JSON) -> JSON:
    """addNamedRange."""
    new = body.get("namedRange", {})
    if any(item["name"].casefold() == new.get("name", "").casefold() for item in edit.book.named):
        raise edit.refuse(f"A named range with the name {new['name']} already exists.")
    _, area = _own_range(edit, new.get("range", {}))
    item = {"namedRangeId": new.get("namedRangeId") or str(edit.book.new_id()), "name": new["name"], "range": area}
    edit.book.named = [*edit.book.named, item]
    return {"addNamedRange": {"namedRange": item}}


def update_named_range(edit: Edit, body: JSON) -> JSON:
    """updateNamedRange: its name, its range."""
    new = body.get("namedRange", {})
    index = _named_index(edit, new.get("namedRangeId", ""))
    changed = overwrite(edit.book.named[index], new, edit.mask(body.get("fields")))
    _, area = _own_range(edit, changed["range"])
    edit.book.named = [*edit.book.named[:index], {**changed, "range": area}, *edit.book.named[index + 1 :]]
    return {}


def delete_named_range(edit: Edit, body: JSON) -> JSON:
    """deleteNamedRange."""
    index = _named_index(edit, body.get("namedRangeId", ""))
    edit.book.named = [*edit.book.named[:index], *edit.book.named[index + 1 :]]
    return {}


def _named_index(edit: Edit, named_id: str) -> int:
    for index, item in enumerate(edit.book.named):
        if item["namedRangeId"] == named_id:
            return index
    raise edit.refuse(f"No named range with id: {named_id}")


# protection

def add_protected_range(edit: Edit, body: JSON) -> JSON:
    """addProtectedRange: whoever adds it may go on editing."""
    new = body.get("protectedRange", {})
    if new.get("namedRangeId"):
        new = {**new, "range": edit.book.named[_named_index(edit, new["namedRangeId"])]["range"]}
    elif new.get("tableId"):
        new = {**new, "range": edit.table(new["tableId"])[1]["range"]}
    tab, area = _own_range(edit, new.get("range", {}))
    item: JSON = {"protectedRangeId": new.get("protectedRangeId") or edit.book.new_id(), "range": area}
    item |= {name: new[name] for name in ("namedRangeId", "tableId", "description", "warningOnly", "unprotectedRanges") if new.get(name)}
    editors = {name: list(value) for name, value in (new.get("editors") or {}).items() if value}
    told = {**item, "editors": editors}  # the reply names who was asked for, a later read who it is, too
    users = editors.get("users", [])
    item["editors"] = {**editors, "users": users if edit.actor.email in users else [*users, edit.actor.email]}
    tab.protected = [*tab.protected, item]
    return {"addProtectedRange": {"protectedRange": protected_range(told, Actor("", owns=True))}}


def update_protected_range(edit: Edit, body: JSON) -> JSON:
    """updateProtectedRange."""
    new = body.get("protectedRange", {})
    tab, item = _protected(edit, new.get("protectedRangeId", 0))
    changed = overwrite(item, new, edit.mask(body.get("fields")))
    _, changed["range"] = _own_range(edit, changed.get("range", {}))
    tab.protected = [changed if other is item else other for other in tab.protected]
    return {}


def delete_protected_range(edit: Edit, body: JSON) -> JSON:
    """deleteProtectedRange."""
    tab, item = _protected(edit, body.get("protectedRangeId", 0))
    tab.protected = [other for other in tab.protected if other is not item]
    return {}


def _protected(edit: Edit, protected_id: int) -> tuple[Tab, JSON]:
    for tab in edit.book.tabs:
        for item in tab.protected:
            if item["protectedRangeId"] == protected_id:
                if not may_edit(item, edit.actor):
                    raise edit.refuse(PROTECTED)
                return tab, item
    raise edit.refuse(f"No protected range with ID: {protected_id}")


# tables

def add_table(edit: Edit, body: JSON) -> JSON:
    """addTable: columns without a name take it from the header cell; the header cells show the columns' names."""
    new = body.get("table", {})
    tab, area = _own_range(edit, new.get("range", {}))
    _, box = edit.box(new.get("range", {}))
    edit.guard(tab, box)
    _guard_overlap(edit, tab, box, None)
    names = [table["name"].casefold() for other in edit.book.tabs for table in other.tables]
    if (new.get("name") or "").casefold() in names:
        raise edit.refuse(f"A table with the name {new['name']} already exists.")
    name = new.get("name") or f"Table{len(names) + 1}"
    table: JSON = {"tableId": new.get("tableId") or str(edit.book.new_id()), "name": name, "range": area}
    if new.get("rowsProperties"):
        pairs = paired_colours(new["rowsProperties"])
        table["rowsProperties"] = {key: value for key, value in pairs.items() if key.endswith("Style")}  # tables know only styles
    table["columnProperties"] = _columns(edit, tab, box, new.get("columnProperties", []))
    tab.tables = [*tab.tables, table]
    return {"addTable": {"table": table_json(tab, table)}}


def _columns(edit: Edit, tab: Tab, box: Box, given: list[JSON]) -> list[JSON]:
    """One TableColumnProperties a column; writes the names into the header cells."""
    by_index = {item.get("columnIndex", 0): item for item in given}
    found: list[JSON] = []
    taken = {item.get("columnName") for item in given}
    for index in range(box.right - box.left):
        cell = tab.get(box.top, box.left + index) or {}
        text = (effective(cell) or {}).get("stringValue")
        own = by_index.get(index, {})
        number = index + 1
        while f"Column {number}" in taken:
            number += 1
        name = own.get("columnName") or text or f"Column {number}"
        taken.add(name)
        kind = {key: value for key, value in own.items() if key in ("columnType", "dataValidationRule")}
        found.append({"columnIndex": index, "columnName": name, **kind})
        if name != text:
            tab.put(box.top, box.left + index, {**cell, "userEnteredValue": {"stringValue": name}})
    return found


def columns_again(edit: Edit, tab: Tab) -> None:
    """After columns were inserted, deleted or moved: a new column of a table gets a name, in its header cell, too."""
    tab.tables = [{**table, "columnProperties": _columns(edit, tab, tab.box(Area.of(table["range"])), table["columnProperties"])}
                  for table in tab.tables]


def _guard_overlap(edit: Edit, tab: Tab, box: Box, but: JSON | None) -> None:
    for other in tab.tables:
        if other is not but and tab.box(Area.of(other["range"])).meets(box):
            raise edit.refuse("A table cannot overlap another table.")


def update_table(edit: Edit, body: JSON) -> JSON:
    """updateTable: its name, range, columns."""
    new = body.get("table", {})
    mask = edit.mask(body.get("fields"))
    tab, table = edit.table(new.get("tableId", ""))
    changed = overwrite(table, new, mask)
    _, changed["range"] = _own_range(edit, changed["range"])
    _, box = edit.box(changed["range"])
    edit.guard(tab, box)
    _guard_overlap(edit, tab, box, table)
    if wants(mask, "range") or wants(mask, "columnProperties"):
        changed["columnProperties"] = _columns(edit, tab, box, changed.get("columnProperties", []))
    tab.tables = [changed if other is table else other for other in tab.tables]
    return {}


def delete_table(edit: Edit, body: JSON) -> JSON:
    """deleteTable: the table and what is in it."""
    tab, table = edit.table(body.get("tableId", ""))
    box = tab.box(Area.of(table["range"]))
    edit.guard(tab, box)
    for row, column, _ in list(tab.cells(box)):
        tab.put(row, column, None)
    tab.tables = [other for other in tab.tables if other is not table]
    return {}


# filter and conditional formats

def set_filter(edit: Edit, body: JSON) -> JSON:
    """setBasicFilter: a range without edges becomes all of the grid."""
    new = body.get("filter", {})
    tab, box = edit.box(new.get("range", {}))
    tab.filter = {**new, "range": box.area().json(tab.sheet_id)}
    return {}


def clear_filter(edit: Edit, body: JSON) -> JSON:
    """clearBasicFilter."""
    edit.tab(body.get("sheetId")).filter = None
    return {}


def add_rule(edit: Edit, body: JSON) -> JSON:
    """addConditionalFormatRule, at its index or last."""
    rule = paired_colours(body.get("rule", {}))
    ranges = rule.get("ranges", [])
    if not ranges:
        raise edit.refuse("A conditional format rule needs a range.")
    tab = edit.tab(ranges[0].get("sheetId"))
    rule = {**rule, "ranges": [Area.of(item).json(tab.sheet_id) for item in ranges]}
    index = min(body.get("index", 0), len(tab.rules))
    tab.rules = [*tab.rules[:index], rule, *tab.rules[index:]]
    return {}


def delete_rule(edit: Edit, body: JSON) -> JSON:
    """deleteConditionalFormatRule."""
    tab, index = edit.tab(body.get("sheetId")), body.get("index", 0)
    if index >= len(tab.rules):
        raise edit.refuse(f"No conditional format on sheet: {tab.sheet_id} at index: {index}")
    rule = tab.rules[index]
    tab.rules = [other for other in tab.rules if other is not rule]
    return {"deleteConditionalFormatRule": {"rule": rule}}
