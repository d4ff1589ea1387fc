"""What is said while an apply runs, and what `plan --explain` says beforehand."""

import asyncio
import io
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from b24provision.apply import Pulse
from b24provision.cli.progress import Progress
from b24provision.plan import Cost
from b24provision.render.stages import cost_line
from tests.rest.virtual import VirtualLoop, now
from tests.support import run, write

pytestmark = pytest.mark.anyio

PULSE = Pulse(done=210, total=550, in_flight=4, entity="dish", seconds_left=42.0)


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"loop_factory": VirtualLoop}


def progress(*, is_on: bool = True, is_terminal: bool = False) -> tuple[Progress, io.StringIO]:
    stream = io.StringIO()
    return Progress(stream, is_on, is_terminal, clock=now), stream


async def test_elsewhere_than_on_a_terminal_a_line_comes_every_ten_seconds():
    shown, stream = progress()
    with shown.shown():
        shown.watch(PULSE)
        await asyncio.sleep(25)
    await asyncio.sleep(25)
    assert stream.getvalue() == (
        "210/550  4 in flight  dish  about 32 s left\n210/550  4 in flight  dish  about 22 s left\n"
    )


async def test_a_terminal_has_a_bar_that_goes_away():
    shown, stream = progress(is_terminal=True)
    with shown.shown():
        shown.watch(PULSE)
        await asyncio.sleep(1.5)
        shown.telling(lambda text: print(text, file=stream))("Waiting 9 s: the rate limit")
    frames = stream.getvalue().split("\r\x1b[K")
    assert frames == [
        "",
        "[#########---------------] 210/550  4 in flight  dish  about 42 s left",
        "[#########---------------] 210/550  4 in flight  dish  about 41 s left",
        "Waiting 9 s: the rate limit\n",
        "",
    ]


async def test_what_is_waited_for_is_said():
    shown, stream = progress()
    with shown.shown():
        shown.watch(
            replace(
                PULSE, in_flight=0, entity="", waits_for="the operating time of entity.add", seconds_left=900
            )
        )
        await asyncio.sleep(15)
    assert stream.getvalue() == "210/550  about 15 min left  waiting for the operating time of entity.add\n"


async def test_programs_are_spared():
    shown, stream = progress(is_on=False, is_terminal=True)
    with shown.shown():
        shown.watch(PULSE)
        await asyncio.sleep(25)
    assert stream.getvalue() == ""


def test_what_a_plan_costs_is_said_when_it_is_much():
    assert (
        cost_line(Cost(requests=3, commands=20, seconds=4.0, bucket_share=0.06, operating_share=0.1)) is None
    )
    assert cost_line(Cost(14, 652, 86.1, 0.28, "entity.item.property.add", 0.583)) == snapshot(
        "652 commands in 14 requests, about 86 s: 58% of the operating time of entity.item.property.add."
    )
    assert cost_line(Cost(231, 11502, 1484.2, 4.62, "entity.item.property.add", 11.667)) == snapshot(
        "11502 commands in 231 requests, about 25 min: 462% of the requests the portal takes at once, 1167% of the operating time of entity.item.property.add; most of it is waiting."
    )
    assert cost_line(Cost(90, 4000, 400.0)) == snapshot("4000 commands in 90 requests, about 7 min.")


def test_explain_prints_the_stages():
    write("entities: {dish: {name: Dishes, properties: {price: , photo: }}, odd: {name: '$result[x]'}}")
    shown = run("plan", "--target", "local", "--explain").stdout.partition("to destroy.\n")[2]
    assert shown == snapshot("""\

Stages:
    1  3 commands, about 1.5 s
         dish: entity.add, 2 × entity.item.property.add
    2  1 call by itself, about 0.4 s
         odd: entity.add
    3  verify: 6 reads of 2 storages, after all writes

10 commands in 3 requests, about 2 s.
""")
    run("apply", "--target", "local", "--auto-approve")
    write(
        "entities: {meal: {name: Meals, renamed_from: dish}, odd: {name: Odd}}\nremoved: {properties: [meal.photo]}"
    )
    shown = run("plan", "--target", "local", "--explain").stdout.partition("to destroy.\n")[2]
    assert shown == snapshot("""\

Stages:
    1  2 commands, about 1.1 s
         dish: entity.update
         odd: entity.update
    2  2 commands, about 1.1 s, after 1
         meal: entity.update, entity.item.property.delete
    3  verify: 6 reads of 2 storages, after all writes

10 commands in 3 requests, about 2.7 s.
""")
    assert run("plan", "--target", "local", "--explain", "--format", "json").stdout.startswith("{")


def test_an_apply_says_nothing_more_to_programs():
    write("entities: {dish: {name: Dishes}}")
    done = run("apply", "--target", "local", "--auto-approve", "--format", "json")
    assert done.exit_code == 0
    assert "in flight" not in done.stderr
