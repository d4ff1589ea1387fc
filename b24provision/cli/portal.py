"""The commands about the local portal: serve it, and send an application's handler what a portal would send.

Only click is imported at the top, so that `--help` stays light.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from b24provision.exitcode import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from b24provision.local import CallRecord, Event, LocalPortal
    from b24provision.local.certificate import Certificate

F = TypeVar("F", bound=Callable[..., Any])

PORT = 8224

_db = click.option(
    "--db",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    envvar="B24P_DB",
    show_envvar=True,
    help="The portal's file. [default: that of the target `local`]",
)


def _about_an_application(command: F) -> F:
    for option in (
        click.option("--handler", required=True, metavar="URL", help="Where the application takes events."),
        click.option("--client-id", metavar="ID", help="The application. [default: the portal's own]"),
        click.option(
            "--endpoint", metavar="URL", help="The portal's REST address. [default: where it was served]"
        ),
        _db,
    ):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", envvar="B24P_HOST", show_envvar=True, show_default=True)
@click.option(
    "--port", default=PORT, envvar="B24P_PORT", show_envvar=True, show_default=True, help="0: a free one."
)
@_db
@click.option(
    "--limits",
    type=click.Choice(["cloud", "enterprise", "box"]),
    envvar="B24P_LIMITS",
    show_envvar=True,
    help="Refuse what such a portal would refuse.",
)
@click.option(
    "--costs",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SCALE",
    envvar="B24P_COSTS",
    show_envvar=True,
    help="Take as long as a real portal does, times this.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND[,SETTING=VALUE]...",
    help="Let something go wrong, as in reset-after,method=entity.item.add,nth=3; repeatable.",
)
@click.option(
    "--control", is_flag=True, help="Serve /control/…, by which others add faults and replace the state."
)
@click.option("--tls", is_flag=True, help="Serve https, with a certificate of the portal's own making.")
@click.pass_context
def portal(context: click.Context, /, **given: Any) -> int:
    """Serve the local portal, a stand-in for Bitrix24, over HTTP.

    Prints the variables by which programs find it, then logs one line for each command. Its pages are at /.
    """
    return ExitCode.DONE if context.invoked_subcommand else _serve(**given)


@portal.command()
@_about_an_application
def install(**given: Any) -> int:
    """Install an application and tell its handler: ONAPPINSTALL."""
    return _send(given, lambda served, **about: served.install(**about))


@portal.command()
@click.option("--to", "version", type=int, metavar="VERSION", help="The version. [default: the next one]")
@_about_an_application
def update(*, version: int | None, **given: Any) -> int:
    """Update an application and tell its handler: ONAPPUPDATE."""
    return _send(given, lambda served, **about: served.update(version=version, **about))


@portal.command()
@click.option("--clean", is_flag=True, help="Delete its storages too, which a local application always does.")
@_about_an_application
def uninstall(*, clean: bool, **given: Any) -> int:
    """Take an application away and tell its handler: ONAPPUNINSTALL."""
    return _send(given, lambda served, **about: served.uninstall(clean=clean, **about))


def _serve(
    *,
    host: str,
    port: int,
    db: str | None,
    limits: str | None,
    costs: float,
    faults: tuple[str, ...],
    control: bool,
    tls: bool,
) -> int:
    from b24provision.local import Costs, Fault, Limits
    from b24provision.local.server import listen, serve

    allowed = Limits.named(limits) if limits else Limits()
    with _failures(), _opened(db, limits=allowed, costs=Costs(costs), has_control=control) as served:
        for fault in faults:
            served.faults.add(Fault.parse(fault))
        certificate = _certificate() if tls else None
        listener = listen(host, port, certificate)
        served.remember_endpoint(f"{listener.origin}/rest/")
        trusted = certificate.certificate.absolute() if certificate else None
        click.echo("\n".join(_exports(served, listener.origin, trusted)))
        click.echo(f"The local portal is at {listener.origin}/. Ctrl-C stops it.", err=True)
        served.listen(_log)
        with suppress(KeyboardInterrupt):
            serve(served.app, listener)
    return ExitCode.DONE


def _exports(served: "LocalPortal", origin: str, trusted: "Path | None") -> Iterator[str]:
    """The variables, as a line each for the shell."""
    import os
    import shlex

    tokens = served.issue_token()
    trusting = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")  # Python, requests, node
    variables = dict.fromkeys(trusting, str(trusted)) if trusted else {}
    variables |= {
        "B24_ENDPOINT": f"{origin}/rest/",
        "B24_ACCESS_TOKEN": tokens.access_token,
        "B24_REFRESH_TOKEN": tokens.refresh_token,
        "B24_CLIENT_ID": served.client_id,
        "B24_CLIENT_SECRET": served.client_secret,
        "B24_OAUTH_URL": f"{origin}/oauth/token/",
    }
    for name, value in variables.items():
        yield f'$env:{name} = "{value}"' if os.name == "nt" else f"export {name}={shlex.quote(value)}"


def _log(call: "CallRecord") -> None:
    from datetime import datetime

    at = datetime.fromtimestamp(call.at).astimezone().strftime("%H:%M:%S")
    where = f"batch {call.request_id[:8]}" if call.in_batch else "alone"
    who = f"user {call.user_id} {call.client_id or 'webhook'}"
    click.echo(f"{at} {call.method} {call.error or 'ok'} ({who}, {where})", err=True)


def _send(given: dict[str, Any], make: Callable[..., "Event"]) -> int:
    """Make an event happen, and post it."""
    with _failures(), _opened(given["db"]) as served:
        event = make(served, client_id=given["client_id"], endpoint=given["endpoint"])
        status = event.post(given["handler"])
    click.echo(f"{event.name} was answered with {status}.")
    return ExitCode.DONE


def _state() -> "Path":
    from b24provision.targets.state import keep_private
    from b24provision.workspace import Workspace

    directory = Workspace.find(needs_target=False).state
    keep_private(directory)
    return directory


@contextmanager
def _opened(file: str | None, **settings: Any) -> Iterator["LocalPortal"]:
    from b24provision.local import LocalPortal

    with LocalPortal.open(file or _state() / "local.sqlite3", **settings) as served:
        yield served


def _certificate() -> "Certificate":
    from b24provision.local.certificate import own_certificate

    try:
        return own_certificate(_state())
    except ImportError as exc:
        raise click.ClickException("--tls needs one more package: pip install 'b24provision[tls]'") from exc


@contextmanager
def _failures() -> Iterator[None]:
    """Say in a sentence what cannot be done, or what went wrong."""
    from b24provision.errors import InputError

    try:
        yield
    except (ValueError, LookupError, InputError) as exc:
        raise click.ClickException(str(exc)) from exc
    except OSError as exc:
        click.echo(f"Error: {exc}", err=True)
        raise click.exceptions.Exit(ExitCode.FAILURE) from exc
