"""A portal in memory, a clock that stands still until it is told, and callers who speak to the portal over ASGI."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from b24provision.local import LocalPortal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Clock:
    now: float = 1_774_435_185.5  # 2026-03-25T13:39:45+03:00

    def __call__(self) -> float:
        return self.now


@dataclass
class Caller:
    """Somebody with a token, or none, at one portal."""

    http: httpx.AsyncClient
    token: str | None = None
    prefix: str = "/rest/"
    statuses: list[int] = field(default_factory=list)

    async def send(self, method: str, params: Any = None) -> Any:
        auth = {} if self.token is None else {"auth": self.token}
        response = await self.http.post(f"{self.prefix}{method}", json={**(params or {}), **auth})
        self.statuses.append(response.status_code)
        return response.json()

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a call that succeeds."""
        body = await self.send(method, params)
        assert self.statuses[-1] == 200, body
        return body["result"]

    async def refused(self, method: str, **params: Any) -> dict[str, Any]:
        """The body of a call that fails."""
        body = await self.send(method, params)
        assert self.statuses[-1] >= 400, body
        assert "result" not in body
        return dict(body)

    async def code(self, method: str, **params: Any) -> str:
        """The code of the refusal, or "" when there is none."""
        return str((await self.send(method, params)).get("error", ""))

    async def batch(self, cmd: Any, halt: int = 0) -> dict[str, Any]:
        return dict(await self.call("batch", cmd=cmd, halt=halt))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Iterator[LocalPortal]:
    with LocalPortal.open(clock=clock) as portal:
        yield portal


@pytest.fixture
async def http(portal: LocalPortal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url="http://local") as http:
        yield http


@pytest.fixture
def signed_in(portal: LocalPortal, http: httpx.AsyncClient) -> Callable[..., Caller]:
    """Make a caller: `signed_in(7)`, `signed_in(client_id=…)`."""
    return lambda user_id=1, **named: Caller(http, portal.issue_token(user_id, **named).access_token)


@pytest.fixture
def admin(signed_in: Callable[..., Caller]) -> Caller:
    """User 1, an administrator."""
    return signed_in()
