"""Batches of fifty commands over loopback HTTP: `python -m benchmarks.rest`.

`b24provision.rest` against raw httpx that posts the same bytes, made beforehand, and reads the JSON; against a script
that makes them with urllib each time; and against two other clients from PyPI doing the same work. All in one run, in
turn, so that a busy moment of the machine hits all. The server is another process that answers every batch with the same
canned envelope. Figures are medians of rounds, ratios are medians of the ratios in each round; these are what counts.

All reuse connections as far as they can and have their limits switched off as far as their public options allow:

- fast_bitrix24 gets a session that stays open, and limits too high to be met (without its "velocity policy" it fails
  on answers that tell the operating time, as the portal's do);
- b24pysdk has no limits, opens a connection for each request, and insists on https: its address is patched to http,
  which spares it TLS.

Needs `pip install .[test]`.
"""

import asyncio
import json
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import aiohttp
import httpx
from b24pysdk import BitrixWebhook
from b24pysdk.api.callers.call_method import _MethodCaller
from fast_bitrix24 import BitrixAsync

from b24provision.rest import Client, Limits

COMMANDS = 50
BATCHES = 20  # in a round
ROUNDS = 30

METHOD = "entity.item.add"
PARAMS: list[dict[str, Any]] = [
    {
        "ENTITY": "dish",
        "NAME": f"Dish of the day № {number}",
        "SORT": 100 + number,
        "PROPERTY_VALUES": {"price": 12.5, "title": "Soup & salad", "vegan": "Y"},
    }
    for number in range(COMMANDS)
]

Job = Callable[[], Awaitable[int]]
"""Sends one batch; gives how many results came back."""


def envelope(*, named: bool) -> bytes:
    """What a portal answers to fifty commands, with its account of time for each."""
    spent = {
        "start": 1774439985.1234,
        "finish": 1774439985.6789,
        "duration": 0.5555,
        "processing": 0.5432,
        "date_start": "2026-03-25T13:39:45+03:00",
        "date_finish": "2026-03-25T13:39:45+03:00",
        "operating_reset_at": 1774440585,
        "operating": 0.0,
    }
    results: Any = list(range(1000, 1000 + COMMANDS))
    times: Any = [spent] * COMMANDS
    if named:
        keys = [f"order{number:010}" for number in range(COMMANDS)]
        results, times = dict(zip(keys, results, strict=True)), dict.fromkeys(keys, spent)
    parts = {
        "result": results,
        "result_error": [],
        "result_total": [],
        "result_next": [],
        "result_time": times,
    }
    return json.dumps({"result": parts, "time": spent}, separators=(",", ":")).encode()


class Portal(asyncio.Protocol):
    """Answers whatever is posted, on connections that stay open. `/named/` in the path asks for names."""

    _answers: ClassVar = {
        named: b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
        for named in (False, True)
        for body in [envelope(named=named)]
    }

    def __init__(self) -> None:
        self._got = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, rest = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= length:
            self._got = rest[length:]
            self._transport.write(self._answers[b"/named/" in head.partition(b"\r\n")[0]])


def serve(ready: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Portal, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


async def raw(stack: AsyncExitStack, address: str, body: bytes) -> Job:
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}

    async def job() -> int:
        response = await client.post(f"{address}/rest/1/code/batch", content=body, headers=headers)
        return len(response.json()["result"]["result"])

    return job


async def script(stack: AsyncExitStack, address: str) -> Job:
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))

    async def job() -> int:
        cmd = [f"{METHOD}?{urlencode(list(flat(params)), quote_via=quote)}" for params in PARAMS]
        response = await client.post(f"{address}/rest/1/code/batch", json={"halt": 1, "cmd": cmd})
        return len(response.json()["result"]["result"])

    return job


