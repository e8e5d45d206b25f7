"""What can be added: a Check, an Output, a Source with its Sheet."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from sheetsync.core.model import ChangeSet, Customers, Finding, Problem, Report, Table, Worksheet


class Check(Protocol):
    """Looks at all customers and says what is wrong. A frozen dataclass: its fields are the owner's options."""

    @property
    def id(self) -> str:
        """The word by which settings and output name this check."""
        ...

    def problems(self, customers: Customers) -> Iterable[Problem]:
        """Every problem this check finds. Reads nothing but its argument."""
        ...


class Output(Protocol):
    """Turns a Report into text."""

    def render(self, report: Report) -> str:
        """The whole text."""
        ...


class Sheet(Protocol):
    """A source that is open."""

    @property
    def features(self) -> frozenset[str]:
        """What this backend can do beyond values: "atomic" (all or nothing), "colour", "owner-cells" (changes in columns
        of the owner's, which Log entries ask for: all of one row's in one step, the cells' looks kept).
        """
        ...

    def read(self) -> Table:
        """The customer table as it is now. Values are plain Python: a midnight is a date, blank is None."""
        ...

    def write(self, changes: ChangeSet) -> Table:
        """Writes all changes and returns the table as it now stands: `patch(read() before, changes)`.

        Raises TableChanged where the table is no longer what was read, and writes nothing then.
        Everything outside the changed cells survives, formats and formulas included.
        """
        ...


@runtime_checkable
class Examined(Protocol):
    """An open sheet that `doctor` can ask more of than reading."""

    def findings(self) -> tuple[Finding, ...]:
        """What there is to know about where the table lives, also when it could not be read."""
        ...

    def rehearse(self, changes: ChangeSet) -> None:
        """Raises what `write` would raise, as far as that can be known without writing anything."""
        ...


@runtime_checkable
class Unfinished(Protocol):
    """An open sheet in which a run that was cut off may have left something of the owner's overwritten."""

    def finish(self) -> None:
        """Puts that back; called before a run that writes reads. Raises NotReachable where it still can't be."""
        ...


@runtime_checkable
class Surveyed(Protocol):
    """An open sheet that `init` can ask what stands in it, whether or not there is a table of customers."""

    def survey(self, *, most_rows: int) -> tuple[Worksheet, ...]:
        """The worksheets among which the customers may be, with their first rows: the one that the source names, else all
        that are not hidden. Raises what `read` raises where that can't be told.
        """
        ...


class Source(Protocol):
    """Where a table lives: frozen settings that can be opened."""

    @property
    def name(self) -> str:
        """What people call it (a file's name)."""
        ...

    @property
    def identity(self) -> str:
        """What the journal calls it: the same for the same table on every run."""
        ...

    def open(self, *, readonly: bool = False) -> AbstractContextManager[Sheet]:
        """Opens it. Raises NotReachable where somebody else has it open, Refused where it never can be."""
        ...
