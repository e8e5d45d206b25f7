"""Stands in for the operating system's programs: says what it is told to say, and keeps what was called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from sheetsync.schedule.entry import Entry
from sheetsync.schedule.programs import Programs, Ran

# What a path may hold that some scheduler takes for its own: blanks, quotes, percent signs, dollars, letters beyond ASCII, XML.
AWKWARD = "/home/Jürgen Łoś/Susan's \"best\" 100%h $HOME ${HOME} <a&b> #1; 顧客/my customers.xlsx"
DONE = Ran(0, b"", "")
Answers = dict[tuple[str, ...], Ran | Callable[[bytes | None], Ran]]


class Recorder(Programs):
    """`answers` maps the beginning of a command to what it ends with; anything else succeeds and says nothing."""

    def __init__(self, answers: Answers | None = None, *, cron_runs: bool = True) -> None:
        self.answers: Answers = answers or {}
        self.cron_runs = cron_runs
        self.calls: list[tuple[str, ...]] = []

    def has(self, name: str) -> bool:
        return True

    def running(self, *names: str) -> bool:
        return self.cron_runs

    def run(self, *command: str, given: bytes | None = None) -> Ran:
        self.calls.append(command)
        for start, answer in self.answers.items():
            if command[: len(start)] == start:
                return answer if isinstance(answer, Ran) else answer(given)
        return DONE


class Crontab(Recorder):
    """A crontab program that keeps its table here; None is no table."""

    def __init__(self, table: bytes | None = None, *, cron_runs: bool = True) -> None:
        super().__init__({("crontab", "-l"): self._list, ("crontab", "-"): self._write, ("crontab", "-r"): self._remove},
                         cron_runs=cron_runs)
        self.table = table
        self.writes = 0

    def _list(self, given: bytes | None) -> Ran:
        return Ran(1, b"", "no crontab for susan") if self.table is None else Ran(0, self.table, "")

    def _write(self, given: bytes | None) -> Ran:
        assert given is not None
        assert given.endswith(b"\n"), "cron refuses a last line without its end"
        self.table, self.writes = given, self.writes + 1
        return DONE

    def _remove(self, given: bytes | None) -> Ran:
        self.table, self.writes = None, self.writes + 1
        return DONE


def entry(
    source: str = AWKWARD, at: time = time(2, 30), *, name: str = "sheetsync-my-customers-0a1b2c3d", first: date = date(2026, 11, 26),
    options: tuple[str, ...] = (), environment: dict[str, str] | None = None, program: str = "/opt/my 100% python/bin/python3",
) -> Entry:
    return Entry(name, source, at, first, (program, "-P", "-m", "sheetsync"), options, environment or {})
