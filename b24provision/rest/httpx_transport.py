"""The transport over httpx, and the only module that knows of httpx.

It uses httpx's transports and not its client, for a client brings what is of no use here and costs a sixth of a
request: cookies (PHP runs the requests of one session one after another), redirects, authentication, and a log that
shows URLs, of which a webhook's is a secret.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from b24provision.rest.endpoint import is_loopback
from b24provision.rest.redaction import redact_text
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Deliver: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Deliver], Awaitable[None]]

_log = logging.getLogger("b24provision.rest")

_ACCEPTED = {"Accept-Encoding": "gzip, deflate"}  # what httpx unpacks without further packages

# Everything else may have failed after the first byte.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class HttpxTransport:
    """Sends over the network, or, with `app`, to an ASGI application in this process.

    `verify` is httpx's: False, or an SSL context for a self-hosted portal's own certificate. Proxies come
    from the environment, except for this computer and `app`. Used after `aclose` it opens anew.
    """

    def __init__(
        self,
        *,
        app: AsgiApp | None = None,
        connect_timeout_s: float = 30.0,
        verify: bool | ssl.SSLContext = True,
        max_connections: int = 100,
    ) -> None:
        self._app = app
        self._connect_timeout_s = connect_timeout_s
        self._verify = verify
        self._limits = httpx.Limits(max_connections=max_connections, keepalive_expiry=5.0)
        self._carriers: dict[str, httpx.AsyncBaseTransport] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Carry one exchange; raises SendFailed."""
        try:
            translated = self._translated(request)
            async with asyncio.timeout(request.timeout_s if self._app else None):
                response = await self._carrier(request.url).handle_async_request(translated)
                try:
                    body = await response.aread()
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise SendFailed(_what(error), sent=not isinstance(error, _NOTHING_SENT)) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise SendFailed("the address cannot be used", sent=False) from error
        return HttpResponse(response.status_code, dict(response.headers), body)

    async def aclose(self) -> None:
        """Close every connection."""
        carriers = list(self._carriers.values())
        self._carriers.clear()
        for carrier in carriers:
            await carrier.aclose()

    async def __aenter__(self) -> "HttpxTransport":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _translated(self, request: HttpRequest) -> httpx.Request:
        silence_s = request.timeout_s
        timeout = {"connect": self._connect_timeout_s, "read": silence_s, "write": silence_s, "pool": None}
        return httpx.Request(
            request.method,
            request.url,
            headers={**_ACCEPTED, **request.headers},
            content=request.body,
            extensions={"timeout": timeout},
        )

    def _carrier(self, url: str) -> httpx.AsyncBaseTransport:
        """Give what carries requests to the host of a URL, made when it is first asked for."""
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._carriers:
            self._carriers[origin] = self._made_for(origin)
        return self._carriers[origin]

    def _made_for(self, origin: str) -> httpx.AsyncBaseTransport:
        if self._app is not None:
            return httpx.ASGITransport(_like_a_server(self._app))
        return httpx.AsyncHTTPTransport(
            verify=self._verify,
            limits=self._limits,
            trust_env=not is_loopback(origin),
            proxy=_proxy(origin),
        )


def _proxy(origin: str) -> str | None:
    """Find the proxy that the environment names for an address."""
    parts = urlsplit(origin)
    if is_loopback(origin) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def _what(error: Exception) -> str:
    """Say what happened in a few words, as many failures of httpx have no message of their own."""
    name = "Timeout" if isinstance(error, TimeoutError) else type(error).__name__
    text = redact_text(str(error))
    return f"{name}: {text}" if text else name


def _like_a_server(app: AsgiApp) -> AsgiApp:
    """Treat an application's failure as a server does: 500 if it had not begun to answer, a cut otherwise."""

    async def serve(scope: Message, receive: Receive, send: Deliver) -> None:
        begun = finished = False

        async def watch(message: Message) -> None:
            nonlocal begun, finished
            begun = True
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await app(scope, receive, watch)
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error)) from error
        except Exception:  # noqa: BLE001 - a server outlives whatever its application raises
            _log.error("the application in this process failed", exc_info=True)
            if not begun:
                await watch({"type": "http.response.start", "status": 500, "headers": []})
                await watch({"type": "http.response.body", "body": b"Internal Server Error"})
        if not finished:
            raise httpx.RemoteProtocolError("the application ended without a whole answer")

    return serve
