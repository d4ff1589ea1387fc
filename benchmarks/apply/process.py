"""Programs that answer in JSON: one that is asked once and ends, one that goes on.

Owns how processes are started and what they used. This process has to stay small: a child's memory is never counted as
less than that of the process it was started from.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

ENVIRONMENT = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def module(name: str) -> list[str]:
    """Give the command that runs a module of this package."""
    return [sys.executable, "-m", f"benchmarks.apply.{name}"]


@dataclass(frozen=True, slots=True)
class Done:
    """What a program answered, and what its process used from its start to its end."""

    answer: Any
    cpu_s: float
    memory_mb: float


def ask(command: Sequence[str], given: str = "") -> Done | None:
    """Run a program to its end; None if it failed, which it has told on stderr."""
    process = started(command)
    assert process.stdin
    assert process.stdout
    process.stdin.write(given)
    process.stdin.close()
    answer = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return None
    return Done(json.loads(answer), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass(frozen=True, slots=True)
class Running:
    """A program that answers a line with a line. `greeting` is what it said first."""

    stdin: IO[str]
    stdout: IO[str]
    greeting: Any

    def ask(self) -> Any:
        self.stdin.write("\n")
        self.stdin.flush()
        return json.loads(self.stdout.readline())


@contextmanager
def running(command: Sequence[str]) -> Iterator[Running]:
    """Run a program for as long as it is needed; it ends with its standard input."""
    with started(command) as process:
        assert process.stdin
        assert process.stdout
        yield Running(process.stdin, process.stdout, json.loads(process.stdout.readline()))


def started(command: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
