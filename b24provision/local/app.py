"""The portal as an ASGI application: every address it answers at.

The database is used synchronously: a command takes well under a millisecond, and since nothing is awaited
while one runs, none gets between another's statements.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24provision.local.authorization import authorization_routes
from b24provision.local.control import control_routes
from b24provision.local.exchange import serve_rest
from b24provision.local.files import find_file, media_type
from b24provision.local.pages import page_routes
from b24provision.local.state import PortalState

FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""A file is anybody's text, and runs nothing."""


def build_app(state: PortalState) -> Starlette:
    """Make the application that serves a portal."""

    async def rest(request: Request) -> Response:
        return await serve_rest(state, request)

    async def upload(request: Request) -> Response:
        with state.store.reading() as db:
            found = find_file(db, request.path_params["secret"])
        if found is None:
            return Response(status_code=404)
        return Response(found.content, media_type=media_type(found.name), headers=FILE_HEADERS)

    return Starlette(
        routes=[
            Route("/rest/{path:path}", rest, methods=["GET", "POST"]),
            Route("/upload/{secret}/{name}", upload, methods=["GET"]),
            *authorization_routes(state),
            *page_routes(state),
            *(control_routes(state) if state.has_control else []),
        ],
    )
