"""An open connection to a target's portal: the client, the token it uses, and who the portal is.

Owns how a target becomes a client: the local portal in process, a webhook, a token of somebody
else's, or a pair of our own that is stored whenever it is refreshed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from b24provision.errors import InputError
from b24provision.model import Portal
from b24provision.reading import Answer
from b24provision.rest import (
    Client,
    HttpxTransport,
    Limits,
    StaticToken,
    Token,
    Transport,
    fits_batch,
)
from b24provision.rest.calls import Call
from b24provision.targets.state import keep_private
from b24provision.targets.target import Target, normalise_endpoint, require_pinned
from b24provision.targets.token_source import token_source

Tell = Callable[[str], None]
"""Is told, in a sentence, what a person who waits should know."""


def tell_nobody(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Session:
    """A portal that can be called. `portal` does not name the caller yet; a plan does."""

    client: Client
    portal: Portal

    async def send(self, calls: Sequence[Call], *, patience_s: float | None = None) -> Sequence[Answer]:
        """Send up to 50 calls as one request; a `Sender`.

        A single call that a batch would alter goes out by itself. `patience_s` is as for the client's actions.
        """
        if len(calls) == 1 and not fits_batch(calls[0]):
            method, params = calls[0].method, calls[0].params
            return [await self.client.call.make(method, params, patience_s=patience_s)]
        result = await self.client.batch.make(
            calls, is_halt_on_error=False, return_ajax_result=True, patience_s=patience_s
        )
        rows: Sequence[Answer] = result.data
        return rows


@asynccontextmanager
async def connect(
    target: Target, state: Path, *, directory: Path | None = None, tell: Tell = tell_nobody
) -> AsyncIterator[Session]:
    """Open a target. `state` holds the token store and the local portal; commands run in `directory`.

    Raises InputError when the target's settings do not suffice, StaleError when the target is pinned
    to another portal, AuthError or UnreachableError when a token cannot be had.
    """
    async with AsyncExitStack() as stack:
        if target.is_local:
            client, member_id = _local_client(stack, state)
        elif target.webhook_url:
            client, member_id = Client.from_webhook(target.webhook_url, on_wait=_waiting(tell)), ""
        else:
            client, member_id = await _oauth_client(stack, target, state, directory or Path.cwd(), tell)
        await stack.enter_async_context(client)
        host = target.host if target.is_local else urlsplit(client.endpoint).hostname or ""
        portal = Portal(
            target=target.name,
            host=host,
            member_id=member_id,
            client_id=target.client_id,
            is_local=target.is_local,
        )
        yield Session(client, portal)


def _local_client(stack: AsyncExitStack, state: Path) -> tuple[Client, str]:
    from b24provision.local import LocalPortal

    keep_private(state)
    try:
        portal = stack.enter_context(LocalPortal.open(state / "local.sqlite3"))
    except ValueError as exc:
        raise InputError(
            f"{state / 'local.sqlite3'} is no local portal: move it away to begin a new one"
        ) from exc
    token = StaticToken(portal.issue_token().access_token)
    transport = HttpxTransport(app=portal.app)
    return Client("http://local/rest/", token, transport=transport, limits=Limits.unlimited()), ""


async def _oauth_client(
    stack: AsyncExitStack, target: Target, state: Path, directory: Path, tell: Tell
) -> tuple[Client, str]:
    transport = HttpxTransport()
    stack.push_async_callback(transport.aclose)
    source = await token_source(target, state, directory, transport)
    token = await source.current()
    member_id = token.member_id or ""
    if target.member_id:
        member_id = member_id or await _ask_member_id(target, token, transport)
        require_pinned(target, member_id)
    where = f"target {target.name}: the endpoint the token names"
    named = token.endpoint and normalise_endpoint(token.endpoint, where=where, allow_http=target.allow_http)
    endpoint = target.endpoint or named
    if not endpoint:
        raise InputError(f"target {target.name}: an endpoint is missing, and the token names none")
    client = Client(
        endpoint,
        source,
        transport=transport,
        on_wait=_waiting(tell),
        on_moved=lambda address: tell(f"The portal has moved: its address is now {address}"),
    )
    return client, member_id


async def _ask_member_id(target: Target, token: Token, transport: Transport) -> str:
    """Ask the authorisation server whose token this is: the portal itself does not tell.

    Source: settings/oauth (app.info of the authorisation server).
    """
    parts = urlsplit(target.oauth_url)
    server = urlunsplit((parts.scheme, parts.netloc, "/rest/", "", ""))
    client = Client(server, StaticToken(token.access_token), transport=transport)
    answer = await client.call.make("app.info")
    install = answer.data.get("install") if isinstance(answer.data, dict) else None
    member_id = install.get("member_id") if isinstance(install, dict) else None
    return str(member_id or "")


def _waiting(tell: Tell) -> Callable[[float, str], None]:
    return lambda seconds, reason: tell(f"Waiting {seconds:.0f} s: {reason}")
