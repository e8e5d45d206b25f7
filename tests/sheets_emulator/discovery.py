"""Google's own description of the Sheets API: which request is allowed, held by JSON Schema made from the discovery document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.sheets_emulator.masks import BadMask, Mask, parse_mask

JSON = dict[str, Any]

# The discovery document doesn't tell which fields exclude one another; the reference's "union field" boxes do.
# https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request and /cells, /other
ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    "AutoFillRequest": (("range", "sourceAndDestination"),),
    "AutoResizeDimensionsRequest": (("dimensions", "dataSourceSheetDimensions"),),
    "ColorStyle": (("rgbColor", "themeColor"),),
    "ConditionValue": (("relativeDate", "userEnteredValue"),),
    "ConditionalFormatRule": (("booleanRule", "gradientRule"),),
    "DataFilter": (("a1Range", "gridRange", "developerMetadataLookup"),),
    "ExtendedValue": (("boolValue", "errorValue", "formulaValue", "numberValue", "stringValue"),),
    "FilterSpec": (("columnIndex", "dataSourceColumnReference"),),
    "FindReplaceRequest": (("range", "sheetId", "allSheets"),),
    "PasteDataRequest": (("delimiter", "html"),),
    "ProtectedRange": (("range", "namedRangeId", "tableId"),),
    "SortSpec": (("dimensionIndex", "dataSourceColumnReference"),),
    "UpdateCellsRequest": (("range", "start"),),
    "UpdateDimensionPropertiesRequest": (("range", "dataSourceSheetRange"),),
}
# Requests whose mask is about another message than the one they are.
MASKED: dict[str, str] = {
    "AppendCellsRequest": "CellData", "RepeatCellRequest": "CellData", "UpdateCellsRequest": "CellData",
    "UpdateDimensionPropertiesRequest": "DimensionProperties", "UpdateNamedRangeRequest": "NamedRange",
    "UpdateProtectedRangeRequest": "ProtectedRange", "UpdateSheetPropertiesRequest": "SheetProperties",
    "UpdateSpreadsheetPropertiesRequest": "SpreadsheetProperties", "UpdateTableRequest": "Table",
}
MANY = 20  # longer lists are checked once a shape


class Violation(Exception):
    """The request is none that Google's description allows; args: what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the description allows: the method's id and what its parameters say."""

    method: str  # "sheets.spreadsheets.get"
    path: dict[str, str]
    query: JSON  # "ranges" is a list, booleans are booleans
    mask: Mask | None
    scopes: tuple[str, ...]
    masked: bool


@cache
def document() -> JSON:
    """The discovery document that google-api-python-client ships."""
    text = files("googleapiclient").joinpath("discovery_cache/documents/sheets.v4.json").read_text("utf-8")
    found: JSON = json.loads(text)
    return found


@cache
def methods() -> tuple[tuple[str, re.Pattern[str], JSON], ...]:
    """(HTTP method, pattern of the path, description) of every method."""
    found: list[tuple[str, re.Pattern[str], JSON]] = []

    def walk(resource: JSON) -> None:
        for method in resource.get("methods", {}).values():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/:]+)", re.escape(method["flatPath"]))
            pattern = pattern.replace("(?P<range>[^/:]+)", "(?P<range>[^/]+?)")
            found.append((method["httpMethod"], re.compile("/" + pattern), method))
        for inner in resource.get("resources", {}).values():
            walk(inner)

    walk({"resources": document()["resources"]})
    return tuple(found)


@cache
def validator(name: str) -> Draft202012Validator:
    """Checks a message of that name: no unknown fields, types, int32, enums."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": {key: _schema(value) for key, value in document()["schemas"].items()}}
    return Draft202012Validator(schema)


def _schema(node: JSON) -> JSON:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    kind = node.get("type")
    if kind == "array":
        return {"type": "array", "items": _schema(node["items"])}
    if kind == "object":
        if "properties" not in node:
            return {"type": "object", "additionalProperties": _schema(node.get("additionalProperties", {"type": "any"}))}
        fields = {name: _schema(value) for name, value in node["properties"].items()}
        return {"type": "object", "properties": fields, "additionalProperties": False}
    if kind == "any" or kind is None:
        return {}
    found: JSON = {"type": kind}
    if node.get("enum"):
        found["enum"] = node["enum"]
    if node.get("format") == "int32":
        found |= {"minimum": -(2**31), "maximum": 2**31 - 1}
    return found


def without_nulls(value: Any) -> Any:
    """A message without its nulls: in JSON a null field is an unset one. Nulls in lists stay, as they mean something in values."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def check(method: str, path: str, query: list[tuple[str, str]], body: Any) -> Call:
    """What the request means; raises Violation where the description doesn't allow it. path is as it was sent, body without nulls."""
    description, parameters = match(method, path)
    options = _query(description, query)
    mask: Mask | None = None
    if "fields" in options:
        mask = _mask(options["fields"], description["response"]["$ref"], "fields")
    expected = description.get("request")
    if expected is None and body is not None:
        raise Violation(f"{description['id']} takes no body")
    if expected is not None and body is not None:
        check_message(body, expected["$ref"])
    scopes = tuple(scope.rpartition("/")[2] for scope in description["scopes"])
    return Call(description["id"], parameters, options, mask, scopes, "fields" in options)


