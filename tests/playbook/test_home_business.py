"""The default rules, each on a real row."""

from __future__ import annotations

import pytest

from sheetsync.config import load_playbook
from tests.playbook.rows import plan, said

BOOK = load_playbook()
COMPLAINT = "Name | Last contact | Complaint | Complaint date | Complaint called | Complaint resolved\n"


def row(text: str, today: str = "2026-11-20") -> str:
    [found] = plan(BOOK, text, today)
    return f"{said(found)} | {found.rule}"


@pytest.mark.parametrize(
    ("cells", "today", "expected"),
    [
        ("2026-11-02 | Late | 2026-11-19 | |", "2026-11-20", "Due 2026-11-20 | Complaint: phone first"),
        ("2026-11-02 | Late | 2026-11-19 | |", "2026-11-24", "Overdue 2026-11-20 | Complaint: phone first"),
        ("2026-11-20 | Late | 2026-11-19 | 2026-11-20 |", "2026-11-23", "Scheduled 2026-11-24 | Complaint: make it good"),
        ("2026-11-20 | Late | 2026-11-19 | 2026-11-20 |", "2026-11-24", "Due 2026-11-24 | Complaint: make it good"),
        ("2026-11-20 | Late | 2026-11-19 | 2026-11-20 | 2026-11-24", "2026-11-25", "Scheduled 2026-12-01 | Complaint: did it help?"),
        ("2026-11-02 | Late | | |", "2026-11-20", "Never contacted | Complaint: phone first"),
    ],
)
def test_an_open_complaint_is_phoned_then_made_good(cells: str, today: str, expected: str) -> None:
    assert row(COMPLAINT + "Ng | " + cells, today) == expected


@pytest.mark.parametrize(
    ("tier", "contact", "expected"),
    [
        ("A", "2026-10-20", "Due 2026-11-20 | Keep in touch, tier A"),
        ("A", "2026-10-01", "Overdue 2026-11-02 | Keep in touch, tier A"),
        ("B", "2026-08-20", "Due 2026-11-20 | Keep in touch, tier B"),
        ("C", "2026-05-20", "Due 2026-11-20 | Keep in touch, everyone"),
        ("", "2026-11-01", "Scheduled 2027-05-03 | Keep in touch, everyone"),
        ("A", "", "Never contacted | Keep in touch, tier A"),
        ("", "", "Never contacted | Keep in touch, everyone"),
    ],
)
def test_everybody_is_kept_in_touch_with_the_best_most_often(tier: str, contact: str, expected: str) -> None:
    assert row(f"Name | Tier | Last contact\nNg | {tier} | {contact}") == expected


def test_the_annual_review_comes_a_year_after_the_last_or_after_the_start() -> None:
    head = "Name | Last contact | Customer since | Last review\n"
    assert row(head + "Ng | 2026-11-18 | 2020-01-01 | 2025-11-20") == "Due 2026-11-20 | Annual review"
    assert row(head + "Ng | 2026-11-18 | 2025-11-20 |") == "Due 2026-11-20 | Annual review"


def test_the_renewal_is_talked_over_60_days_before_the_end() -> None:
    head = "Name | Last contact | Contract end\n"
    assert row(head + "Ng | 2026-09-01 | 2027-01-15") == "Due 2026-11-16 | Renewal"
    assert row(head + "Ng | 2026-09-01 | 2026-12-31", "2026-12-02") == "Overdue 2026-10-30 | Renewal"
    assert row(head + "Ng | 2026-11-17 | 2027-01-15") == "Scheduled 2027-05-17 | Keep in touch, everyone"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("no | | | ", "Do not contact | "),
        ("no | 2026-12-01 | Closed | 2026-12-01", "Do not contact | "),
        ("yes | 2026-12-01 | | ", "Paused 2026-12-01 | "),
        ("| 2026-11-20 | | ", "Overdue 2025-07-01 | Keep in touch, everyone"),
        ("| | Former | ", "Closed | "),
        ("| | | 2026-11-24", "Booked 2026-11-24 | "),
        ("perhaps | | | ", "Check row | "),
    ],
)
def test_quiet_reasons_of_a_home_business(cells: str, expected: str) -> None:
    head = "Name | Last contact | Consent | Paused until | Stage | Next appointment\n"
    assert row(head + "Ng | 2025-01-01 | " + cells) == expected
