"""Runs the engine, which is asynchronous, to the end of what a command wants of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and give its result, or raise what it raises.

    The result is not the task's own: when `asyncio.run` puts Ctrl-C's handler back, Python 3.11 writes the finished
    task out for an error that nobody sees, with its result, and twice. For a plan of 10,000 storages that is a minute.
    """
    result: list[T] = []

    async def keep() -> None:
        result.append(await work)

    asyncio.run(keep())
    return result[0]
