"""Customers who share a phone or an e-mail address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from sheetsync.checks.duplicate import NAMED, shared, unlearn
from sheetsync.core.likeness import Group, Likeness, likeness
from sheetsync.core.model import Customers, Problem, Severity


@dataclass(frozen=True, slots=True)
class HouseholdCheck:
    """Says which customers with different first names share a phone or an e-mail address, as a household does, or by mistake."""

    id: ClassVar[str] = "household"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such customer, naming the others by key and name."""
        found = likeness(customers, by_name=False)
        for index, partners in found.partners(alike=False).items():
            who = ", ".join([said for said, _, _ in partners[:NAMED]])
            more = f" and {len(partners) - NAMED} more" if len(partners) > NAMED else ""
            what = shared(found, partners[0][2])
            yield Problem(customers.row(index), partners[0][2].shared[0], self.id, self.severity,
                          f"{what} shared with {who}{more}" if len(partners[0][2].shared) > 1 else f"is shared with {who}{more}",
                          f"If that is right, {unlearn(found, partners[0][1])}.", index,
                          tuple(sorted(other for _, other, _ in partners)))
        for group in found.groups:
            yield from self._group(found, group)

    def _group(self, found: Likeness, group: Group) -> Iterator[Problem]:
        """A value that many customers have: each is told the first few others."""
        customers = found.customers
        members = sorted((found.said(index), index) for index in group.members)
        apart = found.apart_in(group)
        for index in group.members:
            known = apart.get(index, set()) | {index}
            count = len(members) - len(known)
            if count:
                first = list(islice((member for member in members if member[1] not in known), NAMED))
                named = [said for said, _ in first]
                more = f" and {count - len(named):,} more" if count > len(named) else ""
                yield Problem(customers.row(index), group.column, self.id, self.severity, f"is shared with {', '.join(named)}{more}",
                              "If it stands in for one that you don't know, leave the cell blank.", index,
                              tuple(sorted(other for _, other in first)))
