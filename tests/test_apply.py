"""Carrying out a plan: what depends on what, answers that get lost, other people at the same time."""

import json
from dataclasses import replace

import pytest

from b24provision.errors import AuthError, BlockedError, OutcomeUnknownError, UnreachableError
from b24provision.local import LocalPortal
from b24provision.plan import Report
from tests.support import FlakyTransport, intent, provisioner

pytestmark = pytest.mark.anyio

TWO = "entities: {dish: {name: Dishes, properties: {price: , size: }}, menu: {name: Menus, properties: {day: }}}"


def outcomes(report: Report) -> dict[str, str]:
    return {row.id: row.outcome.value for row in report.outcomes}


async def as_wanted(portal: LocalPortal, text: str) -> bool:
    async with provisioner(portal) as opened:
        return not (await opened.plan(intent(text))).changes


async def test_everything_is_made_and_read_back(portal: LocalPortal):
    async with provisioner(portal) as opened:
        report = await opened.apply(intent(TWO))
    assert report.verified
    assert report.exit_code == 0
    assert set(outcomes(report).values()) == {"done"}


async def test_what_depends_on_a_failure_is_skipped_and_nothing_else(portal: LocalPortal):
    async with provisioner(portal) as opened:
        wanted = intent(TWO)
        plan = await opened.plan(wanted)
        await opened.session.client.call.make("entity.add", {"ENTITY": "dish", "NAME": "Somebody else's"})
        report = await opened.apply(wanted, plan)
    assert outcomes(report) == {
        "create entity dish": "failed",
        "create property dish.price": "done",
        "create property dish.size": "done",
        "create entity menu": "done",
        "create property menu.day": "done",
    }
    assert not report.verified
    assert report.exit_code == 7


async def test_a_failed_creation_skips_what_would_be_inside(portal: LocalPortal):
    long = "longer_than_this_application_may"
    text = f"entities: {{{long}: {{name: D, properties: {{price: }}}}, menu: {{name: M, properties: {{day: }}}}}}"
    async with provisioner(portal) as opened:
        report = await opened.apply(intent(text))
    assert outcomes(report) == {
        f"create entity {long}": "failed",
        f"create property {long}.price": "skipped",
        "create entity menu": "done",
        "create property menu.day": "done",
    }
    assert report.exit_code == 7
    assert "too long" in (report.outcomes[0].error or "")


@pytest.mark.parametrize("fate", ["lost", "cut"])
@pytest.mark.parametrize("at", [1, 2])
async def test_a_lost_answer_is_looked_into_and_nothing_is_done_twice(
    portal: LocalPortal, fate: str, at: int
):
    text = "entities:\n" + "\n".join(f"  s{n}: {{name: S, properties: {{a: , b: }}}}" for n in range(20))
    transport = FlakyTransport(portal.app, ["answered"] * at + [fate])
    async with provisioner(portal, transport=transport) as opened:
        report = await opened.apply(intent(text))
    assert report.verified
    assert set(outcomes(report).values()) == {"done"}
    executed = [call for call in portal.calls() if call.method.endswith(".add")]
    assert all(call.ok for call in executed)
    assert len(executed) == 60


async def test_answers_that_go_on_getting_lost_end_in_a_report(portal: LocalPortal):
    class NeverWrites(FlakyTransport):
        async def send(self, request):  # type: ignore[no-untyped-def]
            if b"entity.add" in request.body:
                self.fates = ["cut"] * (self.sent + 1)
            else:
                self.fates = []
            return await super().send(request)

    async with provisioner(portal, transport=NeverWrites(portal.app, [])) as opened:
        report = await opened.apply(intent(TWO))
    assert report.exit_code == 7
    assert not report.verified
    assert set(outcomes(report).values()) == {"skipped"}
    assert await as_wanted(portal, "removed: {entities: [dish, menu]}")


async def test_what_others_changed_after_a_lost_answer_is_reported_and_not_undone(portal: LocalPortal):
    await_text = "entities: {dish: {name: New}}"
    async with provisioner(portal) as other:
        await other.session.client.call.make("entity.add", {"ENTITY": "dish", "NAME": "Old"})

        class Meddling(FlakyTransport):
            async def send(self, request):  # type: ignore[no-untyped-def]
                if b"entity.update" in request.body:
                    params = {"ENTITY": "dish", "NAME": "Somebody else's"}
                    await other.session.client.call.make("entity.update", params)
                    self.fates = ["cut"] * (self.sent + 1)
                return await super().send(request)

        async with provisioner(portal, transport=Meddling(portal.app, [])) as opened:
            report = await opened.apply(intent(await_text))
    assert outcomes(report) == {"update entity dish": "unknown"}
    assert report.exit_code == 7
    assert [call.params["NAME"] for call in portal.calls("entity.update")] == ["Somebody else's"]


