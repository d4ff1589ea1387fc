"""`b24provision portal` as a process of its own."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "b24provision", "portal")


@dataclass(frozen=True)
class Running:
    variables: dict[str, str]
    started_in_s: float
    process: "subprocess.Popen[str]"
    log: Path

    @property
    def origin(self) -> str:
        return self.variables["B24_ENDPOINT"].removesuffix("/rest/")


@contextmanager
def running(*arguments: str | Path, directory: Path) -> Iterator[Running]:
    """Start it on a free port; it has come to an end afterwards."""
    log = directory / "portal.log"
    start = time.perf_counter()
    with log.open("w") as err:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *map(str, arguments)],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        assert process.stdout is not None
        variables = {}
        while "B24_OAUTH_URL" not in variables:
            line = process.stdout.readline()
            assert line, log.read_text()
            name, value = re.fullmatch(r"export (\w+)=(.*)\n", line).groups()  # type: ignore[union-attr]
            variables[name] = value
        yield Running(variables, time.perf_counter() - start, process, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
