"""Fills in the templates of templates/schedule/, each with the quoting that its scheduler wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, StrictUndefined

from sheetsync import resources
from sheetsync.errors import Refused


def render(template: str, **values: Any) -> str:
    """A template filled in. In XML everything is escaped; elsewhere by the filters that the template names."""
    environment = Environment(
        autoescape=".plist" in template or ".xml" in template, undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True,
        lstrip_blocks=True)
    environment.filters |= {
        "systemd": systemd_word, "systemd_program": systemd_program, "systemd_text": systemd_text,
        "cron": cron_word, "windows": windows_line,
    }
    return environment.from_string(resources.schedule_template(template)).render(**values)


def systemd_text(text: str) -> str:
    """A text in which systemd expands specifiers (systemd.unit(5))."""
    return text.replace("%", "%%")


def systemd_program(text: str) -> str:
    """A quoted word in which systemd does not expand variables: the program itself, and Environment= (systemd.syntax(7))."""
    return '"' + systemd_text(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def systemd_word(text: str) -> str:
    """A quoted argument of ExecStart=, where "$" begins a variable (systemd.service(5), Command lines)."""
    return systemd_program(text).replace("$", "$$")


def cron_word(text: str) -> str:
    """A word for the shell, with every "%" escaped, which ends a cron line (crontab(5)). Raises Refused for a backslash,
    which crons take differently.
    """
    import shlex

    if "\\" in text:
        raise Refused(f"{text} holds a backslash, which cron can't be relied on to keep.", "Rename the file or folder.")
    return shlex.quote(text).replace("%", "\\%")


def windows_line(words: Sequence[str]) -> str:
    """Arguments as one text that a Windows program takes apart again into the same ones."""
    import subprocess

    return subprocess.list2cmdline(words)
