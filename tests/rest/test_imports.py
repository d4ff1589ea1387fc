"""What an import costs, told by the modules it loads and not by a stopwatch."""

import json
import subprocess
import sys

import pytest

import b24provision.rest

PURE = [
    "calls", "encode", "fits", "envelope", "result", "redaction", "answers", "endpoint", "exchange", "steps", "verdict", "retry",
    "bucket", "operating", "limits", "tokens", "transport", "stats",
]  # fmt: skip


def loaded_by(module: str) -> set[str]:
    program = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_pure_parts_load_neither_httpx_nor_asyncio():
    loaded = loaded_by(", ".join(f"b24provision.rest.{name}" for name in PURE))
    assert not loaded & {"httpx", "asyncio", "random", "uuid", "sqlite3", "b24provision.model"}


def test_the_client_loads_httpx_only_when_it_makes_a_transport():
    assert "httpx" not in loaded_by("b24provision.rest.client")


@pytest.mark.parametrize("name", b24provision.rest.__all__)
def test_every_name_is_where_it_says(name: str):
    assert getattr(b24provision.rest, name).__name__ == name


def test_the_names_are_listed():
    assert set(b24provision.rest.__all__) <= set(dir(b24provision.rest))
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = b24provision.rest.Nonsense
