"""What Google's refusals mean, in the owner's words. Decided on status codes and reasons; Google translates its messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheetsync.errors import NotReachable, Refused, SheetsyncError

NO_RANGE = re.compile(r"unable to parse range|no grid with id", re.IGNORECASE)
_LATER = "Try again in a few minutes."


class GoogleFailed(Exception):
    """An answer of the API that is not a success. Turned into a SheetsyncError where it is known what was asked."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.error = error

    @property
    def message(self) -> str:
        """Google's own words."""
        return str(self.error.get("message", ""))

    @property
    def reasons(self) -> frozenset[str]:
        """Every reason code that the answer names: `details[].reason` and Drive's older `errors[].reason`."""
        parts = [*_objects(self.error.get("details")), *_objects(self.error.get("errors"))]
        return frozenset(str(part["reason"]) for part in parts if "reason" in part)

    @property
    def is_quota(self) -> bool:
        """Whether it was refused for a limit per minute, and so can be sent again."""
        return self.status == 429 or (
            self.status == 403 and bool(self.reasons & {"userRateLimitExceeded", "rateLimitExceeded", "RATE_LIMIT_EXCEEDED"}))

    @property
    def is_lost_tab(self) -> bool:
        """Whether the tab that was asked for is not there under that name or number."""
        return self.status == 400 and NO_RANGE.search(self.message) is not None

    @property
    def may_have_been_done(self) -> bool:
        """Whether a write that got this answer may have been carried out all the same."""
        return self.status == 408 or self.status >= 500

    def link(self) -> str:
        """The first https link that the details offer, else ""."""
        for detail in _objects(self.error.get("details")):
            for link in _objects(detail.get("links")):
                if str(link.get("url", "")).startswith("https://"):
                    return str(link["url"])
            metadata = detail.get("metadata")
            if isinstance(metadata, Mapping) and str(metadata.get("activationUrl", "")).startswith("https://"):
                return str(metadata["activationUrl"])
        return ""


