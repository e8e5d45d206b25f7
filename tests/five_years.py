"""Five years of nights of a small business in a journal, made through the journal's own methods: `python -m tests.five_years`.

Prints how large the file is, and how long history and today take beside it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sheetsync.core.model import BAD, GOOD, PLAIN, Anchor, Change, Contact, Counts
from sheetsync.core.values import say_date
from sheetsync.journal import Journal

ROWS, NIGHTS = 1_000, 5 * 365
LAST = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
_COLUMNS = ("Customer no", "Name", "Email", "Phone", "Tier", "Last contact", "Log", "Notes", "Snooze until")


def fill(folder: Path, source: str, *, rows: int = ROWS, nights: int = NIGHTS) -> Journal:
    """A journal of that many nights, the last one on LAST: a tenth of the rows is changed each night, and one in a hundred had an entry."""
    clock = [LAST - timedelta(days=nights)]
    journal = Journal(folder, "test", now=lambda: clock[0])
    chance = random.Random(5)
    shown: dict[int, tuple[str, date]] = {}
    for _ in range(nights):
        clock[0] += timedelta(days=1)
        today = clock[0].date()
        touched = range(1, rows + 1) if not shown else sorted(chance.sample(range(1, rows + 1), rows // 10))
        changes: list[Change] = []
        contacts: list[Contact] = []
        for number in touched:
            whose = Anchor("Customer no", number)
            before = shown.get(number)
            after = shown[number] = (chance.choice(["Overdue", "Due", "Scheduled", "Soon"]), today + timedelta(days=chance.randrange(60)))
            why = f"Keep in touch, tier {'ABC'[number % 3]}, 1 month after Last contact ({say_date(after[1] - timedelta(days=30))})"
            for header, old, new in (
                    ("↻ Status", before and before[0], after[0]), ("↻ Next follow-up", before and before[1], after[1]),
                    ("↻ Next step", None, f"Call Customer {number}, and ask how the last order was"), ("↻ Why", None, why)):
                changes.append(Change(number + 1, header, old, new, PLAIN, BAD if after[0] == "Overdue" else GOOD, whose))
            if before and chance.random() < 0.1:
                contacts.append(Contact(number + 1, f"Customer {number}", whose, "called", today, None, f"asked for a quote on {today}",
                                        "Keep in touch", after[1], after[1], "called: asked for a quote"))
        statuses = {word: sum(status == word for status, _ in shown.values()) for word in ("Overdue", "Due", "Scheduled", "Soon")}
        run = journal.begin(source, "Customers", today=today, counts=Counts(rows, "Customer no", _COLUMNS), statuses=statuses,
                            changes=changes, contacts=contacts)
        journal.finish(run)
        journal.prune()
    return journal


def main() -> None:
    """Prints the figures."""
    from tests.benchmarks.large import make

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook = folder / "customers.xlsx"
        make(workbook, ROWS)
        started = time.perf_counter()
        journal = fill(folder / "state", str(workbook.resolve()))
        seconds = time.perf_counter() - started
        print(f"{NIGHTS:,} nights of {ROWS:,} rows: {journal.path.stat().st_size / 1e6:.1f} MB; {1000 * seconds / NIGHTS:.0f} ms a night")
        environment = {**os.environ, "SHEETSYNC_STATE_DIR": str(folder / "state")}
        for words in (["history", "customers.xlsx"], ["history"], ["history", "customers.xlsx", "--limit", "2000"],
                      ["history", "customers.xlsx", "17"], ["today", "customers.xlsx"], ["report", "customers.xlsx"]):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "from sheetsync.cli import main; main()", *words], check=True, cwd=folder,
                           env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])}, stdout=subprocess.DEVNULL)
            print(f"sheetsync {' '.join(words):<40} {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
