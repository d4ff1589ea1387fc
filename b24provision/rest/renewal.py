"""Renewing a token once for everybody who hit it.

It owns the one renewal that may be under way. It does not know where tokens come from, nor what a request
is.
"""

import asyncio
from collections.abc import Callable

from b24provision.errors import AuthError
from b24provision.rest.tokens import Token, TokenSource

_REMEMBERED_S = 60.0


class Renewal:
    """Gives the token to send, and replaces it at most once.

    A renewal spends the refresh token, so it is carried to its end even when the request that began it is
    cancelled. A refusal is remembered for a minute, and given to all who come with the same spent token.
    """

    def __init__(self, source: TokenSource, wall_clock: Callable[[], float]) -> None:
        self._source = source
        self._wall_clock = wall_clock
        self._under_way: asyncio.Task[Token] | None = None
        self._refusal: tuple[Token, AuthError, float] | None = None
        self._clock_agrees = True
        self.count = 0

    async def current(self) -> Token:
        """Give the token to use now, renewed if it is known to be past its time."""
        token = await self._source.current()
        if self._clock_agrees and self._is_past(token):
            await self.replace(token)
            token = await self._source.current()
            # A token that is born expired says that this computer's clock is wrong, not the token.
            self._clock_agrees = not self._is_past(token)
        return token

    async def replace(self, spent: Token) -> bool:
        """See that `spent` is current no more; False when it was not to begin with.

        Raises AuthError, or whatever else the source raises.
        """
        if (await self._source.current()).access_token != spent.access_token:
            return False
        if self._under_way is None:
            self._raise_known_refusal(spent)
            self._under_way = asyncio.create_task(self._renew(spent))
            self._under_way.add_done_callback(_retrieve)
        await asyncio.shield(self._under_way)
        return True

    async def aclose(self) -> None:
        """Wait for a renewal that is under way, whoever asked for it."""
        if self._under_way is not None:
            await asyncio.wait({self._under_way})

    async def _renew(self, spent: Token) -> Token:
        try:
            self.count += 1
            return await self._source.renew(spent)
        except AuthError as error:
            self._refusal = (spent, error, self._wall_clock())
            raise
        finally:
            self._under_way = None

    def _is_past(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at <= self._wall_clock()

    def _raise_known_refusal(self, spent: Token) -> None:
        if self._refusal is None:
            return
        token, known, at = self._refusal
        if token.access_token == spent.access_token and self._wall_clock() - at <= _REMEMBERED_S:
            raise AuthError(str(known), code=known.code, status=known.status) from known


def _retrieve(task: asyncio.Task[Token]) -> None:
    """Look at the outcome, or asyncio complains of it when every asker was cancelled."""
    if not task.cancelled():
        task.exception()
