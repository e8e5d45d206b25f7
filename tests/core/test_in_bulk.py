"""What is said of many texts at once is what is said of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.core.phones import e164, e164s
from sheetsync.core.plan import clean
from sheetsync.core.tidy import in_bulk, is_tidy, tidied
from sheetsync.core.values import are_nanp, are_plain_emails, is_plain_email, parse_phone

_SPACED = st.lists(st.text("ab |\n\t\u00a0é\u200b\x00", max_size=5), min_size=1, max_size=6)
_ADDRESSES = st.lists(
    st.one_of(
        st.just("susan@example.com"),
        st.builds("{}@{}.{}".format, st.text("aZ0.+-'\n", min_size=1, max_size=70), st.text("aZ0-.\n", min_size=1, max_size=9),
                  st.sampled_from(["com", "TEST", "arpa", "c", "onion\nx", "local", "co.uk"])),
    ), min_size=1, max_size=5)
_PIECES = ["+1 ", "503", " ", "555", "(", ")", "-", "0101", "+1", "\n", "x", "\u00a0", "٣", "1", "+44 20 7946 0958", "/"]
_NUMBERS = st.lists(
    st.one_of(st.just("+1 503 555 0101"), st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8).map("".join)), min_size=1, max_size=5)


@settings(max_examples=1500, deadline=None)
@given(_SPACED)
def test_texts_that_are_tidy_are_left_as_they_are(texts: list[str]) -> None:
    if is_tidy(texts):
        for text in texts:
            assert text == tidied(text) == clean(text) == text.strip() == " ".join(text.split())


@settings(max_examples=1500, deadline=None)
@given(_ADDRESSES)
def test_addresses_that_are_plain_together_are_so_one_by_one(addresses: list[str]) -> None:
    if are_plain_emails(addresses):
        assert all(map(is_plain_email, addresses))


@settings(max_examples=1500, deadline=None)
@given(_NUMBERS)
def test_numbers_read_together_are_as_read_one_by_one(numbers: list[str]) -> None:
    if are_nanp(numbers):
        assert [parse_phone(number) for number in numbers] == numbers
    for country in ("US", None):
        assert e164s(numbers, country) == [e164(number, country) for number in numbers]


@pytest.mark.parametrize(("kept", "usual", "odd"), [
    (is_tidy, "Susan Ortiz", " Susan"), (are_plain_emails, "susan@example.com", "susan@"), (are_nanp, "+1 503 555 0101", "503 555"),
])
def test_one_odd_text_among_thousands_is_looked_at_on_its_own(kept: Callable[[Sequence[str]], bool], usual: str, odd: str) -> None:
    seen: list[str] = []

    def one(text: str) -> int:
        seen.append(text)
        return len(text)

    texts = [usual] * 3000
    texts[random.Random(1).randrange(3000)] = odd
    found = in_bulk(texts, kept, one)
    assert [len(made) if isinstance(made, str) else made for made in found] == list(map(len, texts))
    assert odd in seen
    assert len(seen) < 1000
    assert kept([usual])
    assert not kept([odd])
