"""The command line in processes of its own, forked from one that has imported everything: it can be killed for real."""

import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import b24provision.cli.run
import b24provision.rest.httpx_transport
from b24provision.cli import cli

_ready = get_context("forkserver" if os.name == "posix" else "spawn")
_ready.set_forkserver_preload([__name__])


def started(arguments: Sequence[str], env: Mapping[str, str], said: Path) -> BaseProcess:
    """Run the command line here, with more variables; what it says goes into a file."""
    process = _ready.Process(target=_run, args=(list(arguments), dict(env), Path.cwd(), said))
    process.start()
    return process


def _run(arguments: Sequence[str], env: Mapping[str, str], directory: Path, said: Path) -> None:
    os.environ.update(env)
    os.chdir(directory)
    with said.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        cli.main(list(arguments), prog_name=b24provision.__name__)
