"""Getting, showing and forgetting the stored token of a target."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from b24provision.errors import InputError
from b24provision.rest import HttpxTransport, Token
from b24provision.rest.authorisation import AuthorisationServer
from b24provision.targets.state import keep_private
from b24provision.targets.target import Target, require_pinned
from b24provision.targets.token_source import configured_token, token_store


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What is known of a target's token. `owner` says in words who has it and who renews it."""

    target: str
    owner: str
    expires_at: float | None = None
    member_id: str | None = None
    user_id: str | None = None
    renews: bool = False


async def log_in(target: Target, state: Path, code: str, *, clock: Callable[[], float] = time.time) -> Token:
    """Exchange the code of a login for a pair, and store it.

    Raises AuthError when the code is spent, older than 30 seconds, or of another application.
    """
    require_application(target)
    transport = HttpxTransport()
    try:
        server = AuthorisationServer(
            client_id=target.client_id,
            client_secret=target.client_secret,
            transport=transport,
            url=target.oauth_url,
            clock=clock,
        )
        token = await server.exchange(code)
    finally:
        await transport.aclose()
    await remember(target, state, token)
    return token


async def remember(target: Target, state: Path, token: Token, *, take_over: bool = True) -> Token:
    """Store a token somebody gave; only its access token unless `take_over` takes its refresh token too.

    Raises StaleError for a token of another portal than the target is pinned to, InputError when a pair that
    can be renewed is stored and would be lost.
    """
    if token.member_id:
        require_pinned(target, token.member_id)
    kept = token if take_over else replace(token, refresh_token=None)
    store = token_store(target, state)
    stored = await store.load()
    if stored is not None and stored.refresh_token and not kept.refresh_token:
        raise InputError(
            "A pair with a refresh token is stored, and would be lost: `auth logout` first if it is not needed, or "
            "take the new pair as a whole with --take-over."
        )
    keep_private(state)
    await store.save(kept)
    return kept


def require_application(target: Target) -> None:
    """Raise InputError unless the target names an application that can log in."""
    if target.is_local or not (target.endpoint and target.client_id and target.client_secret):
        raise InputError(
            f"target {target.name}: logging in takes endpoint, client_id and client_secret of an application."
        )


async def token_status(target: Target, state: Path) -> TokenStatus:
    """Tell where the target's token comes from, without asking anybody."""
    seed = configured_token(target)
    elsewhere = _owner_elsewhere(target, seed)
    if elsewhere:
        return TokenStatus(target.name, elsewhere)
    stored = await token_store(target, state, seed).load()
    if stored is not None:
        owner = f"stored in {state.name}/tokens.sqlite3" + (
            "" if stored.refresh_token else "; nobody here renews it"
        )
        return TokenStatus(
            target.name,
            owner,
            expires_at=stored.expires_at,
            member_id=stored.member_id,
            user_id=stored.user_id,
            renews=stored.refresh_token is not None,
        )
    if seed is not None:
        return TokenStatus(target.name, "a pair in the settings, not refreshed yet", renews=True)
    return TokenStatus(target.name, "none: use `auth login` or `auth import`")


def _owner_elsewhere(target: Target, seed: Token | None) -> str:
    if target.is_local:
        return "the local portal issues one for every run"
    if target.webhook_url:
        return "an incoming webhook: it has no application, and so no storages"
    if target.token_command:
        return f"the command {target.token_command[0]} prints it and renews it"
    if seed is not None and seed.refresh_token is None:
        return "an access token in the settings; nobody here renews it"
    return ""


async def log_out(target: Target, state: Path) -> bool:
    """Forget the stored pair. False if there was none. The portal goes on accepting it until it expires."""
    return await token_store(target, state).forget()
