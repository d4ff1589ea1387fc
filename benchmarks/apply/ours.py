"""This project as a contestant: plan and apply, verified.

What it imports and does not use would be imported when it is first needed, and count as work.
"""

import asyncio

import anyio._backends._asyncio  # noqa: F401
import httpcore  # noqa: F401
import jsonschema  # noqa: F401

from b24provision import Intent, load_text, renderer
from b24provision.engine import Provisioner
from b24provision.model import Portal
from b24provision.rest import Client, Limits
from b24provision.rest.httpx_transport import HttpxTransport
from b24provision.targets.session import Session
from benchmarks.apply.job import PACE, Job, carry_out

LIMITS = Limits(
    drain_per_s=2.0 * PACE,
    operating_limit_s=480.0 / PACE,
    operating_window_s=600.0 / PACE,
    operating_margin_s=5.0 / PACE,
    slow_most_s=7.0 / PACE,
    patience_s=600.0 / PACE,
)


def intent(job: Job) -> Intent:
    """Write what the job asks for as a manifest."""
    names = job.property_names()
    if job.phase == "change":
        names["p0"] = "Changed"
    properties = ", ".join(f"{code}: {{name: {name}}}" for code, name in names.items())
    rows = [f"  {code}: {{name: Storage, properties: {{{properties}}}}}" for code in job.codes()]
    manifest = load_text("\n".join(["b24provision: 1", "entities:", *rows]))
    return Intent(manifest=manifest, destroy=job.phase == "destroy")


async def apply(job: Job) -> None:
    transport = HttpxTransport()
    async with Client.from_token(job.endpoint, job.token, transport=transport, limits=LIMITS) as client:
        session = Session(client, Portal(target="benchmark", host="local"))
        report = await Provisioner(session).apply(intent(job), allow_data_loss=True)
    if not report.verified:
        raise SystemExit(renderer("text").report(report))


def work(job: Job) -> None:
    asyncio.run(apply(job))


if __name__ == "__main__":
    carry_out(work)
