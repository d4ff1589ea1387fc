"""The client over a scripted portal: what goes over the wire, and what comes back."""

import asyncio
import logging
from typing import Any

import pytest

from b24provision.errors import (
    ApiError,
    AuthError,
    InputError,
    OutcomeUnknownError,
    UnexpectedAnswerError,
    UnreachableError,
)
from b24provision.rest import Call, Client, Limits, StaticToken, Token
from tests.rest.virtual import now
from tests.rest.wire import (
    BUSY,
    ENDPOINT,
    LOST,
    NOT_SENT,
    TOKEN,
    WEBHOOK,
    Wire,
    envelope,
    html,
    moved,
    ok,
    portal,
    refusal,
    wire,
)

pytestmark = pytest.mark.anyio


async def test_a_named_batch_on_the_wire():
    transport = wire(envelope(result={"AddEntity": True}))
    async with portal(transport) as client:
        params = {"ENTITY": "DS1", "NAME": "Data Storage 1", "ACCESS": {"U1": "X", "AU": "R"}}
        result = await client.batch.make({"AddEntity": ("entity.add", params)})
    [request] = transport.requests
    assert request.method == "POST"
    assert request.url == (
        f"{ENDPOINT}batch?bx24_request_id=id-1&bx24_sdk_ver=9.9&bx24_sdk_type=b24provision"
    )
    assert request.headers["Content-Type"] == "application/json"
    assert request.body.decode() == (
        '{"halt":1,"cmd":{"AddEntity":"entity.add?ENTITY=DS1&NAME=Data%20Storage%201&ACCESS%5BU1%5D=X'
        f'&ACCESS%5BAU%5D=R"}},"auth":"{TOKEN}"}}'
    )
    assert result.is_success
    assert result.data == {"AddEntity": True}


async def test_a_list_batch_on_the_wire():
    transport = wire(envelope(result=[1, 2]))
    async with portal(transport, auth=None, endpoint=WEBHOOK.rstrip("/")) as client:
        assert not client.is_webhook
    async with Client.from_webhook(WEBHOOK.rstrip("/"), transport=transport) as client:
        assert client.is_webhook
        result = await client.batch.make(
            [("profile",), Call("entity.get", {"ENTITY": "ü"})], is_halt_on_error=False, request_id="mine"
        )
    [request] = transport.requests
    assert request.url.startswith(f"{WEBHOOK}batch?bx24_request_id=mine&")
    assert request.body == b'{"halt":0,"cmd":["profile?","entity.get?ENTITY=%C3%BC"]}'
    assert result.data == [1, 2]


async def test_rows_know_what_was_asked_and_how_it_went():
    bad = {"error": "ERROR_CORE", "error_description": "no"}
    transport = wire(
        envelope(result={"0": ["x"]}, error={"1": bad}, total=[12], next={"0": 50}, time=[{"duration": 0.5}])
    )
    async with portal(transport) as client:
        result = await client.batch.make(
            [("entity.item.get", {"ENTITY": "a"}), ("entity.add", {"ENTITY": "b"})],
            is_halt_on_error=False,
            return_ajax_result=True,
        )
    good, failed = result.data
    assert (good.is_success, good.data, good.total, good.next, good.is_more) == (True, ["x"], 12, 50, True)
    assert good.time == {"duration": 0.5}
    assert good.status == 200
    assert (good.query.method, good.query.params, good.query.request_id) == (
        "entity.item.get", {"ENTITY": "a"}, "id-1",
    )  # fmt: skip
    assert (failed.is_success, failed.data, failed.is_more) == (False, None, False)
    assert failed.error is result.errors["1"]
    assert failed.error.method == "entity.add"


async def test_an_expired_token_inside_a_batch_concerns_only_its_row():
    transport = wire(envelope(result=[1], error={"1": {"error": "expired_token"}}))
    async with portal(transport) as client:
        result = await client.batch.make([("profile",), ("profile",)], is_halt_on_error=False)
    assert len(transport.requests) == 1
    assert result.errors["1"].code == "expired_token"


