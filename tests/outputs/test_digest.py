"""The digest: what it says and when there is one; nothing in it is taken for HTML; its colours can be read."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from lxml import html

from sheetsync.checks import CHECKS
from sheetsync.core.model import Report
from sheetsync.outputs.digest import Digest, Form, is_needed, notice
from sheetsync.sync import sync
from tests.worksheets import CUSTOMERS, PLAYBOOK, TODAY, InMemory, Rows

EXPECTED = Path(__file__).parent / "digest.txt"
HOSTILE = "<b>Ann</b> & \"Co\" </div><script>alert(1)</script>"


def report_of(rows: Rows = CUSTOMERS, today: date = TODAY, times: int = 1) -> Report:
    """The report of the last of so many syncs."""
    place = InMemory.of(rows)
    for _ in range(times):
        report = sync(place.source, PLAYBOOK, CHECKS.values(), today=today)
    return report


def text_of(document: str) -> str:
    """What a document shows, on one line."""
    body = html.fromstring(document).find("body")
    assert body is not None
    return " ".join("".join(map(str, body.itertext())).split())


def test_the_text_is_as_expected() -> None:
    """Made anew by deleting tests/outputs/digest.txt and running this."""
    text = Digest("text", ("No sync had succeeded since Wed 18 Nov 2026, 02:30 (2 days ago). 1 night was missed.",)).render(report_of())
    if not EXPECTED.exists():
        EXPECTED.write_text(text + "\n", "utf-8")
        pytest.fail("expected text written; look at it")
    assert text + "\n" == EXPECTED.read_text("utf-8")


def test_the_subject_says_the_numbers() -> None:
    assert Digest("subject").render(report_of()) == "1 overdue, 1 due today, 1 never contacted, 2 new problems: memory"
    assert Digest("subject").render(report_of(times=2)) == "1 overdue, 1 due today, 1 never contacted: memory"


def test_html_and_text_say_the_same() -> None:
    report = report_of()
    text, document = (Digest(form, ("An alarm.",)).render(report) for form in ("text", "html"))
    shown = text_of(document)
    for line in text.splitlines():
        for part in re.split(r" · (?=\S+@|last contact)|, (?=\w{3} \d)", line.strip()):
            assert " ".join(part.split()) in shown, part


def quiet(rows: Rows) -> Rows:
    """The customers, all spoken to today, and without what is wrong with them."""
    rows = copy.deepcopy(rows[:2])
    rows[1][3:] = ["A", TODAY, None, None, None, "yes", None]
    return rows


def test_there_is_a_digest_only_where_there_is_something_to_do() -> None:
    assert is_needed(report_of())
    rows = quiet(CUSTOMERS)
    assert not is_needed(report_of(rows))
    rows[1][2] = "susan@@example.com"
    assert is_needed(report_of(rows))  # a new problem …
    assert not is_needed(report_of(rows, times=2))  # … that stands in the sheet by now
    rows = quiet(CUSTOMERS)
    assert is_needed(report_of(rows, TODAY + timedelta(days=60)))
    assert Digest("subject").render(report_of(quiet(CUSTOMERS))) == "Nobody is due: memory"
    assert "Nobody is due. Enjoy the day." in Digest("text").render(report_of(quiet(CUSTOMERS)))


def test_every_text_of_the_sheet_is_escaped() -> None:
    rows: Rows = copy.deepcopy(CUSTOMERS)
    rows[1][1] = HOSTILE
    rows[1][2] = 'a"onmouseover="x@example.com'
    rows[0].append("Phone")
    rows[1].append('+1 503 555-0101"><img src=x>')
    document = Digest("html", (HOSTILE,)).render(report_of(rows))
    tree = html.fromstring(document)
    assert not tree.xpath("//script | //img | //b | //@onmouseover")
    assert HOSTILE in text_of(document)
    links = [link.get("href", "") for link in tree.iter("a")]
    assert links
    assert {link.partition(":")[0] for link in links} <= {"tel", "mailto"}
    assert not tree.xpath("//@src")


def test_nothing_is_fetched_from_anywhere() -> None:
    document = Digest("html").render(report_of())
    assert not re.search(r"https?:|url\(|@import|<link|src=", document)


def test_a_subject_is_one_line() -> None:
    report = replace(report_of(), source="a\r\nBcc: x@example.com")
    assert "\n" not in Digest("subject").render(report)
    assert "\r" not in Digest("subject").render(report)
    assert notice("subject", "Sync failed: a\nb", ()) == "Sync failed: a b"


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_long_list_is_cut_and_says_so(form: Form) -> None:
    rows: Rows = [CUSTOMERS[0]]
    rows += [[n, f"Customer {n}", None, "A", date(2026, 1, 5), None, None, None, "yes", None] for n in range(1, 301)]
    report = replace(report_of(rows), max_per_day=None)
    text = Digest(form).render(report)
    assert text.count("Customer 2") < 45
    assert "Overdue (300)" in (text_of(text) if form == "html" else text)
    assert "And 260 more: sheetsync today" in text
    assert Digest("subject").render(report).startswith("300 overdue")
    assert len(Digest("html").render(report)) < 100_000  # what mail programs show


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour.lstrip("#")[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("document", [Digest("html", ("An alarm.",)).render(report_of()), notice("html", "Sync failed", ("It failed.",))])
def test_every_colour_can_be_read_on_its_background_in_light_and_dark(document: str) -> None:
    tree = html.fromstring(document)
    dark = dict(re.findall(r"\.(\w+) \{ (?:background-color: #\w+ !important; )?color: (#\w+)", document))
    paper = re.search(r"\.paper \{ background-color: (#\w+)", document)
    assert paper is not None
    seen = 0
    for element in tree.iter():
        if "color:" in (style := element.get("style", "")):
            ink = re.search(r"(?<!-)color:(#\w+)", style)
            if ink is None:
                continue
            own = re.search(r"background-color:(#\w+)", style)
            assert contrast(ink[1], own[1] if own else "#ffffff") >= 4.5, style
            classes = element.get("class", "").split()
            if own is None or "paper" in classes:
                inks = [dark[name] for name in classes if name in dark]
                assert inks, style  # a colour without a background of its own has another one in the dark
                assert all(contrast(colour, paper[1]) >= 4.5 for colour in inks)
            seen += 1
    assert seen >= 3
