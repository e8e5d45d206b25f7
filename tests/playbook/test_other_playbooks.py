"""What direct-sales, consulting, services and minimal do that home-business doesn't, each on a real row."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sheetsync.config import load_playbook
from tests.playbook.rows import plan

TODAY = "2026-11-20"  # a Friday


def shows(name: str, before: str, expected: str, today: str = TODAY) -> None:
    """Each row of the table `before` shows the line of `expected` that stands at its place: status, day, step."""
    lines = [" | ".join(part.strip() for part in line.split("|")) for line in dedent(expected).strip().splitlines()]
    assert [f"{f.status} | {f.due or ''} | {f.step}" for f in plan(load_playbook(name), dedent(before), today)] == lines


def test_direct_sales_asks_for_the_reorder_before_it_runs_out_and_after_a_while() -> None:
    shows("direct-sales", """
        Name | Last contact | Last order | Runs out   | Favourite
        Ada  | 2026-11-02   | 2026-09-01 | 2026-11-27 | Vanilla
        Ben  | 2026-10-20   | 2026-09-11 |            | Vanilla
    """, """
        Due | 2026-11-20 | Ask Ada whether it is time for more: Vanilla
        Due | 2026-11-20 | Ask Ben what is needed: the last order was on Fri 11 Sep 2026
    """)


def test_direct_sales_follows_a_party_up_and_thanks_its_hostess() -> None:
    shows("direct-sales", """
        Name | Role     | Last contact | Gave party | Hostess thanked | Hostess gift | Guest at party | Next party
        Ada  | hostess  | 2026-11-12   | 2026-11-19 |                 |              |                |
        Ben  | hostess  | 2026-11-11   | 2026-11-10 | 2026-11-11      |              |                |
        Cleo | customer | 2026-11-10   |            |                 |              | 2026-11-18     |
        Dora | hostess  | 2026-11-10   |            |                 |              |                | 2026-11-25
    """, """
        Due | 2026-11-20 | Thank Ada for giving the party
        Due | 2026-11-20 | Send Ben the hostess gift
        Due | 2026-11-20 | Write to Cleo, who was at the party on Wed 18 Nov 2026
        Due | 2026-11-20 | Call Dora about the party on Wed 25 Nov 2026: guests, room, wishes
    """)


def test_direct_sales_looks_after_the_team() -> None:
    shows("direct-sales", """
        Name | Role           | Last contact | Interested since | Joined team
        Ada  | customer       | 2026-11-10   | 2026-11-18       |
        Ben  | team           | 2026-11-10   | 2026-10-01       | 2026-11-13
        Cleo | hostess, team  | 2026-11-06   |                  | 2025-01-01
    """, """
        Due | 2026-11-20 | Call Ada, who asked about joining the team
        Due | 2026-11-20 | Sit down with Ben: the first week, the first party
        Due | 2026-11-20 | Call Cleo: what works, what is hard, what next?
    """)


def test_direct_sales_is_open_on_saturdays_and_wishes_a_happy_birthday() -> None:
    shows("direct-sales", "Name | Last contact | Birthday\nAda | 2026-11-10 | 1990-11-21",
          "Soon | 2026-11-21 | Send Ada a birthday card")


def test_consulting_delivers_in_time_and_asks_how_it_works() -> None:
    shows("consulting", """
        Name | Stage  | Last contact | Deliverable | Deliverable due | Delivered on
        Ada  | Active | 2026-11-12   | Study       | 2026-11-25      |
        Ben  | Active | 2026-11-12   | Study       | 2026-11-12      | 2026-11-13
    """, """
        Due | 2026-11-20 | Make sure that Ada gets it in time: Study
        Due | 2026-11-20 | Ask Ben how it works: Study
    """)


def test_consulting_talks_contract_and_retainer_over_before_they_end() -> None:
    shows("consulting", """
        Name | Stage  | Last contact | Last review | Contract end | Retainer renews
        Ada  | Active | 2026-11-05   | 2026-06-01  | 2027-02-18   |
        Ben  | Active | 2026-11-05   | 2026-06-01  |              | 2026-12-20
        Cleo | Active | 2026-11-05   | 2025-11-20  |              |
        Dora | Active | 2026-10-30   | 2026-06-01  |              |
        Eva  | Past   | 2026-07-20   | 2026-06-01  |              |
    """, """
        Due | 2026-11-20 | Talk to Ada about the contract: scope, terms, price
        Due | 2026-11-20 | Talk to Ben about the retainer: enough, too much?
        Due | 2026-11-20 | Arrange the annual meeting with Cleo
        Due | 2026-11-20 | Call Dora: what is on your mind?
        Due | 2026-11-20 | Write to Eva: how have things been?
    """)


def test_services_reminds_of_appointments_and_leaves_those_who_have_one_in_peace() -> None:
    shows("services", """
        Name | Last contact | Last visit | Every   | Next appointment | Reminded on
        Ada  | 2026-10-20   | 2026-10-19 | monthly | 2026-11-21       |
        Ben  | 2026-10-20   | 2026-10-19 | monthly | 2026-11-21       | 2026-11-19
        Cleo | 2026-10-20   | 2026-10-19 | monthly | 2026-12-10       |
        Dora | 2026-10-22   | 2026-10-20 | monthly |                  |
    """, """
        Due    | 2026-11-20 | Remind Ada of the appointment on Sat 21 Nov 2026
        Booked | 2026-11-21 |
        Booked | 2026-12-10 |
        Due    | 2026-11-20 | Offer Dora a day for the next visit: [no Service]
    """)


@pytest.mark.parametrize(
    ("every", "visit", "contact"),
    [
        ("weekly", "2026-11-13", "2026-11-16"),
        ("monthly", "2026-10-20", "2026-10-22"),
        ("quarterly", "2026-08-20", "2026-08-24"),
        ("twice a year", "2026-05-20", "2026-05-22"),
        ("yearly", "2025-11-20", "2026-03-02"),
    ],
)
def test_services_knows_when_it_is_time_again(every: str, visit: str, contact: str) -> None:
    shows("services", f"Name | Last contact | Last visit | Every | Service\nAda | {contact} | {visit} | {every} | Lawn",
          "Due | 2026-11-20 | Offer Ada a day for the next visit: Lawn")


def test_services_asks_whether_everything_was_right() -> None:
    shows("services", "Name | Last contact | Last visit | Every\nAda | 2026-11-18 | 2026-11-18 | monthly",
          "Due | 2026-11-20 | Ask Ada whether everything was right with the visit")


def test_services_books_the_season_before_it_begins() -> None:
    shows("services", "Name | Last contact | Season start | Season booked | Service\n"
          "Ada | 2026-09-01 | 2020-12-15 | 2025-11-25 | Snow stakes",
          "Soon | 2026-12-15 | Offer Ada a day before the season begins: Snow stakes")


def test_minimal_has_one_cadence() -> None:
    assert [rule.name for rule in load_playbook("minimal").rules] == ["Keep in touch"]
    shows("minimal", """
        Name | Last contact
        Ada  | 2026-08-20
        Ben  | 2026-07-10
        Cleo |
        Dora | 2026-11-01
    """, """
        Due             | 2026-11-20 | Call or write to Ada: how is it going?
        Overdue         | 2026-10-12 | Call or write to Ben: how is it going?
        Never contacted |            | Call or write to Cleo: how is it going?
        Scheduled       | 2027-02-01 | Call or write to Dora: how is it going?
    """)
