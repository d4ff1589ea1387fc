"""A restore that is killed, stopped or loses answers ends equal when it is run again, and nothing is there twice."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from b24provision.backup import Archive, RestoreReport, back_up, plan_restore, restore
from b24provision.errors import B24ProvisionError
from b24provision.local import Costs, LocalPortal
from b24provision.rest.transport import HttpRequest, HttpResponse, Transport
from tests.backup.contents import contents
from tests.support import FlakyTransport, intent, provisioner

pytestmark = pytest.mark.anyio

ARCHIVE = Path("dish.zip")


class Dying(FlakyTransport):
    """Carries some requests that write, then nothing more: a killed program, as the portal sees it."""

    def __init__(self, portal: LocalPortal, writes: int) -> None:
        super().__init__(portal.app, [])
        self.left = writes

    async def send(self, request: HttpRequest) -> HttpResponse:
        if is_write(request):
            self.left -= 1
            if self.left < 0:
                raise Killed
        return await super().send(request)


class Killed(BaseException):
    """Nobody catches it."""


class Losing(FlakyTransport):
    """Loses the answers to some requests that write, before or after they were carried out."""

    def __init__(self, portal: LocalPortal, fates: list[str]) -> None:
        super().__init__(portal.app, [])
        self.write_fates = fates

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.fates = ["answered"] * self.sent
        if is_write(request) and self.write_fates:
            self.fates.append(self.write_fates.pop(0))
        return await super().send(request)


def is_write(request: HttpRequest) -> bool:
    return any(word in request.body + request.url.encode() for word in (b".add", b".update", b".delete"))


async def prepared(portal: LocalPortal, text: str = "removed: {entities: [dish]}") -> dict[str, Any]:
    """Archive the storage and lose it; gives what was in it."""
    before = contents(portal)
    async with provisioner(portal) as opened:
        await back_up(opened.session, ["dish"], ARCHIVE)
        assert (await opened.apply(intent(text), allow_data_loss=True)).verified
    return before


async def restored(portal: LocalPortal, transport: Transport | None = None, **how: Any) -> RestoreReport:
    with Archive.open(ARCHIVE) as archive:
        async with provisioner(portal, transport=transport) as opened:
            return await restore(opened, archive, await plan_restore(opened, archive), **how)


@pytest.mark.parametrize("writes", [0, 4, 9, 18])
async def test_killed_after_some_requests_and_run_again(small: LocalPortal, writes: int):
    before = await prepared(small)
    with pytest.raises((Killed, BaseExceptionGroup)):  # the engine sends from a group of tasks
        await restored(small, Dying(small, writes))
    assert (await restored(small)).verified
    assert contents(small) == before


@pytest.mark.parametrize("writes", range(3))
async def test_killed_while_values_come_back(small: LocalPortal, writes: int):
    before = await prepared(small, "removed: {properties: [dish.color, dish.photo]}")
    with pytest.raises((Killed, BaseExceptionGroup)):  # the engine sends from a group of tasks
        await restored(small, Dying(small, writes))
    assert (await restored(small)).verified
    assert contents(small) == before


@pytest.mark.parametrize(
    "fates",
    [["lost"] * 3, ["cut"] * 3, ["answered", "lost", "cut"] * 5, ["answered", "cut", "lost", "lost"] * 4],
    ids=["lost", "cut", "some", "many"],
)
@pytest.mark.parametrize("lost", ["entities: [dish]", "properties: [dish.color, dish.photo]"])
async def test_lost_answers_are_looked_into(small: LocalPortal, fates: list[str], lost: str):
    before = await prepared(small, f"removed: {{{lost}}}")
    report = await restored(small, Losing(small, list(fates)))
    while not report.verified:
        report = await restored(small)
    assert contents(small) == before


async def test_lost_answers_alone_do_not_keep_it_from_ending(small: LocalPortal):
    before = await prepared(small)
    report = await restored(small, Losing(small, ["answered"] * 4 + ["lost", "cut", "answered"] * 9))
    assert report.verified
    assert report.summary.add == 246
    assert contents(small) == before


async def test_stopping_says_how_far_it_got(small: LocalPortal):
    before = await prepared(small)
    asked = iter([False] * 16)
    report = await restored(small, stop=lambda: next(asked, True))
    assert report.exit_code == 130
    assert report.outcomes[-1].error is not None
    assert "interrupted after " in report.outcomes[-1].error
    assert 0 < report.made["create item dish"] < 230
    again = await restored(small)
    assert again.verified
    assert again.made["create item dish"] == 230 - report.made["create item dish"]
    assert contents(small) == before


async def test_a_token_that_dies_in_the_middle_ends_in_a_report(small: LocalPortal):
    before = await prepared(small)
    transport = FlakyTransport(
        small.app, [], before=lambda request: small.expire_tokens() if request == 20 else None
    )
    report = await restored(small, transport)
    assert report.exit_code == 7
    assert report.problem
    assert (await restored(small)).verified
    assert contents(small) == before


async def test_a_token_that_is_dead_before_anything_raises(small: LocalPortal):
    await prepared(small)
    with Archive.open(ARCHIVE) as archive:
        async with provisioner(small) as opened:
            plan = await plan_restore(opened, archive)
            small.expire_tokens()
            with pytest.raises(B24ProvisionError):
                await restore(opened, archive, plan)


class Spoiling(FlakyTransport):
    """Puts an error, or nothing, in place of some commands' answers, which were not carried out."""

    def __init__(self, portal: LocalPortal, error: dict[str, str] | None, times: int) -> None:
        super().__init__(portal.app, [])
        self.error, self.times = error, times

    async def send(self, request: HttpRequest) -> HttpResponse:
        if b"entity.item.add" not in request.body or b'"cmd"' not in request.body or self.times == 0:
            return await super().send(request)
        self.times -= 1
        payload = json.loads(request.body)
        keys = list(payload["cmd"]) if isinstance(payload["cmd"], dict) else list(range(len(payload["cmd"])))
        dropped = str(keys[0])
        commands = payload["cmd"] if isinstance(payload["cmd"], dict) else dict(enumerate(payload["cmd"]))
        payload["cmd"] = {str(key): value for key, value in commands.items() if str(key) != dropped}
        response = await super().send(replace(request, body=json.dumps(payload).encode()))
        answer = json.loads(response.body)
        if self.error:
            answer["result"]["result_error"] = {dropped: self.error}
        return replace(response, body=json.dumps(answer).encode())


