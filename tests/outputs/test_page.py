"""The page: what stands on it, that nothing from the sheet becomes markup or a link that runs, that colours can be read."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from lxml import html

from sheetsync.core.kept import Complaint, Silent, Standards, Step
from sheetsync.core.message import Draft, Message
from sheetsync.core.model import NAMED_STYLES, Cell, Report, Style
from sheetsync.outputs.contrast import contrast, readable
from sheetsync.outputs.page import Page
from tests.outputs.reports import customer, report
from tests.playbook.rows import playbook
from tests.worksheets import TODAY

EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>", "{{ 7*7 }}{% raw %}",
    "</style><script>x</script>", "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)", "\x00\x1bAna\u202e",
    "</title><base href=//evil.example>", "<a href='//evil.example'>x",
]


KINDS = {
    "html", "head", "meta", "title", "style", "body", "div", "header", "h1", "h2", "h3", "p", "nav", "ul", "li", "a", "span", "b", "bdi",
    "wbr", "main", "section", "svg", "path", "rect", "text", "details", "summary", "footer",
}  # of elements, all of the template's own


def page(of: Report, **options: Any) -> Any:
    return html.document_fromstring(Page(**options).render(of))


def evil_report() -> Report:
    rows: list[list[Cell]] = [customer(999, "Ana", email="ana@example.com")]
    for number, text in enumerate(EVIL, 1):
        rows += [customer(number, text, text, text, last=date(2026, 1, 5)), customer(100 + number, text, text, f"{text}@example.com")]
    return report(rows)


def kept(months: int, per_month: int = 9) -> Standards:
    steps = []
    for month in range(months):
        day = (TODAY.replace(day=10) - timedelta(days=30 * month))
        steps += [Step(f"Rule <{n % 12}>", "Ana", day, None if n == 5 or (n == 0 and month == 0) else day + timedelta(days=2),
                       3 if n % 4 == 0 else 0, n == 5) for n in range(per_month)]
    return Standards(TODAY, "customers.xlsx", "Customers", min((step.fell_due for step in steps), default=None), tuple(steps),
                     (Silent("<b>Bo</b>", date(2026, 1, 5), 319),), 2, (Complaint("Ana", date(2026, 11, 1), date(2026, 11, 2), None),))


def test_what_stands_in_cells_never_becomes_markup() -> None:
    draft = Draft(Message("e-mail", "a@example.com", EVIL[0], "\n".join(EVIL)), Message("note", "", "", EVIL[1]))
    found = page(evil_report(), draft=lambda i: draft if i % 2 else EVIL[i // 2 % len(EVIL)], standards=kept(4))
    kinds = {element.tag for element in found.iter() if isinstance(element.tag, str)}
    assert kinds == KINDS
    for element in found.iter():
        if isinstance(element.tag, str):
            assert not [name for name in element.attrib if name.startswith("on") or name in ("src", "style", "action", "srcset")]
    assert not list(found.iter(html.etree.Comment))
    names = [element.text_content() for element in found.iter("h3")]
    assert set(names) >= {text for text in EVIL if not re.search("[\x00-\x1f]", text)}


def test_links_are_tel_mailto_or_of_the_page_itself() -> None:
    found = page(evil_report(), standards=kept(2))
    for link in found.iter("a"):
        assert re.fullmatch(r"tel:\+?[0-9]{3,}|mailto:[^?\s<>\"']+@[^?\s<>\"']+|#[a-z-]+", link.get("href")), link.get("href")
    assert not re.search(r"https?:|//|@import|url\(", Page().render(report([customer(1, "Ana")])).replace("//evil", ""))


def test_ids_are_unique_and_every_link_within_the_page_leads_somewhere() -> None:
    found = page(report([customer(1, "Ana"), customer(2, "Bo", last=None), [3, "Cy", None, None, "A", "03/04/2026"]]), standards=kept(3))
    ids = [element.get("id") for element in found.iter() if isinstance(element.tag, str) and element.get("id")]
    assert len(ids) == len(set(ids))
    inner = [link.get("href")[1:] for link in found.iter("a") if link.get("href").startswith("#")]
    assert inner
    assert set(inner) <= set(ids)


@pytest.mark.parametrize(
    ("phone", "href"),
    [("+1 503 555-0101", "tel:+15035550101"), ("+49 (0)30 901820", "tel:+4930901820"), ("+1 503 555-0101 x12", "tel:+15035550101"),
     ("+1 503 555-01", None), ("javascript:alert(1)", None), ("ask her sister", None)],
)
def test_a_phone_number_is_a_link_where_it_is_beyond_doubt(phone: str, href: str | None) -> None:
    found = page(report([customer(1, "Ana", phone)]))
    assert [link.get("href") for link in found.iter("a") if link.get("href").startswith("tel")] == ([href] if href else [])
    assert phone in found.text_content()


@pytest.mark.parametrize(
    ("email", "href"),
    [("ana@example.com", "mailto:ana@example.com"), ("a?bcc=evil@example.com", "mailto:a%3Fbcc%3Devil@example.com"),
     ("ana@@example.com", None), ("javascript:alert(1)", None), ("no", None)],
)
def test_an_address_is_a_link_where_it_is_one(email: str, href: str | None) -> None:
    found = page(report([customer(1, "Ana", None, email)]))
    assert [link.get("href") for link in found.iter("a") if link.get("href").startswith("mail")] == ([href] if href else [])
    assert email in found.text_content()


def test_the_drafts_mail_opens_with_its_text_and_a_long_one_without() -> None:
    def mail(body: str) -> str:
        draft = Draft(Message("e-mail", "ana@example.com", "Hi", body))
        found = page(report([customer(1, "Ana", None, "ana@example.com")]), draft=lambda i: draft)
        [link] = [link.get("href") for link in found.iter("a") if link.get("href").startswith("mail")]
        return str(link)

    assert mail("Dear Ana,\nhello & more") == "mailto:ana@example.com?subject=Hi&body=Dear%20Ana%2C%0D%0Ahello%20%26%20more"
    assert mail("long " * 500) == "mailto:ana@example.com"


def test_drafts_are_folded_away_and_a_missing_one_says_why() -> None:
    found = page(report([customer(1, "Ana"), customer(2, "Bo")]),
                 draft=lambda i: Draft(Message("phone", "", "", "Hello\nAna")) if i == 0 else "The message needs Invoice, which is blank.")
    [details] = found.iter("details")
    assert details.get("open") is None
    assert details.find("summary").text == "Phone script"
    assert "No draft: The message needs Invoice, which is blank." in found.text_content()


def test_the_policy_forbids_all_requests_and_scripts_and_names_the_style_by_its_hash() -> None:
    found = page(report([customer(1, "Ana")]))
    [policy] = [meta.get("content") for meta in found.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    [style] = found.iter("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode("utf-8")).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_language_title_and_headings() -> None:
    found = page(report([customer(1, "Ana")]), standards=kept(2))
    assert found.get("lang") == "en"
    assert found.findtext(".//title") == "Follow-ups, Fri 20 Nov 2026"
    levels = [int(element.tag[1]) for element in found.iter("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_with_no_history_it_says_so_and_draws_nothing() -> None:
    empty = Standards(TODAY, "customers.xlsx", "Customers", None, (), (), 0, ())
    found = page(report([customer(1, "Ana")]), standards=empty)
    assert "The journal holds no run of this sheet yet" in found.text_content()
    assert not found.find_class("chart")
    assert "Standards" not in page(report([customer(1, "Ana")])).text_content()


@pytest.mark.parametrize("months", [1, 2, 7, 12, 30])
def test_charts_stay_within_their_frame_and_say_their_numbers(months: int) -> None:
    found = page(report([customer(1, "Ana")]), standards=kept(months))
    for chart in found.find_class("chart"):
        _, _, width, height = map(float, chart.get("viewbox").split())
        assert re.search(r"\d+ in time", chart.get("aria-label"))
        for bar in chart.iter("rect"):
            x, y, w, h = (float(bar.get(name)) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert x + w <= width
            assert y >= 10
            assert y + h <= height
    for bar in found.find_class("bar"):
        assert sum(float(part.get("width")) for part in bar.iter("rect")) <= 100.1
    assert len(found.find_class("chart")) == (months > 1)
    assert "and 1 more: sheetsync report" in found.text_content()


def test_the_month_so_far_names_what_is_still_open() -> None:
    text = page(report([customer(1, "Ana")]), standards=kept(2)).text_content()
    assert "November 2026 so far\n71% in time\n5 in time, 2 late, 1 open, 1 put off\nOctober 2026: 5 of 8 in time (62%)" in text


def test_a_day_with_nothing_says_so() -> None:
    assert "Nobody is due today. The next is Ana, on Wed 16 Dec 2026. Enjoy the day." in page(
        report([customer(1, "Ana", last=date(2026, 11, 16))])).text_content()
    assert "No customers yet." in page(report([])).text_content()


def test_the_days_limit_is_told_even_where_it_leaves_nobody() -> None:
    rows = [customer(number, f"C{number}", last=date(2026, 1, 5)) for number in range(1, 6)]
    assert "and 3 more, beyond 2 normal follow-ups a day." in page(report(rows, max_per_day=2)).text_content()
    assert "and 5 more, beyond 0 normal follow-ups a day." in page(report(rows, max_per_day=0)).text_content()


def test_a_page_of_thousands_ends_and_says_how_many_more() -> None:
    rows = [customer(number, f"C{number}", last=date(2026, 1, 5)) for number in range(1, 1001)]
    text = Page().render(report(rows))
    assert "and 600 more: sheetsync today." in text
    assert len(text) < 600_000


def test_the_same_report_gives_the_same_bytes() -> None:
    assert Page(standards=kept(3)).render(report([customer(1, "Ana")])) == Page(standards=kept(3)).render(report([customer(1, "Ana")]))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.478, abs=0.001)
    assert contrast("FFFFFF", "767676") == pytest.approx(4.542, abs=0.001)


def test_every_style_can_be_read_the_owners_too() -> None:
    owners = [Style("FFFF00", "FFFFFF"), Style("808080", "7F7F7F"), Style("000000", ""), Style("FF0000", "00FF00")]
    for style in (*NAMED_STYLES.values(), *owners):
        assert contrast(*readable(style)) >= 4.5
    book = playbook('[rules."Call"]\ndue = "1 day after Last contact"\nstep = "Call"\n[status.colours]\nOverdue = "FFFF00/FFFFFF"\n')
    css = Page().render(report([["Ana", date(2026, 1, 5)]], header=["Name", "Last contact"], playbook=book))
    assert ".s0 { background: #FFFF00; color: #000000; }" in css
