"""Ctrl-C and SIGTERM, sent to real processes: the first ends a run in good order, the second at once."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TypeAlias

import pytest

from b24provision.local import Costs, LocalPortal
from tests.support import Served, serve, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")

MANY = "entities:\n" + "\n".join(
    f"  s{n}: {{name: S, properties: {{{', '.join(f'p{each}: ' for each in range(10))}}}}}" for n in range(30)
)
Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def portal_that_notices(commands: int) -> Iterator[tuple[Start, threading.Event]]:
    """Give a way to start the command line on a slow portal, and what is set once it has run so many commands."""
    with LocalPortal.open(costs=Costs(0.03)) as portal, serve(portal.app) as endpoint:
        carried_out, reached = count(1), threading.Event()
        portal.listen(lambda _: reached.set() if next(carried_out) >= commands else None)
        env = {**os.environ, **Served(portal, endpoint).environment()}

        def start(*arguments: str) -> "subprocess.Popen[str]":
            command = [sys.executable, "-m", "b24provision", *arguments]
            return subprocess.Popen(
                command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )

        yield start, reached


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_the_first_finishes_what_is_in_flight_and_reports(asked: signal.Signals):
    write(MANY)
    with portal_that_notices(30) as (start, reached):
        running = start("apply", "--auto-approve", "--format", "json")
        assert reached.wait(60)
        running.send_signal(asked)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 130, err
        assert "Finishing what is in flight." in err
        report = json.loads(out)
        outcomes = [row["outcome"] for row in report["outcomes"]]
        assert set(outcomes) == {"done", "skipped"}
        assert report["exit_code"] == 130
        assert not report["verified"]
        again = start("apply", "--auto-approve")
        out, err = again.communicate(timeout=60)
        assert (again.returncode, f"{outcomes.count('skipped')} added" in out) == (0, True), out[-200:] + err


def test_the_second_leaves_at_once_and_the_next_run_goes_on():
    write(MANY)
    with portal_that_notices(30) as (start, reached):
        running = start("apply", "--auto-approve")
        assert reached.wait(60)
        assert running.stderr is not None
        running.send_signal(signal.SIGINT)
        for line in running.stderr:
            if "Once more" in line:
                running.send_signal(signal.SIGINT)
                break
        out, _ = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "Apply " not in out
        again = start("apply", "--auto-approve")
        out, err = again.communicate(timeout=60)
        assert again.returncode == 0, err
        assert "Verified." in out
