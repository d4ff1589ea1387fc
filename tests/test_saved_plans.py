"""Plans that are saved: carried out as they were seen, resumed, and refused when they no longer fit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from b24provision.errors import InputError, StaleError
from b24provision.local import LocalPortal
from b24provision.plan import Plan
from b24provision.planfile import is_plan, read_plan, write_plan
from b24provision.render import renderer
from tests.support import Served, intent, provisioner, run, write

pytestmark = pytest.mark.anyio

BEFORE = """
entities:
  dish: {name: Dishes, access: {AU: R}, properties: {price: , photo: , colour: }}
  old: {name: Old}
  first: {name: First}
  second: {name: Second}
"""
AFTER = """
entities:
  dish:
    name: Food
    access: {AU: W}
    properties: {price: {name: Price, type: number}, photo: {type: file}, hue: {name: Hue, renamed_from: colour}, new: }
  second: {name: First, renamed_from: first}
  third: {name: Second, renamed_from: second}
  menu: {name: Menus, access: {}, properties: {day: }}
removed: {entities: [old]}
"""


async def saved_plan(portal: LocalPortal) -> Plan:
    """A plan with every kind of change, there and back through a file."""
    async with provisioner(portal) as opened:
        assert (await opened.apply(intent(BEFORE))).verified
        plan = await opened.plan(intent(AFTER))
    path = Path("plan.json")
    write_plan(plan, path)
    again = read_plan(path)
    assert renderer("json").plan(again) == path.read_text(encoding="utf-8")
    return again


async def test_a_saved_plan_is_the_plan(portal: LocalPortal):
    plan = await saved_plan(portal)
    assert {change.action.value for change in plan.changes} == {
        "create",
        "update",
        "rename",
        "replace",
        "delete",
    }
    assert renderer("text").plan(plan).splitlines()[-1] == "Plan: 4 to add, 6 to change, 2 to destroy."


async def test_it_is_carried_out_and_then_it_is_done(portal: LocalPortal):
    plan = await saved_plan(portal)
    async with provisioner(portal) as opened:
        report = await opened.apply_saved(plan, allow_data_loss=True)
        assert report.verified, report
        assert not (await opened.plan(intent(AFTER))).changes
        portal.forget_calls()
        again = await opened.apply_saved(plan, allow_data_loss=True)
    assert again.verified
    assert again.exit_code == 0
    assert all(call.method in READS for call in portal.calls())


READS = {"profile", "entity.get", "entity.rights", "entity.item.property.get", "entity.item.get"}


async def test_any_prefix_of_it_is_resumed(portal: LocalPortal):
    """Every write of the plan is made alone by somebody, and the plan carried out from there."""
    with LocalPortal.open() as counting:
        plan = await saved_plan(counting)
        async with provisioner(counting) as opened:
            counting.forget_calls()
            await opened.apply_saved(plan, allow_data_loss=True)
        writes = [(call.method, dict(call.params)) for call in counting.calls() if call.method not in READS]
    assert len(writes) >= 12
    for length in range(len(writes) + 1):
        with LocalPortal.open() as other:
            plan = await saved_plan(other)
            async with provisioner(other) as opened:
                for method, params in writes[:length]:
                    assert (await opened.session.client.call.make(method, params)).is_success
                report = await opened.apply_saved(plan, allow_data_loss=True)
                assert report.verified, (length, report)
                assert not (await opened.plan(intent(AFTER))).changes


MEDDLING = [
    ("entity.update", {"ENTITY": "dish", "NAME": "Somebody's"}),
    ("entity.rights", {"ENTITY": "dish", "ACCESS": {"AU": "R", "U7": "W"}}),
    ("entity.item.property.update", {"ENTITY": "dish", "PROPERTY": "price", "NAME": "Cost"}),
    ("entity.item.property.delete", {"ENTITY": "dish", "PROPERTY": "price"}),
    ("entity.item.property.add", {"ENTITY": "dish", "PROPERTY": "new", "NAME": "Other"}),
    ("entity.add", {"ENTITY": "menu", "NAME": "Other"}),
    ("entity.delete", {"ENTITY": "dish"}),
    ("entity.item.add", {"ENTITY": "old", "NAME": "Item"}),
    ("entity.item.add", {"ENTITY": "dish", "NAME": "Item", "PROPERTY_VALUES": {"photo": "x"}}),
]


@pytest.mark.parametrize(("method", "params"), MEDDLING)
async def test_what_somebody_changed_in_between_makes_it_stale(
    portal: LocalPortal, method: str, params: dict[str, object]
):
    plan = await saved_plan(portal)
    async with provisioner(portal) as opened:
        answer = await opened.session.client.call.make(method, params)
        assert answer.is_success, answer.error
        portal.forget_calls()
        with pytest.raises(StaleError):
            await opened.apply_saved(plan, allow_data_loss=True)
    assert {call.method for call in portal.calls()} <= READS


async def test_what_happens_elsewhere_does_not_matter(portal: LocalPortal):
    plan = await saved_plan(portal)
    async with provisioner(portal) as opened:
        make = opened.session.client.call.make
        await make("entity.add", {"ENTITY": "stranger", "NAME": "S"})
        await make("entity.item.property.add", {"ENTITY": "dish", "PROPERTY": "unplanned", "NAME": "U"})
        assert (await opened.apply_saved(plan, allow_data_loss=True)).verified


async def test_it_says_what_it_was_planned_from_what_is_and_what_was_wanted(portal: LocalPortal):
    async with provisioner(portal) as opened:
        await opened.apply(intent("entities: {dish: {name: Dishes}}"))
        plan = await opened.plan(intent("entities: {dish: {name: Food}}"))
        await opened.session.client.call.make("entity.update", {"ENTITY": "dish", "NAME": "Meals"})
        with pytest.raises(StaleError) as caught:
            await opened.apply_saved(plan)
    assert 'dish: planned from {"name": "Dishes"}, now {"name": "Meals"}, wanted {"name": "Food"}' in str(
        caught.value
    )


async def test_it_is_bound_to_its_user(portal: LocalPortal):
    plan = await saved_plan(portal)
    portal.add_user(7, admin=True)
    async with provisioner(portal, user_id=7) as opened:
        with pytest.raises(StaleError, match="user 1"):
            await opened.apply_saved(plan, allow_data_loss=True)


def breaking(change: Callable[[dict[str, object]], object]) -> str:
    content = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    change(content)
    return json.dumps(content)


def test_the_command_line_saves_shows_and_carries_out(served: Served):
    env = served.environment()
    manifest = write("entities: {dish: {name: Dishes}}")
    planned = run("plan", "--out", "plan.json", env=env)
    assert planned.exit_code == 0
    assert run("show", "plan.json").stdout == planned.stdout
    assert is_plan(Path("plan.json"))
    secret = env["B24_ACCESS_TOKEN"]
    assert secret not in Path("plan.json").read_text(encoding="utf-8")
    assert run("apply", "plan.json", "--auto-approve", "--prune", env=env).exit_code == 3
    applied = run("apply", "plan.json", "--auto-approve", env=env)
    assert (applied.exit_code, applied.stdout.splitlines()[-1]) == (
        0,
        "Apply complete! 1 added, 0 changed, 0 destroyed. Verified.",
    )
    manifest.write_text("b24provision: 1\nentities: {dish: {name: Changed}}", encoding="utf-8")
    stale = run("apply", "plan.json", "--auto-approve", env=env)
    assert (stale.exit_code, "main.yaml was changed" in stale.stderr) == (6, True)


def test_a_file_that_is_no_plan_is_said_so(served: Served):
    env = served.environment()
    write("entities: {dish: {name: Dishes}}")
    run("plan", "--out", "plan.json", env=env)
    for text in (
        breaking(lambda plan: plan.update(format_version="99")),
        breaking(lambda plan: plan.pop("changes")),
        breaking(lambda plan: plan["changes"][0].update(action="explode")),  # type: ignore[index]
        "[]",
        "nonsense",
    ):
        Path("broken.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="plan"):
            read_plan(Path("broken.json"))
        assert run("show", "broken.json").exit_code == 3


def test_the_journal_tells_what_was_sent_and_how_it_ended():
    write("entities: {dish: {name: Dishes, properties: {price: }}}")
    run("plan", "--target", "local")
    assert run("log").stdout == "No run has written anything yet.\n"
    run("apply", "--target", "local", "--auto-approve")
    listed = run("log").stdout.splitlines()
    assert len(listed) == 1
    assert listed[0].endswith("local  2 to add, 0 to change, 0 to destroy  verified")
    shown = run("log", listed[0].split()[0]).stdout.splitlines()
    assert [line.split("  ", 1)[1].split(":")[0] for line in shown] == [
        "planned",
        "request 1, sending 2",
        "request 1, answered",
        "ended",
    ]
    assert run("log", "nothing").exit_code == 3


CHAINED = """
entities:
  a: {name: G, renamed_from: g, properties: {r: }}
  g: {name: B, renamed_from: b, properties: {r: {name: q, %s renamed_from: q}}}
"""


@pytest.mark.parametrize("kind", ["", "type: file,"])
@pytest.mark.parametrize("first", ["r: ", "q: ", "r: , q: ", "other: "])
async def test_a_property_is_renamed_in_a_storage_that_takes_over_a_code(
    portal: LocalPortal, kind: str, first: str
):
    """While the codes have not moved, what goes by the code is another storage, with properties of its own."""
    async with provisioner(portal) as opened:
        before = f"entities: {{g: {{name: G, properties: {{{first}}}}}, b: {{name: B, properties: {{q: }}}}}}"
        assert (await opened.apply(intent(before))).verified
        wanted = intent(CHAINED % kind)
        plan = await opened.plan(wanted)
        assert (await opened.apply_saved(plan, allow_data_loss=True)).verified
        assert not (await opened.plan(wanted)).changes
        assert (await opened.apply_saved(plan, allow_data_loss=True)).verified
