"""What a client can be given besides its address and credentials, with the defaults.

Everything that touches the world outside (clock, sleep, randomness, network) is in here.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypedDict

from b24provision.rest.limits import Limits
from b24provision.rest.retry import Retry
from b24provision.rest.transport import Transport


class Options(TypedDict, total=False):
    """The keyword arguments of every way to make a client; `Settings` has their meaning."""

    transport: Transport | None
    limits: Limits
    retry: Retry
    read_timeout_s: float
    write_timeout_s: float
    clock: Callable[[], float]
    wall_clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    new_id: Callable[[], str]
    on_wait: Callable[[float, str], None] | None
    on_moved: Callable[[str], None] | None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a client works.

    `transport` is closed with the client; None makes one over httpx. A request that only reads may be silent
    for `read_timeout_s`, any other for `write_timeout_s`: the cloud cuts a request after 60 s, so a write that is
    silent for longer is lost for certain. `clock` is steady, `wall_clock` Unix time (which the portal's resets are
    given in), both in seconds. `jitter` gives numbers from 0 to 1. `new_id` gives the id of a request. `on_wait` is
    told the seconds and the reason of each wait of more than two seconds before it begins, `on_moved` the new
    endpoint when the portal has moved. `version` is what the client calls itself; empty for the installed one.
    """

    transport: Transport | None = None
    limits: Limits = field(default_factory=Limits.default)
    retry: Retry = field(default_factory=Retry)
    read_timeout_s: float = 30.0
    write_timeout_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    on_wait: Callable[[float, str], None] | None = None
    on_moved: Callable[[str], None] | None = None
    version: str = ""
