"""E-mail addresses that can't be right, or look mistyped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sheetsync.core.domains import near_domain
from sheetsync.core.faults import faults
from sheetsync.core.model import Customers, Problem

_TRUSTED = 3  # a domain that so many customers have is no slip of the keyboard
Lookup = Callable[[list[str]], dict[str, str]]  # domains → those that take no mail, each with the reason


@dataclass(frozen=True, slots=True)
class EmailCheck:
    """Says which e-mail addresses are misshapen, and which look mistyped ("susan@gmial.com").

    With domain_lookup = true it also asks the network whether each domain takes mail; else nothing is asked.
    """

    id: ClassVar[str] = "email"
    domain_lookup: bool = False
    lookup: Lookup | None = field(default=None, metadata={"option": False})  # the network, handed in by the settings

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """An error for each misshapen address; a warning for each that looks mistyped or whose domain takes no mail."""
        yield from faults(customers, self.id)
        for name, values in customers.values.items():
            if customers.columns[name].type == "email":
                yield from self._domains(customers, name, values)

    def _domains(self, customers: Customers, name: str, values: Sequence[Any]) -> Iterator[Problem]:
        domains = [value[value.index("@") + 1 :].lower() if value.__class__ is str else None for value in values]
        counts = Counter(domains)
        counts.pop(None, None)
        meant = {domain: near for domain, count in counts.items() if domain and count < _TRUSTED and (near := near_domain(domain))}
        dead = self.lookup(sorted(domain for domain in counts if domain)) if self.domain_lookup and self.lookup is not None else {}
        if not meant and not dead:
            return
        for index, domain in enumerate(domains):
            if domain in meant:
                local = values[index].partition("@")[0]
                yield Problem(customers.row(index), name, self.id, "warning", f'"{values[index]}" looks mistyped',
                              f"Did you mean {local}@{meant[domain]}?", index)
            elif domain in dead:
                yield Problem(customers.row(index), name, self.id, "warning", f'"{values[index]}" can\'t be reached: {dead[domain]}',
                              "Ask the customer for the right address.", index)
