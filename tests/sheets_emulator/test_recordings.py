"""The emulator answers recorded traffic of the real API as Google did."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sheets_emulator.client import Client
from tests.sheets_emulator.emulator import Emulator

JSON = dict[str, Any]

RECORDINGS = Path(__file__).parents[3] / "shared" / "gspread-cassettes" / "cassettes.tar.gz"
ACCOUNT = re.compile(r"[\w-]+@[\w-]+\.iam\.gserviceaccount\.com")  # whoever made the recordings
IDS = ("spreadsheetId", "sheetId", "namedRangeId", "protectedRangeId")


@dataclass
class Outcome:
    """How one recording's Sheets answers compare."""

    name: str
    same: int = 0
    skipped: int = 0
    different: list[str] = field(default_factory=list)


def recordings() -> Iterator[tuple[str, list[JSON]]]:
    """(name, request and response pairs) of each recording."""
    with tarfile.open(RECORDINGS) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                yield Path(member.name).stem, json.load(file)["interactions"]


class Replay:
    """Plays one recording's requests in their order. The ids that Google's server made are mapped to the emulator's."""

    def __init__(self, google: Emulator, client: Client, name: str) -> None:
        self.google, self.client = google, client
        self.ids: dict[str, str] = {}  # recorded → emulated; sheet 0 and the like stay themselves
        self.account = google.account
        self.outcome = Outcome(name)

    def translated(self, text: str) -> str:
        """The text with the emulator's ids in the place of the recorded ones."""
        text = ACCOUNT.sub(self.account, text)
        return re.sub(r"[\w-]{6,}", lambda found: self.ids.get(found[0], found[0]), text)

    def learn(self, recorded: Any, emulated: Any) -> None:
        """Takes the ids of new things out of an answer."""
        if isinstance(recorded, dict) and isinstance(emulated, dict):
            for name, value in recorded.items():
                if name in IDS and value and emulated.get(name):
                    self.ids.setdefault(str(value), str(emulated[name]))
                else:
                    self.learn(value, emulated.get(name))
        elif isinstance(recorded, list) and isinstance(emulated, list):
            for one, other in zip(recorded, emulated, strict=False):
                self.learn(one, other)

    def play(self, pair: JSON) -> None:
        request, response = pair["request"], pair["response"]
        parts = urlsplit(request["uri"])
        status, text = response["status"]["code"], response["body"].get("string") or ""
        if parts.netloc != "sheets.googleapis.com":
            self.drive(request, parts.path, text)
            return
        spreadsheet_id = parts.path.split("/")[3].partition(":")[0]
        if spreadsheet_id not in self.ids and status != 404:
            self.outcome.skipped += 1  # a spreadsheet that the recording didn't make itself
            return
        target = self.translated(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        body = self.translated(request["body"]).encode() if request["body"] else None
        got_status, got = self.client.raw(request["method"], target, body)
        expected = json.loads(text)
        self.learn(expected, got)
        expected = json.loads(self.translated(text))
        ignore_sizes(expected)
        ignore_sizes(got)
        if (got_status, got) == (status, expected):
            self.outcome.same += 1
        else:
            self.outcome.different.append(
                f"{self.outcome.name}: {request['method']} {target} {(body or b'')[:300]!r}\n"
                f"  Google   {status} {first_difference(expected, got)}\n  emulator {got_status} {first_difference(got, expected)}"
            )

    def drive(self, request: JSON, path: str, text: str) -> None:
        """Drive's part: making, copying, filling and deleting spreadsheets. Its answers are not compared."""
        method, last = request["method"], path.rpartition("/")[2]
        if method == "POST" and last in ("files", "copy"):
            made = json.loads(text)
            if last == "copy":
                source = self.google.books[self.ids[path.split("/")[-2]]]
                book = self.google.book(made["name"])
                book.restore(source.snapshot())
                book.properties["title"] = made["name"]
            else:
                book = self.google.book(made["name"])
            self.ids[made["id"]] = book.id
        elif method == "PUT" and path.startswith("/upload/"):
            book = self.google.books[self.ids[last]]
            rows = list(csv.reader(io.StringIO(request["body"])))
            book.tabs[0].rows = []
            book.resize(len(rows), max(map(len, rows)))
            book.type_rows("A1", rows)
        elif method == "DELETE" and last in self.ids:
            self.google.books[self.ids[last]].deleted = True


def ignore_sizes(value: Any) -> None:
    """Sets widths that Google measured by its fonts to one number; 100 and 21 are nobody's measure."""
    if isinstance(value, dict):
        if value.get("pixelSize") not in (None, 21, 100):
            value["pixelSize"] = -1
        for item in value.values():
            ignore_sizes(item)
    elif isinstance(value, list):
        for item in value:
            ignore_sizes(item)


def first_difference(one: Any, other: Any, path: str = "") -> str:
    """Where the two part, and what the first of them has there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                return first_difference(one.get(name), other.get(name), f"{path}.{name}")
    if isinstance(one, list) and isinstance(other, list):
        for index, (a, b) in enumerate(zip(one, other, strict=False)):
            if a != b:
                return first_difference(a, b, f"{path}[{index}]")
    return f"{path}: {json.dumps(one, ensure_ascii=False)[:400]}"


@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings of the real API at ../shared/gspread-cassettes")
def test_recorded_requests_are_answered_as_google_did(capsys: pytest.CaptureFixture[str]) -> None:
    """Every recorded Sheets request is sent in its order; status and JSON body must be equal, field by field, once the ids that the
    server makes are mapped. Left out: widths measured by Google's fonts, and spreadsheets that the recording didn't make itself."""
    outcomes = []
    with Emulator() as google:
        for name, pairs in recordings():
            with Client(google) as client:
                replay = Replay(google, client, name)
                for pair in pairs:
                    replay.play(pair)
                outcomes.append(replay.outcome)
        # Three recorded requests send text where rows are meant; Google refuses them, and so does the emulator.
        assert [line.partition(": ")[2][:28] for line in google.forgive()] == ["Invalid value at 'data.value"] * 3
    same = sum(outcome.same for outcome in outcomes)
    different = [text for outcome in outcomes for text in outcome.different]
    told = (f"{same} of {same + len(different)} recorded answers identical ({same / (same + len(different)):.2%}), "
            f"{sum(outcome.skipped for outcome in outcomes)} skipped, {len(outcomes)} recordings")
    with capsys.disabled():
        print(f"\n{told}")
    assert len(outcomes) >= 120
    assert same / (same + len(different)) >= 0.99, told + "\n" + "\n".join(different[:20])
    # What Drive makes of an imported CSV file (tab named after the file, another time zone) is Drive's affair.
    assert {outcome.name for outcome in outcomes if outcome.different} == {"ClientTest.test_import_csv"}, "\n".join(different)
