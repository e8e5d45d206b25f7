"""All problems of a large list, duplicates included, beside openpyxl's bare load of the same file: `python -m tests.benchmarks.checks`.

Every measured run is a process of its own on one core; the seconds of each check are of processor time.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from sheetsync.core.model import Cell
from tests.believable import believable_customers
from tests.benchmarks.large import TODAY

_PEER = """
import sys
from openpyxl import load_workbook
load_workbook(sys.argv[1])
"""
_OURS = """
import contextlib, io, sys
from sheetsync.cli import app
with contextlib.redirect_stdout(io.StringIO()) as out:
    app(["check", sys.argv[1], "--today", sys.argv[2]], standalone_mode=False)
print(out.getvalue().count("error  ") + out.getvalue().count("warning  "))
"""
_EACH = """
import gc, sys, time
from datetime import date
gc.disable()
from sheetsync.config import checks, load_settings, open_source
from sheetsync.core.validate import see_customers
settings = load_settings(None)
book = settings.playbook
started = time.process_time()
with open_source(sys.argv[1], settings).open(readonly=True) as sheet:
    table = sheet.read()
print(f"  {'read':<16} {time.process_time() - started:7.3f} s")
started = time.process_time()
customers = see_customers(table, book.columns, book.key, book.status, date.fromisoformat(sys.argv[2]))
print(f"  {'see':<16} {time.process_time() - started:7.3f} s")
total = 0.0
for check in checks(settings):
    started = time.process_time()
    found = sum(1 for _ in check.problems(customers))
    seconds = time.process_time() - started
    total += seconds
    print(f"  {check.id:<16} {seconds:7.3f} s  {found:>7,} problems")
print(f"  {'all checks':<16} {total:7.3f} s")
"""


def make(path: Path, rows: int, wrong: float) -> None:
    """A believable list of that many rows and 20 columns, a share of its rows with something wrong."""
    chance = random.Random(2)
    header, *customers = believable_customers(rows)
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Customers")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [*map(str, header), "Source"])
        for number, row in enumerate(customers, 1):
            if chance.random() < wrong:
                _spoil(chance, row, customers)
            for column, cell in enumerate([*row, f"Source {chance.randrange(500)}"]):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, bool):
                    sheet.write_boolean(number, column, cell)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif isinstance(cell, (int, float)):
                    sheet.write_number(number, column, cell)


def _spoil(chance: random.Random, row: list[Cell], customers: list[list[Cell]]) -> None:
    other = chance.choice(customers)
    kind = chance.randrange(8)
    if kind == 0:
        row[2] = "susan@@example.com"
    elif kind == 1:
        row[2] = f"susan{row[0]}@gmial.com"
    elif kind == 2:
        row[3] = "+1 503 555-01"
    elif kind == 3:
        row[8] = "03/04/2026"
    elif kind == 4:
        row[8] = TODAY + timedelta(days=3)
    elif kind == 5:
        row[1] = f" {row[1]}"
    elif kind == 6:
        row[1], row[2] = other[1], other[2]
    else:
        row[3] = other[3]


def main() -> None:
    """Makes the workbook, runs both, prints what each took and what each check did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--wrong", type=float, default=0.01, help="share of rows with something wrong")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["SHEETSYNC_STATE_DIR"] = name
        path = Path(name) / "customers.xlsx"
        make(path, asked.rows, asked.wrong)
        print(f"{asked.rows:,} rows x 20 columns, {path.stat().st_size / 1e6:.1f} MB, {asked.wrong:.0%} of the rows with something wrong")
        for what, code in (("openpyxl, bare load", _PEER), ("sheetsync check", _OURS)):
            started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([sys.executable, "-c", code, path, TODAY.isoformat()], check=True, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            found = f", {int(done.stdout):,} problems" if done.stdout else ""
            print(f"{what:<20} {seconds:6.1f} s of one core ({time.perf_counter() - started:.1f} s by the clock){found}")
        each = subprocess.run([sys.executable, "-c", _EACH, path, TODAY.isoformat()], check=True, capture_output=True, text=True)
        print(each.stdout, end="")


if __name__ == "__main__":
    main()