def flat(params: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in params.items():
        if isinstance(value, dict):
            yield from ((f"{name}[{key}]", member) for key, member in value.items())
        else:
            yield name, value


async def ours(stack: AsyncExitStack, address: str) -> Job:
    client = await stack.enter_async_context(
        Client.from_webhook(f"{address}/rest/1/code/", limits=Limits(capacity=1e9, drain_per_s=1e9))
    )

    async def job() -> int:
        return len((await client.batch.make([(METHOD, params) for params in PARAMS])).data)

    return job


async def fast_bitrix24(stack: AsyncExitStack, address: str) -> Job:
    session = await stack.enter_async_context(aiohttp.ClientSession(raise_for_status=True))
    client = BitrixAsync(
        f"{address}/rest/1/named/",
        verbose=False,
        request_pool_size=10**9,
        requests_per_second=1e9,
        operating_time_limit=10**9,
        client=session,
    )

    async def job() -> int:
        return len(await client.call(METHOD, PARAMS))

    return job


async def b24pysdk(_: AsyncExitStack, address: str) -> Job:
    host = address.removeprefix("http://")
    _MethodCaller._base_url = property(lambda self: f"http://{self._domain}/rest")  # noqa: SLF001 - see above
    webhook = BitrixWebhook(domain=host, webhook_token="1/code")

    async def job() -> int:
        answer = webhook.call_batch([(METHOD, params) for params in PARAMS])
        return len(answer["result"]["result"])

    return job


@dataclass
class Figures:
    """CPU and wall seconds for each batch, by round."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


async def one_round(job: Job, figures: Figures | None) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(BATCHES):
        assert await job() == COMMANDS
    if figures is not None:
        figures.cpu.append((time.process_time() - cpu) / BATCHES)
        figures.wall.append((time.perf_counter() - wall) / BATCHES)


async def posted_by_us(address: str) -> bytes:
    """The bytes our client posts for the batch."""
    bodies: list[bytes] = []

    class Wire:
        async def send(self, request: Any) -> Any:
            from b24provision.rest import HttpResponse

            bodies.append(request.body)
            return HttpResponse(200, {}, envelope(named=False))

        async def aclose(self) -> None:
            pass

    async with Client.from_webhook(f"{address}/rest/1/code/", transport=Wire()) as client:
        await client.batch.make([(METHOD, params) for params in PARAMS])
    return bodies[0]


async def measure(address: str) -> dict[str, Figures]:
    async with AsyncExitStack() as stack:
        jobs = {
            f"httpx {version('httpx')}, the same bytes": await raw(
                stack, address, await posted_by_us(address)
            ),
            f"httpx {version('httpx')} and urllib": await script(stack, address),
            f"b24provision.rest {version('b24provision')}": await ours(stack, address),
            f"fast_bitrix24 {version('fast_bitrix24')}": await fast_bitrix24(stack, address),
            f"b24pysdk {version('b24pysdk')}": await b24pysdk(stack, address),
        }
        figures = {name: Figures() for name in jobs}
        for number in range(ROUNDS + 2):
            for name, job in jobs.items():
                await one_round(job, figures[name] if number >= 2 else None)  # the first two warm up
        return figures


def report(figures: dict[str, Figures]) -> None:
    print(
        f"Python {platform.python_version()}, {COMMANDS} commands a batch, {ROUNDS} rounds of {BATCHES} batches"
    )
    print(f"{'':<34} {'batches/s':>9} {'CPU ms':>7} {'CPU ratio':>10} {'time ratio':>11}")
    base = next(iter(figures.values()))
    for name, found in figures.items():
        speed, cpu_ms = 1 / median(found.wall), median(found.cpu) * 1000
        ratios = f"{ratio(found.cpu, base.cpu):>10.2f} {ratio(found.wall, base.wall):>11.2f}"
        print(f"{name:<34} {speed:>9.0f} {cpu_ms:>7.3f} {ratios}")


def ratio(found: list[float], base: list[float]) -> float:
    """The median of the ratios in each round, so that a slow round does not count against one alone."""
    return median(one / other for one, other in zip(found, base, strict=True))


def main() -> None:
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        report(asyncio.run(measure(f"http://127.0.0.1:{ours.recv()}")))
    finally:
        server.terminate()


if __name__ == "__main__":
    sys.exit(main())
