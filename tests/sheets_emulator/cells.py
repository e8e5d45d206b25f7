"""One cell: what is entered, how it is formatted, and the plain Python value that a test sees."""

from __future__ import annotations

import ast
import json
import operator
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sheetsync.core.model import CellError
from tests.sheets_emulator.masks import Mask

JSON = dict[str, Any]
# CellData's writable fields, never changed in place. A formula whose result a test set has "effectiveValue" and, where the result is a
# date, "resultFormat"; an array formula has "spills", the rows of its results.
Cell = JSON

EPOCH = datetime(1899, 12, 30)
_PAIRS = ("backgroundColor", "foregroundColor", "color", "tabColor", "headerColor", "firstBandColor", "secondBandColor", "footerColor")
_ERRORS = {"NULL": "#NULL!", "DIVIDE_BY_ZERO": "#DIV/0!", "VALUE": "#VALUE!", "REF": "#REF!", "NAME": "#NAME?", "NUM": "#NUM!",
           "N_A": "#N/A", "ERROR": "#ERROR!", "LOADING": "Loading..."}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the result that Google would work out; `spills` are an array formula's rows, its own cell included."""

    text: str
    result: Any = None
    spills: tuple[tuple[Any, ...], ...] = ()


def serial(value: date) -> float | int:
    """Days since 1899-12-30."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return whole((moment - EPOCH) / timedelta(days=1))


def from_serial(number: float) -> date:
    """The date of a serial, a datetime where it has a time of day."""
    moment = EPOCH + timedelta(days=number)
    moment = (moment + timedelta(microseconds=500)).replace(microsecond=0)
    return moment.date() if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else moment


def whole(number: float) -> float | int:
    """42 for 42.0: doubles travel as JSON numbers without a needless point."""
    return int(number) if float(number).is_integer() and abs(number) < 1e21 else number


def extended(value: Any) -> JSON | None:
    """The ExtendedValue of a plain Python value; None for a blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, (int, float)):
        return {"numberValue": whole(value)}
    if isinstance(value, date):
        return {"numberValue": serial(value)}
    if isinstance(value, CellError):
        kinds = {text: kind for kind, text in _ERRORS.items()}
        return {"errorValue": {"type": kinds.get(str(value), "ERROR"), "message": str(value)}}
    return {"stringValue": str(value)}


def cell_of(value: Any) -> Cell | None:
    """A cell that holds this plain value, as an owner would have typed it: dates with a date format."""
    if isinstance(value, Formula):
        cell: Cell = {"userEnteredValue": {"formulaValue": value.text}}
        result = value.spills[0][0] if value.spills else value.result
        if result is not None:
            cell["effectiveValue"] = extended(result)
            if isinstance(result, date):
                cell["resultFormat"] = date_format(result)
        if value.spills:
            cell["spills"] = value.spills
        return cell
    if isinstance(value, CellError):
        return {"userEnteredValue": {"formulaValue": f"={value}"}, "effectiveValue": extended(value)}
    entered = extended(value)
    if entered is None:
        return None
    if isinstance(value, date):
        return {"userEnteredValue": entered, "userEnteredFormat": {"numberFormat": date_format(value)}}
    return {"userEnteredValue": entered}


def number_format(cell: Cell) -> JSON:
    """The number format that shows: what the owner set, else what Google derives for a formula's result; {} for neither."""
    found: JSON = cell.get("userEnteredFormat", {}).get("numberFormat") or cell.get("resultFormat") or {}
    return found


def date_format(value: date) -> JSON:
    """The number format that makes a serial a date."""
    if isinstance(value, datetime):
        return {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"}
    return {"type": "DATE", "pattern": "yyyy-mm-dd"}


def effective(cell: Cell) -> JSON | None:
    """The ExtendedValue that the cell shows: its own, or its formula's result."""
    if "effectiveValue" in cell:
        found: JSON | None = cell["effectiveValue"]
        return found
    entered: JSON | None = cell.get("userEnteredValue")
    if entered is None:
        return None
    if "formulaValue" in entered:
        return computed(entered["formulaValue"])
    return entered


def plain(cell: Cell) -> Any:
    """The plain Python value of a cell: a serial with a date format is a date."""
    value = effective(cell)
    if not value:
        return None
    if "errorValue" in value:
        return CellError(_ERRORS.get(value["errorValue"].get("type", "ERROR"), "#ERROR!"))
    [(kind, found)] = value.items()
    if kind == "numberValue":
        return from_serial(found) if number_format(cell).get("type") in ("DATE", "DATE_TIME") else whole(found)
    return found


def error_text(value: JSON) -> str:
    """ "#REF!" for an errorValue."""
    return _ERRORS.get(value.get("type", "ERROR"), "#ERROR!")


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}


