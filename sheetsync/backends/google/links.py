"""What a pasted link says: which spreadsheet, and which of its tabs; and which addresses may stand in for Google's."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from sheetsync.errors import Refused, SettingsError

_PATH = re.compile(r"/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_PUBLISHED = re.compile(r"/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/e/")


def parse_link(link: str) -> tuple[str, int | None]:
    """The spreadsheet's id and the tab's gid (None where the link names no tab). Raises Refused for other links."""
    remedy = "Open the sheet in the browser and copy the link from its address bar."
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower() if parts.username is None and parts.scheme in ("https", "http") else ""
    except ValueError:
        raise Refused(f"{_shown(link)} is no link to a Google Sheet.", remedy) from None
    if host == "docs.google.com" and _PUBLISHED.match(parts.path):
        raise Refused("This is the link of a published copy, which nobody can write to.", remedy)
    found = _PATH.match(parts.path) if host == "docs.google.com" else None
    if found is not None:
        identity = found[1]
    elif host == "drive.google.com" and (asked := parse_qs(parts.query).get("id")):
        identity = asked[0]
    else:
        raise Refused(f"{_shown(link)} is no link to a Google Sheet.", remedy)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", identity):
        raise Refused(f"{_shown(link)} is no link to a Google Sheet.", remedy)
    gids = parse_qs(parts.fragment).get("gid") or parse_qs(parts.query).get("gid") or []
    gid = int(gids[0]) if gids and gids[0].isascii() and gids[0].isdigit() else None
    return identity, gid


def _shown(link: str) -> str:
    return link if len(link) <= 120 else link[:119] + "…"


def link_to(identity: str) -> str:
    """The link of a whole spreadsheet: the same however it was pasted."""
    return f"https://docs.google.com/spreadsheets/d/{identity}/edit"


def check_endpoint(endpoint: str) -> str:
    """An address that may stand in for Google's, without its last slash. Raises SettingsError unless it is this computer.

    Tokens go wherever requests go, so no setting may lead them anywhere else.
    """
    if is_loopback(endpoint):
        return endpoint.rstrip("/")
    raise SettingsError("SHEETSYNC_GOOGLE_ENDPOINT names another computer; sign-ins are sent to Google or to this computer only.",
                        "Unset it, or name an address such as http://127.0.0.1:8080.")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this computer and to nothing else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None or "\\" in url:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_google(url: str) -> bool:
    """Whether a URL leads to Google over TLS."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    return (
        parts.scheme == "https" and parts.username is None and "\\" not in url
        and (host == "accounts.google.com" or host == "googleapis.com" or host.endswith(".googleapis.com"))
    )
