"""The Task Scheduler of Windows: a task of the user's own for each workbook, in its folder sheetsync."""

from __future__ import annotations

import csv
import html
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sheetsync.errors import Refused
from sheetsync.schedule.entry import AGAIN, PREFIX, Entry, Installed, from_stamp, installed
from sheetsync.schedule.programs import Programs
from sheetsync.schedule.render import render
from sheetsync.schedule.write import write_file

_FOLDER = "\\sheetsync\\"
_LONGEST_PATH = 260  # of a program, as the task schema has it (pathType)
_NO_RESULT = (267008, 267009, 267010, 267011)  # ready, running, disabled, has not run yet
_LAST_RESULT = 6  # the column of schtasks /Query /V /FO CSV, whose headers are in the language of Windows
_SIGNED_IN = "It runs while you are signed in, behind a locked screen too; a missed night is made up for when you sign in."


@dataclass(frozen=True, slots=True)
class TaskScheduler:
    """The Task Scheduler, through schtasks."""

    programs: Programs
    title: str = "Windows Task Scheduler"

    def is_here(self) -> bool:
        """Whether there is a schtasks."""
        return self.programs.has("schtasks")

    def install(self, entry: Entry) -> tuple[str, ...]:
        """Registers the task from its XML, in the place of an old one."""
        arguments = (*entry.program[1:], *(f"{name}={value}" for name, value in entry.environment.items()), *entry.arguments)
        for word in (entry.program[0], *arguments):
            _check(word)
        if len(entry.program[0]) > _LONGEST_PATH:
            raise Refused(f"The path of this installation is too long for a task: {entry.program[0]}", "Install it in a shorter one.")
        first = datetime.combine(entry.first, entry.at)
        again = datetime.combine(entry.first, entry.again)
        starts = (first, again if again > first else again + timedelta(days=1))
        text = render("task.xml.j2", title=entry.title, at=f"{entry.at:%H:%M}", stamp=entry.stamp, program=entry.program[0],
                      arguments=arguments, starts=[start.isoformat() for start in starts])
        with tempfile.TemporaryDirectory(prefix="sheetsync-") as folder:
            path = Path(folder) / "task.xml"
            write_file(path, text, "utf-16")  # with its mark, as schtasks wants it
            self.programs.must("schtasks", "/Create", "/TN", _FOLDER + entry.name, "/XML", str(path), "/F")
        return (_SIGNED_IN,)

    def remove(self, name: str) -> bool:
        """Deletes the task."""
        if self.programs.run("schtasks", "/Query", "/TN", _FOLDER + name).code != 0:
            return False
        self.programs.must("schtasks", "/Delete", "/TN", _FOLDER + name, "/F")
        return True

    def entries(self) -> tuple[Installed, ...]:
        """Every task of ours, with what the Task Scheduler knows of it."""
        listed = self.programs.run("schtasks", "/Query", "/FO", "CSV", "/NH")
        names = dict.fromkeys(row[0] for row in csv.reader(listed.text.splitlines()) if row and row[0].startswith(_FOLDER + PREFIX))
        out = []
        for name in names:
            # Said in the console's own encoding, whatever its first line says; what is looked for here is ASCII.
            text = self.programs.run("schtasks", "/Query", "/TN", name, "/XML").out.replace(b"\0", b"").decode("ascii", "replace")
            stamp = re.search(r"<Documentation>(.*?)</Documentation>", text, re.DOTALL)
            settings = re.search(r"<Settings>.*</Settings>", text, re.DOTALL)
            off = settings is not None and "<Enabled>false</Enabled>" in settings[0]
            out.append(installed(
                name.removeprefix(_FOLDER), self.title, from_stamp(html.unescape(stamp[1])) if stamp else (),
                fault=f"The task is disabled. {AGAIN}" if off else "", last_result=self._last_result(name), notes=(_SIGNED_IN,)))
        return tuple(out)

    def _last_result(self, name: str) -> int | None:
        rows = list(csv.reader(self.programs.run("schtasks", "/Query", "/TN", name, "/V", "/FO", "CSV", "/NH").text.splitlines()))
        try:
            result = int(rows[0][_LAST_RESULT])
        except (IndexError, ValueError):
            return None
        return None if result in _NO_RESULT else result


def _check(word: str) -> None:
    """Refuses what the Task Scheduler would replace: a variable between percent signs, and its own $(…)."""
    names = {name.upper() for name in os.environ}
    if any(name.upper() in names for name in re.findall(r"%([^%]+)(?=%)", word)) or "$(" in word:
        raise Refused(f"{word} holds what the Task Scheduler would replace by something else.",
                      "Rename the file or folder, without % and $(.")
