"""From a cell to a date, number, phone, e-mail or choice. Never guesses: what is not certain becomes a Fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sheetsync.core.model import Cell, CellError, Column, DateOrder, Fault
from sheetsync.core.nearest import nearest
from sheetsync.core.phones import is_overlong, is_possible
from sheetsync.core.tidy import in_bulk, is_placeholder, is_tidy

MONTHS = (
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
YES = frozenset({"yes", "y", "true", "x", "✓", "✔", "1", "on"})
NO = frozenset({"no", "n", "false", "0", "off", "✗", "✘"})

_YEAR_FIRST = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_WEEKDAY = r"(?:(?P<weekday>[a-z]{3,9})\.?,?\s+)?"
_DAY_MONTH = re.compile(
    _WEEKDAY + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s./-]+(?:of\s+)?(?P<month>[a-z]{3,9})\.?,?[\s./-]+(?P<year>\d{4})"
)
_MONTH_DAY = re.compile(
    _WEEKDAY + r"(?P<month>[a-z]{3,9})\.?[\s./-]+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[\s./-]+(?P<year>\d{4})"
)
_YEAR_TOO_LONG = re.compile(
    r"\d{5,6}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{5,6}|\d{1,2}\.? [a-z]{3,9}\.? \d{5,6}|[a-z]{3,9}\.? \d{1,2},? \d{5,6}"
)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}")
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(?:[.\s]\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}|[+-]?\d+,\d{4,}")
_SPACE_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[\s']\d{3})+(?:\.\d+)?")
_CURRENCY = re.compile(r"^(?:[A-Z]{3}|[$€£¥₹]|[A-Z]{1,2}\$|kr|zł)\s*|\s*(?:[A-Z]{3}|[$€£¥₹]|kr|zł)$")


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing; one of only spaces counts as nothing."""
    return cell is None or (cell.__class__ is str and not cell.strip())


def text_of(cell: Cell) -> str:
    """What a person reads in the cell: whole numbers without ".0", dates as ISO 8601, blank as ""."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, CellError):
        return cell.code
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    return str(cell)


def say_date(day: date) -> str:
    """A date in words that no reader can misread: "Thu 19 Nov 2026" (English, whatever the locale)."""
    return f"{WEEKDAYS[day.weekday()][:3].title()} {day.day} {MONTHS[day.month - 1][:3].title()} {day.year}"


def plain_number(text: str) -> float | None:
    """The number that a text plainly is ("12", "-3.5"), else None."""
    text = text.strip()
    return float(text) if _PLAIN_NUMBER.fullmatch(text) else None


def _month_number(word: str) -> int | None:
    if word == "sept":
        return 9
    for number, name in enumerate(MONTHS, 1):
        if word == name or word == name[:3]:
            return number
    return None


def _named_month(text: str) -> date | None:
    lowered = text.casefold()
    match = _DAY_MONTH.fullmatch(lowered) or _MONTH_DAY.fullmatch(lowered)
    if match is None:
        return None
    month = _month_number(match["month"])
    if month is None:
        return None
    day = date(int(match["year"]), month, int(match["day"]))
    weekday = match["weekday"]
    if weekday and not WEEKDAYS[day.weekday()].startswith(weekday):
        raise ValueError(f"{say_date(day)} is no {weekday.title()}")
    return day


class TwoReadingsError(ValueError):
    """A text that could be two dates."""

    def __init__(self, one: date, other: date) -> None:
        super().__init__(f"could be {say_date(one)[4:]} or {say_date(other)[4:]}")
        self.one, self.other = one, other


def read_date(text: str, order: DateOrder | None = None) -> date:
    """The date that a text certainly means: ISO 8601, a named month, or day and month that can't be swapped.

    `order` is the order declared for the column; without it "03/04/2026" is refused.
    Raises ValueError with a sentence that says why not (both readings, where there are two).
    """
    text = " ".join(text.split())
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), match[4]
        if len(year) == 2:
            raise ValueError("has a year of two digits; write all four")
        if order == "dmy":
            return _date(int(year), second, first)
        if order == "mdy":
            return _date(int(year), first, second)
        if first == second or first > 12 >= second:
            return _date(int(year), second, first)
        if second > 12 >= first:
            return _date(int(year), first, second)
        if first > 12:
            raise ValueError("is no date that exists")
        one, other = _date(int(year), second, first), _date(int(year), first, second)
        raise TwoReadingsError(one, other)
    try:
        named = _named_month(text)
    except ValueError as error:
        if "is no" in str(error):
            raise
        raise ValueError("is no date that exists") from None
    if named is None:
        if year := re.fullmatch(r".*?(?<!\d)(\d{5,6})(?!\d).*", text) if _YEAR_TOO_LONG.fullmatch(text.casefold()) else None:
            raise ValueError(f"has the year {year[1]}")
        raise ValueError("is not a date")
    return named


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("is no date that exists") from None


def parse_date(cell: Cell, order: DateOrder | None = None) -> date | Fault:
    """The date in a (non-blank) cell, or why it is none."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str):
        try:
            return read_date(cell, order)
        except ValueError as error:
            suggestion = "Type it as year-month-day, such as 2026-04-03."
            if isinstance(error, TwoReadingsError):
                suggestion = f"Type it as {error.one.isoformat()} or {error.other.isoformat()}."
            return Fault(cell, "date", f'"{_short(cell)}" {error}', suggestion)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        suggestion = "Type the date again, or format the cell as a date."
        if 20000 <= cell <= 80000:
            as_date = date(1899, 12, 30) + timedelta(days=int(cell))
            suggestion = f"Formatted as a date it would be {say_date(as_date)}."
        return Fault(cell, "date", f"{text_of(cell)} is a number, not a date", suggestion)
    return Fault(cell, "date", f'"{text_of(cell)}" is not a date', "Type it as year-month-day, such as 2026-04-03.")


