"""Hands rendered text to a terminal, a file, the clipboard or the mail program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sheetsync.errors import Refused, SettingsError

# How the files begin that sheetsync writes, and may write over.
PAGE = "<!doctype html>"
CALENDAR = "BEGIN:VCALENDAR"


def to_terminal(text: str) -> None:
    """Prints to standard output; characters that the terminal can't show become "?"."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def check_target(path: Path, option: str, begins: str) -> None:
    """Raises what `to_file` would raise, before anything is done for it: SettingsError where the path can't be meant, else Refused.

    A file that is there already has to begin with `begins` (in any case): what is something else is never written over.
    """
    try:
        if path.is_dir():
            raise SettingsError(f"{option} {path} is a folder.", f"Name a file in it, such as {path / _EXAMPLES[begins]}.")
        if not path.parent.is_dir():
            raise SettingsError(f"{option} {path}: the folder {path.parent} does not exist.", "Make it first, or name another file.")
        if not path.exists():
            return
        if not path.is_file():
            raise SettingsError(f"{option} {path} is no file that can be written.", "Name another one.")
        with path.open("rb") as file:
            start = file.read(64)
        if start.strip() and not start.decode("utf-8", "replace").lstrip("\ufeff \r\n\t").casefold().startswith(begins.casefold()):
            raise Refused(f"{option} {path} holds something else, which would be lost.", "Name another file, or delete this one first.")
        if not path.stat().st_mode & 0o222:
            raise Refused(f"{option} {path} is read-only.", "Make it writable, or name another file.")
    except OSError as error:
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None


_EXAMPLES = {PAGE: "today.html", CALENDAR: "follow-ups.ics"}


def to_file(text: str, path: Path) -> None:
    """Writes a whole file or none, in UTF-8, line ends as they are; what a link points to, and the file's permissions, stay.

    Raises Refused where it can't be written.
    """
    temporary = None
    try:
        path = path.resolve()
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sheetsync-")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        temporary.chmod(mode)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that points to itself, before Python 3.13
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        said = (error.strerror if isinstance(error, OSError) else None) or error
        raise Refused(f"{path} can't be written ({said}).", "Check the folder and its permissions.") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


# What puts a text into the clipboard, first found first, and the encoding that it reads.
_CLIPBOARDS = (
    ("pbcopy", (), "utf-8"),  # macOS
    ("clip", (), "utf-16"),  # Windows
    ("clip.exe", (), "utf-16"),  # Windows, seen from its Linux
    ("wl-copy", (), "utf-8"),  # Wayland
    ("xclip", ("-selection", "clipboard"), "utf-8"),
    ("xsel", ("--clipboard", "--input"), "utf-8"),
)


def to_clipboard(text: str) -> None:
    """Puts a text into the clipboard with the platform's own program. Raises Refused where there is none, or it fails."""
    for name, options, encoding in _CLIPBOARDS:
        program = shutil.which(name)
        needs = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY"}.get(name)
        if program is None or (needs is not None and not os.environ.get(needs)):
            continue
        try:
            # Output goes nowhere: xclip stays behind to serve the clipboard, and would hold a pipe of ours open.
            subprocess.run([program, *options], input=text.encode(encoding), check=True, timeout=10,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError):
            raise Refused(f"The clipboard can't be reached ({name} failed).", "Mark the text and copy it by hand.") from None
        return
    raise Refused("There is no clipboard that sheetsync can reach.",
                  "Mark the text and copy it by hand. On Linux, installing wl-clipboard or xclip helps.")


def to_mail_program(link: str) -> None:
    """Opens a mailto link in the owner's mail program. Raises Refused where none is set up."""
    import typer

    try:
        code = typer.launch(link)
    except OSError:
        code = 1
    if code != 0:
        raise Refused("No mail program could be opened.", "Set one up as your system's default, or use --copy.")
