"""ListObjects and autofilters (ECMA-376 part 1, §18.5): where a table stands, and one that takes new columns in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from sheetsync.backends.excel.package import Package, local, serialise
from sheetsync.backends.excel.worksheet import parse_range, say_range
from sheetsync.core.header import Bounds
from sheetsync.errors import Refused


@dataclass(frozen=True, slots=True)
class ListObject:
    """One table part of a worksheet. `top` to `right` are sheet numbers, header and totals rows included."""

    part: str
    name: str
    top: int
    left: int
    bottom: int
    right: int
    header_rows: int
    totals_rows: int
    kind: str

    @property
    def bounds(self) -> Bounds | None:
        """The rows that hold data; None for a table without a header row."""
        if self.header_rows != 1:
            return None
        return Bounds(self.top, self.bottom - self.totals_rows, self.left, self.right)


def list_objects(package: Package, sheet_part: str) -> tuple[ListObject, ...]:
    """The tables of a worksheet, in the order of its relationships."""
    out = []
    for relationship in package.relationships(sheet_part):
        if relationship.kind != "table" or relationship.external or relationship.target not in package:
            continue
        root = package.xml(relationship.target)
        try:
            top, left, bottom, right = parse_range(root.get("ref", ""))
        except ValueError:
            continue
        out.append(ListObject(
            package.real_name(relationship.target), root.get("displayName") or root.get("name") or "", top, left, bottom,
            right, int(root.get("headerRowCount", "1")), int(root.get("totalsRowCount", "0")), root.get("tableType", "worksheet"),
        ))
    return tuple(out)


def resized(package: Package, table: ListObject, added: Sequence[str], removed: int, where: str) -> bytes:
    """The table part with columns added behind its last, or that many taken away there.

    Raises Refused for a table that a query or a map fills, and where a column of that name is there already.
    """
    if table.kind not in ("worksheet", ""):
        raise Refused(
            f"{where}: the table {table.name} is filled by a {'query' if table.kind == 'queryTable' else table.kind}, "
            "which would drop sheetsync's columns at its next refresh.",
            "Copy the customers into a sheet of their own, or convert the table to a range.",
        )
    root = package.xml(table.part)
    columns = next((child for child in root if local(child) == "tableColumns"), None)
    if columns is None:
        raise Refused(f"{where}: the table {table.name} has no columns listed.", "Open the workbook in Excel and save it again.")
    entries = [child for child in columns if local(child) == "tableColumn"]
    names = {entry.get("name", "").casefold() for entry in entries}
    highest = max((int(entry.get("id", "0")) for entry in entries), default=0)
    for entry in entries[len(entries) - removed :] if removed else ():
        columns.remove(entry)
    for header in added:
        if header.casefold() in names:
            raise Refused(f'{where}: the table {table.name} has a column "{header}" already.', "Rename it.")
        highest += 1
        made = etree.SubElement(columns, etree.QName(columns).text.replace("tableColumns", "tableColumn"))
        made.set("id", str(highest))
        made.set("name", header.replace("\n", "_x000a_"))
    columns.set("count", str(sum(1 for child in columns if local(child) == "tableColumn")))
    shift = len(added) - removed
    root.set("ref", say_range(table.top, table.left, table.bottom, table.right + shift))
    for child in root:
        if local(child) == "autoFilter":
            widened = widen(child.get("ref", ""), table.right, shift)
            if widened is not None:
                child.set("ref", widened)
    return serialise(root)


def widen(ref: str, last_column: int, by: int) -> str | None:
    """A range that ends with `last_column`, that many columns wider (or narrower); None where it ends elsewhere."""
    try:
        top, left, bottom, right = parse_range(ref)
    except ValueError:
        return None
    if right != last_column:
        return None
    return say_range(top, left, bottom, right + by)
