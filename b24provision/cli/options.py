"""The options commands share, declared once.

Every option can also be given by a `B24P_…` variable, except those that consent to something: consent
is given for one run, on purpose.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("text", "json", "markdown")


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option that also has its `B24P_…` variable."""
    variable = "B24P_" + names[-1].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _variables(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    variables = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter("write it as NAME=value", param=option)
        variables[name] = value
    return variables


paths = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
output = _all(
    option(
        "output_format",
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        help="How results are printed.",
    ),
    option("--json-into", type=click.Path(), metavar="FILE", help="Also write JSON to a file."),
    option(
        "--markdown-into",
        type=click.Path(),
        metavar="FILE",
        help="Also write Markdown to a file.",
    ),
    option("--no-color", is_flag=True, help="No colours, also on a terminal."),
    option("-v", "--verbose", count=True, help="Log requests to stderr; in a plan, tell what is unmanaged."),
)
state = option("--state-dir", type=click.Path(), metavar="DIR", help="Instead of .b24provision/.")
portal = _all(
    option("--target", metavar="NAME", help="The portal: a target of b24provision.toml, `env` or `local`."),
    state,
)
target = _all(
    portal,
    click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_variables,
        help="A variable of the manifests; also as B24P_VAR_NAME.",
    ),
)
only = option("--only", multiple=True, metavar="ENTITY", help="Only these storages; globs, repeatable.")
prune = click.option("--prune", is_flag=True, help="Delete what no manifest names.")
auto_approve = click.option("--auto-approve", is_flag=True, help="Do not ask.")
no_backup = click.option("--no-backup", is_flag=True, help="Do not archive what is lost.")
data_loss = _all(
    click.option("--allow-data-loss", is_flag=True, help="Consent to losing what the plan says is lost."),
    option("--skip-data-loss", is_flag=True, help="Do everything else, and list what waits."),
)
