"""The portal over HTTP: a listening socket, and uvicorn behind it."""

import os
import socket
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from b24provision.local.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens already, so that its address is known before anything is served."""

    listening: socket.socket
    certificate: Certificate | None = None

    @property
    def origin(self) -> str:
        host, port = self.listening.getsockname()[:2]
        scheme = "https" if self.certificate else "http"
        named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"{scheme}://{named}:{port}"


def listen(host: str, port: int, certificate: Certificate | None = None) -> Listener:
    """Listen on an address; port 0 takes a free one. Raises `OSError`.

    Small pieces are sent at once (TCP_NODELAY): an answer's headers and body are written apart, and a body that
    waits for the client's delayed acknowledgement is 40 ms late. Connections inherit it from this socket; asyncio
    sets it only on sockets that were made with the protocol's number.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two portals share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind(address)
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return Listener(listening, certificate)


def serve(app: ASGIApp, listener: Listener) -> None:
    """Serve until interrupted."""
    own = listener.certificate
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=own.certificate if own else None,
        ssl_keyfile=own.key if own else None,
    )
    uvicorn.Server(config).run([listener.listening])
