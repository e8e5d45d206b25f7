"""launchd on macOS: an agent of the user's own for each workbook."""

from __future__ import annotations

import os
import plistlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from sheetsync.errors import Refused
from sheetsync.schedule.entry import AGAIN, PREFIX, Entry, Installed, installed
from sheetsync.schedule.programs import Programs, failed
from sheetsync.schedule.render import render
from sheetsync.schedule.write import write_file

# Folders that macOS lets a program into only after its owner has allowed it, which nobody is there to do at night.
_GUARDED = ("/Desktop/", "/Documents/", "/Downloads/", "/Library/Mobile Documents/", "/Library/CloudStorage/", "/Volumes/")
# launchctl's codes are those of errno on macOS: an old agent goes a little after `bootout` has said so.
_IN_PROGRESS = 36  # EINPROGRESS
_STILL_THERE = (5, 37)  # EIO, EALREADY
_PAUSES = (0.5, 1.0, 2.0)  # seconds


def _agents() -> Path:
    return Path.home() / "Library" / "LaunchAgents"


def _domain() -> str:
    return f"gui/{os.getuid()}"


@dataclass(frozen=True, slots=True)
class Launchd:
    """The launchd of the user's session."""

    programs: Programs
    agents: Path = field(default_factory=_agents)
    domain: str = field(default_factory=_domain)
    wait: Callable[[float], None] = time.sleep
    title: str = "launchd"

    def is_here(self) -> bool:
        """Whether there is a launchctl."""
        return self.programs.has("launchctl")

    def install(self, entry: Entry) -> tuple[str, ...]:
        """Writes the agent and loads it, in the place of an old one."""
        path = self.agents / f"{entry.name}.plist"
        text = render("launchd.plist.j2", name=entry.name, program=entry.program, arguments=entry.arguments,
                      environment=dict(entry.environment), times=(entry.at, entry.again))
        self._unload(entry.name)
        write_file(path, text)
        self.programs.must("launchctl", "enable", f"{self.domain}/{entry.name}")
        self._load(path)
        if any(folder in entry.source for folder in _GUARDED):
            return (f"macOS protects the folder of {entry.title}. If the first night fails, allow {entry.program[0]} full disk access "
                    "(System Settings, Privacy & Security, Full Disk Access).",)
        return ()

    def remove(self, name: str) -> bool:
        """Unloads the agent and deletes it."""
        path = self.agents / f"{name}.plist"
        if not path.exists():
            return False
        self._unload(name)
        try:
            path.unlink()
        except OSError as error:
            raise Refused(f"{path} can't be deleted ({error.strerror}).", "Check the folder and its permissions.") from None
        return True

    def entries(self) -> tuple[Installed, ...]:
        """Every agent of ours, with what launchd knows of it."""
        out = []
        for path in sorted(self.agents.glob(f"{PREFIX}*.plist")):
            try:
                content: Any = plistlib.loads(path.read_bytes())
                arguments = [str(word) for word in content["ProgramArguments"]]
            except (OSError, ExpatError, plistlib.InvalidFileException, ValueError, KeyError, TypeError):
                arguments = []
            ran = self.programs.run("launchctl", "print", f"{self.domain}/{path.stem}")
            last = re.search(r"^\s*last exit code = (\d+)", ran.text, re.MULTILINE)
            out.append(installed(path.stem, self.title, arguments, fault="" if ran.code == 0 else f"launchd has not loaded it. {AGAIN}",
                                 last_result=int(last[1]) if last else None))
        return tuple(out)

    def _load(self, path: Path) -> None:
        load = ("launchctl", "bootstrap", self.domain, str(path))
        for pause in _PAUSES:
            if (ran := self.programs.run(*load)).code == 0:
                return
            if ran.code not in _STILL_THERE:
                raise failed(ran, *load)
            self.wait(pause)
        self.programs.must(*load)

    def _unload(self, name: str) -> None:
        if self.programs.run("launchctl", "print", f"{self.domain}/{name}").code == 0:
            ran = self.programs.run("launchctl", "bootout", f"{self.domain}/{name}")
            if ran.code not in (0, _IN_PROGRESS):
                raise failed(ran, "launchctl", "bootout", name)
