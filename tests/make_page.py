"""Makes the page of the morning list for the shipped example, with a believable past in the journal, and pictures of it.

Run `python -m tests.make_page FOLDER`; it needs Chromium. The page alone is made by `page_with_a_past`.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import warnings
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook
from typer.testing import CliRunner

from sheetsync.backends.memory import Grid, MemorySource
from sheetsync.cli import app
from sheetsync.config import journal, load_settings, open_source
from sheetsync.core import model
from sheetsync.core.model import Cell, Report
from sheetsync.sync import sync
from tests.make_example import EXAMPLE, TODAY

WEEKS = 26  # of the past
_HEADER_ROW = 4
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync")


@dataclass(frozen=True, slots=True)
class Remembered(MemorySource):
    """The example's customers in memory, in the journal under the workbook's own name."""

    place: str = ""

    @property
    def identity(self) -> str:
        """The workbook's."""
        return self.place


def page_with_a_past(folder: Path) -> Path:
    """A copy of the example in the folder, a journal of its last half year, and the page of its day: FOLDER/today.html."""
    shutil.copytree(EXAMPLE.parent, folder, dirs_exist_ok=True)
    workbook, page = folder / "customers.xlsx", folder / "today.html"
    live_through(workbook)
    result = CliRunner().invoke(app, ["today", str(workbook), "--today", TODAY.isoformat(), "--html", str(page)])
    assert result.exit_code == 0, result.output
    return page


def live_through(workbook: Path) -> None:
    """Syncs what the workbook may have looked like on every open day before the example's, and does most of what is due."""
    settings = load_settings(workbook.parent / "sheetsync.toml")
    place = open_source(workbook, settings).identity
    first = TODAY - timedelta(weeks=WEEKS)
    cells = _cells(workbook, TODAY - first)
    source = Remembered(Grid(cells), settings.playbook.columns, settings.playbook.key, place=place)
    log = cells[0].index(model.LOG)
    chance = random.Random(7)
    for number in range((TODAY - first).days):
        day = first + timedelta(days=number)
        report = sync(source, settings.playbook, today=day, journal=journal())
        if day.weekday() < 5:
            _work(report, source.grid, log, chance)


def _work(report: Report, grid: Grid, log: int, chance: random.Random) -> None:
    """What the owner types into Log on a day: most of what is due is done, by and by."""
    for follow_up in report.follow_ups:
        odds = {model.DUE_NOW: 0.55, model.OVERDUE: 0.4, model.NEVER_CONTACTED: 0.3}.get(follow_up.status, 0.0)
        if chance.random() < odds:
            grid.cells[follow_up.row - 1][log] = "done" if chance.random() < 0.9 else "snooze 2 weeks"


def _cells(workbook: Path, earlier: timedelta) -> list[list[Cell]]:
    """Header and customers, every date so much earlier, with columns for Log entries and for all that steps stamp."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = load_workbook(workbook, data_only=True)["Customers"]
    rows: list[list[Cell]] = []
    for row in sheet.iter_rows(min_row=_HEADER_ROW, values_only=True):
        cells: list[Cell] = []
        for value in row:
            plain = value.date() if isinstance(value, datetime) else value
            cells.append(plain - earlier if isinstance(plain, date) else plain)  # type: ignore[arg-type]
        rows.append(cells)
    header, customers = rows[0], [row for row in rows[1:] if isinstance(row[0], str) and row[0].startswith("JL-")]
    return [[*header, model.LOG, model.SNOOZE_UNTIL], *([*row, None, None] for row in customers)]


def main(folder: Path) -> None:
    """Writes the page and its pictures."""
    from playwright.sync_api import sync_playwright

    page = page_with_a_past(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        for name, width, height in (("desktop", 1280, 900), ("phone", 390, 844)):
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=2,
                                              color_scheme="dark" if scheme == "dark" else "light")
                tab = context.new_page()
                tab.goto(page.as_uri())
                tab.screenshot(path=folder / f"page-{name}-{scheme}.png")
                tab.locator("#standards").scroll_into_view_if_needed()
                tab.evaluate("document.getElementById('standards').scrollIntoView({behavior: 'instant'})")
                tab.screenshot(path=folder / f"standards-{name}-{scheme}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    os.environ.setdefault("SHEETSYNC_STATE_DIR", str(target / "state"))
    main(target)
    print(f"Written: {target}")
