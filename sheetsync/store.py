"""The journal's file: SQLite in the state folder, brought to the newest version at each opening."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sheetsync.errors import NotReachable, Refused
from sheetsync.schema import migrate


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The journal's file in one folder. Every method raises NotReachable where the folder can't be read or written."""

    def __init__(self, folder: Path, version: str, now: Callable[[], datetime] = _now) -> None:
        self.path = folder / "journal.sqlite3"
        self.version = version
        self._now = now

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction. What is deleted in it is overwritten in the file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                migrate(connection, self.path)
                connection.execute("PRAGMA secure_delete = ON")
                with connection:
                    yield connection
            finally:
                connection.close()
        except (sqlite3.OperationalError, OSError) as error:
            raise NotReachable(
                f"The journal {self.path} can't be written ({error}); without it nothing could be undone, so nothing was written.",
                "Free some space or mend the folder's permissions, or name another one in SHEETSYNC_STATE_DIR.",
            ) from None
        except sqlite3.DatabaseError as error:
            raise Refused(f"The journal {self.path} is damaged ({error}).",
                          "Move it elsewhere; sheetsync then starts a new one.") from None

    def stamp(self) -> str:
        """The time now, as it is recorded."""
        return self._now().astimezone(UTC).isoformat(timespec="seconds")
