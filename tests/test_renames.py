"""Renames keep everything: storages and properties, chains from their free end, and refusals in between."""

import pytest

from b24provision.diff.diff import diff
from b24provision.diff.pairing import pair
from b24provision.engine import Provisioner
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.model import Caller, Entity, Listed, Manifest, Portal, Snapshot
from b24provision.progress import State, progress
from b24provision.rest.transport import HttpRequest, HttpResponse
from b24provision.stages import compile_stages
from tests.support import FlakyTransport, intent, provisioner

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("formers", "live", "expected"),
    [
        ({"b": ["a"]}, {"a"}, {"b": "a"}),
        ({"b": ["a"]}, {"a", "b"}, {"b": "b"}),
        ({"b": ["a"]}, set(), {"b": None}),
        ({"c": ["b", "a"]}, {"a"}, {"c": "a"}),
        ({"c": ["b", "a"]}, {"a", "b"}, {"c": "b"}),
        ({"b": ["a"], "c": ["b"]}, {"a", "b"}, {"c": "b", "b": "a"}),
        ({"a": [], "b": ["a"]}, {"a"}, {"a": "a", "b": None}),
        ({"q": [], "r": ["q"]}, {"q"}, {"q": "q", "r": None}),
        ({"b": ["a"], "c": ["b", "a"]}, {"a"}, {"b": "a", "c": None}),
        ({"b": ["a"], "c": ["b"], "d": ["c"]}, {"a", "b", "c"}, {"d": "c", "c": "b", "b": "a"}),
    ],
)
def test_pairing(formers: dict[str, list[str]], live: set[str], expected: dict[str, str | None]):
    assert list(pair(formers, live).items()) == list(expected.items())


def test_a_chain_may_be_long_and_half_done():
    length = 2000
    wanted = {f"s{n + 1}": Entity(code=f"s{n + 1}", name="S", renamed_from=(f"s{n}",)) for n in range(length)}
    whole = Intent(manifest=Manifest(entities=wanted))

    def live(*codes: str) -> Snapshot:
        listed = tuple(Listed(code, "S") for code in codes)
        entities = {code: Entity(code=code, name="S", access={}) for code in codes}
        return Snapshot(caller=Caller("1", is_admin=True), listed=listed, entities=entities)

    plan = diff(whole, live(*(f"s{n}" for n in range(length))), Portal(target="t", host="h"))
    assert [change.address for change in plan.changes] == [f"s{n}" for n in range(length, 0, -1)]
    assert len(compile_stages(plan.changes).writes) == length
    half_done = live(*(f"s{n}" for n in range(length + 1) if n != 1500))
    states = {row.change.address: row.state for row in progress(plan, half_done)}
    assert {name for name, state in states.items() if state is State.DONE} == {
        f"s{n}" for n in range(1501, length + 1)
    }
    assert set(states.values()) == {State.DONE, State.TO_DO}


async def make(opened: Provisioner, method: str, **params: object) -> object:
    answer = await opened.session.client.call.make(method, params)
    assert answer.is_success, answer.error
    return answer.data


async def items(opened: Provisioner, code: str) -> list[dict[str, object]]:
    found = await make(opened, "entity.item.get", ENTITY=code)
    return [{"NAME": row["NAME"], **row.get("PROPERTY_VALUES", {})} for row in found]  # type: ignore[attr-defined]


async def with_items(opened: Provisioner, code: str, *properties: str) -> None:
    await make(opened, "entity.add", ENTITY=code, NAME=code)
    for prop in properties:
        await make(opened, "entity.item.property.add", ENTITY=code, PROPERTY=prop, NAME=prop)
    values = {prop: f"{prop} of {code}" for prop in properties}
    await make(opened, "entity.item.add", ENTITY=code, NAME=f"in {code}", PROPERTY_VALUES=values)


async def test_a_storage_and_a_property_are_renamed_and_keep_everything(portal: LocalPortal):
    text = """
        entities:
          dish: {name: Dishes, renamed_from: dishes, properties: {title: {name: T, renamed_from: [caption, header]}}}
    """
    async with provisioner(portal) as opened:
        await with_items(opened, "dishes", "header", "other")
        plan = await opened.plan(intent(text))
        assert [change.id for change in plan.changes] == [
            "rename entity dish",
            "update entity dish",
            "rename property dish.title",
            "update property dish.title",
        ]
        assert plan.summary.change == 4
        report = await opened.apply(intent(text), plan)
        assert report.verified, report
        assert await items(opened, "dish") == [
            {"NAME": "in dishes", "title": "header of dishes", "other": "other of dishes"}
        ]
        assert not (await opened.plan(intent(text))).changes


