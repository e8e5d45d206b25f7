"""A progress bar on standard error for anything over a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WORDS = {"read": "Reading", "check": "Checking", "plan": "Planning", "write": "Writing and reading back", "done": "Done"}
DELAY = 1.0  # seconds before the bar is shown


@contextmanager
def progress(*, shown: bool = True) -> Iterator[Callable[[str], None]]:
    """A function to be told each step of a run; draws nothing within the first second, or where there is no terminal."""
    if not shown or not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(TextColumn("{task.description:<24}"), BarColumn(30), TimeElapsedColumn(),
                   console=Console(stderr=True), transient=True)
    task = bar.add_task("Reading", total=len(_WORDS))
    timer = threading.Timer(DELAY, bar.start)
    timer.daemon = True
    timer.start()

    def tell(step: str) -> None:
        bar.update(task, description=_WORDS[step], completed=list(_WORDS).index(step))

    try:
        yield tell
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