@pytest.mark.parametrize(
    "calls", [[], {}, [("a.b",)] * 51, ["a.b"], [{"method": "a.b", "param": {}}], [("a.b", {"x": {1, 2}})]]
)
async def test_nothing_is_sent_of_a_batch_that_is_wrong(calls: Any):
    transport = wire(ok(1))
    async with portal(transport) as client:
        with pytest.raises(InputError):
            await client.batch.make(calls)
    assert transport.requests == []


async def test_params_that_contain_themselves_are_never_sent():
    params: dict[str, Any] = {"ENTITY": "a"}
    params["FILTER"] = {"x": [params]}
    transport = wire(ok(1))
    async with portal(transport) as client:
        with pytest.raises(InputError, match=r"command one \(entity.get\).FILTER.x\[0\] contains itself"):
            await client.batch.make({"one": ("entity.get", params)})
        with pytest.raises(InputError, match=r"entity.get.FILTER.x\[0\] contains itself"):
            await client.call.make("entity.get", params)
    assert transport.requests == []


async def test_parameters_may_change_while_the_request_is_under_way():
    params = {"NAME": "first"}
    transport = wire(NOT_SENT, ok(1))
    async with portal(transport) as client, asyncio.TaskGroup() as group:
        group.create_task(client.call.make("entity.add", params))
        await asyncio.sleep(0.5)
        params["NAME"] = "second"
    assert [body["NAME"] for body in transport.bodies] == ["first", "first"]


async def test_a_batch_that_is_refused_as_a_whole_raises():
    async with portal(wire(refusal("ERROR_BATCH", 400, "bad batch"))) as client:
        with pytest.raises(ApiError) as caught:
            await client.batch.make([("profile",)])
    assert (caught.value.code, caught.value.method, caught.value.status) == ("ERROR_BATCH", "batch", 400)


async def test_a_batch_with_one_write_is_not_sent_again():
    transport = wire(LOST, envelope(result=[1, 2]))
    calls = [("entity.get",), ("entity.add", {"ENTITY": "a"})]
    async with portal(transport) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.batch.make(calls)
    assert [call.method for call in caught.value.calls] == ["entity.get", "entity.add"]
    assert len(transport.requests) == 1


async def test_a_batch_of_reads_is():
    transport = wire(LOST, html(502), envelope(result=[1, 2]))
    async with portal(transport) as client:
        rows = [Call("custom.search", reads=True), ("entity.get",)]
        assert (await client.batch.make(rows)).data == [1, 2]
    assert transport.at == [0, 1, 3]


async def test_a_call_on_the_wire():
    transport = wire(ok([{"ID": "1"}], total=120, next=50, time={"duration": 0.1}))
    async with portal(transport) as client:
        row = await client.call.make("entity.item.get", {"ENTITY": "ü", "FILTER": {">ID": 1}})
    assert transport.requests[0].body.decode() == f'{{"ENTITY":"ü","FILTER":{{">ID":1}},"auth":"{TOKEN}"}}'
    assert transport.urls[0].startswith(f"{ENDPOINT}entity.item.get?")
    assert (row.data, row.total, row.next, row.is_more, row.status) == ([{"ID": "1"}], 120, 50, True, 200)
    assert row.query.request_id == "id-1"


async def test_a_call_that_is_refused_gives_its_error():
    extra = {"argument": "NAME"}
    async with portal(wire(refusal("ERROR_ARGUMENT", 400, "empty", **extra))) as client:
        row = await client.call.make("entity.add", {})
    assert not row.is_success
    assert row.error is not None
    assert (row.error.code, row.error.description, row.error.extra) == ("ERROR_ARGUMENT", "empty", extra)
    assert (row.status, row.data) == (400, None)


async def test_the_caller_says_whether_a_call_reads():
    async with portal(wire(LOST, ok(1))) as client:
        assert (await client.call.make("some.thing", reads=True)).data == 1
        with pytest.raises(OutcomeUnknownError):
            await portal(wire(LOST)).call.make("some.get", reads=False)


