"""The guard refuses a surprising run, with the numbers (DESIGN.md section 4)."""

from __future__ import annotations

import pytest

from sheetsync.core.guard import guard
from sheetsync.core.model import Counts
from sheetsync.errors import ExitCode, GuardRefused

HEADERS = ("ID", "Name", "Email", "Last contact")


def passes(last: Counts | None, now: Counts) -> bool:
    try:
        guard(last, now, "customers.xlsx, Sheet1")
    except GuardRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("before", "now", "let_through"),
    [
        (412, 206, True),  # exactly half
        (412, 205, False),  # below half
        (20, 10, True),
        (20, 9, False),
        (19, 9, False),  # 10 gone, below half
        (18, 9, True),
        (18, 8, False),
        (17, 8, True),  # below half, but 9 gone
        (9, 0, True),
        (10, 0, False),
        (0, 500, True),
        (100, 1000, True),
    ],
)
def test_rows_below_half_of_the_last_success_and_10_or_more_gone_are_refused(before: int, now: int, let_through: bool) -> None:
    assert passes(Counts(before, "ID", HEADERS), Counts(now, "ID", HEADERS)) is let_through


def test_a_first_run_has_nothing_to_be_compared_with() -> None:
    assert passes(None, Counts(0, None, ()))


def test_a_key_column_that_is_gone_is_refused_and_named() -> None:
    with pytest.raises(GuardRefused, match='"ID"'):
        guard(Counts(10, "ID", HEADERS), Counts(10, "Email", HEADERS[1:]), "x")


def test_a_better_key_column_beside_the_old_one_is_no_surprise() -> None:
    assert passes(Counts(10, "Email", HEADERS[1:]), Counts(10, "ID", HEADERS))


def test_a_list_without_a_key_column_may_stay_so() -> None:
    assert passes(Counts(10, None, ("Tier", "Last contact")), Counts(10, None, ("Tier", "Last contact")))


@pytest.mark.parametrize(("now", "let_through"), [(("ID", "Name", "New"), True), (("ID",), False)])
def test_most_of_the_header_gone_is_refused(now: tuple[str, ...], let_through: bool) -> None:
    assert passes(Counts(10, "ID", HEADERS), Counts(10, "ID", now)) is let_through


def test_the_refusal_says_the_numbers_and_the_way_through() -> None:
    with pytest.raises(GuardRefused) as caught:
        guard(Counts(412, "ID", HEADERS), Counts(12, "ID", HEADERS), "customers.xlsx, Sheet1")
    assert all(word in str(caught.value) for word in ("customers.xlsx, Sheet1", "12", "412", "400", "97%", "--force"))
    assert caught.value.code is ExitCode.GUARD
