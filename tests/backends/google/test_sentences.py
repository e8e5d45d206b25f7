"""Whatever Google refuses: a sentence with what to do next, the right exit code, and never a word of a key or token."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from sheetsync.backends.google import api
from sheetsync.backends.google.errors import Asked, GoogleFailed, said
from sheetsync.errors import NotReachable, Refused
from tests.backends.google.conftest import call, sync
from tests.sheets_emulator import (
    Book,
    Emulator,
    Fault,
    api_off,
    hang,
    html_page,
    overloaded,
    quota,
    rejected_token,
    reset,
    token_refused,
)

ACCOUNT = "@sheetsync.iam.gserviceaccount.com"


@pytest.fixture(autouse=True)
def _quick(waited: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    for word in words:
        assert word in " ".join(result.stderr.split()), result.stderr
    assert_no_secrets(result.output)


def assert_no_secrets(*texts: str) -> None:
    """No token and no key in what was said, nor in anything in the state folder."""
    state = Path(os.environ["SHEETSYNC_STATE_DIR"])
    kept = [path.read_bytes().decode("utf-8", "replace") for path in state.rglob("*") if path.is_file()]
    for text in (*texts, *kept):
        assert not re.search(r"ya29\.|PRIVATE KEY|Bearer |eyJ[A-Za-z0-9_-]{10}|private_key\b|refresh_token\": \"", text)


def test_not_shared_names_the_exact_address(google: Emulator, key: Path) -> None:
    book = google.book("Clients", shared=False)
    refused(sync(book), 6, f"{google.account} may not open this sheet. Press Share", f"add {google.account} as Editor")


def test_a_viewer_can_look_but_not_write(google: Emulator, book: Book) -> None:
    book.share(google.account, "viewer")
    before = book.state()
    assert sync(book, "--dry-run").exit_code == 0
    refused(sync(book), 6, f"{google.account} is only a Viewer", "make", "an Editor")
    assert book.state() == before


def test_the_api_is_off(google: Emulator, book: Book) -> None:
    google.fail("GET", api_off())
    refused(sync(book), 6, "Sheets API is switched off", "https://console")


def test_the_sign_in_does_not_reach_far_enough(google: Emulator, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book.share("owner@example.com")
    token = google.authorized_user_file(tmp_path, scopes=["https://www.googleapis.com/auth/drive.metadata.readonly"])
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(token))
    refused(sync(book), 6, "sheetsync login")


def test_a_link_to_nothing(google: Emulator, book: Book) -> None:
    refused(call("sync", "https://docs.google.com/spreadsheets/d/NoSuchSheetAnywhere1234567890/edit"), 6, "no Google Sheet at this link",
            "address bar")
    book.deleted = True
    refused(sync(book), 6, "may have been deleted")


def test_an_excel_file_kept_in_drive(book: Book) -> None:
    book.office_file = True
    refused(sync(book), 6, "Excel file", "Save as Google Sheets")


def test_a_tab_that_was_deleted_or_renamed_lists_the_tabs(google: Emulator, book: Book) -> None:
    book.add_tab("Other")
    refused(call("sync", book.link, "--sheet", "Custmers"), 2, '"Custmers"', '"Customers", "Other"')
    link = book.tab_link("Other")
    book.delete_tab("Other")
    refused(call("sync", link), 6, "deleted", '"Customers"')


def test_a_protected_range(google: Emulator, book: Book) -> None:
    assert sync(book).exit_code == 0
    book.protect("K1:K100")
    before = book.state()
    result = call("sync", book.link, "--sheet", "Customers", "--today", "2027-01-20")
    refused(result, 6, "protected range K1:K100", f"Let {google.account} edit it")
    assert book.state() == before


def test_the_limit_per_minute_is_outlasted_or_told(google: Emulator, book: Book, waited: list[float]) -> None:
    google.fail("GET", quota(), times=6)
    assert sync(book).exit_code == 0
    assert [int(seconds) for seconds in waited] == [1, 2, 4, 8, 16, 32]
    waited.clear()
    google.fail("GET", quota(), times=100)
    refused(sync(book), 3, "limit of requests per minute", "in a minute")
    assert len(waited) == 6
    assert 63 <= sum(waited) <= 69


def test_a_write_that_is_refused_for_the_limit_is_sent_again(google: Emulator, book: Book, waited: list[float]) -> None:
    google.fail("POST", quota("Write", retry_after=40), times=1)
    result = sync(book)
    assert result.exit_code == 0
    assert waited == [40]
    assert "trying again in 40 seconds" in result.stderr
    assert google.writes == 2


@pytest.mark.parametrize("fault", [overloaded(), overloaded(500), html_page(502), reset()], ids=["503", "500", "html", "reset"])
def test_google_does_not_answer_a_read(google: Emulator, book: Book, waited: list[float], fault: Fault) -> None:
    google.fail("GET", fault, times=5)
    assert sync(book, "--dry-run").exit_code == 0
    assert [int(seconds) for seconds in waited] == [1, 2, 4, 8, 16]
    google.fail("GET", fault, times=100)
    refused(sync(book), 3, "not answering; nothing was changed")


@pytest.mark.parametrize("fault", [overloaded(), html_page(502), reset()], ids=["503", "html", "reset"])
@pytest.mark.parametrize("committed", [False, True])
def test_a_write_without_an_answer_is_never_sent_twice_blindly(google: Emulator, book: Book, fault: Fault, committed: bool) -> None:
    google.fail("POST", fault.committed() if committed else fault)
    google.forget()
    assert sync(book).exit_code == 0
    assert [seen.method for seen in google.requests if seen.method != "TOKEN"] == ["GET", "POST", "GET"] + ["POST"] * (not committed)
    assert sum(seen.committed and seen.method == "POST" and ":batchUpdate" in seen.path for seen in google.requests) == 1
    assert book.values()[0].count("↻ Status") == 1
    google.forget()
    assert sync(book).exit_code == 0
    assert google.writes == 0


def test_writes_that_are_never_answered_are_given_up(google: Emulator, book: Book) -> None:
    google.fail("POST", overloaded(), times=100)
    refused(sync(book), 3, "not answering", "read first")


@pytest.mark.parametrize("committed", [False, True])
def test_a_write_that_hangs_is_looked_at_before_it_is_sent_again(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    assert api.TIMEOUT == (10, 190)
    monkeypatch.setattr(api, "TIMEOUT", (1, 0.4))
    google.fail("POST", hang(1.0, after_commit=committed))
    assert sync(book).exit_code == 0
    assert [seen.method for seen in google.requests if seen.method != "TOKEN"] == ["GET", "POST", "GET"] + ["POST"] * (not committed)
    assert book.values()[0].count("↻ Status") == 1


def test_a_bug_while_signed_in_leaves_no_token_in_its_log(
    google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch, key: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("never mind")

    monkeypatch.setattr("sheetsync.backends.google.reader.read_snapshots", broken)
    result = sync(book)
    assert result.exit_code == 1
    secret = json.loads(key.read_text("utf-8"))["private_key"].splitlines()[1]
    [log] = (Path(os.environ["SHEETSYNC_STATE_DIR"]) / "logs").iterdir()
    assert "never mind" in log.read_text("utf-8")
    assert secret not in log.read_text("utf-8")
    assert_no_secrets(result.output)


def test_an_answer_that_is_a_page_though_it_says_200(google: Emulator, book: Book) -> None:
    google.fail("GET", html_page(200))
    refused(sync(book), 3, "not one of Google's", "sign-in page")


def test_offline(google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch, waited: list[float]) -> None:
    sync(book)
    waited.clear()
    monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", "http://127.0.0.1:1")
    refused(sync(book), 3, "can't be reached; nothing was changed", "internet")
    assert [int(seconds) for seconds in waited] == [1, 2]


@pytest.mark.parametrize(("error", "description", "words"), [
    ("invalid_grant", "Invalid JWT Signature.", ["no longer valid", "new key"]),
    ("invalid_grant", "Invalid grant: account not found", ["no longer exists"]),
    ("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
     "values in the JWT claim.", ["clock is wrong", "Set the clock"]),
    ("deleted_client", "The OAuth client was deleted.", ["deleted or switched off"]),
    ("access_denied", "Something new", ["refused the key of", "access_denied"]),
])
def test_a_key_that_google_no_longer_takes(google: Emulator, book: Book, error: str, description: str, words: list[str]) -> None:
    google.fail("TOKEN", token_refused(error, description), times=10)
    refused(sync(book), 6, *words)


def test_a_sign_in_that_has_run_out(google: Emulator, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(google.authorized_user_file(tmp_path)))
    google.fail("TOKEN", token_refused("invalid_grant", "Token has been expired or revoked."), times=10)
    refused(sync(book), 6, "run out", "sheetsync login", "7 days", "publish")


def test_the_token_server_is_down(google: Emulator, book: Book) -> None:
    google.fail("TOKEN", token_refused("internal_failure", "try later", 503), times=50)
    refused(sync(book), 3, "not answering")


def test_a_token_that_is_no_longer_taken_is_renewed_once(google: Emulator, book: Book) -> None:
    google.fail("GET", rejected_token())
    assert sync(book, "--dry-run").exit_code == 0
    google.fail("GET", rejected_token(), times=20)
    refused(sync(book), 6, "no longer accepts the sign-in", "sheetsync login")


@pytest.mark.parametrize(("change", "words"), [
    (lambda info: "{" + json.dumps(info)[:200], ["not a whole JSON file", "service account"]),
    (lambda info: json.dumps({**info, "client_email": None}), ["lacks client_email"]),
    (lambda info: json.dumps({**info, "private_key": info["private_key"].replace("\n", "\\n")}), ["escaped"]),
    (lambda info: json.dumps({**info, "private_key": info["private_key"][:200]}), ["can't be read", "Download the key again"]),
    (lambda info: json.dumps({**info, "token_uri": "https://evil.example.com/token"}), ["another address than Google's"]),
    (lambda info: json.dumps({**info, "token_uri": "https://accounts.google.com.evil.example/token"}), ["another address than Google's"]),
    (lambda info: json.dumps({**info, "token_uri": "http://oauth2.googleapis.com/token"}), ["another address than Google's"]),
    (lambda info: json.dumps({"type": "external_account"}), ["no key file that sheetsync can use"]),
    (lambda info: json.dumps({"installed": {"client_id": "x"}}), ["client file of an app", "sheetsync login"]),
    (lambda info: "[]", ["no key file"]),
], ids=["cut", "no email", "escaped", "half a key", "elsewhere", "almost google", "without tls", "another type", "client", "list"])
def test_a_key_file_that_will_not_do(google: Emulator, book: Book, key: Path, change: Any, words: list[str]) -> None:
    key.write_text(change(json.loads(key.read_text("utf-8"))), "utf-8")
    google.forget()
    refused(sync(book), 6, *words)
    assert list(google.requests) == []


def test_what_gcloud_keeps_needs_a_project_to_count_requests_for(
    google: Emulator, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.delenv("CLOUDSDK_CONFIG", raising=False)
    kept = Path(os.environ["HOME"]) / ".config" / "gcloud" / "application_default_credentials.json"
    kept.parent.mkdir(parents=True)
    info = json.loads(google.authorized_user_file(tmp_path).read_text("utf-8"))
    kept.write_text(json.dumps(info), "utf-8")
    refused(sync(book), 6, "no project to count requests for", "set-quota-project")
    kept.write_text(json.dumps({**info, "quota_project_id": "bakery"}), "utf-8")
    assert sync(book).exit_code == 0
    assert any(seen.headers.get("x-goog-user-project") == "bakery" or seen.headers.get("X-Goog-User-Project") == "bakery"
               for seen in google.requests)


def test_not_signed_in(google: Emulator, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    refused(sync(book), 6, "not signed in", "sheetsync login KEY.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere.json")
    refused(sync(book), 6, "nowhere.json", "GOOGLE_APPLICATION_CREDENTIALS", "does not exist")


@pytest.mark.parametrize("endpoint", [
    "https://sheets.example.com", "http://127.0.0.1.example.com", "http://user@127.0.0.1:80", "http://127.0.0.1@evil.example",
    "ftp://localhost",
    "http://10.0.0.1", "//127.0.0.1", "http://localhost.evil.example", "http://evil.example\\@127.0.0.1", "http://[::ffff:8.8.8.8]",
])
def test_no_variable_sends_a_token_elsewhere(book: Book, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", endpoint)
    refused(sync(book), 2, "SHEETSYNC_GOOGLE_ENDPOINT names another computer")


@pytest.mark.parametrize("link", [
    "https://example.com/spreadsheets/d/abcdefghijklmnop", "https://docs.google.com/document/d/abcdefghijklmnop/edit",
    "https://docs.google.com.evil.example/spreadsheets/d/abcdefghijklmnop", "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml",
    "https://docs.google.com@evil.example/spreadsheets/d/abcdefghijklmnop", "ftp://x/y", "https://[bad",
])
def test_links_that_are_no_google_sheet(key: Path, link: str) -> None:
    refused(call("sync", link), 6, "address bar")


def _failed(status: int, message: str = "", **more: Any) -> GoogleFailed:
    return GoogleFailed(status, {"code": status, "message": message, **more})


@pytest.mark.parametrize(("failed", "kind", "words"), [
    (_failed(400, 'Die Zelle ist geschützt: "protected"'), Refused, "protected range"),
    (_failed(400, "Invalid requests[1].updateCells: typed columns must match their type"), Refused, "column type"),
    (_failed(400, "The data you entered violates the data validation rules"), Refused, "validation rule"),
    (_failed(403, "x", errors=[{"reason": "userRateLimitExceeded"}]), NotReachable, "limit of requests"),
    (_failed(403, "x", details=[{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]), Refused, "sheetsync login"),
    (_failed(403, "x", errors=[{"reason": "accessNotConfigured"}]), Refused, "console.cloud.google.com"),
    (_failed(418, "a teapot"), Refused, "a teapot"),
    (_failed(400, ""), Refused, "no reason given"),
])
def test_what_google_says_in_an_answer(failed: GoogleFailed, kind: type[Exception], words: str) -> None:
    error = said(failed, Asked("the tab Customers", "me", is_service=True, writing=True))
    assert isinstance(error, kind)
    assert words in str(error)
    assert error.remedy


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a proxy that the environment names is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_error(502)

        do_GET = do_CONNECT = do_POST  # noqa: N815 (the names that http.server looks for)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{server.server_address[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield asked
        server.shutdown()


def test_no_proxy_carries_what_is_meant_for_this_computer(
    google: Emulator, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: list[str]
) -> None:
    assert sync(book).exit_code == 0
    assert call("login", os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).exit_code == 0
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(google.authorized_user_file(tmp_path)))
    assert sync(book).exit_code == 0
    assert proxy == []
