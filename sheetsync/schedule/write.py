"""Writes what a scheduler reads: whole or not at all, and for its owner's eyes only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sheetsync.errors import Refused


def write_file(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Writes a file in one step, its folders too. Raises Refused where that is not possible."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sheetsync-")  # 0600
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(encoding))
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None
