"""Every point at which a request can break, on real sockets: reads recover, a write is done at most once.

What was done is told by the portal's own log of commands, not by the client.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from b24provision.errors import B24ProvisionError, OutcomeUnknownError, UnreachableError
from b24provision.local import LocalPortal
from b24provision.rest import BlockingClient, Client, StaticToken, Token
from tests.rest.faulty import Fault, Relay, abort, hang, instead, part, relay
from tests.support import Served, serve

pytestmark = pytest.mark.anyio

HTML = "<html>Bad gateway</html>"
JSON = "application/json"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # real sockets take real time


LOST = [
    Fault("reset at once", False, abort, read_first=False),
    Fault("reset before it is handed on", False, abort),
    Fault("closed before it is handed on", False, part(0)),
    Fault("reset after it was done", True, abort),
    Fault("closed after it was done", True, part(0)),
    Fault("silence before it is handed on", False, hang),
    Fault("silence after it was done", True, hang),
    Fault("cut in the head", True, part(0.1)),
    Fault("cut in the body", True, part(0.9)),
    Fault("HTML 500", True, instead("500 Internal Server Error", HTML)),
    Fault("HTML 502", True, instead("502 Bad Gateway", HTML)),
    Fault("HTML 504", False, instead("504 Gateway Timeout", HTML)),
    Fault("REST 500", True, instead("500 Oops", '{"error":"INTERNAL_SERVER_ERROR"}', JSON)),
    Fault("empty", True, instead("200 OK")),
    Fault("broken JSON", True, instead("200 OK", '{"result": [1, 2', JSON)),
]
"""After these nobody knows whether a write was done."""

NOT_DONE = [
    Fault("401", False, instead("401 Unauthorized", '{"error":"expired_token"}', JSON)),
    Fault("429", False, instead("429 Too Many", '{"error":"OPERATION_TIME_LIMIT"}', JSON)),
    Fault("429 of a proxy", False, instead("429 Too Many", HTML)),
    Fault("503", False, instead("503 Unavailable", '{"error":"QUERY_LIMIT_EXCEEDED"}', JSON)),
]
"""After these a write was provably not done."""


class Renewable(StaticToken):
    def __init__(self, portal: LocalPortal) -> None:
        super().__init__(portal.issue_token().access_token)
        self._portal = portal

    async def renew(self, spent: Token) -> Token:
        self._token = Token(self._portal.issue_token().access_token)
        return self._token


@asynccontextmanager
async def client(served: Served, wire: Relay, waits: list[float] | None = None) -> AsyncIterator[Client]:
    """A client whose waits take no time; the first opens a relay that refuses."""
    slept = waits if waits is not None else []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await wire.open()

    # Only silence is to run into a limit.
    silence_s = 0.2 if any(fault.deliver is hang for fault in wire.faults) else 20.0
    async with Client(
        wire.endpoint,
        Renewable(served.portal),
        clock=lambda: time.monotonic() + sum(slept),
        wall_clock=lambda: time.time() + sum(slept),
        sleep=sleep,
        read_timeout_s=silence_s,
        write_timeout_s=silence_s,
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def furnished() -> Iterator[Served]:
    with LocalPortal.open() as portal, serve(portal.app) as endpoint:
        token = portal.issue_token().access_token
        with BlockingClient.from_token(endpoint, token) as opened:
            assert opened.call.make("entity.add", {"ENTITY": "dish", "NAME": "Dishes"}).is_success
        yield Served(portal, endpoint)


@pytest.fixture
def dish(furnished: Served) -> Served:
    """A served portal with one storage, and nothing in its log."""
    furnished.portal.forget_calls()
    return furnished


SOUP = {"ENTITY": "dish", "NAME": "Soup"}


def times_done(served: Served) -> int:
    return len(served.portal.calls("entity.item.add"))


async def write(opened: Client, *, batch: bool) -> Any:
    if batch:
        return (await opened.batch.make({"look": ("entity.get",), "add": ("entity.item.add", SOUP)})).data[
            "add"
        ]
    return (await opened.call.make("entity.item.add", SOUP)).data


async def read(opened: Client, *, batch: bool) -> Any:
    if batch:
        return (await opened.batch.make([("profile",), ("entity.get", {"ENTITY": "dish"})])).data[1]
    return (await opened.call.make("entity.get", {"ENTITY": "dish"})).data


@pytest.mark.parametrize("batch", [False, True], ids=["call", "batch"])
@pytest.mark.parametrize("fault", [*LOST, *NOT_DONE], ids=repr)
async def test_reads_recover(dish: Served, fault: Fault, batch: bool):
    waits: list[float] = []
    async with relay(dish.endpoint, fault) as wire, client(dish, wire, waits) as opened:
        assert (await read(opened, batch=batch))["NAME"] == "Dishes"
        stats = opened.stats()
        assert wire.requests == stats.requests >= 2
        assert (stats.waits, stats.waited_s) == (len(waits), sum(waits))
        assert stats.retries + stats.renewals == stats.requests - 1


@pytest.mark.parametrize("batch", [False, True], ids=["call", "batch"])
@pytest.mark.parametrize("fault", LOST, ids=repr)
async def test_a_write_whose_answer_is_lost_is_not_sent_again(dish: Served, fault: Fault, batch: bool):
    async with relay(dish.endpoint, fault) as wire, client(dish, wire) as opened:
        with pytest.raises(OutcomeUnknownError) as caught:
            await write(opened, batch=batch)
        assert wire.requests == 1
    assert caught.value.calls[-1].method == "entity.item.add"
    assert times_done(dish) == int(fault.executed)


@pytest.mark.parametrize("batch", [False, True], ids=["call", "batch"])
@pytest.mark.parametrize("fault", NOT_DONE, ids=repr)
async def test_a_write_that_was_not_done_is_sent_again_and_done_once(dish: Served, fault: Fault, batch: bool):
    async with relay(dish.endpoint, fault) as wire, client(dish, wire) as opened:
        assert await write(opened, batch=batch) > 0
        assert wire.requests == 2
    assert times_done(dish) == 1


@pytest.mark.parametrize("batch", [False, True], ids=["call", "batch"])
async def test_a_refused_connection(dish: Served, batch: bool):
    async with relay(dish.endpoint, refusing=True) as wire, client(dish, wire) as opened:
        assert (await read(opened, batch=batch))["NAME"] == "Dishes"
        assert opened.stats().retries == 1
    async with relay(dish.endpoint, refusing=True) as wire, client(dish, wire) as opened:
        assert await write(opened, batch=batch) > 0
        assert opened.stats().retries == 1
    assert times_done(dish) == 1


@pytest.mark.parametrize("batch", [False, True], ids=["call", "batch"])
async def test_a_redirect(dish: Served, batch: bool):
    method = "batch" if batch else "entity.item.add"
    there = Fault("302", False, instead("302 Found", Location=f"{dish.endpoint}{method}"))
    async with relay(dish.endpoint, there) as wire, client(dish, wire) as opened:
        assert await write(opened, batch=batch) > 0
        assert opened.endpoint == dish.endpoint
        assert (await read(opened, batch=batch))["NAME"] == "Dishes"
        assert (wire.requests, opened.stats().moves) == (1, 1)
    assert times_done(dish) == 1


@pytest.mark.parametrize("fault", [*LOST, *NOT_DONE], ids=repr)
async def test_a_fault_that_stays(dish: Served, fault: Fault):
    async with relay(dish.endpoint, *[fault] * 20) as wire, client(dish, wire) as opened:
        with suppress(B24ProvisionError):
            assert (await opened.call.make("entity.item.add", SOUP)).error is not None
    assert times_done(dish) == int(fault.executed)


async def test_a_portal_that_is_not_there(dish: Served):
    async with relay(dish.endpoint, refusing=True) as wire:
        endpoint = wire.endpoint
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with Client.from_token(endpoint, "tok-hush", sleep=sleep, jitter=lambda: 0.5) as opened:
        with pytest.raises(UnreachableError, match="in 4 attempts"):
            await write(opened, batch=False)
    assert waits == [1, 2, 4]


async def test_writes_side_by_side_over_a_wire_that_breaks_now_and_then(dish: Served):
    fine = Fault("none", True, part(1))
    faults = [fine, *LOST[:3], fine, *NOT_DONE, fine, *LOST[3:5], fine, *LOST[7:], fine]
    async with relay(dish.endpoint, *faults) as wire, client(dish, wire) as opened:
        outcomes = await asyncio.gather(
            *(write(opened, batch=False) for _ in range(30)), return_exceptions=True
        )
    unknown = [row for row in outcomes if isinstance(row, OutcomeUnknownError)]
    done = [row for row in outcomes if isinstance(row, int)]
    assert len(unknown) + len(done) == 30
    assert len(set(done)) == len(done), "nobody's answer went to somebody else"
    assert times_done(dish) == len(done) + sum(fault.executed for fault in faults if fault in LOST)
