"""Puts secrets into a URL: ${NAME} from the environment, ${keyring:service/name} from the system's keyring."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYRING = "keyring:"


class MissingSecret(Exception):
    """A reference that leads to nothing. The sentence names it, and never holds a value."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


def filled(text: str, environment: Mapping[str, str], keyring: Callable[[str, str], str | None]) -> str:
    """The text with its references replaced. Raises MissingSecret for what is not set.

    A reference that is the whole text is a whole URL, and stands as it is; a part of one is percent-encoded, so that a password may
    hold any character (RFC 3986 section 2.1).
    """
    if (whole := _REFERENCE.fullmatch(text)) is not None:
        return _value(whole[1], environment, keyring)
    if "${" in _REFERENCE.sub("", text):
        raise MissingSecret('a "${" has no "}" behind it.', "Write ${NAME} or ${keyring:service/name}.")
    return _REFERENCE.sub(lambda found: quote(_value(found[1], environment, keyring), safe=""), text)


def holds_secrets_openly(text: str) -> bool:
    """Whether a password seems to stand in a URL itself, and not a reference to one."""
    authority = re.split(r"[/?#]", _REFERENCE.sub("$", text).partition("://")[2], maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    password = user.partition(":")[2]
    return bool(at and password and password != "$")


def _value(name: str, environment: Mapping[str, str], keyring: Callable[[str, str], str | None]) -> str:
    if name.startswith(_KEYRING):
        service, slash, user = name.removeprefix(_KEYRING).partition("/")
        if not (service and slash and user):
            raise MissingSecret(f'"${{{name}}}" names no entry of the keyring.', "Write ${keyring:service/name}.")
        if not (found := keyring(service, user)):
            raise MissingSecret(f"the keyring has no entry {service}/{user}.", f"Make it: keyring set {service} {user}")
        return found
    if not _NAME.fullmatch(name):
        raise MissingSecret(f'"${{{name}}}" is no name of a variable.', "Write ${NAME} or ${keyring:service/name}.")
    if not (value := environment.get(name)):
        raise MissingSecret(f"the environment variable {name} is not set.",
                            "Set it where the schedule runs; a variable of your terminal is not known there.")
    return value
