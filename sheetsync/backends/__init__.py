"""Where tables live: one kind of source each, one line each in SOURCES."""

from __future__ import annotations

from collections.abc import Mapping

# By the ending of a file's name, or the beginning of a link: the module and class that open it, imported when it is used.
SOURCES: Mapping[str, str] = {
    ".xlsm": "sheetsync.backends.excel:ExcelSource",
    ".xlsx": "sheetsync.backends.excel:ExcelSource",
    ".xltm": "sheetsync.backends.excel:ExcelSource",
    ".xltx": "sheetsync.backends.excel:ExcelSource",
    "https://": "sheetsync.backends.google:GoogleSource",
}
