"""Two applies at the same time, and runs that were killed: nothing is made twice, nothing is lost."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.local import Costs, LocalPortal
from b24provision.plan import Report
from tests.apply.oracle import State
from tests.apply.test_faults import run, world, writes
from tests.apply.wire import Watched
from tests.support import Served, intent, provisioner, serve, write

KILLS = 50 if os.environ.get("B24P_SWEEP") == "all" else 4
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


@contextmanager
def slow_portal() -> Iterator[Served]:
    with LocalPortal.open(costs=Costs(0.02)) as portal, serve(portal.app) as endpoint:
        yield Served(portal, endpoint)


def command(served: Served) -> tuple[list[str], dict[str, str]]:
    arguments = [sys.executable, "-m", "b24provision", "apply", "--auto-approve", "--allow-data-loss"]
    return arguments, {**os.environ, **served.environment()}


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_killed_run_is_taken_up_by_the_next():
    """`B24P_SWEEP=all` kills fifty times."""
    write(MANY)
    moments = random.Random(6)
    for _ in range(KILLS):
        with slow_portal() as served:
            arguments, env = command(served)
            killed = subprocess.Popen(
                arguments, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(moments.uniform(0.3, 1.6))
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            done = subprocess.run(arguments, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "Verified." in done.stdout or "No changes." in done.stdout
            found = State.of(served.portal)
            assert sorted(code for code, _ in found.storages.values()) == sorted(f"s{n}" for n in range(30))
            assert len(found.properties) == 120
