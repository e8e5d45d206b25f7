"""What can go wrong on the way: faults that a test scripts, and the moments at which an owner edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.sheets_emulator.errors import ApiError, bad_token, quota_exceeded, service_disabled, unavailable
from tests.sheets_emulator.tokens import TokenError

if TYPE_CHECKING:
    from tests.sheets_emulator.owner import Book

TOKEN = "TOKEN"  # the name by which the token endpoint is scripted, beside GET, POST and PUT


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong instead of an answer, or, where it is `after_commit`, once the request was carried out."""

    error: ApiError | TokenError | None = None
    html: int = 0  # the status of a page in HTML
    reset: bool = False  # the connection is reset
    hang: float = 0.0  # seconds without an answer; then the connection is closed
    after_commit: bool = False
    retry_after: int | None = None  # seconds, as a header

    def committed(self) -> Fault:
        """The same, but only after the request was carried out."""
        return replace(self, after_commit=True)


def quota(kind: str = "Read", *, retry_after: int | None = None) -> Fault:
    """429: the per-minute limit."""
    return Fault(error=quota_exceeded(kind), retry_after=retry_after)


def overloaded(code: int = 503, *, after_commit: bool = False) -> Fault:
    """5xx."""
    return Fault(error=unavailable(code), after_commit=after_commit)


def reset(*, after_commit: bool = False) -> Fault:
    """The connection breaks off."""
    return Fault(reset=True, after_commit=after_commit)


def hang(seconds: float, *, after_commit: bool = False) -> Fault:
    """No answer for that long, then the connection is closed. A test sets the client's time-out shorter."""
    return Fault(hang=seconds, after_commit=after_commit)


def html_page(code: int = 502, *, after_commit: bool = False) -> Fault:
    """A page in HTML instead of JSON, as proxies and load balancers answer."""
    return Fault(html=code, after_commit=after_commit)


def rejected_token() -> Fault:
    """401: the token is not accepted (revoked meanwhile)."""
    return Fault(error=bad_token())


def api_off() -> Fault:
    """403 SERVICE_DISABLED."""
    return Fault(error=service_disabled())


def token_refused(error: str, description: str, code: int = 400) -> Fault:
    """What the token endpoint answers, in OAuth's shape."""
    return Fault(error=TokenError(error, description, code))


@dataclass(slots=True)
class Rule:
    """Something that happens to the next `times` requests of a method, once `skip` of them have passed."""

    method: str
    fault: Fault | None = None
    hook: Callable[[Book], object] | None = None
    after: bool = False  # the hook runs once the request was answered
    times: int = 1
    skip: int = 0

    def fires(self, method: str) -> bool:
        """Whether it happens to this request; counts it."""
        if self.method not in (method, "*") or self.times <= 0 or (self.method == "*" and method == TOKEN):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