def parse_number(cell: Cell, *, money: bool = False) -> float | Fault:
    """The number in a (non-blank) cell. A text counts only where it can mean one number alone."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str):
        text = cell.strip()
        if money:
            text = _CURRENCY.sub("", text).strip()
        text = text.replace("\u00a0", " ").replace("\u202f", " ")
        if money and re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", text):
            whole, part = text.split(".")
            return Fault(cell, "number", f'"{_short(cell)}" could be {whole}{part} or {whole}.{part}', "Type it as a number.")
        if _PLAIN_NUMBER.fullmatch(text):
            return float(text)
        if _GROUPED.fullmatch(text):
            return float(text.replace(",", ""))
        if _SPACE_GROUPED.fullmatch(text):
            return float(text.replace(" ", "").replace("'", ""))
        if _GROUPED_COMMA.fullmatch(text):
            return float(text.replace(".", "").replace(" ", "").replace(",", "."))
        if _DECIMAL_COMMA.fullmatch(text):
            return float(text.replace(",", "."))
        if re.fullmatch(r"[+-]?\d{1,3},\d{3}", text):
            whole, part = text.split(",")
            return Fault(cell, "number", f'"{_short(cell)}" could be {whole}{part} or {whole}.{part}',
                         "Type it as a number, without the comma.")
    return Fault(cell, "number", f'"{_short(text_of(cell))}" is not a number', "Type digits only.")


def parse_step(cell: Cell) -> int | Fault:
    """The count of steps done (a whole number from 0)."""
    number = parse_number(cell)
    if isinstance(number, Fault) or number < 0 or not number.is_integer():
        return Fault(cell, "number", f'"{_short(text_of(cell))}" is no step', "Type a whole number, 0 or more.")
    return int(number)


def parse_yes_no(cell: Cell) -> str | Fault:
    """ "yes" or "no"."""
    word = text_of(cell).casefold()
    if word in YES:
        return "yes"
    if word in NO:
        return "no"
    return Fault(cell, "choice", f'"{_short(text_of(cell))}" is neither yes nor no', "Type yes or no.")


def parse_choice(cell: Cell, choices: tuple[str, ...]) -> str | Fault:
    """The choice that the cell names, ignoring case and outer spaces, spelled as in `choices`."""
    word = text_of(cell)
    for choice in choices:
        if choice.casefold() == word.casefold():
            return choice
    near = nearest(word, choices)
    return Fault(
        cell,
        "choice",
        f'"{_short(word)}" is not one of {", ".join(choices)}',
        f'Did you mean "{near}"?' if near else "",
    )


# What email-validator accepts without ado: ASCII, no quoting, no xn-- or other double hyphen, no special-use
# ending. A test holds this screen to the library's own verdict on thousands of addresses.
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?P<top>[A-Za-z]{2,63})"
)
_PLAIN_EMAILS = re.compile(rf"(?:{_PLAIN_EMAIL.pattern.replace('(?P<top>', '(?:')}\n)++")
_SPECIAL_USE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
_SPECIAL_USE_END = re.compile(rf"(?i)\.(?:{'|'.join(sorted(_SPECIAL_USE))})\n")


def is_plain_email(text: str) -> bool:
    """Whether an address is certainly well-formed. False only means: ask the library."""
    match = _PLAIN_EMAIL.fullmatch(text)
    return (
        match is not None
        and len(text) <= 200
        and "--" not in text
        and text.index("@") <= 64
        and match["top"].lower() not in _SPECIAL_USE
    )


def are_plain_emails(texts: Sequence[str]) -> bool:
    """Whether `is_plain_email` is certainly true of each of many texts."""
    joined = "\n".join([*texts, ""])
    return (
        joined.count("\n") == len(texts) and max(map(len, texts)) <= 64 and "--" not in joined
        and _PLAIN_EMAILS.fullmatch(joined) is not None and _SPECIAL_USE_END.search(joined) is None
    )


def parse_email(cell: Cell) -> str | Fault:
    """The address as typed (outer spaces off), where its shape is right. Nothing is asked of the network."""
    text = text_of(cell)
    if is_plain_email(text):
        return text
    if text.count("@") > 1:
        return Fault(cell, "email", f'"{_short(text)}" has more than one @', "An address has one.")
    from email_validator import EmailNotValidError, validate_email  # heavy: only where the screen can't tell

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return Fault(cell, "email", f'"{_short(text)}" is not an e-mail address', str(error))
    return text


_NANP = re.compile(r"\+1[ .-]?\(?[2-9]\d{2}\)?[ .-]?[2-9]\d{2}[ .-]?\d{4}")
_NANPS = re.compile(rf"(?:{_NANP.pattern}\n)++")
_PHONE_SHAPE = re.compile(r"[+\d\s().\-–/]+(?:\s*(?:x|ext\.?|#|extension)\s*\d{1,7})?", re.IGNORECASE)
# A number in letters: 1-800-FLOWERS, (503) 555-CAKE, 0800 BAKERY. A word behind a whole number is none.
_VANITY = re.compile(r"(?:\+?1[ .-]?)?\(?\d{3,4}\)?[ .-]?(?=(?:[ .-]?[A-Z0-9]){6,9}$)\d{0,4}[ .-]?[A-Z][A-Z0-9 .-]*")


def are_nanp(texts: Sequence[str]) -> bool:
    """Whether each of many texts is a number of North America with its country code."""
    joined = "\n".join([*texts, ""])
    return joined.count("\n") == len(texts) and _NANPS.fullmatch(joined) is not None


def parse_phone(cell: Cell, country: str | None = None) -> str | Fault:
    """The number as typed, where it can be one: by its country code, by `country` (ISO 3166), else by its length."""
    text = text_of(cell)
    if _NANP.fullmatch(text):
        return text
    if is_overlong(text):
        return Fault(cell, "phone", f'"{_short(text)}" has lost its digits, since it was stored as a number',
                     "Format the cell as text and type the number again.")
    suggestion = "Compare it with the last bill or message."
    if not text.startswith("+") and country is None:
        digits = sum(character.isdigit() for character in text)
        if (_PHONE_SHAPE.fullmatch(text) and 5 <= digits <= 17) or _VANITY.fullmatch(text):
            return text
        wrong, suggestion = "is not a phone number", "Type digits, with the country code if in doubt."
    else:
        try:
            if is_possible(text, country):
                return text
            wrong = "does not have the right number of digits"
        except ValueError as error:
            wrong = str(error)
    return Fault(cell, "phone", f'"{_short(text)}" {wrong}', suggestion)


# What says of many texts at once that each is read as it stands.
_KEPT: Mapping[str, Callable[[Sequence[str]], bool]] = {"email": are_plain_emails, "phone": are_nanp}


def _parse_text(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return cell.strip()
    return cell


def parser(column: Column) -> Callable[[Cell], Any]:
    """The function that reads one non-blank cell of the column: a value, or a Fault."""
    kind = column.type
    if kind == "date":
        return lambda cell: parse_date(cell, column.order)
    if kind in ("number", "money"):
        return lambda cell: parse_number(cell, money=kind == "money")
    if kind == "step":
        return parse_step
    if kind == "yes-no":
        return parse_yes_no
    if kind == "choice" and column.choices:
        return lambda cell: parse_choice(cell, column.choices)
    if kind == "email":
        return parse_email
    if kind == "phone":
        return lambda cell: parse_phone(cell, column.country)
    return _parse_text


def parse_column(column: Column, cells: Iterable[Cell]) -> list[Any]:
    """All cells of one column, read: None where blank, a Fault where unreadable. Equal texts are read once."""
    parse = parser(column)
    known: dict[str, Any] = {}
    is_date = column.type == "date"
    is_text = parse is _parse_text
    cells = list(cells)
    kinds = set(map(type, cells))
    if is_date and kinds <= {type(None), date}:
        return cells
    out: list[Any] = []
    append = out.append
    if kinds <= {type(None), str}:  # as most columns are: each text is looked at once, whatever the number of rows
        texts: list[str] = [cell for cell in dict.fromkeys(cells) if cell is not None]  # type: ignore[misc]
        kept = is_tidy if is_text else _KEPT.get(column.type, lambda texts: False)
        found = in_bulk(texts, kept, partial(_parse_one, column, parse))
        if found == texts:
            return cells
        read: dict[Any, Any] = dict(zip(texts, found, strict=True))
        read[None] = None
        out = [read[cell] for cell in cells]
        del read[None]
        return _with_likelier_reading(read, out) if is_date and column.order is None else out
    for cell in cells:
        if cell is None:
            append(None)
        elif isinstance(cell, str):
            if cell in known:
                append(known[cell])
            else:
                value = known[cell] = _parse_one(column, parse, cell)
                append(value)
        elif isinstance(cell, CellError):
            append(Fault(cell, "error-cell", f"the cell shows {cell.code}", "Mend the formula."))
        elif is_text or (is_date and cell.__class__ is date):
            append(cell)
        else:
            append(parse(cell))
    return _with_likelier_reading(known, out) if is_date and column.order is None else out


def _parse_one(column: Column, parse: Callable[[Cell], Any], cell: str) -> Any:
    value = parse(cell) if cell.strip() else None
    return _placeholder(cell, column) if value.__class__ is Fault and is_placeholder(cell, column.type) else value


def _placeholder(cell: str, column: Column) -> Fault:
    """What stands in for a value, which matters where rules count on one, and less where people only read."""
    mild = column.type in ("email", "phone") and not column.required
    return Fault(cell, "placeholder", f'"{_short(cell)}" stands for nothing', "Leave the cell blank until you know.",
                 "warning" if mild else "error")


def _with_likelier_reading(known: dict[str, Any], out: list[Any]) -> list[Any]:
    """The same values; where a date could be two and all other texts of the column write one order, that reading is proposed first.

    It stays a proposal: one row more could turn it.
    """
    doubtful: dict[str, TwoReadingsError] = {}
    for text, value in known.items():
        if value.__class__ is Fault and " or " in value.message:
            try:
                read_date(text)
            except TwoReadingsError as error:
                doubtful[text] = error
            except ValueError:
                pass
    if not doubtful:
        return out
    orders = set()
    for text in known:
        if (match := _NUMERIC.fullmatch(" ".join(text.split()))) and known[text].__class__ is not Fault and match[1] != match[3]:
            orders.add(int(match[1]) > 12)
    if len(orders) != 1:
        return out
    [day_first] = orders
    better: dict[Cell, Fault] = {}
    for text, readings in doubtful.items():
        first, second = (readings.one, readings.other) if day_first else (readings.other, readings.one)
        better[text] = replace(known[text], suggestion=f"Type it as {first.isoformat()} (the other dates here have the "
                               f"{'day' if day_first else 'month'} first) or {second.isoformat()}.")
    return [better.get(value.raw, value) if value.__class__ is Fault else value for value in out]


def _short(text: str, limit: int = 40) -> str:
    """A text cut for a message, spaces and line ends folded."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"

