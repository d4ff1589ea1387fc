"""The transport over a real socket of this computer, and over an application in this process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from b24provision.errors import OutcomeUnknownError, UnexpectedAnswerError, UnreachableError
from b24provision.rest import Client, HttpRequest, HttpxTransport, Limits, Retry, SendFailed, StaticToken
from tests.rest.faulty import read_request

pytestmark = pytest.mark.anyio

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"result":true}'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # real sockets take real time


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/rest/"


def saying(*said: bytes) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for part in said:
            writer.write(part)
            await writer.drain()

    return handle


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.transport.abort()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()  # until the client gives up


def post(endpoint: str, timeout_s: float = 5.0) -> HttpRequest:
    return HttpRequest(
        "POST", f"{endpoint}profile?x=1", {"Content-Type": "application/json"}, b"{}", timeout_s
    )


async def test_one_exchange():
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)

    async with serving(handle) as endpoint, HttpxTransport() as transport:
        response = await transport.send(post(endpoint))
    assert (response.status, response.body) == (200, b'{"result":true}')
    assert response.header("CONTENT-type") == "application/json"
    assert seen[0].startswith(b"POST /rest/profile?x=1 HTTP/1.1\r\n")
    assert seen[0].endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "handle",
    [
        reset,
        hang,
        saying(),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
        saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
    ],
    ids=["reset", "hang", "closed", "truncated", "half a chunk", "no gzip", "no http"],
)
async def test_an_answer_that_is_lost_may_have_been_acted_on(handle: Handler):
    async with serving(handle) as endpoint, HttpxTransport() as transport:
        with pytest.raises(SendFailed) as caught:
            await transport.send(post(endpoint, timeout_s=0.2))
    assert caught.value.sent


async def test_a_refused_connection_sent_nothing():
    async with serving(reset) as endpoint:
        pass
    async with HttpxTransport() as transport:
        with pytest.raises(SendFailed) as caught:
            await transport.send(post(endpoint))
    assert not caught.value.sent


@pytest.mark.parametrize("address", ["https://[::1/rest/", "ftp://a/", "nonsense"])
async def test_an_address_that_leads_nowhere_sent_nothing(address: str):
    async with HttpxTransport() as transport:
        with pytest.raises(SendFailed) as caught:
            await transport.send(post(address))
    assert not caught.value.sent


async def test_a_failed_tls_handshake_sent_nothing():
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(plain) as endpoint, HttpxTransport() as transport:
        with pytest.raises(SendFailed) as caught:
            await transport.send(post(endpoint.replace("http://", "https://")))
    assert not caught.value.sent


async def test_redirects_are_not_followed_and_cookies_not_kept():
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: PHPSESSID=1; path=/\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )

    async with serving(handle) as endpoint, HttpxTransport() as transport:
        for _ in range(2):
            response = await transport.send(post(endpoint))
            assert (response.status, response.header("location")) == (302, "/elsewhere")
    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


async def test_a_proxy_of_the_environment_is_not_used_on_this_computer(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(saying(OK)) as endpoint, HttpxTransport() as transport:
        assert (await transport.send(post(endpoint))).status == 200


async def test_a_proxy_of_the_environment_is_used_elsewhere(monkeypatch: pytest.MonkeyPatch):
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)

    async with serving(proxy) as endpoint, HttpxTransport() as transport:
        monkeypatch.setenv("http_proxy", endpoint.removeprefix("http://").removesuffix("/rest/"))
        monkeypatch.setenv("no_proxy", "acme.test")
        assert (await transport.send(post("http://portal.invalid/rest/"))).status == 200
        with pytest.raises(SendFailed):
            await transport.send(post("http://portal.acme.test/rest/"))
    assert [line.split(b"\r\n")[0] for line in seen] == [
        b"POST http://portal.invalid/rest/profile?x=1 HTTP/1.1"
    ]


async def test_no_log_shows_a_webhook(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with serving(saying(OK)) as endpoint, HttpxTransport() as transport:
        await transport.send(post(f"{endpoint}7/webh00kc0de/"))
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert "webh00kc0de" not in caplog.text


async def test_it_opens_anew_after_being_closed():
    async with serving(saying(OK)) as endpoint:
        transport = HttpxTransport()
        await transport.send(post(endpoint))
        await transport.aclose()
        await transport.aclose()
        await transport.send(post(endpoint))
        await transport.aclose()


def client(endpoint: str, attempts: int = 1, **options: Any) -> Client:
    options = {"limits": Limits.unlimited(), "retry": Retry(attempts=attempts, first_s=0), **options}
    return Client(endpoint, StaticToken("tok-hush"), **options)


@pytest.mark.parametrize(
    "handle", [reset, saying(), saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")]
)
async def test_the_client_over_a_socket_that_breaks(handle: Handler):
    async with serving(handle) as endpoint, client(endpoint) as portal:
        with pytest.raises(OutcomeUnknownError) as caught:
            await portal.batch.make([("entity.add", {"ENTITY": "a"}), ("entity.get",)])
        assert len(caught.value.calls) == 2
        with pytest.raises(UnreachableError):
            await portal.call.make("entity.get")


async def test_the_client_reads_again_over_a_socket_that_recovers():
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        if len(seen) < 3:
            writer.transport.abort()
        else:
            writer.write(OK)

    async with serving(handle) as endpoint, client(endpoint, attempts=4) as portal:
        assert (await portal.call.make("entity.get")).data is True
    assert len(seen) == 3


async def test_a_move_between_two_addresses_of_this_computer():
    seen: list[bytes] = []

    async def new(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)

    async with serving(new) as home:
        location = f"{home}entity.add".encode()
        old = saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")
        async with serving(old) as endpoint, client(endpoint) as portal:
            assert (await portal.call.make("entity.add", {"ENTITY": "ü"})).data is True
            assert portal.endpoint == home
    assert seen[0].startswith(b"POST /rest/entity.add?")
    assert seen[0].endswith('{"ENTITY":"ü","auth":"tok-hush"}'.encode())


def app(*messages: dict[str, Any], fails: bool = False, hangs: bool = False) -> Any:
    async def serve(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        for message in messages:
            await send(message)
        if hangs:
            await asyncio.Event().wait()
        if fails:
            raise RuntimeError("a bug")

    return serve


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
BODY = {"type": "http.response.body", "body": b'{"result":true}'}
HALF = {"type": "http.response.body", "body": b'{"resu', "more_body": True}


async def test_an_application_in_this_process():
    async with client("http://local/rest", transport=HttpxTransport(app=app(START, BODY))) as portal:
        assert (await portal.call.make("profile")).data is True


async def test_an_application_that_fails_behind_its_answer_has_answered():
    async with client(
        "http://local/rest", transport=HttpxTransport(app=app(START, BODY, fails=True))
    ) as portal:
        assert (await portal.call.make("profile")).data is True


@pytest.mark.parametrize(
    "broken", [app(), app(START), app(START, HALF), app(START, HALF, fails=True), app(START, hangs=True)]
)
async def test_an_application_that_does_not_finish_is_a_lost_answer(broken: Any):
    async with HttpxTransport(app=broken) as transport:
        with pytest.raises(SendFailed) as caught:
            await transport.send(post("http://local/rest/", timeout_s=0.05))
        assert caught.value.sent


async def test_an_application_that_fails_answers_500(caplog: pytest.LogCaptureFixture):
    async with client("http://local/rest", transport=HttpxTransport(app=app(fails=True))) as portal:
        with pytest.raises(UnexpectedAnswerError, match="HTTP 500"):
            await portal.call.make("profile")
    assert "a bug" in caplog.text
