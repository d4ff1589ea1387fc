"""What somebody who waits for an apply may be told, each time a request goes out or is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a run is: changes settled of all, requests in flight, the storage worked on, seconds left.

    `waits_for` says what the next request waits for, when that is a limit of the portal. `seconds_left` is an
    estimate, waits for limits included.
    """

    done: int
    total: int
    in_flight: int
    entity: str
    seconds_left: float
    waits_for: str = ""


Watch: TypeAlias = Callable[[Pulse], None]


def nobody(_: Pulse) -> None:
    """Nobody watches."""
