"""The log of unattended runs: one line a run, in files that rotate and never grow beyond their bounds."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

FILE_NAME = "unattended.log"
MOST_BYTES = 256 * 1024  # of each file; a night takes some 150 bytes, so that all files together hold years
OLDER_FILES = 3


def log_line(folder: Path, when: datetime, source: str, outcome: str, told: str) -> None:
    """Adds a line to the log in that folder: time, source, outcome, what was done. Raises OSError where that can't be.

    The file is opened for this line alone, and one process at a time writes, so that runs of several sources can share it, and a file
    that rotates is held open by nobody.
    """
    from logging.handlers import RotatingFileHandler  # heavy, and a run by hand logs nothing

    from filelock import FileLock, Timeout

    class Handler(RotatingFileHandler):
        """Raises instead of printing a traceback."""

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
            raise  # noqa: PLE0704 - logging calls this while it handles the exception

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "  ".join(_one_line(part) for part in (when.isoformat(" ", "seconds"), source, outcome, told) if part)
    try:
        with FileLock(folder / f"{FILE_NAME}.lock", timeout=5):
            handler = Handler(folder / FILE_NAME, maxBytes=MOST_BYTES, backupCount=OLDER_FILES, encoding="utf-8", errors="replace")
            try:
                handler.emit(logging.LogRecord("sheetsync", logging.INFO, "", 0, text, None, None))
            finally:
                handler.close()
    except Timeout:
        raise OSError("another run holds the log") from None


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
