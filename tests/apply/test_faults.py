"""Everything that can go wrong, at every request: a run ends verified or with exit 7, and the next one verified."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.errors import B24ProvisionError
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.local.calls import CallRecord
from b24provision.local.faults import Kind
from b24provision.plan import Report
from b24provision.rest.calls import guess_reads
from tests.apply.oracle import State, check
from tests.rest.virtual import virtually
from tests.support import intent, provisioner

NEW, OLD, RENAMED, DOOMED = 12, 8, 6, 4

BEFORE = "entities:\n" + "\n".join(
    [
        *(f"  live{n}: {{name: L, access: {{AU: R}}, properties: {{a: , b: , c: }}}}" for n in range(OLD)),
        *(f"  was{n}: {{name: W, properties: {{a: , b: }}}}" for n in range(RENAMED)),
        *(f"  gone{n}: {{name: G}}" for n in range(DOOMED)),
        *(f"  stranger{n}: {{name: S, properties: {{a: }}}}" for n in range(3)),
    ]
)
WANTED = "\n".join(
    [
        "entities:",
        *(f"  new{n}: {{name: N, properties: {{p0: , p1: , p2: , p3: }}}}" for n in range(NEW)),
        *(
            f"  live{n}: {{name: Live, access: {{AU: W}}, properties: {{a: {{type: file}}, b: {{name: B}}, d: }}}}"
            for n in range(OLD)
        ),
        *(
            f"  now{n}: {{name: W, renamed_from: was{n}, properties: {{z: {{name: a, renamed_from: a}}, b: , c: }}}}"
            for n in range(RENAMED)
        ),
        "removed:",
        f"  entities: [{', '.join(f'gone{n}' for n in range(DOOMED))}]",
        f"  properties: [{', '.join(f'live{n}.c' for n in range(OLD))}]",
    ]
)
OF_COMMANDS_ALONE = [Kind.DEADLOCK, Kind.RACE]
REQUESTS = [kind for kind in Kind if kind not in OF_COMMANDS_ALONE]
COMMANDS = [*OF_COMMANDS_ALONE, Kind.OPERATION_TIME_LIMIT, Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.HTML_500]
FINAL = [Kind.OVERLOAD_LIMIT, Kind.EXPIRED_TOKEN]
"""What no run gets over by itself: a block by hand, and a token that nobody renews."""
ENDPOINT, ELSEWHERE = "http://127.0.0.1/rest/", "http://localhost"


@dataclass(frozen=True)
class Trouble:
    kind: Kind
    nth: int
    method: str | None = None
    times: int = 1


@dataclass(frozen=True)
class World:
    """The portal before, as a document and as a state, the state after, and how many requests and writes that took."""

    document: dict[str, Any]
    before: State
    after: State
    requests: int
    writes: int


@cache
def wanted() -> Intent:
    return intent(WANTED)


async def fill(portal: LocalPortal) -> None:
    async with provisioner(portal) as opened:
        assert (await opened.apply(intent(BEFORE))).verified
        make = opened.session.client.call.make
        for code in ("live0", "live1", "was0", "was1", "gone0", "stranger0"):
            for n in range(2):
                values = {"a": f"a{n}", "b": f"b{n}", "c": f"c{n}"}
                await make("entity.item.add", {"ENTITY": code, "NAME": f"{n}", "PROPERTY_VALUES": values})


@cache
def world() -> World:
    with LocalPortal.open() as portal:
        asyncio.run(fill(portal))
        document, before = portal.export_state(), State.of(portal)
        portal.forget_calls()
        report = virtually(run(portal))
        assert isinstance(report, Report)
        assert report.verified
        return World(document, before, State.of(portal), portal.request_count, len(writes(portal)))


@contextmanager
def ready() -> Iterator[LocalPortal]:
    with LocalPortal.open() as portal:
        portal.import_state(world().document)
        yield portal


async def run(portal: LocalPortal) -> Report | B24ProvisionError:
    async with provisioner(portal, endpoint=ENDPOINT) as opened:
        try:
            return await opened.apply(wanted(), allow_data_loss=True)
        except B24ProvisionError as error:
            return error


def writes(portal: LocalPortal) -> list[CallRecord]:
    return [call for call in portal.calls() if call.ok and not guess_reads(call.method, call.params)]


def survive(troubles: Sequence[Trouble]) -> Report | B24ProvisionError:
    """Apply amid trouble, and once more without; gives how the first ended."""
    with ready() as portal:
        for each in troubles:
            portal.faults.add(each.kind, nth=each.nth, method=each.method, times=each.times, to=ELSEWHERE)
        first = virtually(run(portal))
        check(world().before, State.of(portal), world().after)
        if isinstance(first, Report):
            assert (first.exit_code == 0) == first.verified
            assert first.exit_code in (0, 7), first
        else:
            assert not writes(portal), first
        portal.faults.clear()
        second = virtually(run(portal))
        assert isinstance(second, Report)
        assert second.verified, second
        check(world().before, State.of(portal), world().after)
        twice = [key for key, count in Counter(map(_effect, writes(portal))).items() if count > 1]
        assert not twice
        return first


def _effect(call: CallRecord) -> tuple[str, str]:
    return call.method, repr(sorted(call.params.items()))


def test_the_plan_has_a_hundred_and_twenty_calls():
    assert world().writes >= 120


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_request_in_turn(kind: Kind):
    for nth in range(1, world().requests + 1):
        ended = survive([Trouble(kind, nth)])
        assert kind in FINAL or (isinstance(ended, Report) and ended.verified), (nth, ended)


@pytest.mark.parametrize("kind", COMMANDS)
def test_some_commands_in_turn(kind: Kind):
    for nth in range(1, world().writes, 17):
        survive([Trouble(kind, nth, method="entity.*")])


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize("kind", [Kind.DEADLOCK, Kind.OPERATION_TIME_LIMIT])
def test_what_passes_by_itself_is_tried_again(kind: Kind, times: int):
    ended = survive([Trouble(kind, 10, method="entity.*.add", times=times)])
    assert isinstance(ended, Report)
    assert ended.verified


troubles = st.lists(
    st.builds(Trouble, st.sampled_from(REQUESTS), st.integers(1, 14), times=st.integers(1, 5))
    | st.builds(
        Trouble,
        st.sampled_from(COMMANDS),
        st.integers(1, 130),
        method=st.sampled_from(["entity.*", "entity.add", "entity.*.add", "entity.update", "entity.*delete"]),
        times=st.integers(1, 8),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(troubles)
def test_anything_at_once(several: list[Trouble]):
    survive(several)
