"""The JavaScript SDK, installed from npm into the user's cache, and run in one node process."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.differential.cases import Case

PACKAGE = "@bitrix24/b24jssdk"
VERSION = "2.2.0"


def installed_sdk() -> Path:
    """Give the directory the SDK is installed in. Skips the test where that cannot be done."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node or npm is missing")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "b24provision-tests"
    home = cache / f"b24jssdk-{VERSION}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=cache) as scratch,
            suppress(OSError),
        ):  # another run may be faster
            _install(Path(scratch, "sdk"))
            Path(scratch, "sdk").rename(home)
    return home


def _install(directory: Path) -> None:
    command = ["npm", "install", f"{PACKAGE}@{VERSION}", "--prefix", str(directory)]
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]
    directory.mkdir()
    try:
        done = subprocess.run([*command, *quiet], check=False, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {PACKAGE} in time")
    if done.returncode:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[-300:]}")


def outcomes(cases: Iterable[Case], endpoint: str, token: str) -> dict[str, Any]:
    """Carry out the cases with the SDK; gives what a caller sees of each, by id."""
    given = {"endpoint": endpoint, "token": token, "cases": [asdict(case) for case in cases]}
    script = Path(__file__).with_name("run.mjs")
    done = subprocess.run(
        ["node", script, installed_sdk()],
        check=False,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
