"""The values an exchange is made of: the question, the answer, and the steps between them.

Pure. `exchange` decides on the steps, whoever carries them out answers them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from b24provision.errors import ApiError
from b24provision.rest.calls import Call
from b24provision.rest.tokens import Token
from b24provision.rest.transport import HttpRequest


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked: a REST method with its body, and the calls this amounts to.

    `keys` are the calls' keys when the method is `batch`, empty otherwise. A reset that is further away than
    `patience_s` is not waited for; None leaves that to the client's limits.
    """

    method: str
    payload: Mapping[str, Any]
    calls: tuple[Call, ...]
    keys: tuple[str, ...]
    request_id: str
    patience_s: float | None = None

    @property
    def only_reads(self) -> bool:
        """Whether asking twice can do no harm."""
        return all(call.only_reads for call in self.calls)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the portal said: a REST answer with a result, or its refusal.

    `secrets` are texts that must not be shown when the body is.
    """

    status: int
    body: Mapping[str, Any] = field(repr=False)
    error: ApiError | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to send one request: where to, and as whom. Without a token it is a webhook."""

    endpoint: str
    token: Token | None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown of it: the token, or the code a webhook's address ends in."""
        return self.token.secrets if self.token else (self.endpoint.rstrip("/").rsplit("/", 1)[-1],)


@dataclass(frozen=True, slots=True)
class Admit:
    """Wait until the limits allow one more request; answered with a Grant."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this; answered with an HttpResponse or a SendFailed."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, and tell the user why."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The portal's bucket is full; answered with the seconds until it has room."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The operating time is used up; answered with the seconds until the reset."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Replace this token; answered with whether that took a renewal (or somebody else's had done)."""

    spent: Token


@dataclass(frozen=True, slots=True)
class Move:
    """The portal lives here from now on."""

    endpoint: str


Step: TypeAlias = Admit | Send | Pause | Busy | Exhausted | Renew | Move
