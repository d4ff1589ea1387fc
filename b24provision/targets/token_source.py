"""A target's settings and what is stored → where the client's token comes from.

A refresh token has one owner, because refreshing spends it for everybody else. So with only an access
token nothing is ever refreshed, a token command's tokens are its own business, and a pair of ours is
stored whenever it is refreshed.
"""

from pathlib import Path

from b24provision.errors import InputError
from b24provision.rest import RefreshingToken, StaticToken, Token, TokenSource, Transport
from b24provision.targets.state import keep_private
from b24provision.targets.target import Target
from b24provision.targets.token_command import CommandToken
from b24provision.targets.token_store import SqliteTokenStore


async def token_source(target: Target, state: Path, directory: Path, transport: Transport) -> TokenSource:
    """Give the source for `target`. Commands run in `directory`, pairs are stored in `state`.

    Raises InputError when the target has no token, or one that it lacks the means to refresh.
    """
    if target.token_command:
        return CommandToken(target.token_command, directory)
    seed = configured_token(target)
    if seed is not None and seed.refresh_token is None:
        return StaticToken(seed.access_token)
    store = token_store(target, state, seed)
    token = await store.load() or seed
    if token is None:
        raise InputError(
            f"target {target.name}: there is no token yet. Use `b24provision auth login` or `auth import`, "
            "or set an access token or a token_command."
        )
    if token.refresh_token is None:
        return StaticToken(token.access_token)
    if not (target.client_id and target.client_secret):
        raise InputError(
            f"target {target.name}: refreshing a token takes client_id and client_secret, and one is missing. "
            "With an access token alone nothing is refreshed."
        )
    keep_private(state)
    return RefreshingToken(
        token,
        client_id=target.client_id,
        client_secret=target.client_secret,
        store=store,
        transport=transport,
        oauth_url=target.oauth_url,
    )


def configured_token(target: Target) -> Token | None:
    """Give the pair that stands in the target's settings, if one does.

    A refresh token by itself is a pair whose access token has long expired.
    """
    if not (target.access_token or target.refresh_token):
        return None
    expires_at = None if target.access_token else 0.0
    return Token(target.access_token, refresh_token=target.refresh_token or None, expires_at=expires_at)


def token_store(target: Target, state: Path, seed: Token | None = None) -> SqliteTokenStore:
    """Give the store of this application's pair on this portal."""
    return SqliteTokenStore(
        state / "tokens.sqlite3",
        client_id=target.client_id,
        host=target.host,
        member_id=target.member_id,
        seed=seed,
    )
