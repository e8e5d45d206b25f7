"""Shared strings (ECMA-376 part 1, §18.4): texts found and added without touching the others; and cells as XML."""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from lxml import etree

from sheetsync.backends.excel.worksheet import NAMESPACES
from sheetsync.core.model import Cell, CellError
from sheetsync.core.tidy import is_tidy

_EPOCH = datetime(1899, 12, 30)
_BLOCK = 1024**2  # bytes
_ENTRIES_A_BLOCK = 1000
OFFSET_1904 = 1462  # days between the 1900 and the 1904 date systems
_SPECIAL = re.compile(r"_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\r]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_COUNTS = re.compile(rb"""\b(count|uniqueCount)\s*=\s*(["'])(\d+)\2""")


def escape(text: str) -> bytes:
    """A text as XML character data, what XML can't hold as _xHHHH_ (§22.9.2.19)."""
    if text.isascii() and text.isprintable() and "&" not in text and "<" not in text and ">" not in text and "_x" not in text:
        return text.encode()
    if "_x" in text or not text.isprintable():
        text = _SPECIAL.sub(_special, text)
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.encode("utf-8", "replace")


def _special(match: re.Match[str]) -> str:
    found = match[0]
    return f"_x005F_{found[1:]}" if len(found) > 1 else f"_x{ord(found):04X}_"


def unescape(text: str) -> str:
    """A text with _xHHHH_ read back."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def xml_text(raw: bytes) -> str | None:
    """The character data of an element without children, as XML means it; None where it is not well-formed UTF-8 XML."""
    if b"&" not in raw and b"\r" not in raw:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return None
    try:
        return etree.fromstring(b"<t>%b</t>" % raw).text or ""
    except etree.XMLSyntaxError:
        return None


def text_element(text: str, prefix: bytes) -> bytes:
    """`<t>` with the text, its spaces kept where Excel would fold them."""
    edge = text[:1].isspace() or text[-1:].isspace() or "  " in text or "\n" in text or "\t" in text
    return b"<%bt%b>%b</%bt>" % (prefix, b' xml:space="preserve"' if edge else b"", escape(text), prefix)


def _as_entries(texts: Sequence[str], prefix: bytes) -> bytes:
    """The texts as entries of the shared strings; the common case many at once."""
    joined = _BETWEEN.join(texts)
    between = 4 * (len(texts) - 1)
    if not prefix and joined.count("<") == joined.count(">") == between and "&" not in joined and "_x" not in joined and is_tidy(texts):
        return f"<si><t>{joined}</t></si>".encode()
    return b"".join([b"<%bsi>%b</%bsi>" % (prefix, text_element(text, prefix), prefix) for text in texts])


_BETWEEN = "</t></si><si><t>"
_PRESERVING = '<si><t xml:space="preserve">'


def plain_entries(data: bytes) -> int:
    """How many entries a shared strings part has, where all are plain: one text and nothing else. 0 where one is not."""
    if (bounds := _entry_bounds(data)) is None:
        return 0
    start, end = bounds
    count = data.count(_BETWEEN.encode(), start, end) + data.count(b"</t></si>" + _PRESERVING.encode(), start, end) + 1
    first = data.startswith((b"<si><t>", _PRESERVING.encode()), start)
    return count if first and data.count(b"<", start, end) == 4 * count else 0


def _entry_bounds(data: bytes) -> tuple[int, int] | None:
    """Where the first entry begins and the last one ends; None where the part is not as plain as most."""
    if (b"!" in data and b"<!" in data) or b"\r" in data:  # one rare byte is found faster than two
        return None
    start, end = data.find(b"<si><t"), data.rfind(b"</t></si>") + len(b"</t></si>")
    if start < 0 or end < start or data.find(b"<si", 0, start) >= 0 or data.find(b"<", end) != data.rfind(b"</sst>"):
        return None
    return start, end


def plain_texts(data: bytes) -> list[str] | None:
    """The character data of every entry as it stands there, where all are plain; None where one is not.

    One split instead of a match for each entry: there can be a million of them.
    """
    if (bounds := _entry_bounds(data)) is None:
        return None
    start, end = bounds
    first = data.index(b">", start + len("<si>")) + 1
    if data[start:first] not in (b"<si><t>", _PRESERVING.encode()):
        return None
    try:
        text = str(memoryview(data)[first : end - len("</t></si>")], "utf-8")
    except UnicodeDecodeError:
        return None
    if "xml:space" in text:
        text = text.replace(_PRESERVING, "<si><t>")
    texts = text.split(_BETWEEN)
    return texts if data.count(b"<", start, end) == 4 * len(texts) else None


class SharedStrings:
    """The shared strings part: texts to indexes. What is asked for and not there is added behind the last one.

    `usable` is False where the part has anything but plain entries that can be added to; texts then go into the cells.
    `texts` are those of all entries, where they are known.
    """

    def __init__(self, data: bytes, texts: Sequence[str] | None = None) -> None:
        self.data = data
        self._all = texts
        self.prefix = b""
        self.usable = True
        self.count = 0
        self._insert_at = -1
        self._root_tag = (0, 0)
        self._closed = False
        self._plain = False
        self._known: dict[str, int] = {}  # the plain entries of a part that only expat reads
        self._texts: dict[str, int] = {}
        self._new = 0
        self._blocks: list[bytes] = []  # the new entries, many in one, which takes less memory than each on its own
        self._references = 0
        self._read()

    def _read(self) -> None:
        match = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sst\b[^>]*>", self.data)
        if match is None:
            self.usable = False
            return
        self.prefix = match[1]
        self._root_tag = match.span()
        self._closed = match[0].endswith(b"/>")
        if self._closed:
            self._insert_at = match.end()
            return
        if self.prefix == b"" and (count := plain_entries(self.data)):
            self.count = count
            self._insert_at = self.data.rfind(b"</sst")
            if self._all is None or len(self._all) != count:
                self._all = [unescape(xml_text(text.encode()) or "") for text in plain_texts(self.data) or ()]
            return
        self._all = None
        self._plain = (
            self.prefix == b"" and self.data.find(b"<!") < 0 and self.data.find(b"<?", 2) < 0
            and self.data.find(b"<extLst") < 0 and self.data.find(b"xmlns", match.end()) < 0
        )
        if self._plain:
            self.count = len(re.findall(rb"<si[ >/]", self.data))
            end = self.data.rfind(b"</sst")
            self._insert_at = end
            self.usable = end > 0
        else:
            self._read_general()

    def _read_general(self) -> None:
        """Counts the entries and notes the plain ones (nothing but one text), on any well-formed XML."""
        path: list[str] = []
        end_at = -1
        text: list[str] = []
        plain = True
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal end_at, plain
            namespace, _, tag = name.rpartition(" ")
            path.append(tag if namespace in NAMESPACES else "?")
            if len(path) == 2:
                if path[1] == "si" and end_at < 0:
                    self.count += 1
                    text.clear()
                    plain = not attributes
                elif end_at < 0:
                    end_at = parser.CurrentByteIndex
                    self.usable = self.usable and tag == "extLst"
                else:
                    self.usable = False
            elif len(path) > 3 or (len(path) == 3 and (path[2] != "t" or text)):
                plain = False

        def end(_: str) -> None:
            nonlocal end_at
            tag = path.pop()
            if len(path) == 1 and tag == "si" and plain:
                self._known.setdefault(unescape("".join(text)), self.count - 1)
            elif not path and end_at < 0:
                end_at = parser.CurrentByteIndex

        def characters(found: str) -> None:
            if len(path) == 3:
                text.append(found)

        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
        try:
            parser.Parse(self.data, True)
        except expat.ExpatError:
            self.usable = False
        self._insert_at = end_at

    def want(self, texts: Iterable[str]) -> None:
        """Finds or adds each text, which comes once for each cell that holds it; `indexes` knows it afterwards.

        One pass over the part, whatever the number of texts.
        """
        texts = list(texts)
        self._references += len(texts)
        wanted = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if not wanted or not self.usable:
            return
        self._texts.update(self._find(frozenset(wanted)))
        new = [text for text in wanted if text not in self._texts]
        self._texts.update(zip(new, range(self.count + self._new, self.count + self._new + len(new)), strict=True))
        self._new += len(new)
        for start in range(0, len(new), _ENTRIES_A_BLOCK):
            self._blocks.append(_as_entries(new[start : start + _ENTRIES_A_BLOCK], self.prefix))

    def _find(self, wanted: frozenset[str]) -> dict[str, int]:
        """The indexes of those that are there as plain entries."""
        if self._all is None and not self._plain:
            return {text: self._known[text] for text in wanted if text in self._known}
        found: dict[str, int] = {}
        if self._all is not None:
            for index, text in enumerate(self._all):
                if text in wanted:
                    found.setdefault(text, index)
            return found
        raw = {escape(text): text for text in wanted}
        index = -1
        for index, match in enumerate(ENTRY.finditer(self.data, self._root_tag[1])):
            plain = match[1]
            if plain is not None and plain in raw:
                found.setdefault(raw[plain], index)
        return found if index + 1 == self.count else {}  # else it is not as plain as thought: add rather than mix texts up

    @property
    def indexes(self) -> Mapping[str, int]:
        """The indexes of all texts that were wanted."""
        return self._texts

    @property
    def changed(self) -> bool:
        """Whether a text was added."""
        return self._new > 0

    def blocks(self) -> Iterator[bytes | memoryview]:
        """The part in blocks, with the new entries spliced in and the counts right, where it has them."""
        start, end = self._root_tag
        tag = self.data[start:end]

        def counted(match: re.Match[bytes]) -> bytes:
            old = int(match[3])
            new = self.count + self._new if match[1] == b"uniqueCount" else old + self._references
            return b"%b=%b%d%b" % (match[1], match[2], new, match[2])

        tag = _COUNTS.sub(counted, tag)
        yield self.data[:start]
        if self._closed:  # <sst/>
            yield tag[:-2].rstrip() + b">"
        else:
            yield tag
            whole = memoryview(self.data)
            for at in range(end, self._insert_at, _BLOCK):
                yield whole[at : min(at + _BLOCK, self._insert_at)]
        yield from self._blocks
        yield b"</%bsst>" % self.prefix + self.data[end:] if self._closed else self.data[self._insert_at :]


# One entry: its text where it is plain, nothing captured where it has runs, phonetics or attributes.
ENTRY = re.compile(
    rb'<si>(?:<t(?: xml:space="preserve")?>([^<]*)</t></si>|(?:(?!</si>).)*</si>)'
    rb"|<si/>|<si [^>]*(?:/>|>(?:(?!</si>).)*</si>)",
    re.DOTALL,
)


def cell_element(
    prefix: bytes, ref: bytes, style: int, value: Cell, strings: SharedStrings | None, *, date1904: bool
) -> bytes:
    """A `<c>` element that holds the value; blank keeps the cell and its style and has no content."""
    head = b'<%bc r="%b"%b' % (prefix, ref, b' s="%d"' % style if style else b"")
    if value is None:
        return head + b"/>"
    close = b"</%bc>" % prefix
    if isinstance(value, str):
        if strings is not None:
            return b'%b t="s"><%bv>%d</%bv>%b' % (head, prefix, strings.indexes[value], prefix, close)
        return b'%b t="inlineStr"><%bis>%b</%bis>%b' % (head, prefix, text_element(value, prefix), prefix, close)
    kind, content = _content(value, date1904=date1904)
    return b"%b%b><%bv>%b</%bv>%b" % (head, kind, prefix, content, prefix, close)


def _content(value: Cell, *, date1904: bool) -> tuple[bytes, bytes]:
    if isinstance(value, bool):
        return b' t="b"', b"1" if value else b"0"
    if isinstance(value, CellError):
        return b' t="e"', escape(value.code)
    if isinstance(value, (int, float)):
        return b"", repr(int(value) if isinstance(value, float) and value.is_integer() else value).encode()
    return b"", repr_serial(serial(value, date1904=date1904))


def repr_serial(number: float) -> bytes:
    """A serial number as Excel writes it: whole days without a point."""
    return repr(int(number) if float(number).is_integer() else number).encode()


def serial(value: Cell, *, date1904: bool) -> float:
    """The serial number of a date, time or duration (days since 1899-12-30, §18.17.4)."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time):
        return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        days = (moment.replace(tzinfo=None) - _EPOCH) / timedelta(days=1)
        return days - (OFFSET_1904 if date1904 else 0)
    raise TypeError(f"{value!r} has no serial number")
