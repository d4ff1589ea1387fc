"""The addresses of the pages: storages and what is in them, the last calls, the state as a file."""

import json
from email.parser import BytesParser
from email.policy import HTTP

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from b24provision.local import php
from b24provision.local.call_pages import calls_page
from b24provision.local.html import link, tag
from b24provision.local.page import HEADERS, page, style
from b24provision.local.state import PortalState
from b24provision.local.storage_pages import item_page, overview_page, storage_page
from b24provision.local.visitors import for_visitors
from b24provision.local.whole import export_state, import_state


def page_routes(state: PortalState) -> list[Route]:
    async def overview(_: Request) -> Response:
        return overview_page(state)

    async def storage(request: Request) -> Response:
        return storage_page(
            state, _number(request, "storage"), php.integer(request.query_params.get("start"))
        )

    async def item(request: Request) -> Response:
        return item_page(state, _number(request, "storage"), _number(request, "item"))

    async def calls(_: Request) -> Response:
        return calls_page(state)

    async def whole(request: Request) -> Response:
        return _state_page() if request.method == "GET" else await _imported(state, request)

    async def export(_: Request) -> Response:
        headers = HEADERS | {"Content-Disposition": 'attachment; filename="portal.json"'}
        return JSONResponse(export_state(state), headers=headers)

    async def stylesheet(_: Request) -> Response:
        return style()

    pages = {
        "/": overview,
        "/storages/{storage:int}": storage,
        "/storages/{storage:int}/items/{item:int}": item,
        "/calls": calls,
        "/state.json": export,
        "/style.css": stylesheet,
    }
    return [
        *(Route(path, for_visitors(endpoint)) for path, endpoint in pages.items()),
        Route("/state", for_visitors(whole), methods=["GET", "POST"]),
    ]


def _number(request: Request, name: str) -> int:
    """A number in the path; one that is larger than any id stays so."""
    return php.integer(str(request.path_params[name]))


def _state_page(notice: str = "", status: int = 200) -> Response:
    form = tag(
        "form",
        tag(
            "label", "A file exported before: ", tag("input", type="file", name="state", required="required")
        ),
        " ",
        tag("button", "Replace everything by it"),
        method="post",
        action="/state",
        enctype="multipart/form-data",
    )
    explained = tag(
        "p", link("/state.json", "Export"), " everything but the log: it holds tokens and secrets."
    )
    told = tag("p", notice, role="status") if notice else None
    return page("Export and import", told, explained, form, status=status)


async def _imported(state: PortalState, request: Request) -> Response:
    try:
        import_state(state, json.loads(_uploaded(request, await request.body())))
    except ValueError as error:
        return _state_page(f"Nothing was imported: {error}", 400)
    return Response(status_code=303, headers={"Location": "/"})


def _uploaded(request: Request, body: bytes) -> bytes:
    """The first file of a form. Raises `ValueError` for anything else."""
    kind = request.headers.get("content-type", "").encode("latin-1")
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
    for part in form.iter_parts() if form.is_multipart() else ():
        content = part.get_payload(decode=True)
        if part.get_filename() is not None and isinstance(content, bytes):
            return content
    raise ValueError("no file was sent")