def match(method: str, path: str) -> tuple[JSON, dict[str, str]]:
    """The method's description and its path parameters."""
    hits = [(description, {name: unquote(text) for name, text in hit.groupdict().items()}) for verb, pattern, description in methods()
            if verb == method and (hit := pattern.fullmatch(path))]
    if not hits:
        raise Violation(f"No method of the Sheets API is {method} {path}")
    # ".../values/A1:clear" fits both the range "A1:clear" and the method "clear": the one with the longer fixed part is meant.
    return max(hits, key=lambda hit: len(re.sub(r"\{\w+\}", "", hit[0]["flatPath"])))


def _query(description: JSON, query: list[tuple[str, str]]) -> JSON:
    known = {**document()["parameters"], **description["parameters"]}
    found: JSON = {}
    for name, text in query:
        rule = known.get(name)
        if rule is None or rule.get("location") != "query":
            raise Violation(f"{description['id']} has no query parameter {name!r}")
        value: Any = text
        if rule["type"] == "boolean":
            if text.lower() not in ("true", "false"):
                raise Violation(f"The query parameter {name} is {text!r}, no boolean")
            value = text.lower() == "true"
        if rule.get("enum") and text not in rule["enum"]:
            raise Violation(f"The query parameter {name} is {text!r}, none of {', '.join(rule['enum'])}")
        if rule.get("repeated"):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Violation(f"The query parameter {name} is given twice")
        else:
            found[name] = value
    return found


def check_message(body: Any, name: str) -> None:
    """Raises Violation where the body is no message of that name."""
    thin = distinct(body)
    errors = list(validator(name).iter_errors(thin))
    if errors:
        worst = best_match(errors)
        raise Violation(f"{name}{worst.json_path.removeprefix('$')}: {worst.message[:300]}")
    _walk(thin, {"$ref": name}, name)


def distinct(value: Any, name: str = "") -> Any:
    """The value with long lists cut down to one item of every shape: whether it is valid depends on nothing else."""
    if isinstance(value, dict):
        return {key: distinct(item, key) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) < MANY or name == "requests":
            return [distinct(item, name) for item in value]
        shapes: dict[Any, Any] = {}
        for item in value:
            shapes.setdefault(_shape(item), item)
        return [distinct(item, name) for item in shapes.values()]
    return value


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _shape(item)) for key, item in value.items())
    if isinstance(value, list):
        return ("list", *dict.fromkeys(_shape(item) for item in value))
    if isinstance(value, str):
        return value if value.isupper() else str  # names of enums are upper case, and masks stand in requests, which are never cut
    if isinstance(value, int) and not isinstance(value, bool):
        return int if -(2**31) <= value < 2**31 else value
    return type(value)


def _walk(value: Any, node: JSON, where: str) -> None:
    """Fields that exclude one another, and masks, all through a message that fits its schema."""
    if node.get("type") == "array" and isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, node["items"], f"{where}[{index}]")
        return
    name = node.get("$ref")
    if name is None or not isinstance(value, dict):
        return
    schema = document()["schemas"][name]
    if name == "Request" and len(value) != 1:
        raise Violation(f"{where}: exactly one kind of request must be set, not {len(value)} ({', '.join(value) or 'none'})")
    for group in ONE_OF.get(name, ()):
        given = [field for field in group if field in value]
        if len(given) > 1:
            raise Violation(f"{where}: only one of {', '.join(given)} may be set")
    if name in MASKED and value.get("fields"):  # an empty mask fits the schema; the service refuses it
        _mask(value["fields"], MASKED[name], f"{where}.fields")
    for field, item in value.items():
        _walk(item, schema["properties"][field], f"{where}.{field}")


def _mask(text: str, name: str, where: str) -> Mask | None:
    try:
        mask = parse_mask(text)
    except BadMask as error:
        raise Violation(f"{where}: {error}") from None
    check_mask(mask, {"$ref": name}, where, "")
    return mask


def check_mask(mask: Mask | None, node: JSON, where: str, path: str) -> None:
    """Raises Violation where a mask names a field that the message doesn't have."""
    if mask is None:
        return
    while node.get("type") == "array":
        node = node["items"]
    if "$ref" not in node:
        raise Violation(f"{where}: nothing can be picked below {path!r}")
    fields = document()["schemas"][node["$ref"]]["properties"]
    for name, below in mask.items():
        inner = f"{path}.{name}" if path else name
        if name not in fields:
            raise Violation(f"{where}: Cannot find matching fields for path '{inner}'.")
        check_mask(below, fields[name], where, inner)