async def test_chains_run_from_their_free_end(portal: LocalPortal):
    text = """
        entities:
          b: {name: b, renamed_from: a}
          c: {name: c, renamed_from: b}
    """
    async with provisioner(portal) as opened:
        await with_items(opened, "a", "p")
        await with_items(opened, "b")
        report = await opened.apply(intent(text))
        assert report.verified, report
        assert [row["NAME"] for row in await items(opened, "b")] == ["in a"]
        assert [row["NAME"] for row in await items(opened, "c")] == ["in b"]


async def test_property_chains_keep_their_values(portal: LocalPortal):
    text = (
        "entities: {x: {name: x, properties: {b: {name: b, renamed_from: a}, c: {name: c, renamed_from: b}}}}"
    )
    async with provisioner(portal) as opened:
        await with_items(opened, "x", "a", "b")
        assert (await opened.apply(intent(text))).verified
        assert await items(opened, "x") == [{"NAME": "in x", "b": "a of x", "c": "b of x"}]


async def test_a_refused_rename_lets_nothing_touch_the_wrong_storage(portal: LocalPortal):
    text = "entities: {b: {name: new b, renamed_from: a}, c: {name: new c, renamed_from: b}}"
    async with provisioner(portal) as opened:
        await with_items(opened, "a")
        await with_items(opened, "b")
        wanted = intent(text)
        plan = await opened.plan(wanted)
        await with_items(opened, "c")  # somebody takes the free end
        portal.forget_calls()
        report = await opened.apply(wanted, plan)
        assert report.exit_code == 7
        assert {row.id: row.outcome.value for row in report.outcomes} == {
            "rename entity c": "failed",
            "update entity c": "skipped",
            "rename entity b": "skipped",
            "update entity b": "skipped",
        }
        assert len(portal.calls("entity.update")) == 1
        for code in "abc":
            assert [row["NAME"] for row in await items(opened, code)] == [f"in {code}"]


async def test_renames_of_many_take_two_batches(portal: LocalPortal):
    rows = "\n".join(f"  n{n}: {{name: N, renamed_from: o{n}, properties: {{p: }}}}" for n in range(8))
    async with provisioner(portal) as opened:
        for n in range(8):
            await with_items(opened, f"o{n}")
        plan = await opened.plan(intent(f"entities:\n{rows}"))
        assert plan.cost.requests == 3


async def test_a_former_code_that_may_not_be_read_blocks(portal: LocalPortal):
    portal.add_user(5)
    async with provisioner(portal) as opened:
        await with_items(opened, "dishes")
    async with provisioner(portal, user_id=5) as opened:
        plan = await opened.plan(intent("entities: {dish: {name: D, renamed_from: dishes}}"))
    assert [row.id for row in plan.blocked] == ["create entity dish"]


async def test_replacing_a_property_keeps_what_is_not_managed(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await make(opened, "entity.add", ENTITY="x", NAME="x")
        await make(opened, "entity.item.property.add", ENTITY="x", PROPERTY="Photo", NAME="Old", SORT=7)
        wanted = intent("entities: {x: {name: x, properties: {photo: {type: file, ignore: [name]}}}}")
        plan = await opened.plan(wanted)
        assert [(change.id, change.risk.value) for change in plan.changes] == [
            ("replace property x.Photo", "data_loss")
        ]
        assert plan.summary.add == plan.summary.destroy == 1
        report = await opened.apply(wanted, plan, allow_data_loss=True)
        assert report.verified, report
        found = await make(opened, "entity.item.property.get", ENTITY="x")
        assert found == [{"PROPERTY": "Photo", "NAME": "Old", "TYPE": "F", "SORT": "7"}]


@pytest.mark.parametrize(
    "wanted",
    [
        intent("entities: {food: {name: D}}", destroy=True),
        intent("removed: {entities: [food]}"),
        intent("entities: {}", prune=True),
        intent("entities: {food: {name: food}}\nremoved: {properties: [food.p]}"),
        intent("entities: {food: {name: food}}", prune=True),
    ],
)
async def test_a_deletion_that_did_not_happen_is_never_verified(portal: LocalPortal, wanted: Intent):
    class Pretending(FlakyTransport):
        """Says that deletions were done, and does nothing."""

        async def send(self, request: HttpRequest) -> HttpResponse:
            if b".delete" in request.body:
                return HttpResponse(
                    200, {"content-type": "application/json"}, b'{"result":{"result":[true]}}'
                )
            return await super().send(request)

    async with provisioner(portal, transport=Pretending(portal.app, [])) as opened:
        await with_items(opened, "food", "p")
        report = await opened.apply(wanted, allow_data_loss=True)
    assert not report.verified
    assert report.exit_code == 1
    assert len(report.differences) == 1
