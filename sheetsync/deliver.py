"""Hands rendered text to a terminal or a file."""

from __future__ import annotations

import os
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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sheetsync-")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None
