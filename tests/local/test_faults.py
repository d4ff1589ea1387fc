"""Faults on demand, seen from the client: what it gets, and what was done all the same."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import uvicorn

from b24provision.local import Fault, LocalPortal
from b24provision.local.faults import EXECUTED, Kind
from b24provision.rest import HttpxTransport
from b24provision.rest.transport import HttpRequest, SendFailed
from tests.rest.virtual import VirtualLoop

from .conftest import Caller

pytestmark = pytest.mark.anyio

ADD = {"ENTITY": "dish", "NAME": "Dishes"}


async def outcome(http: httpx.AsyncClient, caller: Caller) -> str:
    """What a client makes of the answer to `entity.add`."""
    try:
        async with asyncio.timeout(0.3):
            response = await http.post("/rest/entity.add", json={**ADD, "auth": caller.token})
    except TimeoutError:
        return "silence"
    except (httpx.TransportError, ConnectionError) as error:
        return "refused" if isinstance(error, ConnectionRefusedError) else "cut"
    try:
        return f"{response.status_code} {response.json().get('error', 'done')}"
    except ValueError:
        return f"{response.status_code} {response.headers.get('content-type', 'nothing')}"


SEEN = {
    Kind.REFUSED: "refused",
    Kind.RESET_BEFORE: "cut",
    Kind.RESET_AFTER: "cut",
    Kind.HANG: "silence",
    Kind.HANG_AFTER: "silence",
    Kind.TRUNCATED: "cut",
    Kind.EMPTY: "200 nothing",
    Kind.BROKEN_JSON: "200 application/json",
    Kind.HTML_500: "500 text/html; charset=utf-8",
    Kind.HTML_500_AFTER: "500 text/html; charset=utf-8",
    Kind.HTML_502: "502 text/html; charset=utf-8",
    Kind.HTML_502_AFTER: "502 text/html; charset=utf-8",
    Kind.HTML_504: "504 text/html; charset=utf-8",
    Kind.EXPIRED_TOKEN: "401 expired_token",
    Kind.OPERATION_TIME_LIMIT: "429 OPERATION_TIME_LIMIT",
    Kind.QUERY_LIMIT_EXCEEDED: "503 QUERY_LIMIT_EXCEEDED",
    Kind.OVERLOAD_LIMIT: "503 OVERLOAD_LIMIT",
    Kind.DEADLOCK: "400 ERROR_CORE",
}
"""What each kind looks like in process. Slow, moved and race have tests of their own."""


@pytest.mark.parametrize("kind", SEEN)
@pytest.mark.parametrize("method", [None, "entity.*"])
async def test_each_kind_in_process(
    portal: LocalPortal, http: httpx.AsyncClient, admin: Caller, kind: Kind, method: str | None
) -> None:
    portal.faults.add(kind, method=method)
    assert await outcome(http, admin) == SEEN[kind]
    assert portal.faults.waiting() == ()
    assert len(await admin.call("entity.get")) == (kind in EXECUTED)


@pytest.fixture
def address(portal: LocalPortal) -> Iterator[str]:
    config = uvicorn.Config(portal.app, port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


async def test_each_kind_over_a_socket(
    portal: LocalPortal, address: str, admin: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind a socket, where the connection exists already, refused is a reset."""
    for kind, seen in SEEN.items():
        portal.faults.add(kind)
        async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
            assert await outcome(http, admin) == ("cut" if seen == "refused" else seen), kind
            there = Caller(http, admin.token)
            assert len(await there.call("entity.get")) == (kind in EXECUTED), kind
            await there.code("entity.delete", ENTITY="dish")
    assert caplog.records == []


@pytest.mark.parametrize("kind", ["reset-before", "reset-after", "truncated", "hang", "hang-after"])
async def test_the_client_of_this_package_takes_it_for_a_lost_answer(portal: LocalPortal, kind: str) -> None:
    request = HttpRequest("POST", "http://local/rest/profile", {}, b"", timeout_s=0.1)
    portal.faults.add(kind)
    async with HttpxTransport(app=portal.app) as transport:
        with pytest.raises(SendFailed) as failure:
            await transport.send(request)
        assert failure.value.sent
        assert (await transport.send(request)).status == 401


async def test_the_nth_request_and_only_that(portal: LocalPortal, admin: Caller) -> None:
    portal.faults.add("overload-limit", nth=2, times=2)
    codes = [await admin.code("profile") for _ in range(4)]
    assert codes == ["", "OVERLOAD_LIMIT", "OVERLOAD_LIMIT", ""]
    portal.faults.add("overload-limit", times=None)
    assert [await admin.code("profile") for _ in range(3)] == ["OVERLOAD_LIMIT"] * 3
    portal.faults.clear()
    assert await admin.code("profile") == ""


