"""The portal as other people's clients find it: a process with an address."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.serving import Running, running


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    with running("--db", "portal.sqlite3", directory=tmp_path) as portal:
        yield portal


@pytest.fixture
def served_with_tls(tmp_path: Path) -> Iterator[Running]:
    with running("--db", "portal.sqlite3", "--tls", directory=tmp_path) as portal:
        yield portal
