"""Refuses a surprising run, with the numbers."""

from __future__ import annotations

from sheetsync.core.model import Counts
from sheetsync.errors import GuardRefused

SHARE = 0.5  # of the last finished run's rows
FEWEST_GONE = 10  # rows; a small list may shrink by less without a question


def guard(last: Counts | None, now: Counts, where: str) -> None:
    """Raises GuardRefused where rows fell below half of the last finished run's (10 or more gone), or where its key
    column, or most of the columns it read, are gone. With nothing to compare with it lets everything through.
    """
    if last is None:
        return
    gone = last.rows - now.rows
    if gone >= FEWEST_GONE and now.rows < last.rows * SHARE:
        raise GuardRefused(
            f"{where}: {now.rows} customers now, {last.rows} at the last run; {gone} ({gone / last.rows:.0%}) are gone.",
            "Look whether a filter, a sort or a paste removed them. If all is right, run again with --force.",
        )
    if last.key is not None and last.key not in now.headers:
        raise GuardRefused(
            f'{where}: the column "{last.key}", which told the customers apart at the last run, is gone.',
            "Bring it back, or run again with --force.",
        )
    lost = [header for header in last.headers if header not in now.headers]
    if len(lost) * 2 > len(last.headers):
        raise GuardRefused(
            f"{where}: {len(lost)} of the {len(last.headers)} columns read at the last run are gone "
            f"({', '.join(lost[:5])}{' …' if len(lost) > 5 else ''}).",
            "Look whether the header row is as it was. If all is right, run again with --force.",
        )
