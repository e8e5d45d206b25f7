"""Signing in to Google: a service account's key, a person's own sign-in, or what the machine offers; and who that is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sheetsync.backends.google.errors import offline, refresh_failed, unanswered
from sheetsync.backends.google.links import is_google, is_loopback
from sheetsync.core.model import Finding
from sheetsync.errors import NotReachable, Refused, SheetsyncError

WRITE = "https://www.googleapis.com/auth/spreadsheets"
READ = "https://www.googleapis.com/auth/spreadsheets.readonly"
TOKEN_FILE = "google-token.json"
CHOSEN_FILE = "google-login.json"  # which key file `sheetsync login` was given
CLIENT_FILE = "google-client.json"  # which client file the sign-in was made with
Kind = Literal["service account", "sign-in", "application default credentials"]
_WHICH = ("sheetsync needs the JSON key of a service account (Google Cloud console: IAM, Service accounts, Keys, Add key, JSON), "
          "or the client file of a desktop app (APIs and services, Credentials).")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sheetsync is at Google. `credentials` are google-auth's; they never stand in any message."""

    credentials: Any
    who: str
    kind: Kind
    path: Path | None
    token_uri: str  # where tokens are fetched: Google's, or an address on this computer

    @property
    def is_local(self) -> bool:
        """Whether tokens are fetched on this computer; then no proxy may carry what is sent for them elsewhere."""
        return is_loopback(self.token_uri)

    @property
    def is_service(self) -> bool:
        """Whether it is a service account, with which sheets are shared by its address."""
        return self.kind == "service account"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where sign-ins are looked for, best first: the setting or variable that names a file, then what `login` keeps in `folder`."""

    file: Path | None
    folder: Path
    told_by: str = ""  # which setting named the file, for messages


def identify(sign_in: SignIn, *, readonly: bool) -> Identity:
    """Who is signed in. Raises Refused where nobody is, or a file is not of the kind that is needed."""
    scopes = [READ if readonly else WRITE]
    if sign_in.file is not None:
        return from_file(sign_in.file, scopes, told_by=sign_in.told_by)
    if (chosen := _chosen(sign_in.folder)) is not None:
        return from_file(chosen, scopes, told_by="sheetsync login")
    if (token := sign_in.folder / TOKEN_FILE).is_file():
        return from_file(token, scopes, told_by="sheetsync login")
    if (found := _application_default(scopes)) is not None:
        return found
    raise Refused("You are not signed in to Google.",
                  "With the key file of a service account: sheetsync login KEY.json. The README says how to get one in ten minutes.")


def read_key_file(path: Path, told_by: str = "") -> Mapping[str, Any]:
    """The JSON object of a key, client or token file. Raises Refused with what is needed instead."""
    named = f"{path}{f' ({told_by})' if told_by else ''}"
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"The key file {named} does not exist.", "Check the name, or sign in again: sheetsync login FILE.json") from None
    except OSError as error:
        raise Refused(f"The key file {named} can't be read ({error.strerror or error}).", "Mend the file's permissions.") from None
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except ValueError:
        raise Refused(f"{named} is not a whole JSON file.", f"Download it again, and don't edit it. {_WHICH}") from None
    if not isinstance(found, dict):
        raise Refused(f"{named} is no key file.", _WHICH)
    return found


def from_file(path: Path, scopes: Sequence[str], *, told_by: str = "") -> Identity:
    """Who a file signs in, by the type that it says it is of. Raises Refused."""
    info = read_key_file(path, told_by)
    kind = info.get("type")
    if kind == "service_account":
        return _service_account(path, info, scopes)
    if kind == "authorized_user":
        return _authorized_user(path, info, scopes)
    if client_of(info) is not None:
        raise Refused(f"{path.name} is the client file of an app; it takes a sign-in beside it.",
                      f"Sign in with it once: sheetsync login {path}")
    raise Refused(f"{path.name} is no key file that sheetsync can use.", _WHICH)


def client_of(info: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The client of a desktop app's file, None where the file is another kind."""
    client = info.get("installed")
    return client if isinstance(client, dict) and "client_id" in client else None


def check_goes_to_google(name: str, url: object) -> None:
    """Raises Refused where a file would send a sign-in anywhere but to Google or to this computer."""
    if not (isinstance(url, str) and (is_google(url) or is_loopback(url))):
        raise Refused(f"{name} would send your sign-in to another address than Google's.", "Don't use it; download a new one from the "
                      "Google Cloud console.")


