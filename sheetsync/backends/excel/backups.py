"""Copies of a workbook from before each write: which are kept, in a folder of the workbook's own."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_NAME = re.compile(r"-(\d{8})-(\d{6}-\d{6})\.\w+$")
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which backups are kept of each workbook: the last `keep`, and the last one of each of `months` months before.

    All of them take `megabytes` at most; the oldest go first, the newest always stays.
    """

    keep: int = 14
    months: int = 12
    megabytes: int = 500


USUAL = Kept()


def copies(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first; by their names, since copying a folder changes the times of its files."""
    try:
        found = [path for path in folder.iterdir() if _NAME.search(path.name)]
    except OSError:
        return []
    return sorted(found, key=_stamp)


def back_up(name: str, data: bytes, folder: Path, kept: Kept, now: datetime) -> Path:
    """Keeps what a workbook held, whole or not at all, and deletes the backups that are no longer kept. Returns the new one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    backup = folder / f"{Path(name).stem}-{now:%Y%m%d-%H%M%S-%f}{Path(name).suffix}"
    unfinished = backup.with_name(backup.name + _UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            unfinished.chmod(0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, backup)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    for leftover in folder.glob(f"*{_UNFINISHED}"):  # of a run that was killed
        with contextlib.suppress(OSError):
            leftover.unlink()
    for old in surplus([(path, path.stat().st_size) for path in copies(folder)], kept, now):
        with contextlib.suppress(OSError):
            old.unlink()
    return backup


def surplus(found: list[tuple[Path, int]], kept: Kept, now: datetime) -> list[Path]:
    """Of all backups with their sizes in bytes, oldest first, those that are not to be kept."""
    last = found[-kept.keep :]
    by_month = {_month(_stamp(path)): (path, size) for path, size in found}  # the last one of each
    oldest = now.year * 12 + now.month - 1 - kept.months
    stays = {path for path, _ in last} | {path for month, (path, _) in by_month.items() if month >= oldest and kept.months}
    left = kept.megabytes * 1_000_000
    for path, size in reversed(found):
        if path not in stays:
            continue
        left -= size
        if left < 0 and path != found[-1][0]:
            stays.discard(path)  # and so do all that are older
    return [path for path, _ in found if path not in stays]


def _stamp(path: Path) -> str:
    match = _NAME.search(path.name)
    return "" if match is None else match[1] + match[2]


def _month(stamp: str) -> int:
    return int(stamp[:4]) * 12 + int(stamp[4:6]) - 1
