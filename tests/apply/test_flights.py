"""Side by side, in virtual time: how many are in flight, how that follows the portal, and what a failure leaves."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from b24provision.apply import Pulse
from b24provision.apply.window import MOST, Window
from b24provision.engine import Provisioner
from b24provision.forecast import forecast
from b24provision.local import Costs, Limits, LocalPortal
from b24provision.model import Portal
from b24provision.plan import Report
from b24provision.rest import Client, HttpxTransport, StaticToken
from b24provision.rest import Limits as ClientLimits
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed
from b24provision.targets.session import Session
from tests.rest.virtual import VirtualLoop, now
from tests.support import intent

pytestmark = pytest.mark.anyio

MANY = "entities:\n" + "\n".join(
    f"  s{n}: {{name: S, properties: {{{', '.join(f'p{each}: ' for each in range(10))}}}}}" for n in range(50)
)
FEW = "entities: {a: {name: A, properties: {p: }}, b: {name: B, properties: {p: }}}"


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"loop_factory": VirtualLoop}


@dataclass
class Wire:
    """Carries requests, keeps when each began and ended, and spoils some: request number → what to do instead."""

    app: Any
    spoil: Callable[[int, HttpRequest], str] = lambda *_: ""
    writes: list[tuple[float, float]] = field(default_factory=list)
    flying: int = 0
    most: int = 0
    sent: int = 0

    def __post_init__(self) -> None:
        self._carrier = HttpxTransport(app=self.app)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent += 1
        fate = self.spoil(self.sent, request)
        is_write = b".add" in request.body or b".update" in request.body
        self.flying += 1
        self.most = max(self.most, self.flying)
        began = now()
        try:
            if fate == "cut":
                await asyncio.sleep(0.1)
                raise SendFailed("connection reset", sent=True)
            return await self._carrier.send(request)
        finally:
            self.flying -= 1
            if is_write:
                self.writes.append((began, now()))

    async def aclose(self) -> None:
        await self._carrier.aclose()


class Opened:
    """A portal with a real one's costs, and somebody who provisions it, in virtual time."""

    def __init__(self, **settings: Any) -> None:
        self._given = settings

    async def __aenter__(self) -> "Opened":
        given = {"costs": Costs(), "limits": Limits.cloud(), **self._given}
        spoil = given.pop("spoil", lambda *_: "")
        limits = given.pop("client_limits", ClientLimits.default())
        self.watch: list[Pulse] = []
        self.portal = LocalPortal.open(clock=now, **given)
        self.wire = Wire(self.portal.app, spoil)
        token = StaticToken(self.portal.issue_token(lifetime_s=1e9).access_token)
        self.client = Client(
            "http://local/rest/", token, transport=self.wire, limits=limits, clock=now, wall_clock=now
        )
        session = Session(self.client, Portal(target="test", host="local"))
        self.provisioner = Provisioner(session, watch=self.watch.append)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        self.portal.close()

    async def apply(self, text: str, **settings: Any) -> Report:
        return await self.provisioner.apply(intent(text), **settings)


async def test_fifty_storages_take_fifteen_requests_in_little_more_than_the_bound():
    async with Opened() as opened:
        plan = await opened.provisioner.plan(intent(MANY))
        began = now()
        report = await opened.provisioner.apply(intent(MANY), plan)
        took = now() - began
        assert report.verified
        assert opened.portal.request_count == 1 + 11 + 3
        work = 50 * 0.4 + 500 * 0.56
        assert took <= 1.25 * (work / 4 + 2 * 0.08 + 50 * 0.08)
        assert took <= plan.cost.seconds
        assert opened.wire.most > 4  # nothing spoke against more


async def test_the_forecast_is_what_four_at_a_time_take():
    async with Opened() as opened:
        plan = await opened.provisioner.plan(intent(FEW))
        began = now()
        assert (await opened.provisioner.apply(intent(FEW), plan)).verified
        assert now() - began == pytest.approx(plan.cost.seconds, rel=0.01)
        assert plan.cost == forecast(plan.changes)


async def test_reading_five_hundred_storages_is_twenty_one_requests_a_few_at_a_time():
    text = "entities:\n" + "\n".join(f"  s{n}: {{name: S}}" for n in range(500))
    async with Opened(costs=Costs(0.0), limits=Limits()) as quick:
        assert (await quick.apply(text)).verified
        there = quick.portal.export_state()
    async with Opened() as opened:
        tokens = opened.portal.export_state()["tables"]["access_tokens"]
        there["tables"]["access_tokens"] = tokens
        opened.portal.import_state(there)
        began = now()
        assert not (await opened.provisioner.plan(intent(text))).changes
        assert opened.portal.request_count == 21
        assert opened.wire.most == 4
        assert now() - began == pytest.approx(5 * 50 * 0.08, rel=0.05)


