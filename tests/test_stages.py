"""Changes → batches: the rules every plan keeps, and what the plans of the benchmarks come to."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24provision.costs import SEEN, Costs
from b24provision.forecast import forecast
from b24provision.packing import BUDGET_S
from b24provision.plan import Action, Change, Kind, Risk
from b24provision.rest import Limits
from b24provision.rest.calls import Call
from b24provision.rest.stats import MethodStats
from b24provision.stages import Batch, compile_stages

METHODS = {
    (Action.CREATE, Kind.ENTITY): ["entity.add"],
    (Action.UPDATE, Kind.ENTITY): ["entity.update"],
    (Action.RENAME, Kind.ENTITY): ["entity.update"],
    (Action.DELETE, Kind.ENTITY): ["entity.delete"],
    (Action.CREATE, Kind.PROPERTY): ["entity.item.property.add"],
    (Action.UPDATE, Kind.PROPERTY): ["entity.item.property.update"],
    (Action.RENAME, Kind.PROPERTY): ["entity.item.property.update"],
    (Action.DELETE, Kind.PROPERTY): ["entity.item.property.delete"],
    (Action.REPLACE, Kind.PROPERTY): ["entity.item.property.delete", "entity.item.property.add"],
}


def change(action: Action, address: str, *, former: str = "", **params: object) -> Change:
    kind = Kind.PROPERTY if "." in address else Kind.ENTITY
    return Change(
        action=action,
        kind=kind,
        address=address,
        risk=Risk.SAFE,
        before={"code": former} if former else None,
        after={},
        reason="",
        calls=tuple(Call(method, {"ENTITY": address, **params}) for method in METHODS[action, kind]),
    )


def creation(entities: int, properties: int) -> list[Change]:
    return [
        change(Action.CREATE, address)
        for n in range(entities)
        for address in (f"s{n}", *(f"s{n}.p{each}" for each in range(properties)))
    ]


QUICK = Costs({})
"""A portal on which nothing takes long enough to be worth a request of its own."""


def batches(changes: Sequence[Change], costs: Costs = SEEN) -> Sequence[Batch]:
    return compile_stages(changes, costs=costs).writes


def shape(changes: Sequence[Change], costs: Costs = SEEN) -> list[tuple[int, list[int]]]:
    return [(len(batch.steps), sorted(batch.after)) for batch in batches(changes, costs)]


@pytest.mark.parametrize(
    ("entities", "properties", "requests"), [(3, 1, 1), (50, 10, 11), (1, 400, 9), (500, 20, 210), (7, 0, 1)]
)
def test_the_fewest_requests_come_first(entities: int, properties: int, requests: int):
    assert len(batches(creation(entities, properties))) == requests


def test_fifty_storages_open_with_four_batches_and_the_rest_waits_for_few():
    assert shape(creation(50, 10)) == [
        *[(50, [])] * 4,
        (50, [0]),
        (50, [0, 1]),
        (50, [1]),
        (50, [1, 2]),
        (50, [2]),
        (50, [2, 3]),
        (50, [3]),
    ]


def test_nobody_waits_long_for_a_storage_of_many_properties():
    assert shape(creation(1, 400)) == [(1, []), *[(50, [0])] * 8]


def test_what_depends_on_nothing_is_spread_evenly():
    updates = [change(Action.UPDATE, f"s{n}") for n in range(120)]
    assert shape(updates, QUICK) == [(40, [])] * 3
    assert shape(updates) == [(30, [])] * 4


def test_long_work_is_spread_over_a_few_requests_side_by_side():
    assert shape(creation(3, 3)) == [(12, [])]
    assert shape(creation(5, 4)) == [(15, []), (10, [])]
    assert shape(creation(10, 3)) == [(12, []), (8, []), (12, []), (8, [])]
    assert shape([change(Action.DELETE, f"s{n}") for n in range(50)]) == [
        (13, []),
        (13, []),
        (12, []),
        (12, []),
    ]


def test_a_storage_too_large_for_its_share_is_made_first():
    assert shape(creation(1, 49)) == [(1, []), (17, [0]), (16, [0]), (16, [0])]


def test_a_rename_is_answered_before_anything_follows():
    renames = [change(Action.RENAME, f"n{n}", former=f"o{n}") for n in range(3)]
    inside = [change(Action.CREATE, f"n{n}.p") for n in range(3)]
    assert shape([*renames, *inside]) == [(3, []), (3, [0])]


def test_what_would_begin_a_batch_for_itself_rides_along_where_nothing_waits_for_it():
    renames = [change(Action.RENAME, f"n{n}", former=f"o{n}") for n in range(10)]
    inside = [change(Action.CREATE, f"n{n}.p") for n in range(10)]
    free = [change(Action.UPDATE, f"f{n}") for n in range(60)]
    assert shape([*renames, *inside, *free], QUICK) == [(50, []), (30, [0])]


def test_deletions_come_last_and_share_the_last_batch():
    assert shape([*creation(2, 1), change(Action.DELETE, "old")]) == [(5, [])]
    deletions = [change(Action.DELETE, f"old{n}") for n in range(55)]
    assert shape([*creation(12, 4), *deletions], QUICK) == [(50, []), (15, [0]), (50, [0, 1])]


def test_what_a_batch_would_alter_goes_alone():
    odd = change(Action.CREATE, "odd", NAME="$result[a]")
    found = batches([odd, change(Action.CREATE, "odd.p"), change(Action.CREATE, "even")])
    assert [(len(batch.steps), batch.is_alone, sorted(batch.after)) for batch in found] == [
        (1, True, []),
        (2, False, [0]),
    ]


def test_rights_are_replaced_before_anything_else_happens_inside():
    rights = change(Action.UPDATE, "dish", ACCESS={"AU": "R"})
    updates = [change(Action.UPDATE, f"dish.p{n}") for n in range(70)]
    first, *others = batches([rights, *updates])
    assert first.steps[0].change_id == rights.id
    assert all(batch.after == {0} for batch in others)


def test_a_portal_measured_to_be_slow_gets_smaller_batches():
    slow = SEEN.corrected({"entity.item.property.add": MethodStats(20, 40.0)})
    found = compile_stages(creation(4, 30), costs=slow).writes
    assert len(found) == 7 > len(batches(creation(4, 30)))
    assert all(batch.seconds(slow) <= BUDGET_S for batch in found)
    assert SEEN.corrected({"entity.add": MethodStats(100, 1.0)}) is SEEN


def test_the_forecast_plays_the_batches_through():
    cost = forecast(creation(50, 10))
    assert (cost.requests, cost.commands) == (14, 652)
    assert cost.seconds == pytest.approx(3 * 28 - 0.16 * 12 + 4, abs=2)
    assert (cost.busiest_method, cost.bucket_share) == ("entity.item.property.add", 0.28)
    assert cost.operating_share == pytest.approx(500 * 0.56 / 480, abs=0.001)


def test_the_forecast_bears_a_limit_as_small_as_its_margin():
    assert forecast(creation(3, 1), limits=Limits(operating_limit_s=5.0)).seconds == pytest.approx(
        2.88 + 8 * 0.08
    )
    assert forecast(creation(3, 3), limits=Limits(operating_limit_s=5.0)).seconds > 600


@st.composite
def plans(draw: st.DrawFn) -> list[Change]:
    """Plans as `diff` makes them: storages in order, deletions at the end, codes vacated before they are taken."""
    made: list[Change] = []
    gone: list[Change] = []
    for n in range(draw(st.integers(0, 12))):
        code = f"e{n}"
        kind = draw(st.sampled_from(["new", "live", "renamed", "rights", "deleted"]))
        name = {"NAME": draw(st.sampled_from(["plain", "$result[x]"]))}
        if kind == "deleted":
            gone.append(change(Action.DELETE, code))
            continue
        if kind == "new":
            made.append(change(Action.CREATE, code, **name))
        if kind == "renamed":
            former = f"e{n - 1}" if draw(st.booleans()) else f"old{n}"
            made.append(change(Action.RENAME, code, former=former))
        if kind == "rights":
            made.append(change(Action.UPDATE, code, ACCESS={"AU": "R"}))
        actions = (
            [Action.CREATE]
            if kind == "new"
            else [Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE]
        )
        for each in range(draw(st.sampled_from([0, 1, 5, 30]))):
            action = draw(st.sampled_from(actions))
            (gone if action is Action.DELETE else made).append(change(action, f"{code}.p{each}", **name))
    return [*made, *gone]


@given(plans())
def test_every_plan_keeps_the_rules(changes: list[Change]):
    found = batches(changes)
    sent = [step for batch in found for step in batch.steps]
    assert sorted(id(step.call) for step in sent) == sorted(id(call) for row in changes for call in row.calls)
    place = {
        id(step.call): (number, row)
        for number, batch in enumerate(found)
        for row, step in enumerate(batch.steps)
    }
    last = {row.id: place[id(row.calls[-1])] for row in changes}
    known: set[str] = set()
    for batch in found:
        assert len(batch.steps) <= 50
        assert batch.seconds() <= BUDGET_S
        assert batch.is_alone or all("$" not in str(step.call.params) for step in batch.steps)
    for row in changes:
        step = next(step for step in sent if step.call is row.calls[0])
        number, position = place[id(row.calls[0])]
        for other in known & step.waits:
            assert last[other][0] in found[number].after
        for other in known & (step.needs | step.follows):
            before = last[other]
            assert before[0] in found[number].after or (before[0] == number and before[1] < position)
        calls = [place[id(call)][0] for call in row.calls]
        assert all(early in found[late].after for early, late in pairwise(calls))
        if row.action is Action.DELETE:
            others = {
                place[id(call)] for each in changes if each.action is not Action.DELETE for call in each.calls
            }
            assert all(
                other in found[number].after or (other == number and there < position)
                for other, there in others
            )
        known.add(row.id)
    for number, batch in enumerate(found):
        assert all(before < number for before in batch.after)


@given(plans())
def test_what_is_left_of_a_plan_keeps_depending_on_the_rest(changes: list[Change]):
    left = changes[len(changes) // 2 :]
    whole = {step.change_id: step for batch in batches(changes) for step in batch.steps}
    for batch in compile_stages(left, among=changes).writes:
        for step in batch.steps:
            assert step.waits == whole[step.change_id].waits
            assert step.needs == whole[step.change_id].needs
