"""The calendar: valid by RFC 5545, the same bytes for the same list, one event a customer however its date moves; khal reads it."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from sheetsync.core.model import Cell, Report
from sheetsync.outputs.ics import Ics
from tests.outputs.reports import HEADER, customer, report
from tests.worksheets import TODAY


def calendar(of: Report, identity: str = "/home/ana/customers.xlsx") -> str:
    return Ics(identity).render(of)


def events(text: str) -> list[Any]:
    return list(Calendar.from_ical(text.encode("utf-8")).walk("VEVENT"))


def by_uid(text: str) -> dict[str, Any]:
    found = events(text)
    out = {str(event["uid"]): event for event in found}
    assert len(out) == len(found)
    return out


def test_an_event_says_all_that_a_call_needs() -> None:
    [event] = events(calendar(report([customer(1, "Ana, Silva; & Co", "+1 503 555-0108", "ana@example.com", last=date(2026, 10, 28))])))
    assert event.decoded("dtstart") == date(2026, 11, 30)
    assert event.decoded("dtend") == date(2026, 12, 1)  # exclusive: it lasts one day
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert str(event["transp"]) == "TRANSPARENT"
    assert str(event["summary"]) == "Call Ana, Silva; & Co: how is it going?"
    assert str(event["description"]).split("\n") == [
        "Call Ana, Silva; & Co: how is it going?", "Keep in touch, tier A, 1 month after Last contact (Wed 28 Oct 2026)",
        "Phone: +1 503 555-0108", "E-mail: ana@example.com", "Last contact: Wed 28 Oct 2026"]
    assert [str(word) for word in event["categories"].cats] == ["Scheduled"]


def test_an_overdue_one_stands_on_today_and_says_since_when() -> None:
    [event] = events(calendar(report([customer(1, "Ana", last=date(2026, 1, 5))])))
    assert event.decoded("dtstart") == TODAY
    assert str(event["summary"]).startswith("Overdue: Call Ana")
    assert "Was due on Thu 5 Feb 2026." in str(event["description"])


def test_an_urgent_one_is_of_high_priority() -> None:
    [event] = events(calendar(report([customer(1, "Ana", last=date(2026, 11, 10), wrote=date(2026, 11, 19))])))
    assert [str(word) for word in event["categories"].cats] == ["Due", "Urgent"]
    assert int(event["priority"]) == 1


def test_whoever_has_no_date_or_is_not_to_be_chased_has_no_event() -> None:
    rows: list[list[Cell]] = [customer(1, "never contacted", last=None), [2, "quiet", None, None, "A", date(2026, 1, 5), None, None, "no"],
                              [3, "unreadable", None, None, "A", "03/04/2026"], customer(4, "Ana")]
    assert len(events(calendar(report(rows)))) == 1


def test_the_same_list_gives_the_same_bytes_in_any_order_of_rows() -> None:
    rows = [customer(number, f"Customer {number}", last=TODAY - timedelta(days=9 * number)) for number in range(1, 30)]
    first = calendar(report(rows))
    random.Random(1).shuffle(rows)
    assert calendar(report(rows)) == first == calendar(report(rows))


def test_a_moved_date_moves_the_event_and_raises_its_revision() -> None:
    before = by_uid(calendar(report([customer(1, "Ana"), customer(2, "Bo")])))
    later = report([customer(2, "Bo"), customer(1, "Ana", "555-0000", last=date(2026, 11, 20))], TODAY + timedelta(days=1))
    after = by_uid(calendar(later))
    assert set(before) == set(after)
    assert sum(before[uid].decoded("dtstart") != after[uid].decoded("dtstart") for uid in before) == 2  # Bo is overdue: on today
    for uid in before:
        assert int(after[uid]["sequence"]) > int(before[uid]["sequence"])
        assert after[uid].decoded("dtstamp") > before[uid].decoded("dtstamp")
        assert after[uid].decoded("last-modified") == after[uid].decoded("dtstamp")


def test_customers_with_one_key_or_none_have_each_their_own_event() -> None:
    rows = [customer(1, "Ana", email="a@example.com"), customer(1, "Bo"), customer(1, "Ana", email="c@example.com")]
    assert len(by_uid(calendar(report(rows)))) == 3
    same: list[list[Cell]] = [["Ana", date(2026, 10, 1)], ["Ana", date(2026, 9, 1)], ["Bo", date(2026, 9, 1)]]
    assert len(by_uid(calendar(report(same, header=["Name", "Last contact"])))) == 3


def test_two_lists_never_share_an_event() -> None:
    rows = [customer(1, "Ana")]
    assert set(by_uid(calendar(report(rows), "/a/customers.xlsx"))) & set(by_uid(calendar(report(rows), "/b/customers.xlsx"))) == set()


def test_the_uid_says_nothing_of_the_customer() -> None:
    [uid] = by_uid(calendar(report([customer(1, "Ana")])))
    assert "Ana" not in uid
    assert uid.endswith("@sheetsync")


@pytest.mark.parametrize("name", [
    "é" * 90, "株" * 60, "👩‍👩‍👧‍👦" * 12, "comma, semicolon; backslash \\ colon: quote \"", "two\nlines\r\nhere",
    "\x00\x0bAna\x1f\ud800", "a" * 500, "BEGIN:VEVENT\r\nUID:evil", "محمد " * 20,
])
def test_lines_are_folded_and_texts_escaped(name: str) -> None:
    text = calendar(report([customer(1, name, "+1 503 555-0100")]))
    assert text.endswith("END:VCALENDAR\r\n")
    for line in text.split("\r\n"):
        assert len(line.encode("utf-8")) <= 75
        assert not any(ord(c) < 32 for c in line.replace("\t", ""))
    assert "\n" not in text.replace("\r\n", "")
    [event] = events(text)
    expected = " ".join(name.translate({0: 32, 11: 32, 31: 32, 0xd800: 32}).split())
    assert expected in str(event["summary"])


def test_every_event_has_what_the_rfc_requires_once() -> None:
    text = calendar(report([customer(number, f"Customer {number}") for number in range(1, 6)]))
    parsed = Calendar.from_ical(text.encode("utf-8"))
    assert not parsed.errors
    assert (str(parsed["version"]), str(parsed["calscale"])) == ("2.0", "GREGORIAN")
    for event in parsed.walk("VEVENT"):
        assert not event.errors
        for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "LAST-MODIFIED"):
            assert not isinstance(event[name], list)
        assert event.decoded("dtstamp").utcoffset() == timedelta(0)


def test_the_last_day_that_there_is_has_no_day_behind_it() -> None:
    header = [*HEADER, "Contract end"]
    [event] = events(calendar(report([customer(1, "Ana")], date.max, header=header)))
    assert event.decoded("dtstart") == date.max
    assert "dtend" not in event


def khal(home: Path, *arguments: str) -> str:
    config = home / "khal.conf"
    config.write_text(f"[calendars]\n[[work]]\npath = {home}/work\n[locale]\ndateformat = %Y-%m-%d\n"
                      f"longdateformat = %Y-%m-%d\nlocal_timezone = UTC\ndefault_timezone = UTC\n"
                      f"[sqlite]\npath = {home}/khal.db\n[default]\ndefault_calendar = work\n")
    (home / "work").mkdir(exist_ok=True)
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
                   "XDG_CACHE_HOME": str(home / "cache"), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-W", "ignore", "-c", "from khal.cli import main_khal; main_khal()", "-c", str(config), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.slow
def test_khal_reads_it_and_a_second_file_moves_the_event(tmp_path: Path) -> None:
    if importlib.util.find_spec("khal") is None:
        pytest.skip("khal is not installed")
    file = tmp_path / "follow-ups.ics"

    def listed(rows: list[list[Cell]], today: date) -> list[str]:
        file.write_bytes(calendar(report(rows, today)).encode("utf-8"))
        khal(tmp_path, "import", "--batch", str(file))
        return sorted(khal(tmp_path, "list", "--day-format", "", "--format", "{start-date}|{end-date}|{title}|{categories}",
                           "2026-11-01", "90d").split("\n"))

    others = [customer(2, "Größe, 株式会社; \"Söhne\"", last=date(2026, 10, 28)), customer(3, "Late", last=date(2026, 1, 5))]
    first = listed([customer(1, "Ana", last=date(2026, 10, 30)), *others], TODAY)
    assert [line for line in first if line] == [
        "2026-11-20|2026-11-20|Overdue: Call Late: how is it going?|Overdue",
        "2026-11-30|2026-11-30|Call Ana: how is it going?|Scheduled",
        '2026-11-30|2026-11-30|Call Größe, 株式会社; "Söhne": how is it going?|Scheduled',
    ]
    second = listed([customer(1, "Ana", last=date(2026, 11, 20)), *others], TODAY + timedelta(days=1))
    assert [line for line in second if "Ana" in line] == ["2026-12-21|2026-12-21|Call Ana: how is it going?|Scheduled"]
    assert len([line for line in second if line]) == 3
    again = listed([customer(1, "Ana", last=date(2026, 11, 20)), *others], TODAY + timedelta(days=1))
    assert again == second