def _service_account(path: Path, info: Mapping[str, Any], scopes: Sequence[str]) -> Identity:
    from google.oauth2.service_account import Credentials

    lacking = [name for name in ("client_email", "private_key", "token_uri") if not isinstance(info.get(name), str)]
    if lacking:
        raise Refused(f"{path.name} lacks {', '.join(lacking)}.", f"Download the key again, and don't edit it. {_WHICH}")
    check_goes_to_google(path.name, info["token_uri"])
    if "\\n" in info["private_key"]:
        raise Refused(f"The private key in {path.name} holds \\n as two characters: it was copied through something that escaped it.",
                      "Use the file as Google let you download it.")
    try:
        made = Credentials.from_service_account_info(dict(info), scopes=list(scopes))  # type: ignore[no-untyped-call]
    except ValueError:  # its text may quote the key
        raise Refused(f"The private key in {path.name} can't be read.", "Download the key again, and don't edit it.") from None
    return Identity(made, info["client_email"], "service account", path, info["token_uri"])


def _authorized_user(path: Path, info: Mapping[str, Any], scopes: Sequence[str]) -> Identity:
    from google.oauth2.credentials import Credentials

    lacking = [name for name in ("client_id", "client_secret", "refresh_token") if not isinstance(info.get(name), str)]
    if lacking:
        raise Refused(f"{path.name} lacks {', '.join(lacking)}.", "Sign in again: sheetsync login CLIENT.json")
    token_uri = info.get("token_uri", "https://oauth2.googleapis.com/token")
    check_goes_to_google(path.name, token_uri)
    made = Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token=info["refresh_token"], token_uri=token_uri, client_id=info["client_id"],
        client_secret=info["client_secret"], scopes=list(scopes), quota_project_id=info.get("quota_project_id"))
    return Identity(made, str(info.get("account") or "your Google account"), "sign-in", path, token_uri)


def _application_default(scopes: Sequence[str]) -> Identity | None:
    """What `gcloud auth application-default login` keeps; None where there is nothing. Its file never leads elsewhere."""
    from google.auth import _cloud_sdk

    path = Path(_cloud_sdk.get_application_default_credentials_path())  # type: ignore[no-untyped-call]
    if not path.is_file():
        return None
    found = from_file(path, scopes, told_by="gcloud")
    if found.is_service:
        return found
    if found.credentials.quota_project_id is None:
        raise Refused("The sign-in of gcloud names no project to count requests for.",
                      "Name one: gcloud auth application-default set-quota-project PROJECT. Or sign in with sheetsync login.")
    return Identity(found.credentials, found.who, "application default credentials", path, found.token_uri)


