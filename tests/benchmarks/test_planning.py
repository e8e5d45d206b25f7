"""How long planning takes: 100,000 rows and 25 rules, on one core, and that it grows no faster than the rows: `pytest -m benchmark -n 0`.

Planning is everything between the read customers and what every status cell should say: `follow_ups` and `plan`.
`python -m tests.benchmarks.test_planning` prints the figures.
"""

from __future__ import annotations

import gc
import random
import time
import tomllib
from datetime import date, timedelta

import pytest

from sheetsync.config import load_playbook
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, Customers
from sheetsync.core.plan import plan
from sheetsync.core.validate import see_customers
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.engine import follow_ups
from sheetsync.playbook.model import Playbook
from sheetsync.resources import playbooks

TODAY = date(2026, 11, 20)
RULES = 25
ROWS = 100_000
SECONDS = 4.0  # for ROWS × RULES on one core


def book() -> Playbook:
    """The first 25 rules and all columns of home-business, in a year with holidays and a closed fortnight."""
    raw = tomllib.loads(playbooks()["home-business"].read_text("utf-8"))
    names = [*list(raw["rules"])[: RULES - 3], *list(raw["rules"])[-3:]]  # with keep in touch, which fits everybody
    raw["rules"] = {name: raw["rules"][name] for name in names}
    raw["calendar"] = {"country": "US", "closed": [{"from": date(2026, 12, 21), "to": date(2027, 1, 3)}]}
    return build_playbook(raw)


def customers(played: Playbook, rows: int) -> Customers:
    """So many customers with something in every column that a rule reads; the same each time."""
    chance = random.Random(1)
    columns = {column.name: column.type for column in played.columns}
    texts = {"Tier": "ABC", "Stage": ["Active", "Active", "Prospect"], "Recap": ["needed", None], "Waiting on": ["customer", None, None]}

    def cell(name: str, kind: str, number: int) -> Cell:
        if name == "Name":
            return f"Customer {number}"
        if kind == "date":
            full = name in ("Last contact", "Customer since", "Last purchase")
            return TODAY - timedelta(days=chance.randrange(-100, 700)) if full or chance.random() < 0.4 else None
        if kind == "yes-no":
            return chance.choice([None, None, None, "yes", "no"]) if name != "Consent" else "yes"
        if kind == "step":
            return chance.randrange(5)
        if name in texts:
            return chance.choice(texts[name])
        return f"{name} {chance.randrange(50)}" if chance.random() < 0.3 else None

    names = [name for name in columns if name not in ("ID", "Customer no", "Email", "Phone")]
    grid: list[tuple[Cell, ...]] = [tuple(names)]
    grid += [tuple(cell(name, columns[name], number) for name in names) for number in range(rows)]
    table = read_table(grid, source="s", sheet="t", columns=played.columns, key=("Name",), status=played.status)
    return see_customers(table, played.columns, ("Name",), played.status)


def seconds(played: Playbook, found: Customers) -> float:
    """The processor time of one planning, in seconds."""
    gc.collect()
    gc.disable()  # as a command does
    try:
        started = time.process_time()
        plan(found, follow_ups(found, played, TODAY, ()), (), played.status)
        return time.process_time() - started
    finally:
        gc.enable()


@pytest.mark.benchmark
def test_100_000_rows_and_25_rules_are_planned_within_4_seconds_and_linearly() -> None:
    played = book()
    assert len(played.rules) == RULES
    half, whole = (min(seconds(played, customers(played, rows)) for _ in range(2)) for rows in (ROWS // 2, ROWS))
    assert whole <= SECONDS, f"{whole:.2f} s"
    assert whole <= 2.4 * half, f"{half:.2f} s for half of the rows, {whole:.2f} s for all"


def main() -> None:
    """Prints seconds for rows doubled again and again."""
    played = book()
    for rows in (12_500, 25_000, 50_000, 100_000):
        print(f"{rows:>7,} rows x {len(played.rules)} rules  {seconds(played, customers(played, rows)):5.2f} s")
    everything = load_playbook()
    print(f"{ROWS:>7,} rows x {len(everything.rules)} rules  {seconds(everything, customers(everything, ROWS)):5.2f} s")


if __name__ == "__main__":
    main()
