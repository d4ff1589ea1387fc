"""What a contestant is asked for, how it is told, and how it says that it is done.

Knows no client. A contestant is a program: the job is JSON on its standard input, the seconds are JSON on its standard
output.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

PACE = 20
"""How many times as fast as on a cloud portal everything is."""
PHASES = ("create", "no-op", "change", "destroy")


@dataclass(frozen=True, slots=True)
class Job:
    """One phase on one portal: storages `s0`, `s1`, … with string properties `p0`, `p1`, … each."""

    endpoint: str
    token: str
    storages: int
    properties: int
    phase: str
    pace: int = PACE

    @classmethod
    def given(cls) -> Self:
        """Read the job this process was started for."""
        return cls(**json.load(sys.stdin))

    def text(self) -> str:
        """Write it for the process that is to do it."""
        return json.dumps(asdict(self))

    def codes(self) -> list[str]:
        """Every storage."""
        return [f"s{number}" for number in range(self.storages)]

    def property_names(self) -> dict[str, str]:
        """The names the properties of each storage are created with, by code."""
        return {f"p{number}": f"P{number}" for number in range(self.properties)}

    def holdings(self) -> dict[str, int]:
        """What the portal holds once the job is done."""
        if self.phase == "destroy":
            return {"storages": 0, "properties": 0, "changed": 0}
        changed = self.storages if self.phase == "change" else 0
        return {
            "storages": self.storages,
            "properties": self.storages * self.properties,
            "changed": changed,
        }


def carry_out(work: Callable[[Job], None]) -> None:
    """Do the job this process was started for, and tell how many seconds it took."""
    job = Job.given()
    began = time.perf_counter()
    work(job)
    print(json.dumps({"seconds": time.perf_counter() - began}))