async def test_destroying_fifty_storages_reads_them_once():
    async with Opened() as opened:
        assert (await opened.apply(MANY)).verified
        wanted = intent(MANY, destroy=True)
        opened.portal.forget_calls()
        plan = await opened.provisioner.plan(wanted)
        assert opened.portal.request_count == 3
        assert (await opened.provisioner.apply(wanted, plan, allow_data_loss=True)).verified
        assert opened.portal.request_count == 3 + plan.cost.requests == 3 + 4 + 1


async def test_one_failure_cancels_no_other_and_nothing_further_is_sent():
    lost: list[int] = []

    def cut_one(number: int, request: HttpRequest) -> str:
        if b"entity.add" in request.body and not lost:
            lost.append(number)
            return "cut"
        return ""

    async with Opened(spoil=cut_one) as opened:
        report = await opened.apply(MANY)
        assert report.verified
        added = opened.portal.calls("entity.add")
        assert len(added) == 50
        assert all(call.ok for call in added)
        first_wave = [end for begin, end in opened.wire.writes if begin == opened.wire.writes[0][0]]
        assert len(first_wave) == 4
        later = [begin for begin, _ in opened.wire.writes if begin > opened.wire.writes[0][0]]
        assert min(later) > max(first_wave) + 2  # looked, waited and looked again first


async def test_several_lost_at_once_are_settled_together():
    def cut_all(number: int, request: HttpRequest) -> str:
        return "cut" if b"entity.add" in request.body and number < 8 else ""

    async with Opened(spoil=cut_all) as opened:
        report = await opened.apply(MANY)
        assert report.verified
        assert len(opened.portal.calls("entity.add")) == 50


async def test_lost_races_lower_the_number_in_flight_and_are_tried_again():
    async with Opened() as opened:
        opened.portal.faults.add("deadlock", method="entity.*.add", nth=20, times=6)
        assert (await opened.apply(MANY)).verified
        refused = [call for call in opened.portal.calls() if not call.ok]
        assert len([call for call in refused if call.method == "entity.item.property.add"]) == 6
        assert opened.wire.most <= 5


@pytest.mark.parametrize("billed", [False, True])
async def test_the_operating_time_is_waited_for_and_used_up(billed: bool):
    """280 s of one method, or 300 s of batches, at 120 s in ten minutes: two windows to wait for, and no refusal."""
    limits = Limits(operating_limit_s=120.0, cut_after_s=60.0, batch_is_billed=billed)
    async with Opened(limits=limits, client_limits=ClientLimits(operating_limit_s=120.0)) as opened:
        report = await opened.apply(MANY)
        assert report.verified, report
        assert not [call for call in opened.portal.calls() if call.error == "OPERATION_TIME_LIMIT"]
        assert 1200 < now() < 1500
        waits = [pulse for pulse in opened.watch if pulse.waits_for]
        full = {"batch", "entity.item.property.add"} if billed else {"entity.item.property.add"}
        assert {pulse.waits_for for pulse in waits} <= {f"the operating time of {method}" for method in full}
        assert max(pulse.seconds_left for pulse in waits) > 400


async def test_the_forecast_and_the_time_left_count_the_waiting():
    text = "entities:\n" + "\n".join(
        f"  s{n}: {{name: S, properties: {{{', '.join(f'p{each}: ' for each in range(20))}}}}}"
        for n in range(100)
    )
    async with Opened() as opened:
        plan = await opened.provisioner.plan(intent(text))
        began = now()
        assert (await opened.provisioner.apply(intent(text), plan)).verified
        took = now() - began
        assert plan.cost.operating_share == pytest.approx(2000 * 0.56 / 480, abs=0.01)
        assert 0.85 * took < plan.cost.seconds < took
        assert max(pulse.seconds_left for pulse in opened.watch) == pytest.approx(plan.cost.seconds, rel=0.01)


async def test_operating_time_that_others_use_up_is_waited_for_too():
    limits = Limits(operating_limit_s=120.0, cut_after_s=60.0)
    async with Opened(limits=limits, client_limits=ClientLimits(operating_limit_s=120.0)) as opened:
        other = Client(
            "http://local/rest/",
            StaticToken(opened.portal.issue_token(lifetime_s=1e9).access_token),
            transport=HttpxTransport(app=opened.portal.app),
            limits=ClientLimits.unlimited(),
            clock=now,
            wall_clock=now,
        )
        made = [{"ENTITY": "other", "NAME": "O"}] + [
            {"ENTITY": "other", "PROPERTY": f"p{n}", "NAME": "P"} for n in range(300)
        ]
        await other.call.make("entity.add", made[0])
        used_up = asyncio.create_task(
            other.batch_by_chunk.make(
                [("entity.item.property.add", row) for row in made[1:]], is_halt_on_error=False
            )
        )
        assert (await opened.apply(MANY)).verified
        await used_up
        assert now() > 1200


