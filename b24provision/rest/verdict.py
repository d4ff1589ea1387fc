"""Says what an HTTP answer means: success, refusal, redirect, or no REST answer at all.

Pure. It judges one answer by itself; what to do about it is the exchange's business.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from b24provision.errors import ApiError, AuthError, UnexpectedAnswerError
from b24provision.rest.answers import mapping, number, read_error
from b24provision.rest.redaction import redact_text
from b24provision.rest.transport import HttpResponse

_EXCERPT = 200
_REDACTED_FIRST = 4000  # a secret must not lose its tell-tale beginning to the cut


class Kind(Enum):
    """Why the portal refused."""

    BUSY = auto()  # the rate; nothing was done
    OPERATING = auto()  # the operating time; nothing was done
    TOKEN = auto()  # the token is spent; nothing was done
    AUTH = auto()  # this caller, for good
    SERVER = auto()  # the portal itself failed; it may have done something
    FINAL = auto()  # this call, for good


@dataclass(frozen=True, slots=True)
class Success:
    """A REST answer with a result."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A REST answer with an error."""

    kind: Kind
    error: ApiError
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Redirected:
    """The portal, or something in front of it, points elsewhere."""

    location: str
    error: UnexpectedAnswerError


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something other than a REST answer; `broke_off` when it may be the beginning of one."""

    error: UnexpectedAnswerError
    retry_after_s: float
    broke_off: bool = False


Verdict: TypeAlias = Success | Refused | Redirected | Unusable

_KINDS = {
    "query_limit_exceeded": Kind.BUSY,
    "operation_time_limit": Kind.OPERATING,
    "overload_limit": Kind.FINAL,  # a block by hand, which trying again makes no better
    "expired_token": Kind.TOKEN,
    "invalid_token": Kind.TOKEN,
}
"""Codes that mean the same under whatever HTTP status. Source: settings/performance/limits, settings/oauth."""

_AUTH_REMEDIES = {
    "no_auth_found": "Nothing the portal accepts as authorisation was sent: check that the token is of this portal.",
    "invalid_credentials": "Check the webhook's address, or make a new webhook.",
    "invalid_grant": "Log in again, or install the application again.",
    "invalid_client": "Check client_id and client_secret.",
    "payment_required": "The portal's plan does not include REST, or the application's subscription has ended.",
    "portal_deleted": "The portal does not exist any more.",
    "insufficient_scope": "Give the application the missing scope in its settings, then install it again.",
    "user_access_error": "This user may not use the application: an administrator has to allow it.",
    "expired_token": "Log in again, or get a new access token.",
    "invalid_token": "Log in again, or get a new access token; check that it is of this portal.",
}
"""What to do about each refusal that concerns the caller. Source: settings/oauth, api-reference/common."""


def judge(response: HttpResponse, *, method: str, secrets: Sequence[str] = ()) -> Verdict:
    """Judge an answer to `method`. Texts in `secrets` do not appear in the errors."""
    if 300 <= response.status < 400 and response.header("location"):
        return Redirected(response.header("location"), _unexpected(response, secrets))
    body = _parse(response.body)
    if body is None:
        return Unusable(_unexpected(response, secrets), _retry_after_s(response), _broke_off(response))
    if "error" in body and (body["error"] or "result" not in body):
        error = read_error(body, method=method, status=response.status, secrets=secrets)
        return Refused(_kind(response.status, error.code), error, _retry_after_s(response))
    if "result" not in body or response.status >= 400:
        return Unusable(_unexpected(response, secrets), _retry_after_s(response))
    return Success(body)


def auth_error(error: ApiError, *, webhook: bool) -> AuthError:
    """Turn a refusal of the caller into an error that says what to do."""
    remedy = _AUTH_REMEDIES.get(error.code.lower(), "Check the credentials.")
    if webhook and error.status == 401:
        remedy = "The webhook is wrong or was deleted: check its address, or make a new one."
    return AuthError(f"The portal refuses access: {error}. {remedy}", code=error.code, status=error.status)


def _kind(status: int, code: str) -> Kind:
    word = code.lower()
    if word in _KINDS:
        return _KINDS[word]
    if status == 401 or word in _AUTH_REMEDIES:
        return Kind.AUTH
    if status == 429:
        return Kind.OPERATING
    return Kind.SERVER if status >= 500 else Kind.FINAL


def _parse(body: bytes) -> Mapping[str, Any] | None:
    try:
        return mapping(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _broke_off(response: HttpResponse) -> bool:
    """Say whether what could not be read is nothing at all, or the beginning of an object."""
    body = response.body.lstrip()
    return response.status < 300 and (not body or body.startswith(b"{"))


def _unexpected(response: HttpResponse, secrets: Sequence[str]) -> UnexpectedAnswerError:
    text = response.body[:_REDACTED_FIRST].decode("utf-8", "replace")
    excerpt = redact_text(text, secrets)[:_EXCERPT]
    content_type = response.header("content-type")
    said = f"HTTP {response.status}" + (f" ({content_type})" if content_type else "")
    shown = f": {excerpt!r}" if excerpt else " with an empty body"
    return UnexpectedAnswerError(
        f"The answer is not a REST answer: {said}{shown}. Check the endpoint, and what stands between here and "
        "the portal.",
        status=response.status,
        content_type=content_type,
        excerpt=excerpt,
    )


def _retry_after_s(response: HttpResponse) -> float:
    return max(0.0, number(response.header("retry-after")) or 0.0)
