"""Runs a sync every night: one file per scheduler, one line each in SCHEDULERS."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from sheetsync.errors import Refused
from sheetsync.schedule.entry import Entry, Installed, Scheduler, entry_name
from sheetsync.schedule.programs import Programs

__all__ = ["SCHEDULERS", "entries", "entry_name", "install", "remove", "schedulers", "this_program"]
# By platform, the better one first.
SCHEDULERS = {
    "win32": ("sheetsync.schedule.windows:TaskScheduler",),
    "darwin": ("sheetsync.schedule.launchd:Launchd",),
    "linux": ("sheetsync.schedule.systemd:Systemd", "sheetsync.schedule.cron:Cron"),
}
_ELSEWHERE = ("sheetsync.schedule.cron:Cron",)  # the BSDs and others


def schedulers(programs: Programs, platform: str = sys.platform) -> tuple[Scheduler, ...]:
    """The schedulers of this computer that run, the better one first."""
    out = []
    for place in SCHEDULERS.get(platform, _ELSEWHERE):
        module, _, name = place.partition(":")
        scheduler: Scheduler = getattr(import_module(module), name)(programs)
        if scheduler.is_here():
            out.append(scheduler)
    return tuple(out)


def this_program() -> tuple[str, ...]:
    """What runs this very installation, wherever it is started: its Python, which looks for no module in the current folder (-P)."""
    python = Path(sys.executable)
    windowless = python.with_name("pythonw.exe")  # else a black window would open every night
    return (str(windowless if sys.platform == "win32" and windowless.is_file() else python), "-P", "-m", "sheetsync")


def install(entry: Entry, here: tuple[Scheduler, ...]) -> tuple[Scheduler, tuple[str, ...]]:
    """Installs an entry with the best scheduler and takes it from the others; which one it is, and what the owner should know.

    Raises Refused where there is no scheduler.
    """
    if not here:
        raise Refused("There is no scheduler on this computer: neither systemd's user manager runs nor is there a crontab program.",
                      "Install cron (on Debian and Ubuntu: apt install cron), or have something else run: sheetsync sync --unattended")
    best, *others = here
    notes = best.install(entry)
    for other in others:
        other.remove(entry.name)
    return best, notes


def entries(here: tuple[Scheduler, ...]) -> tuple[Installed, ...]:
    """Every entry of sheetsync's that the schedulers have."""
    return tuple(found for scheduler in here for found in scheduler.entries())


def remove(name: str, here: tuple[Scheduler, ...]) -> tuple[Scheduler, ...]:
    """Removes an entry wherever it is; from which schedulers it was removed."""
    return tuple(scheduler for scheduler in here if scheduler.remove(name))