async def test_the_nth_command_of_a_method(portal: LocalPortal, admin: Caller) -> None:
    await admin.call("entity.add", **ADD)
    portal.faults.add("deadlock", method="entity.item.add", nth=2)
    answers = await admin.batch([f"entity.item.add?ENTITY=dish&NAME={name}" for name in "abc"])
    assert answers["result"] == {"0": 1, "2": 2}
    assert answers["result_error"] == {
        "1": {
            "error": "ERROR_CORE",
            "error_description": "Internal error adding entity item. Try adding again.",
        }
    }
    assert [call.error for call in portal.calls("entity.item.add")] == [None, "ERROR_CORE", None]


async def test_one_method_of_a_batch_over_its_time(portal: LocalPortal, admin: Caller) -> None:
    portal.faults.add("operation-time-limit", method="entity.get")
    answers = await admin.batch(["entity.get", "profile"])
    assert answers["result_error"][0]["error"] == "OPERATION_TIME_LIMIT"
    assert answers["result"]["1"]["ID"] == "1"


@pytest.mark.parametrize(("kind", "done"), [("reset-before", 1), ("reset-after", 2), ("html-500", 1)])
async def test_a_batch_that_ends_in_the_middle(
    portal: LocalPortal, http: httpx.AsyncClient, admin: Caller, kind: str, done: int
) -> None:
    await admin.call("entity.add", **ADD)
    portal.faults.add(kind, method="entity.item.add", nth=2)
    body = {"cmd": [f"entity.item.add?ENTITY=dish&NAME={name}" for name in "abc"], "auth": admin.token}
    with suppress(ConnectionResetError):
        assert (await http.post("/rest/batch", json=body)).status_code == 500
    assert len(await admin.call("entity.item.get", ENTITY="dish")) == done


async def test_two_adds_that_both_succeed(portal: LocalPortal, admin: Caller) -> None:
    await admin.call("entity.add", **ADD)
    portal.faults.add("race", method="entity.add")
    await admin.call("entity.add", **ADD)
    assert [each["ENTITY"] for each in await admin.call("entity.get")] == ["dish", "dish"]
    assert await admin.code("entity.add", **ADD) == "ERROR_ENTITY_ALREADY_EXISTS"


async def test_a_portal_that_has_moved(portal: LocalPortal, http: httpx.AsyncClient, admin: Caller) -> None:
    portal.faults.add("moved", to="https://new.example", times=None)
    response = await http.post("/rest//batch?a=1", json={"cmd": ["entity.get"], "auth": admin.token})
    assert (response.status_code, response.content) == (302, b"")
    assert response.headers["location"] == "https://new.example/rest//batch?a=1"
    response = await http.post("https://new.example/rest/profile", json={"auth": admin.token})
    assert response.json()["result"]["ID"] == "1"


async def test_a_renewal_can_go_wrong_too(portal: LocalPortal, http: httpx.AsyncClient) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "refresh_token": portal.issue_token().refresh_token,
    }
    portal.faults.add("html-502-after", method="oauth.token")
    assert (await http.post("/oauth/token/", data=form)).status_code == 502
    assert (await http.post("/oauth/token/", data=form)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hang", Fault(kind=Kind.HANG)),
        (
            "slow,method=entity.*,nth=2,times=always,seconds=0.5",
            Fault(kind=Kind.SLOW, method="entity.*", nth=2, times=None, seconds=0.5),
        ),
        ("moved, to=https://new.example", Fault(kind=Kind.MOVED, to="https://new.example")),
    ],
)
def test_a_fault_written_down(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text", ["", "earthquake", "hang,nth", "hang,nth=x", "hang,nth=0", "moved", "hang,a=1"]
)
def test_a_fault_written_wrongly(text: str) -> None:
    with pytest.raises(ValueError):
        Fault.parse(text)


class TestInVirtualTime:
    @pytest.fixture
    def anyio_backend(self) -> Any:
        return "asyncio", {"loop_factory": VirtualLoop}

    async def test_slow(self, portal: LocalPortal, admin: Caller) -> None:
        portal.faults.add("slow", seconds=30)
        portal.faults.add("slow", method="entity.get", nth=2, seconds=7)
        start = asyncio.get_running_loop().time()
        await admin.batch(["entity.get", "entity.get"])
        assert asyncio.get_running_loop().time() - start == pytest.approx(37)

    async def test_what_was_asked_for_is_done_though_nobody_waits(
        self, portal: LocalPortal, admin: Caller
    ) -> None:
        portal.faults.add("slow", seconds=30)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await admin.call("entity.add", **ADD)
        assert await admin.call("entity.get") == []
        await asyncio.sleep(30)
        assert len(await admin.call("entity.get")) == 1


async def test_closing_gives_up_what_is_under_way(
    portal: LocalPortal, signed_in: Callable[..., Caller]
) -> None:
    portal.faults.add("slow", seconds=3600)
    waiting = asyncio.create_task(signed_in().send("profile"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    portal.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
