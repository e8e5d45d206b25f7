"""What was told about a source's unattended runs, and when: a small file of its own, since a failure may be the journal's."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# A failure that lasts is told again after a day. Somewhat less, since the next night's run may fail some minutes earlier than this one.
AGAIN = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Notices:
    """What is known of a source's unattended runs. Every moment is aware of its time zone.

    `failing_since`, `code` and `sentence` are of a failure that lasts, `told` is when somebody was last told of it. `unsent_since`,
    `unsent` and `why` say how many messages could not be sent. `last_run` is the newest unattended run, whatever came of it.
    """

    last_run: datetime | None = None
    failing_since: datetime | None = None
    code: int = 0
    sentence: str = ""
    told: datetime | None = None
    unsent_since: datetime | None = None
    unsent: int = 0
    why: str = ""

    def failed(self, now: datetime, code: int, sentence: str) -> Notices:
        """With a failure; one of another kind is a new one to tell of, in a row of failures that began with the first."""
        told = self.told if self.failing_since is not None and code == self.code else None
        return replace(self, last_run=now, failing_since=self.failing_since or now, code=code, sentence=sentence, told=told)

    def to_be_told(self, now: datetime) -> bool:
        """Whether the failure has to be told now: it never was, a day ago, or at a time that by the clock has not come yet."""
        return self.failing_since is not None and (self.told is None or not timedelta(0) <= now - self.told < AGAIN)

    def succeeded(self, now: datetime) -> Notices:
        """With a success: no failure lasts."""
        return replace(self, last_run=now, failing_since=None, code=0, sentence="", told=None)

    def sent(self) -> Notices:
        """With a message that reached everybody."""
        return replace(self, unsent_since=None, unsent=0, why="")

    def not_sent(self, now: datetime, why: str) -> Notices:
        """With one more message that did not reach everybody."""
        return replace(self, unsent_since=self.unsent_since or now, unsent=self.unsent + 1, why=why)


def read_notices(path: Path) -> Notices:
    """The notices in that file. A missing, damaged or strange one says nothing."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        values: dict[str, Any] = {}
        for field in fields(Notices):
            value: Any = raw.get(field.name)
            usual: Any = field.default
            if usual is None:
                moment = None if value is None else datetime.fromisoformat(value)
                values[field.name] = moment if moment is None or moment.tzinfo is not None else None
            else:
                values[field.name] = value if type(value) is type(usual) else usual
        return Notices(**values)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return Notices()


def write_notices(path: Path, notices: Notices) -> None:
    """Keeps the notices: the whole file or the one that was there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".notices-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(notices), file, default=datetime.isoformat, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
