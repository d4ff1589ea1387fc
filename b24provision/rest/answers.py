"""Reads the small things every REST answer is made of: errors, numbers, page positions.

Pure and forgiving: portals differ, and a missing or odd detail must not turn an answer into a failure.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from b24provision.errors import ApiError
from b24provision.rest.redaction import redact, redact_text

_SHOWN = 500
_NUMBERS = (float, int, str)


def read_error(entry: Any, *, method: str, status: int, secrets: Iterable[str] = ()) -> ApiError:
    """Make an ApiError of whatever stands where an error belongs; never fails.

    Understood are `{"error": CODE, "error_description": TEXT, …}`, `{"error": {"code", "message"}}` and a
    bare text, which is the description. Codes may be empty or numbers; they come out as text.
    """
    if not isinstance(entry, Mapping):
        text = "" if entry is None else redact_text(str(entry)[:_SHOWN], secrets)
        return ApiError("", text, method=method, status=status)
    code, description = entry.get("error", ""), entry.get("error_description", "")
    if isinstance(code, Mapping):
        code, description = code.get("code", ""), code.get("message", "")
    extra = {name: value for name, value in entry.items() if name not in {"error", "error_description"}}
    return ApiError(
        redact_text(_word(code), secrets),
        redact_text(_word(description), secrets),
        method=method,
        status=status,
        extra=redact(extra, secrets),
    )


def number(value: Any) -> float | None:
    """Read a number that may have come as a text; None for anything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """Read a whole number that may have come as a text; None for anything else."""
    found = number(value)
    return None if found is None else int(found)


def mapping(value: Any) -> Mapping[str, Any] | None:
    """Give a JSON object back, and None for anything else (PHP's empty one is `[]`)."""
    return value if isinstance(value, dict | Mapping) else None


def _word(value: Any) -> str:
    return "" if value is None else str(value)
