"""How a value is shown: number and date patterns, and what Google makes of typed text."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from tests.sheets_emulator.cells import EPOCH, Cell, error_text, number_format, serial, whole

JSON = dict[str, Any]

_DATE_TOKEN = re.compile(r"y+|m+|d+|h+|s+|am/pm|a/p|\"[^\"]*\"|\\.|.", re.IGNORECASE)
_DAY_FIRST = {"en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "en_AU", "en_IE", "da_DK", "pl_PL"}
_COMMA_DECIMALS = {"de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "da_DK", "pl_PL"}


def day_first(locale: str) -> bool:
    """Whether 3/4 is the 3rd of April there."""
    return locale in _DAY_FIRST


def default_pattern(kind: str, locale: str) -> str:
    """The pattern of a number format that names none."""
    day = "dd/mm/yyyy" if day_first(locale) else "m/d/yyyy"
    return {"DATE": day, "TIME": "h:mm:ss am/pm", "DATE_TIME": f"{day} h:mm:ss", "PERCENT": "0.00%", "CURRENCY": "$#,##0.00",
            "NUMBER": "#,##0.00", "SCIENTIFIC": "0.00E+00", "TEXT": "@"}.get(kind, "")


def shown(value: JSON | None, cell: Cell, locale: str) -> str | None:
    """The formattedValue of an ExtendedValue; None for a blank."""
    if not value:
        return None
    if "stringValue" in value:
        text: str = value["stringValue"]
        return text
    if "boolValue" in value:
        return "TRUE" if value["boolValue"] else "FALSE"
    if "errorValue" in value:
        return error_text(value["errorValue"])
    number = value["numberValue"]
    look = number_format(cell)
    kind = look.get("type", "")
    pattern = look.get("pattern") or default_pattern(kind, locale)
    if kind in ("DATE", "TIME", "DATE_TIME"):
        return date_text(number, pattern)
    return number_text(number, pattern, locale)


def date_text(number: float, pattern: str) -> str:
    """A serial by a date pattern: yyyy, mmm, dd, hh, ss, am/pm."""
    days = int(number // 1)
    seconds = round((number - days) * 86400)
    moment = datetime.fromordinal(EPOCH.toordinal() + days)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    twelve = "am/pm" in pattern.lower()
    parts, after_hour = [], False
    for token in _DATE_TOKEN.findall(pattern):
        low = token.lower()
        if low.startswith("y"):
            parts.append(f"{moment.year:04d}" if len(low) > 2 else f"{moment.year % 100:02d}")
        elif low.startswith("m") and (after_hour and len(low) <= 2):
            parts.append(f"{minute:0{len(low)}d}")
        elif low.startswith("m"):
            names = {3: moment.strftime("%b"), 4: moment.strftime("%B"), 5: moment.strftime("%B")[0]}
            parts.append(names.get(len(low), f"{moment.month:0{min(len(low), 2)}d}"))
        elif low.startswith("d"):
            names = {3: moment.strftime("%a"), 4: moment.strftime("%A")}
            parts.append(names.get(len(low), f"{moment.day:0{min(len(low), 2)}d}"))
        elif low.startswith("h"):
            parts.append(f"{(hour % 12 or 12) if twelve else hour:0{len(low)}d}")
            after_hour = True
            continue
        elif low.startswith("s"):
            parts.append(f"{second:0{len(low)}d}")
        elif low == "am/pm":
            parts.append("AM" if hour < 12 else "PM")
        else:
            parts.append(token.strip('"').removeprefix("\\"))
            continue
        after_hour = False
    return "".join(parts)


def number_text(number: float, pattern: str, locale: str) -> str:
    """A number by a pattern of 0, #, comma, point, percent and text around it; without one, as Google shows it by itself."""
    comma = locale in _COMMA_DECIMALS
    match = re.search(r"[#0][#0,]*(?:\.([#0]+))?", pattern)
    if not pattern or not match:
        text = f"{number:.10g}" if isinstance(number, float) else str(number)
        return text.replace(".", ",") if comma else text
    decimals = match[1] or ""
    scaled = number * 100 if "%" in pattern else number
    text = f"{abs(scaled):,.{len(decimals)}f}" if "," in match[0] else f"{abs(scaled):.{len(decimals)}f}"
    for _ in range(decimals.count("#")):
        text = text.removesuffix("0")
    text = text.removesuffix(".")
    head = match[0].partition(".")[0].replace(",", "")
    width = head.count("0")
    if "," not in match[0]:
        whole_part, _, rest = text.partition(".")
        text = whole_part.zfill(width) + ("." + rest if rest else "")
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    around = [part.replace('"', "").replace("\\", "") for part in (pattern[: match.start()], pattern[match.end() :])]
    return ("-" if scaled < 0 else "") + around[0] + text + around[1]


_TYPED_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?")


def typed(value: Any, locale: str) -> Cell | None:
    """The cell that Google makes of something typed (USER_ENTERED): formulas, numbers, dates, percentages, TRUE and FALSE."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, (int, float)):
        return {"userEnteredValue": {"numberValue": whole(value)}}
    text = str(value)
    if text.startswith("'"):
        return {"userEnteredValue": {"stringValue": text[1:]}}
    if text.startswith("="):
        return {"userEnteredValue": {"formulaValue": text}}
    if text.upper() in ("TRUE", "FALSE"):
        return {"userEnteredValue": {"boolValue": text.upper() == "TRUE"}}
    bare = text.strip()
    if locale in _COMMA_DECIMALS:
        bare = bare.translate(str.maketrans(",.", ".,"))
    percent = bare.endswith("%")
    money = bare.startswith("$")
    digits = bare.removesuffix("%").removeprefix("$")
    if digits and _TYPED_NUMBER.fullmatch(digits) and any(c.isdigit() for c in digits):
        number = float(digits.replace(",", ""))
        cell: Cell = {"userEnteredValue": {"numberValue": whole(number / 100 if percent else number)}}
        pattern = "#,##0.00" if "." in digits else "#,##0"
        if percent:
            cell["userEnteredFormat"] = {"numberFormat": {"type": "PERCENT", "pattern": "0.00%" if "." in digits else "0%"}}
        elif money:
            cell["userEnteredFormat"] = {"numberFormat": {"type": "CURRENCY", "pattern": f"$ {pattern}".replace(" ", "")}}
        elif "," in digits:
            cell["userEnteredFormat"] = {"numberFormat": {"type": "NUMBER", "pattern": pattern}}
        return cell
    found = typed_date(text.strip(), locale)
    if found is not None:
        day, pattern = found
        return {"userEnteredValue": {"numberValue": serial(day)},
                "userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": pattern}}}
    return {"userEnteredValue": {"stringValue": text}}


def typed_date(text: str, locale: str) -> tuple[date, str] | None:
    """The date and the pattern that typed text gets: 2026-01-31, or 1/31/2026 in the locale's order."""
    match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if match:
        parts = (int(match[1]), int(match[2]), int(match[3]))
        pattern = "yyyy-mm-dd"
    else:
        match = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text)
        if not match:
            return None
        one, two, year = int(match[1]), int(match[2]), int(match[3])
        parts = (year, two, one) if day_first(locale) else (year, one, two)
        pattern = default_pattern("DATE", locale)
    try:
        return date(*parts), pattern
    except ValueError:
        return None
