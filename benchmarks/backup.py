"""Backup of 100,000 items over HTTP, and what it costs in memory: `python -m benchmarks.backup [ITEMS]`.

Each part runs in a process of its own, so that the figures are the client's alone: one fills a file with a
portal, one serves it, one backs it up, compares the archive with the portal, deletes the storage and restores it. Peak
memory is what the operating system counted for that process (`ru_maxrss`), with Python and all that was imported.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ITEMS = 100_000
TEXT = "A dish of the house, with everything that belongs to it. "


def fill(database: Path, items: int) -> None:
    from b24provision.local import LocalPortal

    with LocalPortal.open(database) as portal:
        document = portal.export_state()
        tables = document["tables"]
        [application] = [row["id"] for row in tables["applications"]]
        tables["storages"] = [{"id": 1, "application_id": application, "code": "dish", "name": "Dishes"}]
        tables["rights"] = [{"id": 1, "storage_id": 1, "code": "U1", "level": "X"}]
        tables["properties"] = [
            {"id": number, "storage_id": 1, "code": code, "name": code, "type": kind, "sort": number}
            for number, (code, kind) in enumerate([("color", "S"), ("price", "N")], start=1)
        ]
        stamps: dict[str, Any] = {
            "created_at": 1.7e9,
            "created_by": 1,
            "modified_at": 1.7e9,
            "modified_by": 1,
        }
        tables["sections"] = [
            {"id": number, "storage_id": 1, "name": f"Section {number}", **stamps} for number in range(1, 101)
        ]
        tables["items"] = [
            {
                "id": number,
                "storage_id": 1,
                "section_id": number % 100 + 1,
                "name": f"Dish {number}",
                "detail_text": f"{TEXT * 4}{number}",
                **stamps,
            }
            for number in range(1, items + 1)
        ]
        tables["item_values"] = [
            {"item_id": number, "property_id": prop, "value": f"{number % (50 * prop)}"}
            for number in range(1, items + 1)
            for prop in (1, 2)
        ]
        portal.import_state(document)


def serve(database: Path) -> None:
    from b24provision.local import LocalPortal
    from b24provision.local.server import listen
    from b24provision.local.server import serve as go_on

    with LocalPortal.open(database) as portal:
        listener = listen("127.0.0.1", 0)
        print(f"{listener.origin}/rest/", portal.issue_token().access_token, flush=True)
        go_on(portal.app, listener)


async def back_up(endpoint: str, token: str, path: Path) -> None:
    from b24provision.backup import Archive, plan_restore, restore
    from b24provision.backup import back_up as archive_it
    from b24provision.engine import Provisioner
    from b24provision.model import Portal
    from b24provision.rest import Client, Limits, StaticToken
    from b24provision.targets.session import Session

    async with Client(endpoint, StaticToken(token), limits=Limits.unlimited()) as client:
        session = Session(client, Portal(target="benchmark", host="127.0.0.1"))
        print(f"before            {peak_mb():8.1f} MB")
        began = time.perf_counter()
        made = await archive_it(session, ["dish"], path)
        took = time.perf_counter() - began
        requests = client.stats().requests
        print(f"backup            {peak_mb():8.1f} MB peak, {took:.1f} s, {made.items / took:,.0f} items/s")
        print(
            f"                  {made.items:,} items, {requests} requests, {made.bytes / 1e6:.1f} MB archive"
        )
        provisioner = Provisioner(session)
        with Archive.open(path) as archive:
            began = time.perf_counter()
            plan = await plan_restore(provisioner, archive)
            took = time.perf_counter() - began
            print(f"nothing to do     {peak_mb():8.1f} MB peak, {took:.1f} s, {len(plan.changes)} changes")
            await client.call.make("entity.delete", {"ENTITY": "dish"})
            began = time.perf_counter()
            report = await restore(provisioner, archive, await plan_restore(provisioner, archive))
            took = time.perf_counter() - began
            said = "verified" if report.verified else "not verified"
            print(
                f"restore           {peak_mb():8.1f} MB peak, {took:.1f} s, {made.items / took:,.0f} items/s, {said}"
            )


def peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def measure(items: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        database, archive = Path(directory, "portal.sqlite3"), Path(directory, "dish.zip")
        began = time.perf_counter()
        subprocess.run([*me(), "fill", database, str(items)], check=True)
        print(f"filled in         {time.perf_counter() - began:8.1f} s", flush=True)
        with subprocess.Popen([*me(), "serve", database], stdout=subprocess.PIPE, text=True) as portal:
            try:
                assert portal.stdout is not None
                endpoint, token = portal.stdout.readline().split()
                subprocess.run([*me(), "client", endpoint, token, archive], check=True)
            finally:
                portal.terminate()


def me() -> list[str]:
    return [sys.executable, "-m", "benchmarks.backup"]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", database, items]:
            fill(Path(database), int(items))
        case ["serve", database]:
            serve(Path(database))
        case ["client", endpoint, token, path]:
            asyncio.run(back_up(endpoint, token, Path(path)))
        case [items]:
            measure(int(items))
        case _:
            measure(ITEMS)
