"""What adding columns does to the rest of a workbook: `python -m tests.benchmarks.damage [FOLDER]`.

Each workbook of the folder (else the shipped examples) gets columns by openpyxl (load, write, save), goes through LibreOffice (open, save),
and gets status columns by sheetsync. Says how many came out with a part gone, with extensions of a worksheet gone
(sparklines, newer conditional formats and dropdowns), with results of formulas gone; and which share of all parts has other bytes.
What a program can't open, refuses or (sheetsync) finds no cell in is not written.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from openpyxl import load_workbook

from tests.backends.excel.corpus import attempt

EXAMPLES = Path(__file__).parents[2] / "examples"
# What a workbook can lose without anybody missing it: the order of calculation, printers' settings, texts and colours kept elsewhere.
_UNMISSED = re.compile(r"calcChain|printerSettings|sharedStrings|/theme/|\.rels$|^docProps/|\[Content_Types\]|core-properties")
_SECONDS = 120  # for LibreOffice and one workbook


@dataclass(frozen=True, slots=True)
class Held:
    """What a workbook holds: parts by content type, members' bytes, formulas with a result, extensions of worksheets (sparklines, …)."""

    parts: Counter[str]
    members: dict[str, bytes]
    results: int
    extensions: Counter[str]


def held(data: bytes) -> Held:
    """What a workbook holds. Raises zipfile.BadZipFile, KeyError or XMLSyntaxError where it is none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    types = etree.fromstring(members["[Content_Types].xml"])
    by_name = {str(kind.get("PartName", "")).lstrip("/").casefold(): str(kind.get("ContentType")) for kind in types.iter("{*}Override")}
    by_ending = {str(kind.get("Extension")).casefold(): str(kind.get("ContentType")) for kind in types.iter("{*}Default")}
    kept = [name for name in members if not _UNMISSED.search(name)]
    parts = Counter(by_name.get(name.casefold(), by_ending.get(name.rpartition(".")[2].casefold(), name)) for name in kept)
    sheets = [etree.fromstring(part) for name, part in members.items() if "/worksheets/" in name and name.endswith(".xml")]
    results = sum(cell.find("{*}f") is not None and bool(cell.findtext("{*}v")) for root in sheets for cell in root.iter("{*}c"))
    return Held(parts, members, results, Counter(str(ext.get("uri")) for root in sheets for ext in root.iter("{*}ext")))


def by_openpyxl(path: Path, folder: Path) -> bytes | None:
    """The workbook with three columns more, as a script writes them; None where openpyxl can't open or save it."""
    new = folder / f"openpyxl-{path.name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, keep_vba=path.suffix == ".xlsm")
            sheet = book.worksheets[0]
            first = sheet.max_column + 1
            for row in range(1, min(sheet.max_row, 1000) + 1):
                for column in range(first, first + 3):
                    sheet.cell(row, column, "Overdue")
            book.save(new)
        return new.read_bytes()
    except Exception:
        return None


def by_libreoffice(path: Path, folder: Path) -> bytes | None:
    """The workbook opened and saved by LibreOffice; None where it can't be."""
    out = folder / "libreoffice"
    command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to", path.suffix.lstrip("."),
               "--outdir", str(out), str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        return (out / path.name).read_bytes()
    except (subprocess.SubprocessError, OSError):
        return None


def by_sheetsync(path: Path, folder: Path) -> bytes | None:
    """The workbook with status columns beside its widest table; None where it is refused or holds no cell."""
    kept = folder / "sheetsync"
    kept.mkdir(exist_ok=True)
    attempt(path, folder, kept)
    new = kept / path.name
    return new.read_bytes() if new.exists() else None


def lines(paths: list[Path], folder: Path) -> Iterator[str]:
    """The table, a line each."""
    ways: dict[str, Callable[[Path, Path], bytes | None]] = {"openpyxl": by_openpyxl, "sheetsync": by_sheetsync}
    if shutil.which("soffice"):
        ways["LibreOffice"] = by_libreoffice
    before_by_path = {}
    for path in paths:
        with suppress(zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, NotImplementedError, RuntimeError):
            before_by_path[path] = held(path.read_bytes())
    yield f"{len(before_by_path):>3} workbooks   written   a part gone   an extension gone   results gone   parts rewritten"
    for name, way in ways.items():
        count: Counter[str] = Counter()
        for path, before in before_by_path.items():
            data = way(path, folder)
            if data is None:
                continue
            after = held(data)
            count["written"] += 1
            count["part gone"] += bool(before.parts - after.parts)
            count["extended"] += bool(before.extensions)
            count["extension gone"] += bool(before.extensions - after.extensions)
            count["with results"] += before.results > 0
            count["results gone"] += after.results < before.results
            count["parts"] += len(before.members)
            count["rewritten"] += sum(after.members.get(member) != content for member, content in before.members.items())
        yield (f"{name:<13} {count['written']:9}   {count['part gone']:11}   {count['extension gone']:8} of {count['extended']:<6} "
               f"{count['results gone']:6} of {count['with results']:<5} {count['rewritten'] / max(count['parts'], 1):10.0%}")


def main() -> None:
    """Prints the table of the workbooks in a folder and the folders in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=EXAMPLES)
    parser.add_argument("--every", type=int, default=1, help="each so-and-so-many-th workbook only")
    chosen = parser.parse_args()
    paths = sorted(path for path in chosen.folder.rglob("*") if path.suffix in (".xlsx", ".xlsm") and zipfile.is_zipfile(path))
    with tempfile.TemporaryDirectory() as name:
        for line in lines(paths[:: chosen.every], Path(name)):
            print(line)


if __name__ == "__main__":
    main()
