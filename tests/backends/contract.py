"""What every backend promises (DESIGN.md section 5); each backend's test file inherits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sheetsync.core.diff import anchors, diff, patch
from sheetsync.core.model import BAD, GOOD, KEEP, PLAIN, Cell, Change, ChangeSet, Desired, Style, Table
from sheetsync.errors import Refused, TableChanged
from tests.worksheets import CUSTOMERS, PLAYBOOK, Place, Rows, owner_cells, trimmed

TEXTS: list[Cell] = ["Due", "a & b < c > d \"e\" 'f'", " x", "_x0041_", "=1+1", "李小龙 👩‍👩‍👧", "two\nlines", "0042"]


def wanted(table: Table, values: Callable[[int, int], Cell], style: Callable[[int], Style] = lambda row: PLAIN) -> ChangeSet:
    """The changes that fill the five status columns."""
    headers = PLAYBOOK.status.headers
    rows = range(len(table.rows))
    desired = Desired(
        headers, {h: [values(i, n) for i in rows] for n, h in enumerate(headers)}, {h: [style(i) for i in rows] for h in headers}
    )
    return diff(table, desired, anchors(table, "Customer no", PLAYBOOK.status.is_ours))


class Contract:
    """Inherited by each backend's tests, which say how a place is made."""

    def place(self, rows: Rows, folder: Path) -> Place:
        raise NotImplementedError

    def place_with_rules(self, rows: Rows, rules: Rows, folder: Path) -> Place:
        """The same with a worksheet named Rules beside it."""
        pytest.skip("this backend's tests make no second worksheet")

    def test_values_are_plain_python(self, tmp_path: Path) -> None:
        rows: Rows = [CUSTOMERS[0], [1.5, "x", None, True, date(2026, 1, 2), "", " ", 7]]
        with self.place(rows, tmp_path).source.open() as sheet:
            [row] = sheet.read().rows
        assert row[:8] == (1.5, "x", None, True, date(2026, 1, 2), None, " ", 7)
        assert type(row[3]) is bool
        assert type(row[4]) is date

    @pytest.mark.parametrize("text", TEXTS)
    def test_read_after_write_is_the_patched_table(self, tmp_path: Path, text: Cell) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            before = sheet.read()
            changes = wanted(before, lambda i, n: [text, date(2026, 11, 20 + n), None][(i + n) % 3], lambda i: (GOOD, BAD)[i % 2])
            assert sheet.write(changes) == patch(before, changes)
        with place.source.open() as sheet:
            assert sheet.read() == patch(before, changes)
        assert owner_cells(place.cells()) == trimmed(CUSTOMERS)

    def test_a_second_write_changes_values_back_and_forth(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            table = sheet.read()
            for value in ("one", "two", None, 3.5, date(2027, 1, 1), "one"):
                changes = wanted(table, lambda i, n, value=value: value)  # type: ignore[misc]
                table = sheet.write(changes)
                assert len(wanted(table, lambda i, n, value=value: value)) == 0  # type: ignore[misc]
            assert table == sheet.read()

    def test_no_change_writes_nothing(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        before = place.state()
        with place.source.open() as sheet:
            sheet.read()
            sheet.write(ChangeSet())
        assert place.state() == before

    def test_a_table_edited_since_it_was_read_is_not_written(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            changes = wanted(sheet.read(), lambda i, n: "x")
            place.edit([CUSTOMERS[0], *reversed(CUSTOMERS[1:])])
            before = place.state()
            with pytest.raises(TableChanged):
                sheet.write(changes)
        assert place.state() == before

    def test_a_change_that_expects_something_else_is_not_written(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        before = place.state()
        with place.source.open() as sheet:
            table = sheet.read()
            whose = anchors(table, None, PLAYBOOK.status.is_ours)(0)
            wrong = Change(2, "Name", "Somebody else", "Gone", PLAIN, PLAIN, whose)
            with pytest.raises(TableChanged):
                sheet.write(ChangeSet((wrong,)))
        assert place.state() == before

    def test_rows_and_columns_to_the_left_and_above_are_no_matter(self, tmp_path: Path) -> None:
        rows: Rows = [["My customers"], [], *([None, None, *row] for row in CUSTOMERS)]
        place = self.place(rows, tmp_path)
        with place.source.open() as sheet:
            table = sheet.read()
            assert (table.header_row, table.first_column, list(table.numbers)) == (3, 3, [4, 5, 6, 7, 8, 9])
            after = sheet.write(wanted(table, lambda i, n: f"{i}.{n}"))
        assert after.rows[0][-5:] == ("0.0", "0.1", "0.2", "0.3", "0.4")
        assert [row[:12] for row in place.cells()[3:]] == [[*row, None, None, None][:12] for row in rows[3:]]

    def test_columns_directly_right_of_the_table_are_made(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            sheet.write(wanted(sheet.read(), lambda i, n: "x"))
        assert place.cells()[0] == [*CUSTOMERS[0], *PLAYBOOK.status.headers]

    def test_a_sheet_without_a_header_is_refused(self, tmp_path: Path) -> None:
        with self.place([["a", "b"], [1, 2]], tmp_path).source.open() as sheet, pytest.raises(Refused, match="no header row"):
            sheet.read()

    def test_an_empty_sheet_is_refused(self, tmp_path: Path) -> None:
        with self.place([], tmp_path).source.open() as sheet, pytest.raises(Refused, match="empty"):
            sheet.read()

    def test_two_headers_alike_are_refused(self, tmp_path: Path) -> None:
        rows: Rows = [["Name", "Email", "E-mail "], ["Ng", "a@example.com", None]]
        with self.place(rows, tmp_path).source.open() as sheet, pytest.raises(Refused, match="B1 and C1"):
            sheet.read()

    def test_a_header_alone_is_a_table_without_rows(self, tmp_path: Path) -> None:
        with self.place(CUSTOMERS[:1], tmp_path).source.open() as sheet:
            table = sheet.read()
            after = sheet.write(wanted(table, lambda i, n: "x"))
        assert table.rows == ()
        assert after == replace(table, header=after.header, styles=after.styles, header_styles=after.header_styles)

    def test_undone_columns_are_no_longer_part_of_the_table(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            before = sheet.read()
            changes = wanted(before, lambda i, n: "x")
            table = sheet.write(changes)
            back = ChangeSet(tuple(
                c._replace(before=c.after, after=None, style=PLAIN, style_before=c.style) for c in changes
            ))
            assert sheet.write(back) == patch(table, back)
            assert sheet.read() == before
        assert place.cells() == trimmed(CUSTOMERS)

    def test_cells_of_the_owners_are_written_beside_status_cells(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            if "owner-cells" not in sheet.features:
                pytest.skip("this backend does not write cells of the owner's")
            before = sheet.read()
            changes = with_owner_cells(before, wanted(before, lambda i, n: "x"))
            assert sheet.write(changes) == patch(before, changes)
        with place.source.open() as sheet:
            assert sheet.read() == patch(before, changes)
        expected = [list(row) for row in CUSTOMERS]
        expected[1][4], expected[1][5], expected[3][4], expected[6][9] = None, "new & <old>", date(2026, 11, 20), date(2027, 2, 1)
        assert owner_cells(place.cells()) == trimmed(expected)

    def test_cells_of_the_owners_alone_are_written_and_taken_back(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        with place.source.open() as sheet:
            if "owner-cells" not in sheet.features:
                pytest.skip("this backend does not write cells of the owner's")
            before = sheet.read()
            changes = with_owner_cells(before, ChangeSet())
            after = sheet.write(changes)
            back = ChangeSet(tuple(change._replace(before=change.after, after=change.before) for change in changes))
            assert sheet.write(back).rows == before.rows
            assert after.header == before.header
        assert place.cells() == trimmed(CUSTOMERS)

    def test_a_cell_of_the_owners_that_holds_something_else_stops_the_whole_write(self, tmp_path: Path) -> None:
        place = self.place(CUSTOMERS, tmp_path)
        state = place.state()
        with place.source.open() as sheet:
            if not {"owner-cells", "atomic"} <= sheet.features:
                pytest.skip("this backend does not write cells of the owner's in one step with all others")
            before = sheet.read()
            changes = with_owner_cells(before, wanted(before, lambda i, n: "x"))
            others = [c._replace(before="other") if c.column == "Complaint" else c for c in changes]
            wrong = ChangeSet(tuple(others), changes.new_columns)
            with pytest.raises(TableChanged):
                sheet.write(wrong)
        assert place.state() == state

    def test_a_rules_worksheet_is_read_with_the_table_and_never_written(self, tmp_path: Path) -> None:
        rules: Rows = [["How we do it"], [], [None, "Rule", "Due", "Next step", "Tier"],
                       [None, "Call", "1 month after Last contact", "Call them", "A | B"], [None, "Post", "on Last contact", "Write", 3],
                       [], [None, "Later", "on Last contact", "s", date(2026, 1, 2)]]
        with self.place_with_rules(CUSTOMERS, rules, tmp_path).source.open() as sheet:
            table = sheet.read()
            found = table.rules
            assert found is not None
            assert (found.sheet, found.header_row) == ("Rules", 3)
            place = found.header.index("Rule")
            assert found.first_column + place == 2
            assert found.header[place:] == ("Rule", "Due", "Next step", "Tier")
            assert [(row.number, *row.cells[place:]) for row in found.rows] == [
                (4, "Call", "1 month after Last contact", "Call them", "A | B"), (5, "Post", "on Last contact", "Write", 3),
                (7, "Later", "on Last contact", "s", date(2026, 1, 2))]
            assert sheet.write(wanted(table, lambda i, n: "x")).rules == found
            assert sheet.read().rules == found

    def test_a_worksheet_without_both_rule_and_due_holds_no_rules(self, tmp_path: Path) -> None:
        with self.place_with_rules(CUSTOMERS, [["Rule", "When"], ["R", "on Last contact"]], tmp_path).source.open() as sheet:
            assert sheet.read().rules is None

    def test_a_rules_worksheet_is_no_customer_table(self, tmp_path: Path) -> None:
        rows: Rows = [["Rule", "Due", "Name", "Email", "Tier"], ["R", "on Last contact", "Ng", None, "A"]]
        with self.place(rows, tmp_path).source.open() as sheet, pytest.raises(Refused, match="Rules worksheet"):
            sheet.read()


def with_owner_cells(table: Table, changes: ChangeSet) -> ChangeSet:
    """The changes, and beside them some in the owner's columns: a date emptied, a text, and dates where none stood."""
    whose = anchors(table, "Customer no", PLAYBOOK.status.is_ours)
    asked = [(0, "Last contact", None), (0, "Complaint", "new & <old>"), (2, "Last contact", date(2026, 11, 20)),
             (5, "Paused until", date(2027, 2, 1))]
    more = []
    for index, column, after in asked:
        before = table.rows[index][table.header.index(column)]
        more.append(Change(table.numbers[index], column, before, after, KEEP, KEEP, whose(index)))
    return ChangeSet(tuple(sorted((*changes, *more), key=lambda change: change.row)), changes.new_columns)
