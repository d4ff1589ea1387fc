"""What carries one HTTP exchange: the Protocol, and the values that go in and come out.

Pure. Nothing of any HTTP library crosses this border, in either direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from b24provision.rest.redaction import redact_text


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One request. `timeout_s` is the longest silence between bytes, once connected."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {redact_text(self.url)}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One whole answer. Names of `headers` are lower case, whatever they came as."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        object.__setattr__(self, "headers", lowered)

    def header(self, name: str) -> str:
        """Give a header's value, the empty text where there is none."""
        return self.headers.get(name.lower(), "")


class SendFailed(Exception):  # noqa: N818 - it says what happened; rest turns it into an error of the tree
    """A transport's way to say that an exchange brought no answer. It never leaves `rest`.

    `sent` is False only when not one byte of the request can have reached the other side: a refused
    connection, an unknown name, a connect timeout, a failed TLS handshake. The message says what
    happened and holds no secret.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Transport(Protocol):
    """Carries HTTP exchanges, many at once. Built once for each portal."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Carry one exchange, without following redirects; raises SendFailed."""
        ...

    async def aclose(self) -> None:
        """Let go of connections. Closing twice is harmless."""
        ...
