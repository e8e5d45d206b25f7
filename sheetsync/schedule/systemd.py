"""systemd: a service and a timer of the user's own manager for each workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sheetsync.errors import Refused
from sheetsync.schedule.entry import AGAIN, PREFIX, Entry, Installed, from_stamp, installed
from sheetsync.schedule.programs import Programs
from sheetsync.schedule.render import render
from sheetsync.schedule.write import write_file


def _units() -> Path:
    from platformdirs import user_config_path

    return user_config_path() / "systemd" / "user"


def _stamps() -> Path:
    from platformdirs import user_data_path

    return user_data_path() / "systemd" / "timers"


@dataclass(frozen=True, slots=True)
class Systemd:
    """The user manager of systemd. `stamps` is where it keeps when a timer with Persistent=true was last due."""

    programs: Programs
    units: Path = field(default_factory=_units)
    stamps: Path = field(default_factory=_stamps)
    booted: Path = Path("/run/systemd/system")  # sd_booted(3)
    title: str = "systemd"

    def is_here(self) -> bool:
        """Whether systemd runs this computer and has a manager for this user."""
        if not self.booted.is_dir() or not self.programs.has("systemctl"):
            return False
        return self.programs.run("systemctl", "--user", "show-environment").code == 0

    def install(self, entry: Entry) -> tuple[str, ...]:
        """Writes both units, and starts the timer afresh."""
        at, again = f"{entry.at:%H:%M}", f"{entry.again:%H:%M}"
        timer = f"{entry.name}.timer"
        write_file(self.units / f"{entry.name}.service", render(
            "systemd.service.j2", title=entry.title, at=at, stamp=entry.stamp, environment=dict(entry.environment), program=entry.program,
            arguments=entry.arguments))
        write_file(self.units / timer, render("systemd.timer.j2", title=entry.title, at=at, again=again))
        self.programs.must("systemctl", "--user", "daemon-reload")
        self.programs.must("systemctl", "--user", "enable", timer)
        # Without its stamp the timer takes this moment for its last one, and doesn't make up for nights before it was there.
        (self.stamps / f"stamp-{timer}").unlink(missing_ok=True)
        self.programs.must("systemctl", "--user", "restart", timer)
        return self._notes()

    def remove(self, name: str) -> bool:
        """Stops the timer and deletes what `install` made."""
        timer = self.units / f"{name}.timer"
        service = self.units / f"{name}.service"
        if not timer.exists() and not service.exists():
            return False
        if timer.exists():
            self.programs.must("systemctl", "--user", "disable", "--now", timer.name)
        try:
            timer.unlink(missing_ok=True)
            service.unlink(missing_ok=True)
            (self.stamps / f"stamp-{timer.name}").unlink(missing_ok=True)
        except OSError as error:
            raise Refused(f"{error.filename} can't be deleted ({error.strerror}).", "Check the folder and its permissions.") from None
        self.programs.must("systemctl", "--user", "daemon-reload")
        return True

    def entries(self) -> tuple[Installed, ...]:
        """Every pair of units of ours, with what the manager knows of them."""
        notes = self._notes()
        out = []
        for path in sorted(self.units.glob(f"{PREFIX}*.service")):
            timer = self._shown(f"{path.stem}.timer", "ActiveState", "LastTriggerUSec")
            service = self._shown(path.name, "ExecMainStatus", "ExecMainExitTimestamp")
            status = service.get("ExecMainStatus", "")
            has_run = _moment(service.get("ExecMainExitTimestamp", "")) is not None and status.isdecimal()
            fault = "" if timer.get("ActiveState") == "active" else f"Its timer is stopped. {AGAIN}"
            out.append(installed(
                path.stem, self.title, _arguments(path), fault=fault, last_run=_moment(timer.get("LastTriggerUSec", "")),
                last_result=int(status) if has_run else None, notes=notes))
        return tuple(out)

    def _shown(self, unit: str, *properties: str) -> dict[str, str]:
        ran = self.programs.run("systemctl", "--user", "show", unit, f"--property={','.join(properties)}")
        return dict(line.split("=", 1) for line in ran.text.splitlines() if "=" in line) if ran.code == 0 else {}

    def _notes(self) -> tuple[str, ...]:
        """Whether the manager ends with the sign-in, and how to keep it."""
        ran = self.programs.run("loginctl", "show-user", "--property=Linger", "--value", *_user())
        if ran.code == 0 and ran.text.strip() == "no":
            return ("It runs while you are signed in, and makes up for a missed night at the next sign-in. "
                    "So that it also runs with nobody signed in: loginctl enable-linger",)
        return ()


def _arguments(path: Path) -> tuple[str, ...]:
    """What the comment of a service says that it runs; nothing where it can't be read."""
    try:
        stamp = re.search(r"^# Arguments: (.*)$", path.read_text("utf-8", "replace"), re.MULTILINE)
    except OSError:
        return ()
    return from_stamp(stamp[1]) if stamp else ()


def _user() -> tuple[str, ...]:
    import getpass

    try:
        return (getpass.getuser(),)
    except (OSError, KeyError):
        return ()


def _moment(text: str) -> datetime | None:
    """ "Wed 2026-11-25 02:30:01 CET", in the zone of this computer; None for "n/a" and nothing."""
    found = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)
    return None if found is None else datetime.fromisoformat(found[0]).astimezone()
