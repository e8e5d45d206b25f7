"""Reads a workflow as GitHub does."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML

Workflow = dict[str, Any]


def load(text: str) -> Workflow:
    """The workflow; in YAML 1.2, in which the key `on` is a word."""
    found: Workflow = YAML(typ="safe").load(io.StringIO(text))
    return found
