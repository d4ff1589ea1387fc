"""The token source that owns a refresh token: renews it, and keeps the new pair before it is used.

The refresh token in the answer replaces the one that was sent, which is spent. Losing the new one means
installing the application again, so whoever renews holds the store's lock and saves first.

Source: settings/oauth.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from b24provision.rest.authorisation import OAUTH_URL, AuthorisationServer
from b24provision.rest.tokens import Token, TokenStore
from b24provision.rest.transport import Transport


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
        self._server = AuthorisationServer(
            client_id=client_id,
            client_secret=client_secret,
            transport=transport,
            url=oauth_url,
            clock=clock,
            sleep=sleep,
        )
        self._store = store
        self._clock = clock
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
                stored = await self._server.refresh(stored if stored.refresh_token else spent)
                await self._store.save(stored)
            self._token, self._loaded = stored, True
        return stored

    def _is_past(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at <= self._clock()
