"""The agent of a Mac, held to launchd.plist(5), and the exact launchctl commands."""

from __future__ import annotations

import plistlib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from sheetsync.errors import Refused
from sheetsync.schedule.launchd import Launchd
from sheetsync.schedule.programs import Ran
from tests.schedule.recorder import AWKWARD, Recorder, entry

NAME = "sheetsync-my-customers-0a1b2c3d"
PRINT = ("launchctl", "print", f"gui/501/{NAME}")
ABSENT = Ran(113, b"", 'Could not find service "x" in domain for user gui: 501')
# launchd.plist(5): the keys that are used, and what each has to be.
KEYS: dict[str, type] = {
    "Label": str, "ProgramArguments": list, "EnvironmentVariables": dict, "StartCalendarInterval": list, "RunAtLoad": bool,
    "ProcessType": str,
}


def agent(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = plistlib.loads((tmp_path / "agents" / f"{NAME}.plist").read_bytes(), fmt=plistlib.FMT_XML)
    return found


def launchd(tmp_path: Path, programs: Recorder) -> Launchd:
    return Launchd(programs, tmp_path / "agents", "gui/501")


def test_the_agent_keeps_to_the_manual(tmp_path: Path) -> None:
    mine = entry(environment={"SHEETSYNC_STATE_DIR": "/Users/Łoś & Co/<state>"})
    launchd(tmp_path, Recorder({PRINT: ABSENT})).install(mine)
    found = agent(tmp_path)
    for key, value in found.items():
        assert isinstance(value, KEYS[key]), key
    assert found["Label"] == NAME, "the label is the file's name, as launchd wants it"
    assert found["ProgramArguments"] == [*mine.program, *mine.arguments], "awkward names arrive as they are"
    assert found["EnvironmentVariables"] == {"SHEETSYNC_STATE_DIR": "/Users/Łoś & Co/<state>"}
    assert found["StartCalendarInterval"] == [{"Hour": 2, "Minute": 30}, {"Hour": 3, "Minute": 30}]
    assert found["ProcessType"] in ("Background", "Standard", "Adaptive", "Interactive")
    assert found["RunAtLoad"] is True, "after a night without power it runs at the next sign-in; --if-due knows whether it has to"
    assert "EnvironmentVariables" not in _installed_without_environment(tmp_path)


def _installed_without_environment(tmp_path: Path) -> dict[str, Any]:
    launchd(tmp_path, Recorder({PRINT: ABSENT})).install(entry())
    return agent(tmp_path)


def test_install_loads_it_and_again_replaces_it(tmp_path: Path) -> None:
    programs = Recorder({PRINT: ABSENT})
    mine = launchd(tmp_path, programs)
    mine.install(entry())
    path = str(tmp_path / "agents" / f"{NAME}.plist")
    load = [("launchctl", "enable", f"gui/501/{NAME}"), ("launchctl", "bootstrap", "gui/501", path)]
    assert programs.calls == [PRINT, *load]
    programs.calls, programs.answers = [], {}
    mine.install(entry(at=time(23, 15)))
    assert programs.calls == [PRINT, ("launchctl", "bootout", f"gui/501/{NAME}"), *load]
    assert agent(tmp_path)["StartCalendarInterval"] == [{"Hour": 23, "Minute": 15}, {"Hour": 0, "Minute": 15}]


def test_remove_unloads_and_deletes_ours_only(tmp_path: Path) -> None:
    programs = Recorder()
    mine = launchd(tmp_path, programs)
    mine.install(entry())
    mine.install(entry("/b.xlsx", name="sheetsync-b-1"))
    (tmp_path / "agents" / "com.example.backup.plist").write_text("<plist/>")
    programs.calls = []
    assert mine.remove(NAME)
    assert programs.calls == [PRINT, ("launchctl", "bootout", f"gui/501/{NAME}")]
    assert sorted(path.name for path in (tmp_path / "agents").iterdir()) == ["com.example.backup.plist", "sheetsync-b-1.plist"]
    programs.calls = []
    assert not mine.remove(NAME)
    assert programs.calls == []


def test_status_is_what_launchd_says(tmp_path: Path) -> None:
    programs = Recorder({PRINT: Ran(0, b"gui/501/x = {\n\tstate = not running\n\truns = 3\n\tlast exit code = 5\n}\n", "")})
    mine = launchd(tmp_path, programs)
    mine.install(entry())
    [found] = mine.entries()
    assert (found.source, found.at, found.first, found.fault, found.last_result) == (AWKWARD, time(2, 30), date(2026, 11, 26), "", 5)
    programs.answers = {PRINT: Ran(0, b"\tlast exit code = (never exited)\n", "")}
    assert [found.last_result for found in mine.entries()] == [None]
    programs.answers = {PRINT: ABSENT}
    assert [found.fault for found in mine.entries()] == ["launchd has not loaded it. Install it again."]


@pytest.mark.parametrize(
    "content", [b"", b"no plist", b"<plist><dict/></plist>", b"<plist><array/></plist>", b"\xff\xfe\x00", b"<plist><di"])
def test_an_agent_changed_beyond_reading_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "sheetsync-a-1.plist").write_bytes(content)
    assert [(found.name, found.at) for found in launchd(tmp_path, Recorder()).entries()] == [("sheetsync-a-1", None)]


def test_launchctls_own_words_are_told(tmp_path: Path) -> None:
    programs = Recorder({PRINT: ABSENT, ("launchctl", "bootstrap"): Ran(125, b"", "Bootstrap failed: 125: Domain does not support it")})
    with pytest.raises(Refused, match="launchctl bootstrap gui/501 failed: Bootstrap failed: 125"):
        launchd(tmp_path, programs).install(entry())


def test_an_old_agent_that_goes_late_is_waited_for(tmp_path: Path) -> None:
    codes = [37, 5, 0]
    waited: list[float] = []
    programs = Recorder({
        PRINT: Ran(0, b"", ""), ("launchctl", "bootout"): Ran(36, b"", "Boot-out failed: 36: Operation now in progress"),
        ("launchctl", "bootstrap"): lambda given: Ran(codes.pop(0), b"", "Bootstrap failed: 5: Input/output error")})
    Launchd(programs, tmp_path / "agents", "gui/501", waited.append).install(entry())
    assert (codes, waited) == ([], [0.5, 1.0])
    codes = [5] * 4
    with pytest.raises(Refused, match="Bootstrap failed: 5"):
        Launchd(programs, tmp_path / "agents", "gui/501", waited.append).install(entry())
    assert codes == []
    programs.answers["launchctl", "bootout"] = Ran(1, b"", "Boot-out failed: 1: Operation not permitted")
    with pytest.raises(Refused, match="Operation not permitted"):
        Launchd(programs, tmp_path / "agents", "gui/501", waited.append).install(entry())


def test_a_folder_that_macos_guards_is_told(tmp_path: Path) -> None:
    programs = Recorder({PRINT: ABSENT})
    [note] = launchd(tmp_path, programs).install(entry("/Users/susan/Documents/customers.xlsx"))
    assert "Full Disk Access" in note
    assert launchd(tmp_path, programs).install(entry("/Users/susan/customers.xlsx")) == ()
