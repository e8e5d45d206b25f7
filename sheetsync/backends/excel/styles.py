"""Cell styles (ECMA-376 part 1, §18.8): what a cell's colour is, and clones of its format with another colour."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection
from typing import Any

from lxml import etree

from sheetsync.backends.excel.package import local, parse_xml, serialise
from sheetsync.backends.excel.worksheet import NAMESPACES
from sheetsync.core.model import FOREIGN, PLAIN, Style
from sheetsync.errors import Refused

MAX_FORMATS = 64_000  # cell formats; Excel takes 65,490
DATE_FORMAT = 14  # the built-in short date, shown as the reader's computer shows dates
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_BUILT_IN_DAYS = frozenset({14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58})  # those that show a day
_BUILT_IN_ELAPSED = 46
_NOT_DATE_TEXT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?:black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+|[$<>=][^\]]*)\]',
                            re.IGNORECASE)
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst")
_MINIMAL = (
    '<styleSheet xmlns="{0}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

Canonical = tuple[Any, ...]


def is_date_format(code: str) -> bool:
    """Whether a number format code shows a date or a time (§18.8.30)."""
    bare = _NOT_DATE_TEXT.sub("", code.split(";", 1)[0]).lower()
    return bare != "general" and re.search(r"[dmyhs]", bare) is not None


def shows_day(code: str) -> bool:
    """Whether a number format code shows which day it is, as a time of day or an elapsed time ([h]:mm) does not."""
    bare = _NOT_DATE_TEXT.sub("", code.split(";", 1)[0]).lower()
    return is_date_format(code) and "[" not in bare and re.search(r"[dy]|e", bare) is not None


def is_elapsed(code: str) -> bool:
    """Whether a number format code shows how long something took ([h]:mm), which is no point in time."""
    return is_date_format(code) and "[" in _NOT_DATE_TEXT.sub("", code.split(";", 1)[0])


class Styles:
    """The styles part as a tree that only ever grows. `changed` says whether it did."""

    def __init__(self, data: bytes | None, what: str, namespace: str = NAMESPACES[0]) -> None:
        self.changed = False
        self.what = what
        if data is None or not data.strip():
            self.root = parse_xml(_MINIMAL.format(namespace).encode(), what)
            self.fresh = True
        else:
            self.root = parse_xml(data, what)
            self.fresh = False
        self.namespace = etree.QName(self.root).namespace or namespace
        self._check()
        self.fonts = self._section("fonts")
        self.fills = self._section("fills")
        self.formats = self._section("cellXfs")
        self._font_of: dict[Canonical, int] = {}
        self._fill_of: dict[Canonical, int] = {}
        self._format_of: dict[Canonical, int] = {}
        for section, known in ((self.fonts, self._font_of), (self.fills, self._fill_of), (self.formats, self._format_of)):
            for index, element in enumerate(section):
                known.setdefault(_canonical(element), index)
        self._numbers = {
            int(element.get("numFmtId", "0")): element.get("formatCode", "")
            for section in self.root if local(section) == "numFmts" for element in section if local(element) == "numFmt"
        }
        self._made: dict[tuple[int, int, Style, bool, bool], int] = {}
        self._text_formats: dict[tuple[int, bool], int] = {}
        self._looks: dict[tuple[int, int | None], Style] = {}

    def _check(self) -> None:
        for section in self.root:
            if local(section) in ("fonts", "fills", "cellXfs") and any(local(child) == "AlternateContent" for child in section):
                raise Refused(f"{self.what} keeps its cell formats in a way that can't be added to.",
                              "Open the workbook in Excel and save it again.")

    def _section(self, name: str) -> etree._Element:
        for child in self.root:
            if local(child) == name:
                return child
        made = etree.Element(f"{{{self.namespace}}}{name}", nsmap=None)
        place = next((i for i, child in enumerate(self.root)
                      if local(child) in _ORDER and _ORDER.index(local(child)) > _ORDER.index(name)), len(self.root))
        self.root.insert(place, made)
        minimal = parse_xml(_MINIMAL.format(self.namespace).encode(), self.what)
        for section in minimal:
            if local(section) == name:
                for child in section:
                    made.append(child)
        made.set("count", str(len(made)))
        return made

    def __len__(self) -> int:
        return len(self.formats)

    def is_date(self, index: int) -> bool:
        """Whether cells of this format show their number as a date or time."""
        if not 0 <= index < len(self.formats):
            return False
        number = int(self.formats[index].get("numFmtId", "0"))
        return is_date_format(self._numbers[number]) if number in self._numbers else number in _BUILT_IN_DATES

    def is_elapsed(self, index: int) -> bool:
        """Whether cells of this format show their number as a length of time."""
        number = int(self.formats[index].get("numFmtId", "0"))
        return is_elapsed(self._numbers[number]) if number in self._numbers else number == _BUILT_IN_ELAPSED

    def _shows_day(self, index: int) -> bool:
        """Whether a date keeps its day in cells of this format."""
        number = int(self.formats[index].get("numFmtId", "0"))
        return shows_day(self._numbers[number]) if number in self._numbers else number in _BUILT_IN_DAYS

    def look(self, index: int, base: int | None, palette: Collection[Style]) -> Style:
        """The colour that a status cell of this format has: one of `palette`, PLAIN where its fill is `base`'s, else FOREIGN."""
        key = (index, base)
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = self._look(index, base, palette)
        return found

    def _look(self, index: int, base: int | None, palette: Collection[Style]) -> Style:
        if not 0 <= index < len(self.formats):
            return FOREIGN
        style = self._colours(index)
        if style in palette:
            return style
        return PLAIN if self._fill(index) == self._base_fill(base, palette) else FOREIGN

    def _colours(self, index: int) -> Style:
        """Solid fill and font colour as RRGGBB; "" where either is another kind of colour."""
        fill = self.fills[self._id(index, "fillId", self.fills)]
        pattern = next((child for child in fill if local(child) == "patternFill"), None)
        background = ""
        if pattern is not None and pattern.get("patternType") == "solid":
            background = _rgb(next((child for child in pattern if local(child) == "fgColor"), None))
        font = self.fonts[self._id(index, "fontId", self.fonts)]
        return Style(background, _rgb(next((child for child in font if local(child) == "color"), None)))

    def _id(self, index: int, attribute: str, section: etree._Element) -> int:
        value = self.formats[index].get(attribute, "0")
        number = int(value) if value.isdigit() else 0
        return number if number < len(section) else 0

    def _fill(self, index: int) -> int:
        """The fill's first equal: two fills that look the same count as one."""
        fill = self._id(index, "fillId", self.fills)
        return self._fill_of.get(_canonical(self.fills[fill]), fill)

    def _base_fill(self, base: int | None, palette: Collection[Style]) -> int:
        """The fill of an uncoloured status cell: its neighbour's, unless the owner uses a colour of ours there."""
        if base is None or not 0 <= base < len(self.formats) or self._colours(base) in palette:
            return 0
        return self._fill(base)

    def format(self, index: int, base: int | None, style: Style, palette: Collection[Style], *, date: bool, wrap: bool) -> int:
        """The index of format `index` with another colour; made where there is no equal one yet.

        `base` is the neighbouring data cell's format, whose fill PLAIN goes back to. `date` gives a date format where
        there is none. Raises Refused where `index` is out of range or the workbook has too many formats.
        """
        key = (index, -1 if base is None else base, style, date, wrap)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(index, base, style, palette, date=date, wrap=wrap)
        return found

    def _make(self, index: int, base: int | None, style: Style, palette: Collection[Style], *, date: bool, wrap: bool) -> int:
        if not 0 <= index < len(self.formats):
            raise Refused(f"{self.what}: a cell has the format {index}, which does not exist.",
                          "Open the workbook in Excel and save it again.")
        made = copy.deepcopy(self.formats[index])
        font = self._id(index, "fontId", self.fonts)
        if style == PLAIN:
            fill = self._base_fill(base, palette)
            if self._colours(index).font in {ours.font for ours in palette}:
                model = base if base is not None and 0 <= base < len(self.formats) else 0
                colour = self.fonts[self._id(model, "fontId", self.fonts)]
                if self._colours(model).font in {ours.font for ours in palette}:
                    colour = self.fonts[0]
                font = self._font(font, next((child for child in colour if local(child) == "color"), None))
        else:
            fill = self._solid(style.fill)
            colour = etree.Element(f"{{{self.namespace}}}color")
            colour.set("rgb", "FF" + style.font)
            font = self._font(font, colour)
        made.set("fillId", str(fill))
        made.set("fontId", str(font))
        made.set("applyFill", "1")
        made.set("applyFont", "1")
        if date and not self._shows_day(index):
            made.set("numFmtId", str(DATE_FORMAT))
            made.set("applyNumberFormat", "1")
        made.attrib.pop("quotePrefix", "")
        if wrap:
            self._align(made, "wrapText", "1")
        return self._append(self.formats, self._format_of, made)

    def kept(self, index: int, *, date: bool, text: bool) -> int:
        """The format of an owner's cell that gets another value: its own, but with a date format for a date that has none,
        and without the mark that it holds text where it no longer does. Raises Refused where `index` is out of range.
        """
        if not 0 <= index < len(self.formats):
            raise Refused(f"{self.what}: a cell has the format {index}, which does not exist.",
                          "Open the workbook in Excel and save it again.")
        dated = date and not self._shows_day(index)
        if not dated and (text or self.formats[index].get("quotePrefix") is None):
            return index
        made = copy.deepcopy(self.formats[index])
        if dated:
            made.set("numFmtId", str(DATE_FORMAT))
            made.set("applyNumberFormat", "1")
        if not text:
            made.attrib.pop("quotePrefix", "")
        return self._append(self.formats, self._format_of, made)

    def text_format(self, index: int, *, centred: bool = False) -> int:
        """The format of a new status cell beside a data cell of format `index`: its borders and font, none of its number
        format, link look or alignment. `centred` is for dates, which else touch the text to their right.
        """
        if not 0 <= index < len(self.formats):
            return 0
        key = (index, centred)
        if key not in self._text_formats:
            self._text_formats[key] = self._text_format(index, centred=centred)
        return self._text_formats[key]

    def _text_format(self, index: int, *, centred: bool) -> int:
        made = copy.deepcopy(self.formats[index])
        font = self.fonts[self._id(index, "fontId", self.fonts)]
        if any(local(child) == "u" or (local(child) == "color" and child.get("theme") in ("10", "11")) for child in font):
            made.set("fontId", self.formats[0].get("fontId", "0"))  # a link's blue and underline is no status's
        for name in ("numFmtId", "xfId"):
            made.set(name, "0")
        for name in ("quotePrefix", "applyNumberFormat", "applyAlignment", "applyProtection", "pivotButton"):
            made.attrib.pop(name, "")
        for child in list(made):
            if local(child) == "alignment":
                vertical = child.get("vertical")
                child.attrib.clear()
                if vertical is not None:
                    child.set("vertical", vertical)
                    made.set("applyAlignment", "1")
                else:
                    made.remove(child)
            elif local(child) == "protection":
                made.remove(child)
        if centred:
            self._align(made, "horizontal", "center")
        return self._append(self.formats, self._format_of, made)

    def _align(self, made: etree._Element, name: str, value: str) -> None:
        """Sets one thing of a format's alignment, which comes first in it where there is none yet."""
        alignment = next((child for child in made if local(child) == "alignment"), None)
        if alignment is None:
            alignment = etree.Element(f"{{{self.namespace}}}alignment")
            made.insert(0, alignment)
        alignment.set(name, value)
        made.set("applyAlignment", "1")

    def _font(self, index: int, colour: etree._Element | None) -> int:
        made = copy.deepcopy(self.fonts[index])
        old = next((child for child in made if local(child) == "color"), None)
        if old is not None:
            place = made.index(old)
            made.remove(old)
        else:
            # Excel's own order: b i strike condense extend outline shadow u vertAlign sz color name family …
            after = ("name", "family", "charset", "scheme")
            place = next((i for i, child in enumerate(made) if local(child) in after), len(made))
        if colour is not None:
            made.insert(place, copy.deepcopy(colour))
        return self._append(self.fonts, self._font_of, made)

    def _solid(self, rgb: str) -> int:
        made = etree.Element(f"{{{self.namespace}}}fill")
        pattern = etree.SubElement(made, f"{{{self.namespace}}}patternFill", patternType="solid")
        etree.SubElement(pattern, f"{{{self.namespace}}}fgColor", rgb="FF" + rgb)
        etree.SubElement(pattern, f"{{{self.namespace}}}bgColor", indexed="64")
        return self._append(self.fills, self._fill_of, made)

    def _append(self, section: etree._Element, known: dict[Canonical, int], made: etree._Element) -> int:
        made.tail = None
        key = _canonical(made)
        index = known.get(key)
        if index is None:
            index = len(section)
            if section is self.formats and index >= MAX_FORMATS:
                raise Refused(f"{self.what} holds {index:,} cell formats, as many as Excel can take.",
                              "Copy the customers into a new workbook.")
            section.append(made)
            section.set("count", str(len(section)))
            known[key] = index
            self.changed = True
        return index

    def serialise(self) -> bytes:
        """The part's bytes."""
        return serialise(self.root)


def _canonical(element: etree._Element) -> Canonical:
    """An element as a value: equal for elements that mean the same, whatever their prefixes and the order of attributes."""
    return (
        str(element.tag), tuple(sorted((str(name), str(value)) for name, value in element.attrib.items())),
        (element.text or "").strip(), tuple(_canonical(child) for child in element if isinstance(child.tag, str)),
    )


def _rgb(colour: etree._Element | None) -> str:
    if colour is None:
        return ""
    value = colour.get("rgb", "")
    return value[-6:].upper() if len(value) in (6, 8) and not colour.get("tint") else ""
