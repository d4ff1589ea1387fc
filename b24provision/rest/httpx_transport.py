"""The transport over httpx, and the only module that knows of httpx.

One connection pool for each portal. It keeps no cookies (PHP runs the requests of one session one after
another), follows no redirects, and keeps httpx's own log from showing URLs, since a webhook's is a secret.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, TypeAlias

import httpx

from b24provision.rest.endpoint import is_loopback
from b24provision.rest.redaction import redact, redact_text
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Deliver: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Deliver], Awaitable[None]]

_log = logging.getLogger("b24provision.rest")

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
        self._clients: dict[bool, httpx.AsyncClient] = {}
        logging.getLogger("httpx").addFilter(_hide_urls)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Carry one exchange; raises SendFailed."""
        wait = httpx.Timeout(request.timeout_s, connect=self._connect_timeout_s, pool=None)
        try:
            async with asyncio.timeout(request.timeout_s if self._app else None):
                response = await self._client(request.url).request(
                    request.method,
                    request.url,
                    headers=dict(request.headers),
                    content=request.body,
                    timeout=wait,
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise SendFailed(_what(error), sent=not isinstance(error, _NOTHING_SENT)) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise SendFailed("the address cannot be used", sent=False) from error
        return HttpResponse(response.status_code, dict(response.headers), response.content)

    async def aclose(self) -> None:
        """Close every connection."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.aclose()

    async def __aenter__(self) -> "HttpxTransport":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _client(self, url: str) -> httpx.AsyncClient:
        direct = self._app is not None or is_loopback(url)
        if direct not in self._clients:
            self._clients[direct] = httpx.AsyncClient(
                transport=httpx.ASGITransport(_like_a_server(self._app)) if self._app else None,
                verify=self._verify,
                limits=self._limits,
                trust_env=not direct,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._clients[direct]


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
        except Exception:  # noqa: BLE001 - a server outlives whatever its application raises
            _log.error("the application in this process failed", exc_info=True)
            if not begun:
                await watch({"type": "http.response.start", "status": 500, "headers": []})
                await watch({"type": "http.response.body", "body": b"Internal Server Error"})
        if not finished:
            raise httpx.RemoteProtocolError("the application ended without a whole answer")

    return serve


def _hide_urls(record: logging.LogRecord) -> bool:
    """Redact what httpx logs of a request; always lets the record through."""
    if isinstance(record.args, tuple):
        record.args = tuple(_hidden(argument) for argument in record.args)
    return True


def _hidden(argument: object) -> object:
    return redact(str(argument)) if isinstance(argument, str | httpx.URL) else argument
