"""The nearest right word to a wrong one."""

from __future__ import annotations

from sheetsync.core.nearest import did_you_mean, nearest


def test_case_and_two_swapped_letters_count_little() -> None:
    assert nearest("GOLD", ["Silver", "Gold"]) == "Gold"
    assert nearest("Glod", ["Silver", "Gold"]) == "Gold"


def test_what_is_like_nothing_has_no_nearest() -> None:
    assert nearest("xyz", ["Silver", "Gold"]) is None
    assert nearest("Gold", []) is None


def test_where_none_is_near_few_choices_are_all_named() -> None:
    assert did_you_mean("glod", ["Gold", "Silver"]) == 'Did you mean "Gold"?'
    assert did_you_mean("xyz", ["Gold", "Silver"]) == "It can be: Gold, Silver."
    assert did_you_mean("xyz", [str(n) * 4 for n in range(13)]) == ""
