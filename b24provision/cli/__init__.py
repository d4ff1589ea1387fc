"""The command line: declares options, asks people, calls the engine, answers an exit code.

Only click is imported at the top of these modules, so that `--help` costs little more than click.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

from b24provision import __version__
from b24provision.cli.commands import COMMANDS
from b24provision.exitcode import ExitCode

ELSEWHERE = {
    "auth": ("b24provision.cli.auth:auth", "Get, show and forget the token of a target."),
    "backup": ("b24provision.cli.backup:backup", "Write storages with all their data into an archive."),
    "import": ("b24provision.cli.import_:import_", "Describe live storages in a manifest."),
    "portal": (
        "b24provision.cli.portal:portal",
        "Serve the local portal, a stand-in for Bitrix24, over HTTP.",
    ),
    "restore": (
        "b24provision.cli.backup:restore",
        "Bring back what an archive holds and the portal does not.",
    ),
}
"""Commands whose modules are imported when they are called: name → where, and the line of help shown before."""


class _CommandLine(click.Group):
    """A group that answers the exit codes of `ExitCode` instead of click's, and imports no more than is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, also those that are not imported yet."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command, importing it if need be."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        here = {name: command.get_short_help_str(limit=80) for name, command in self.commands.items()}
        elsewhere = {name: line for name, (_, line) in ELSEWHERE.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted((here | elsewhere).items()))

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
