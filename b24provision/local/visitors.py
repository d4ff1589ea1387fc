"""Who may look at the pages and use the control requests: whoever comes by themselves, and no other site.

A page of another site can have a browser send requests here, and by a name of its own that leads to this computer
even read the answers. The first names its origin; the second comes by a name with a dot, which nobody else does.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]


def for_visitors(endpoint: Endpoint) -> Endpoint:
    """Refuse requests that another site had a browser send."""

    async def visited(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}":
            return PlainTextResponse("Another site asked for this, so nothing was done.", status_code=403)
        if not _is_plain(request.url.hostname or ""):
            return PlainTextResponse("Come by an address, or by a name without a dot.", status_code=403)
        return await endpoint(request)

    return visited


def _is_plain(host: str) -> bool:
    """Whether a host is a number, or a name that only this network knows."""
    if "." not in host or host.endswith(".localhost"):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
