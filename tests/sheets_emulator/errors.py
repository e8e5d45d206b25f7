"""Google's error answers: status, code, message and details in the shapes of google.rpc."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}
PROJECT_NUMBER = "123456789012"


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, message: str, *, status: str | None = None, details: list[JSON] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUS[code]
        self.details = details or []

    def json(self) -> JSON:
        """The body as Google sends it."""
        error: JSON = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def _info(reason: str, **metadata: str) -> JSON:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def invalid(message: str) -> ApiError:
    """400 INVALID_ARGUMENT."""
    return ApiError(400, message)


def bad_field(field: str, description: str) -> ApiError:
    """400 for a request that doesn't fit the API's own description (google.rpc.BadRequest)."""
    violation = {"field": field, "description": description} if field else {"description": description}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return ApiError(400, description, details=[detail])


def not_found() -> ApiError:
    """404, as for a spreadsheet that was deleted or never was."""
    return ApiError(404, "Requested entity was not found.")


def no_permission() -> ApiError:
    """403 for an account that the spreadsheet is not shared with, or that may only read it."""
    return ApiError(403, "The caller does not have permission")


def not_a_spreadsheet() -> ApiError:
    """400 for an Office file kept in Drive."""
    return ApiError(400, "This operation is not supported for this document", status="FAILED_PRECONDITION")


def no_credentials() -> ApiError:
    """403 for a request without any token."""
    return ApiError(
        403, "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of "
        "API consumer identity to call this API.",
    )


def bad_token() -> ApiError:
    """401 for a token that is made up, expired or revoked."""
    return ApiError(
        401, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details=[_info("ACCESS_TOKEN_EXPIRED", service="sheets.googleapis.com", method="google.apps.sheets.v4.SpreadsheetsService")],
    )


def scope_insufficient(method: str) -> ApiError:
    """403 for a token whose scopes don't cover the method."""
    info = _info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service="sheets.googleapis.com", method=f"google.apps.sheets.v4.{method}")
    return ApiError(403, "Request had insufficient authentication scopes.", details=[info])


def service_disabled() -> ApiError:
    """403 where the Sheets API is off in the Google Cloud project."""
    url = f"https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project={PROJECT_NUMBER}"
    return ApiError(
        403, f"Google Sheets API has not been used in project {PROJECT_NUMBER} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
        details=[
            _info("SERVICE_DISABLED", service="sheets.googleapis.com", consumer=f"projects/{PROJECT_NUMBER}",
                  containerInfo=PROJECT_NUMBER, serviceTitle="Google Sheets API", activationUrl=url),
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": "Google Sheets API is disabled."},
            {"@type": "type.googleapis.com/google.rpc.Help",
             "links": [{"description": "Google developers console API activation", "url": url}]},
        ],
    )


def quota_exceeded(kind: str = "Read") -> ApiError:
    """429 of the per-minute limits; kind: "Read" or "Write"."""
    metric, limit = f"{kind} requests", f"{kind} requests per minute per user"
    return ApiError(
        429, f"Quota exceeded for quota metric '{metric}' and limit '{limit}' of service 'sheets.googleapis.com' for consumer "
        f"'project_number:{PROJECT_NUMBER}'.",
        details=[
            _info("RATE_LIMIT_EXCEEDED", service="sheets.googleapis.com", consumer=f"projects/{PROJECT_NUMBER}",
                  quota_limit=f"{kind}RequestsPerMinutePerUser", quota_limit_value="60", quota_location="global",
                  quota_metric=f"sheets.googleapis.com/{kind.lower()}_requests"),
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [
                {"description": "Request a higher quota limit.", "url": "https://cloud.google.com/docs/quotas/help/request_increase"}]},
        ],
    )


def unavailable(code: int = 503) -> ApiError:
    """5xx, as Google answers when it is overloaded."""
    messages = {500: "Internal error encountered.", 504: "Deadline expired before operation could complete."}
    return ApiError(code, messages.get(code, "The service is currently unavailable."))
