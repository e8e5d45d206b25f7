"""The task of Windows, held to the Task Scheduler's schema, and the exact schtasks commands."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest
from lxml import etree

from sheetsync.errors import Refused
from sheetsync.schedule.programs import Ran
from sheetsync.schedule.windows import TaskScheduler
from tests.schedule.recorder import Recorder, entry

NAME = "sheetsync-my-customers-0a1b2c3d"
TASK = f"\\sheetsync\\{NAME}"
SOURCE = "C:\\Users\\Jürgen Łoś\\Susan's 100% & <best> #1\\my customers.xlsx"
PYTHON = "C:\\Program Files\\Python 3\\pythonw.exe"
BOOLEAN, DURATION, LOCAL_TIME = r"true|false", r"PT\d+[HM]", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
# learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema: for each element that is used, its children in the order that a
# sequence wants (an "all" takes any), or the pattern of its text.
SCHEMA: dict[str, tuple[str, ...] | str] = {
    "Task": ("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"),
    "RegistrationInfo": ("Author", "Description", "Documentation"), "Author": ".+", "Description": ".+", "Documentation": r"\[.*\]",
    "Triggers": ("CalendarTrigger", "CalendarTrigger"),  # up to 48
    "CalendarTrigger": ("Enabled", "StartBoundary", "ScheduleByDay"),  # the base type's sequence, then the schedule
    "StartBoundary": LOCAL_TIME, "ScheduleByDay": ("DaysInterval",), "DaysInterval": r"[1-9]\d*",
    "Principals": ("Principal",), "Principal": ("LogonType", "RunLevel"), "LogonType": "S4U|Password|InteractiveToken",
    "RunLevel": "LeastPrivilege|HighestAvailable",
    "Settings": ("MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "StartWhenAvailable",
                 "RunOnlyIfNetworkAvailable", "Enabled", "ExecutionTimeLimit"),
    "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting", "DisallowStartIfOnBatteries": BOOLEAN,
    "StopIfGoingOnBatteries": BOOLEAN, "StartWhenAvailable": BOOLEAN, "RunOnlyIfNetworkAvailable": BOOLEAN, "Enabled": BOOLEAN,
    "ExecutionTimeLimit": DURATION,
    "Actions": ("Exec",), "Exec": ("Command", "Arguments"), "Command": ".{1,260}", "Arguments": ".+",
}


class Windows(Recorder):
    """A schtasks that keeps what it is given: the XML of each task, as bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, bytes] = {}
        self.last_result = "267011"

    def run(self, *command: str, given: bytes | None = None) -> Ran:
        self.calls.append(command)
        assert command[0] == "schtasks"
        if command[1] == "/Create":
            assert command[2:5:2] == ("/TN", "/XML")
            self.tasks[command[3]] = Path(command[5]).read_bytes()
            return Ran(0, b"SUCCESS", "")
        name = command[3] if command[2] == "/TN" else None
        if name is None:
            rows = ["\\Microsoft\\Windows\\Defrag", *self.tasks, *self.tasks]  # a task is named once for each of its triggers
            return Ran(0, "".join(f'"{row}","26.11.2026 02:30:00","Bereit"\r\n' for row in rows).encode("cp850"), "")
        if name not in self.tasks:
            return Ran(1, b"", "FEHLER: Das System kann die angegebene Datei nicht finden.")
        if command[1] == "/Delete":
            del self.tasks[name]
        elif "/XML" in command:  # it says UTF-16, and writes the console's own encoding
            return Ran(0, self.tasks[name].decode("utf-16").encode("cp850", "replace"), "")
        elif "/V" in command:
            return Ran(0, f'"PC","{name}","26.11.2026 02:30:00","Bereit","Nur interaktiv","N/A","{self.last_result}"\r\n'.encode(), "")
        return Ran(0, b"", "")


def parsed(windows: Windows) -> etree._Element:
    return etree.fromstring(windows.tasks[TASK])


def installed(**options: object) -> Windows:
    windows = Windows()
    TaskScheduler(windows).install(entry(SOURCE, program=PYTHON, **options))  # type: ignore[arg-type]
    return windows


def local(element: etree._Element) -> str:
    name = etree.QName(element)
    assert name.namespace == "http://schemas.microsoft.com/windows/2004/02/mit/task"
    return name.localname


def test_the_task_keeps_to_the_schema() -> None:
    windows = installed()
    assert windows.tasks[TASK][:2] in (b"\xff\xfe", b"\xfe\xff"), "schtasks takes UTF-16 with its mark"
    root = parsed(windows)
    assert (local(root), root.get("version")) == ("Task", "1.3")
    for element in root.iter(etree.Element):
        rule = SCHEMA[local(element)]
        if isinstance(rule, tuple):
            assert tuple(map(local, element)) == rule
            assert not (element.text or "").strip()
        else:
            assert re.fullmatch(rule, element.text or ""), local(element)
            assert len(element) == 0
    [context] = [element.get("Context") for element in root.iter("{*}Actions")]
    assert [element.get("id") for element in root.iter("{*}Principal")] == [context]


