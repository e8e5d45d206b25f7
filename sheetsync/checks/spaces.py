"""Spaces that nobody sees, and that still make two values differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity
from sheetsync.core.tidy import is_tidy, judged, tidied


@dataclass(frozen=True, slots=True)
class SpacesCheck:
    """Says which names, addresses, choices and keys have spaces around them, several in a row, or no-break ones.

    ignore names columns to leave alone.
    """

    id: ClassVar[str] = "spaces"
    severity: Severity = "warning"
    ignore: tuple[str, ...] = ()

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such cell. Free text, such as notes, is left alone."""
        for name, cells in customers.cells.items():
            kind = customers.columns[name].type
            if (kind in ("name", "email", "phone", "choice", "yes-no", "url") or name == customers.key) and name not in self.ignore:
                for index, text, better in judged(cells, is_tidy, tidied):
                    if better:  # else the cell is blank
                        yield Problem(customers.row(index), name, self.id, self.severity, _what(text),
                                      f'Type it as "{better}".', index)


def _what(text: str) -> str:
    if "\u00a0" in text or "\u202f" in text or "\t" in text:
        return "has a no-break space or a tab in it"
    return "has spaces around it" if text != text.strip() else "has two spaces in a row"
