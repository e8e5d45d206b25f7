"""On a real Google Sheet, by hand: what the emulator says of Google holds. The README says how."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.google import GoogleSource, api, reader
from sheetsync.backends.google.auth import WRITE, SignIn, from_file
from sheetsync.backends.google.batch import VALUE, Put, batched, cells
from sheetsync.backends.google.links import parse_link
from sheetsync.backends.google.snapshot import BLANK, Look, extended, serial
from sheetsync.checks import CHECKS
from sheetsync.journal import Journal
from sheetsync.sync import sync, undo
from tests.backends.google.conftest import call
from tests.worksheets import CUSTOMERS, PLAYBOOK, TODAY, InMemory

pytestmark = pytest.mark.live


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[GoogleSource]:
    """A new tab of the scratch sheet with six customers; it is deleted afterwards."""
    link, key = os.environ.get("SHEETSYNC_LIVE_SHEET"), os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if not link or not key:
        pytest.skip("SHEETSYNC_LIVE_SHEET and GOOGLE_APPLICATION_CREDENTIALS name no scratch sheet and key")
    spreadsheet, _ = parse_link(link)
    identity = from_file(Path(key), [WRITE])
    client = api.connect(identity, endpoint=None, tell=print)
    title, gid = f"sheetsync {time.time_ns()}", time.time_ns() % 1_000_000_000
    try:
        _do(client, spreadsheet, {"addSheet": {"properties": {"title": title, "sheetId": gid}}})
        puts = {(r, c): Put(VALUE, {"numberValue": serial(cell)} if isinstance(cell, date) else extended(cell), BLANK)
                for r, row in enumerate(CUSTOMERS, 1) for c, cell in enumerate(row, 1)}
        _do(client, spreadsheet, *batched(cells(gid, puts))[0], *(
            {"repeatCell": {"range": {"sheetId": gid, "startRowIndex": 1, "startColumnIndex": c, "endColumnIndex": c + 1},
                            "cell": {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}},
                            "fields": "userEnteredFormat.numberFormat"}} for c in (4, 6, 7, 9)))
        yield GoogleSource(spreadsheet, PLAYBOOK.columns, PLAYBOOK.key, SignIn(Path(key), tmp_path), PLAYBOOK.status, sheet=title)
        _do(client, spreadsheet, {"deleteSheet": {"sheetId": gid}})
    finally:
        client.session.close()


def _do(client: api.Client, spreadsheet: str, *requests: dict[str, Any]) -> None:
    api.batch_update(client, spreadsheet, {"requests": list(requests)}, fields="spreadsheetId")


def test_sync_again_and_back(tab: GoogleSource, tmp_path: Path) -> None:
    journal = Journal(tmp_path, "live")
    report = sync(tab, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
    right = InMemory.of(CUSTOMERS)
    expected = sync(right.source, PLAYBOOK, CHECKS.values(), today=TODAY)
    differing = [(one, other) for one, other in zip(report.follow_ups, expected.follow_ups, strict=True) if one != other]
    print("differs from the memory backend:", differing or "nothing")  # an ambiguous date is read by the sheet's locale
    with tab.open(readonly=True) as sheet:
        table = sheet.read()
    print("status columns, as they came back:", table.header[10:])
    again = sync(tab, PLAYBOOK, CHECKS.values(), today=TODAY, journal=journal)
    assert not again.changes, "Google gave back something else than was written"
    run = journal.newest_to_undo(None)
    assert run is not None
    undo(tab, run, today=TODAY, journal=journal)
    with tab.open(readonly=True) as sheet:
        assert sheet.read().header == tuple(CUSTOMERS[0])


def test_doctor_finds_nothing_in_the_way(tab: GoogleSource) -> None:
    result = call("doctor", tab.identity, "--sheet", tab.sheet or "")
    print(result.output)
    assert result.exit_code == 0


def test_a_typed_table_takes_new_columns(tab: GoogleSource, tmp_path: Path) -> None:
    identity = from_file(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]), [WRITE])
    client = api.connect(identity, endpoint=None, tell=print)
    try:
        with tab.open() as sheet:
            sheet.read()
            gid = sheet.snapshot.gid
        where = {"sheetId": gid, "startRowIndex": 0, "endRowIndex": 7, "startColumnIndex": 0, "endColumnIndex": 10}
        _do(client, tab.spreadsheet, {"addTable": {"table": {"name": f"T{gid}", "range": where}}})
    finally:
        client.session.close()
    sync(tab, PLAYBOOK, CHECKS.values(), today=TODAY, journal=Journal(tmp_path, "live"))
    with tab.open() as sheet:
        table = sheet.read()
        print("the table now:", sheet.snapshot.tables)
    assert table.header[10:] == PLAYBOOK.status.headers


def test_colours_come_back(tab: GoogleSource, tmp_path: Path) -> None:
    sync(tab, PLAYBOOK, CHECKS.values(), today=TODAY, journal=Journal(tmp_path, "live"))
    with tab.open() as sheet:
        sheet.read()
        looks = {look for look in sheet.snapshot.looks.values() if look.fill}
    print("colours, as they came back:", sorted(looks))
    palette = {style.fill for style in PLAYBOOK.status.palette}
    assert {look.fill for look in looks} <= palette
    assert Look() not in looks


def test_many_customers_are_read_as_few_are(tab: GoogleSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(tab, PLAYBOOK, CHECKS.values(), today=TODAY, journal=Journal(tmp_path, "live"))
    with tab.open(readonly=True) as sheet:
        few = sheet.read()
    monkeypatch.setattr(reader, "LARGE", 2)
    with tab.open(readonly=True) as sheet:
        assert sheet.read() == few


def test_hidden_columns_are_seen(tab: GoogleSource) -> None:
    identity = from_file(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]), [WRITE])
    client = api.connect(identity, endpoint=None, tell=print)
    with tab.open() as sheet:
        sheet.read()
        assert sheet.snapshot.hidden == set()
        where = {"sheetId": sheet.snapshot.gid, "dimension": "COLUMNS", "startIndex": 11, "endIndex": 13}
        try:
            _do(client, tab.spreadsheet, {"updateDimensionProperties": {
                "range": where, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}})
        finally:
            client.session.close()
        sheet.read()
        assert sheet.snapshot.hidden == {12, 13}