def test_the_task_makes_up_for_a_missed_night_on_battery_too() -> None:
    root = parsed(installed())
    told = {local(element): element.text for element in root.iter(etree.Element)}
    assert told["StartWhenAvailable"] == "true"
    assert told["DisallowStartIfOnBatteries"] == told["StopIfGoingOnBatteries"] == "false"
    assert told["MultipleInstancesPolicy"] == "IgnoreNew"
    starts = [element.text for element in root.iter("{*}StartBoundary")]
    assert starts == ["2026-11-26T02:30:00", "2026-11-26T03:30:00"], "this computer's clock, so that it follows summer time"
    late = [element.text for element in parsed(installed(at=time(23, 30))).iter("{*}StartBoundary")]
    assert late == ["2026-11-26T23:30:00", "2026-11-27T00:30:00"]


def test_awkward_names_reach_the_program_as_they_are() -> None:
    mine = entry(SOURCE, program=PYTHON, options=("--sheet", 'The "best"', "--config", "C:\\with space\\"),
                 environment={"SHEETSYNC_STATE_DIR": "D:\\my state\\"})
    windows = Windows()
    TaskScheduler(windows).install(mine)
    [command] = [element.text for element in parsed(windows).iter("{*}Command")]
    [line] = [element.text or "" for element in parsed(windows).iter("{*}Arguments")]
    assert command == PYTHON
    assert taken_apart(line) == ["-P", "-m", "sheetsync", "SHEETSYNC_STATE_DIR=D:\\my state\\", *mine.arguments]


def taken_apart(line: str) -> list[str]:
    """A command line as Microsoft's C runtime takes it apart: 2n backslashes before a quote are n, one more makes it a plain quote."""
    words, word, quoted, place, begun = [], "", False, 0, False
    while place < len(line):
        if match := re.compile(r'(\\*)"').match(line, place):
            word += "\\" * (len(match[1]) // 2)
            if len(match[1]) % 2:
                word += '"'
            else:
                quoted = not quoted
            begun, place = True, match.end()
        elif line[place] in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun, place = "", False, place + 1
        else:
            word, begun, place = word + line[place], True, place + 1
    return [*words, word] if begun else words


def test_install_replaces_and_remove_takes_ours_only() -> None:
    windows = Windows()
    mine = TaskScheduler(windows)
    mine.install(entry(SOURCE, program=PYTHON))
    mine.install(entry("C:\\b.xlsx", name="sheetsync-b-1"))
    mine.install(entry(SOURCE, at=time(4, 0), program=PYTHON))
    assert sorted(windows.tasks) == ["\\sheetsync\\sheetsync-b-1", TASK]
    assert all(call[-1] == "/F" and call[1] == "/Create" for call in windows.calls)
    assert [Path(call[5]).exists() for call in windows.calls] == [False] * 3, "the XML is deleted again"
    windows.calls = []
    assert mine.remove(NAME)
    assert windows.calls == [("schtasks", "/Query", "/TN", TASK), ("schtasks", "/Delete", "/TN", TASK, "/F")]
    assert list(windows.tasks) == ["\\sheetsync\\sheetsync-b-1"]
    assert not mine.remove(NAME)


def test_status_is_what_windows_says_in_any_language() -> None:
    windows = installed()
    [found] = TaskScheduler(windows).entries()
    assert (found.name, found.source, found.at, found.first) == (NAME, SOURCE, time(2, 30), date(2026, 11, 26))
    assert (found.fault, found.last_result) == ("", None), "it has not run yet"
    windows.last_result = "5"
    assert [found.last_result for found in TaskScheduler(windows).entries()] == [5]
    off = windows.tasks[TASK].decode("utf-16").replace("<Enabled>true</Enabled>\n    <ExecutionTimeLimit>",
                                                       "<Enabled>false</Enabled>\n    <ExecutionTimeLimit>")
    windows.tasks[TASK] = off.encode("utf-16")
    assert [found.fault for found in TaskScheduler(windows).entries()] == ["The task is disabled. Install it again."]


def test_what_windows_would_replace_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OneDrive", "x")
    for source in ("C:\\%onedrive%\\a.xlsx", "C:\\100%ONEDRIVE%\\a.xlsx", "C:\\$(Arg0)\\a.xlsx"):
        windows = Windows()
        with pytest.raises(Refused, match="would replace"):
            TaskScheduler(windows).install(entry(source))
        assert windows.calls == []
    TaskScheduler(Windows()).install(entry("C:\\100% of %nothing%\\a.xlsx"))


def test_a_path_too_long_for_a_task_is_refused() -> None:
    with pytest.raises(Refused, match="too long"):
        TaskScheduler(Windows()).install(entry(program="C:\\" + "x" * 260))


def test_schtasks_own_words_are_told() -> None:
    programs = Recorder({("schtasks",): Ran(1, b"", "ERROR: Access is denied.")})
    with pytest.raises(Refused, match=r"schtasks /Create /TN failed: ERROR: Access is denied\."):
        TaskScheduler(programs).install(entry("C:\\a.xlsx"))


def test_a_windows_command_line_is_taken_apart_as_microsoft_says() -> None:
    assert taken_apart('a "b \\"c\\"" C:\\x\\ "C:\\y z\\\\" ""') == ["a", 'b "c"', "C:\\x\\", "C:\\y z\\", ""]
