"""What tests say again and again: open a portal as somebody, write a manifest, run the command line."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import uvicorn
from click.testing import CliRunner, Result

from b24provision.cli import cli
from b24provision.engine import Provisioner
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.manifest import load_text
from b24provision.model import Portal
from b24provision.rest import Client, HttpxTransport, Limits, StaticToken
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport
from b24provision.targets.session import Session

MANIFESTS = Path(__file__).parent.parent / "manifests"


@dataclass(frozen=True)
class Served:
    """A portal and the endpoint it can be reached at."""

    portal: LocalPortal
    endpoint: str

    def environment(self, **more: str) -> dict[str, str]:
        token = self.portal.issue_token().access_token
        return {"B24_ENDPOINT": self.endpoint, "B24_ACCESS_TOKEN": token, **more}


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve an ASGI application on this machine; gives the endpoint."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.001)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/rest/"
    finally:
        server.should_exit = True
        thread.join()


def intent(text: str, **settings: object) -> Intent:
    return Intent(manifest=load_text("b24provision: 1\n" + dedent(text)), **settings)  # type: ignore[arg-type]


@asynccontextmanager
async def provisioner(
    portal: LocalPortal,
    *,
    user_id: int = 1,
    transport: Transport | None = None,
    endpoint: str = "http://local/rest/",
) -> AsyncIterator[Provisioner]:
    """Open the portal in process as one of its users."""
    token = StaticToken(portal.issue_token(user_id).access_token)
    carrier = transport or HttpxTransport(app=portal.app)

    async def at_once(_: float) -> None:
        pass

    async with Client(endpoint, token, transport=carrier, limits=Limits.unlimited(), sleep=at_once) as client:
        yield Provisioner(Session(client, Portal(target="test", host="local")), at_once)


@dataclass
class FlakyTransport:
    """Carries requests to a portal, and lets some answers, or some requests, get lost.

    `fates` says for each request in turn what becomes of it: "answered", "lost" (executed, its
    answer cut) or "cut" (never executed, though bytes were sent); further ones are answered.
    """

    app: object
    fates: list[str]
    before: Callable[[int], None] = lambda _: None
    sent: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._carrier = HttpxTransport(app=self.app)  # type: ignore[arg-type]

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.before(self.sent)
        fate = self.fates[self.sent] if self.sent < len(self.fates) else "answered"
        self.sent += 1
        if fate == "cut":
            raise SendFailed("connection reset", sent=True)
        response = await self._carrier.send(request)
        if fate == "lost":
            raise SendFailed("connection reset", sent=True)
        return response

    async def aclose(self) -> None:
        await self._carrier.aclose()


def run(*arguments: str | Path, env: dict[str, str] | None = None, answer: str | None = None) -> Result:
    """Run the command line in this process; `exit_code`, `stdout` and `stderr` tell what it did."""
    return CliRunner().invoke(cli, [str(row) for row in arguments], env=env, input=answer)


def write(text: str, path: str = "manifests/main.yaml") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("b24provision: 1\n" + dedent(text), encoding="utf-8")
    return file
