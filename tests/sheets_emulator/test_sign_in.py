"""Tokens, scopes, sharing, and the refusals of Google's sign-in. Each test names its source, as in test_cells_written."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google.auth.transport.requests
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.oauth2 import credentials, service_account

from tests.sheets_emulator import OWNER, Emulator, api_off, rejected_token, token_refused
from tests.sheets_emulator.client import Client
from tests.sheets_emulator.tokens import SCOPES

WRITE = {"addSheet": {"properties": {"title": "New"}}}


def signed(google_: Emulator, folder: Path, scope: str = "spreadsheets", name: str | None = None) -> service_account.Credentials:
    """google-auth's own credentials, from the key file."""
    path = google_.service_account_file(folder, name)
    found: service_account.Credentials = service_account.Credentials.from_service_account_file(path, scopes=[SCOPES + scope])  # type: ignore[no-untyped-call]
    return found


def refresh(found: Any) -> str:
    """A token by google-auth's own way."""
    with requests.Session() as session:
        found.refresh(google.auth.transport.requests.Request(session))
    token: str = found.token
    return token


def test_a_generated_key_gets_a_token_that_reads_and_writes(google: Emulator, tmp_path: Path) -> None:
    """SECTION 6: "The whole JWT flow runs locally with a generated key and a loopback token_uri"; RFC 7523."""
    book = google.book(rows=[["Name"]])
    with Client(google, refresh(signed(google, tmp_path))) as client:
        client.batch(book.id, WRITE)
    assert (google.requests[-1].email, google.requests[-1].scopes) == (google.account, frozenset({"spreadsheets"}))
    [asked] = google.token_requests
    assert asked.status == 200


