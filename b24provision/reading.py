"""Reading as generators, and the driver that runs them.

A reader yields every call it needs next, is sent their answers in the same order, and returns what
it found. It never sees a client, so what it concludes can be tested with plain values; the driver
packs the calls into as few requests as the portal allows.
"""

from collections.abc import Generator, Sequence
from typing import Protocol, TypeAlias, TypeVar

from b24provision.rest.calls import MAX_COMMANDS, Call
from b24provision.rest.result import AjaxResult

T = TypeVar("T")

Answer: TypeAlias = AjaxResult
Reader: TypeAlias = Generator[Sequence[Call], Sequence[Answer], T]


class Sender(Protocol):
    """Sends at most 50 calls as one request and answers them in order, failed ones included.

    Raises what `b24provision.rest` raises when the request as a whole fails.
    """

    async def __call__(self, calls: Sequence[Call], /) -> Sequence[Answer]: ...


async def drive(send: Sender, reader: Reader[T]) -> T:
    """Run `reader` to its end, 50 calls to a request, and give what it returned."""
    try:
        wanted = next(reader)
        while True:
            answers: list[Answer] = []
            for start in range(0, len(wanted), MAX_COMMANDS):
                answers.extend(await send(wanted[start : start + MAX_COMMANDS]))
            wanted = reader.send(answers)
    except StopIteration as end:
        found: T = end.value
        return found
