"""Every failure an owner can meet: what happened, what to do next, and the exit code."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a run ends with; the nightly job decides by it whether to try again."""

    DONE = 0
    BUG = 1
    SETTINGS = 2
    NOT_REACHABLE = 3
    TABLE_CHANGED = 4
    GUARD = 5
    REFUSED = 6
    CHECK_FAILED = 7
    INTERRUPTED = 130


class SheetsyncError(Exception):
    """A failure with a sentence for the owner, a remedy and an exit code. Never prints."""

    code = ExitCode.BUG

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


class SettingsError(SheetsyncError):
    """A wrong option, setting, playbook or worksheet name."""

    code = ExitCode.SETTINGS


class NotReachable(SheetsyncError):
    """The source can't be reached now; trying again later may well work."""

    code = ExitCode.NOT_REACHABLE


class AlreadyRunning(NotReachable):
    """Another unattended run is at work on the same source."""


class TableChanged(SheetsyncError):
    """The table is no longer what was read."""

    code = ExitCode.TABLE_CHANGED


class GuardRefused(SheetsyncError):
    """The run would be surprising; --force lets it through."""

    code = ExitCode.GUARD


class Refused(SheetsyncError):
    """Refused for good: permission, missing file, not a workbook, nothing safe to write."""

    code = ExitCode.REFUSED
