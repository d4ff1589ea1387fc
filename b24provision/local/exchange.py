"""One exchange over HTTP: its limits, its faults, and its execution, which goes on when the client has left."""

import asyncio
import re
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from b24provision.local.answers import Refusal, envelope, timing
from b24provision.local.batch import run_batch
from b24provision.local.commands import Performed, Session, client_of, perform
from b24provision.local.context import Caller
from b24provision.local.credentials import caller_by_token, caller_by_webhook
from b24provision.local.faults import EXECUTED, Interrupted, Kind
from b24provision.local.operating import Account
from b24provision.local.refusals import too_many_requests
from b24provision.local.request import Asked, read_request
from b24provision.local.spoiling import spoilt
from b24provision.local.state import PortalState

Work = Callable[[], Coroutine[Any, Any, Response]]

_SUFFIX = re.compile(r"\.json$", re.IGNORECASE)


async def serve_rest(state: PortalState, request: Request) -> Response:
    """Answer a request to `/rest/…`."""
    state.request_count += 1
    *webhook, name = _steps(request.path_params["path"])
    name = _SUFFIX.sub("", name)
    start = state.clock()

    async def work() -> Response:
        asked = await read_request(request)
        caller = _caller(state, webhook, asked.token)
        request_id = asked.request_id or uuid.uuid4().hex
        session = Session(state, caller, origin_of(request), request_id, start)
        done = await _carry_out(session, name, asked)
        return JSONResponse(envelope(done.answer, done.time))

    async def told() -> Response:
        return await telling(work, request)

    if not state.buckets.admits(_source(request), start):
        return refused(too_many_requests())
    return await struck(state, request, name.lower(), told)


async def struck(state: PortalState, request: Request, name: str, work: Work) -> Response:
    """Do the work with whatever fault strikes a request of this name."""
    instant = state.is_instant
    fault = state.faults.meet_request(name, origin_of(request))
    await request.body()  # a client that still writes would not see what becomes of its request
    if fault is None:
        return await (work() if instant else _to_its_end(state, work))
    if fault.kind is Kind.SLOW:
        return await _to_its_end(state, _late(state, fault.seconds, work))
    answer = await _to_its_end(state, work) if fault.kind in EXECUTED else Response()
    return spoilt(fault, request, bytes(answer.body))


async def telling(work: Work, request: Request) -> Response:
    """Make refusals and interruptions the answers they are."""
    try:
        return await work()
    except Refusal as refusal:
        return refused(refusal)
    except Interrupted as interrupted:
        return spoilt(interrupted.fault, request, b'{"result":{"result":[]}}')


def refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), status_code=refusal.status)


def origin_of(request: Request) -> str:
    """Scheme and host by which the portal was reached."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _late(state: PortalState, seconds: float, work: Work) -> Work:
    async def slowly() -> Response:
        await state.sleep(seconds)
        return await work()

    return slowly


async def _to_its_end(state: PortalState, work: Work) -> Response:
    """Execute a request even when its client gives up meanwhile."""
    task = asyncio.create_task(work())
    state.running.add(task)
    task.add_done_callback(state.running.discard)
    return await asyncio.shield(task)


async def _carry_out(session: Session, name: str, asked: Asked) -> Performed:
    if name.lower() != "batch":
        return await perform(session, name, asked.params)
    state = session.state
    answer = await run_batch(session, asked.params)
    now = state.clock()
    reading = state.operating.read(Account(client_of(session.caller), "batch"), now)
    return Performed(answer, timing(session.began_at, now, reading))


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


def _source(request: Request) -> str:
    return request.client.host if request.client else ""
