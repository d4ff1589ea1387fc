"""One REST command, and the three forms in which a batch of them may be written down.

Pure. It knows what a call looks like, not what any method means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """A REST method and its parameters.

    `reads` overrides the guess from the method's name whether the call only reads, which decides
    whether it may be repeated after its answer was lost; None leaves it to the guess.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)
    reads: bool | None = None
