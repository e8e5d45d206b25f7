"""A bare client for the emulator's own tests: it sends what a test says, and brings back status and JSON."""

from __future__ import annotations

import gzip
import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.sheets_emulator.discovery import check_message, match
from tests.sheets_emulator.emulator import Emulator

JSON = dict[str, Any]


class Client:
    """One connection to an emulator, with a token."""

    def __init__(self, google: Emulator, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(google.url).netloc, timeout=30)
        self.headers = {"Authorization": f"Bearer {token or google.token()}", "Accept-Encoding": "gzip"}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """(status, JSON) of any request; path after /v4/spreadsheets/, not yet quoted; a range may hold slashes."""
        text = urlencode(query, doseq=True)
        target = "/v4/spreadsheets/" + "/".join(quote(part, safe=":!") for part in path.split("/", 2)) + (f"?{text}" if text else "")
        return self.raw(method, target, None if body is None else json.dumps(body).encode())

    def raw(self, method: str, target: str, body: bytes | None = None) -> tuple[int, Any]:
        """(status, JSON) of a request with that target."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, target, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        is_json = (response.headers.get("Content-Type") or "").startswith("application/json")
        found = json.loads(text) if is_json else text.decode()
        if response.status == 200 and is_json and len(text) < 200_000 and target.startswith("/v4/"):
            # What the emulator says must fit Google's description, too.
            check_message(found, match(method, target.partition("?")[0])[0]["response"]["$ref"])
        return response.status, found

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        status, found = self.send("GET", path, **query)
        assert status == 200, found
        return found

    def batch(self, spreadsheet_id: str, *requests: JSON, **more: Any) -> Any:
        """The JSON of a batchUpdate that succeeds."""
        status, found = self.try_batch(spreadsheet_id, *requests, **more)
        assert status == 200, found
        return found

    def try_batch(self, spreadsheet_id: str, *requests: JSON, fields: str | None = None, **more: Any) -> tuple[int, Any]:
        """(status, JSON) of a batchUpdate."""
        query = {} if fields is None else {"fields": fields}
        return self.send("POST", f"{spreadsheet_id}:batchUpdate", {"requests": list(requests), **more}, **query)

    def refused(self, spreadsheet_id: str, *requests: JSON) -> str:
        """The message of a batchUpdate that is refused with 400."""
        status, found = self.try_batch(spreadsheet_id, *requests)
        assert status == 400, found
        message: str = found["error"]["message"]
        return message
