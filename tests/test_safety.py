"""What must never happen: lost data, strangers touched, or "Verified" for what is not so."""

import json
from pathlib import Path

import pytest

from b24provision.engine import Provisioner
from b24provision.errors import InputError, StaleError
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.manifest import load_text
from b24provision.plan import Plan
from b24provision.planfile import read_plan, write_plan
from b24provision.rest import BlockingClient
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed
from tests.support import FlakyTransport, Served, intent, provisioner, run, write

pytestmark = pytest.mark.anyio


async def make(opened: Provisioner, method: str, **params: object) -> object:
    answer = await opened.session.client.call.make(method, params)
    assert answer.is_success, answer.error
    return answer.data


async def storage(opened: Provisioner, code: str, *properties: str, items: int = 0) -> None:
    await make(opened, "entity.add", ENTITY=code, NAME=code)
    for prop in properties:
        await make(opened, "entity.item.property.add", ENTITY=code, PROPERTY=prop, NAME=prop)
    for _ in range(items):
        await make(
            opened, "entity.item.add", ENTITY=code, NAME="I", PROPERTY_VALUES=dict.fromkeys(properties, "x")
        )


async def codes(opened: Provisioner) -> list[str]:
    return sorted(row["ENTITY"] for row in await make(opened, "entity.get"))  # type: ignore[attr-defined]


class Meddling(FlakyTransport):
    """Loses the first request that holds `word`, and lets somebody do something at that moment."""

    word = b""
    meddle = staticmethod(lambda: None)

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.word and self.word in request.body:
            type(self).word = b""
            await self.meddle()  # type: ignore[misc]
            raise SendFailed("connection reset", sent=True)
        return await super().send(request)


def meddling(portal: LocalPortal, word: bytes, meddle: object) -> FlakyTransport:
    kind = type("Once", (Meddling,), {"word": word, "meddle": staticmethod(meddle)})
    return kind(portal.app, [])  # type: ignore[no-any-return]


async def test_protection_holds_under_every_code(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "order", "x", items=2)
        wanted = intent(
            "entities: {purchase: {name: P, renamed_from: order}}\nremoved: {properties: [purchase.x]}",
            protected=["order*"],
        )
        assert len((await opened.plan(wanted)).blocked) == 1


async def test_destroy_spares_what_only_goes_by_a_former_code(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "plate", items=2)
        await storage(opened, "dish")
        wanted = intent("entities: {dish: {name: D, renamed_from: plate}}", destroy=True)
        for _ in range(2):
            assert (await opened.apply(wanted, allow_data_loss=True)).verified
        assert await codes(opened) == ["plate"]


@pytest.mark.parametrize("order", ["[bowl, plate]", "[plate, bowl]"])
async def test_each_former_code_that_is_still_live_is_weighed_by_itself(portal: LocalPortal, order: str):
    async with provisioner(portal) as opened:
        await storage(opened, "dish")
        await storage(opened, "plate")
        await storage(opened, "bowl", items=3)
        plan = await opened.plan(intent(f"entities: {{dish: {{name: dish, renamed_from: {order}}}}}"))
    assert [row.id for row in plan.blocked] == ["rename entity dish from bowl"]
    assert next(note.message for note in plan.notes if "empty" in note.message).startswith(
        "its former storage plate"
    )


async def test_two_former_codes_of_one_that_is_not_there_are_told(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "plate", items=1)
        await storage(opened, "bowl", items=1)
        plan = await opened.plan(intent("entities: {dish: {name: D, renamed_from: [plate, bowl]}}"))
    assert [row.id for row in plan.blocked] == ["rename entity dish from bowl"]


async def test_a_missing_property_never_takes_what_is_wanted_elsewhere(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "e", "q", items=3)
        wanted = intent("entities: {e: {name: e, properties: {q: , r: {type: file, renamed_from: q}}}}")
        assert [change.id for change in (await opened.plan(wanted)).changes] == ["create property e.r"]


def test_a_property_is_removed_by_the_code_its_storage_will_have():
    with pytest.raises(InputError) as caught:
        load_text(
            "b24provision: 1\nentities: {dish: {name: D, renamed_from: plate}}\nremoved: {properties: [plate.colour]}"
        )
    assert "write dish.colour" in str(caught.value.problems[0])


