"""Reads one tab, and the Rules worksheet beside it: which ones they are, and their cells in one request, or in two where there are many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from sheetsync.backends.google import api
from sheetsync.backends.google.errors import Asked, GoogleFailed, said
from sheetsync.backends.google.owners import wanted_by_entries
from sheetsync.backends.google.snapshot import ERROR_TEXTS, FIELDS, LEAN_FIELDS, TABS_FIELDS, Snapshot, read_snapshots
from sheetsync.backends.google.tabs import Memory, Tab
from sheetsync.core.header import SEARCHED_ROWS, find_header, find_rules, map_columns, no_header
from sheetsync.core.model import Cell, CellError, Column, RulesTable, StatusSettings, column_letters
from sheetsync.core.values import text_of
from sheetsync.errors import NotReachable, Refused, SettingsError, TableChanged

LARGE = 5_000  # rows; above, only the columns whose formats matter are read with them
MOST = 48_000_000  # bytes of a whole spreadsheet that are waited for; above, and beside many cells, tabs are asked for by name
MOST_LEAN = 96_000_000  # bytes of all values of a spreadsheet that are waited for; above, those of the tab are asked for alone
WIDE = 60_000  # cells of other tabs that are read along with the customers
_TRIES = 3
_BESIDE = 5  # columns
T = TypeVar("T")


class Reader:
    """Reads the tab that the source means, and finds it again when it was renamed."""

    def __init__(
        self, client: api.Client, spreadsheet: str, *, gid: int | None, title: str | None, columns: tuple[Column, ...],
        key: tuple[str, ...], status: StatusSettings, memory: Memory, who: str, is_service: bool,
    ) -> None:
        self.client, self.spreadsheet = client, spreadsheet
        self._gid, self._title = (None if title is not None else gid), title
        self._columns, self._key, self._status = columns, key, status
        self._memory, self._who, self._is_service = memory, who, is_service
        self.tab: Tab | None = None  # once it is known
        self.rules: RulesTable | None = None  # the Rules worksheet as it was in the last reading

    @property
    def _wanted(self) -> str:
        return str(self._gid) if self._gid is not None else "" if self._title is None else f"title:{self._title}"

    def asked(self, *, writing: bool) -> Asked:
        """What a request is about, for messages."""
        return Asked("this sheet" if self.tab is None else f"the tab {self.tab.title}", self._who, self._is_service, writing)

    def fetch(self) -> Snapshot:
        """The tab as it is now. Raises Refused, SettingsError or NotReachable with a sentence."""
        looked_up = False
        for _ in range(_TRIES):
            if self.tab is None:
                self.tab = self._remembered()
            if self.tab is None:
                self.tab, looked_up = self._find(), True
            try:
                snapshot = self._read(self.tab)
            except GoogleFailed as failed:
                if not failed.is_lost_tab or looked_up:
                    raise said(failed, self.asked(writing=False)) from None
                self.tab, looked_up = self.look_up_again(), True
                continue
            if self.tab.gid not in (-1, snapshot.gid):  # another tab has taken the name
                self.tab, looked_up = self.look_up_again(), True
                continue
            self.tab = Tab(snapshot.tab, snapshot.gid, len(snapshot.cells))
            self._memory.put(self._wanted, self.tab)
            return snapshot
        raise TableChanged("The tabs of the sheet were renamed while sheetsync was looking for the customers.", "Run again.")

    def _remembered(self) -> Tab | None:
        """What is known of the tab before anything is asked."""
        found = self._memory.get(self._wanted)
        if self._title is None:
            return found
        return Tab(self._title, -1, None if found is None else found.rows)  # a name means whatever tab bears it now

    def look_up_again(self) -> Tab:
        """The tab under the name that it has now. Raises Refused or SettingsError where it is gone, with the tabs there are."""
        known = self.tab
        if known is None or known.gid == -1:
            return self._find()
        tabs = self._tabs()
        for tab in tabs:
            if tab.gid == known.gid:
                return Tab(tab.title, tab.gid, known.rows)
        if self._gid is None and self._title is None:
            return self._find()
        raise Refused(f"The tab {known.title} was deleted.", f"The tabs are {_names(tabs)}. Copy the link again with the right one open.")

    def _find(self) -> Tab:
        """The tab that the link or the settings mean, looked up in the list of tabs."""
        tabs = self._tabs()
        if self._title is not None:
            for tab in tabs:
                if tab.title == self._title:
                    return tab
            raise SettingsError(f'The sheet has no tab "{self._title}".', f"It has {_names(tabs)}. A renamed tab needs its new name.")
        if self._gid is not None:
            for tab in tabs:
                if tab.gid == self._gid:
                    return tab
            raise Refused("The tab that the link names was deleted.",
                          f"The tabs are {_names(tabs)}. Copy the link again with the right one open.")
        if not tabs:
            raise Refused("The sheet holds no tab with cells.", "Choose another sheet.")
        return tabs[0] if len(tabs) == 1 else self._choose(tabs)

    def heads(self, most_rows: int) -> list[Snapshot]:
        """The first rows of the tab that the source names, else of all tabs. Raises Refused, SettingsError or NotReachable."""
        tabs = [self._find()] if self._title is not None or self._gid is not None else self._tabs()
        if not tabs:
            raise Refused("The sheet holds no tab with cells.", "Choose another sheet.")
        body = self._call(lambda: api.get(
            self.client, self.spreadsheet, fields=FIELDS, ranges=[f"{quoted(tab.title)}!1:{most_rows}" for tab in tabs]))
        found = {snapshot.gid: snapshot for snapshot in _parsed(lambda: read_snapshots(body))}
        return [found[tab.gid] for tab in tabs if tab.gid in found]

    def _tabs(self) -> list[Tab]:
        raw = self._json(lambda: api.get(self.client, self.spreadsheet, fields=TABS_FIELDS))
        shown: list[Tab] = []
        hidden: list[Tab] = []
        for sheet in raw.get("sheets", ()):
            properties = sheet.get("properties", {})
            if properties.get("sheetType", "GRID") == "GRID":
                tab = Tab(str(properties.get("title", "")), int(properties.get("sheetId", 0)),
                          int(properties.get("gridProperties", {}).get("rowCount", 0)))
                (hidden if properties.get("hidden") else shown).append(tab)
        self._memory.put_tabs({tab.gid: tab.title for tab in (*shown, *hidden)})
        return [*shown, *hidden] if self._title is not None or self._gid is not None else shown or hidden

    def _choose(self, tabs: list[Tab]) -> Tab:
        """The tab whose header names most columns of the playbook."""
        body = self._call(lambda: api.get(
            self.client, self.spreadsheet, fields="sheets(properties(sheetId,title),data.rowData.values.effectiveValue)",
            ranges=[f"{quoted(tab.title)}!1:{SEARCHED_ROWS}" for tab in tabs]))
        rows = {snapshot.gid: snapshot.cells for snapshot in _parsed(lambda: read_snapshots(body))}
        scores = []
        for tab in tabs:
            found = find_header(rows.get(tab.gid, []), self._columns, self._key, self._status)
            if found is not None:
                scores.append((found[1], tab))
        if not scores:
            raise no_header(rows.get(tabs[0].gid, []), self._columns, f"the tabs {_names(tabs)}")
        best = max(score for score, _ in scores)
        chosen = [tab for score, tab in scores if score == best]
        if len(chosen) > 1:
            raise SettingsError(f"The tabs {' and '.join(_quotes(tab.title) for tab in chosen)} look alike as customer tables.",
                                "Use the link with the right tab open, or say which with --sheet NAME.")
        return chosen[0]

    def _read(self, tab: Tab) -> Snapshot:
        if tab.rows is not None and tab.rows > LARGE + 1:
            for _ in range(_TRIES):
                snapshot = self._read_large(tab)
                if snapshot is not None:
                    return snapshot
            raise TableChanged("The sheet was edited all the time while it was read.", "Run again later.")
        if not self._memory.wide:
            with suppress(api.TooLargeError):
                return self._whole(tab)
            self._memory.put_wide()
        return self._snapshot(tab, [quoted(tab.title)])

    def _whole(self, tab: Tab) -> Snapshot:
        """The tab, from one answer with the whole spreadsheet, so that a Rules worksheet costs nothing, nor a tab's new name."""
        body = self._raw(lambda: api.get(self.client, self.spreadsheet, fields=FIELDS, most=MOST))
        found = _parsed(lambda: read_snapshots(body))
        mine = _among(found, tab)
        if mine is None:
            self.tab = self.look_up_again()
            return self._snapshot(self.tab, [quoted(self.tab.title)])
        others = [one for one in found if one is not mine]
        self.rules = only_rules(mine.title, rules_among(others))
        self._memory.put_tabs({one.gid: one.tab for one in found}, rules=self.rules.sheet if self.rules else "")
        if sum(len(row) for one in others for row in one.cells) > WIDE:
            self._memory.put_wide()
        return mine

    def _snapshot(self, tab: Tab, ranges: list[str], listed: tuple[dict[int, str], str] | None = None) -> Snapshot:
        """The ranges of the tab, and in the same answer the heads of the others, among which a Rules worksheet may be.

        `listed` are the tabs as they were just seen, and which of them holds the rules, where that is known.
        """
        tabs, known = listed or self._memory.tabs or ({one.gid: one.title for one in self._tabs()}, self._memory.rules)
        heads = [quoted(title) if title == known else f"{quoted(title)}!1:{SEARCHED_ROWS}"
                 for gid, title in tabs.items() if title != tab.title and gid != tab.gid]
        body = self._raw(lambda: api.get(self.client, self.spreadsheet, fields=FIELDS, ranges=[*ranges, *heads]))
        found = _parsed(lambda: read_snapshots(body))
        mine = [one for one in found if one.tab == tab.title]
        if len(mine) != 1:
            raise NotReachable("Google's answer lacks the tab that was asked for.", "Try again.")
        rules = rules_among(one for one in found if one is not mine[0])
        if rules and any(one.sheet != known for one in rules):
            some = [quoted(one.sheet) for one in rules]
            body = self._raw(lambda: api.get(self.client, self.spreadsheet, fields=FIELDS, ranges=some))
            rules = rules_among(_parsed(lambda: read_snapshots(body)))
        self.rules = only_rules(mine[0].title, rules)
        self._memory.put_tabs(tabs, rules=self.rules.sheet if self.rules else "", looked=listed is not None)
        return mine[0]

    def _read_large(self, tab: Tab) -> Snapshot | None:
        """All values in one request, and in another everything else about the columns where it matters; None where they differ."""
        lean, listed = self._lean(tab)
        whole = Tab(lean.tab, tab.gid, tab.rows)
        if len(lean.cells) <= LARGE:
            return self._snapshot(whole, [quoted(whole.title)], listed)
        rich = self._rich(lean)
        snapshot = self._snapshot(whole, [f"{quoted(whole.title)}!{span}" for span in _spans(rich)], listed)
        rows: list[tuple[Cell, ...]] = []
        for number in range(1, max(len(lean.cells), len(snapshot.cells)) + 1):
            values = lean.cells[number - 1] if number <= len(lean.cells) else ()
            cells = snapshot.cells[number - 1] if number <= len(snapshot.cells) else ()
            row: list[Cell] = []
            for column in range(1, max(len(values), len(cells)) + 1):
                if column not in rich:
                    row.append(values[column - 1] if column <= len(values) else None)
                    continue
                if (number, column) not in snapshot.spilled and _entered(snapshot, number, column) != _entered(lean, number, column):
                    return None
                row.append(cells[column - 1] if column <= len(cells) else None)
            rows.append(tuple(row))
        snapshot.cells = rows
        snapshot.hidden |= lean.hidden
        return snapshot

    def _lean(self, tab: Tab) -> tuple[Snapshot, tuple[dict[int, str], str] | None]:
        """The tab's values and formulas, and the tabs there are, with the one that holds the rules.

        That is one answer with the values of the whole spreadsheet, so that a Rules worksheet made meanwhile is seen without asking for
        the tabs (with ranges, an answer tells of no tab outside them). Of a spreadsheet too large for that, the tab's values alone.
        """
        if not self._memory.huge:
            try:
                body = self._raw(lambda: api.get(self.client, self.spreadsheet, fields=LEAN_FIELDS, most=MOST_LEAN))
            except api.TooLargeError:
                self._memory.put_huge()
            else:
                found = _parsed(lambda: read_snapshots(body))
                if (mine := _among(found, tab)) is not None:
                    rules = rules_among(one for one in found if one is not mine)
                    return mine, ({one.gid: one.tab for one in found}, rules[0].sheet if rules else "")
                self.tab = tab = self.look_up_again()
        body = self._raw(lambda: api.values(self.client, self.spreadsheet, quoted(tab.title)))
        return _parsed(lambda: _by_values(tab, json.loads(body))), None

    def _rich(self, lean: Snapshot) -> set[int]:
        """The columns (from 1) with numbers, which may be dates, with formulas or errors; key, name, sheetsync's own and those beside."""
        found = {1, *(column for _, column in (*lean.formulas, *lean.spilled))}
        for row in lean.cells:
            for column, value in enumerate(row, 1):
                if column not in found and isinstance(value, (int, float, CellError)) and not isinstance(value, bool):
                    found.add(column)
        header = find_header(lean.cells[:SEARCHED_ROWS], self._columns, self._key, self._status)
        if header is not None:
            texts = [" ".join(text_of(cell).split()) for cell in lean.cells[header[0]]]
            found |= {p + 1 for p in wanted_by_entries(texts, lean.cells[header[0] + 1 :], self._columns, self._status)}
            ours = [column for column, text in enumerate(texts, 1) if self._status.is_ours(text)]
            # Beside them: whose fill they take over, and which a column that is put in meanwhile moves to where they were.
            edge = min(ours, default=max((column for column, text in enumerate(texts, 1) if text), default=0) + 1)
            found |= {*ours, *range(max(1, edge - _BESIDE), edge)}
            with suppress(Refused):  # two headers alike are told when the table is made
                mapped = map_columns(texts, self._columns, status=self._status)
                keys = [name for name in self._key if name in mapped][:1]
                found |= {mapped[name] + 1 for name in ("Name", *keys) if name in mapped}
        return found

    def _raw(self, call: Callable[[], T]) -> T:
        """What the call gives; a tab that is not there is the caller's to handle."""
        try:
            return call()
        except GoogleFailed as failed:
            if failed.is_lost_tab:
                raise
            raise said(failed, self.asked(writing=False)) from None

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except GoogleFailed as failed:
            raise said(failed, self.asked(writing=False)) from None

    def _json(self, call: Callable[[], bytes]) -> Any:
        body = self._call(call)
        raw = _parsed(lambda: json.loads(body))
        if not isinstance(raw, dict):
            raise unreadable()
        return raw


