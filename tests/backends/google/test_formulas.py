"""References of a formula that is put back follow the columns that moved."""

from __future__ import annotations

import pytest

from sheetsync.backends.google.formulas import moved

INSERTED_AT_B = {1: 1, 2: 3, 3: 4, 4: 5}  # a new column B


@pytest.mark.parametrize(("formula", "now"), [
    ("=A2*B2", "=A5*C5"),
    ("=$B$2+b2", "=$C$5+C5"),
    ("=SUM(B:D)-B$1", "=SUM(C:E)-C$1"),
    ("=SUM(B2:D2)", "=SUM(C5:E5)"),
    ("=SUM(B3:D9)", "=SUM(C3:E9)"),
    ('=IF(B2="B2 is ""B2""";B2;0)', '=IF(C5="B2 is ""B2""";C5;0)'),
    ("=Rates!B2+'My B2'!B2+'It''s'!B:C+B2", "=Rates!B2+'My B2'!B2+'It''s'!B:C+C5"),
    ("=LOG10(B2)+B2B+rate2(B2)+B2.5", "=LOG10(C5)+B2B+rate2(C5)+B2.5"),
    ("=VLOOKUP(A2,Z:Z,1,FALSE)", "=VLOOKUP(A5,AA:AA,1,FALSE)"),
    ("=1E5*2", "=1E5*2"),
    ("=TODAY()-D2", "=TODAY()-E5"),
])
def test_references_follow(formula: str, now: str) -> None:
    assert moved(formula, INSERTED_AT_B, 2, 5) == now


@pytest.mark.parametrize("formula", ["=A2*B2", "=SUM(B:D)", "=Rates!B2", '="B2"'])
def test_where_nothing_moved_the_formula_stays(formula: str) -> None:
    assert moved(formula, {1: 1, 2: 2, 3: 3}, 2, 2) == formula
