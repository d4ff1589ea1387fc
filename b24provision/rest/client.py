"""The client: one portal, its credentials, and the actions on it."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self, Unpack
from urllib.parse import urlsplit

from b24provision.errors import ApiError, InputError, PortalError
from b24provision.rest.actions import BatchAction, BatchByChunkAction, CallAction
from b24provision.rest.calls import Call
from b24provision.rest.driver import Driver
from b24provision.rest.endpoint import normalise
from b24provision.rest.lists import CallListAction, FetchListAction
from b24provision.rest.operating import Wait
from b24provision.rest.redaction import redact_text
from b24provision.rest.settings import Options, Settings
from b24provision.rest.stats import Stats
from b24provision.rest.tokens import StaticToken, TokenSource
from b24provision.rest.transport import Transport


class Client:
    """Talks to the REST interface of one Bitrix24 portal.

    An async context manager, which closes its transport at the end, a given one too. Requests may be made
    side by side; they share the portal's limits and one token.
    """

    batch: BatchAction
    call: CallAction
    batch_by_chunk: BatchByChunkAction
    call_list: CallListAction
    fetch_list: FetchListAction

    def __init__(self, endpoint: str | None, auth: TokenSource | None, **options: Unpack[Options]) -> None:
        """Take the address and the credentials: `endpoint` is `https://acme.bitrix24.com/rest/`.

        Without an endpoint the token's own is used. Without `auth` the endpoint is a webhook. The options are
        those of `Settings`. Raises InputError for an address that is none.
        """
        if endpoint is None and auth is None:
            raise InputError("A client needs an endpoint, a token that knows one, or a webhook.")
        options.setdefault("version", _installed_version())
        settings = Settings(**options)
        self._auth = auth
        self._clock = settings.clock
        self._driver = Driver(endpoint, auth, settings.transport or _default_transport(), settings)
        self.call = CallAction(self._driver.ask, settings.new_id)
        self.batch = BatchAction(self._driver.ask, settings.new_id)
        self.batch_by_chunk = BatchByChunkAction(self.batch)
        self.call_list = CallListAction(self.call)
        self.fetch_list = FetchListAction(self.call)

    @classmethod
    def from_webhook(cls, url: str, **options: Unpack[Options]) -> Self:
        """Make a client of an incoming webhook, `https://acme.bitrix24.com/rest/1/code/`.

        Source: local-integrations/local-webhooks.
        """
        parts = urlsplit(normalise(url)).path.strip("/").split("/")
        if len(parts) < 3 or parts[-3] != "rest" or not parts[-2].isdigit():
            raise InputError("The webhook's address is incomplete: it ends in /rest/USER_ID/CODE/.")
        return cls(url, None, **options)

    @classmethod
    def from_token(cls, endpoint: str, access_token: str, **options: Unpack[Options]) -> Self:
        """Make a client of an access token somebody else renews."""
        return cls(endpoint, StaticToken(access_token), **options)

    @property
    def endpoint(self) -> str:
        """The portal's REST address, also after it has moved. A webhook's is a secret.

        Empty before the first request, when only the token knows it.
        """
        return self._driver.endpoint

    @property
    def is_webhook(self) -> bool:
        """Whether this is a webhook, which has no application and so no storages."""
        return self._auth is None

    def stats(self) -> Stats:
        """Read what has been done so far."""
        return self._driver.stats()

    def expected_wait(self, calls: Sequence[Call]) -> Wait:
        """Tell how long these calls, sent now as one request, would wait for operating time, and of which method."""
        return self._driver.expected_wait(calls)

    async def ping(self) -> float:
        """Measure in seconds how long a request takes now, waits for limits included.

        Raises what `call.make` raises.
        """
        began = self._clock()
        await self.call.make("server.time", reads=True)
        return self._clock() - began

    async def health_check(self) -> bool:
        """Say whether the portal answers and accepts the credentials."""
        try:
            return (await self.call.make("server.time", reads=True)).is_success
        except (PortalError, ApiError):
            return False

    async def aclose(self) -> None:
        """Let a renewal that is under way finish, and close the transport."""
        await self._driver.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({redact_text(self.endpoint)!r})"


def _default_transport() -> Transport:
    from b24provision.rest.httpx_transport import HttpxTransport

    return HttpxTransport()


def _installed_version() -> str:
    try:
        return version("b24provision")
    except PackageNotFoundError:
        return "0"