class LostWrite(Exception):
    """A write without an answer: nobody knows whether it was carried out."""

    def __init__(self, because: SheetsyncError) -> None:
        super().__init__("no answer to a write")
        self.because = because


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request was about, for the sentence: the sheet, who asked, and whether it was a write."""

    sheet: str
    who: str
    is_service: bool
    writing: bool


def said(failed: GoogleFailed, asked: Asked) -> SheetsyncError:
    """The failure in a sentence, with a remedy and an exit code."""
    status, reasons = failed.status, failed.reasons
    nothing = "nothing was written" if asked.writing else "nothing was changed"
    if failed.is_quota:
        return NotReachable(f"Google's limit of requests per minute is used up; {nothing}.", "Try again in a minute.")
    if status >= 500 or status == 408:
        return unanswered(asked.writing)
    if status == 401:
        return sign_in_again("Google no longer accepts the sign-in.")
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons or "insufficientPermissions" in reasons:
        return sign_in_again("The sign-in does not include Google Sheets.")
    if reasons & {"SERVICE_DISABLED", "accessNotConfigured"}:
        link = failed.link() or "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
        return Refused("The Google Sheets API is switched off in your Google Cloud project.",
                       f"Switch it on, wait a minute, and run again: {link}")
    if status == 403:
        return _forbidden(asked)
    if status == 404:
        return Refused("There is no Google Sheet at this link; it may have been deleted.",
                       "Copy the link again from the browser's address bar.")
    if status == 400:
        return _bad_request(failed, asked)
    return Refused(f"Google refused {'the write' if asked.writing else 'to read the sheet'} (HTTP {status}: {_short(failed.message)}).",
                   "Run sheetsync doctor, and report it if that finds nothing.")


def unanswered(writing: bool) -> NotReachable:
    """No answer, or one that says that Google is at fault."""
    if writing:
        return NotReachable("Google is not answering; some status cells may be written already.",
                            "Run again in a few minutes; the sheet is read first, and what is missing is written.")
    return NotReachable("Google is not answering; nothing was changed.", _LATER)


def offline() -> NotReachable:
    """No connection at all."""
    return NotReachable("Google can't be reached; nothing was changed.", "Check the internet connection, then run again.")


def sign_in_again(sentence: str) -> Refused:
    """The sign-in will not do."""
    return Refused(sentence, "Sign in again: sheetsync login.")


def _forbidden(asked: Asked) -> Refused:
    if asked.writing:
        return Refused(f"{asked.who} is only a Viewer of {asked.sheet}; nothing was written.",
                       f"Press Share in the sheet and make {asked.who} an Editor.")
    return Refused(f"{asked.who} may not open this sheet.", f"Press Share in the sheet and add {asked.who} as Editor.")


def _bad_request(failed: GoogleFailed, asked: Asked) -> SheetsyncError:
    message = failed.message
    lowered = message.lower()
    if failed.error.get("status") == "FAILED_PRECONDITION" and "not supported for this document" in lowered:
        return Refused("This is an Excel file that is kept in Google Drive, not a Google Sheet.",
                       "Open it, choose File, Save as Google Sheets, and use the link of the new sheet. "
                       "Or download it and sync the file itself.")
    if failed.is_lost_tab:
        return Refused(f"{asked.sheet}: the tab was renamed or deleted.",
                       "Copy the link again with that tab open, or name it with --sheet.")
    if "protected" in lowered:
        return Refused(f"{asked.sheet}: a protected range lies over the status columns; nothing was written.",
                       f"Let {asked.who} edit it (Data, Protect sheets and ranges).")
    if "typed column" in lowered or "table" in lowered:
        return Refused(f"{asked.sheet}: a column type of the table refuses what sheetsync writes ({_short(message)}); nothing was written.",
                       "Set the type of sheetsync's columns to none, or move them out of the table.")
    if "validation" in lowered:
        return Refused(f"{asked.sheet}: a validation rule refuses what sheetsync writes ({_short(message)}); nothing was written.",
                       "Take the rule off sheetsync's columns (Data, Data validation).")
    return Refused(f"Google refused the request ({_short(message)}); nothing was written." if asked.writing
                   else f"Google refused the request ({_short(message)}).",
                   "Run sheetsync doctor, and report it if that finds nothing.")


def _short(message: str) -> str:
    text = " ".join(message.split()) or "no reason given"
    return text if len(text) <= 160 else text[:159] + "…"


def refresh_failed(detail: str, error: str, *, who: str, is_service: bool) -> Refused:
    """A sign-in that Google's token server refused, by its error code and its text (which is not translated)."""
    lowered = detail.lower()
    if error == "invalid_scope":
        return sign_in_again("The sign-in does not include Google Sheets.")
    if "timeframe" in lowered or "short-lived token" in lowered or "iat and exp" in lowered:
        return Refused("This computer's clock is wrong, and Google refuses sign-ins that seem to come from another time.",
                       "Set the clock to the right time (best: automatically), then run again.")
    if "signature" in lowered:
        return Refused(f"The key of {who} is no longer valid.",
                       "Make a new key in the Google Cloud console (IAM, Service accounts, Keys), then: sheetsync login KEY.json")
    if "account not found" in lowered or "account_disabled" in lowered or "account has been deleted" in lowered:
        return Refused(f"The account {who} no longer exists.",
                       "Make a new service account and key in the Google Cloud console, then: sheetsync login KEY.json")
    if error in ("deleted_client", "disabled_client", "invalid_client", "unauthorized_client"):
        return Refused("The app that the sign-in was made with was deleted or switched off in Google Cloud.",
                       "Make a new one (or a service account), then: sheetsync login FILE.json")
    if is_service:
        return Refused(f"Google refused the key of {who} ({_short(error or 'no reason given')}).",
                       "Make a new key in the Google Cloud console, then: sheetsync login KEY.json")
    return Refused("The sign-in has run out or was taken back.",
                   "Sign in again: sheetsync login. If it runs out every 7 days, your app is in testing mode: publish it in the "
                   "Google Cloud console (OAuth consent screen, Publish app).")
