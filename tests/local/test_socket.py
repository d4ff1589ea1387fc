"""The portal over a real socket."""

import socket

import anyio
import httpx
import pytest
import uvicorn

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio


async def test_it_can_be_served(portal: LocalPortal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(portal.app, log_level="critical", lifespan="off", ws="none"))
        async with anyio.create_task_group() as group, httpx.AsyncClient(base_url=address) as http:
            group.start_soon(server.serve, [listening])
            tokens = portal.issue_token()
            caller = Caller(http, tokens.access_token)
            await caller.call("entity.add", ENTITY="dish", NAME="Блюда")
            assert (await caller.batch(["entity.get?ENTITY=dish"]))["result"][0]["NAME"] == "Блюда"
            form = {
                "grant_type": "refresh_token",
                "client_id": portal.client_id,
                "client_secret": portal.client_secret,
                "refresh_token": tokens.refresh_token,
            }
            renewed = (await http.post("/oauth/token/", data=form)).json()
            assert renewed["client_endpoint"] == f"{address}/rest/"
            server.should_exit = True
