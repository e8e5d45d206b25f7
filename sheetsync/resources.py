"""Finds templates and examples, in an installed wheel or in a checkout."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sheetsync.errors import SettingsError


def _folder(name: str) -> Path:
    """A folder that ships beside the package: inside it in a wheel (force-include), above it in a checkout."""
    installed = Path(str(resources.files("sheetsync"))) / "_shipped" / name
    if installed.is_dir():
        return installed
    return Path(str(resources.files("sheetsync"))).parent / name


def playbooks() -> dict[str, Path]:
    """The shipped playbooks: name → playbook.toml."""
    folder = _folder("templates")
    return {path.parent.name: path for path in sorted(folder.glob("*/playbook.toml"))}


def example(name: str) -> Path:
    """The folder of a shipped example. Raises SettingsError where this installation lacks it."""
    folder = _folder("examples") / name
    if not folder.is_dir():
        raise SettingsError(f"The example {name} is missing from this installation.", "Install sheetsync again.")
    return folder


def schedule_template(name: str) -> str:
    """The text of a file of templates/schedule/. Raises SettingsError where this installation lacks it."""
    path = _folder("templates") / "schedule" / name
    if not path.is_file():
        raise SettingsError(f"The schedule's template {name} is missing from this installation.", "Install sheetsync again.")
    return path.read_text("utf-8")
