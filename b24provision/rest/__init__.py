"""The BatchV2 core: Bitrix24 REST v2 for Python, with the limits, retries and tokens that go with it.

    async with Client.from_webhook("https://acme.bitrix24.com/rest/1/code/") as portal:
        result = await portal.batch.make({"me": ("profile",), "now": ("server.time",)})
        print(result.data["me"]["NAME"])

It knows nothing of any particular method's meaning, and nothing of the rest of b24provision but its errors.
Names are loaded when they are first used, so that importing a pure part costs neither httpx nor asyncio.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24provision.rest.authorisation import AuthorisationServer
    from b24provision.rest.blocking import BlockingClient
    from b24provision.rest.calls import Call
    from b24provision.rest.client import Client
    from b24provision.rest.fits import fits_batch
    from b24provision.rest.httpx_transport import HttpxTransport
    from b24provision.rest.limits import Limits
    from b24provision.rest.operating import Wait
    from b24provision.rest.redaction import redact
    from b24provision.rest.refreshing import MemoryTokenStore, RefreshingToken
    from b24provision.rest.result import AjaxResult, Result
    from b24provision.rest.retry import Retry
    from b24provision.rest.stats import Stats
    from b24provision.rest.tokens import StaticToken, Token, TokenSource, TokenStore
    from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport

__all__ = [
    "AjaxResult",
    "AuthorisationServer",
    "BlockingClient",
    "Call",
    "Client",
    "HttpRequest",
    "HttpResponse",
    "HttpxTransport",
    "Limits",
    "MemoryTokenStore",
    "RefreshingToken",
    "Result",
    "Retry",
    "SendFailed",
    "StaticToken",
    "Stats",
    "Token",
    "TokenSource",
    "TokenStore",
    "Transport",
    "Wait",
    "fits_batch",
    "redact",
]

_HOMES = {
    "AjaxResult": "result",
    "AuthorisationServer": "authorisation",
    "BlockingClient": "blocking",
    "Call": "calls",
    "Client": "client",
    "HttpRequest": "transport",
    "HttpResponse": "transport",
    "HttpxTransport": "httpx_transport",
    "Limits": "limits",
    "MemoryTokenStore": "refreshing",
    "RefreshingToken": "refreshing",
    "Result": "result",
    "Retry": "retry",
    "SendFailed": "transport",
    "StaticToken": "tokens",
    "Stats": "stats",
    "Token": "tokens",
    "TokenSource": "tokens",
    "TokenStore": "tokens",
    "Transport": "transport",
    "Wait": "operating",
    "fits_batch": "fits",
    "redact": "redaction",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
