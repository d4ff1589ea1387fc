"""What every test may use: a local portal in memory, one served on a socket, and people who call it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from b24provision.local import LocalPortal
from tests.support import Served, serve


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
    with serve(portal.app) as endpoint:
        yield Served(portal, endpoint)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine's, and a working directory of the test's own."""
    for name in ("B24_ENDPOINT", "B24_WEBHOOK_URL", "B24P_TARGET", "NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
