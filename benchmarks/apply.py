"""Carrying out plans against the local portal over HTTP: `python -m benchmarks.apply [SIZE…]`.

The portal takes the time a cloud portal was seen to take, at a twentieth: costs 1:20, the bucket drains and the
operating time is used up 20 times as fast. The client's own account of the limits is scaled alike. Each contestant
works in a process of its own on an empty portal; requests are what the portal counted, seconds are as the clock
says, CPU and memory are of the contestant's process from its start to its end.

- ours: plan and apply, verified, as the command line does it;
- a batch per storage: what the example of the JavaScript SDK does, a list of storages and then one batch for each
  storage, one call for each deletion, over bare httpx without any check;
- fast_bitrix24: lists of calls, which it sends in batches of its own. Its limits are switched off.

Neither of the other two reads before it writes, compares, waits for limits or verifies. The bound has the reads before
and after, and is what they and the writes cannot take less than with four requests in flight; a window that has grown
beyond four can be below it.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import httpx
from fast_bitrix24 import BitrixAsync

from b24provision.costs import READ_S
from b24provision.diff.diff import diff
from b24provision.engine import Provisioner
from b24provision.local import Costs, Limits, LocalPortal
from b24provision.model import Caller, Entity, Level, Listed, Portal, Property, PropertyType, Snapshot
from b24provision.packing import IN_FLIGHT
from b24provision.rest import Client
from b24provision.rest import Limits as ClientLimits
from b24provision.rest.calls import Call
from b24provision.rest.encode import command
from b24provision.stages import compile_stages
from b24provision.targets.session import Session
from tests.support import intent, serve

PACE = 20
SIZES = {"3x1": (3, 1), "50x10": (50, 10)}
PHASES = ("create", "no-op", "change", "destroy")


@dataclass(frozen=True)
class Job:
    """What a contestant is asked for."""

    endpoint: str
    token: str
    entities: int
    properties: int
    phase: str

    def codes(self) -> list[str]:
        return [f"s{n}" for n in range(self.entities)]

    def manifest(self) -> str:
        rows = []
        for code in self.codes():
            named = [f"p{each}: {{name: P{each}}}" for each in range(self.properties)]
            if self.phase == "change":
                named[0] = "p0: {name: Changed}"
            rows.append(f"  {code}: {{name: Storage, properties: {{{', '.join(named)}}}}}")
        return "entities:\n" + "\n".join(rows)

    def creations(self, code: str) -> list[Call]:
        return [
            Call("entity.add", {"ENTITY": code, "NAME": "Storage"}),
            *(
                Call(
                    "entity.item.property.add",
                    {"ENTITY": code, "PROPERTY": f"p{each}", "NAME": f"P{each}", "TYPE": "S"},
                )
                for each in range(self.properties)
            ),
        ]

    def change(self, code: str) -> Call:
        return Call("entity.item.property.update", {"ENTITY": code, "PROPERTY": "p0", "NAME": "Changed"})


async def ours(job: Job) -> None:

    limits = ClientLimits(
        drain_per_s=2.0 * PACE, operating_limit_s=480.0 / PACE, operating_margin_s=5.0 / PACE
    )
    async with Client.from_token(job.endpoint, job.token, limits=limits) as client:
        opened = Provisioner(Session(client, Portal(target="benchmark", host="local")))
        wanted = intent(job.manifest(), destroy=job.phase == "destroy")
        report = await opened.apply(wanted, allow_data_loss=True)
        assert report.verified, report


async def batch_per_storage(job: Job) -> None:
    async with httpx.AsyncClient(base_url=job.endpoint, timeout=60) as http:

        async def post(method: str, **params: Any) -> Any:
            answer = await http.post(method, json={**params, "auth": job.token})
            answer.raise_for_status()
            return answer.json()["result"]

        there = await post("entity.get")
        for code in job.codes():
            if job.phase == "create":
                done = await post("batch", halt=0, cmd=[command(call) for call in job.creations(code)])
                assert not done["result_error"]
            elif job.phase == "change":
                call = job.change(code)
                await post(call.method, **call.params)
            elif job.phase == "destroy":
                await post("entity.delete", ENTITY=code)
            else:
                assert any(row["ENTITY"] == code for row in there)
                await post("entity.item.property.get", ENTITY=code)


async def fast_bitrix24(job: Job) -> None:

    async def token() -> str:
        return job.token

    bitrix = BitrixAsync(
        job.endpoint,
        token_func=token,
        verbose=False,
        ssl=False,
        respect_velocity_policy=True,
        request_pool_size=1_000_000,
        requests_per_second=1e6,
    )

    async def all_of(calls: list[Call]) -> None:
        if calls:
            await bitrix.call(calls[0].method, [dict(call.params) for call in calls])

    creations = [job.creations(code) for code in job.codes()]
    match job.phase:
        case "create":
            await all_of([row[0] for row in creations])
            await all_of([call for row in creations for call in row[1:]])
        case "change":
            await all_of([job.change(code) for code in job.codes()])
        case "destroy":
            await all_of([Call("entity.delete", {"ENTITY": code}) for code in job.codes()])
        case _:
            await all_of([Call("entity.item.property.get", {"ENTITY": code}) for code in job.codes()])


CONTESTANTS: dict[str, Callable[[Job], Awaitable[None]]] = {
    "ours": ours,
    "a batch per storage": batch_per_storage,
    "fast_bitrix24": fast_bitrix24,
}


def compete(name: str, job: Job, ready: Connection) -> None:
    began = time.perf_counter()
    asyncio.run(CONTESTANTS[name](job))  # type: ignore[arg-type]
    used = resource.getrusage(resource.RUSAGE_SELF)
    ready.send((time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))


def bound(job: Job) -> tuple[int, float]:
    """Give the fewest requests and seconds, with reads before and after."""

    wanted = intent(job.manifest(), destroy=job.phase == "destroy")
    live = {
        code: Entity(
            code=code,
            name="Storage",
            access={"U1": Level.FULL},
            properties={
                f"p{n}": Property(code=f"p{n}", name=f"P{n}", type=PropertyType.STRING, sort=500)
                for n in range(job.properties)
            },
        )
        for code in ([] if job.phase == "create" else job.codes())
    }
    snapshot = Snapshot(
        caller=Caller(user_id="1", is_admin=True),
        listed=tuple(Listed(code, "Storage") for code in live),
        entities=live,
    )
    plan = diff(wanted, snapshot, Portal(target="benchmark", host="local"))
    stages = compile_stages(plan.changes)
    reads = 2 + 2 * job.entities
    work_s = sum(batch.seconds() for batch in stages.writes)
    reading_s = max(reads / IN_FLIGHT, min(reads, 50)) * READ_S
    writing_s = work_s / min(IN_FLIGHT, max(1, len(stages.writes)))
    passes = 2 if plan.changes else 1
    return len(stages.writes) + passes * -(-reads // 50), (writing_s + passes * reading_s) / PACE


def main() -> None:
    chosen = sys.argv[1:] or list(SIZES)
    limits = Limits(
        bucket_capacity=50,
        bucket_drain_per_s=2.0 * PACE,
        operating_limit_s=480.0 / PACE,
        cut_after_s=60.0 / PACE,
    )
    print("| storages × properties | what | who | requests | seconds | CPU s | MB |")
    print("|---|---|---|---:|---:|---:|---:|")
    for size in chosen:
        for name in CONTESTANTS:
            with (
                LocalPortal.open(costs=Costs(1 / PACE), limits=limits) as portal,
                serve(portal.app) as endpoint,
            ):
                for phase in PHASES:
                    time.sleep(50 / (2.0 * PACE))  # the bucket drains
                    job = Job(endpoint, portal.issue_token().access_token, *SIZES[size], phase)
                    portal.forget_calls()
                    parent, child = get_context("spawn").Pipe()
                    process = get_context("spawn").Process(target=compete, args=(name, job, child))
                    process.start()
                    process.join()
                    seconds, cpu, memory = parent.recv()
                    print(
                        f"| {size} | {phase} | {name} | {portal.request_count} | {seconds:.2f} | {cpu:.2f} | {memory:.0f} |",
                        flush=True,
                    )
                    if name == "ours":
                        requests, least = bound(job)
                        print(f"| {size} | {phase} | bound | {requests} | {least:.2f} | | |", flush=True)


if __name__ == "__main__":
    main()
