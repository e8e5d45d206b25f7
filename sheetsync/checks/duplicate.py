"""One customer in two rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.likeness import Likeness, Pair, likeness
from sheetsync.core.model import LOG, NOT_A_DUPLICATE, Customers, Problem, Severity

NAMED = 3  # other customers named in one message


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """Says which rows may be one customer: the same e-mail or phone and a like name, or a like name and one more rare value.

    Type "not a duplicate" into Log, or the other's key into the column "Not a duplicate of", and the pair is never raised again.
    """

    id: ClassVar[str] = "duplicate"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each customer who may stand there twice, naming the others by key and name, and what they share."""
        found = likeness(customers)
        column = found.name_column
        for index, partners in found.partners(alike=True).items():
            texts = [f"{said}: same {shared(found, pair)}" for said, _, pair in partners[:NAMED]]
            more = f" and {len(partners) - NAMED} more" if len(partners) > NAMED else ""
            yield Problem(customers.row(index), column or partners[0][2].shared[0], self.id, self.severity,
                          f"may be the same customer as {'; '.join(texts)}{more}",
                          f"Merge the rows; if they are two, {unlearn(found, partners[0][1])}.", index,
                          tuple(sorted(other for _, other, _ in partners)))


def shared(found: Likeness, pair: Pair) -> str:
    """What two customers have in common, in the owner's words: "Phone and Email"."""
    words = [found.customers.header(name) for name in pair.shared]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def unlearn(found: Likeness, other: int) -> str:
    """What to do so that a pair is never raised again."""
    if found.has_log:
        return 'type "not a duplicate" into ' + LOG
    return f'write {found.key(other)} into the column "{NOT_A_DUPLICATE}"'
