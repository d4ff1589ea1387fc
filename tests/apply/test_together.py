"""Two applies at the same time, and runs that were killed: nothing is made twice, nothing is lost."""

import asyncio
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.local import Costs, LocalPortal
from b24provision.plan import Report
from b24provision.render import renderer
from tests.apply.oracle import State
from tests.apply.process import started
from tests.apply.test_faults import run, world, writes
from tests.apply.wire import Watched
from tests.support import Served, intent, provisioner, serve, write

MANY = "entities:\n" + "\n".join(
    f"  s{n}: {{name: S, properties: {{a: , b: , c: , d: }}}}" for n in range(30)
)


class Yielding:
    """Lets others go first, a given number of times before each request."""

    def __init__(self, turns: list[int]) -> None:
        self._turns = iter(turns)

    async def __call__(self) -> None:
        for _ in range(next(self._turns, 0)):
            await asyncio.sleep(0)


async def apply_as(portal: LocalPortal, user_id: int, text: str, turns: list[int]) -> Report:
    transport = Watched(portal.app, lambda *_: None, before=Yielding(turns))
    async with provisioner(portal, user_id=user_id, transport=transport) as opened:
        return await opened.apply(intent(text), allow_data_loss=True)


def together(portal: LocalPortal, first: str, second: str, turns: list[int]) -> tuple[Report, Report]:
    async def both() -> tuple[Report, Report]:
        one = apply_as(portal, 1, first, turns[::2])
        two = apply_as(portal, 2, second, turns[1::2])
        return await asyncio.gather(one, two)

    portal.add_user(2, admin=True)
    return asyncio.run(both())


def codes(portal: LocalPortal) -> Counter[str]:
    return Counter(code for code, _ in State.of(portal).storages.values())


turns = st.lists(st.integers(0, 60), max_size=40)


@settings(max_examples=15, deadline=None)
@given(turns)
def test_two_of_the_same_manifest_both_end_verified(turns: list[int]):
    with LocalPortal.open() as portal:
        for report in together(portal, MANY, MANY, turns):
            assert report.verified, report
        assert len(codes(portal)) == 30
        assert set(codes(portal).values()) == {1}
        assert len(State.of(portal).properties) == 120


OTHER = "\n".join(
    [
        "entities:",
        *(f"  s{n}: {{name: Other, properties: {{e: }}}}" for n in range(20, 30)),
        *(f"  t{n}: {{name: T, properties: {{a: }}}}" for n in range(20)),
    ]
)


@settings(max_examples=15, deadline=None)
@given(turns)
def test_two_of_different_manifests_say_what_the_other_did(turns: list[int]):
    with LocalPortal.open() as portal:
        for report, text in zip(together(portal, MANY, OTHER, turns), (MANY, OTHER), strict=True):
            named = {row.id for row in report.differences}
            named |= {row.id for row in report.outcomes if row.outcome != "done"}
            assert report.verified or named, text
            assert report.exit_code in (0, 1, 7)
        found = State.of(portal)
        assert set(codes(portal).values()) == {1}
        assert len(found.storages) == 50
        assert {name for _, name in found.storages.values()} <= {"S", "T", "Other"}
        assert len({(row[0], row[1]) for row in found.properties.values()}) == len(found.properties)
        for text in (MANY, OTHER):
            assert asyncio.run(apply_as(portal, 1, text, [])).verified


def test_two_of_a_plan_with_everything_in_it():
    with LocalPortal.open() as portal:
        portal.import_state(world().document)

        async def both() -> list[Report]:
            found = await asyncio.gather(run(portal), run(portal))
            return [row for row in found if isinstance(row, Report)]

        for report in asyncio.run(both()):
            assert report.exit_code in (0, 7), report
        last = asyncio.run(run(portal))
        assert isinstance(last, Report)
        assert last.verified
        storages = State.of(portal).storages
        assert sorted(storages.values()) == sorted(world().after.storages.values())
        assert State.of(portal).items == world().after.items
        assert writes(portal)


APPLY = ["apply", "--auto-approve", "--allow-data-loss"]


def die_and_begin_anew(moment: int) -> int:
    """Kill an apply when the portal has carried out so many commands, and apply again; gives what was made by then."""
    with LocalPortal.open(costs=Costs(0.004)) as portal, serve(portal.app) as endpoint:
        carried_out, reached = count(1), threading.Event()
        portal.listen(lambda _: reached.set() if next(carried_out) >= moment else None)
        env, said = Served(portal, endpoint).environment(), Path(f"said-{threading.get_ident()}")
        killed = started(APPLY, env, said)
        assert reached.wait(timeout=60)
        killed.kill()
        killed.join()
        made = len(State.of(portal).properties)
        again = started(APPLY, env, said)
        again.join()
        assert again.exitcode == 0, said.read_text()
        assert "Verified." in said.read_text() or "No changes." in said.read_text()
        assert sorted(codes(portal).elements()) == sorted(f"s{n}" for n in range(30))
        assert len(State.of(portal).properties) == 120
        return made


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_killed_run_is_taken_up_by_the_next():
    write(MANY)
    chance = random.Random(6)
    moments = [chance.randrange(1, 2 + 30 * 5) for _ in range(50)]
    with ThreadPoolExecutor(3) as several:
        made = list(several.map(die_and_begin_anew, moments))
    assert len(set(made)) > 10, "they died at moments too much alike"


def test_two_processes_of_two_users_apply_the_same_manifest():
    write(MANY)
    with LocalPortal.open(costs=Costs(0.01)) as portal, serve(portal.app) as endpoint:
        portal.add_user(2, admin=True)
        running = []
        for user_id in (1, 2):
            token, said = portal.issue_token(user_id).access_token, Path(f"said-{user_id}")
            env = {"B24_ENDPOINT": endpoint, "B24_ACCESS_TOKEN": token}
            running.append((started([*APPLY, "--state-dir", f"state-{user_id}"], env, said), said))
        for process, said in running:
            process.join()
            assert process.exitcode == 0, said.read_text()
            assert "Verified." in said.read_text() or "No changes." in said.read_text()
        assert set(codes(portal).values()) == {1}
        assert len(State.of(portal).properties) == 120


def test_who_creates_the_same_storage_at_the_same_moment_is_told():
    """The portal looks, then writes, without a lock: both creations succeed."""
    with LocalPortal.open() as portal:
        portal.faults.add("race", method="entity.add", times=None)
        both = together(portal, "entities: {dish: {name: D}}", "entities: {dish: {name: D}}", [0] * 10)
        assert codes(portal) == {"dish": 2}
        assert [report.exit_code for report in both] == [1, 1]
        for report in both:
            assert [note.address for note in report.doubles] == ["dish"]
            assert "2 storages with the code dish are live" in renderer("text").report(report)
