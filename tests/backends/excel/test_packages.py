"""Packages as programs zip them: data descriptors, zip64, Strict namespaces, macros; each is written to and keeps its members."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sheetsync.backends.excel.package import Package
from tests.backends.excel.made import HEADER, made, run
from tests.worksheets import PLAYBOOK, read_cells

STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
}


class Unseekable(io.RawIOBase):
    """A stream that only goes forward, as programs have that zip into a pipe: they put the sizes behind the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        added = bytes(data)  # type: ignore[call-overload]
        self.data += added
        return len(added)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def untouched(before: bytes, path: Path) -> set[str]:
    """The members that have the same compressed bytes as before."""
    old, new = Package(before, "old"), Package(path.read_bytes(), "new")
    now = {member.filename: bytes(new.raw(member)) for member in new.members}
    return {member.filename for member in old.members if now.get(member.filename) == bytes(old.raw(member))}


def written(path: Path) -> None:
    run(path)
    assert read_cells(path)[2] == [*HEADER, *PLAYBOOK.status.headers]
    assert len(run(path).changes) == 0


def test_sizes_in_data_descriptors(tmp_path: Path) -> None:
    path = made(tmp_path)
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in list(members(path)):
            archive.writestr(name, data)
    path.write_bytes(stream.data)
    with zipfile.ZipFile(path) as archive:
        assert all(member.flag_bits & 0x8 for member in archive.infolist())
    before = path.read_bytes()
    written(path)
    assert "xl/theme/theme1.xml" in untouched(before, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert not any(member.flag_bits & 0x8 for member in archive.infolist())


def test_zip64_members(tmp_path: Path) -> None:
    path = made(tmp_path)
    parts = list(members(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(data)
    before = path.read_bytes()
    written(path)
    assert "xl/theme/theme1.xml" in untouched(before, path)


def test_strict_ooxml(tmp_path: Path) -> None:
    path = made(tmp_path)
    parts = list(members(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            for transitional, strict in STRICT.items():
                data = data.replace(transitional, strict)
            archive.writestr(name, data)
    run(path)
    with zipfile.ZipFile(path) as archive:
        assert STRICT[next(iter(STRICT))] in archive.read("xl/worksheets/sheet1.xml")
    assert len(run(path).changes) == 0


def test_macros_and_their_signature_keep_their_bytes(tmp_path: Path) -> None:
    path = made(tmp_path).rename(tmp_path / "customers.xlsm")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/vbaProject.bin", bytes(range(256)) * 40)
        archive.writestr("xl/vbaProjectSignature.bin", b"signed" * 40)
    before = path.read_bytes()
    written(path)
    assert {"xl/vbaProject.bin", "xl/vbaProjectSignature.bin"} <= untouched(before, path)
