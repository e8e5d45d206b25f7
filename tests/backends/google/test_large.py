"""10,000 customers × 20 columns: how many requests, how large, and how much memory the program takes, as a process of its own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sheets_emulator import Emulator
from tests.worksheets import TODAY, Rows

ROWS, WIDTH = 10_000, 20
MOST_MEMORY = 300  # MB
MOST_BYTES = 2_000_000  # of a write
# Runs a command and prints its peak memory last. A small program of its own, since what a process is forked from counts as its own.
MEASURED = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=2); " \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def customers(count: int, width: int) -> Rows:
    chance = random.Random(1)
    first, last = ("Susan", "Kwame", "Ana", "Li", "Maria", "John", "Ivan"), ("Ortiz", "Asante", "Silva", "Novak", "Smith", "Jones")
    extra = width - 8
    rows: Rows = [["Customer no", "Name", "Email", "Tier", "Last contact", "Phone", "Stage", "Customer since",
                   *(f"Extra {n}" for n in range(extra))]]
    for number in range(1, count + 1):
        rows.append([
            number, f"{chance.choice(first)} {chance.choice(last)} {number}", f"c{number}@example.com", chance.choice("ABC"),
            TODAY - timedelta(chance.randint(0, 100)), f"+1 212 555 {number % 10_000:04}", "Customer",
            TODAY - timedelta(chance.randint(400, 2_000)), *(f"text {number} {n}" for n in range(extra)),
        ])
    return rows


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the peak memory of a process is not to be had there")
@pytest.mark.parametrize("columns", [26, WIDTH], ids=["room in the grid", "grid has to grow"])
def test_ten_thousand_customers_take_few_requests_and_little_memory(tmp_path: Path, columns: int) -> None:
    with Emulator() as google:
        book = google.book("Clients", rows=customers(ROWS, WIDTH), tab="Customers", row_count=ROWS + 1, column_count=columns)
        environment = {**os.environ, "SHEETSYNC_GOOGLE_ENDPOINT": google.url,
                       "GOOGLE_APPLICATION_CREDENTIALS": str(google.service_account_file(tmp_path))}

        def run() -> None:
            google.forget()
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, sys.executable, "-c", "from sheetsync.cli import main; main()", "sync",
                 book.tab_link("Customers"), "--today", TODAY.isoformat()],
                env=environment, capture_output=True, text=True, check=True)
            peak = int(done.stdout.splitlines()[-1]) / (1 << 20 if sys.platform == "darwin" else 1 << 10)
            sizes = [seen.sent for seen in google.requests if seen.sent]
            print(f"{google.reads} reads, {google.writes} writes of {sizes} bytes, {peak:.0f} MB")
            assert peak < MOST_MEMORY
            assert all(seen.sent <= MOST_BYTES for seen in google.requests if ":batchUpdate" in seen.path)

        run()
        assert google.writes <= 2
        assert google.reads <= 3  # one of them looks up which tab the link means
        run()
        assert (google.reads, google.writes) == (2, 0)
