"""Field masks: "sheets(properties.title,data/rowData)" as a tree, what it picks out, and what it overwrites."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
Mask = dict[str, "Mask | None"]  # None: everything below


class BadMask(Exception):
    """The mask can't be read; args: the sentence."""


def parse_mask(text: str) -> Mask | None:
    """The tree; None for "*". Paths are divided by commas, steps by dots or slashes, parentheses hold the rest of several paths."""
    reader = _Reader(text)
    mask = reader.paths()
    if reader.position != len(text):
        raise BadMask(f"Unexpected {text[reader.position]!r} at {reader.position} in the field mask {text!r}")
    return mask


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def paths(self) -> Mask | None:
        mask: Mask | None = {}
        while True:
            mask = merged(mask, self.path())
            if self.peek() != ",":
                return mask
            self.position += 1

    def path(self) -> Mask | None:
        name = self.name()
        if name == "*":
            return None
        if self.peek() in ("/", ".") and self.peek():
            self.position += 1
            return {name: self.path()}
        if self.peek() == "(":
            self.position += 1
            below = self.paths()
            if self.peek() != ")":
                raise BadMask(f"A parenthesis is not closed in the field mask {self.text!r}")
            self.position += 1
            return {name: below}
        return {name: None}

    def name(self) -> str:
        start = self.position
        while self.peek() and self.peek() not in ",/.()":
            self.position += 1
        name = self.text[start : self.position].strip()
        if not name:
            raise BadMask(f"A name is missing at {start} in the field mask {self.text!r}")
        return name


def merged(one: Mask | None, other: Mask | None) -> Mask | None:
    """What either picks."""
    if one is None or other is None:
        return None
    mask = dict(one)
    for name, below in other.items():
        mask[name] = merged(mask[name], below) if name in mask else below
    return mask


def project(value: Any, mask: Mask | None) -> Any:
    """The part of a response that the mask asks for. Messages stay, even where nothing of them is left."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [project(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: project(value[name], below) for name, below in mask.items() if name in value}
    return value


def overwrite(old: JSON, new: JSON, mask: Mask | None) -> JSON:
    """`old` with every masked field taken from `new`, and cleared where `new` has none. Neither argument is changed."""
    if mask is None:
        return dict(new)
    result = dict(old)
    for name, below in mask.items():
        if below is None or not isinstance(new.get(name, {}), dict) or not isinstance(old.get(name, {}), dict):
            value = new.get(name)
        else:
            value = overwrite(old.get(name, {}), new.get(name, {}), below) or None
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def wants(mask: Mask | None, *path: str) -> bool:
    """Whether anything at or below that path is asked for."""
    for name in path:
        if mask is None:
            return True
        if name not in mask:
            return False
        mask = mask[name]
    return True


def below(mask: Mask | None, *path: str) -> Mask | None:
    """The mask that holds below that path ({} where it is not asked for)."""
    for name in path:
        if mask is None:
            return None
        mask = mask.get(name, {})
    return mask
