"""The commands about tokens: get one, take one over, look at it, forget it."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from b24provision.cli import options
from b24provision.exitcode import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from b24provision.rest.tokens import Token
    from b24provision.targets.target import Target
    from b24provision.workspace import Workspace


@click.group()
def auth() -> None:
    """Get, show and forget the token of a target.

    A refresh token has one owner: refreshing spends it for everybody else.
    """


@auth.command()
@options.portal
@click.option("--code", metavar="CODE", help="The code, or the address the browser was sent to.")
def login(*, code: str | None, **given: Any) -> int:
    """Log in with a browser, and store the pair of tokens.

    The portal sends the browser to the application's own address. Paste that address here at once: the
    code in it lives 30 seconds.
    """
    import secrets

    from b24provision.cli.finish import finish
    from b24provision.targets.login import login_address, read_code
    from b24provision.targets.ownership import log_in, require_application

    with _workspace(**given) as (workspace, target):
        require_application(target)
        state = secrets.token_urlsafe(12)
        if code is None:
            click.echo(f"Open {login_address(target, state)}", err=True)
            code = click.prompt("Paste the address it leads to", err=True)
        token = finish(log_in(target, workspace.state, read_code(code, target, state)))
        click.echo(
            f"Logged in to {target.host}: {_who(token)}. The pair is stored and renewed when it expires."
        )
    return ExitCode.DONE


@auth.command("import")
@options.portal
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--take-over",
    is_flag=True,
    help="Take the refresh token too. The application it is from loses its own with the first refresh.",
)
def import_(*, file: Any, take_over: bool, **given: Any) -> int:
    """Store a token that was pasted (`-`) or saved by another program.

    Known are BX24.getAuth(), install payloads, CRest's settings.json and the settings of the JavaScript, PHP
    and Python SDKs. Only the access token is taken unless --take-over says otherwise.
    """
    from b24provision.cli.finish import finish
    from b24provision.targets.ownership import remember
    from b24provision.targets.pasted import read_pasted

    with _workspace(**given) as (workspace, target):
        token = read_pasted(file.read())
        kept = finish(remember(target, workspace.state, token, take_over=take_over))
        if kept.refresh_token:
            how = "with its refresh token: from now on it is renewed here, and nowhere else"
        else:
            how = "without a refresh token: it lasts until it expires"
        click.echo(f"Stored the token of {target.host} ({_who(kept)}) {how}.")
    return ExitCode.DONE


@auth.command()
@options.portal
def status(**given: Any) -> int:
    """Tell where the target's token comes from and how long it lasts."""
    import time

    from b24provision.cli.finish import finish
    from b24provision.targets.ownership import token_status

    with _workspace(**given) as (workspace, target):
        known = finish(token_status(target, workspace.state))
        click.echo(f"Target {known.target}: {known.owner}")
        if known.member_id or known.user_id:
            click.echo(f"Member {known.member_id or 'unknown'}, user {known.user_id or 'unknown'}")
        if known.expires_at is not None:
            left = int(known.expires_at - time.time()) // 60
            said = f"expires in {left} minutes" if left > 0 else "has expired"
            click.echo(f"The access token {said}{'; it is renewed when needed' if known.renews else ''}.")
    return ExitCode.DONE


@auth.command()
@options.portal
def logout(**given: Any) -> int:
    """Forget the stored token of the target."""
    from b24provision.cli.finish import finish
    from b24provision.targets.ownership import log_out

    with _workspace(**given) as (workspace, target):
        gone = finish(log_out(target, workspace.state))
        click.echo(
            f"Forgot the token of {target.host}." if gone else f"No token of {target.host} was stored."
        )
    return ExitCode.DONE


@contextmanager
def _workspace(*, target: str | None, state_dir: str | None) -> "Iterator[tuple[Workspace, Target]]":
    """Find the workspace and its target; errors of ours end with their exit code."""
    from pathlib import Path

    from b24provision.errors import B24ProvisionError
    from b24provision.workspace import Workspace

    try:
        found = Workspace.find(target, state=Path(state_dir) if state_dir else None)
        yield found, found.chosen
    except B24ProvisionError as exc:
        click.echo(f"Error: {exc}", err=True)
        raise click.exceptions.Exit(exc.exit_code) from exc


def _who(token: "Token") -> str:
    return f"member {token.member_id or 'unknown'}, user {token.user_id or 'unknown'}"
