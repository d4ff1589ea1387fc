"""The leaky bucket: as arithmetic, and as what a client does with it in virtual time."""

import asyncio

import pytest

from b24provision.rest import HttpRequest, HttpResponse, Limits
from b24provision.rest.bucket import Bucket
from tests.rest.virtual import now
from tests.rest.wire import BUSY, ok, portal, wire


class LeakyPortal:
    """A portal with the cloud's bucket: a request that does not fit is answered with 503."""

    def __init__(self, capacity: float = 50, drain_per_s: float = 2) -> None:
        self.capacity, self.drain_per_s = capacity, drain_per_s
        self.level, self.at = 0.0, now()
        self.refused = 0
        self.served: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.level = max(0.0, self.level - (now() - self.at) * self.drain_per_s)
        self.at = now()
        if self.level + 1 > self.capacity:
            self.refused += 1
            return BUSY
        self.level += 1
        self.served.append(request.url.split("/rest/")[1].split("?")[0])
        return ok(True)

    async def aclose(self) -> None:
        pass


@pytest.mark.anyio
@pytest.mark.parametrize("tasks", [1, 8, 500])
async def test_five_hundred_calls_take_as_long_as_the_bucket_says_and_are_never_refused(tasks: int):
    cloud = LeakyPortal()
    async with portal(cloud) as client:

        async def some(count: int) -> None:
            for _ in range(count):
                assert (await client.call.make("server.time")).is_success

        async with asyncio.TaskGroup() as group:
            for number in range(tasks):
                group.create_task(some(500 // tasks + (number < 500 % tasks)))
        stats = client.stats()
    assert (stats.requests, stats.retries) == (500, 0)
    assert stats.waited_s == pytest.approx((500 - 50) / 2, rel=0.01), (
        "how long the portal's limit held us back"
    )
    assert cloud.refused == 0
    assert len(cloud.served) == 500
    assert now() == pytest.approx((500 - 50) / 2, rel=0.01)


@pytest.mark.anyio
async def test_a_burst_needs_no_wait_at_all():
    async with portal(LeakyPortal()) as client:
        for _ in range(50):
            await client.call.make("server.time")
        assert now() == 0
        assert client.stats().waits == 0
        assert client.stats().bucket_level == 50


@pytest.mark.anyio
async def test_a_bucket_refills_while_nobody_asks():
    cloud = LeakyPortal(capacity=5, drain_per_s=1)
    async with portal(cloud, limits=Limits(capacity=5, drain_per_s=1)) as client:
        for pause in (0, 2.5, 7, 0.3, 100):
            await asyncio.sleep(pause)
            for _ in range(7):
                await client.call.make("server.time")
    assert cloud.refused == 0


@pytest.mark.anyio
async def test_first_come_first_served():
    cloud = LeakyPortal(capacity=1, drain_per_s=1)
    async with (
        portal(cloud, limits=Limits(capacity=1, drain_per_s=1)) as client,
        asyncio.TaskGroup() as group,
    ):
        for number in range(20):
            group.create_task(client.call.make(f"n{number}.get"))
            await asyncio.sleep(0.01)
    assert cloud.served == [f"n{number}.get" for number in range(20)]


@pytest.mark.anyio
async def test_a_cancelled_wait_costs_nobody_a_place():
    cloud = LeakyPortal(capacity=1, drain_per_s=1)
    async with portal(cloud, limits=Limits(capacity=1, drain_per_s=1)) as client:
        tasks = []
        for number in range(10):
            tasks.append(asyncio.create_task(client.call.make(f"n{number}.get")))
            await asyncio.sleep(0)
        await asyncio.sleep(0.5)
        for number in (1, 2, 5, 9):  # the first in the queue, and some behind it
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert cloud.served == [f"n{number}.get" for number in (0, 3, 4, 6, 7, 8)]
    assert cloud.refused == 0
    assert now() == pytest.approx(5, rel=0.01)


@pytest.mark.anyio
async def test_a_portal_that_others_use_too_is_obeyed():
    cloud = LeakyPortal()
    cloud.level = 50.0
    async with portal(cloud) as client:
        assert (await client.call.make("server.time")).is_success
        stats = client.stats()
    assert cloud.refused == 1
    assert now() == pytest.approx(1, rel=0.01)
    assert (stats.requests, stats.retries) == (2, 1)


@pytest.mark.anyio
async def test_waits_are_announced_before_they_begin():
    told: list[tuple[float, str]] = []
    cloud = LeakyPortal(capacity=1, drain_per_s=0.1)
    async with portal(
        cloud, limits=Limits(capacity=1, drain_per_s=0.1), on_wait=lambda s, why: told.append((s, why))
    ) as client:
        await client.call.make("server.time")
        await client.call.make("server.time")
    assert told == [(pytest.approx(10, rel=0.001), "the rate limit")]


@pytest.mark.anyio
async def test_unlimited_never_waits():
    async with portal(wire(ok(1)), limits=Limits.unlimited()) as client:
        for _ in range(1000):
            await client.call.make("server.time")
        assert client.stats().bucket_capacity is None
    assert now() == 0


def test_presets():
    assert (Limits.default().capacity, Limits.default().drain_per_s) == (50, 2)
    assert (Limits.enterprise().capacity, Limits.enterprise().drain_per_s) == (250, 5)
    assert Limits.gentle().drain_per_s < 2
    assert Limits.unlimited().capacity is None
    assert Limits.unlimited().operating_limit_s is None


def test_five_refusals_in_a_minute_make_it_smaller_and_slower():
    bucket = Bucket(Limits.default(), 0)
    for second in range(4):
        bucket.refused(second)
    assert bucket.capacity == 50
    bucket.refused(59)
    assert bucket.capacity == pytest.approx(40)
    assert bucket.drain_per_s == pytest.approx(1.6)
    for second in range(60, 65):
        bucket.refused(second)
    assert bucket.capacity == pytest.approx(32)


def test_refusals_far_apart_change_nothing():
    bucket = Bucket(Limits.default(), 0)
    for minute in range(50):
        bucket.refused(minute * 16.0)
    assert bucket.capacity == 50


def test_a_run_of_successes_grows_it_back_to_the_preset():
    bucket = Bucket(Limits.default(), 0)
    for second in range(10):
        bucket.refused(second)
    assert bucket.capacity == pytest.approx(32)
    for _ in range(19):
        bucket.succeeded(10)
    assert bucket.capacity == pytest.approx(32)
    bucket.succeeded(10)
    assert bucket.capacity == pytest.approx(40)
    bucket.refused(11)
    for _ in range(19):
        bucket.succeeded(11)
    assert bucket.capacity == pytest.approx(40), "a refusal breaks the run"
    for _ in range(100):
        bucket.succeeded(12)
    assert bucket.capacity == 50
    assert bucket.drain_per_s == 2


def test_it_never_shrinks_to_nothing_nor_adapts_unasked():
    bucket = Bucket(Limits.default(), 0)
    for tick in range(1000):
        bucket.refused(tick / 10)
    assert bucket.capacity == pytest.approx(5)
    rigid = Bucket(Limits(adapt=False), 0)
    for tick in range(1000):
        rigid.refused(tick / 10)
    assert rigid.capacity == 50


def test_a_refusal_says_how_long_until_there_is_room():
    bucket = Bucket(Limits.default(), 0)
    assert bucket.refused(0) == pytest.approx(0.5, rel=1e-3)
    assert Bucket(Limits.unlimited(), 0).refused(0) == 0


def test_a_clock_that_goes_back_fills_nothing():
    bucket = Bucket(Limits(capacity=1, drain_per_s=1), 100)
    bucket.take(100)
    assert bucket.wait_s(50) == pytest.approx(1, rel=1e-3)
    assert bucket.wait_s(101.01) == 0