async def test_nothing_written_and_no_way_on_raises(portal: LocalPortal):
    async with provisioner(portal) as opened:
        wanted = intent(TWO)
        plan = await opened.plan(wanted)
        portal.expire_tokens()
        with pytest.raises(AuthError):
            await opened.apply(wanted, plan)


async def test_a_token_that_dies_in_the_middle_ends_in_a_report(portal: LocalPortal):
    text = "entities:\n" + "\n".join(f"  s{n}: {{name: S, properties: {{a: }}}}" for n in range(40))

    def expire(request: int) -> None:
        if request == 2:
            portal.expire_tokens()

    transport = FlakyTransport(portal.app, [], before=expire)
    async with provisioner(portal, transport=transport) as opened:
        report = await opened.apply(intent(text))
    assert report.exit_code == 7
    assert report.problem
    assert sorted(set(outcomes(report).values())) == ["done", "skipped"]
    async with provisioner(portal) as opened:
        assert (await opened.apply(intent(text))).verified


async def test_stopping_finishes_what_is_in_flight(portal: LocalPortal):
    text = "entities:\n" + "\n".join(f"  s{n}: {{name: S, properties: {{a: }}}}" for n in range(40))
    asked = iter([False, True])
    async with provisioner(portal) as opened:
        report = await opened.apply(intent(text), stop=lambda: next(asked))
    assert report.exit_code == 130
    assert list(outcomes(report).values()).count("done") == 20
    assert list(outcomes(report).values()).count("skipped") == 60


async def test_data_loss_wants_consent_and_can_be_left_out(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await opened.apply(intent(TWO))
        text = "entities: {dish: {name: Food}}\nremoved: {properties: [dish.price], entities: [menu]}"
        portal.forget_calls()
        with pytest.raises(BlockedError, match=r"delete property dish\.price, delete entity menu"):
            await opened.apply(intent(text))
        assert not [call for call in portal.calls() if call.method.endswith((".delete", ".update"))]
        rest = await opened.apply(intent(text), skip_data_loss=True)
        assert rest.verified
        assert outcomes(rest) == {"update entity dish": "done"}
        assert [change.id for change in rest.plan.waiting] == [
            "delete property dish.price",
            "delete entity menu",
        ]
        everything = await opened.apply(intent(text), allow_data_loss=True)
        assert everything.verified
    assert not portal.calls("entity.update")[1:]


async def test_a_blocked_plan_writes_nothing(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await opened.apply(intent(TWO))
        portal.forget_calls()
        text = "entities: {dish: {name: Food, protect: true}}\nremoved: {properties: [dish.price]}"
        with pytest.raises(BlockedError, match="protect"):
            await opened.apply(intent(text), allow_data_loss=True)
    assert {call.method for call in portal.calls()} <= {
        "profile",
        "entity.get",
        "entity.rights",
        "entity.item.property.get",
        "entity.item.get",
    }


async def test_somebody_else_deleting_first_is_fine(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await opened.apply(intent(TWO))
        wanted = intent("removed: {entities: [menu]}")
        plan = await opened.plan(wanted)
        await opened.session.client.call.make("entity.delete", {"ENTITY": "menu"})
        report = await opened.apply(wanted, plan, allow_data_loss=True)
    assert report.verified


async def test_a_difference_found_on_reading_back_is_reported(portal: LocalPortal):
    async with provisioner(portal) as other:

        class Meddling(FlakyTransport):
            async def send(self, request):  # type: ignore[no-untyped-def]
                response = await super().send(request)
                if b"entity.add" in request.body:
                    await other.session.client.call.make("entity.update", {"ENTITY": "dish", "NAME": "Other"})
                return response

        async with provisioner(portal, transport=Meddling(portal.app, [])) as opened:
            report = await opened.apply(intent(TWO))
    assert not report.verified
    assert [change.id for change in report.differences] == ["update entity dish"]
    assert report.exit_code == 1


def test_errors_say_their_exit_codes():
    assert UnreachableError("").exit_code == 4
    assert OutcomeUnknownError("", ()).exit_code == 7


async def test_a_command_without_an_answer_is_looked_into(portal: LocalPortal):
    class Forgetful(FlakyTransport):
        async def send(self, request):  # type: ignore[no-untyped-def]
            response = await super().send(request)
            if b"entity.add" not in request.body:
                return response
            envelope = json.loads(response.body)
            rows = dict(enumerate(envelope["result"]["result"]))
            del rows[0]
            envelope["result"]["result"] = rows
            return replace(response, body=json.dumps(envelope).encode())

    async with provisioner(portal, transport=Forgetful(portal.app, [])) as opened:
        report = await opened.apply(intent(TWO))
    assert report.verified
    assert set(outcomes(report).values()) == {"done"}
    assert len(portal.calls("entity.add")) == 2
