"""Which copies of a workbook are kept: the last ones, one a month for a year, within a limit; each whole, for its owner alone."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetsync.backends.excel.backups import Kept, back_up, copies, surplus
from sheetsync.cli import app
from tests.worksheets import CUSTOMERS, write_workbook

START = datetime(2024, 1, 15, 2, 30)


def nights(folder: Path, count: int, kept: Kept, size: int = 10) -> list[Path]:
    for night in range(count):
        back_up("customers.xlsx", b"x" * size, folder, kept, START + timedelta(days=night))
    return copies(folder)


def stamps(found: list[Path]) -> list[str]:
    return [path.name.split("-")[1] for path in found]


def test_the_last_14_stay_and_the_last_one_of_each_month_of_a_year(tmp_path: Path) -> None:
    found = stamps(nights(tmp_path, 731, Kept()))  # to 14 January 2026
    assert found[-14:] == [f"202601{day:02}" for day in range(1, 15)]
    assert found[:-14] == ["20250131", "20250228", "20250331", "20250430", "20250531", "20250630", "20250731", "20250831", "20250930",
                           "20251031", "20251130", "20251231"]


def test_after_a_long_pause_the_last_ones_stay_however_old(tmp_path: Path) -> None:
    nights(tmp_path, 20, Kept(keep=3))
    back_up("customers.xlsx", b"x", tmp_path, Kept(keep=3), START + timedelta(days=2000))
    assert stamps(copies(tmp_path)) == ["20240202", "20240203", "20290707"]


def test_the_limit_holds_and_the_oldest_go_first_and_the_newest_stays_always(tmp_path: Path) -> None:
    found = nights(tmp_path / "a", 60, Kept(megabytes=1), size=300_000)
    assert stamps(found) == ["20240312", "20240313", "20240314"]
    assert stamps(nights(tmp_path / "b", 3, Kept(megabytes=1), size=1_500_000)) == ["20240117"]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_there_the_newest_is_kept_and_the_limit_kept_to(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    kept = Kept(chance.randrange(1, 20), chance.randrange(0, 15), chance.randrange(1, 30))
    moment, found = START, []
    for _ in range(chance.randrange(1, 80)):
        moment += timedelta(hours=chance.choice([1, 24, 24, 24 * 20]))
        found.append((tmp_path / f"customers-{moment:%Y%m%d-%H%M%S-%f}.xlsx", chance.randrange(1, 3_000_000)))
    gone = set(surplus(found, kept, moment))
    left = [(path, size) for path, size in found if path not in gone]
    assert left[-1] == found[-1]
    assert sum(size for _, size in left) <= kept.megabytes * 1_000_000 or len(left) == 1
    assert len(left) <= kept.keep + kept.months + 1


def test_order_is_told_by_the_names_since_copying_a_folder_changes_times(tmp_path: Path) -> None:
    found = nights(tmp_path, 3, Kept())
    os.utime(found[0])
    back_up("customers.xlsx", b"x", tmp_path, Kept(keep=2, months=0), START + timedelta(days=9))
    assert stamps(copies(tmp_path)) == ["20240117", "20240124"]


def test_a_copy_is_whole_or_not_there_and_what_a_killed_run_left_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for failing in (killed, full):
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", failing)
            with pytest.raises((KeyboardInterrupt, OSError)):
                back_up("customers.xlsx", b"x" * 100, tmp_path, Kept(), START)
        assert list(tmp_path.iterdir()) == []
    left = tmp_path / "customers-20240115-023000-000000.xlsx.unfinished"
    left.write_bytes(b"half")
    assert copies(tmp_path) == []
    made = back_up("customers.xlsx", b"x", tmp_path, Kept(), START)
    assert list(tmp_path.iterdir()) == [made]
    assert made.stat().st_mode & 0o077 == 0


def test_other_files_in_the_folder_are_none_of_ours(tmp_path: Path) -> None:
    mine = tmp_path / "notes-2024.xlsx"
    mine.write_bytes(b"mine")
    nights(tmp_path, 4, Kept(keep=1, months=0))
    assert mine.read_bytes() == b"mine"


def test_the_settings_say_how_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    tmp_path.joinpath("sheetsync.toml").write_text("[backups]\nkeep = 2\nmonths = 0\n")
    for day in range(1, 6):
        write_workbook(path, CUSTOMERS)
        assert CliRunner().invoke(app, ["sync", str(path), "--today", f"2026-11-{day:02}"]).exit_code == 0
    found = CliRunner().invoke(app, ["doctor", str(path)]).stdout
    assert "2 copies of customers.xlsx from before a write" in " ".join(found.split())


@pytest.mark.parametrize(("said", "told"), [
    ("keeep = 3", 'Did you mean "keep"'), ("keep = 0", "[backups] keep"), ("megabytes = 0.5", "[backups] megabytes"),
    ("months = -1", "[backups] months"), ('keep = "all"', "[backups] keep"),
])
def test_a_wrong_setting_is_told_with_its_place(said: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    before = path.read_bytes()
    tmp_path.joinpath("sheetsync.toml").write_text(f"[backups]\n{said}\n")
    result = CliRunner().invoke(app, ["sync", str(path)])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert path.read_bytes() == before
