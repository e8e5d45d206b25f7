"""What init is about: the owner's list or a workbook to be made, and the settings file beside it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsync.cli.options import terminal_width

if TYPE_CHECKING:
    from sheetsync.config import Settings

STARTER = "customers.xlsx"


@dataclass(frozen=True, slots=True)
class Place:
    """What init is about: a link or a workbook (which need not exist), and the settings file with what it says now."""

    target: str
    path: Path | None  # of the workbook; None for a link
    settings: Path
    before: str | None

    @property
    def exists(self) -> bool:
        return self.path is None or self.path.exists() or self.path.suffix.lower() != ".xlsx"

    @property
    def source(self) -> str:
        """The source as the settings file says it: a link, or the workbook from the file's own folder."""
        if self.path is None:
            return self.target
        try:
            return self.path.resolve().relative_to(self.settings.resolve().parent).as_posix()
        except ValueError:
            return str(self.path.resolve())


def find_place(workbook: str | None, config: Path | None, *, asks: bool) -> Place:
    """Which list is meant, and where its settings belong. Raises SettingsError or Refused where that can't be."""
    from sheetsync.config import find_settings, is_link, load_settings
    from sheetsync.errors import Refused, SettingsError

    if config is None and (named := os.environ.get("SHEETSYNC_CONFIG")):
        config = Path(named).expanduser()
    target = workbook
    if target is None and (config is None or config.is_file()) and (found := find_settings(None, config)) is not None:
        target = load_settings(found).source
        config = _shown_path(found) if target is not None else config
    if target is None:
        target = _which_workbook() if asks else STARTER
        if target == STARTER and Path(STARTER).exists():
            raise SettingsError(f"{STARTER} is there already, and no starter workbook takes its place.",
                                f"To set it up: sheetsync init {STARTER}. For a starter of another name: sheetsync init new.xlsx")
    path = None if is_link(target) else Path(target).expanduser()
    settings = config or _settings_of(target, path)
    if settings.is_dir() or not settings.absolute().parent.is_dir():
        why = "it is a folder" if settings.is_dir() else "its folder does not exist"
        raise Refused(f"{settings} can't be the settings file: {why}.",
                      "Name another one with --config, or make the folder.")
    if not settings.exists() and not os.access(settings.absolute().parent, os.W_OK):
        raise Refused(f"{settings} can't be written: its folder takes no new files.",
                      "Copy the workbook into a folder of your own, or name another settings file with --config.")
    return Place(target, path, settings, _read(settings) if settings.exists() else None)


def _settings_of(target: str, path: Path | None) -> Path:
    """The settings file of a list: the one there is (here, or in a folder above), else beside the workbook, as a sync looks for it."""
    from sheetsync.config import FILE_NAME, find_settings, load_settings

    folder = Path() if path is None else path.resolve().parent if path.is_symlink() else path.parent
    beside = folder / FILE_NAME
    found = None if beside.exists() else find_settings(path, None)
    named = None if found is None else load_settings(found).source
    if found is None or named is None:
        return beside
    return _shown_path(found) if named == target or (path is not None and Path(named).resolve() == path.resolve()) else beside


