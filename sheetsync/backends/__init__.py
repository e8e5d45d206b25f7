"""Where tables live: one kind of source each, one line each in SOURCES."""

from __future__ import annotations

from collections.abc import Mapping

# By the ending of the source's name: the module and class that open it, imported when it is used.
SOURCES: Mapping[str, str] = {
    ".xlsm": "sheetsync.backends.excel:ExcelSource",
    ".xlsx": "sheetsync.backends.excel:ExcelSource",
    ".xltm": "sheetsync.backends.excel:ExcelSource",
    ".xltx": "sheetsync.backends.excel:ExcelSource",
}