async def test_what_is_refused_for_good_ends_in_a_report():
    async with Opened() as opened:
        opened.portal.faults.add("deadlock", method="entity.add", times=None)
        report = await opened.apply(FEW)
        assert {row.outcome.value for row in report.outcomes} == {"failed", "skipped"}
        assert report.exit_code == 7
        assert len(opened.portal.calls("entity.add")) == 2 * 5


@pytest.mark.parametrize("billed", [False, True])
async def test_stopping_does_not_wait_for_operating_time(billed: bool):
    limits = Limits(operating_limit_s=120.0, cut_after_s=60.0, batch_is_billed=billed)
    async with Opened(limits=limits, client_limits=ClientLimits(operating_limit_s=120.0)) as opened:
        report = await opened.apply(MANY, stop=lambda: now() > 200)
        assert report.exit_code == 130
        assert now() < 210


async def test_stopping_does_not_wait_for_a_batch_that_was_refused_as_a_whole():
    async with Opened() as opened:
        opened.portal.faults.add("operation-time-limit", nth=3, method="batch")
        report = await opened.apply(MANY, stop=lambda: now() > 5)
        assert report.exit_code == 130
        assert now() < 60


async def test_stopping_does_not_wait_where_others_have_used_much_of_the_time():
    async with Opened() as opened:
        make = opened.client.batch_by_chunk.make
        rows = [
            ("entity.item.property.add", {"ENTITY": "o", "PROPERTY": f"p{n}", "NAME": "P"})
            for n in range(680)
        ]
        await make([("entity.add", {"ENTITY": "o", "NAME": "O"}), *rows])
        began = now()
        report = await opened.apply(MANY, stop=lambda: now() > began + 30)
        assert report.exit_code == 130
        assert now() < began + 80


async def test_stopping_waits_for_what_is_in_flight_and_starts_nothing():
    asked: list[float] = []

    def stop() -> bool:
        asked.append(now())
        return len(asked) > 4

    async with Opened() as opened:
        report = await opened.apply(MANY, stop=stop)
        assert report.exit_code == 130
        assert [row.outcome.value for row in report.outcomes].count("done") == 200
        assert len(opened.wire.writes) == 4
        assert (
            opened.portal.request_count == 1 + 4
        )  # what was stopped is not read back either: that may have to wait


async def test_whoever_watches_is_told():
    async with Opened() as opened:
        assert (await opened.apply(MANY)).verified
        told: Sequence[Pulse] = opened.watch
        assert [pulse.done for pulse in told] == sorted(pulse.done for pulse in told)
        assert (told[0].total, told[0].in_flight, told[0].entity) == (550, 1, "s0")
        assert (told[-1].done, told[-1].in_flight) == (550, 0)
        assert told[-1].seconds_left == pytest.approx(0.0)


def test_the_window_grows_until_there_is_strain():
    window = Window()
    widths = []
    for strain in [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]:
        window.landed(strain=strain, seconds=10.0, expected_s=10.0)
        widths.append(window.width)
    assert widths == [5, 6, 7, 8, 4, 4, 4, 4, 2, 2]


def test_the_window_has_bounds():
    window = Window()
    for _ in range(100):
        window.landed(strain=0, seconds=1.0, expected_s=1.0)
    assert window.width == MOST
    for strain in range(100):
        window.landed(strain=strain, seconds=1.0, expected_s=1.0)
    assert window.width == 1


def test_the_window_shrinks_when_everything_takes_longer():
    window = Window()
    window.landed(strain=0, seconds=10.0, expected_s=10.0)
    window.landed(strain=0, seconds=25.0, expected_s=10.0)
    assert window.width == 4


async def test_reading_tries_again_what_is_refused_for_the_moment():
    async with Opened() as opened:
        assert (await opened.apply(FEW)).verified
        opened.portal.faults.add("operation-time-limit", method="entity.rights", times=2)
        assert not (await opened.provisioner.plan(intent(FEW))).changes
        refused = [call.error for call in opened.portal.calls("entity.rights") if not call.ok]
        assert refused == ["OPERATION_TIME_LIMIT"] * 2
