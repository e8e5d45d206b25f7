"""cron, where there is no systemd: one line of the user's crontab for each workbook.

cron skips what falls into a time when the computer was off, asleep or without that hour. So the line starts every hour, at the minute
of the time asked for, and `--if-due` ends it at once where the night's run has been: a missed night is made up for within the hour.

The crontab is read and written through its own program, and ours is the one line that is changed; the rest keeps its bytes. The
library python-crontab (3.4.0) is not used: it writes other people's lines anew (blanks, quotes, "%", the order of variables).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from sheetsync.schedule.entry import AGAIN, PREFIX, Entry, Installed, installed
from sheetsync.schedule.programs import Programs, failed
from sheetsync.schedule.render import render

_OURS = re.compile(rb"^(?P<off>[ \t]*#)?(?P<line>.*)[ \t]#[ \t]*(?P<name>" + PREFIX.encode() + rb"[a-z0-9-]+)[ \t]*$")
# What `crontab -l` says where the user has none: cron, cronie and dcron; busybox.
_NONE_YET = re.compile(r"no crontab for|can't open .*no such file", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cron:
    """The crontab of the user."""

    programs: Programs
    title: str = "cron"

    def is_here(self) -> bool:
        """Whether there is a crontab program."""
        return self.programs.has("crontab")

    def install(self, entry: Entry) -> tuple[str, ...]:
        """Puts the entry's line in the place of its old one, else at the end."""
        line = render("crontab.j2", minute=entry.at.minute, environment=dict(entry.environment), program=entry.program,
                      arguments=entry.arguments, name=entry.name).encode("utf-8").strip()
        before = self._read()
        lines = list(before)
        places = [place for place, found in enumerate(lines) if _name(found) == entry.name]
        if places:
            lines[places[0]] = line + b"\n"
            lines = [found for place, found in enumerate(lines) if place not in places[1:]]
        else:
            if lines and not lines[-1].endswith(b"\n"):
                lines[-1] += b"\n"
            lines.append(line + b"\n")
        if lines != before:
            self._write(lines)
        return self._notes()

    def remove(self, name: str) -> bool:
        """Takes the entry's line out."""
        lines = self._read()
        kept = [line for line in lines if _name(line) != name]
        if len(kept) == len(lines):
            return False
        self._write(kept)
        return True

    def entries(self) -> tuple[Installed, ...]:
        """Every line of ours; one that somebody has put a "#" before is not enabled."""
        out = []
        for line in self._read():
            if (found := _OURS.match(line.rstrip(b"\r\n"))) is None:
                continue
            try:
                words = shlex.split(found["line"].decode("utf-8", "replace").replace("\\%", "%"))
            except ValueError:
                words = []
            fault = f'Its line was switched off with a "#". {AGAIN}' if found["off"] is not None else "".join(self._notes())
            out.append(installed(found["name"].decode(), self.title, words, fault=fault))
        return tuple(out)

    def _notes(self) -> tuple[str, ...]:
        if self.programs.running("cron", "crond", "fcron", "busybox") is False:
            return ("No cron seems to be running on this computer, so nothing will start. Start it (on Debian: service cron start).",)
        return ()

    def _read(self) -> list[bytes]:
        ran = self.programs.run("crontab", "-l")
        if ran.code == 0:
            return ran.out.splitlines(keepends=True)
        if _NONE_YET.search(ran.error):
            return []
        raise failed(ran, "crontab", "-l")

    def _write(self, lines: list[bytes]) -> None:
        if lines:
            self.programs.must("crontab", "-", given=b"".join(lines))
        else:
            self.programs.must("crontab", "-r")


def _name(line: bytes) -> str | None:
    found = _OURS.match(line.rstrip(b"\r\n"))
    return None if found is None else found["name"].decode()
