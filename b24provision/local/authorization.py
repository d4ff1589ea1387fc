"""The addresses of the authorisation server, `/oauth/…`, which here is the portal itself."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from b24provision.local.answers import Answer, envelope, timing
from b24provision.local.exchange import origin_of, struck, telling
from b24provision.local.html import tag
from b24provision.local.oauth import authorize, hand_out, vouch
from b24provision.local.operating import Account
from b24provision.local.page import page
from b24provision.local.request import read_request
from b24provision.local.state import PortalState


def authorization_routes(state: PortalState) -> list[Route]:
    async def token(request: Request) -> Response:
        work = partial(_token, state, request)
        return await struck(state, request, "oauth.token", partial(telling, work, request))

    async def info(request: Request) -> Response:
        return await telling(partial(_info, state, request), request)

    async def consent(request: Request) -> Response:
        return await _consent(state, request)

    both = ["GET", "POST"]
    return [
        Route("/oauth/token/", token, methods=both),
        Route("/oauth/token", token, methods=both),
        Route("/oauth/authorize/", consent, methods=["GET"]),
        Route("/oauth/authorize", consent, methods=["GET"]),
        Route("/oauth/rest/app.info", info, methods=both),
    ]


async def _token(state: PortalState, request: Request) -> Response:
    asked = await read_request(request)
    return JSONResponse(hand_out(state, asked.params, origin_of(request)))


async def _info(state: PortalState, request: Request) -> Response:
    start = state.clock()
    asked = await read_request(request)
    answer = Answer(vouch(state, asked.token, origin_of(request)))
    reading = state.operating.read(Account("", "app.info"), start)
    return JSONResponse(envelope(answer, timing(start, state.clock(), reading)))


async def _consent(state: PortalState, request: Request) -> Response:
    """Send the user back to the application; a failure stays here, as on the portal."""
    try:
        address, code = authorize(state, (await read_request(request)).params, origin_of(request))
    except LookupError as error:
        return page("Access was not granted", tag("p", str(error)), status=400)
    if address:
        return Response(status_code=302, headers={"Location": address})
    return page("Access is granted", tag("p", "The code, which is good for 30 seconds:"), tag("pre", code))
