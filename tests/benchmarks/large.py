"""Speed and memory of a whole sync beside openpyxl's load, write three columns, save: `python -m tests.benchmarks.large`.

Prints ratios; every measured run is a process of its own, so that peaks don't mix.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

TODAY = date(2026, 11, 20)
HEADER = [
    "Customer no", "Name", "Email", "Phone", "Tier", "Customer since", "Last contact", "Complaint", "Complaint date",
    "Complaint resolved", "Contract end", "Consent", "Paused until", "Last review", "City", "Street", "Notes", "Orders", "Source",
    "Stage",
]

_PEER = """
import sys
from openpyxl import load_workbook
from tests.benchmarks.peak import peak
book = load_workbook(sys.argv[1])
sheet = book.active
first = sheet.max_column + 1
for row in range(1, sheet.max_row + 1):
    for column in range(first, first + 3):
        sheet.cell(row, column, "Overdue")
book.save(sys.argv[2])
print(peak())
"""
_OURS = """
import contextlib, io, sys
from sheetsync.cli import app
from tests.benchmarks.peak import peak
with contextlib.redirect_stdout(io.StringIO()):
    app(["sync", sys.argv[1], "--today", sys.argv[2]], standalone_mode=False)
print(peak())
"""


def make(path: Path, rows: int) -> None:
    """A customer list of that many rows and 20 columns, the same each time."""
    chance = random.Random(1)
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as workbook:
        sheet = workbook.add_worksheet("Customers")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADER)
        for number in range(1, rows + 1):
            for column, name in enumerate(HEADER):
                if name == "Customer no":
                    sheet.write_number(number, column, number)
                elif name == "Name":
                    sheet.write_string(number, column, f"Customer {number}")
                elif name == "Email":
                    sheet.write_string(number, column, f"customer.{number}@example.com")
                elif name == "Phone":
                    sheet.write_string(number, column, f"+1 415 555 {number % 10000:04d}")
                elif name == "Tier":
                    sheet.write_string(number, column, chance.choice("ABC"))
                elif name in ("Customer since", "Last contact", "Last review", "Contract end"):
                    sheet.write_datetime(number, column, TODAY - timedelta(days=chance.randrange(-200, 500)), day)
                elif name in ("City", "Street", "Notes", "Source", "Stage"):
                    sheet.write_string(number, column, f"{name} {chance.randrange(500)}")
                elif name == "Orders":
                    sheet.write_number(number, column, chance.randrange(1000))


def measured(code: str, *arguments: str | Path) -> tuple[float, float]:
    """Seconds and peak memory (megabytes) of a Python process of its own."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True, text=True,
                          cwd=Path(__file__).parents[2])
    return time.perf_counter() - started, float(done.stdout.split()[-1])


def main() -> None:
    """Makes the workbook, runs both, prints one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SHEETSYNC_STATE_DIR"] = str(folder / "state")
        path = folder / "customers.xlsx"
        make(path, rows)
        peer_seconds, peer_megabytes = measured(_PEER, path, folder / "peer.xlsx")
        print(f"{rows:,} rows x {len(HEADER)} columns, {path.stat().st_size / 1e6:.1f} MB")
        print(f"openpyxl load + 3 columns + save   {peer_seconds:6.1f} s            {peer_megabytes:6.0f} MB")
        for what, day in (("first sync", TODAY), ("nothing changed", TODAY), ("a week later", TODAY + timedelta(days=7))):
            seconds, megabytes = measured(_OURS, path, day.isoformat())
            print(f"sheetsync sync, {what:<18} {seconds:6.1f} s ({seconds / peer_seconds:5.2f})  "
                  f"{megabytes:6.0f} MB ({megabytes / peer_megabytes:5.2f})")


if __name__ == "__main__":
    main()
