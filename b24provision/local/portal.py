"""A local portal as its user holds it: opened from a file or in memory, served as an ASGI application.

with LocalPortal.open() as portal:
    tokens = portal.issue_token()
    httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url="http://local")
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp

from b24provision.local.app import build_app
from b24provision.local.calls import CallRecord, forget_calls, recorded_calls
from b24provision.local.costs import Costs
from b24provision.local.credentials import (
    ACCESS_LIFETIME_S,
    Grant,
    Registration,
    Tokens,
    issue_tokens,
    known_application,
    save_application,
)
from b24provision.local.events import Event
from b24provision.local.faults import Faults
from b24provision.local.installing import Subject, install, uninstall, update
from b24provision.local.limits import Limits
from b24provision.local.people import known_user, save_user
from b24provision.local.state import NO_COSTS, NO_LIMITS, PortalState
from b24provision.local.store import Store
from b24provision.local.whole import export_state, import_state

CLIENT_ID = "app.10ca1b24d3fa17.12345678"
"""As long as a market application's, which leaves 18 characters for a storage's code."""

SCOPES = ("entity", "user")
ENDPOINT = "http://local/rest/"
"""Where the portal is when it is used in process. Over a socket it goes by the address it is reached at."""


class LocalPortal(AbstractContextManager["LocalPortal"]):
    """A stand-in for one Bitrix24 portal with one application on it, to which more can be added."""

    client_id = CLIENT_ID
    """Of the default application."""

    def __init__(self, state: PortalState) -> None:
        """Use `LocalPortal.open`."""
        self._state = state
        self.app: ASGIApp = build_app(state)

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        clock: Callable[[], float] = time.time,
        *,
        secret: Callable[[], str] = lambda: secrets.token_hex(16),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Limits = NO_LIMITS,
        costs: Costs = NO_COSTS,
        has_control: bool = False,
    ) -> Self:
        """Open the portal kept in a file, or an empty one in memory; make it where there is none.

        A new one has user 1, an administrator, and the default application. `secret` makes texts of 32
        characters or more that nobody can guess, for tokens and the like. `limits` and `costs` make it as slow
        and as strict as a real one, by `clock` and `sleep`. `has_control` serves requests to `/control/…`, by
        which anybody who reaches the portal may add faults and replace its state.
        """
        store = Store(None if path is None else Path(path))
        with store.transaction() as db:
            row = db.execute("SELECT value FROM settings WHERE name = 'member_id'").fetchone()
            if row is None:
                row = (secret(),)
                db.execute("INSERT INTO settings VALUES ('member_id', ?)", row)
                save_user(db, 1, admin=True, name="Local Administrator", codes=())
                save_application(db, Registration(CLIENT_ID, secret(), SCOPES, status="F", version=1))
        state = PortalState(
            store,
            clock,
            secret,
            member_id=row[0],
            sleep=sleep,
            limits=limits,
            costs=costs,
            has_control=has_control,
        )
        return cls(state)

    def close(self) -> None:
        """Let go of the database. Closing twice does no harm. Requests still being executed are given up."""
        for task in list(self._state.running):
            task.cancel()
        self._state.store.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def member_id(self) -> str:
        """Which portal this is, whatever its address."""
        return self._state.member_id

    @property
    def faults(self) -> Faults:
        """What is to go wrong: `portal.faults.add("reset-after", method="entity.item.add", nth=3)`."""
        return self._state.faults

    @property
    def client_secret(self) -> str:
        """Of the default application."""
        with self._state.store.reading() as db:
            query = "SELECT client_secret FROM applications WHERE client_id = ?"
            return str(db.execute(query, (CLIENT_ID,)).fetchone()[0])

    @property
    def endpoint(self) -> str:
        """The REST address for use in process."""
        return ENDPOINT

    def issue_token(
        self, user_id: int = 1, *, client_id: str | None = None, lifetime_s: float = ACCESS_LIFETIME_S
    ) -> Tokens:
        """Hand out a fresh pair of tokens of a user for an application, the default one unless named.

        An application that was uninstalled is installed again by it: whoever has a token has the application.
        Raises `LookupError` for an unknown user or application.
        """
        with self._state.store.transaction() as db:
            db.execute("UPDATE applications SET installed = 1 WHERE client_id = ?", (client_id or CLIENT_ID,))
            grant = Grant(
                known_application(db, client_id or CLIENT_ID),
                known_user(db, user_id).id,
                self._state.clock(),
                lifetime_s,
            )
            return issue_tokens(db, grant, self._state.secret)

    def expire_tokens(self) -> None:
        """Make every access token handed out so far an expired one. Refresh tokens stay good."""
        with self._state.store.transaction() as db:
            db.execute("UPDATE access_tokens SET expires_at = min(expires_at, ?)", (self._state.clock(),))

    def revoke(self, token: str) -> None:
        """Make one token, of either kind, unknown."""
        with self._state.store.transaction() as db:
            db.execute("DELETE FROM access_tokens WHERE token = ?", (token,))
            db.execute("DELETE FROM refresh_tokens WHERE token = ?", (token,))

    def revoke_all(self) -> None:
        """Make every token unknown: what uninstalling and installing again does to old ones."""
        with self._state.store.transaction() as db:
            db.execute("DELETE FROM access_tokens")
            db.execute("DELETE FROM refresh_tokens")

    def add_user(
        self,
        user_id: int,
        *,
        admin: bool = False,
        groups: Iterable[int] = (),
        departments: Iterable[int] = (),
        workgroups: Mapping[int, str] | None = None,
        name: str = "",
    ) -> None:
        """Add a user, or write one anew.

        `workgroups` maps a workgroup's id to the user's role in it: A owner, E moderator, K member.
        """
        codes = [f"G{group}" for group in groups]
        codes += [f"D{department}" for department in departments]
        codes += [f"SG{group}_{role}" for group, role in (workgroups or {}).items()]
        with self._state.store.transaction() as db:
            save_user(db, user_id, admin=admin, name=name or f"User {user_id}", codes=codes)

    def add_department(self, department_id: int, *, parent_id: int | None = None) -> None:
        """Say which department a department belongs to. One that is not added stands alone."""
        with self._state.store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO departments VALUES (?, ?)", (department_id, parent_id))

    def add_application(
        self,
        client_id: str,
        client_secret: str,
        *,
        scopes: Iterable[str] = SCOPES,
        status: str = "L",
        version: int = 1,
        address: str = "",
    ) -> None:
        """Install another application, or change one.

        `status` is as in `app.info`: L local, F free, P paid, … `address` is where users come back to with an
        authorisation code.
        """
        registration = Registration(client_id, client_secret, tuple(scopes), status, version, address)
        with self._state.store.transaction() as db:
            save_application(db, registration)

    def install(
        self, *, client_id: str | None = None, user_id: int = 1, endpoint: str | None = None
    ) -> Event:
        """Install an application, again if need be, and give the event for its handler: `event.post(url)`.

        `endpoint` is the REST address the event names, else the one last served at. Raises `LookupError` for an unknown application.
        """
        return install(self._state, self._subject(client_id, user_id, endpoint))

    def update(
        self,
        *,
        version: int | None = None,
        client_id: str | None = None,
        user_id: int = 1,
        endpoint: str | None = None,
    ) -> Event:
        """Bring an application to a version, the next one unless told, and give the event. Otherwise as install."""
        return update(self._state, self._subject(client_id, user_id, endpoint), version)

    def uninstall(
        self, *, clean: bool = False, client_id: str | None = None, endpoint: str | None = None
    ) -> Event:
        """Take an application away with its tokens, and give the event.

        Its storages stay, unless it is a local one (status L) or `clean` is ticked.
        """
        return uninstall(self._state, self._subject(client_id, 1, endpoint), clean=clean)

    def remember_endpoint(self, endpoint: str) -> None:
        """Keep the REST address the portal is served at: events name it, also those sent by other processes."""
        with self._state.store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES ('endpoint', ?)", (endpoint,))

    def _subject(self, client_id: str | None, user_id: int, endpoint: str | None) -> Subject:
        with self._state.store.reading() as db:
            row = db.execute("SELECT value FROM settings WHERE name = 'endpoint'").fetchone()
            origin = (endpoint or (row[0] if row else self.endpoint)).rstrip("/").removesuffix("/rest")
            return Subject(client_id or CLIENT_ID, known_user(db, user_id).id, origin)

    def add_webhook(self, user_id: int, code: str, scopes: Iterable[str] = SCOPES) -> None:
        """Let `/rest/{user_id}/{code}/` call in the user's name. Raises `LookupError` for an unknown user."""
        with self._state.store.transaction() as db:
            holder = known_user(db, user_id).id
            db.execute("INSERT OR REPLACE INTO webhooks VALUES (?, ?, ?)", (holder, code, ",".join(scopes)))

    def calls(self, method: str | None = None) -> list[CallRecord]:
        """The commands carried out so far, in order, of one method or of all; at most the last 10,000."""
        with self._state.store.reading() as db:
            return recorded_calls(db, method)

    @property
    def request_count(self) -> int:
        """HTTP requests to /rest that this process has served; a batch is one."""
        return self._state.request_count

    def listen(self, tell: Callable[[CallRecord], None]) -> None:
        """Have every command told, from now on, once it was carried out."""
        self._state.on_call = tell

    def export_state(self) -> dict[str, Any]:
        """Give everything there is, but the log, as a JSON document: storages, users, applications, tokens, files."""
        return export_state(self._state)

    def import_state(self, document: Any) -> None:
        """Put such a document in place of everything there is. Raises `ValueError`, and then changes nothing."""
        import_state(self._state, document)

    def forget_calls(self) -> None:
        """Begin counting anew: no calls, no requests."""
        self._state.request_count = 0
        with self._state.store.transaction() as db:
            forget_calls(db)
