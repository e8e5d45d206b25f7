"""An Office Open XML package (ECMA-376 part 2): a zip whose untouched members are copied as they are."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from lxml import etree

from sheetsync.ahead import made_ahead, mapped_ahead
from sheetsync.errors import Refused

MAX_PART = 2 * 1024**3  # bytes, inflated: no worksheet of Excel's full 1,048,576 rows that people keep is larger
MAX_TOTAL = 6 * 1024**3  # bytes, all members inflated
MAX_RATIO = 1000  # inflated to deflated, above SMALL: deflate itself can't do more than 1,032
SMALL = 64 * 1024**2  # bytes; a part below this is never called a bomb
LARGE_PART = 256 * 1024**2  # bytes; a larger one is inflated once more when it is read
_CHUNK = 4 * 1024**2  # bytes
_LEVEL = 4  # of deflate: half the time of the usual 6 for a tenth more bytes

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_ZIP64_LIMIT = 0xFFFFFFFF
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, IndexError)  # what a damaged member raises
OLE_HEAD = bytes.fromhex("D0CF11E0A1B11AE1")


@dataclass(frozen=True, slots=True)
class Deflated:
    """A part as a zip keeps it: deflated, with the checksum and the size (bytes) of what was deflated."""

    raw: bytes
    crc: int
    size: int


Part = bytes | Deflated


def deflate(blocks: Iterable[bytes | memoryview]) -> Deflated:
    """The blocks as one deflated part."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    crc = size = 0
    raw = io.BytesIO()

    def noted() -> Iterator[bytes | memoryview]:
        nonlocal crc, size
        for block in blocks:
            crc = zlib.crc32(block, crc)
            size += len(block)
            yield block

    for part in mapped_ahead(deflater.compress, noted()):
        raw.write(part)
    raw.write(deflater.flush())
    return Deflated(raw.getvalue(), crc, size)


class Damaged(Exception):
    """A part that is read in pieces is not what its checksum says."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship: `kind` is the last path segment of its type, `target` a part name without leading slash."""

    id: str
    kind: str
    target: str
    external: bool


def has_doctype(what: str) -> Refused:
    """The refusal of a part with a DOCTYPE."""
    return Refused(f"{what} has a DOCTYPE, which no workbook needs and which can do harm.", "Save it again from Excel.")


