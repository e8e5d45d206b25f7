"""The nearest right word to a wrong one, for messages; a proposal, never taken by itself."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA


def nearest(word: str, choices: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The choice most like `word`, or None below `cutoff` (0 to 1).

    Optimal string alignment, ignoring case: a slip of the finger that swaps two letters counts once.
    """
    found = process.extractOne(
        word.strip(), list(choices), scorer=OSA.normalized_similarity, processor=str.casefold, score_cutoff=cutoff
    )
    return None if found is None else found[0]


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A sentence that proposes the nearest choice, else lists them all (when they are few)."""
    options = list(choices)
    near = nearest(word, options)
    if near is not None:
        return f'Did you mean "{near}"?'
    if 0 < len(options) <= 12:
        return "It can be: " + ", ".join(options) + "."
    return ""
