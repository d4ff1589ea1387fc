"""Limits and costs, in virtual time. portal-behaviour §8."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from b24provision.local import Costs, Limits, LocalPortal
from b24provision.local.buckets import Buckets
from b24provision.local.operating import Account, OperatingTime, Reading
from tests.rest.virtual import VirtualLoop, now

from .conftest import Caller

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"loop_factory": VirtualLoop}


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[tuple[LocalPortal, Caller]]:
    with LocalPortal.open(clock=now, **settings) as portal:
        transport = httpx.ASGITransport(portal.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as http:
            yield portal, Caller(http, portal.issue_token().access_token)


@pytest.mark.parametrize(("preset", "holds", "drain_per_s"), [("cloud", 50, 2), ("enterprise", 250, 5)])
async def test_the_bucket(preset: str, holds: int, drain_per_s: int) -> None:
    async with opened(limits=Limits.named(preset)) as (portal, caller):
        for _ in range(holds + 3):
            await caller.send("profile")
        assert caller.statuses == [200] * holds + [503] * 3
        assert (await caller.refused("batch", cmd=["profile"]))["error"] == "QUERY_LIMIT_EXCEEDED"
        assert len(portal.calls()) == holds
        await asyncio.sleep(1)
        caller.statuses.clear()
        for _ in range(drain_per_s + 1):
            await caller.batch(["profile"] * 50) if caller.statuses == [] else await caller.send("profile")
        assert caller.statuses == [200] * drain_per_s + [503]


def test_each_source_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(Limits(bucket_capacity=1))
    assert [buckets.admits(source, 0.0) for source in ("a", "a", "b")] == [True, False, True]


async def test_costs_are_as_seen() -> None:
    async with opened(costs=Costs(), limits=Limits.cloud()) as (_, caller):
        await caller.call("entity.add", ENTITY="dish", NAME="Dishes")
        assert now() == pytest.approx(0.4)
        body = await caller.send("batch", {"cmd": ["entity.get"] * 50})
        assert now() == pytest.approx(0.4 + 4.0)
        times = body["result"]["result_time"]
        assert times[0]["duration"] == pytest.approx(0.08)
        assert times[-1]["operating"] == pytest.approx(4.0)
        assert times[-1]["operating_reset_at"] == 600
        assert body["time"]["operating"] == 0
        assert body["time"]["duration"] == pytest.approx(4.0)


async def test_a_scale() -> None:
    async with opened(costs=Costs(0.1)) as (_, caller):
        await caller.call("entity.add", ENTITY="dish", NAME="Dishes")
        assert now() == pytest.approx(0.04)


async def test_requests_go_side_by_side_and_commands_of_a_batch_one_after_another() -> None:
    async with opened(costs=Costs()) as (_, caller), asyncio.TaskGroup() as group:
        for number in range(10):
            cmd = [f"entity.add?ENTITY=a{number}&NAME=A", f"entity.add?ENTITY=b{number}&NAME=B"]
            group.create_task(caller.batch(cmd))
    assert now() == pytest.approx(0.8)


async def test_a_minute_is_the_end_of_a_request() -> None:
    async with opened(costs=Costs(), limits=Limits.cloud()) as (portal, caller):
        await caller.call("entity.add", ENTITY="dish", NAME="Dishes")
        for _ in range(50):
            await caller.call("entity.item.add", ENTITY="dish", NAME="I")
        start = now()
        cmd = [f"entity.item.delete?ENTITY=dish&ID={number}" for number in range(1, 51)]
        response = await caller.http.post("/rest/batch", json={"cmd": cmd, "auth": caller.token})
        assert (response.status_code, now() - start) == (504, pytest.approx(60.0))
        assert response.headers["content-type"].startswith("text/html")
        left = await caller.call("entity.item.get", ENTITY="dish")
        assert len(left) == len(portal.calls("entity.item.add")) - int(60 / 1.3)


async def test_a_minute_is_the_end_of_a_slow_request_too() -> None:
    async with opened(limits=Limits.cloud()) as (portal, caller):
        portal.faults.add("slow", method="entity.add", seconds=90)
        response = await caller.http.post(
            "/rest/entity.add", json={"ENTITY": "a", "NAME": "A", "auth": caller.token}
        )
        assert (response.status_code, now()) == (504, 60.0)
        portal.faults.add("slow", seconds=90)
        response = await caller.http.post("/rest/entity.get", json={"auth": caller.token})
        assert response.status_code == 504
        assert portal.calls() == []


async def test_operating_time_belongs_to_application_and_method() -> None:
    async with opened(costs=Costs(1000), limits=Limits(operating_limit_s=480)) as (portal, caller):
        portal.add_application("other", "secret")
        other = Caller(caller.http, portal.issue_token(client_id="other").access_token)
        for number in range(2):  # 400 s each
            await caller.call("entity.add", ENTITY=f"e{number}", NAME="E")
        assert (await caller.refused("entity.add", ENTITY="e3", NAME="E"))["error"] == "OPERATION_TIME_LIMIT"
        assert caller.statuses[-1] == 429
        answers = await caller.batch(["entity.add?ENTITY=e4&NAME=E", "entity.get"])
        assert answers["result_error"][0]["error"] == "OPERATION_TIME_LIMIT"
        assert set(answers["result"]) == {"1"}
        assert await other.call("entity.add", ENTITY="e1", NAME="E") is True


async def test_operating_time_is_given_back_after_ten_minutes() -> None:
    async with opened(costs=Costs(1000), limits=Limits(operating_limit_s=480)) as (_, caller):
        await caller.call("entity.add", ENTITY="e1", NAME="E")
        body = await caller.send("entity.add", {"ENTITY": "e2", "NAME": "E"})
        assert (body["time"]["operating"], body["time"]["operating_reset_at"]) == (800, 1000)
        await asyncio.sleep(body["time"]["operating_reset_at"] - now() - 1)
        assert await caller.code("entity.add", ENTITY="e3", NAME="E") == "OPERATION_TIME_LIMIT"
        await asyncio.sleep(1)
        assert await caller.code("entity.add", ENTITY="e3", NAME="E") == ""


async def test_the_window_can_be_shorter() -> None:
    limits = Limits(operating_limit_s=24, operating_window_s=30)
    async with opened(costs=Costs(50), limits=limits) as (_, caller):
        await caller.call("entity.add", ENTITY="e1", NAME="E")
        body = await caller.send("entity.add", {"ENTITY": "e2", "NAME": "E"})
        assert (body["time"]["operating"], body["time"]["operating_reset_at"]) == (40, 50)
        await asyncio.sleep(50 - now() - 1)
        assert await caller.code("entity.add", ENTITY="e3", NAME="E") == "OPERATION_TIME_LIMIT"
        await asyncio.sleep(1)
        assert await caller.code("entity.add", ENTITY="e3", NAME="E") == ""


async def test_a_batch_can_be_billed_to_batch() -> None:
    limits = Limits(operating_limit_s=480, batch_is_billed=True)
    async with opened(costs=Costs(1000), limits=limits) as (_, caller):
        answers = await caller.batch([f"entity.add?ENTITY=e{number}&NAME=E" for number in range(3)])
        assert answers["result_error"]["2"]["error"] == "OPERATION_TIME_LIMIT"
        assert await caller.code("entity.add", ENTITY="alone", NAME="E") == ""


def test_accounts() -> None:
    operating, account = OperatingTime(Limits(operating_limit_s=10.0)), Account("app", "entity.add")
    assert operating.read(account, 5.0) == Reading(0, 605)
    operating.bill(account, 4.0, 5.2)
    assert operating.bill(account, 4.0, 5.9) == Reading(8.0, 605)
    assert operating.bill(account, 4.0, 9.0) == Reading(12.0, 605)
    assert operating.is_over(account, 604.9)
    assert not operating.is_over(account, 605.0)
    assert operating.read(account, 605.0) == Reading(4.0, 609)


def test_a_reset_is_a_whole_second_that_is_not_too_early() -> None:
    operating = OperatingTime(Limits(operating_limit_s=10.0, operating_window_s=2.5))
    account = Account("app", "entity.add")
    assert operating.bill(account, 10.0, 5.2) == Reading(10.0, 8)
    assert operating.is_over(account, 7.4)
    assert not operating.is_over(account, 8.0)


def test_presets() -> None:
    assert Limits.box() == Limits(operating_limit_s=420.0)
    assert Limits() != Limits.named("cloud") == Limits.cloud()
    with pytest.raises(ValueError, match="cloud, enterprise, box"):
        Limits.named("free")


async def test_without_limits_there_are_none(signed_in: Callable[..., Caller]) -> None:
    caller = signed_in()
    for _ in range(100):
        await caller.send("profile")
    assert set(caller.statuses) == {200}
