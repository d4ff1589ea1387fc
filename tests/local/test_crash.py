"""A portal that is killed in the middle of its work."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from b24provision.local import LocalPortal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")

WRITER = """
import asyncio, sys
import httpx
from b24provision.local import LocalPortal

async def write(portal):
    token = portal.issue_token().access_token
    async with httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url="http://local") as http:
        async def call(method, **params):
            return (await http.post(f"/rest/{method}", json={**params, "auth": token})).json()["result"]
        await call("entity.add", ENTITY="dish", NAME="Dishes")
        await call("entity.item.property.add", ENTITY="dish", PROPERTY="n", NAME="N", TYPE="N")
        for number in range(1000):
            values = {"n": number}
            item = await call("entity.item.add", ENTITY="dish", NAME=str(number), PROPERTY_VALUES=values)
            print(item, flush=True)

with LocalPortal.open(sys.argv[1]) as portal:
    asyncio.run(write(portal))
"""


@pytest.mark.parametrize("answers", [1, 77, 400, 901])
def test_what_was_answered_is_there_and_the_rest_is_not(tmp_path: Path, answers: int) -> None:
    """One write may have been done without its answer having got out; it is whole then."""
    path = tmp_path / "portal.sqlite3"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [int(process.stdout.readline()) for _ in range(answers)]
        os.kill(process.pid, signal.SIGKILL)
        answered += [int(line) for line in process.stdout.read().splitlines()]
    assert len(answered) < 1000
    with LocalPortal.open(path) as portal:
        tables = portal.export_state()["tables"]
        ids = [item["id"] for item in tables["items"]]
        assert ids[: len(answered)] == answered
        assert len(ids) - len(answered) in (0, 1)
        assert [json.loads(row["value"]) for row in tables["item_values"]] == list(range(len(ids)))
        assert len(portal.calls("entity.item.add")) == len(ids)