async def test_a_move_is_remembered_and_told():
    told: list[str] = []
    transport = wire(moved("https://new.example/rest/profile"), ok(1))
    async with portal(transport, on_moved=told.append) as client:
        await client.call.make("profile")
        await client.call.make("scope")
        assert client.endpoint == "https://new.example/rest/"
        assert client.stats().moves == 1
    assert told == ["https://new.example/rest/"]
    assert [url.split("?")[0] for url in transport.urls] == [
        f"{ENDPOINT}profile", "https://new.example/rest/profile", "https://new.example/rest/scope",
    ]  # fmt: skip
    assert transport.requests[0].body == transport.requests[1].body


async def test_an_unreachable_portal():
    transport = wire(NOT_SENT)
    async with portal(transport) as client:
        with pytest.raises(
            UnreachableError, match=r"acme.bitrix24.com gave no answer in 4 attempts"
        ) as caught:
            await client.call.make("entity.add")
    assert transport.at == [0, 1, 3, 7]
    assert caught.value.__cause__ is NOT_SENT


async def test_retries_keep_the_id_and_are_told_and_counted():
    told: list[tuple[float, str]] = []
    transport = wire(BUSY, NOT_SENT, NOT_SENT, ok(1, time={"duration": 2.5}))
    async with portal(transport, on_wait=lambda s, why: told.append((s, why))) as client:
        await client.call.make("profile")
        stats = client.stats()
    assert len({request.url for request in transport.requests}) == 1
    assert told == [(4, "ConnectError: refused")], "waits of up to two seconds are only counted"
    assert (stats.requests, stats.retries, stats.waits, stats.waited_s) == (4, 3, 3, 7)
    assert (stats.methods["profile"].count, stats.methods["profile"].seconds) == (1, 2.5)


async def test_commands_are_counted_by_their_own_method():
    transport = wire(envelope(result=[1, 2, 3], time=[{"duration": 1}, {"duration": 2}, {"duration": 4}]))
    async with portal(transport) as client:
        await client.batch.make([("entity.get",), ("entity.add",), ("entity.add",)])
        methods = client.stats().methods
    assert {name: (seen.count, seen.seconds) for name, seen in methods.items()} == {
        "entity.get": (1, 1), "entity.add": (2, 6),
    }  # fmt: skip


async def test_chunks_of_any_length():
    def fifty(request: Any) -> Any:
        count = request.body.count(b"entity.item.delete?")
        bad = {"error": "E", "error_description": "x"}
        if b"ID=60" in request.body:
            return envelope(result={str(n): True for n in range(count) if n != 10}, error={"10": bad})
        return envelope(result=[True] * count)

    transport = wire(fifty)
    calls = [("entity.item.delete", {"ID": number}) for number in range(120)]
    async with portal(transport) as client:
        result = await client.batch_by_chunk.make(calls, is_halt_on_error=False)
        assert len(transport.requests) == 3
        assert len(result.data) == 119
        assert list(result.errors) == ["60"]
        result = await client.batch_by_chunk.make(calls, is_halt_on_error=False, return_ajax_result=True)
        assert [row.query.params["ID"] for row in result.data] == list(range(120))
        assert not result.data[60].is_success


async def test_halting_stops_the_following_chunks():
    bad = {"error": "E", "error_description": "x"}
    transport = wire(envelope(result=[True] * 50), envelope(result=[True] * 10, error={"10": bad}))
    async with portal(transport) as client:
        result = await client.batch_by_chunk.make([("entity.item.delete",)] * 120)
    assert len(transport.requests) == 2
    assert result.data == [True] * 60
    assert list(result.errors) == ["60"]


@pytest.mark.parametrize("calls", [[], {"a": ("profile",)}, [("profile",)] * 60 + ["profile"]])
async def test_nothing_is_sent_of_chunks_that_are_wrong(calls: Any):
    transport = wire(envelope(result=[True] * 50))
    async with portal(transport) as client:
        with pytest.raises(InputError):
            await client.batch_by_chunk.make(calls)
    assert transport.requests == []


