"""The client for programs without asyncio.

The same core, on anyio's event loop in a thread of its own; so it also works where a loop is already running
in the calling thread, as in a notebook.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, Unpack

from anyio.from_thread import BlockingPortal, start_blocking_portal

from b24provision.rest.client import Client
from b24provision.rest.settings import Options
from b24provision.rest.stats import Stats
from b24provision.rest.tokens import TokenSource

P = ParamSpec("P")
T = TypeVar("T")


class _Loop:
    """An event loop in a thread of its own, begun when it is first needed."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._running = ExitStack()
        self._portal: BlockingPortal | None = None

    def run(self, make: Callable[[], Awaitable[T]]) -> T:
        """Run to the end, and give what comes of it. Interrupted, it cancels what it waits for."""
        portal = self._started()
        begun: list[asyncio.Task[Any] | None] = []

        async def work() -> T:
            begun.append(asyncio.current_task())
            return await make()

        def cancel() -> None:
            for task in filter(None, begun):
                task.cancel()

        try:
            return portal.start_task_soon(work).result()
        except BaseException:
            # An interrupt can come before there is even a future to cancel.
            with suppress(RuntimeError):  # closed meanwhile
                portal.start_task_soon(cancel)
            raise

    def close(self) -> None:
        """End the thread; what is still running in it is cancelled."""
        with self._starting:
            if self._portal is not None:
                self._portal.start_task_soon(self._portal.stop, True)
                self._running.close()
                self._portal = None

    def _started(self) -> BlockingPortal:
        with self._starting:
            if self._portal is None:
                self._portal = self._running.enter_context(start_blocking_portal(name="b24provision.rest"))
            return self._portal


class BlockingAction(Generic[P, T]):
    """An action whose `make` waits for the outcome. Arguments and errors are the action's own."""

    def __init__(self, loop: _Loop, make: Callable[P, Awaitable[T]]) -> None:
        self._loop = loop
        self._make = make

    def make(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what the asynchronous action does, and give its outcome."""
        return self._loop.run(partial(self._make, *args, **kwargs))


class BlockingPages(Generic[P, T]):
    """`fetch_list` as an ordinary iterator."""

    def __init__(self, loop: _Loop, make: Callable[P, AsyncIterator[T]]) -> None:
        self._loop = loop
        self._make = make

    def make(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        """Give the pages one after another; each is read when it is asked for."""
        pages = self._make(*args, **kwargs)
        while (page := self._loop.run(partial(anext, pages, None))) is not None:
            yield page


class BlockingClient:
    """`Client` without `await`: the same constructors, actions, results and errors.

    A context manager. It may be used from several threads.
    """

    def __init__(self, endpoint: str | None, auth: TokenSource | None, **options: Unpack[Options]) -> None:
        """Take what `Client` takes."""
        self._adopt(Client(endpoint, auth, **options))

    @classmethod
    def from_webhook(cls, url: str, **options: Unpack[Options]) -> Self:
        """Make a client of an incoming webhook."""
        return cls._around(Client.from_webhook(url, **options))

    @classmethod
    def from_token(cls, endpoint: str, access_token: str, **options: Unpack[Options]) -> Self:
        """Make a client of an access token somebody else renews."""
        return cls._around(Client.from_token(endpoint, access_token, **options))

    @classmethod
    def _around(cls, client: Client) -> Self:
        blocking = cls.__new__(cls)
        blocking._adopt(client)  # noqa: SLF001 - its own
        return blocking

    def _adopt(self, client: Client) -> None:
        self._client = client
        self._loop = loop = _Loop()
        self.call = BlockingAction(loop, client.call.make)
        self.batch = BlockingAction(loop, client.batch.make)
        self.batch_by_chunk = BlockingAction(loop, client.batch_by_chunk.make)
        self.call_list = BlockingAction(loop, client.call_list.make)
        self.fetch_list = BlockingPages(loop, client.fetch_list.make)

    @property
    def endpoint(self) -> str:
        """The portal's REST address, also after it has moved. A webhook's is a secret."""
        return self._client.endpoint

    @property
    def is_webhook(self) -> bool:
        """Whether this is a webhook."""
        return self._client.is_webhook

    def stats(self) -> Stats:
        """Read what has been done so far."""
        return self._client.stats()

    def ping(self) -> float:
        """Measure in seconds how long a request takes now."""
        return self._loop.run(self._client.ping)

    def health_check(self) -> bool:
        """Say whether the portal answers and accepts the credentials."""
        return self._loop.run(self._client.health_check)

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._client.aclose)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Blocking{self._client!r}"
