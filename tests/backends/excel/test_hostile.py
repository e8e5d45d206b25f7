"""Files that are no sound workbooks: a sentence each, within seconds and without filling the memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.excel.made import SHEET, made, rewritten

SECONDS, MEGABYTES = 5, 500

# Reads one file after the other and prints how each ended, its seconds, and the peak memory of all.
_READER = """
import sys, time
from pathlib import Path
from tests.benchmarks.peak import peak
from sheetsync.backends.excel import ExcelSource
from sheetsync.config import load_playbook
from sheetsync.errors import SheetsyncError
book = load_playbook()
for name in sys.argv[1:]:
    started = time.perf_counter()
    try:
        with ExcelSource(Path(name), book.columns, book.key).open() as sheet:
            sheet.read()
        ended = "read"
    except SheetsyncError as error:
        ended = f"{error.code} {Path(name).name in error.sentence and bool(error.remedy)}"
    except BaseException as error:
        ended = f"{type(error).__name__}: {error}"
    print(f"{name}\\t{ended}\\t{time.perf_counter() - started:.1f}\\t{peak():.0f}", flush=True)
"""


def read_all(paths: list[Path]) -> list[str]:
    """What is wrong with how the files were refused; nothing where all were, with a sentence, in time and memory."""
    done = subprocess.run([sys.executable, "-c", _READER, *map(str, paths)], capture_output=True, text=True, timeout=300, check=False,
                          cwd=Path(__file__).parents[3])
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    wrong = [
        " ".join([Path(line[0]).name, *line[1:]]) for line in lines
        if line[1] != "6 True" or float(line[2]) > SECONDS or float(line[3]) > MEGABYTES
    ]
    return wrong + ([] if len(lines) == len(paths) else [f"the reader died: {done.stderr[-500:]}"])


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _lying(data: bytes) -> bytes:
    """The same package, whose directory says that the worksheet is small."""
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    return data[: at + 24] + struct.pack("<L", 100) + data[at + 28 :]


_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (b"" if n == 1 else b"%d" % (n - 1)) * 10) for n in range(1, 12)
) + b"]>"

BAD: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda path: b"",
    "text": lambda path: b"Name;Email\nNg;ng@example.com\n",
    "old-xls": lambda path: bytes.fromhex("D0CF11E0A1B11AE1") + bytes(4096),
    "password": lambda path: bytes.fromhex("D0CF11E0A1B11AE1") + bytes(1024) + "EncryptedPackage".encode("utf-16-le") + bytes(1024),
    "cut-off": lambda path: path.read_bytes()[:-200],
    "half": lambda path: path.read_bytes()[: path.stat().st_size // 2],
    "flipped": lambda path: _flipped(path.read_bytes()),
    "other-zip": lambda path: zipped({"hello.txt": b"hello"}),
    "word": lambda path: zipped({
        "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                       b'<Relationship Id="r" Type="x/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": b"<document/>", "[Content_Types].xml": b"<Types/>"}),
    "laughs": lambda path: rewritten(path, SHEET, lambda data: data.replace(b"<worksheet", _LAUGHS + b"<worksheet", 1)).read_bytes(),
    "laughs-in-strings": lambda path: rewritten(
        path, "xl/sharedStrings.xml", lambda data: data.replace(b"<sst", _LAUGHS + b"<sst", 1)).read_bytes(),
    "laughs-in-workbook": lambda path: rewritten(
        path, "xl/workbook.xml", lambda data: data.replace(b"<workbook", _LAUGHS + b"<workbook", 1)).read_bytes(),
    "bomb": lambda path: rewritten(path, SHEET, lambda data: data + b" " * 300_000_000).read_bytes(),
    "bomb-of-pictures": lambda path: zipped(
        {"[Content_Types].xml": b"<Types/>"} | {f"xl/media/{n}.png": bytes(100_000_000) for n in range(5)}),
    "lying": lambda path: _lying(rewritten(path, SHEET, lambda data: data + b" " * 3_000_000).read_bytes()),
    "deep": lambda path: rewritten(
        path, SHEET, lambda data: data.replace(b"<sheetData>", b"<extLst>" * 200_000 + b"<sheetData>")).read_bytes(),
    "no-sheets": lambda path: rewritten(path, SHEET, lambda data: None).read_bytes(),
    "no-directory": lambda path: path.read_bytes().replace(b"PK\x05\x06", b"PK\x05\x07"),
}


def _flipped(data: bytes) -> bytes:
    """The same bytes but one in the middle of the worksheet's deflated data."""
    at = data.index(b"xl/worksheets/sheet1.xml") + 80
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def test_made_to_do_harm(tmp_path: Path) -> None:
    paths = []
    for name, make in BAD.items():
        folder = tmp_path / name
        folder.mkdir()
        data = make(made(folder))
        path = folder / f"{name}.xlsx"
        path.write_bytes(data)
        paths.append(path)
    assert read_all(paths) == []


def test_every_bad_workbook_of_the_corpus(corpus: Path) -> None:
    assert read_all(sorted((corpus / "bad").iterdir())) == []


@pytest.mark.parametrize("name", ["flipped", "cut-off", "bomb"])
def test_a_refused_file_stays_as_it_is(tmp_path: Path, name: str) -> None:
    from sheetsync.errors import Refused
    from tests.backends.excel.made import run

    data = BAD[name](made(tmp_path))
    path = tmp_path / "bad.xlsx"
    path.write_bytes(data)
    with pytest.raises(Refused):
        run(path)
    assert path.read_bytes() == data
