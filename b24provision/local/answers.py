"""What a command answers: a result, or a refusal with a code; and the envelope either travels in.

Source: settings/how-to-call-rest-api/data-types (`time`), the error tables of the method pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from b24provision.local.operating import Reading

PORTAL_ZONE = timezone(timedelta(hours=3))
"""The portal's own zone. Not UTC, so that a client which drops the offset is found out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `total` and `next` are there for list methods only."""

    result: Any
    total: int | None = None
    next: int | None = None


class Refusal(Exception):  # noqa: N818  # an answer like any other, only not the one hoped for
    """A failure that the caller is told about. Whatever the command had written is undone."""

    def __init__(self, code: str, description: str, status: int = 400, **extra: Any) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON object of the answer, the same alone and in a batch's `result_error`."""
        return {"error": self.code, "error_description": self.description, **self.extra}


def access_denied(description: str = "Access denied!") -> Refusal:
    return Refusal("ACCESS_DENIED", description, 403)


def missing_argument(name: str) -> Refusal:
    return Refusal("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)


def iso_time(moment: float) -> str:
    """Write a moment as the portal does: `2026-03-25T13:39:45+03:00`."""
    return datetime.fromtimestamp(int(moment), PORTAL_ZONE).isoformat()


def timing(start: float, finish: float, operating: Reading) -> dict[str, Any]:
    """The `time` object of an answer, from two moments in seconds since the epoch."""
    return {
        "start": start,
        "finish": finish,
        "duration": finish - start,
        "processing": finish - start,
        "date_start": iso_time(start),
        "date_finish": iso_time(finish),
        "operating_reset_at": operating.reset_at,
        "operating": operating.used_s,
    }


def envelope(answer: Answer, time: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object of a success; `time` is its `timing`."""
    body: dict[str, Any] = {"result": answer.result}
    if answer.next is not None:
        body["next"] = answer.next
    if answer.total is not None:
        body["total"] = answer.total
    return body | {"time": time}
