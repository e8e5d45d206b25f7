"""The emulator that a test starts: its books, its accounts, its log, and what a test lets go wrong."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from tests.sheets_emulator import discovery, errors, service, values
from tests.sheets_emulator.batch import HANDLERS
from tests.sheets_emulator.book import Tab
from tests.sheets_emulator.discovery import Violation
from tests.sheets_emulator.errors import ApiError
from tests.sheets_emulator.faults import TOKEN, Fault, Rule
from tests.sheets_emulator.owner import OWNER, Book
from tests.sheets_emulator.server import Reply, Server
from tests.sheets_emulator.tokens import Accounts, TokenError

JSON = dict[str, Any]

FULL = "spreadsheets"  # the scope that may write


@dataclass(slots=True)
class Seen:
    """One request as it came in, for counting and for looking into."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    sent: int  # bytes of the request's body
    email: str | None = None  # whose token
    scopes: frozenset[str] = frozenset()
    status: int = 0  # of the answer; 0 where the connection broke off
    size: int = 0  # bytes of the answer
    received: int = 0  # the same as it travelled, gzipped
    committed: bool = False  # whether it was carried out
    headers: dict[str, str] = field(default_factory=dict)


class Emulator:
    """Google Sheets on loopback. `with Emulator() as google:`; leaving it raises where a client broke Google's description."""

    def __init__(self, account: str = "sheetsync") -> None:
        self.accounts = Accounts()
        self._account = account
        self.books: dict[str, Book] = {}
        self.requests: list[Seen] = []
        self.token_requests: list[Seen] = []
        self.violations: list[str] = []
        self.failures: list[str] = []
        self._rules: list[Rule] = []
        self._lock = threading.RLock()
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        self._thread.join()
        if kind is None:
            assert not self.failures, "The emulator itself broke:\n" + "\n".join(self.failures)
            assert not self.violations, "Google's description does not allow what was sent:\n" + "\n".join(self.violations)

    # where, who

    @property
    def url(self) -> str:
        """What stands for https://sheets.googleapis.com, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def token_uri(self) -> str:
        """Where tokens are fetched."""
        return self.url + "/token"

    @property
    def account(self) -> str:
        """The address of the service account that books are shared with unless told otherwise."""
        return self.accounts.service_account(self._account).email

    def service_account_file(self, folder: Path, name: str | None = None) -> Path:
        """Writes a service account's key file into the folder; its token_uri is the emulator's."""
        account = self.accounts.service_account(name or self._account)
        return self.accounts.write_service_account(folder / f"{name or self._account}-key.json", account, self.token_uri)

    def oauth_client_file(self, folder: Path) -> Path:
        """Writes the client file of an OAuth desktop app."""
        return self.accounts.write_client(folder / "client_secret.json", self.token_uri)

    def authorized_user_file(self, folder: Path, email: str = OWNER, scopes: Iterable[str] = (FULL,)) -> Path:
        """Writes the token file of a finished OAuth sign-in."""
        return self.accounts.write_authorized_user(folder / "token.json", email, frozenset(scopes), self.token_uri)

    def token(self, *scopes: str, email: str | None = None) -> str:
        """An access token without asking the token endpoint; scope `spreadsheets` unless told otherwise."""
        return self.accounts.grant(email or self.account, frozenset(scopes or (FULL,))).text

    # books

    def book(
        self, title: str = "Customers", rows: Iterable[Sequence[Any]] = (), *, tab: str = "Sheet1", locale: str = "en_US",
        time_zone: str = "Etc/GMT", row_count: int = 1000, column_count: int = 26, sheet_id: int = 0, shared: bool = True,
    ) -> Book:
        """A new spreadsheet with one tab; shared with `account` as Editor unless told otherwise.

        Rows are plain values (text, numbers, dates, TRUE, None, a Formula). The grid grows where they need more room.
        """
        book = Book(secrets.token_urlsafe(33), title, locale=locale, time_zone=time_zone)
        filled = [list(row) for row in rows]
        width = max(map(len, filled), default=0)
        book.tabs.append(Tab(sheet_id, tab, max(row_count, len(filled)), max(column_count, width)))
        book.type_rows("A1", filled)
        if shared:
            book.share(self.account)
        self.books[book.id] = book
        return book

    # what a test lets happen

    def before(self, method: str, hook: Callable[[Book], object], *, times: int = 1, skip: int = 0) -> None:
        """Calls the hook with the book before the next requests of that method ("GET", "POST", "*") are carried out."""
        self._rules.append(Rule(method, hook=hook, times=times, skip=skip))

    def after(self, method: str, hook: Callable[[Book], object], *, times: int = 1, skip: int = 0) -> None:
        """Calls the hook once such a request is answered, before the client gets the answer: what was read is old by then."""
        self._rules.append(Rule(method, hook=hook, times=times, skip=skip, after=True))

    def fail(self, method: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Lets the next requests of that method fail ("TOKEN": those to the token endpoint). Faults come in the order given."""
        self._rules.append(Rule(method, fault=fault, times=times, skip=skip))

    def calm(self) -> None:
        """Forgets every hook and fault that hasn't happened yet."""
        self._rules.clear()

    @property
    def pending(self) -> int:
        """How many hooks and faults haven't happened yet."""
        return sum(rule.times for rule in self._rules)

    def forgive(self) -> list[str]:
        """The violations so far; they are forgotten, so that leaving doesn't raise for them."""
        found, self.violations = self.violations, []
        return found

    # counting

    @property
    def reads(self) -> int:
        """How many GET requests came in."""
        return sum(seen.method == "GET" for seen in self.requests)

    @property
    def writes(self) -> int:
        """How many other requests came in."""
        return len(self.requests) - self.reads

    def forget(self) -> None:
        """Empties the log."""
        self.requests.clear()
        self.token_requests.clear()

    # answering

    def answer_api(self, method: str, path: str, query: list[tuple[str, str]], sent: bytes, headers: Message) -> Reply:
        """One request of the Sheets API."""
        with self._lock:
            seen = Seen(method, unquote(path), query, None, len(sent), headers={name.lower(): value for name, value in headers.items()})
            self.requests.append(seen)
            pretty = dict(query).get("prettyPrint", "true").lower() != "false"
            reply = self._answer(seen, path, sent, pretty)
            seen.status, seen.size, reply.seen = reply.status, len(reply.body), seen
            return reply

    def _answer(self, seen: Seen, path: str, sent: bytes, pretty: bool) -> Reply:
        book = self.books.get(seen.path.removeprefix("/v4/spreadsheets/").partition("/")[0].partition(":")[0])
        for hook in self._hooks(seen.method, after=False):
            if book is not None:
                hook(book)
        call = refusal = None
        try:
            call = self._checked(seen, path, sent)
        except ApiError as error:
            refusal = error
        fault = self._fault(seen.method)
        if fault is not None and not fault.after_commit:
            return Reply.failed(fault, pretty=pretty)
        try:
            email = self._identify(seen)
            if refusal is not None:
                raise refusal
            assert call is not None
            found = self._carried_out(call, seen, email)
            reply = Reply.of(200, found, pretty=pretty)
            seen.committed = True
        except ApiError as error:
            reply = Reply.of(error.code, error.json(), pretty=pretty)
        for hook in self._hooks(seen.method, after=True):
            if book is not None:
                hook(book)
        return reply if fault is None else Reply.failed(fault, pretty=pretty)

    def _checked(self, seen: Seen, path: str, sent: bytes) -> discovery.Call:
        """The call, where Google's description allows it; notes a violation and raises 400 where it doesn't."""
        try:
            body = discovery.without_nulls(json.loads(sent)) if sent else None
        except ValueError as error:
            self._violated(seen, f"The body is no JSON: {error}")
            raise errors.bad_field("", f"Invalid JSON payload received. {error}") from None
        seen.body = body
        try:
            if isinstance(body, dict) and "/values/" in seen.path:
                values.guard_rows(body)
            call = discovery.check(seen.method, path, seen.query, body)
        except ApiError as error:
            self._violated(seen, error.message)
            raise
        except Violation as error:
            self._violated(seen, str(error))
            raise errors.bad_field("", f"Invalid JSON payload received. {error}") from None
        self._known(call, body)
        return call

    def _known(self, call: discovery.Call, body: Any) -> None:
        """Fails loudly where Google would answer, but the emulator can't."""
        if call.method not in service.METHODS:
            raise NotImplementedError(f"The emulator doesn't speak {call.method}")
        if call.method == "sheets.spreadsheets.batchUpdate":
            for request in (body or {}).get("requests", []):
                for kind in request:
                    if kind not in HANDLERS:
                        raise NotImplementedError(f"The emulator doesn't know the request {kind}")

    def _violated(self, seen: Seen, sentence: str) -> None:
        self.violations.append(f"{seen.method} {seen.path}: {sentence}")

    def _identify(self, seen: Seen) -> str:
        """Whose request it is; 403 without a token, 401 with a wrong one."""
        text = seen.headers.get("authorization", "")
        if not text:
            raise errors.no_credentials()
        token = self.accounts.valid(text.removeprefix("Bearer "))
        if token is None:
            raise errors.bad_token()
        seen.email, seen.scopes = token.email, token.scopes
        return token.email

    def _carried_out(self, call: discovery.Call, seen: Seen, email: str) -> JSON:
        """The answer, once scopes and sharing allow it."""
        if not seen.scopes & set(call.scopes):
            raise errors.scope_insufficient(_RPC.get(call.method, "SpreadsheetsService"))
        book = self.books.get(call.path["spreadsheetId"])
        if book is None or book.deleted:
            raise errors.not_found()
        role = book.roles.get(email.casefold())
        if role is None or (role == "viewer" and call.method in service.WRITES):
            raise errors.no_permission()
        if book.office_file:
            raise errors.not_a_spreadsheet()
        return service.answer(book, call, seen.body or {}, book.actor(email))

    def answer_token(self, form: dict[str, str], sent: int) -> Reply:
        """One request of the token endpoint."""
        with self._lock:
            seen = Seen(TOKEN, "/token", [], form, sent)
            self.token_requests.append(seen)
            fault = self._fault(TOKEN)
            if fault is not None:
                reply = Reply.failed(fault)
            else:
                try:
                    reply = Reply.of(200, self.accounts.exchange(form, self.token_uri))
                except TokenError as error:
                    reply = Reply.of(error.code, error.body)
            seen.status, reply.seen = reply.status, seen
            return reply

    def answer_consent(self, query: dict[str, str]) -> str:
        """Where the browser is sent once the owner pressed Allow, which happens at once."""
        with self._lock:
            return self.accounts.consent(query, OWNER)

    def _fault(self, method: str) -> Fault | None:
        for rule in self._rules:
            if rule.fault is not None and rule.fires(method):
                return rule.fault
        return None

    def _hooks(self, method: str, *, after: bool) -> list[Callable[[Book], object]]:
        return [rule.hook for rule in list(self._rules) if rule.hook is not None and rule.after == after and rule.fires(method)]


_RPC = {
    "sheets.spreadsheets.get": "SpreadsheetsService.GetSpreadsheet",
    "sheets.spreadsheets.batchUpdate": "SpreadsheetsService.BatchUpdateSpreadsheet",
    "sheets.spreadsheets.values.get": "SpreadsheetsService.GetValues",
    "sheets.spreadsheets.values.batchGet": "SpreadsheetsService.BatchGetValues",
    "sheets.spreadsheets.values.update": "SpreadsheetsService.UpdateValues",
    "sheets.spreadsheets.values.append": "SpreadsheetsService.AppendValues",
    "sheets.spreadsheets.values.clear": "SpreadsheetsService.ClearValues",
    "sheets.spreadsheets.values.batchUpdate": "SpreadsheetsService.BatchUpdateValues",
    "sheets.spreadsheets.values.batchClear": "SpreadsheetsService.BatchClearValues",
}
