"""A process that calls a portal over and over with a shared token pair; `test_token_processes` starts four.

Arguments: endpoint, authorisation server, client id, client secret, store, access token, refresh token, and
how many calls to make. Prints one line for each call that was answered.
"""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from b24provision.rest import Client, HttpxTransport, RefreshingToken, Token
from b24provision.rest.transport import HttpRequest, HttpResponse
from b24provision.targets.token_store import SqliteTokenStore


class Named(HttpxTransport):
    """Says in every request which process it comes from."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        headers = {**request.headers, "X-Process": str(os.getpid())}
        return await super().send(replace(request, headers=headers))


async def work(arguments: list[str]) -> None:
    endpoint, oauth_url, client_id, client_secret, path, access_token, refresh_token, calls = arguments
    seed = Token(access_token, refresh_token=refresh_token)
    transport = Named()
    source = RefreshingToken(
        seed,
        client_id=client_id,
        client_secret=client_secret,
        store=SqliteTokenStore(Path(path), client_id=client_id, host="portal", seed=seed),
        transport=transport,
        oauth_url=oauth_url,
    )
    async with Client(endpoint, source, transport=transport) as client:
        for _ in range(int(calls)):
            answer = await client.call.make("profile")
            print(answer.is_success, flush=True)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1:]))