def test_a_readonly_token_reads_and_is_refused_to_write(google: Emulator, tmp_path: Path) -> None:
    """SECTION 6 and 7: ACCESS_TOKEN_SCOPE_INSUFFICIENT; the scopes of each method are those of the discovery document."""
    book = google.book()
    with Client(google, refresh(signed(google, tmp_path, "spreadsheets.readonly"))) as client:
        client.get(book.id)
        status, found = client.try_batch(book.id, WRITE)
    assert (status, found["error"]["status"]) == (403, "PERMISSION_DENIED")
    [detail] = found["error"]["details"]
    assert detail["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert len(book.tabs) == 1
    assert not google.requests[-1].committed


@pytest.mark.parametrize("offset", [-4000, 4000])
def test_a_wrong_clock_is_told_as_google_does(google: Emulator, tmp_path: Path, offset: int) -> None:
    """SECTION 7; https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes."""
    google.accounts.clock_offset = offset
    with pytest.raises(RefreshError, match="invalid_grant: Invalid JWT: Token must be a short-lived token"):
        refresh(signed(google, tmp_path))


def test_a_deleted_account_and_a_wrong_key_are_told_as_google_does(google: Emulator, tmp_path: Path) -> None:
    """The same page: "Invalid grant: account not found", "Invalid JWT Signature."."""
    mine = signed(google, tmp_path)
    said = json.loads(google.service_account_file(tmp_path).read_text())
    path = google.service_account_file(tmp_path, "other")
    path.write_text(json.dumps({**said, "private_key": json.loads(path.read_text())["private_key"]}))
    forged: Any = service_account.Credentials.from_service_account_file(path, scopes=[SCOPES + "spreadsheets"])  # type: ignore[no-untyped-call]
    with pytest.raises(RefreshError, match=r"invalid_grant: Invalid JWT Signature\."):
        refresh(forged)
    google.accounts.service_account("sheetsync").deleted = True
    with pytest.raises(RefreshError, match="invalid_grant: Invalid grant: account not found"):
        refresh(mine)


def test_a_scripted_refusal_comes_from_the_token_endpoint(google: Emulator, tmp_path: Path) -> None:
    google.fail("TOKEN", token_refused("invalid_grant", "Something else"))
    with pytest.raises(RefreshError, match="Something else"):
        refresh(signed(google, tmp_path))
    refresh(signed(google, tmp_path))


def test_a_desktop_sign_in_is_refreshed_until_it_is_revoked(google: Emulator, tmp_path: Path) -> None:
    """SECTION 6 and 7: after 7 days in "Testing" the answer is invalid_grant, "Token has been expired or revoked."."""
    path = google.authorized_user_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = json.loads(path.read_text())
    # from_authorized_user_file would go to Google's own address, whatever token_uri the file names.
    found: Any = credentials.Credentials(None, **{name: said[name] for name in (  # type: ignore[no-untyped-call]
        "refresh_token", "token_uri", "client_id", "client_secret")})
    book = google.book(shared=False)
    with Client(google, refresh(found)) as client:
        client.batch(book.id, WRITE)  # the owner's own
    google.accounts.revoke(OWNER)
    with pytest.raises(RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
        refresh(found)


def test_a_desktop_sign_in_runs_through_the_browser(google: Emulator, tmp_path: Path) -> None:
    """https://developers.google.com/identity/protocols/oauth2/native-app: code, PKCE, refresh token."""
    client_file = json.loads(google.oauth_client_file(tmp_path).read_text())["installed"]
    asked = {"client_id": client_file["client_id"], "redirect_uri": "http://localhost:1/", "response_type": "code", "state": "s1",
             "scope": SCOPES + "spreadsheets", "code_challenge_method": "S256",
             "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}
    with requests.Session() as session:
        there = session.get(client_file["auth_uri"], params=asked, allow_redirects=False)
        back = {name: values[0] for name, values in parse_qs(urlsplit(there.headers["Location"]).query).items()}
        assert back["state"] == "s1"
        form = {"grant_type": "authorization_code", "code": back["code"], "client_id": client_file["client_id"],
                "client_secret": client_file["client_secret"], "redirect_uri": "http://localhost:1/"}
        # RFC 7636, appendix B: the verifier of that challenge. A wrong one uses the code up.
        answer = session.post(client_file["token_uri"], data={**form, "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"})
        assert answer.json()["refresh_token"].startswith("1//")
        again = session.post(client_file["token_uri"], data=form)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        there = session.get(client_file["auth_uri"], params=asked, allow_redirects=False)
        form["code"] = parse_qs(urlsplit(there.headers["Location"]).query)["code"][0]
        stolen = session.post(client_file["token_uri"], data={**form, "code_verifier": "somebody else's"})
        assert (stolen.status_code, stolen.json()["error_description"]) == (400, "Invalid code verifier.")
        there = session.get(client_file["auth_uri"], params=asked, allow_redirects=False)
        code = parse_qs(urlsplit(there.headers["Location"]).query)["code"][0]
        # RFC 6749 §2.3.1: the client may name itself by HTTP Basic instead, as oauthlib does.
        basic = session.post(client_file["token_uri"], auth=(client_file["client_id"], client_file["client_secret"]), data={
            "grant_type": "authorization_code", "code": code, "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"})
        assert basic.status_code == 200
        wrong = session.post(client_file["token_uri"], data={**form, "client_id": "x"})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


# who may what

def test_no_token_and_a_made_up_token_are_refused(google: Emulator) -> None:
    """https://cloud.google.com/apis/design/errors: 403 without, 401 UNAUTHENTICATED with a bad one."""
    book = google.book()
    with Client(google, "made up") as client:
        status, found = client.send("GET", book.id)
        assert (status, found["error"]["status"]) == (401, "UNAUTHENTICATED")
        del client.headers["Authorization"]
        assert client.send("GET", book.id)[0] == 403


def test_a_token_runs_out(google: Emulator, client: Client) -> None:
    """expires_in is 3599 seconds."""
    book = google.book()
    client.get(book.id)
    google.accounts.clock_offset = 3700
    assert client.send("GET", book.id)[0] == 401


def test_sharing_decides_who_may_read_and_write(google: Emulator) -> None:
    """SECTION 7: 403 PERMISSION_DENIED on read; the same on write after a good read: only a Viewer."""
    book = google.book(shared=False)
    with Client(google) as client:
        status, found = client.send("GET", book.id)
        assert (status, found["error"]["message"]) == (403, "The caller does not have permission")
        book.share(google.account, "viewer")
        client.get(book.id)
        assert client.try_batch(book.id, WRITE)[0] == 403
        assert client.send("POST", f"{book.id}/values/A1:clear")[0] == 403
        book.share(google.account, "editor")
        client.batch(book.id, WRITE)
        book.unshare(google.account)
        assert client.send("GET", book.id)[0] == 403


def test_missing_and_deleted_spreadsheets_are_not_found(google: Emulator, client: Client) -> None:
    """Recorded: 404 NOT_FOUND, "Requested entity was not found."."""
    book = google.book()
    book.deleted = True
    for name in (book.id, "gone"):
        status, found = client.send("GET", name)
        assert (status, found["error"]["message"]) == (404, "Requested entity was not found.")


def test_an_excel_file_in_drive_is_not_supported(google: Emulator, client: Client) -> None:
    """SECTION 7: 400 FAILED_PRECONDITION, "This operation is not supported for this document"."""
    book = google.book()
    book.office_file = True
    status, found = client.send("GET", book.id)
    assert (status, found["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert found["error"]["message"] == "This operation is not supported for this document"


def test_an_api_that_is_off_names_the_link_that_turns_it_on(google: Emulator, client: Client) -> None:
    """SECTION 7: SERVICE_DISABLED, `details[].links[].url`."""
    book = google.book()
    google.fail("GET", api_off())
    status, found = client.send("GET", book.id)
    details = found["error"]["details"]
    assert status == 403
    assert details[0]["reason"] == "SERVICE_DISABLED"
    [link] = [link["url"] for detail in details for link in detail.get("links", [])]
    assert link.startswith("https://console.developers.google.com/")
    google.fail("GET", rejected_token())
    assert client.send("GET", book.id)[0] == 401
    client.get(book.id)


def test_files_are_such_as_google_hands_out(google: Emulator, tmp_path: Path) -> None:
    """SECTION 6: "Read the JSON's type and call that class"."""
    key = json.loads(google.service_account_file(tmp_path).read_text())
    assert (key["type"], key["client_email"], key["token_uri"]) == ("service_account", google.account, google.url + "/token")
    assert json.loads(google.authorized_user_file(tmp_path).read_text())["type"] == "authorized_user"
    assert "type" not in json.loads(google.oauth_client_file(tmp_path).read_text())