def _among(found: list[Snapshot], tab: Tab) -> Snapshot | None:
    """The tab itself, by its gid where that is known."""
    return next((one for one in found if (one.tab == tab.title if tab.gid == -1 else one.gid == tab.gid)), None)


def rules_among(snapshots: Iterable[Snapshot]) -> list[RulesTable]:
    """The Rules worksheets among some tabs: those whose header has Rule and Due."""
    out = []
    for snapshot in snapshots:
        width = max((len(row) for row in snapshot.cells), default=0)
        rows = [row + (None,) * (width - len(row)) for row in snapshot.cells]
        if (found := find_rules(snapshot.tab, range(1, len(rows) + 1), rows)) is not None:
            out.append(found)
    return out


def only_rules(source: str, found: list[RulesTable]) -> RulesTable | None:
    """The one Rules worksheet of a sheet, None without one. Raises SettingsError where there are two."""
    if len(found) > 1:
        names = " and ".join(_quotes(rules.sheet) for rules in found)
        raise SettingsError(f"{source}: the worksheets {names} both look like Rules worksheets (their headers have Rule and Due).",
                            "Keep one; call the columns of the other something else.")
    return found[0] if found else None


def unreadable() -> NotReachable:
    """An answer that is not Google's."""
    return NotReachable("The answer is not one of Google's; nothing was changed.",
                        "Is there a sign-in page or a filter between this computer and the internet? Open any page in the browser first.")