async def test_health_and_ping():
    def slow(_: Any) -> Any:
        asyncio.get_running_loop().pass_by(0.25)  # type: ignore[attr-defined]
        return ok("2026-01-01")

    transport = wire(slow)
    async with portal(transport) as client:
        assert await client.ping() == 0.25
        assert await client.health_check()
    assert transport.urls[0].startswith(f"{ENDPOINT}server.time?")
    for bad in (NOT_SENT, LOST, html(404), refusal("NO_AUTH_FOUND", 401), refusal("X", 400)):
        async with portal(wire(bad)) as client:
            assert not await client.health_check()
    async with portal(wire(NOT_SENT)) as client:
        with pytest.raises(UnreachableError):
            await client.ping()


async def test_positional_methods_are_spared_the_telemetry():
    transport = wire(ok([]))
    async with portal(transport) as client:
        await client.call.make("task.commentitem.getlist", {"TASKID": 1})
    assert transport.urls == [f"{ENDPOINT}task.commentitem.getlist"]


async def test_the_endpoint_may_come_from_the_token():
    class Source(StaticToken):
        async def current(self) -> Token:
            return Token(TOKEN, endpoint="https://own.example/rest")

    transport = wire(ok(1))
    client = Client(None, Source(TOKEN), transport=transport)
    assert client.endpoint == ""
    await client.call.make("profile")
    assert client.endpoint == "https://own.example/rest/"
    with pytest.raises(InputError, match="give the endpoint"):
        await Client(None, StaticToken(TOKEN), transport=transport).call.make("profile")
    with pytest.raises(InputError):
        Client(None, None)


@pytest.mark.parametrize(
    "url", ["https://a.b/rest/", "https://a.b/rest/hush/", "https://a.b/rest/1/hush/profile.json", "hush"]
)
async def test_a_webhook_s_address_is_checked_without_being_shown(url: str):
    with pytest.raises(InputError) as caught:
        Client.from_webhook(url)
    assert "hush" not in str(caught.value)


async def test_a_static_token_is_not_renewed():
    transport = wire(refusal("expired_token", 401))
    async with Client.from_token(ENDPOINT, TOKEN, transport=transport) as client:
        with pytest.raises(AuthError, match="access token has expired") as caught:
            await client.call.make("profile")
    assert len(transport.requests) == 1
    assert (caught.value.code, caught.value.status) == ("expired_token", 401)


async def test_the_client_closes_its_transport():
    transport = wire(ok(1))
    async with portal(transport):
        pass
    assert transport.closed == 1


async def test_the_log_has_a_line_for_each_request_and_no_secret(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    transport = Wire([NOT_SENT, envelope(result=[1])])
    options: Any = {"clock": now, "jitter": lambda: 0.5, "new_id": lambda: "id-1"}
    async with Client.from_webhook(WEBHOOK, transport=transport, **options) as client:
        await client.batch.make([("entity.get", {"NAME": "hush", "token": "hush"})])
    lines = [record.getMessage() for record in caplog.records if record.name == "b24provision.rest"]
    assert lines == [
        "batch commands=1 failed=ConnectError: refused seconds=0.000 host=acme.bitrix24.com request=id-1",
        "batch commands=1 status=200 seconds=0.000 host=acme.bitrix24.com request=id-1",
    ]
    assert "webh00k" not in caplog.text
    assert "hush" not in caplog.text


async def test_nothing_of_ours_shows_a_secret():
    client = Client.from_webhook(WEBHOOK, transport=wire(NOT_SENT), limits=Limits.unlimited())
    assert repr(client) == "Client('https://acme.bitrix24.com/rest/7/***/')"
    for script in (wire(html(404, WEBHOOK)), wire(refusal("X", 401, WEBHOOK)), wire(moved(WEBHOOK))):
        with pytest.raises(Exception) as caught:
            await Client.from_webhook(WEBHOOK, transport=script).call.make("profile")
        assert "webh00k" not in f"{caught.value} {vars(caught.value)}"
    script = wire(html(404, "no such code: webh00kc0de"))
    with pytest.raises(UnexpectedAnswerError) as caught:
        await Client.from_webhook(WEBHOOK, transport=script).call.make("profile")
    assert caught.value.excerpt == "no such code: ***"
