"""Phone numbers as phonenumbers sees them, with a screen that spares it the common case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sheetsync.core.tidy import batches

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-–/\u00a0]*")
_TO_DIGITS = str.maketrans("", "", "+ ().-–/\u00a0")
_OVERLONG = re.compile(r"\d(?:[.,]\d+)?\s*[Ee]\s*\+?\s*\d{1,2}")
_EXTENSION = re.compile(r" ?(?:ext\. ?|ext |x ?)\d{1,6}$")
_SPECIAL = re.compile(r"\(0+\)|/\s*\D")  # what the library reads in ways of its own


class _Region(NamedTuple):
    """What phonenumbers' metadata say of one region, as far as the screen needs it."""

    code: str
    lengths: frozenset[int]
    prefix: str  # the digits that are dialled before a national number; "" where there are none
    plain_prefix: bool  # no other rule about prefixes
    may_strip: re.Pattern[str] | None
    national: re.Pattern[str] | None


@lru_cache(maxsize=512)
def _region(name: str) -> _Region | None:
    from phonenumbers import PhoneMetadata  # heavy, as below: only where a number is no North American one

    meta: Any = PhoneMetadata.metadata_for_nongeo_region(int(name)) if name.isdigit() else PhoneMetadata.metadata_for_region(name)
    if meta is None or meta.general_desc is None:
        return None
    parsing, pattern = meta.national_prefix_for_parsing, meta.general_desc.national_number_pattern
    return _Region(
        str(meta.country_code), frozenset(length for length in meta.general_desc.possible_length if length > 0), meta.national_prefix or "",
        parsing is not None and parsing == meta.national_prefix and parsing.isdigit(), re.compile(parsing) if parsing else None,
        re.compile(pattern) if pattern else None,
    )


@lru_cache(maxsize=1024)
def _by_code(digits: str) -> tuple[str, _Region | None]:
    """Country code and main region of a number that starts with these three digits."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    for length in () if digits[:1] == "0" else (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length]))
        if regions:
            return digits[:length], _region(digits[:length] if regions[0] == "001" else regions[0])
    return "", None


def screened(text: str, country: str | None) -> str | None:
    """The number in E.164 where text and country leave no doubt about it. None only means: ask the library."""
    if "x" in text:
        text = _EXTENSION.sub("", text)  # an extension is no part of it
    if _WRITTEN.fullmatch(text) is None or _SPECIAL.search(text):
        return None
    digits = text.translate(_TO_DIGITS)
    if not digits.isascii():
        return None
    if text[0] == "+":
        code, region = _by_code(digits[:3])
        if region is None:
            return None
        national = digits[len(code) :]
        if region.may_strip is not None and region.may_strip.match(national):
            return None
    else:
        region = None if country is None else _region(country.upper())
        if region is None or digits.startswith((region.code, "00")) or text[0] not in "0123456789":
            return None
        code, national = region.code, digits
        if region.may_strip is not None and region.may_strip.match(digits):
            if not region.plain_prefix or region.national is None or region.national.fullmatch(digits):
                return None
            national = digits[len(region.prefix):]
            if region.may_strip.match(national):
                return None
    return f"+{code}{national}" if len(national) in region.lengths and national[0] != "0" else None


def is_possible(text: str, country: str | None) -> bool:
    """Whether phonenumbers finds that a number of this length can exist. Raises ValueError for what is no number at all.

    `country` (ISO 3166) is whose number one without country code is.
    """
    if screened(text, country) is not None:
        return True
    import phonenumbers  # heavy: only where the screen doesn't tell

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        raise ValueError("is not a phone number") from None


def e164(text: str, country: str | None) -> str | None:
    """A number as +15035550101, extension left out; its digits alone where no country is known; None for what is no number.

    Two texts with the same answer reach the same phone.
    """
    if text.startswith("+1 ") and len(digits := text.translate(_TO_DIGITS)) == 11 and digits.isdigit() and digits.isascii():
        return "+" + digits
    if (number := screened(text, country)) is not None:
        return number
    if country is None and not text.startswith("+"):
        digits = re.split(r"(?i)\s*(?:x|ext|#)", text, maxsplit=1)[0].translate(_TO_DIGITS)
        return digits if digits.isdigit() and len(digits) >= 6 else None
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if phonenumbers.is_possible_number(parsed) else None


def e164s(texts: Sequence[str], country: str | None) -> list[str | None]:
    """`e164` of each text; the common case many at once."""
    out: list[str | None] = []
    for batch in batches(texts):
        joined = "\n".join(batch)
        lines = joined.encode().translate(None, b"+ ().-/").decode().split("\n") if joined.isascii() else []
        if len(lines) == len(batch) == joined.count("\n+1 ") + joined.startswith("+1 ") and set(map(len, lines)) == {11} and (
            "".join(lines).isdigit()
        ):
            out += ["+" + line for line in lines]
        else:
            out += [e164(text, country) for text in batch]
    return out


def lost_zero(digits: str, country: str | None) -> str | None:
    """The number with the leading 0 that storing it as a number took away, where the country's numbers have one; else None."""
    region = None if country is None else _region(country.upper())
    if region is None or region.prefix != "0" or digits.startswith("0"):
        return None
    import phonenumbers

    try:
        valid = phonenumbers.is_valid_number(phonenumbers.parse("0" + digits, country))
    except phonenumbers.NumberParseException:
        return None
    return "0" + digits if valid else None


def is_overlong(text: str) -> bool:
    """Whether a text is what a spreadsheet makes of too long a number ("1.23E+11"): its digits are gone."""
    return _OVERLONG.fullmatch(text) is not None


def international(text: str, country: str | None) -> str | None:
    """The number as people abroad write it ("+44 20 7946 0958 ext. 12"), or None where it isn't certainly valid or has letters."""
    import phonenumbers

    if phonenumbers.is_alpha_number(text):
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