def computed(formula: str) -> JSON:
    """The result of arithmetic on plain numbers ("=1+1"). Any other formula needs a result that the test sets: #NAME? otherwise."""
    try:
        return {"numberValue": whole(_worked_out(ast.parse(formula.lstrip("= "), mode="eval").body))}
    except ZeroDivisionError:
        return {"errorValue": {"type": "DIVIDE_BY_ZERO", "message": "Function DIVIDE parameter 2 cannot be zero."}}
    except (SyntaxError, ValueError):
        return {"errorValue": {"type": "NAME", "message": "Unknown function"}}


def _worked_out(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_worked_out(node.left), _worked_out(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_worked_out(node.operand)
    raise ValueError("not plain arithmetic")


@lru_cache(maxsize=4096)
def float32(number: float) -> float | int:
    """The number as a 32-bit float, in the fewest digits that bring it back: 127/255 is 0.49803922."""
    [rounded] = struct.unpack("f", struct.pack("f", number))
    for digits in range(1, 10):
        short = float(f"{rounded:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == rounded:
            return whole(short)
    return whole(rounded)


def eight_bit(colour: JSON) -> JSON:
    """A Color as Google keeps it: 8 bits a channel, rounded down; a channel of 0 is left out."""
    kept: JSON = {}
    for channel in ("red", "green", "blue"):
        level = int(min(max(float(colour.get(channel) or 0), 0.0), 1.0) * 255 + 1e-4)
        if level:
            kept[channel] = float32(level / 255)
    return kept


def paired_colours(value: Any) -> Any:
    """The message with every colour told twice, as Google does: backgroundColor beside backgroundColorStyle, and so on."""
    if isinstance(value, list):
        return [paired_colours(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: JSON = {}
    for name, item in value.items():
        base = name.removesuffix("Style")
        if base not in _PAIRS:
            result[name] = paired_colours(item)
        elif name == base and f"{base}Style" not in value:
            result[base] = eight_bit(item)
            result[f"{base}Style"] = {"rgbColor": eight_bit(item)}
        elif name != base and item:  # a style without any colour is an unset one
            if "themeColor" in item:
                result[base] = theme_colour(item["themeColor"])
                result[name] = dict(item)
            else:
                result[base] = eight_bit(item.get("rgbColor") or {})
                result[name] = {"rgbColor": eight_bit(item.get("rgbColor") or {})}
    return result


def paired_mask(mask: Mask | None) -> Mask | None:
    """The mask with both names of every colour in it."""
    if mask is None:
        return None
    result: Mask = {}
    for name, inner in mask.items():
        base = name.removesuffix("Style")
        if base in _PAIRS:
            result[base] = result[f"{base}Style"] = None
        else:
            result[name] = paired_mask(inner)
    return result


_WHITE: JSON = {"red": 1, "green": 1, "blue": 1}
THEME: dict[str, JSON] = {
    "TEXT": {}, "BACKGROUND": _WHITE,
    "ACCENT1": {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275},
    "ACCENT2": {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314},
    "ACCENT3": {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275},
    "ACCENT4": {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902},
    "ACCENT5": {"red": 1, "green": 0.42745098, "blue": 0.003921569},
    "ACCENT6": {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706},
    "LINK": {"red": 0.06666667, "green": 0.33333334, "blue": 0.8},
}


def theme_colour(name: str) -> JSON:
    """The Color behind a theme's name."""
    return dict(THEME.get(name, {}))


DEFAULT_FORMAT: JSON = {
    "backgroundColor": _WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {}, "fontFamily": "arial,sans,sans-serif", "fontSize": 10, "bold": False, "italic": False,
        "strikethrough": False, "underline": False, "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _WHITE},
}

_interned: dict[str, JSON] = {}
_kept: dict[str, JSON] = {}
_effective: dict[int, JSON] = {}


def interned(value: JSON) -> JSON:
    """One object for equal formats: a thousand cells of one colour share it."""
    return _interned.setdefault(json.dumps(value, sort_keys=True), value)


def kept_format(value: JSON) -> JSON:
    """A CellFormat that a client sent, as Google keeps it; worked out once for equal ones."""
    key = json.dumps(value, sort_keys=True)
    if key not in _kept:
        _kept[key] = paired_colours(value)
    return _kept[key]


def effective_format(cell: Cell) -> JSON:
    """The default format with what the owner set laid over it."""
    own = cell.get("userEnteredFormat")
    if not own:
        return _DEFAULT_EFFECTIVE
    own = interned(own)
    if id(own) not in _effective:
        found = {**_DEFAULT_EFFECTIVE, **own}
        text = {**DEFAULT_FORMAT["textFormat"], "fontFamily": "Arial", **own.get("textFormat", {})}
        _effective[id(own)] = {**found, "textFormat": text}
    return _effective[id(own)]


_DEFAULT_EFFECTIVE: JSON = {
    **DEFAULT_FORMAT, "textFormat": {**DEFAULT_FORMAT["textFormat"], "fontFamily": "Arial"}, "hyperlinkDisplayType": "PLAIN_TEXT",
}
