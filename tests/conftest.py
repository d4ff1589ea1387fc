"""What every test may use: a local portal in memory, one served on a socket, and people who call it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from b24provision.local import LocalPortal
from tests.support import Served


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal.open() as opened:
        yield opened


@pytest.fixture
def served(portal: LocalPortal) -> Iterator[Served]:
    """The portal behind a real socket on this machine."""
    config = uvicorn.Config(portal.app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(portal, f"http://127.0.0.1:{port}/rest/")
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine's, and a working directory of the test's own."""
    for name in ("B24_ENDPOINT", "B24_WEBHOOK_URL", "B24P_TARGET", "NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
