"""The one place that calls the schedulers' own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sheetsync.errors import NotReachable, Refused

_PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program ended with and said."""

    code: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """What it printed, decoded as its platform writes it."""
        return _decoded(self.out)


class Programs:
    """Runs programs of the operating system; tests hand over another one."""

    def has(self, name: str) -> bool:
        """Whether there is such a program."""
        return shutil.which(name) is not None

    def run(self, *command: str, given: bytes | None = None) -> Ran:
        """Runs a program to its end, whatever that is, with `given` as its input.

        Raises Refused where it can't be run, NotReachable where it hangs.
        """
        environment = dict(os.environ, LC_ALL="C")
        own = f"/run/user/{os.getuid()}" if hasattr(os, "getuid") else ""
        if command[0] in ("systemctl", "loginctl") and "XDG_RUNTIME_DIR" not in environment and Path(own).is_dir():
            environment["XDG_RUNTIME_DIR"] = own  # after su or in a job, the user's manager is there and nobody says where
        try:
            done = subprocess.run(command, input=given, stdin=subprocess.DEVNULL if given is None else None, capture_output=True,
                                  env=environment, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise NotReachable(f"{command[0]} has not answered for {_PATIENCE} seconds.", "Try again later.") from None
        except OSError as error:
            raise Refused(f"{command[0]} can't be run ({error.strerror or error}).", "Install it, or look at its permissions.") from None
        return Ran(done.returncode, done.stdout, _decoded(done.stderr).strip())

    def must(self, *command: str, given: bytes | None = None) -> Ran:
        """Runs a program that has to succeed. Raises Refused with its own words where it does not."""
        ran = self.run(*command, given=given)
        if ran.code != 0:
            raise failed(ran, *command)
        return ran

    def running(self, *names: str) -> bool | None:
        """Whether a process of one of these names runs; None where that can't be seen."""
        found = list(Path("/proc").glob("[0-9]*/comm"))
        if not found:
            return None
        for path in found:
            try:
                if path.read_text("utf-8", "replace").strip() in names:
                    return True
            except OSError:
                continue  # it has ended meanwhile
        return False


def failed(ran: Ran, *command: str) -> Refused:
    """The failure of a program in its own words."""
    said = " ".join((ran.error or ran.text).split()) or f"exit code {ran.code}"
    return Refused(f"{' '.join(command[:3])} failed: {said}", "Mend that and try again; nothing of others was changed.")


def _decoded(raw: bytes) -> str:
    return raw.decode("oem" if sys.platform == "win32" else "utf-8", "replace")
