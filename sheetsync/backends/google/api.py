"""Requests to the Sheets API: gspread's HTTPClient with time-outs, a retry policy, and writes that are never sent twice blindly."""

from __future__ import annotations

import json as jsons
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import gspread
from google.auth.exceptions import RefreshError, TransportError
from gspread.http_client import HTTPClient
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL, SPREADSHEET_VALUES_BATCH_URL
from requests import RequestException, Response
from requests.exceptions import ChunkedEncodingError, ConnectionError, ConnectTimeout, ContentDecodingError, Timeout

from sheetsync.backends.google.auth import Identity, refusal
from sheetsync.backends.google.errors import GoogleFailed, LostWrite, offline, unanswered

TIMEOUT = (10, 190)  # seconds to connect, and to wait for an answer: Google gives up after 180
QUOTA_WAITS = (1, 2, 4, 8, 16, 32)  # seconds, jitter apart: they outlast the one-minute window
READ_WAITS = (1, 2, 4, 8, 16)
UNSENT_WAITS = (1, 2)
TELL_ABOVE = 2.0  # seconds of waiting that the owner is told of
LONGEST_WAIT = 64.0  # seconds; a server that asks for more is asked again all the same
_GOOGLE = "https://sheets.googleapis.com"


def sleep(seconds: float) -> None:
    """Waits; tests put something quicker here."""
    time.sleep(seconds)


def jitter() -> float:
    """Up to one second, so that many runs don't come back at once."""
    return random.random()


