"""Planning from memory, without a portal: `python -m benchmarks.planning [STORAGES [PROPERTIES]]`.

The model of a manifest and that of a portal are made in memory; what is timed is everything `plan` does between
the last answer of the portal and the finished plan: the difference, its weighing, and the forecast, which packs every
call into its request. Three portals: one that is as the manifest says, one on which a property of each storage
differs, and an empty one. Each is planned in a process of its own on one core; memory is the most the process held,
the models included.
"""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection

from b24provision.cli.finish import finish
from b24provision.diff.diff import diff
from b24provision.forecast import forecast
from b24provision.intent import Intent
from b24provision.model import (
    Caller,
    Entity,
    Level,
    Listed,
    Manifest,
    Portal,
    Property,
    PropertyType,
    Snapshot,
)
from b24provision.reading import Answer, drive
from b24provision.rest.calls import Call
from b24provision.stakes import read_stakes

DEFAULTS = [10_000, 20]
PORTALS = ("equal", "one property each differs", "empty")
PORTAL = Portal(target="benchmark", host="local")


@dataclass(frozen=True)
class Job:
    storages: int
    properties: int
    portal: str

    def entities(self, name: str) -> dict[str, Entity]:
        """Give the storages, with `name` for the first property of each."""
        return {f"storage{n}": self._entity(f"storage{n}", name) for n in range(self.storages)}

    def _entity(self, code: str, name: str) -> Entity:
        properties = {
            f"property{n}": Property(
                code=f"property{n}",
                name=f"Property {n}" if n else name,
                type=PropertyType.STRING,
                sort=500,
            )
            for n in range(self.properties)
        }
        access = {"AU": Level.READ, "U1": Level.FULL}
        return Entity(code=code, name=f"Storage {code}", access=access, properties=properties)

    def snapshot(self) -> Snapshot:
        live = (
            {} if self.portal == "empty" else self.entities("Wanted" if self.portal == "equal" else "Other")
        )
        listed = tuple(Listed(entity.code, entity.name) for entity in live.values())
        return Snapshot(caller=Caller(user_id="1", is_admin=True), listed=listed, entities=live)


async def nobody(calls: Sequence[Call], /) -> Sequence[Answer]:
    raise AssertionError(calls)


def plan(job: Job, ready: Connection) -> None:
    intent, snapshot = Intent(manifest=Manifest(entities=job.entities("Wanted"))), job.snapshot()
    began = time.perf_counter()
    found = diff(intent, snapshot, PORTAL)
    compared = time.perf_counter()
    weighed = finish(drive(nobody, read_stakes(found, snapshot.held)))
    planned = replace(weighed, cost=forecast(weighed.changes))
    ended = time.perf_counter()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ready.send((len(planned.changes), planned.cost.requests, compared - began, ended - began, memory_mb))


def main() -> None:
    given = [int(each) for each in sys.argv[1:]]
    storages, properties = given + DEFAULTS[len(given) :]
    print(f"{storages} storages × {properties} properties")
    print("| portal | changes | requests | diff s | plan s | MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for portal in PORTALS:
        parent, child = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=plan, args=(Job(storages, properties, portal), child))
        process.start()
        changes, requests, compared_s, planned_s, memory_mb = parent.recv()
        process.join()
        print(
            f"| {portal} | {changes} | {requests} | {compared_s:.2f} | {planned_s:.2f} | {memory_mb:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
