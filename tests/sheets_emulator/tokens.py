"""Google's sign-in on loopback: keys and accounts it made up itself, tokens for them, and the refusals of the token endpoint."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

JSON = dict[str, Any]

PROJECT = "emulated-project"
SCOPES = "https://www.googleapis.com/auth/"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = "https://oauth2.googleapis.com/token"
_SKEW = 300  # seconds by which a client's clock may be wrong


class TokenError(Exception):
    """The token endpoint refuses: an OAuth error, not one of google.rpc."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token: whose it is and what it may do ("spreadsheets", "spreadsheets.readonly", without the address before it)."""

    text: str
    email: str
    scopes: frozenset[str]
    expires: float


@dataclass(slots=True)
class Account:
    """A Google account: a service account with a key, or a person with refresh tokens."""

    email: str
    key: rsa.RSAPrivateKey | None = None
    key_id: str = ""
    deleted: bool = False


@cache
def generated_key(name: str) -> tuple[rsa.RSAPrivateKey, str]:
    """A key and its id, made once a process for each name: it takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048), secrets.token_hex(20)


@dataclass(slots=True)
class Accounts:
    """All accounts and tokens there are. client_id and client_secret are those of one OAuth desktop app."""

    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)  # refresh token → whose, scopes
    codes: dict[str, tuple[str, frozenset[str], str]] = field(default_factory=dict)  # code → whose, scopes, PKCE challenge
    client_id: str = "4711-emulated.apps.googleusercontent.com"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(12))
    lifetime: int = 3599  # seconds
    clock_offset: float = 0.0  # seconds that Google's clock is ahead of this computer's

    def now(self) -> float:
        """Google's clock, in seconds since 1970."""
        return time.time() + self.clock_offset

    def service_account(self, name: str) -> Account:
        """The service account of that name, made with a new key where there is none yet."""
        email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
        if email not in self.accounts:
            self.accounts[email] = Account(email, *generated_key(name))
        return self.accounts[email]

    def person(self, email: str) -> Account:
        """A person's account."""
        return self.accounts.setdefault(email, Account(email))

    def grant(self, email: str, scopes: frozenset[str]) -> Token:
        """A new access token."""
        token = Token("ya29." + secrets.token_urlsafe(40), email, scopes, self.now() + self.lifetime)
        self.tokens[token.text] = token
        return token

    def valid(self, text: str) -> Token | None:
        """The token, where it is one of ours and has not run out."""
        token = self.tokens.get(text)
        return token if token is not None and token.expires > self.now() else None

    def revoke(self, email: str) -> None:
        """Takes back every token of an account, refresh tokens included: the next use of one fails."""
        self.tokens = {text: token for text, token in self.tokens.items() if token.email != email}
        self.refresh = {text: kept for text, kept in self.refresh.items() if kept[0] != email}

    # the endpoint

    def exchange(self, form: dict[str, str], token_uri: str) -> JSON:
        """The answer to a grant: a signed JWT, a refresh token or an authorization code. Raises TokenError as Google words it."""
        kind = form.get("grant_type")
        if kind == _JWT:
            return self._answer(self._by_jwt(form.get("assertion", ""), token_uri))
        if kind not in ("refresh_token", "authorization_code"):
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {kind}")
        if form.get("client_id") != self.client_id:
            raise TokenError("invalid_client", "The OAuth client was not found.", 401)
        if form.get("client_secret") != self.client_secret:
            raise TokenError("invalid_client", "The provided client secret is invalid.", 401)
        if kind == "refresh_token":
            email, scopes = self._refreshable(form.get("refresh_token", ""))
            asked = _short(form["scope"]) if form.get("scope") else scopes
            if not asked <= scopes:
                raise TokenError("invalid_scope", "Some requested scopes were invalid.")
            return self._answer(self.grant(email, asked))
        if form.get("code") not in self.codes:
            raise TokenError("invalid_grant", "Malformed auth code.")
        email, scopes, challenge = self.codes.pop(form["code"])
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if challenge and base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != challenge:
            raise TokenError("invalid_grant", "Invalid code verifier.")
        return {**self._answer(self.grant(email, scopes)), "refresh_token": self.new_refresh_token(email, scopes)}

    def new_refresh_token(self, email: str, scopes: frozenset[str]) -> str:
        """A refresh token for that person."""
        text = "1//" + secrets.token_urlsafe(40)
        self.refresh[text] = (email, scopes)
        return text

    def _answer(self, token: Token) -> JSON:
        return {"access_token": token.text, "expires_in": self.lifetime, "token_type": "Bearer",
                "scope": " ".join(sorted(SCOPES + scope for scope in token.scopes))}

    def _refreshable(self, text: str) -> tuple[str, frozenset[str]]:
        if text not in self.refresh:
            raise TokenError("invalid_grant", "Token has been expired or revoked.")
        email, scopes = self.refresh[text]
        if self.accounts[email].deleted:
            raise TokenError("invalid_grant", "Account has been deleted")
        return email, scopes

    def _by_jwt(self, assertion: str, token_uri: str) -> Token:
        """RFC 7523, and https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes."""
        try:
            head, claims, signature = assertion.split(".")
            header, claim = json.loads(_decoded(head)), json.loads(_decoded(claims))
        except ValueError:
            raise TokenError("invalid_grant", "Invalid JWT: Failed to parse.") from None
        account = self.accounts.get(claim.get("iss", ""))
        if account is None or account.deleted or account.key is None:
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        try:
            if header.get("alg") != "RS256" or header.get("kid") != account.key_id:
                raise InvalidSignature
            account.key.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from None
        issued, expires, now = claim.get("iat", 0), claim.get("exp", 0), self.now()
        if expires - issued > 3600 or issued > now + _SKEW or expires < now - _SKEW:
            raise TokenError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                             "timeframe. Check your iat and exp values in the JWT claim.")
        if claim.get("aud") not in (_AUDIENCE, token_uri):  # google-auth signs for Google's address, wherever it sends it
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check. The right audience is " + _AUDIENCE)
        scopes = _short(claim.get("scope", ""))
        if not scopes:
            raise TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self.grant(account.email, scopes)

    # the files that owners get from Google

    def write_service_account(self, path: Path, account: Account, token_uri: str) -> Path:
        """The JSON key file of a service account, as the Cloud console hands it out."""
        assert account.key is not None
        pem = account.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        text = json.dumps({
            "type": "service_account", "project_id": PROJECT, "private_key_id": account.key_id, "private_key": pem.decode(),
            "client_email": account.email, "client_id": "100000000000000000000",
            "auth_uri": token_uri.replace("/token", "/o/oauth2/auth"), "token_uri": token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs", "universe_domain": "googleapis.com",
        }, indent=2)
        path.write_text(text, "utf-8")
        return path

    def write_client(self, path: Path, token_uri: str) -> Path:
        """The client file of an OAuth desktop app."""
        path.write_text(json.dumps({"installed": {
            "client_id": self.client_id, "project_id": PROJECT, "auth_uri": token_uri.replace("/token", "/o/oauth2/auth"),
            "token_uri": token_uri, "client_secret": self.client_secret, "redirect_uris": ["http://localhost"],
        }}), "utf-8")
        return path

    def write_authorized_user(self, path: Path, email: str, scopes: frozenset[str], token_uri: str) -> Path:
        """The token file that a finished OAuth sign-in leaves behind."""
        self.person(email)
        path.write_text(json.dumps({
            "type": "authorized_user", "client_id": self.client_id, "client_secret": self.client_secret, "token_uri": token_uri,
            "refresh_token": self.new_refresh_token(email, scopes), "scopes": sorted(SCOPES + scope for scope in scopes),
        }), "utf-8")
        path.chmod(0o600)
        return path

    def consent(self, query: dict[str, str], email: str) -> str:
        """Where the browser goes once that person pressed Allow: back to the program, with a code."""
        code = "4/" + secrets.token_urlsafe(30)
        self.person(email)
        self.codes[code] = (email, _short(query.get("scope", "")), query.get("code_challenge", ""))
        back = {"code": code, "scope": query.get("scope", ""), **({"state": query["state"]} if "state" in query else {})}
        return query["redirect_uri"] + "?" + urlencode(back)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _short(scopes: str) -> frozenset[str]:
    return frozenset(scope.removeprefix(SCOPES) for scope in scopes.split())
