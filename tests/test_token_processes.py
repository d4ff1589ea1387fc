"""Four processes share one pair of tokens: each expiry costs one refresh, and no pair is ever lost."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from b24provision.local import LocalPortal
from tests.support import Served, serve

HOURS = 4
WORKERS = 4
CALLS_PER_HOUR = 5


class Gate:
    """Stands before the portal: counts refreshes, and kills the process that asks for chosen ones.

    A process is killed after its request was sent and before the portal has seen it, so its refresh token
    is not spent, while it holds the lock that the others wait for.
    """

    def __init__(self, portal: LocalPortal, kill_at: set[int]) -> None:
        self._app = portal.app
        self._kill_at = kill_at
        self.asked = 0
        self.refreshed = 0

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if "oauth" in scope["path"]:
            self.asked += 1
            if self.asked in self._kill_at:
                os.kill(int(dict(scope["headers"])[b"x-process"]), signal.SIGKILL)
                return
            self.refreshed += 1
        await self._app(scope, receive, send)


@pytest.fixture
def gate(portal: LocalPortal) -> Gate:
    return Gate(portal, kill_at={2, 4})


@pytest.fixture
def behind_gate(portal: LocalPortal, gate: Gate) -> Iterator[Served]:
    with serve(gate) as endpoint:
        yield Served(portal, endpoint)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is for POSIX")
def test_four_processes_refresh_once_an_hour_and_survive_kill_9(
    behind_gate: Served, gate: Gate, tmp_path: Path
):
    portal = behind_gate.portal
    pair = portal.issue_token()
    arguments = [
        behind_gate.endpoint,
        behind_gate.endpoint.replace("/rest/", "/oauth/token/"),
        portal.client_id,
        portal.client_secret,
        str(tmp_path / "tokens.sqlite3"),
        pair.access_token,
        pair.refresh_token,
        str(CALLS_PER_HOUR),
    ]
    killed = 0
    for _ in range(HOURS):
        portal.expire_tokens()
        ends = in_parallel(arguments)
        killed += ends.count(-signal.SIGKILL)
        assert set(ends) <= {0, -signal.SIGKILL}
    assert killed == 2
    assert gate.refreshed == HOURS


def in_parallel(arguments: list[str]) -> list[int]:
    """Run the workers side by side; give how each ended."""
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "tests.token_worker", *arguments]
    processes = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    ends: list[int] = []

    def finish(process: "subprocess.Popen[str]") -> None:
        printed, complaint = process.communicate(timeout=60)
        if process.returncode == 0:
            assert printed.split() == ["True"] * CALLS_PER_HOUR, complaint
        ends.append(process.returncode)

    threads = [threading.Thread(target=finish, args=[process]) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends
