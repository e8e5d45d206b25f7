"""How often a run is begun anew, and how often one writes, on a table that is edited meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sheetsync.core.contracts import Sheet, Source, Unfinished
from sheetsync.errors import TableChanged

ATTEMPTS = 3  # whole runs, when the table is edited meanwhile
ROUNDS = 5  # writes within one run, for a backend that is not atomic
T = TypeVar("T")


def attempted(source: Source, run: Callable[[Sheet], T], *, readonly: bool) -> T:
    """What `run` returns for the opened source; begun anew when the table was edited meanwhile, until it was three times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with source.open(readonly=readonly) as sheet:
                if not readonly and isinstance(sheet, Unfinished):
                    sheet.finish()
                return run(sheet)
        except TableChanged:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def edited_all_the_time(source: str) -> TableChanged:
    """The end of a run whose rounds did not suffice."""
    return TableChanged(f"{source} was edited all the time while it was written.", "Run again later.")
