"""Lines for a terminal of a given width, with or without colour: what the text outputs share."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sheetsync.core import model
from sheetsync.core.model import Style

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # embeddings, overrides and isolates of bidirectional text
_ANSI = {model.BAD: "31;1", model.DUE: "33;1", model.NEUTRAL: "33", model.GOOD: "32", model.MUTED: "2"}


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours words where the terminal takes colour."""

    colour: bool

    def status(self, text: str, style: Style) -> str:
        """A status word in the colour of its style."""
        return self._in(_ANSI.get(style, "1"), text)

    def bold(self, text: str) -> str:
        """A heading."""
        return self._in("1", text)

    def dim(self, text: str) -> str:
        """What matters less."""
        return self._in("2", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes; wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn")
        else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
        for c in text
    )


def shown(text: str) -> str:
    """A text that does nothing to the terminal: control characters become spaces, what turns the direction of a line is dropped."""
    if text.isprintable():
        return text
    return "".join("" if c in _TURNS else c if c.isprintable() or unicodedata.category(c) == "Cf" else " " for c in text)


def fit(text: str, width: int) -> str:
    """A text padded to the width, or cut there with "…"; control characters become spaces."""
    text = shown(text)
    if width_of(text) > width:
        while text and width_of(text) > width - 1:
            text = text[:-1]
        text = text.rstrip() + "…"
    return text + " " * (width - width_of(text))


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines of at most the width, each with the indent. What is longer than a line is broken with "…", between wide
    characters (Chinese, Japanese, emoji) without it.
    """
    lines: list[str] = []
    line = ""
    room = max(2, width - width_of(indent))
    for word in shown(text).split():
        while width_of(word) > room:
            head, mark = _head(word, room)
            if line:
                lines.append(line)
                line = ""
            lines.append(head + mark)
            word = word[len(head):]
        if line and width_of(line) + 1 + width_of(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [indent + line for line in [*lines, line] if line]


def _head(word: str, room: int) -> tuple[str, str]:
    """As much of a word as goes into a line (one character at least), and the mark behind it."""
    head = word[:room]
    while len(head) > 1 and width_of(head) > room:
        head = head[:-1]
    if unicodedata.east_asian_width(head[-1]) in "WF" or unicodedata.east_asian_width(word[len(head): len(head) + 1] or " ") in "WF":
        return head, ""
    while len(head) > 1 and width_of(head) > room - 1:
        head = head[:-1]
    return head, "…"


def plural(count: int, word: str, many: str | None = None) -> str:
    """ "1 customer", "2,000 customers"."""
    return f"{count:,} {word if count == 1 else many or word + 's'}"
