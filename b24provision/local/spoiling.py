"""What faults look like to a client: answers that are missing, cut short, or of somebody in between.

A connection is cut for real where there is one to cut: the server's transport is looked for behind `receive`,
where uvicorn keeps it. In process there is none; there an exception leaves the application before its answer is
whole, which is what an ASGI server takes for the same thing.
"""

import socket
import struct
from asyncio import Transport
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from b24provision.local.faults import Fault, Kind
from b24provision.local.refusals import OF_REQUESTS

_PAGES = {
    Kind.HTML_500: (500, "Internal Server Error"),
    Kind.HTML_500_AFTER: (500, "Internal Server Error"),
    Kind.HTML_502: (502, "Bad Gateway"),
    Kind.HTML_502_AFTER: (502, "Bad Gateway"),
    Kind.HTML_504: (504, "Gateway Time-out"),
}


def spoilt(fault: Fault, request: Request, answer: bytes = b"") -> Response:
    """The answer to a request that a fault struck, in place of the true `answer`."""
    if fault.kind in OF_REQUESTS:
        refusal = OF_REQUESTS[fault.kind]()
        return JSONResponse(refusal.body(), status_code=refusal.status)
    if fault.kind in _PAGES:
        return _page(*_PAGES[fault.kind])
    if fault.kind is Kind.MOVED:
        return _moved(fault.to, request)
    return _damaged(fault.kind, answer)


def _damaged(kind: Kind, answer: bytes) -> Response:
    match kind:
        case Kind.EMPTY:
            return Response()
        case Kind.BROKEN_JSON:
            return Response(answer[: len(answer) // 2], media_type="application/json")
        case Kind.HANG | Kind.HANG_AFTER:
            return SilentResponse()
        case Kind.TRUNCATED:
            return CutResponse(answer)
        case Kind.REFUSED:
            return CutResponse(error=ConnectionRefusedError)
        case _:
            return CutResponse()


def _page(status: int, title: str) -> Response:
    heading = f"{status} {title}"
    return HTMLResponse(
        f"<html>\r\n<head><title>{heading}</title></head>\r\n<body>\r\n<center><h1>{heading}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        status_code=status,
    )


def _moved(to: str, request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return Response(status_code=302, headers={"Location": to.rstrip("/") + request.url.path + query})


class SilentResponse(Response):
    """No answer at all, until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await _gone(receive)


class CutResponse(Response):
    """A connection that ends before the answer does: after half of it, or without a byte for an empty one."""

    def __init__(self, answer: bytes = b"", error: type[ConnectionError] = ConnectionResetError) -> None:
        super().__init__(answer, media_type="application/json")
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        transport = _transport(receive)
        if self.body or (transport is None and self._error is ConnectionResetError):
            await send({"type": "http.response.start", "status": 200, "headers": self._first_lines()})
        if self.body:
            half = bytes(self.body[: len(self.body) // 2])
            await send({"type": "http.response.body", "body": half, "more_body": True})
        if transport is None:
            raise self._error("the local portal was told to cut this connection")
        _cut(transport, at_once=not self.body)
        await _gone(receive)

    def _first_lines(self) -> list[tuple[bytes, bytes]]:
        return self.raw_headers if self.body else [(b"content-length", b"1")]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(receive: Any) -> Transport | None:
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    return transport if isinstance(transport, Transport) else None


def _cut(transport: Transport, *, at_once: bool) -> None:
    """End a connection: at once with a reset, or after what was written has gone out."""
    if not at_once:
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