def _shown_path(path: Path) -> Path:
    """The path as people say it: from the current folder, where it lies in it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _read(path: Path) -> str:
    from sheetsync.config import load_settings

    load_settings(path)  # raises what is wrong with it
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def _which_workbook() -> str:
    """The workbook in this folder that the owner means, or the name of the starter."""
    from sheetsync.cli.ask import choose

    here = sorted(path.name for path in Path().glob("*.xls[xm]") if not path.name.startswith("~$"))
    if not here:
        return STARTER
    new = STARTER if STARTER not in here else next(name for n in range(2, 99) if (name := f"customers-{n}.xlsx") not in here)
    which = choose("Which is your list?", [*here, f"None of them: make a new one, {new}"], default=0)
    return new if which is None or which == len(here) else here[which]


@dataclass(slots=True)
class Asked:
    """What the options come to. `asks`: somebody is there to answer. `writes`: else it is only shown what would be written."""

    place: Place
    sheet: str | None
    playbook: str | None
    day: date | None
    asks: bool
    writes: bool
    quiet: bool

    def tell(self, *lines: str) -> None:
        """Lines for a person."""
        from sheetsync.deliver import to_terminal

        if not self.quiet:
            to_terminal("\n".join(lines))

    def told(self) -> Mapping[str, Any]:
        """What the settings file says now."""
        from sheetsync.settings_file import told

        return {} if self.place.before is None else told(self.place.before)

    def which_playbook(self) -> str:
        """The playbook by name or path as the settings are to say it: as asked, as they say, as answered, else the default."""
        from sheetsync.cli.ask import choose
        from sheetsync.config import DEFAULT_PLAYBOOK, load_playbook
        from sheetsync.resources import playbooks

        if self.playbook is not None:
            load_playbook(self.playbook)  # raises for one that there isn't, with the nearest
            if self.playbook in playbooks():
                return self.playbook
            folder = self.place.settings.absolute().parent
            return Path(os.path.relpath(Path(self.playbook).expanduser().absolute(), folder)).as_posix()
        named = self.told().get("playbook")
        if named is None and self.asks:
            names = list(playbooks())
            options = [f"{load_playbook(name).title} ({name}): {_KINDS.get(name, '')}".removesuffix(": ") for name in names]
            self.tell("Which kind of business is it?")
            named = names[choose("Number", options, default=names.index(DEFAULT_PLAYBOOK)) or 0]
        return named or DEFAULT_PLAYBOOK

    def settings(self, playbook: str) -> Settings:
        """The settings as they are now, with that playbook."""
        from sheetsync.config import load_settings
        from sheetsync.resources import playbooks

        path = self.place.settings if self.place.before is not None else None
        if playbook == self.told().get("playbook"):
            return load_settings(path)
        return load_settings(path, playbook=playbook if playbook in playbooks() else str(self.place.settings.absolute().parent / playbook))


_KINDS = {
    "home-business": "complaints, promises, requests, bills, keeping in touch",
    "direct-sales": "reorders, parties and their hostesses, a team",
    "consulting": "few clients, deliverables, retainers, contracts",
    "services": "appointments, seasons, estimates",
    "minimal": "a name, the last contact, one cadence",
}


def check_same_list(asked: Asked) -> None:
    """Raises SettingsError where the settings file is about another list: its settings would get lost."""
    from sheetsync.config import is_link, load_settings, open_source
    from sheetsync.errors import SettingsError

    place = asked.place
    if place.before is None or (named := load_settings(place.settings).source) is None or named == place.target:
        return
    there = load_settings(place.settings)
    same = is_link(named) == (place.path is None)
    if same and place.path is not None:
        same = Path(named).resolve() == place.path.resolve()
    elif same:
        same = open_source(named, there).identity == open_source(place.target, there).identity
    if not same:
        raise SettingsError(f"{place.settings} holds the settings of another list ({Path(named).name if not is_link(named) else named}).",
                            "Keep each list in a folder of its own, or name another settings file with --config.")


def write_settings(place: Place, text: str) -> Path | None:
    """Writes the settings file; the old one is kept beside it. Returns where. Raises SettingsError where it was edited meanwhile."""
    from sheetsync.deliver import to_file, to_new_file
    from sheetsync.errors import SettingsError

    now = _read(place.settings) if place.settings.exists() else None
    if now != place.before:
        raise SettingsError(f"{place.settings} was edited meanwhile; nothing was written.", "Run again.")
    backup = None
    if now is not None:
        names = (place.settings.with_name(f"{place.settings.name}.old{n or ''}") for n in range(1000))
        backup = next(path for path in names if not path.exists())
        to_new_file(now.encode("utf-8"), backup)
    to_file(text, place.settings)
    return backup


def next_command(place: Place) -> str:
    """The sync that reads these settings, as it is typed in the current folder."""
    from sheetsync.config import find_settings

    found = find_settings(None, None)
    if found is not None and found.resolve() == place.settings.resolve():
        return "sheetsync sync"
    beside = place.path is not None and place.path.resolve().parent / "sheetsync.toml" == place.settings.resolve()
    target = f" {_quoted(place.target)}" if beside else ""
    return f"sheetsync sync{target}" + ("" if beside else f" --config {_quoted(str(place.settings))}")


def with_yes(asked: Asked) -> list[str]:
    """What to type so that it is written."""
    from sheetsync.outputs.text import wrap

    words = ["sheetsync init"]
    if asked.place.target != STARTER or asked.place.exists:
        words.append(_quoted(asked.place.target))
    for option, value in (("--sheet", asked.sheet), ("--playbook", asked.playbook)):
        words += [option, _quoted(value)] if value is not None else []
    return wrap(f"To write it: {' '.join(words)} --yes, or run it in a terminal, which asks.", terminal_width())


def _quoted(text: str) -> str:
    return f'"{text}"' if os.name == "nt" and " " in text else text if os.name == "nt" else shlex.quote(text)


def to_json(found: Mapping[str, Any]) -> None:
    """Prints one object and nothing else."""
    from sheetsync.deliver import to_terminal

    to_terminal(json.dumps({"version": 1, **found}, ensure_ascii=False))
