"""Async tests of the REST core run on an event loop whose time passes only while everybody sleeps."""

from typing import Any

import pytest

from tests.rest.virtual import VirtualLoop


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"loop_factory": VirtualLoop}