class Client(HTTPClient):
    """One client for one thread. `tell` is told of every wait that a person would notice."""

    def __init__(
        self, auth: Any, session: Any = None, *, endpoint: str | None = None, identity: Identity,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        super().__init__(auth, session)
        self._endpoint = endpoint
        self._identity = identity
        self._tell = tell
        self.clock_ahead: float | None = None  # seconds that this computer's clock is ahead of Google's
        if endpoint is not None:
            self.session.trust_env = False  # no proxy between us and this computer
        tokens = getattr(self.session, "_auth_request_session", None)  # google-auth's own, and it offers no other way to it
        if tokens is not None and identity.is_local:
            tokens.trust_env = False
        self.session.headers["Accept-Encoding"] = "gzip"

    def request(
        self, method: str, endpoint: str, params: Any = None, data: bytes | None = None, json: Mapping[str, Any] | None = None,
        files: Any = None, headers: Any = None, most: int | None = None,
    ) -> Response:
        """The response to a request that succeeded.

        Raises TooLargeError where the answer is longer than `most` bytes, GoogleFailed for an answer that is no success,
        LostWrite for a write that may or may not have been carried out, NotReachable where there is no answer,
        Refused where the sign-in is.
        """
        url = endpoint if self._endpoint is None else self._endpoint + endpoint.removeprefix(_GOOGLE)
        if json is not None:
            data = encoded(json)
            headers = {"Content-Type": "application/json; charset=utf-8"}
        writes = method.lower() != "get"
        waits = {"quota": list(QUOTA_WAITS), "read": list(READ_WAITS), "unsent": list(UNSENT_WAITS)}
        while True:
            try:
                response = self.session.request(
                    method=method, url=url, params=params, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False,
                    stream=most is not None)
                if most is not None:
                    _load(response, most)
            except RefreshError as error:
                raise refusal(error, self._identity) from None  # google-auth has tried again itself where that can help
            except TransportError:
                if not self._wait("unsent", waits, "Google can't be reached"):
                    raise offline() from None
                continue
            except RequestException as error:
                self._lost(error, waits, writes=writes)
                continue
            self._compare_clocks(response)
            if response.ok and not 300 <= response.status_code < 400:
                return response
            failed = GoogleFailed(response.status_code, _error(response))
            if failed.is_quota:
                if self._wait("quota", waits, "Google's limit of requests per minute is used up", _retry_after(response)):
                    continue
                raise failed
            if failed.may_have_been_done:
                if writes:
                    raise LostWrite(unanswered(writing=True))
                if self._wait("read", waits, "Google is not answering", _retry_after(response)):
                    continue
            raise failed

    def _compare_clocks(self, response: Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
            self.clock_ahead = (datetime.now(UTC) - theirs).total_seconds()
        except (KeyError, ValueError, TypeError):
            return

    def _lost(self, error: RequestException, waits: dict[str, list[int]], *, writes: bool) -> None:
        """Waits before another try, or raises what a lost connection comes to."""
        if not isinstance(error, (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError)):
            raise offline() from None
        if _unsent(error):
            if not self._wait("unsent", waits, "Google can't be reached"):
                raise offline() from None
        elif writes:
            raise LostWrite(unanswered(writing=True)) from None
        elif not self._wait("read", waits, "The connection to Google was lost"):
            raise unanswered(writing=False) from None

    def _wait(self, kind: str, waits: dict[str, list[int]], why: str, asked: float = 0.0) -> bool:
        """Waits as long as is due next for this kind of failure; False where there were enough waits."""
        if not waits[kind]:
            return False
        seconds = max(waits[kind].pop(0) + jitter(), min(asked, LONGEST_WAIT))
        if seconds > TELL_ABOVE:
            self._tell(f"{why}; trying again in {seconds:.0f} seconds.")
        sleep(seconds)
        return True


def connect(identity: Identity, *, endpoint: str | None, tell: Callable[[str], None]) -> Client:
    """A client that is signed in as `identity`."""

    def made(auth: Any, session: Any = None) -> Client:
        return Client(auth, session, endpoint=endpoint, identity=identity, tell=tell)

    client = gspread.Client(identity.credentials, http_client=made)  # type: ignore[arg-type]
    found = client.http_client
    assert isinstance(found, Client)
    return found


class TooLargeError(Exception):
    """An answer that is longer than what is worth waiting for."""


def _load(response: Response, most: int) -> None:
    """Loads the body of a streamed response. Raises TooLargeError beyond `most` bytes."""
    body = bytearray()
    for piece in response.iter_content(1 << 16):
        body += piece
        if len(body) > most:
            response.close()
            raise TooLargeError
    response._content = bytes(body)  # where requests itself puts what it has loaded


def get(client: Client, spreadsheet: str, *, fields: str, ranges: list[str] | None = None, most: int | None = None) -> bytes:
    """`spreadsheets.get`: the answer's body. Raises TooLargeError where that is longer than `most` bytes."""
    params: dict[str, Any] = {"fields": fields, "prettyPrint": "false"}
    if ranges is not None:
        params["ranges"] = ranges
    return client.request("get", SPREADSHEET_URL % spreadsheet, params=params, most=most).content


def values(client: Client, spreadsheet: str, tab: str) -> bytes:
    """`spreadsheets.values.batchGet` of a whole tab as it was entered, dates as serials: the answer's body."""
    params = {"ranges": [tab], "valueRenderOption": "FORMULA", "dateTimeRenderOption": "SERIAL_NUMBER", "majorDimension": "ROWS",
              "prettyPrint": "false", "fields": "valueRanges.values"}
    return client.request("get", SPREADSHEET_VALUES_BATCH_URL % spreadsheet, params=params).content


def batch_update(client: Client, spreadsheet: str, body: Mapping[str, Any], *, fields: str) -> bytes:
    """`spreadsheets.batchUpdate`: the answer's body."""
    params = {"fields": fields, "prettyPrint": "false"}
    return client.request("post", SPREADSHEET_BATCH_UPDATE_URL % spreadsheet, params=params, json=body).content


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON as short as it can be."""
    return jsons.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _error(response: Response) -> Mapping[str, Any]:
    """The error object of an answer; empty where the answer is a page or something else."""
    try:
        error = response.json().get("error")
    except (ValueError, AttributeError):
        return {}
    return error if isinstance(error, Mapping) else {}


def _retry_after(response: Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _unsent(error: Exception) -> bool:
    """Whether a request certainly never left this computer: no connection was made."""
    if isinstance(error, ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    names = {kind.__name__ for kind in type(reason).__mro__}
    return bool(names & {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})
