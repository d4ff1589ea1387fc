"""The token source that owns a refresh token: renews it, and keeps the new pair before it is used.

The refresh token in the answer replaces the one that was sent, which is spent. Losing the new one means
installing the application again, so whoever renews holds the store's lock and saves first.

Source: settings/oauth.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlencode

from b24provision.errors import AuthError, UnreachableError
from b24provision.rest.answers import mapping, number, read_error
from b24provision.rest.endpoint import host
from b24provision.rest.retry import Retry
from b24provision.rest.tokens import Token, TokenStore
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport

OAUTH_URL = "https://oauth.bitrix.info/oauth/token/"

_LIFETIME_S = 3600.0
_RETRY = Retry()

_REMEDIES = {
    "invalid_grant": "The refresh token is spent, revoked or older than 180 days: log in again, or install the "
    "application again.",
    "invalid_client": "Check client_id and client_secret.",
    "invalid_scope": "Check the application's scope, then install it again.",
    "payment_required": "The portal's plan does not include the application, or its subscription has ended.",
    "portal_deleted": "The portal does not exist any more.",
}


class MemoryTokenStore:
    """A token store that lasts as long as the process."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = asyncio.Lock()

    async def load(self) -> Token | None:
        """Give the token, None where there is none yet."""
        return self._token

    async def save(self, token: Token) -> None:
        """Keep the token."""
        self._token = token

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Exclude the other tasks of this process."""
        return self._lock


class RefreshingToken:
    """A token that is renewed with its refresh token. A stored token wins over the given one.

    `client_secret` goes to `oauth_url` and nowhere else. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        token: Token,
        *,
        client_id: str,
        client_secret: str,
        store: TokenStore,
        transport: Transport,
        oauth_url: str = OAUTH_URL,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token = token
        self._client_id = client_id
        self._client_secret = client_secret
        self._store = store
        self._transport = transport
        self._oauth_url = oauth_url
        self._clock = clock
        self._sleep = sleep
        self._loaded = False

    def __repr__(self) -> str:
        return f"RefreshingToken({self._token!r}, client_id={self._client_id!r})"

    async def current(self) -> Token:
        """Give the stored token, or the one this was made with."""
        if not self._loaded:
            self._token = await self._store.load() or self._token
            self._loaded = True
        return self._token

    async def renew(self, spent: Token) -> Token:
        """Renew the token, unless another process has done so already.

        Raises AuthError saying what to do, and UnreachableError when nothing could be sent.
        """
        async with self._store.lock():
            stored = await self._store.load() or self._token
            if stored.access_token == spent.access_token or self._is_past(stored):
                stored = await self._exchange(stored if stored.refresh_token else spent)
                await self._store.save(stored)
            self._token, self._loaded = stored, True
        return stored

    def _is_past(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at <= self._clock()

    async def _exchange(self, old: Token) -> Token:
        if not old.refresh_token:
            raise AuthError("The token has expired, and there is no refresh token: log in again.")
        response = await self._post(old.refresh_token)
        answer = _parse(response)
        secrets = (*old.secrets, self._client_secret)
        if answer is not None and answer.get("error"):
            raise _refusal(answer, response.status, secrets)
        if answer is None or not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
            raise AuthError(
                f"The authorisation server {host(self._oauth_url)} answered HTTP {response.status} without a token: "
                "check its address, and try again later.",
                status=response.status,
            )
        return self._token_of(answer, old)

    async def _post(self, refresh_token: str) -> HttpResponse:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "refresh_token": refresh_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = HttpRequest("POST", self._oauth_url, headers, urlencode(form).encode())
        return await self._send(request)

    async def _send(self, request: HttpRequest) -> HttpResponse:
        """Send, again while nothing could be sent. A lost answer may have spent the refresh token."""
        server, failures = host(self._oauth_url), 0
        while True:
            try:
                return await self._transport.send(request)
            except SendFailed as failure:
                failures += 1
                if failure.sent:
                    raise AuthError(
                        f"The answer of the authorisation server {server} was lost ({failure}). Try again; if it "
                        "says invalid_grant then, log in again or install the application again."
                    ) from failure
                if failures >= _RETRY.attempts:
                    raise UnreachableError(
                        f"The authorisation server {server} cannot be reached ({failure}). Check the network, and "
                        "try again."
                    ) from failure
            await self._sleep(_RETRY.delay_s(failures, 0.5))

    def _token_of(self, answer: Mapping[str, Any], old: Token) -> Token:
        """Read the new token. What the answer leaves out stays as it was."""
        lifetime_s = number(answer.get("expires_in"))
        return Token(
            access_token=answer["access_token"],
            refresh_token=_text(answer, "refresh_token") or old.refresh_token,
            expires_at=number(answer.get("expires")) or self._clock() + (lifetime_s or _LIFETIME_S),
            endpoint=_text(answer, "client_endpoint") or old.endpoint,
            member_id=_text(answer, "member_id") or old.member_id,
            user_id=_text(answer, "user_id") or old.user_id,
            scope=_text(answer, "scope") or old.scope,
        )


def _refusal(answer: Mapping[str, Any], status: int, secrets: tuple[str, ...]) -> AuthError:
    error = read_error(answer, method="", status=status, secrets=secrets)
    remedy = _REMEDIES.get(error.code.lower(), "Check the application's credentials, or log in again.")
    return AuthError(f"The token could not be renewed: {error}. {remedy}", code=error.code, status=status)


def _parse(response: HttpResponse) -> Mapping[str, Any] | None:
    try:
        return mapping(json.loads(response.body))
    except (ValueError, RecursionError):
        return None


def _text(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return None if value is None or value == "" else str(value)