@pytest.mark.parametrize(
    "text",
    [
        "entities: {dish: {name: D, renamed_from: plate}}",
        "entities: {dish: {name: D, renamed_from: plate}, plate: {name: P, renamed_from: bowl}}",
    ],
)
async def test_a_lost_rename_whose_code_somebody_took_is_not_verified(portal: LocalPortal, text: str):
    async with provisioner(portal) as other:
        await storage(other, "plate", items=2)
        await storage(other, "bowl", items=1)

        async def take() -> None:
            await storage(other, "dish")

        async with provisioner(portal, transport=meddling(portal, b"ENTITY_NEW", take)) as opened:
            report = await opened.apply(intent(text))
        assert not report.verified
        assert report.exit_code == 7
        assert await codes(other) == ["bowl", "dish", "plate"]


async def test_a_lost_creation_that_somebody_hid_is_not_made_twice(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as admin:

        async def hide() -> None:
            await storage(admin, "dish")

        async with provisioner(portal, user_id=5, transport=meddling(portal, b"entity.add", hide)) as opened:
            report = await opened.apply(intent("entities: {dish: {name: D}}"))
        assert not report.verified
        assert await codes(admin) == ["dish"]


async def test_rights_somebody_got_in_between_are_carried_along(portal: LocalPortal):
    portal.add_user(5, admin=True)
    async with provisioner(portal) as opened, provisioner(portal, user_id=5) as other:
        await make(opened, "entity.add", ENTITY="dish", NAME="D", ACCESS={"AU": "R"})

        async def change() -> None:
            await make(other, "entity.rights", ENTITY="dish", ACCESS={"AU": "R", "U1": "X"})

        async with provisioner(portal, transport=meddling(portal, b"entity.update", change)) as again:
            await again.apply(intent("entities: {dish: {name: D, access: {AU: W}}}"))
        assert (await make(opened, "entity.rights", ENTITY="dish"))["U5"] == "X"  # type: ignore[index]


async def test_a_lost_deletion_is_not_sent_again_when_more_is_at_stake(portal: LocalPortal):
    async with provisioner(portal) as other:
        await storage(other, "dish")

        async def fill() -> None:
            await make(other, "entity.item.add", ENTITY="dish", NAME="precious")

        async with provisioner(portal, transport=meddling(portal, b"entity.delete", fill)) as opened:
            report = await opened.apply(intent("removed: {entities: [dish]}"), allow_data_loss=True)
        assert report.exit_code == 7
        assert await codes(other) == ["dish"]


async def saved(opened: Provisioner, wanted: Intent) -> Plan:
    write_plan(await opened.plan(wanted), Path("plan.json"))
    return read_plan(Path("plan.json"))


async def test_a_saved_plan_sees_what_is_hidden_by_now(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as admin, provisioner(portal, user_id=5) as opened:
        await make(admin, "entity.add", ENTITY="dish", NAME="D", ACCESS={"U5": "X"})
        deletion = await saved(opened, intent("removed: {entities: [dish]}"))
        creation = await saved(opened, intent("entities: {menu: {name: M}}"))
        await make(admin, "entity.rights", ENTITY="dish", ACCESS={"U1": "X"})
        await storage(admin, "menu")
        for plan in (deletion, creation):
            with pytest.raises(StaleError):
                await opened.apply_saved(plan, allow_data_loss=True)
        assert await codes(admin) == ["dish", "menu"]


async def test_a_hidden_storage_blocks_the_removal_of_a_property(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as admin, provisioner(portal, user_id=5) as opened:
        await storage(admin, "dish", "colour")
        assert len((await opened.plan(intent("removed: {properties: [dish.colour]}"))).blocked) == 1


async def test_a_saved_plan_keeps_its_strictness(portal: LocalPortal):
    portal.add_user(5, admin=True)
    async with provisioner(portal) as opened, provisioner(portal, user_id=5) as other:
        await make(opened, "entity.add", ENTITY="dish", NAME="D", ACCESS={"AU": "R"})
        wanted = intent("entities: {dish: {name: D, strict_access: true, access: {AU: W}}}")
        plan = await saved(opened, wanted)
        await make(other, "entity.rights", ENTITY="dish", ACCESS={"AU": "W", "U1": "X"})
        with pytest.raises(StaleError):
            await opened.apply_saved(plan)


async def test_a_saved_chain_that_somebody_broke_is_stale(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "a", items=1)
        await storage(opened, "b", items=1)
        plan = await saved(
            opened, intent("entities: {b: {name: a, renamed_from: a}, c: {name: b, renamed_from: b}}")
        )
        await storage(opened, "c")
        with pytest.raises(StaleError):
            await opened.apply_saved(plan)


async def test_a_saved_plan_does_not_guess_between_two_storages(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as opened, provisioner(portal, user_id=5) as other:
        await storage(opened, "dish")
        plan = await saved(opened, intent("removed: {entities: [dish]}"))
        await storage(other, "dish")
        with pytest.raises(StaleError, match="2 storages"):
            await opened.apply_saved(plan, allow_data_loss=True)


async def test_an_empty_saved_plan_claims_nothing(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await storage(opened, "dish")
        plan = await saved(opened, intent("entities: {dish: {name: dish}}"))
        report = await opened.apply_saved(plan)
    assert (report.verified, report.exit_code) == (False, 0)


async def test_pruning_wants_to_know_that_it_may(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as admin, provisioner(portal, user_id=5) as opened:
        await make(admin, "entity.add", ENTITY="theirs", NAME="T", ACCESS={"AU": "R"})
        plan = await opened.plan(intent("entities: {}", prune=True))
    assert [row.id for row in plan.blocked] == ["delete entity theirs"]


def test_a_saved_plan_obeys_the_configuration_of_the_day():
    write("entities: {dish: {name: D}}")
    run("apply", "--target", "local", "--auto-approve")
    write("removed: {entities: [dish]}")
    run("plan", "--target", "local", "--out", "plan.json")
    Path("b24provision.toml").write_text('protected = ["dish"]\n', encoding="utf-8")
    result = run("apply", "--target", "local", "plan.json", "--auto-approve", "--allow-data-loss")
    assert (result.exit_code, "protected" in result.stderr) == (5, True)


def test_a_plan_that_was_tampered_with_is_refused():
    write("entities: {dish: {name: D}}")
    run("apply", "--target", "local", "--auto-approve")
    write("entities: {dish: {name: E}}")
    run("plan", "--target", "local", "--out", "plan.json")
    honest = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    for calls in (
        [{"method": "entity.delete", "params": {"ENTITY": "dish"}}],
        [{"method": "crm.deal.delete", "params": {}}],
    ):
        honest["changes"][0]["calls"] = calls
        Path("plan.json").write_text(json.dumps(honest), encoding="utf-8")
        assert run("apply", "--target", "local", "plan.json", "--auto-approve").exit_code == 3


def test_where_results_cannot_be_written_nothing_is_done():
    write("entities: {dish: {name: D}}")
    result = run("apply", "--target", "local", "--auto-approve", "--json-into", "nowhere/report.json")
    assert result.exit_code == 3
    assert run("check", "--target", "local").exit_code == 2


def test_what_is_lost_is_kept_and_can_be_brought_back(served: Served):
    env = served.environment()
    write("entities: {dish: {name: D, properties: {price: }}}")
    run("apply", "--auto-approve", env=env)
    with BlockingClient.from_token(served.endpoint, env["B24_ACCESS_TOKEN"]) as client:
        for number in range(3):
            item = {"ENTITY": "dish", "NAME": f"I{number}", "PROPERTY_VALUES": {"price": str(number)}}
            assert client.call.make("entity.item.add", item).is_success
    write("removed: {entities: [dish]}")
    lost = run("apply", "--auto-approve", "--allow-data-loss", env=env)
    assert (lost.exit_code, "is kept in" in lost.stderr) == (0, True), lost.output
    (archive,) = Path(".b24provision/backups").iterdir()
    restored = run("restore", archive, "--auto-approve", env=env)
    assert restored.exit_code == 0, restored.output
    with BlockingClient.from_token(served.endpoint, env["B24_ACCESS_TOKEN"]) as client:
        items = client.call.make("entity.item.get", {"ENTITY": "dish"}).data
    assert [row["PROPERTY_VALUES"]["price"] for row in items] == ["0", "1", "2"]
    write("entities: {dish: {name: D}}")
    again = run("destroy", "--confirm", "127.0.0.1", "--no-backup", env=env)
    assert again.exit_code == 0
    assert len(list(Path(".b24provision/backups").iterdir())) == 1


@pytest.mark.parametrize("kind", ["refused", "reset-before", "html-500", "empty", "truncated", "broken-json"])
async def test_reading_gets_over_a_portal_that_fails_once(portal: LocalPortal, kind: str):
    async with provisioner(portal) as opened:
        portal.faults.add(kind)
        assert len((await opened.plan(intent("entities: {dish: {name: D}}"))).changes) == 1
        assert not portal.faults.waiting()
