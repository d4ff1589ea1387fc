"""The OAuth token, and where it comes from.

Pure values and Protocols. A refresh token has one owner, since renewing spends it for everybody else;
who that is, the caller decides by choosing the source.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from b24provision.errors import AuthError


@dataclass(frozen=True, slots=True)
class Token:
    """What the authorisation server gave for one portal. Its `repr` shows no secret.

    `expires_at` is in Unix seconds, `endpoint` the portal's REST address (`client_endpoint`), `scope` a
    list with commas as it came. What is unknown is None.

    Source: settings/oauth.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    endpoint: str | None = None
    member_id: str | None = None
    user_id: str | None = None
    scope: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts of it that must never be shown."""
        return (self.access_token, self.refresh_token) if self.refresh_token else (self.access_token,)


class TokenSource(Protocol):
    """Where a client's token comes from."""

    async def current(self) -> Token:
        """Give the token to use now. Asked before every request, so it should be cheap."""
        ...

    async def renew(self, spent: Token) -> Token:
        """Replace a token that the portal called expired; raises AuthError saying what to do.

        Asked once for all requests that hit the same spent token.
        """
        ...


class TokenStore(Protocol):
    """Where a renewed token is kept for the next process."""

    async def load(self) -> Token | None:
        """Give the stored token, None where there is none yet."""
        ...

    async def save(self, token: Token) -> None:
        """Keep a token. Returns only once it would survive a power cut."""
        ...

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Exclude everybody else, other processes included, while a token is renewed."""
        ...


class StaticToken:
    """An access token somebody else looks after. It is never renewed."""

    def __init__(self, access_token: str) -> None:
        self._token = Token(access_token)

    async def current(self) -> Token:
        """Give the token."""
        return self._token

    async def renew(self, spent: Token) -> Token:
        """Refuse: raises AuthError."""
        del spent
        raise AuthError(
            "The access token has expired, and there is no refresh token to renew it with: get a new access "
            "token, or give the refresh token with client_id and client_secret.",
            code="expired_token",
            status=401,
        )
