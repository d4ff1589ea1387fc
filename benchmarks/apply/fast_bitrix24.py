"""fast_bitrix24 as a contestant: lists of calls, with its policy of limits on.

What its constructor takes is its default, scaled; the ten minutes of its operating limit are a constant of one of
its modules. At its defaults it keeps up to fifty requests in flight.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from fast_bitrix24 import BitrixAsync, srh

from benchmarks.apply.job import PACE, Job, carry_out

srh.BITRIX_MEASUREMENT_PERIOD /= PACE


def opened(job: Job) -> BitrixAsync:
    async def token() -> str:
        return job.token

    return BitrixAsync(
        job.endpoint,
        token_func=token,
        verbose=False,
        respect_velocity_policy=True,
        request_pool_size=50,
        requests_per_second=2.0 * PACE,
        operating_time_limit=480 // PACE,
    )


async def carried_out(job: Job) -> None:
    bitrix, codes = opened(job), job.codes()
    match job.phase:
        case "create":
            await bitrix.call("entity.add", [{"ENTITY": code, "NAME": "Storage"} for code in codes])
            await bitrix.call("entity.item.property.add", list(properties(job)))
        case "change":
            changed = {"PROPERTY": "p0", "NAME": "Changed"}
            await bitrix.call("entity.item.property.update", [{"ENTITY": code, **changed} for code in codes])
        case "destroy":
            await bitrix.call("entity.delete", [{"ENTITY": code} for code in codes])
        case _:
            await look(bitrix, job)


def properties(job: Job) -> Iterable[dict[str, Any]]:
    for code in job.codes():
        for each, name in job.property_names().items():
            yield {"ENTITY": code, "PROPERTY": each, "NAME": name, "TYPE": "S"}


async def look(bitrix: BitrixAsync, job: Job) -> None:
    """Find that everything is there."""
    there = {row["ENTITY"]: row["NAME"] for row in await bitrix.get_all("entity.get")}
    assert there == dict.fromkeys(job.codes(), "Storage")
    found = await bitrix.get_by_ID("entity.item.property.get", job.codes(), ID_field_name="ENTITY")
    for code in job.codes():
        assert {row["PROPERTY"]: row["NAME"] for row in found[code]} == job.property_names()


def work(job: Job) -> None:
    asyncio.run(carried_out(job))


if __name__ == "__main__":
    carry_out(work)
