"""Reading as generators, and the driver that runs them.

A reader yields every call it needs next, is sent their answers in the same order, and returns what
it found. It never sees a client, so what it concludes can be tested with plain values; the driver
packs the calls into as few requests as the portal allows, and has a few of them in flight together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Protocol, TypeAlias, TypeVar

from b24provision.errors import B24ProvisionError
from b24provision.rest.calls import MAX_COMMANDS, Call
from b24provision.rest.result import AjaxResult
from b24provision.transient import TRIES, is_transient, pause_s

T = TypeVar("T")

AT_ONCE = 4
"""How many requests are in flight together."""

Answer: TypeAlias = AjaxResult
Reader: TypeAlias = Generator[Sequence[Call], Sequence[Answer], T]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Sender(Protocol):
    """Sends at most 50 calls as one request and answers them in order, failed ones included.

    Raises what `b24provision.rest` raises when the request as a whole fails.
    """

    async def __call__(self, calls: Sequence[Call], /) -> Sequence[Answer]: ...


def ride_along(calls: int, beside: int) -> int:
    """Say how many of so many `calls` go with those `beside` in a first request, if the others come later.

    All, if they fit; otherwise those that would not fill a request of their own, so that waiting for the first answer
    costs no request.
    """
    return calls if calls + beside <= MAX_COMMANDS else min(calls % MAX_COMMANDS, MAX_COMMANDS - beside)


async def drive(send: Sender, reader: Reader[T], *, sleep: Sleep = asyncio.sleep) -> T:
    """Run `reader` to its end, 50 calls to a request, and give what it returned.

    A call that is refused for the moment is made again a few times. Raises what `send` raises.
    """
    try:
        wanted = next(reader)
        while True:
            wanted = reader.send(await _read(send, wanted, sleep))
    except StopIteration as end:
        found: T = end.value
        return found


async def _read(send: Sender, calls: Sequence[Call], sleep: Sleep) -> list[Answer]:
    """Answer all calls, in order, a few requests side by side."""
    pages = [calls[start : start + MAX_COMMANDS] for start in range(0, len(calls), MAX_COMMANDS)]
    if len(pages) == 1:
        return await _page(send, pages[0], sleep)
    room = asyncio.Semaphore(AT_ONCE)
    failures: list[B24ProvisionError] = []

    async def read(page: Sequence[Call]) -> list[Answer]:
        async with room:
            try:
                return [] if failures else await _page(send, page, sleep)
            except B24ProvisionError as exc:
                failures.append(exc)
                return []

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read(page)) for page in pages]
    if failures:
        raise failures[0]
    return [answer for task in tasks for answer in task.result()]


async def _page(send: Sender, calls: Sequence[Call], sleep: Sleep) -> list[Answer]:
    answers = list(await send(calls))
    for failures in range(1, TRIES):
        again = [place for place, answer in enumerate(answers) if is_transient(answer.error)]
        if not again:
            break
        await sleep(pause_s(failures))
        for place, answer in zip(again, await send([calls[place] for place in again]), strict=True):
            answers[place] = answer
    return answers