@pytest.mark.parametrize(
    "error",
    [
        {"error": "ERROR_CORE", "error_description": "Internal error adding item. Try adding again."},
        {"error": "OPERATION_TIME_LIMIT", "error_description": "Later"},
        None,
    ],
    ids=["lost race", "operating time", "no word"],
)
async def test_what_was_not_done_is_sent_again(small: LocalPortal, error: dict[str, str] | None):
    before = await prepared(small)
    report = await restored(small, Spoiling(small, error, 2))
    assert report.verified
    assert contents(small) == before


async def test_a_refusal_for_good_is_told_and_does_not_stop_the_rest(small: LocalPortal):
    await prepared(small)
    report = await restored(small, Spoiling(small, {"error": "ERROR_CORE", "error_description": "No"}, 2))
    assert report.exit_code == 7
    assert report.outcomes[-1].error == "2 of 230 are not there: entity.item.add: ERROR_CORE: No"
    assert report.made["create item dish"] == 228
    assert (await restored(small)).verified


async def test_requests_stay_well_under_the_cut():
    pace = 2.0
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    with LocalPortal.open(clock=lambda: 1.8e9 + now, sleep=sleep, costs=Costs(pace)) as slow:
        async with provisioner(slow) as opened:
            await opened.apply(intent("entities: {dish: {name: D}}"))
            calls = [
                ("entity.item.add", {"ENTITY": "dish", "NAME": f"Item {number}"}) for number in range(120)
            ]
            for start in range(0, 120, 20):
                await opened.session.client.batch.make(calls[start : start + 20])
        await prepared(slow)
        took: list[float] = []

        class Timing(FlakyTransport):
            async def send(self, request: HttpRequest) -> HttpResponse:
                began = now
                response = await super().send(request)
                if is_write(request):
                    took.append(now - began)
                return response

        assert (await restored(slow, Timing(slow.app, []))).verified
    assert max(took) < 60, "at first as seen elsewhere, at twice that pace here"
    assert sorted(took)[-2] < 32, "then as seen here"


class Altering(FlakyTransport):
    """A portal that makes something else of some texts."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        if b"entity.item.add" in request.body:
            request = replace(request, body=request.body.replace(b"Item%207&", b"Item%20VII&"))
        return await super().send(request)


async def test_what_arrives_altered_is_told_with_a_warning(small: LocalPortal):
    await prepared(small)
    report = await restored(small, Altering(small.app, []))
    assert report.exit_code == 1
    assert {row.outcome for row in report.outcomes} == {"done"}
    [difference] = report.differences
    assert difference.reason == (
        "2 items brought back, and not as archived: look at them first, since running again adds them anew"
    )


async def test_somebody_removing_a_property_meanwhile_stops_that_storage(small: LocalPortal):
    await prepared(small, "removed: {properties: [dish.color]}")
    with Archive.open(ARCHIVE) as archive:
        async with provisioner(small) as opened:
            plan = await plan_restore(opened, archive)
            params = {"ENTITY": "dish", "PROPERTY": "photo"}
            await opened.session.client.call.make("entity.item.property.delete", params)
            report = await restore(opened, archive, plan)
    assert report.exit_code == 7
    assert report.outcomes[-1].error is not None
