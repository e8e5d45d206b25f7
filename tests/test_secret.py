"""References in a URL are filled, and what is missing is named without a value."""

from __future__ import annotations

import pytest

from sheetsync.secret import MissingSecret, filled, holds_secrets_openly

ENVIRONMENT = {"PASSWORD": "a/b@c:ü 1", "URL": "mailtos://anna:geheim@example.com", "EMPTY": ""}


def keyring(service: str, name: str) -> str | None:
    return {("mail", "anna@example.com"): "p@ss"}.get((service, name))


@pytest.mark.parametrize(("text", "expected"), [
    ("ntfy://topic", "ntfy://topic"),
    ("mailtos://anna:${PASSWORD}@example.com", "mailtos://anna:a%2Fb%40c%3A%C3%BC%201@example.com"),
    ("${URL}", "mailtos://anna:geheim@example.com"),
    ("mailtos://anna:${keyring:mail/anna@example.com}@example.com", "mailtos://anna:p%40ss@example.com"),
    ("json://host/$1/{x}?a=$b", "json://host/$1/{x}?a=$b"),
])
def test_a_part_of_a_url_is_percent_encoded_and_a_whole_one_stands_as_it_is(text: str, expected: str) -> None:
    assert filled(text, ENVIRONMENT, keyring) == expected


@pytest.mark.parametrize(("text", "words"), [
    ("mailtos://anna:${PASWORD}@example.com", "variable PASWORD is not set"),
    ("${EMPTY}", "variable EMPTY is not set"),
    ("a://${keyring:mail/otto}", "keyring has no entry mail/otto"),
    ("a://${keyring:mail}", "names no entry"),
    ("a://${keyring:/x}", "names no entry"),
    ("a://${1 x}", "no name of a variable"),
    ("a://${}", "no name of a variable"),
    ("a://b:geheim@${PASSWORD", 'has no "}"'),
])
def test_what_is_missing_is_named_and_no_value_is_shown(text: str, words: str) -> None:
    with pytest.raises(MissingSecret) as raised:
        filled(text, ENVIRONMENT, keyring)
    said = raised.value.sentence + raised.value.remedy
    assert words in said
    assert "geheim" not in said


@pytest.mark.parametrize(("url", "openly"), [
    ("mailtos://anna:geheim@example.com", True),
    ("mailtos://anna:${P}@example.com", False),
    ("mailtos://anna@example.com", False),
    ("mailto://localhost:25?from=a@example.com", False),
    ("mailtos://anna:${keyring:a/b@c}@example.com", False),
    ("ntfy://topic", False),
    ("${URL}", False),
])
def test_a_password_that_stands_in_the_settings_is_noticed(url: str, openly: bool) -> None:
    assert holds_secrets_openly(url) == openly
