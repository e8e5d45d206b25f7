"""LibreOffice as a judge: what it reads of a workbook before and after, as CSV."""

from __future__ import annotations

import csv
import re
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sheetsync.core.model import column_letters

_AT_ONCE = 60  # workbooks in one process
# Comma, double quote, UTF-8, all as text as shown, every worksheet a file of its own (documentation of the CSV export filter).
_FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
_VOLATILE = re.compile(r"\b(?:NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY|CELL|INFO)\(", re.IGNORECASE)

_FORMULA = re.compile(r"<(?:\w+:)?f\b[^>]*>([^<]+)<")

Pair = tuple[Path, Path, str, range]  # as it was, as written, the worksheet, the columns that were written


def csv_differences(pairs: Sequence[Pair], folder: Path) -> dict[str, str]:
    """By the name of the workbook, the first thing outside our columns that LibreOffice reads otherwise than before."""
    before, after = folder / "csv-before", folder / "csv-after"
    _convert([old for old, _, _, _ in pairs], before, folder)
    _convert([new for _, new, _, _ in pairs], after, folder)
    out = {}
    for old, new, sheet, ours in pairs:
        found = next(_differences(before / old.name, after / new.name, sheet, ours), None)
        if found is not None and not _may_differ(old, ours):
            out[new.name] = found
    return out


def _convert(paths: Sequence[Path], target: Path, folder: Path) -> None:
    """One folder a workbook, one file a worksheet in it."""
    target.mkdir()
    for start in range(0, len(paths), _AT_ONCE):
        # Files of one run land in one folder, so each gets a number for a name there.
        inputs = target / f"in-{start}"
        inputs.mkdir()
        numbered = {}
        for number, path in enumerate(paths[start : start + _AT_ONCE]):
            link = inputs / f"w{number}{path.suffix}"
            link.write_bytes(path.read_bytes())
            numbered[f"w{number}"] = path.name
        made = target / f"out-{start}"
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", _FILTER, "--outdir", str(made),
             *map(str, sorted(inputs.iterdir()))],
            check=True, capture_output=True, timeout=900,
        )
        for file in made.iterdir():
            word, _, sheet = file.name.removesuffix(".csv").partition("-")
            place = target / numbered[word]
            place.mkdir(exist_ok=True)
            file.rename(place / (sheet or "only"))


def _differences(before: Path, after: Path, sheet: str, ours: range) -> Iterator[str]:
    if not before.is_dir():
        return  # LibreOffice does not open the original either
    if not after.is_dir():
        yield "LibreOffice no longer opens it"
        return
    names = {path.name for path in before.iterdir()}
    if names != {path.name for path in after.iterdir()}:
        yield f"LibreOffice sees other worksheets: {sorted(names)}"
        return
    for name in sorted(names):
        mine = name == "only" or _same_name(name, sheet)
        old, new = _cells(before / name, ours if mine else range(0)), _cells(after / name, ours if mine else range(0))
        if old != new:
            key = next(key for key in sorted({*old, *new}) if old.get(key) != new.get(key))
            yield f"LibreOffice sees {old.get(key)!r} become {new.get(key)!r} in {name}, row {key[0]}, column {key[1]}"


def _same_name(file: str, sheet: str) -> bool:
    """Whether a file is that worksheet's: LibreOffice puts other characters in the place of those that files can't have."""
    return re.sub(r"[\W_]", "", re.sub(r" -\d+$", "", file)) == re.sub(r"[\W_]", "", sheet)


def _cells(path: Path, ours: range) -> dict[tuple[int, int], str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return {
            (row, column): text
            for row, cells in enumerate(csv.reader(file), 1) for column, text in enumerate(cells, 1)
            if text and column not in ours
        }


def _may_differ(path: Path, ours: range) -> bool:
    """Whether a formula gives another result each time, or reads cells that were blank and are statuses now."""
    columns = "|".join(column_letters(column) for column in ours)
    reads_ours = re.compile(rf"(?<![A-Z])\$?(?:{columns})\$?\d")
    with zipfile.ZipFile(path) as archive:
        formulas = [
            formula for name in archive.namelist() if "sheet" in name
            for formula in _FORMULA.findall(archive.read(name).decode("utf-8", "replace"))
        ]
    return any(_VOLATILE.search(formula) or reads_ours.search(formula) for formula in formulas)
