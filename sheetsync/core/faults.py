"""From values that can't be read to problems: what the checks of typed columns share."""

from __future__ import annotations

from collections.abc import Iterator

from sheetsync.core.model import Customers, Fault, Problem


def faults(customers: Customers, check: str) -> Iterator[Problem]:
    """A problem for every Fault of that check, column by column."""
    for name, indexes in customers.faults.items():
        values = customers.values[name]
        for index in indexes:
            fault: Fault = values[index]
            if fault.check == check:
                yield Problem(customers.row(index), name, check, fault.severity, fault.message, fault.suggestion, index)
