"""Keys that are blank or stand in more than one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from sheetsync.core.model import Customers, Fault, Problem
from sheetsync.core.values import text_of

_NAMED = 3  # other customers named in one message


@dataclass(frozen=True, slots=True)
class UniqueCheck:
    """Says which rows share a key, naming the others by name, and which have none."""

    id: ClassVar[str] = "unique"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """An error for each repeated value of the key and of unique columns; a warning for each blank key."""
        for name, values in customers.values.items():
            if name == customers.key:
                yield from self._blank(customers, name, values)
            if name == customers.key or customers.columns[name].unique:
                yield from self._repeated(customers, name, values)

    def _blank(self, customers: Customers, name: str, values: Any) -> Iterator[Problem]:
        if customers.columns[name].required:
            return  # the check "required" says so
        for index, value in enumerate(values):
            if value is None:
                yield Problem(customers.row(index), name, self.id, "warning", "is blank; nothing tells this customer apart",
                              f"Fill in {name}.", index)

    def _repeated(self, customers: Customers, name: str, values: Any) -> Iterator[Problem]:
        if set(map(type, values)) == {float} and all(map(float.is_integer, values)) and len(set(values)) == len(values):
            return  # as most keys are; told at once
        by_value: dict[str, list[int]] = {}
        for index, value in enumerate(values):
            if value is not None:
                text = text_of(value.raw if value.__class__ is Fault else value).casefold()
                by_value.setdefault(text, []).append(index)
        for indexes in by_value.values():
            if len(indexes) > 1:
                for index in indexes:
                    yield self._problem(customers, name, values[index], index, indexes)

    def _problem(self, customers: Customers, name: str, value: Any, index: int, indexes: list[int]) -> Problem:
        mine = customers.labels[index]
        others = sorted({customers.labels[other] for other in indexes if other != index} - {mine})
        shown = text_of(value.raw if value.__class__ is Fault else value)
        if others:
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            message = f'"{shown}" stands at {", ".join(others[:_NAMED])}{more} as well'
        else:
            message = f'"{shown}" stands in {len(indexes)} rows'
        return Problem(customers.row(index), name, self.id, "error", message,
                       f"Give each customer its own {customers.header(name)}, or merge the rows.", index)