def _chosen(folder: Path) -> Path | None:
    try:
        found = json.loads((folder / CHOSEN_FILE).read_text("utf-8"))
        return Path(found["credentials"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def last_file(folder: Path) -> Path:
    """The file that `login` was given the last time. Raises Refused where there was none."""
    for name in (CHOSEN_FILE, CLIENT_FILE):
        try:
            return Path(json.loads((folder / name).read_text("utf-8"))["credentials"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise Refused("sheetsync has not signed in to Google before, and so needs a file.", f"sheetsync login FILE.json. {_WHICH}")


def try_out(identity: Identity) -> None:
    """Asks Google once for leave to work. Raises Refused where the key is not taken, NotReachable where nobody answers."""
    from google.auth.exceptions import RefreshError, TransportError
    from google.auth.transport.requests import Request

    request = Request()
    request.session.trust_env = not identity.is_local
    try:
        identity.credentials.refresh(request)
    except RefreshError as error:
        raise refusal(error, identity) from None
    except TransportError:
        raise offline() from None
    finally:
        request.session.close()


def refusal(error: Any, identity: Identity) -> SheetsyncError:
    """What a RefreshError of google-auth says, in a sentence."""
    if getattr(error, "retryable", False):
        return unanswered(writing=False)
    detail = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Mapping) else {}
    text = f"{error.args[0] if error.args else ''} {detail.get('error_description', '')}"
    return refresh_failed(text, str(detail.get("error", "")), who=identity.who, is_service=identity.is_service)


def remember_key(folder: Path, path: Path) -> None:
    """Notes which key file is used from now on; the key itself stays where it is."""
    _keep(folder / CHOSEN_FILE, {"credentials": str(path.resolve())})
    (folder / TOKEN_FILE).unlink(missing_ok=True)


def sign_in_with_browser(client_file: Path, folder: Path, *, open_browser: bool, seconds: int, told: str) -> Identity:
    """Signs a person in through the browser and keeps the sign-in in `folder`, readable by its owner alone.

    `told` is printed with the address to open, as {url}. Raises Refused where nobody signed in within `seconds`.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow

    info = read_key_file(client_file)
    client = client_of(info)
    if client is None:
        raise Refused(f"{client_file.name} is no client file of a desktop app.", _WHICH)
    for name in ("auth_uri", "token_uri"):
        check_goes_to_google(client_file.name, client.get(name))
    flow = InstalledAppFlow.from_client_config(dict(info), scopes=[WRITE, READ])
    flow.oauth2session.trust_env = not is_loopback(client["token_uri"])
    try:
        with _insecure_on_loopback(client["token_uri"]):
            credentials = flow.run_local_server(
                host="127.0.0.1", port=0, open_browser=open_browser, timeout_seconds=seconds, authorization_prompt_message=told,
                success_message="You are signed in. You can close this window.", access_type="offline", prompt="consent")
    except Exception as error:
        # The flow raises oauthlib's, requests' and its own errors, and AttributeError where nobody came.
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise NotReachable("Google can't be reached for signing in.", "Check the internet connection, then try again.") from None
        raise Refused("Nobody signed in, or Google did not let it through.",
                      "Try again, and press Allow for Google Sheets in the browser.") from None
    if not credentials.refresh_token:
        raise Refused("Google gave a sign-in that would end within the hour.",
                      "Take sheetsync's access away at myaccount.google.com/permissions, then sign in again.")
    _keep(folder / TOKEN_FILE, {
        "type": "authorized_user", "client_id": client["client_id"], "client_secret": client.get("client_secret", ""),
        "refresh_token": credentials.refresh_token, "token_uri": client["token_uri"],
    } | _end(flow))
    _keep(folder / CLIENT_FILE, {"credentials": str(client_file.resolve())})
    (folder / CHOSEN_FILE).unlink(missing_ok=True)
    return from_file(folder / TOKEN_FILE, [WRITE])


def _end(flow: Any) -> dict[str, str]:
    """Until when the sign-in holds, where Google says that it ends: so it is with an app in testing mode, after 7 days."""
    try:
        seconds = int(flow.oauth2session.token["refresh_token_expires_in"])
        return {"ends": (datetime.now(UTC) + timedelta(seconds=seconds)).date().isoformat()}
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return {}


def worries(identity: Identity) -> tuple[Finding, ...]:
    """Says so where the key may be read by others, or the sign-in is one that ends by itself."""
    if identity.path is None:
        return ()
    if os.name == "posix" and identity.path.stat().st_mode & 0o077:
        return (Finding("key file", f"The key file {identity.path} may be read by others on this computer; it is a password.",
                        f"Take that away: chmod 600 {identity.path}"),)
    if identity.kind != "sign-in":
        return ()
    end = read_key_file(identity.path).get("ends")
    if not isinstance(end, str):
        return ()
    return (Finding("sign-in", f"The sign-in ends on {end}: your app is in testing mode, which ends every sign-in after 7 days.",
                    "Publish it in the Google Cloud console (OAuth consent screen, Publish app), then: sheetsync login"),)


@contextmanager
def _insecure_on_loopback(url: str) -> Iterator[None]:
    """oauthlib insists on TLS, also for a token server on this computer (tests), unless a variable says otherwise."""
    name = "OAUTHLIB_INSECURE_TRANSPORT"
    needed = is_loopback(url) and name not in os.environ
    if needed:
        os.environ[name] = "1"
    try:
        yield
    finally:
        if needed:
            os.environ.pop(name, None)


def _keep(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600 from its first moment
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        Path(name).replace(path)
    except OSError as error:
        raise NotReachable(f"{path} can't be written ({error.strerror or error}).",
                           "Mend the folder's permissions, or name another one in SHEETSYNC_STATE_DIR.") from None
