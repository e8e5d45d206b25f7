"""Standards kept: weeks of a small business, run by run, and what the report says of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetsync.cli import app
from sheetsync.core.kept import Standards, Step
from sheetsync.core.model import Cell
from sheetsync.journal import Journal
from sheetsync.outputs.standards import StandardsJson, StandardsText
from sheetsync.sync import kept_standards, sync, undo
from tests.playbook.rows import playbook
from tests.worksheets import InMemory, Rows, write_workbook

BOOK = playbook("""
key = ["No", "Name"]
[columns]
No = {}
Log = {}
Tier = {}
"Snooze until" = { type = "date" }
"Complaint date" = { type = "date" }
"Complaint called" = { type = "date" }
"Complaint resolved" = { type = "date" }
[rules."Keep in touch, all"]
due = "1 month after Last contact"
latest = "5 weeks after Last contact"
step = "Call {{ Name }}"
blank = "now"
[rules."Gold"]
when = { Tier = "gold" }
due = "2 weeks after Last contact"
step = "Visit {{ Name }}"
priority = "urgent"
[quiet."Snoozed"]
until = "Snooze until"
""")
HEAD: list[Cell] = ["No", "Name", "Last contact", "Log", "Tier", "Snooze until", "Complaint date", "Complaint called", "Complaint resolved"]


class Business:
    """A sheet that is edited on some days and synced on them."""

    def __init__(self, folder: Path, *rows: list[Cell]) -> None:
        self.place = InMemory.of([list(HEAD), *rows], BOOK)
        self.journal = Journal(folder, "test")

    def on(self, day: str, **typed: Cell) -> None:
        """Types into the Log of the customers named, or their Last contact where it is a date, and syncs."""
        for row in self.place.source.grid.cells[1:]:
            if (value := typed.get(str(row[1]))) is not None:
                row[2 if isinstance(value, date) else 3] = value
        sync(self.place.source, BOOK, today=date.fromisoformat(day), journal=self.journal)

    def kept(self, today: str) -> Standards:
        return kept_standards(self.place.source, BOOK, today=date.fromisoformat(today), journal=self.journal)

    def steps(self, today: str) -> list[str]:
        return sorted(map(say, self.kept(today).steps))


def say(step: Step) -> str:
    end = "put off" if step.put_off else "open" if step.done is None else f"done {step.done}"
    return f"{step.customer}: {step.rule}, fell due {step.fell_due}, {end}" + (f", {step.days_late} days late" if step.days_late else "")


def row(number: int | None, name: str, contact: str, tier: str | None = None) -> list[Cell]:
    return [number, name, date.fromisoformat(contact) if contact else None, None, tier, None, None, None, None]


def test_an_entry_counts_on_its_own_day_against_the_rules_last_day(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"), row(2, "Bo", "2026-10-01"), row(3, "Cy", "2026-10-01"), row(4, "Di", ""))
    shop.on("2026-10-20")
    shop.on("2026-11-02")
    shop.on("2026-11-03", Ana="called")
    shop.on("2026-11-10", Bo="done yesterday", Di="met")
    assert shop.steps("2026-11-20") == [
        "Ana: Keep in touch, all, fell due 2026-11-02, done 2026-11-03",
        "Bo: Keep in touch, all, fell due 2026-11-02, done 2026-11-09, 4 days late",
        "Cy: Keep in touch, all, fell due 2026-11-02, open",
        "Di: Keep in touch, all, fell due 2026-10-20, done 2026-11-10",
    ]


def test_an_entry_for_a_day_before_the_first_run_counts_in_its_own_month(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-08-01"))
    shop.on("2026-11-02", Ana="done 3 Sep")
    assert shop.steps("2026-11-02") == [
        "Ana: Keep in touch, all, fell due 2026-09-01, done 2026-09-03", "Ana: Keep in touch, all, fell due 2026-11-02, open"]


def test_a_contact_does_every_step_that_it_ends_on_its_own_day(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01", "gold"))
    shop.on("2026-10-16")
    shop.on("2026-11-02")
    shop.on("2026-11-04", Ana="called yesterday")
    assert shop.steps("2026-11-04") == ["Ana: Gold, fell due 2026-10-16, done 2026-11-03, 19 days late"]


def test_what_the_owner_edits_by_hand_counts_on_the_night_that_notices(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"), row(2, "Bo", "2026-10-01"))
    for day in ("2026-10-31", "2026-11-02"):
        shop.on(day)
    shop.on("2026-11-04", Ana=date(2026, 11, 3))
    for day in ("2026-11-05", "2026-11-06", "2026-11-07"):
        shop.on(day)
    shop.on("2026-11-09", Bo=date(2026, 11, 8))
    assert shop.steps("2026-11-20") == [
        "Ana: Keep in touch, all, fell due 2026-11-02, done 2026-11-04",
        "Bo: Keep in touch, all, fell due 2026-11-02, done 2026-11-09, 3 days late",
    ]


def test_a_snoozed_step_is_put_off_and_counts_once_when_it_comes_back(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"))
    shop.on("2026-11-02")
    shop.on("2026-11-03", Ana="snooze 1 week")
    assert shop.steps("2026-11-05") == ["Ana: Keep in touch, all, fell due 2026-11-02, put off"]
    shop.on("2026-11-10")
    assert shop.steps("2026-11-10") == ["Ana: Keep in touch, all, fell due 2026-11-02, open"]
    shop.on("2026-11-11", Ana="done")
    assert shop.steps("2026-11-12") == ["Ana: Keep in touch, all, fell due 2026-11-02, done 2026-11-11, 6 days late"]


def test_a_step_that_another_goes_before_is_not_done(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"))
    shop.on("2026-11-02")
    shop.place.source.grid.cells[1][4] = "gold"
    shop.on("2026-11-03")
    assert shop.kept("2026-11-03").rules[0].in_time == 0
    assert "Ana: Gold, fell due 2026-11-02, open" in shop.steps("2026-11-03")
    assert not any("done" in step for step in shop.steps("2026-11-03"))


def test_rows_without_a_key_are_followed_through_their_entries(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(None, "Ana", "2026-10-01"), row(None, "Bo", "2026-10-01"))
    shop.on("2026-11-02")
    shop.on("2026-11-09", Ana="done")
    assert shop.steps("2026-11-09") == [
        "Ana: Keep in touch, all, fell due 2026-11-02, done 2026-11-09, 4 days late",
        "Bo: Keep in touch, all, fell due 2026-11-02, open",
    ]


def test_an_undone_run_and_a_dry_run_do_not_count(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"))
    shop.on("2026-11-02")
    shop.on("2026-11-03", Ana="done")
    newest = shop.journal.newest_to_undo(None)
    assert newest is not None
    undo(shop.place.source, newest, today=date(2026, 11, 3), journal=shop.journal)
    shop.place.source.grid.cells[1][3] = None
    assert shop.steps("2026-11-03") == ["Ana: Keep in touch, all, fell due 2026-11-02, open"]


def test_the_order_of_rows_never_matters(tmp_path: Path) -> None:
    found = []
    for folder, turn in (("a", 1), ("b", -1)):
        shop = Business(tmp_path / folder, *[row(1, "Ana", "2026-10-01"), row(2, "Bo", "2026-09-01"), row(3, "Cy", "")][::turn])
        shop.on("2026-11-02")
        shop.on("2026-11-04", Ana="done", Cy="met")
        grid = shop.place.source.grid
        grid.cells[1:] = grid.cells[:0:-1]
        shop.on("2026-11-09", Bo="done")
        found.append(shop.steps("2026-11-20"))
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_without_a_journal_only_what_is_open_and_in_the_sheet_is_known(tmp_path: Path) -> None:
    shop = Business(tmp_path, row(1, "Ana", "2026-10-01"), row(2, "Bo", "2026-11-01"), row(3, "Cy", ""))
    shop.place.source.grid.cells[1][6:9] = [date(2026, 11, 2), date(2026, 11, 3), None]
    shop.place.source.grid.cells[2][6:9] = [date(2026, 10, 2), date(2026, 10, 5), date(2026, 10, 12)]
    kept = shop.kept("2026-11-20")
    assert kept.since is None
    assert [(one.customer, one.days) for one in kept.silent] == [("Ana", 50), ("Bo", 19)]
    assert kept.never_contacted == 1
    assert [(c.customer, c.resolved) for c in kept.complaints] == [("Ana", None), ("Bo", date(2026, 10, 12))]
    text = StandardsText().render(kept)
    for said in ("only what is open now is known", "Complaints: 1 open, 1 resolved", "first call after 2 days (median)",
                 "resolved after 10 days (median)", "open for 18 days, since 2 Nov 2026", "and 1 customer without any contact yet"):
        assert said in text


def test_the_text_fits_80_columns_and_compares_this_month_with_the_last(tmp_path: Path) -> None:
    long = "Ana with a very long name " * 4
    shop = Business(tmp_path, row(1, long, "2026-09-01"), row(2, "Bo", "2026-09-01"), row(3, "Cy", "2026-10-01"))
    shop.on("2026-09-20")
    shop.on("2026-10-02", Bo="done")
    shop.on("2026-10-19", **{long: "done"})
    shop.on("2026-11-03", Cy="done")
    text = StandardsText().render(shop.kept("2026-11-20"))
    assert max(map(len, text.splitlines())) <= 80
    assert "November 2026 so far: 1 of 1 in time (100%). October 2026: 1 of 2 in time (50%)." in text
    found = json.loads(StandardsJson().render(shop.kept("2026-11-20")))
    assert found["last_month"] == {"fell_due": 2, "in_time": 1, "late": 1, "open": 0, "put_off": 0, "median_days_late": 13,
                                   "share_in_time": 0.5}
    assert [month["month"] for month in found["months"]] == ["2026-11", "2026-10"]
    [rule] = found["rules"]
    assert rule["rule"] == "Keep in touch, all"
    assert rule["fell_due"] == rule["in_time"] + rule["late"] + rule["open"] + rule["put_off"]


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_reads_and_writes_nothing(tmp_path: Path, as_json: bool) -> None:
    path = tmp_path / "customers.xlsx"
    rows: Rows = [["Customer no", "Name", "Last contact", "Log"], [1, "Ana", date(2026, 1, 1), None], [2, "Bo", date(2026, 4, 20), None]]
    write_workbook(path, rows)
    run = CliRunner()
    assert run.invoke(app, ["sync", str(path), "--today", "2026-11-19"]).exit_code == 0
    before = path.read_bytes()
    result = run.invoke(app, ["report", str(path), "--today", "2026-11-20", *(["--json"] if as_json else [])])
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == before
    if as_json:
        assert json.loads(result.stdout)["rules"][0]["open"] == 2
    else:
        assert "Keep in touch, everyone" in result.stdout
