"""What somebody who waits for an apply may be told, each time a request goes out or is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a run is: changes settled of all, requests in flight, the storage worked on, seconds left.

    `seconds_left` is an estimate without waits for limits.
    """

    done: int
    total: int
    in_flight: int
    entity: str
    seconds_left: float


Watch: TypeAlias = Callable[[Pulse], None]


def nobody(_: Pulse) -> None:
    """Nobody watches."""
