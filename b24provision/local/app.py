"""The portal's addresses: `/rest/…`, `/oauth/…` and `/upload/…`, as a Starlette application.

The database is used synchronously: a command takes well under a millisecond, and since nothing is awaited
while one runs, none gets between another's statements.
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from b24provision.local.answers import Answer, Refusal, envelope
from b24provision.local.batch import run_batch
from b24provision.local.commands import Session, perform
from b24provision.local.context import Caller
from b24provision.local.credentials import caller_by_token, caller_by_webhook
from b24provision.local.files import find_file
from b24provision.local.oauth import renew, vouch
from b24provision.local.request import Asked, read_request
from b24provision.local.state import PortalState

Endpoint = Callable[[Request], Awaitable[Response]]

_SUFFIX = re.compile(r"\.json$", re.IGNORECASE)


def build_app(state: PortalState) -> Starlette:
    """Make the application that serves a portal."""

    async def rest(request: Request) -> Response:
        state.request_count += 1
        start = state.clock()
        asked = await read_request(request)
        answer = _serve(state, request, asked)
        return JSONResponse(envelope(answer, start, state.clock()))

    async def token(request: Request) -> Response:
        asked = await read_request(request)
        return JSONResponse(renew(state, asked.params, _origin(request)))

    async def app_info(request: Request) -> Response:
        start = state.clock()
        asked = await read_request(request)
        return JSONResponse(
            envelope(Answer(vouch(state, asked.token, _origin(request))), start, state.clock())
        )

    async def upload(request: Request) -> Response:
        with state.store.reading() as db:
            found = find_file(db, request.path_params["secret"])
        if found is None:
            return Response(status_code=404)
        return Response(found.content, media_type="application/octet-stream")

    return Starlette(
        routes=[
            Route("/rest/{path:path}", _telling(rest), methods=["GET", "POST"]),
            Route("/oauth/token/", _telling(token), methods=["GET", "POST"]),
            Route("/oauth/token", _telling(token), methods=["GET", "POST"]),
            Route("/oauth/rest/app.info", _telling(app_info), methods=["GET", "POST"]),
            Route("/upload/{secret}/{name}", upload, methods=["GET"]),
        ],
    )


def _serve(state: PortalState, request: Request, asked: Asked) -> Answer:
    """Recognise the caller and carry out what the path names. Raises `Refusal`."""
    *webhook, name = _steps(request.path_params["path"])
    caller = _caller(state, webhook, asked.token)
    session = Session(state, caller, _origin(request), asked.request_id or uuid.uuid4().hex)
    return _carry_out(session, _SUFFIX.sub("", name), asked.params)


def _carry_out(session: Session, name: str, params: Mapping[str, Any]) -> Answer:
    return run_batch(session, params) if name.lower() == "batch" else perform(session, name, params)


def _steps(path: str) -> list[str]:
    """The parts of the path after /rest/: a method, or a webhook's user, code and method.

    Slashes too many do no harm: the JavaScript SDK asks for `/rest//batch`.
    """
    return [step for step in path.split("/") if step] or [""]


def _caller(state: PortalState, webhook: list[str], token: str) -> Caller:
    with state.store.reading() as db:
        match webhook:
            case []:
                return caller_by_token(db, token, now=state.clock())
            case [user_id, code]:
                return caller_by_webhook(db, user_id, code)
            case _:
                raise Refusal("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _telling(endpoint: Endpoint) -> Endpoint:
    """Make refusals the answers they are."""

    async def told(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return JSONResponse(refusal.body(), status_code=refusal.status)

    return told
