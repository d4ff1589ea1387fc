"""A wire that breaks on demand: a TCP relay in front of a served portal, on real sockets of this computer."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

Answer: TypeAlias = bytes
Deliver: TypeAlias = Callable[[asyncio.StreamWriter, Answer], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """What becomes of one request: does the portal get it, and what does the client get instead of the answer."""

    name: str
    executed: bool
    deliver: Deliver
    read_first: bool = True

    def __repr__(self) -> str:
        return self.name


async def abort(writer: asyncio.StreamWriter, _: Answer) -> None:
    writer.transport.abort()


async def hang(_: asyncio.StreamWriter, __: Answer) -> None:
    await asyncio.Event().wait()  # until the relay is closed


def part(share: float) -> Deliver:
    """Deliver the beginning of the answer, then close."""

    async def deliver(writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(answer[: int(len(answer) * share)])

    return deliver


def instead(status: str, body: str = "", kind: str = "text/html", **headers: str) -> Deliver:
    """Deliver another answer."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]

    async def deliver(writer: asyncio.StreamWriter, _: Answer) -> None:
        writer.write("\r\n".join([*lines, "", body]).encode())

    return deliver


@dataclass
class Relay:
    """Hands requests on to `portal`, an endpoint; `faults` befall the first of them, one each.

    Until `open` is called, connections are refused.
    """

    portal: str
    faults: list[Fault] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/rest/"

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, sock=self._socket)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._exchange(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not fault.read_first:
            await fault.deliver(writer, b"")
            return
        request = await read_request(reader)
        answer = await self._hand_on(request) if fault is None or fault.executed else b""
        await (fault.deliver if fault else part(1))(writer, answer)

    async def _hand_on(self, request: bytes) -> bytes:
        parts = urlsplit(self.portal)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = await reader.read(-1)
        writer.close()
        return answer


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return head + await reader.readexactly(length)


@asynccontextmanager
async def relay(portal: str, *faults: Fault, refusing: bool = False) -> AsyncIterator[Relay]:
    opened = Relay(portal, list(faults))
    if not refusing:
        await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
