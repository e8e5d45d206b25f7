"""Letters of another alphabet that look like Latin ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity
from sheetsync.core.tidy import judged, latin


@dataclass(frozen=True, slots=True)
class LettersCheck:
    """Says which names and e-mail addresses mix Latin letters with Cyrillic or Greek ones that look the same.

    Names written in one alphabet, whichever, are left alone.
    """

    id: ClassVar[str] = "letters"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell, with the text in Latin letters."""
        for name, cells in customers.cells.items():
            if customers.columns[name].type in ("name", "email"):
                for index, text, better in judged(cells, lambda texts: "".join(texts).isascii(), latin):
                    strange = "".join(sorted({letter for letter, other in zip(text, better, strict=True) if letter != other}))
                    yield Problem(customers.row(index), name, self.id, self.severity,
                                  f'"{text.strip()}" has letters of another alphabet that look like Latin ones ({", ".join(strange)})',
                                  f'Type it again: "{better.strip()}".', index)
