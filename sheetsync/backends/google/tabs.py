"""What is remembered of a spreadsheet's tabs between runs: no more than hints that save look-ups."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KNOWN_FOR = 3600.0  # seconds that a list of tabs is relied upon where the whole spreadsheet is not read
_TABS, _WIDE, _HUGE = "*tabs", "*wide", "*huge"  # no gid, and no tab's name as it is remembered


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as the spreadsheet lists it; `rows` is about how many it has in use, None where nobody knows."""

    title: str
    gid: int
    rows: int | None


class Memory:
    """What is remembered of tabs between runs, so that a pasted link costs no look-up: titles by gid, and sizes. No more than a hint."""

    def __init__(self, folder: Path | None, spreadsheet: str) -> None:
        self._path = None if folder is None else folder / "google-tabs.json"
        self._spreadsheet = spreadsheet

    def get(self, wanted: str) -> Tab | None:
        """The tab that `wanted` (a gid, a title, or "" for the one with the customers) was the last time."""
        try:
            found = self._load()[self._spreadsheet][wanted]
            return Tab(str(found["title"]), int(found["gid"]), int(found["rows"]))
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, wanted: str, tab: Tab) -> None:
        """Remembers it; does nothing where it can't be kept."""
        self._keep(self._load(), wanted, {"title": tab.title, "gid": tab.gid, "rows": tab.rows})

    @property
    def tabs(self) -> tuple[dict[int, str], str] | None:
        """The tabs by gid, and which of them is the Rules worksheet ("" for none); None where it is long ago that they were looked up."""
        try:
            found = self._load()[self._spreadsheet][_TABS]
            if not 0 <= time.time() - float(found["at"]) < _KNOWN_FOR:
                return None
            return {int(gid): str(title) for gid, title in found["titles"].items()}, str(found["rules"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    @property
    def rules(self) -> str:
        """The tab that was the Rules worksheet the last time, "" for none: worth reading whole where there still is one of that name."""
        try:
            return str(self._load()[self._spreadsheet][_TABS]["rules"])
        except (KeyError, TypeError):
            return ""

    @property
    def wide(self) -> bool:
        """Whether the other tabs held too many cells to be read along."""
        return bool(self._load().get(self._spreadsheet, {}).get(_WIDE))

    @property
    def huge(self) -> bool:
        """Whether the whole spreadsheet held too much for even its values to be read at once."""
        return bool(self._load().get(self._spreadsheet, {}).get(_HUGE))

    def put_tabs(self, titles: Mapping[int, str], *, rules: str | None = None, looked: bool = True) -> None:
        """Remembers the tabs, and when they were `looked` up; None as `rules` leaves open which one holds them."""
        kept = self._load()
        old = kept.get(self._spreadsheet, {}).get(_TABS, {})
        new = {"titles": {str(gid): title for gid, title in titles.items()}, "rules": old.get("rules", "") if rules is None else rules}
        if looked and time.time() - old.get("at", 0) < _KNOWN_FOR / 2 and {**new, "at": old["at"]} == old:
            return  # not each run needs to write
        self._keep(kept, _TABS, {**new, "at": time.time() if looked else old.get("at", 0)})

    def put_wide(self) -> None:
        """Remembers that the other tabs are not worth reading along."""
        self._keep(self._load(), _WIDE, True)

    def put_huge(self) -> None:
        """Remembers that even the values of the whole spreadsheet are too many to be read at once."""
        self._keep(self._load(), _HUGE, True)

    def _keep(self, kept: dict[str, Any], name: str, value: Any) -> None:
        if self._path is None or kept.get(self._spreadsheet, {}).get(name) == value:
            return
        kept.setdefault(self._spreadsheet, {})[name] = value
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self._path.with_suffix(".new")
            temporary.write_text(json.dumps(kept), "utf-8")
            temporary.replace(self._path)

    def _load(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and all(isinstance(part, dict) for part in found.values()) else {}
