"""The command line: declares options, asks people, calls the engine, answers an exit code.

Only click is imported at the top of these modules, so that `--help` costs little more than click.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import click

from b24provision import __version__
from b24provision.cli.commands import COMMANDS
from b24provision.exitcode import ExitCode


class _CommandLine(click.Group):
    """A group that answers the exit codes of `ExitCode` instead of click's."""

    def main(self, *args: Any, **settings: Any) -> NoReturn:
        """Run the command line and leave with its exit code."""
        settings["standalone_mode"] = False
        sys.exit(_exit_code(partial(super().main, *args, **settings)))


def _exit_code(command: Callable[[], Any]) -> int:
    try:
        return int(command() or ExitCode.DONE)
    except click.ClickException as exc:
        exc.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except Exception as exc:  # noqa: BLE001 - the top: what nobody foresaw ends in a sentence
        click.echo(f"Error: unforeseen: {type(exc).__name__}: {exc}. Please report it.", err=True)
        if os.environ.get("B24P_VERBOSE"):
            import traceback

            traceback.print_exc()
        return ExitCode.FAILURE


@click.group(cls=_CommandLine, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="b24provision")
def cli() -> None:
    """Provision the data storages of a Bitrix24 application from manifests.

    Write down which storages the application needs; `plan` shows what differs on the portal, `apply`
    carries it out and proves it, `destroy` takes it away.
    """


def main() -> None:
    """Run the command line with the arguments of the process."""
    cli.main(prog_name="b24provision")
