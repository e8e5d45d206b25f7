"""Hands rendered text to a terminal, a file, the clipboard or the mail program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sheetsync.errors import Refused


def to_terminal(text: str) -> None:
    """Prints to standard output; characters that the terminal can't show become "?"."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def to_file(text: str, path: Path) -> None:
    """Writes a whole file or none, in UTF-8, line ends as they are. Raises Refused where it can't be written."""
    temporary = None
    try:
        path = path.resolve()  # a link stays one
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sheetsync-")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None


def to_new_file(data: bytes, path: Path) -> None:
    """Writes a whole file that was not there before, or none. Raises Refused where there is one by now, or it can't be written."""
    try:
        with open(path, "xb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise Refused(f"{path} is there already.", "Name another file.") from None
    except OSError as error:
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None


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
