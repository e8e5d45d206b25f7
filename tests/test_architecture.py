"""Who may import whom (DESIGN.md section 4), read off the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sheetsync"

# What each part may see of sheetsync beside itself. "" is the package's own __init__ (the version).
MAY_SEE: dict[str, set[str]] = {
    "": {"config", "sync"},  # what the library offers, imported when it is asked for
    "errors": set(),
    "core": {"errors"},
    "playbook": {"core", "errors"},
    "checks": {"core", "errors"},
    "outputs": {"core", "errors"},
    "ahead": set(),
    "backends": {"ahead", "core", "errors"},
    "schema": {"errors"},
    "store": {"errors", "schema"},
    "records": {"ahead", "core"},
    "journal": {"core", "errors", "records", "store"},
    "forget": {"core", "errors", "journal", "records"},
    "settle": {"core", "errors", "journal"},
    "resources": {"errors"},
    "deliver": {"core", "errors"},
    "attempts": {"core", "errors"},
    "undo": {"attempts", "core", "errors", "journal"},
    "sync": {"attempts", "core", "errors", "journal", "playbook", "settle", "undo"},
    "config": {"", "backends", "checks", "core", "errors", "journal", "lookup", "playbook", "resources", "secret", "settings_spec"},
    "lookup": set(),
    "secret": set(),
    "notices": set(),
    "runlog": set(),
    "unattended": {"core", "errors", "notices", "runlog"},
    "settings_spec": {"checks", "core"},
    "repairs": {"attempts", "core", "errors", "journal"},
    "settings_file": {"errors"},
    "setup": {"core", "errors", "journal", "playbook", "sync"},
    "starter": {"core", "playbook"},
    "schedule": {"errors", "resources"},
    "cli": {
        "", "backends", "config", "core", "deliver", "errors", "forget", "journal", "outputs", "playbook", "repairs", "resources",
        "runlog", "schedule", "secret", "settings_file", "setup", "starter", "sync", "unattended",
    },
    "__main__": {"cli"},
}
PURE = ("core", "playbook", "checks", "outputs")
IMPURE_MODULES = {"os", "pathlib", "sqlite3", "socket", "subprocess", "shutil", "tempfile", "time", "urllib", "random", "locale"}


def part_of(module: str) -> str:
    """ "core" for "sheetsync.core.model"."""
    names = module.split(".")
    return names[1] if len(names) > 1 else ""


def imports() -> list[tuple[str, Path, str]]:
    """(part, file, imported module) for every import in the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        names = path.relative_to(PACKAGE.parent).with_suffix("").parts
        part = part_of(".".join(name for name in names if name != "__init__"))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found += [(part, path, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                module = node.module or ""
                if module == "sheetsync":  # from sheetsync import config: config is meant
                    found += [
                        (part, path, f"sheetsync.{alias.name}" if alias.name in MAY_SEE else "sheetsync") for alias in node.names
                    ]
                else:
                    found.append((part, path, module))
    return found


IMPORTS = imports()


def test_every_part_of_the_package_is_in_the_table() -> None:
    parts = {path.stem if path.suffix == ".py" else path.name for path in PACKAGE.iterdir()
             if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {"" if part == "__init__" else part for part in parts} == set(MAY_SEE)


@pytest.mark.parametrize("part", MAY_SEE)
def test_a_part_imports_only_what_it_may_see(part: str) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {module}"
        for mine, path, module in IMPORTS
        if mine == part and module.split(".")[0] == "sheetsync" and part_of(module) not in MAY_SEE[part] | {part}
    ]
    assert wrong == []


def test_the_kinds_of_backend_know_nothing_of_one_another() -> None:
    for _, path, module in IMPORTS:
        parts = path.relative_to(PACKAGE).parts
        if parts[0] == "backends" and len(parts) == 3:
            assert not module.startswith("sheetsync.backends.") or module.startswith(f"sheetsync.backends.{parts[1]}"), path


def test_pure_parts_touch_no_file_clock_or_network() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {module}"
        for part, path, module in IMPORTS
        if part in PURE and module.split(".")[0] in IMPURE_MODULES and module != "urllib.parse"  # percent-encoding is no I/O
    ]
    assert wrong == []


@pytest.mark.parametrize("call", ["today", "now", "utcnow"])
def test_pure_parts_ask_no_clock(call: str) -> None:
    for part in PURE:
        for path in sorted((PACKAGE / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                asks = (
                    isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == call
                    and isinstance(node.func.value, ast.Name) and node.func.value.id in ("date", "datetime")
                )
                assert not asks, f"{path} asks the clock"


def test_nothing_below_the_command_line_prints() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "cli" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                prints = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
                assert not prints, path


def test_no_module_is_named_after_nothing() -> None:
    assert not {"utils", "helpers", "manager", "common"} & {path.stem for path in PACKAGE.rglob("*.py")}
