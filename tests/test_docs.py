"""The README keeps its word: its commands, options and settings exist, and every one that exists is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetsync.cli import app
from sheetsync.core.model import STATUS_COLUMNS, STATUSES
from sheetsync.errors import ExitCode
from sheetsync.resources import playbooks
from tests import settings_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    "demo", "init", "sync", "check", "fix", "today", "draft", "report", "playbook list", "playbook show", "playbook check", "undo",
    "history", "login", "doctor", "schedule install", "schedule status", "schedule remove",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_in_the_readme_and_has_an_example(command: str) -> None:
    text = CliRunner().invoke(app, [*command.split(), "--help"]).output
    assert f"sheetsync {command}" in README
    assert "Example: sheetsync " in text
    for option in re.findall(r"--[a-z-]+", text):
        assert option == "--help" or f"`{option}" in README, option


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for command in re.findall(r"^(?:\.venv/bin/)?sheetsync ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^  {command}\s", text, re.MULTILINE), command


def test_the_table_of_settings_is_that_of_the_models() -> None:
    assert settings_table.in_readme() == settings_table.table(), "write it anew: python -m tests.settings_table"


def test_every_exit_code_status_and_playbook_is_in_the_readme() -> None:
    for code in ExitCode:
        assert re.search(rf"^\| {code.value} \|", README, re.MULTILINE), code
    for word in (*STATUSES, *STATUS_COLUMNS, *playbooks()):
        assert word in README, word


def test_ci_runs_exactly_the_readme_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert [command.rsplit("/", 1)[1] for command in commands] == ["sheetsync demo", "pytest"]
    assert "grep -m1 'sheetsync demo$' README.md" in script
    assert "grep -m1 'bin/pytest$' README.md" in script


def test_nothing_at_the_top_but_what_belongs_there() -> None:
    fixed = {"pyproject.toml", "sheetsync", "templates", "examples", "tests", "README.md", ".ci", ".gitignore", "LICENSE"}
    assert fixed <= {path.name for path in ROOT.iterdir()}