def _parsed(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except (ValueError, AttributeError, KeyError, TypeError, IndexError):
        raise unreadable() from None


def _by_values(tab: Tab, raw: Any) -> Snapshot:
    """The answer of `values` as a lean snapshot: what stands behind a formula's cell is its formula."""
    entered: list[list[Any]] = (raw.get("valueRanges") or [{}])[0].get("values", [])
    snapshot = Snapshot("", tab.title, tab.gid, "", "", 0, 0)
    known: dict[str, str] = {}
    for number, row in enumerate(entered, 1):
        cells: list[Cell] = []
        for column, value in enumerate(row, 1):
            if isinstance(value, str):
                value = known.setdefault(value, value) or None
                if value is not None and value.startswith("="):
                    snapshot.formulas[number, column] = value
                elif value in ERROR_TEXTS:
                    value = CellError(value)
            cells.append(value)
        snapshot.cells.append(tuple(cells))
    return snapshot


def _entered(snapshot: Snapshot, row: int, column: int) -> Any:
    """What `values` shows for a cell: its formula, number, text or truth; None where it is blank."""
    return next(iter(snapshot.entered(row, column).values()), None)


def quoted(title: str) -> str:
    """A tab's title as a range of A1 notation; always in quotes, since some titles (D3) look like cells."""
    return "'" + title.replace("'", "''") + "'"


def _spans(columns: set[int]) -> list[str]:
    """Neighbouring columns as ranges: "C:F"."""
    spans: list[list[int]] = []
    for column in sorted(columns):
        if spans and spans[-1][1] == column - 1:
            spans[-1][1] = column
        else:
            spans.append([column, column])
    return [f"{column_letters(first)}:{column_letters(last)}" for first, last in spans]


def _quotes(title: str) -> str:
    return f'"{title}"'


def _names(tabs: list[Tab]) -> str:
    return ", ".join(_quotes(tab.title) for tab in tabs[:12]) or "none"