def parse_xml(data: bytes, what: str) -> etree._Element:
    """The root of a part. Raises Refused where it is not well-formed or has a DOCTYPE; fetches nothing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_blank_text=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(f"{what} is damaged ({error}).", "Open the workbook in Excel and save it again.") from None
    if str(cast(Any, root.getroottree().docinfo).doctype):
        raise has_doctype(what)
    return root


def serialise(root: etree._Element) -> bytes:
    """A part's bytes, with the declaration that Office writes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def local(element: etree._Element) -> str:
    """An element's name without its namespace; "" for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


class Package:
    """A package as read from bytes; immutable. Raises Refused, with `name` in the sentence, for what is no sound zip.

    The checksum of the part `streamed` is left to whoever reads it through `pieces`.
    """

    def __init__(self, data: bytes, name: str, *, streamed: str = "") -> None:
        self.data = data
        self.name = name
        self._streamed = _fold(streamed)
        self._check_head()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
            raise Refused(
                f"{name} is not a whole workbook: {str(error).rstrip('.').lower() or 'its zip directory is damaged'}.",
                "It may be cut off. Bring back an older version, or open it in Excel and save it again.",
            ) from None
        self.members = self._zip.infolist()
        self._kept: tuple[str, bytes] = ("", b"")  # the largest part that was inflated to be checked, until it is read
        self._by_name: dict[str, zipfile.ZipInfo] = {}
        for member in self.members:
            key = _fold(member.filename)
            if key in self._by_name:
                raise Refused(f"{name} holds the part {member.filename} twice.", "Open it in Excel and save it again.")
            self._by_name[key] = member
        self._check_members()

    def _check_head(self) -> None:
        head = self.data[:8]
        if head == OLE_HEAD:
            if "EncryptedPackage".encode("utf-16-le") in self.data:
                raise Refused(
                    f"{self.name} is protected with a password to open.",
                    "Take the password off in Excel (File, Info, Protect Workbook, Encrypt with Password), then run again.",
                )
            raise Refused(
                f"{self.name} is an old Excel 97-2003 workbook (.xls).",
                "Open it in Excel and save it as Excel Workbook (.xlsx).",
            )
        if not self.data:
            raise Refused(f"{self.name} is empty (0 bytes).", "Bring back an older version of it.")
        if not zipfile.is_zipfile(io.BytesIO(self.data)):
            if head[:2] == b"PK":
                raise Refused(f"{self.name} is cut off: it starts as a workbook, but its end is missing.",
                              "Bring back an older version, or fetch it again.")
            text = b"\0" not in self.data[:4096]
            what = "a text file (CSV?) under another name" if text else "no Excel workbook"
            raise Refused(f"{self.name} is {what}.", "Open it in Excel and save it as Excel Workbook (.xlsx).")

    def _check_members(self) -> None:
        """Bounds, encryption, and every member's checksum: raw copying would pass damage on."""
        total = 0
        for member in self.members:
            total += member.file_size
            if member.flag_bits & 0x1:
                raise Refused(f"{self.name}: the part {member.filename} is encrypted.", "Take the password off in Excel.")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(f"{self.name}: the part {member.filename} is compressed in a way that Excel does not know.",
                              "Open it in Excel and save it again.")
            ratio = member.file_size / max(1, member.compress_size)
            if member.file_size > MAX_PART or total > MAX_TOTAL or (ratio > MAX_RATIO * 0.5 and member.file_size > SMALL):
                raise Refused(
                    f"{self.name}: the part {member.filename} would grow to {member.file_size:,} bytes when unpacked.",
                    "No workbook of customers does that; the file may be made to do harm.",
                )
        for member in self.members:
            try:
                if _fold(member.filename) != self._streamed and self._checksum(member) != member.CRC:
                    raise zipfile.BadZipFile("wrong checksum")
            except UNREADABLE as error:
                raise Refused(
                    f"{self.name} is damaged: the part {member.filename} can't be unpacked ({error}).",
                    "Bring back an older version, or let Excel repair it (Open and Repair) and save it again.",
                ) from None

    def _checksum(self, member: zipfile.ZipInfo) -> int:
        crc = size = 0
        keep = not self._streamed and len(self._kept[1]) < member.file_size <= LARGE_PART
        kept = io.BytesIO()
        for chunk in self._inflate(member):
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            if keep:
                kept.write(chunk)
        if size != member.file_size:
            raise zipfile.BadZipFile("wrong size")
        if keep:
            self._kept = (_fold(member.filename), kept.getvalue())  # most likely the worksheet that is read next
        return crc

    def _inflate(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        raw = self.raw(member)
        if member.compress_type == zipfile.ZIP_STORED:
            yield bytes(raw)
            return
        inflater = zlib.decompressobj(-15)
        left = member.file_size
        chunk = inflater.decompress(raw, _CHUNK)
        while chunk:
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile("larger than it says")
            yield chunk
            chunk = inflater.decompress(inflater.unconsumed_tail, _CHUNK)
        if not inflater.eof:
            raise zipfile.BadZipFile("cut off")

    def raw(self, member: zipfile.ZipInfo) -> memoryview:
        """A member's bytes as they stand in the file, still compressed."""
        offset = member.header_offset
        head = self.data[offset : offset + _LOCAL.size]
        if head[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("no local header")
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        start = offset + _LOCAL.size + name_length + extra_length
        end = start + member.compress_size
        if end > len(self.data):
            raise zipfile.BadZipFile("cut off")
        return memoryview(self.data)[start:end]

    def __contains__(self, part: str) -> bool:
        return _fold(part) in self._by_name

    def real_name(self, part: str) -> str:
        """The part's name as it stands in the zip."""
        return self._by_name[_fold(part)].filename

    def read(self, part: str) -> bytes:
        """A part's bytes. Raises Refused where it is missing."""
        member = self._by_name.get(_fold(part))
        if member is None:
            raise Refused(f"{self.name}: the part {part} is missing.", "Open the workbook in Excel and save it again.")
        name, data = self._kept
        if name == _fold(part):
            self._kept = ("", b"")
            return data
        if member.compress_type == zipfile.ZIP_DEFLATED:  # at once into a buffer of the size that was checked on opening
            return zlib.decompress(self.raw(member), -15, max(1, member.file_size))
        return bytes(self.raw(member))

    def pieces(self, part: str) -> Pieces:
        """The part's bytes from its start on, a piece at a time, without ever holding them all."""
        member = self._by_name[_fold(part)]
        return Pieces(made_ahead(self._inflate(member)), member.CRC)

    def starts_as(self, part: str, data: bytes) -> bool:
        """Whether the part begins with the same bytes (up to 256), which a recoded one does not."""
        head = next(self._inflate(self._by_name[_fold(part)]), b"")[:256]
        return head == data[: len(head)]

    def xml(self, part: str) -> etree._Element:
        """A part as a tree."""
        return parse_xml(self.read(part), f"{self.name}, part {part}")

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """The relationships of a part ("" for the package's own), targets resolved (ECMA-376 part 2, §9.3)."""
        folder, base = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", base + ".rels")
        if rels not in self:
            return ()
        out = []
        for element in self.xml(rels):
            if local(element) != "Relationship":
                continue
            external = element.get("TargetMode") == "External"
            target = element.get("Target", "")
            out.append(Relationship(
                element.get("Id", ""), element.get("Type", "").rsplit("/", 1)[-1],
                target if external else _resolve(folder, target), external,
            ))
        return tuple(out)

    @cached_property
    def workbook_part(self) -> str:
        """The workbook's part, found through the package's relationships. Raises Refused where there is none."""
        for relationship in self.relationships(""):
            if relationship.kind == "officeDocument" and not relationship.external and relationship.target in self:
                return self.real_name(relationship.target)
        raise Refused(f"{self.name} is no Excel workbook.", "Open it in Excel and save it as Excel Workbook (.xlsx).")

    @cached_property
    def content_types_part(self) -> str:
        """The name of [Content_Types].xml as it stands in the zip."""
        return self.real_name("[Content_Types].xml")

    def rebuild(self, replaced: Mapping[str, Part], added: Mapping[str, Part], out: BinaryIO) -> None:
        """Writes the package with some parts replaced and some added at the end.

        Every other member keeps its compressed bytes, order, time, method, attributes and name bytes; a data
        descriptor becomes sizes in the header (APPNOTE.TXT 4.4.4). zip64 where it is needed.
        """
        directory = io.BytesIO()
        pending = {_fold(part): data for part, data in replaced.items()}
        count = 0
        for member in self.members:
            data = pending.pop(_fold(member.filename), None)
            if data is None:
                _put(out, directory, member, self.raw(member), member.CRC, member.file_size, member.compress_type)
            else:
                _put_new(out, directory, member, data)
            count += 1
        assert not pending, f"no such part: {sorted(pending)}"
        for part, data in added.items():
            member = zipfile.ZipInfo(part, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 0
            _put_new(out, directory, member, data)
            count += 1
        _end(out, directory, count, self._zip.comment)


class Pieces:
    """Slices of a part that are asked for in the order of their places; nothing before the last start can be asked for again.

    Raises Damaged where the part can't be inflated, or has another checksum than `crc` when its end is reached.
    """

    def __init__(self, chunks: Iterator[bytes], crc: int) -> None:
        self._chunks = chunks
        self._held = b""
        self._start = 0
        self._wanted, self._crc = crc, 0

    def take(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, or to the part's end."""
        while end > self._start + len(self._held) and self._more(start):
            pass
        return self._held[start - self._start : end - self._start]

    def find(self, token: bytes, start: int) -> int:
        """Where the token stands from `start` on; −1 where it does not."""
        while (at := self._held.find(token, max(0, start - self._start))) < 0:
            if not self._more(start):
                return -1
        return at + self._start

    def until(self, token: bytes, start: int) -> bytes:
        """The bytes from `start` up to the token, or to the part's end."""
        first = start - self._start
        if first >= 0 and (at := self._held.find(token, first)) >= 0:
            return self._held[first:at]
        end = self.find(token, start)
        return self.take(start, end if end >= 0 else self._start + len(self._held))

    def _more(self, start: int) -> bool:
        try:
            chunk = next(self._chunks, None)
        except UNREADABLE as error:
            raise Damaged from error
        if chunk is None:
            if self._crc != self._wanted:
                raise Damaged
            return False
        self._crc = zlib.crc32(chunk, self._crc)
        kept = self._held[max(0, start - self._start) :]
        self._start = start if kept else self._start + len(self._held)
        self._held = kept + chunk
        return True


def _fold(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").casefold()


def _resolve(folder: str, target: str) -> str:
    """A relationship's target as a part name: absolute, relative, with "..", "%20" or backslashes."""
    target = unquote(target.replace("\\", "/")).split("#", 1)[0]
    joined = target if target.startswith("/") else posixpath.join("/" + folder, target)
    return posixpath.normpath(joined).lstrip("/")


def _put_new(out: BinaryIO, directory: io.BytesIO, member: zipfile.ZipInfo, part: Part) -> None:
    if isinstance(part, bytes):
        part = deflate([part])
    _put(out, directory, member, part.raw, part.crc, part.size, zipfile.ZIP_DEFLATED)


def _put(out: BinaryIO, directory: io.BytesIO, member: zipfile.ZipInfo, raw: bytes | memoryview, crc: int, size: int,
         method: int) -> None:
    flags = member.flag_bits & ~0x8
    name = member.orig_filename.encode("utf-8" if flags & 0x800 else "cp437")
    year, month, day, hour, minute, second = member.date_time
    dos_date = max(0, year - 1980) << 9 | month << 5 | day
    dos_time = hour << 11 | minute << 5 | second // 2
    offset = out.tell()
    large = size >= _ZIP64_LIMIT or len(raw) >= _ZIP64_LIMIT
    extra = _without_zip64(member.extra)
    local_extra = struct.pack("<HHQQ", 1, 16, size, len(raw)) if large else b""
    shown = (_ZIP64_LIMIT, _ZIP64_LIMIT) if large else (len(raw), size)
    version = max(45 if large else 20, member.extract_version)
    out.write(_LOCAL.pack(b"PK\x03\x04", version, flags, method, dos_time, dos_date, crc, *shown, len(name), len(local_extra)))
    out.write(name + local_extra)
    out.write(raw)
    far = offset >= _ZIP64_LIMIT
    sizes: list[int] = ([size, len(raw)] if large else []) + ([offset] if far else [])
    if sizes:
        extra = struct.pack(f"<HH{len(sizes)}Q", 1, 8 * len(sizes), *sizes) + extra
    directory.write(_CENTRAL.pack(
        b"PK\x01\x02", member.create_version, member.create_system, version & 0xFF, member.reserved, flags, method,
        dos_time, dos_date, crc, *shown, len(name), len(extra), len(member.comment), 0, member.internal_attr,
        member.external_attr, _ZIP64_LIMIT if far else offset,
    ))
    directory.write(name + extra + member.comment)


def _without_zip64(extra: bytes) -> bytes:
    """Extra fields but zip64's (id 1), which says sizes that are written anew."""
    out, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != 1:
            out += extra[position : position + 4 + length]
        position += 4 + length
    return out


def _end(out: BinaryIO, directory: io.BytesIO, count: int, comment: bytes) -> None:
    start = out.tell()
    body = directory.getvalue()
    out.write(body)
    if start >= _ZIP64_LIMIT or len(body) >= _ZIP64_LIMIT or count >= 0xFFFF:
        place = out.tell()
        out.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(body), start))
        out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1))
    out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF),
                          min(len(body), _ZIP64_LIMIT), min(start, _ZIP64_LIMIT), len(comment)))
    out.write(comment)

