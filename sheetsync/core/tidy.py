"""What a text would be without slips of the keyboard: spaces, look-alike letters, placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sheetsync.core.model import Cell, ColumnType

T = TypeVar("T")

# Stand for "nothing yet" wherever they stand; and those that do so only where no word is expected.
_PLACEHOLDERS = frozenset({
    "tbd", "tba", "tbc", "t.b.d.", "n/a", "n.a.", "#n/a", "-", "--", "---", "–", "—", "_", "?", "??", "???", "????", "..", "...", "…",
    "xxx", "xxxx", "unknown", "not known", "not available", "to be confirmed", "to do", "todo",
})
_IN_TEXT = _PLACEHOLDERS | {"none", "nothing"}
_IN_VALUES = _IN_TEXT | {"na", "nil", "null", "x", "xx", ".", "/"}

# Cyrillic and Greek letters that look like Latin ones in every common typeface.
_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХаеіјорсухѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABESIJKMHOPCTXaeijopcyxsdhqwABEZHIKMNOPTYXo",
)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_OTHER_LETTER = re.compile("[\u0370-\u03ff\u0400-\u052f\u1f00-\u1fff]")
_PRINTABLE = bytes(code for code in range(256) if chr(code).isprintable())
_BATCH = 500  # texts that are looked at at once: one that is not usual costs the time of so many
_SPACES = re.compile(r"[^\S\n]+")


def tidied(text: str) -> str:
    """The text without spaces around it, and with one plain space wherever there are several or special ones.

    A text of several lines keeps them.
    """
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join([_SPACES.sub(" ", line).strip() for line in text.split("\n")]).strip()


def is_tidy(texts: Sequence[str]) -> bool:
    """Whether each of many texts is one line that is not blank and has no spaces around it, no two in a row, and nothing that
    can't be printed. True is certain.
    """
    joined = "|".join(texts)
    return _is_printable(joined) and joined[:1] not in ("", " ", "|") and joined[-1:] not in (" ", "|") and not (
        "  " in joined or "| " in joined or " |" in joined or "||" in joined
    )


def _is_printable(text: str) -> bool:
    """What str.isprintable says, in a tenth of its time where the text is a long one in Latin letters."""
    try:
        return not text.encode("latin-1").translate(None, _PRINTABLE)
    except UnicodeEncodeError:
        return text.isprintable()


def in_bulk(texts: Sequence[str], kept: Callable[[Sequence[str]], bool], one: Callable[[str], T]) -> list[str | T]:
    """What `one` makes of each text, in their order. `kept` says of many at once whether it would leave all of them as they are."""
    out: list[str | T] = []
    for batch in batches(texts):
        out += batch if kept(batch) else map(one, batch)
    return out


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """All of the texts in their order, so many at a time as are looked at at once."""
    for start in range(0, len(texts), _BATCH):
        yield texts[start : start + _BATCH]


def latin(text: str) -> str:
    """The text with look-alike letters of other alphabets replaced, in words that also have Latin letters."""
    return text if text.isascii() else _WORD.sub(lambda match: _latin_word(match[0]), text)


def _latin_word(word: str) -> str:
    """The word in Latin letters where it mixes them with look-alikes only; a word in another alphabet stays as it is."""
    if not _LATIN_LETTER.search(word):
        return word
    replaced = word.translate(_LATIN)
    return word if _OTHER_LETTER.search(replaced) else replaced


def is_placeholder(text: str, kind: ColumnType) -> bool:
    """Whether a text says "nothing yet" in a column of that type. Words that can be names ("Na", "Null") are none in names."""
    words = _PLACEHOLDERS if kind == "name" else _IN_TEXT if kind in ("text", "url") else _IN_VALUES
    return text.strip().casefold() in words


def placeholders_among(values: Iterable[Any], kind: ColumnType) -> frozenset[str]:
    """Those of many values that are placeholders, spelled as they stand there."""
    return frozenset(value for value in _SPELLINGS.intersection(values) if is_placeholder(value, kind))


_SPELLINGS = frozenset(spelling for word in _IN_VALUES for spelling in (word, word.upper(), word.capitalize(), word.title()))


def judged(
    cells: Sequence[Cell], kept: Callable[[Sequence[str]], bool], better: Callable[[str], str]
) -> Iterator[tuple[int, str, str]]:
    """(index, text, better text) for every text that `better` would write otherwise.

    `kept` says of many at once whether it would leave all of them as they are, so that a clean column costs next to nothing.
    """
    texts: list[str] = [cell for cell in cells if isinstance(cell, str)]
    found = in_bulk(texts, kept, better)
    if found == texts:
        return
    indexes = [index for index, cell in enumerate(cells) if isinstance(cell, str)]
    for index, text, other in zip(indexes, texts, found, strict=True):
        if other != text:
            yield index, text, other
