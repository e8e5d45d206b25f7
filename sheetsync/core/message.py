"""A message to a customer, as values: phone script, e-mail, letter or note, and what to read before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Kind = Literal["phone", "e-mail", "letter", "note"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be spoken or sent. `subject` is "" for a phone script or a note."""

    kind: Kind
    to: str
    subject: str
    body: str

    @property
    def mailto(self) -> str:
        """The link that opens it in a mail program (RFC 6068: percent-encoded UTF-8, line ends as %0D%0A)."""
        fields = [f"{name}={quote(text, safe='')}" for name, text in (("subject", self.subject), ("body", _crlf(self.body))) if text]
        address = quote(self.to, safe="@!$'*+-.^_`{|}~" if self.to.isascii() else "@")
        return f"mailto:{address}" + ("?" + "&".join(fields) if fields else "")


def _crlf(text: str) -> str:
    return "\r\n".join(text.splitlines())


@dataclass(frozen=True, slots=True)
class Draft:
    """What `draft` shows for one customer: the message, and what to read first where care is due."""

    message: Message
    before: Message | None = None
