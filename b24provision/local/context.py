"""In whose name a command runs, and what it may use while it does."""

import sqlite3
from dataclasses import dataclass

from b24provision.local.answers import access_denied
from b24provision.local.people import User


@dataclass(frozen=True, slots=True)
class Application:
    id: int
    client_id: str
    scopes: tuple[str, ...]
    status: str
    """L local, F free, P paid, …"""
    version: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom the portal has recognised."""

    user: User
    through: Application | None
    """The application that calls in the user's name; None for a webhook."""
    scopes: tuple[str, ...]

    @property
    def application(self) -> Application:
        """The calling application. A webhook has none, and is refused."""
        if self.through is None:
            raise access_denied("Access denied! Application context required")
        return self.through


@dataclass(frozen=True, slots=True)
class Context:
    """What every method is given besides its parameters."""

    db: sqlite3.Connection
    now: float
    """Seconds since the epoch."""
    origin: str
    """Scheme and host by which the caller reached the portal, without a slash at the end."""
    caller: Caller
    overlooks_storages: bool = False
    """Whether this command loses a race: what another has written at the same moment is not there yet."""

    @property
    def user(self) -> User:
        return self.caller.user

    @property
    def application(self) -> Application:
        """The calling application. A webhook has none, and is refused."""
        return self.caller.application
