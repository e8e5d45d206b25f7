"""The morning list at a terminal: what stands in it, in which order, and that it fits any width without losing anything."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from sheetsync.core.model import Cell, Report
from sheetsync.outputs.lists import morning
from sheetsync.outputs.text import width_of, wrap
from sheetsync.outputs.today import Today
from tests.outputs.reports import customer, report

NAMES = [
    "Bartholomew Featherstonehaugh-Cholmondeley and Sons, Purveyors of Fine Teas since 1871", "Jürgen Größer-Äußerlich",
    "李小龙", "株式会社とても長い名前のパン屋さんと喫茶店",
    "👩‍👩‍👧‍👦 Familie Müller 🎂", "محمد عبد الرحمن", "שרה כהן", "Ng", "O'Brien", "Nguyễn Thị Ánh",
    "Pneumonoultramicroscopicsilicovolcanoconiosisfoundationofthenorthwesternterritories",
]


def rows(names: list[str] = NAMES) -> list[list[Cell]]:
    return [customer(number, name, None if number % 4 == 0 else "+49 (0)30 5550100-4711" if number % 3 == 0 else "+1 503 555-0100",
                     wrote=date(2026, 11, 18) if number % 5 == 0 else None) for number, name in enumerate(names, 1)]


def text(of: Report, width: int = 80, days: int = 7) -> str:
    return Today(width=width, days=days).render(of)


def squeezed(told: str) -> str:
    return re.sub(r"[\s…]", "", told)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_every_line_fits_and_no_name_phone_step_or_reason_is_cut(width: int) -> None:
    found = report(rows())
    told = text(found, width)
    assert max(map(width_of, told.splitlines())) <= width
    for follow_up in found.follow_ups:
        for part in (follow_up.customer, follow_up.step, follow_up.why):
            assert squeezed(part) in squeezed(told)
    assert "+49(0)305550100-4711" in squeezed(told)


def test_at_80_columns_nothing_is_broken_with_dots_but_words_longer_than_a_line() -> None:
    assert "…" not in text(report(rows(NAMES[:-1])))


def test_a_line_holds_name_phone_last_contact_and_date() -> None:
    told = text(report([customer(1, "Ana Silva", "+1 503 555-0108", last=date(2026, 10, 8)), customer(2, "Bo", None, "bo@example.com")]))
    assert re.search(r"^  Ana Silva +\+1 503 555-0108  last 8 Oct +due Mon 9 Nov$", told, re.MULTILINE)
    assert re.search(r"^  Bo +bo@example.com +last 1 Oct +due Mon 2 Nov$", told, re.MULTILINE)


def test_who_has_neither_phone_nor_address_nor_contact_is_told_so() -> None:
    told = text(report([customer(1, "Ng", None, last=None)]))
    assert re.search(r"^  Ng +no phone  never contacted$", told, re.MULTILINE)


def test_another_year_is_named() -> None:
    told = text(report([customer(1, "Old", last=date(2025, 3, 4))]))
    assert "last 4 Mar 2025" in told


def test_urgent_ones_stand_first_then_the_oldest_and_the_next_days_stand_by_date() -> None:
    found = morning(report([
        customer(1, "recent", last=date(2026, 10, 7)), customer(2, "oldest", last=date(2026, 1, 5)),
        customer(3, "urgent", wrote=date(2026, 11, 17)), customer(4, "in 5 days", last=date(2026, 10, 25)),
        customer(5, "in 3 days", last=date(2026, 10, 23)), customer(6, "in 2 weeks", last=date(2026, 11, 4)),
    ]), 7)
    assert [entry.follow_up.customer for entry in found.overdue] == ["urgent", "oldest", "recent"]
    assert [entry.follow_up.customer for entry in found.soon] == ["in 3 days", "in 5 days"]
    assert found.upcoming is not None
    assert found.upcoming.follow_up.customer == "in 2 weeks"


def test_a_full_day_says_how_many_more_there_are_and_shows_every_urgent_one() -> None:
    found = report([customer(1, "a", last=date(2026, 1, 5)), customer(2, "b", last=date(2026, 2, 5)),
                    customer(3, "c", wrote=date(2026, 11, 17))], max_per_day=1)
    told = text(found)
    assert "and 1 more, beyond 1 normal follow-up a day ([limits] max_per_day)" in told
    assert "! c " in told
    assert "  a " in told
    assert "  b " not in told


def test_a_day_with_nothing_says_so_and_names_the_next() -> None:
    far = customer(1, "Far", last=date(2026, 11, 16))
    told = " ".join(text(report([far])).split())
    assert "Nobody is due today, nor in the next 7 days. The next is Far, on Wed 16 Dec 2026. Enjoy the day." in told
    assert "Nobody is due today. The next is Far" in " ".join(text(report([far]), days=0).split())
    assert "Nobody is due today.\n\nNext 40 days (1)" in text(report([far]), days=40)
    assert "No customers yet." in text(report([]))


def test_rows_that_cannot_be_planned_are_named_with_their_reason() -> None:
    told = text(report([[1, "Ana", None, None, "A", "03/04/2026"]]))
    assert "Check row (1)\n  Ana (row 2): Last contact: \"03/04/2026\" could be 3 Apr 2026 or 4 Mar 2026." in told


def test_colour_codes_only_where_they_are_asked_for() -> None:
    found = report(rows())
    assert "\x1b" not in Today().render(found)
    assert re.sub(r"\x1b\[[0-9;]*m", "", Today(colour=True).render(found)) == Today().render(found)


def test_what_stands_in_a_cell_does_nothing_to_the_terminal() -> None:
    told = text(report([customer(1, "\x1b[2JAna\x07\u202eevil", "\x1b]0;x\x07+1 503 555-0100")]))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)
    assert "Ana" in told


@pytest.mark.parametrize("today", [date.max, date.max - timedelta(days=3), date(1, 1, 1)])
def test_the_ends_of_the_calendar_are_no_trouble(today: date) -> None:
    assert "No customers yet." in text(report([], today))
    assert text(report([customer(1, "Ana", last=date(2026, 1, 5))], today), days=366)


def test_lines_break_between_wide_characters_without_a_mark() -> None:
    assert wrap("株式会社とても長い", 8) == ["株式会社", "とても長", "い"]
    assert wrap("ab", 1) == ["ab"]  # never a line of nothing


def test_the_list_is_the_same_in_any_order_of_rows() -> None:
    one, other = rows(), rows()[::-1]
    names = [[entry.follow_up.customer for entry in morning(report(some), 7).now] for some in (one, other)]
    assert names[0] == names[1]
