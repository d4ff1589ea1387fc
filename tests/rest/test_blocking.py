import asyncio
import json
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from b24provision.errors import ApiError, InputError
from b24provision.rest import BlockingClient, HttpxTransport, Limits, StaticToken


async def app(scope: Any, receive: Any, send: Any) -> None:
    """A portal in few words: echoes a batch, counts a list to 120, fails what is called `bad`."""
    body = json.loads((await receive())["body"])
    method = scope["path"].rsplit("/", 1)[1]
    match method:
        case "batch":
            cmd = body["cmd"]
            pairs = cmd.items() if isinstance(cmd, dict) else enumerate(cmd)
            answer: Any = {"result": {"result": {str(key): line for key, line in pairs}}}
        case "x.list":
            after = body["filter"][">ID"]
            answer = {"result": [{"ID": n} for n in range(after + 1, 121)][:50]}
        case "bad":
            answer = {"error": "BAD", "error_description": "so it is"}
        case _:
            answer = {"result": {"method": method}}
    await send({"type": "http.response.start", "status": 400 if "error" in answer else 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


@pytest.fixture
def client() -> Iterator[BlockingClient]:
    with BlockingClient(
        "http://local/rest",
        StaticToken("tok-hush"),
        transport=HttpxTransport(app=app),
        limits=Limits.unlimited(),
    ) as opened:
        yield opened


def test_the_same_actions_without_await(client: BlockingClient):
    assert client.call.make("profile").data == {"method": "profile"}
    assert client.batch.make({"a": ("x.y", {"n": 1})}).data == {"a": "x.y?n=1"}
    assert len(client.batch_by_chunk.make([("x.y",)] * 60).data) == 60
    assert len(client.call_list.make("x.list").data) == 120
    assert [len(page) for page in client.fetch_list.make("x.list")] == [50, 50, 20]
    assert client.health_check()
    assert client.ping() >= 0
    assert client.endpoint == "http://local/rest/"
    assert not client.is_webhook
    assert client.stats().requests == 12
    assert repr(client) == "BlockingClient('http://local/rest/')"


def test_the_same_errors(client: BlockingClient):
    error = client.call.make("bad").error
    assert isinstance(error, ApiError)
    with pytest.raises(InputError):
        client.batch.make([])


def test_pages_are_read_when_they_are_asked_for(client: BlockingClient):
    pages = client.fetch_list.make("x.list")
    assert client.stats().requests == 0
    assert len(next(pages)) == 50
    assert client.stats().requests == 1
    pages.close()  # type: ignore[attr-defined]


def test_it_works_where_a_loop_is_running(client: BlockingClient):
    async def inside() -> Any:
        return client.call.make("profile").data

    assert asyncio.run(inside()) == {"method": "profile"}


def test_it_may_be_used_from_several_threads(client: BlockingClient):
    seen: list[Any] = []
    threads = [
        threading.Thread(target=lambda: seen.append(client.call.make("profile").data)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8


def test_closing_ends_the_thread():
    before = threading.active_count()
    with BlockingClient.from_webhook(
        "http://local/rest/1/c0de", transport=HttpxTransport(app=app), limits=Limits.unlimited()
    ) as client:
        assert client.is_webhook
        client.call.make("profile")
        assert threading.active_count() == before + 1
        assert repr(client) == "BlockingClient('http://local/rest/1/***/')"
    assert threading.active_count() == before
    client.close()
    assert threading.active_count() == before


def test_other_ways_to_make_one():
    with BlockingClient.from_token(
        "http://local/rest/", "tok-hush", transport=HttpxTransport(app=app)
    ) as client:
        assert client.health_check()


@pytest.mark.skipif(sys.platform == "win32", reason="has no signals for threads")
def test_an_interrupt_leaves_nothing_running():
    begun, cancelled = threading.Event(), threading.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    def interrupt() -> None:
        begun.wait(5)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with BlockingClient("http://local/rest", None, transport=HttpxTransport(app=endless)) as client:
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            client.call.make("profile")
        thread.join()
        assert cancelled.wait(5)
