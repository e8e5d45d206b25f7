"""A wrong setting, told with its place and the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sheetsync.core.nearest import did_you_mean

S = TypeVar("S", bound=BaseModel)


class Fault(ValueError):
    """A wrong setting: where it stands (keys from the top) and what is wrong, one sentence."""

    def __init__(self, path: tuple[str, ...], sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence
        self.remedy = remedy


def say_path(path: Iterable[str]) -> str:
    """Keys as TOML shows them: `[rules."Keep in touch"] due`."""
    keys = list(path)
    if len(keys) == 1:
        return keys[0]
    quoted = [key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"' for key in keys]
    table = 2 if len(keys) > 2 and keys[0] in ("rules", "quiet", "columns", "checks") else 1
    rest = quoted[table:]
    return f"[{'.'.join(quoted[:table])}]" + (f" {'.'.join(rest)}" if rest else "")


def validated(spec: type[S], raw: Mapping[str, Any]) -> S:
    """`raw` as `spec`. Raises Fault for the first thing that is wrong, with the nearest right word."""
    try:
        return spec.model_validate(raw)
    except ValidationError as error:
        raise _fault(spec, error.errors()[0]) from None


def _fault(spec: type[BaseModel], error: Any) -> Fault:
    path = tuple(str(part) for part in error["loc"] if not str(part).startswith(("function-", "list[", "str")))
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _known_keys(spec, path[:-1])
        return Fault(path, f'"{path[-1]}" is not a setting that exists.', did_you_mean(path[-1], known))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return Fault(path, f'"{_shown(error["input"])}" is not possible here; write a table of settings in {{ }} or under its own heading.')
    if kind == "missing":
        return Fault(path, f'"{path[-1]}" is missing.', "")
    if kind == "value_error":
        sentence = str(error["ctx"]["error"])
        return Fault(path, sentence if sentence.endswith(("?", ".")) else sentence + ".")
    if kind == "literal_error":
        expected = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return Fault(path, f'"{error["input"]}" is not possible here.', did_you_mean(str(error["input"]), expected))
    return Fault(path, f'"{_shown(error["input"])}": {error["msg"]}.')


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _known_keys(spec: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """The keys that a model takes at `path`."""
    current: Any = spec
    for part in path:
        fields = getattr(current, "model_fields", None)
        if fields is not None:
            info = next((f for name, f in fields.items() if part in (name, f.alias)), None)
            current = None if info is None else info.annotation
        else:
            arguments = getattr(current, "__args__", ())
            current = arguments[-1] if arguments else None
        while current is not None and not hasattr(current, "model_fields") and (inner := _models_in(current)):
            if "dict" in str(getattr(current, "__origin__", "")):
                break
            current = inner[0]
    fields = getattr(current, "model_fields", {})
    return [info.alias or name for name, info in fields.items()]


def _models_in(annotation: Any) -> list[Any]:
    return [a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")]
