"""What an HTTP request asks for: its parameters, its token, and the method in its path.

Source: how-to-call-rest-api. Query and body are merged, the body winning; the token is looked for among
them, then in the Authorization header.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from b24provision.local import php
from b24provision.local.answers import Refusal

TELEMETRY = "bx24_"
"""Names that begin so are about the client, and reach no method."""
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Asked:
    params: Mapping[str, Any]
    token: str
    request_id: str
    """What the client calls the request, or ""."""


async def read_request(request: Request) -> Asked:
    """Read a request's parameters. Raises `INVALID_REQUEST` for a body that cannot be understood."""
    given = php.parse_query(request.url.query) | _read_body(request, await request.body())
    header = request.headers.get("authorization", "")
    bearer = header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""
    return Asked(
        params={name: value for name, value in given.items() if not _is_about_the_client(name)},
        token=php.text(given.get("auth")) or bearer,
        request_id=php.text(given.get("bx24_request_id")),
    )


def _is_about_the_client(name: str) -> bool:
    return name == "auth" or name.startswith(TELEMETRY)


def _read_body(request: Request, body: bytes) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return {}
    if kind.startswith("multipart/"):  # the portal reads it; no client of this one sends it
        raise Refusal("INVALID_REQUEST", "Send application/json or application/x-www-form-urlencoded", 415)
    if kind.endswith("json"):
        return _read_json(body)
    return php.parse_query(body.decode(errors="replace"))


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        if b"\\u" in body:  # half a surrogate pair is no character, and nothing could be done with it
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise Refusal("INVALID_REQUEST", "The request body is not valid JSON") from exc
    if not isinstance(value, list | dict):
        raise Refusal("INVALID_REQUEST", "The request body is no JSON object")
    return dict(php.pairs(value))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
