"""Who may call: applications, webhooks and tokens, and the recognition of a caller by them.

Source: settings/oauth (lifetimes, rotation), common/system-errors (codes and statuses).
"""

import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from b24provision.local.answers import Refusal
from b24provision.local.context import Application, Caller
from b24provision.local.people import known_user
from b24provision.local.refusals import expired_token

ACCESS_LIFETIME_S = 3600
REFRESH_LIFETIME_S = 180 * 24 * 3600
CODE_LIFETIME_S = 30
REMEMBERED_S = 24 * 3600
"""For so long an expired token is known as expired; afterwards it is an unknown one."""
KEPT = 1_000
"""Pairs of one user for one application; the oldest give way."""

Grants = Literal["refresh_tokens", "authorization_codes"]
RandomText = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens as the authorisation server hands it out."""

    access_token: str
    refresh_token: str
    expires_at: float
    """When the access token expires, in seconds since the epoch."""
    expires_in: int
    client_id: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a pair of tokens is handed out for."""

    application: Application
    user_id: int
    now: float
    lifetime_s: float = ACCESS_LIFETIME_S


@dataclass(frozen=True, slots=True)
class Registration:
    """What an application registers with."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    status: str
    version: int
    address: str = ""
    """Where a user is sent back to with an authorisation code; "" to show it on a page."""


def known_application(db: sqlite3.Connection, client_id: str) -> Application:
    """The application with this id. Raises `LookupError`."""
    row = db.execute("SELECT * FROM applications WHERE client_id = ?", (client_id,)).fetchone()
    if row is None:
        raise LookupError(f"no application {client_id!r} on this portal")
    return _application(row)


def save_application(db: sqlite3.Connection, registration: Registration) -> None:
    """Write an application down as installed, or change it. Its storages stay."""
    db.execute(
        "INSERT INTO applications (client_id, client_secret, scopes, status, version, address)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET client_secret = excluded.client_secret,"
        " scopes = excluded.scopes, status = excluded.status, version = excluded.version,"
        " address = excluded.address, installed = 1",
        (
            registration.client_id,
            registration.client_secret,
            ",".join(registration.scopes),
            registration.status,
            registration.version,
            registration.address,
        ),
    )


def proven_application(db: sqlite3.Connection, client_id: str, client_secret: str) -> Application:
    """The application whose id and secret these are. Raises `invalid_client`."""
    row = db.execute("SELECT * FROM applications WHERE client_id = ?", (client_id,)).fetchone()
    if row is None or not hmac.compare_digest(row["client_secret"].encode(), client_secret.encode()):
        raise Refusal("invalid_client", "Invalid client credentials", 401)
    return _application(row)


def _application(row: sqlite3.Row) -> Application:
    scopes = tuple(filter(None, row["scopes"].split(",")))
    return Application(row["id"], row["client_id"], scopes, row["status"], row["version"])


def issue_tokens(db: sqlite3.Connection, grant: Grant, secret: RandomText) -> Tokens:
    """Hand out a fresh pair. Earlier pairs stay good, as far as they are kept."""
    application, now = grant.application, grant.now
    pair = Tokens(
        access_token=secret(),
        refresh_token=secret(),
        expires_at=now + grant.lifetime_s,
        expires_in=int(grant.lifetime_s),
        client_id=application.client_id,
        user_id=grant.user_id,
    )
    holder = (application.id, grant.user_id)
    db.execute("INSERT INTO access_tokens VALUES (?, ?, ?, ?)", (pair.access_token, *holder, pair.expires_at))
    refresh = (pair.refresh_token, *holder, now + REFRESH_LIFETIME_S)
    db.execute("INSERT INTO refresh_tokens VALUES (?, ?, ?, ?)", refresh)
    _forget_old_tokens(db, holder, now)
    return pair


def _forget_old_tokens(db: sqlite3.Connection, holder: tuple[int, int], now: float) -> None:
    for table in ("access_tokens", "refresh_tokens"):
        db.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (now - REMEMBERED_S,))  # noqa: S608
        query = (
            f"DELETE FROM {table} WHERE token IN (SELECT token FROM {table}"  # noqa: S608
            " WHERE application_id = ? AND user_id = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)"
        )
        db.execute(query, (*holder, KEPT))


def issue_code(db: sqlite3.Connection, grant: Grant, secret: RandomText) -> str:
    """Hand out an authorisation code, which is good once and for 30 seconds."""
    code = secret()
    row = (code, grant.application.id, grant.user_id, grant.now + CODE_LIFETIME_S)
    db.execute("DELETE FROM authorization_codes WHERE expires_at <= ?", (grant.now,))
    db.execute("INSERT INTO authorization_codes VALUES (?, ?, ?, ?)", row)
    return code


def spend(db: sqlite3.Connection, grants: Grants, application: Application, token: str, *, now: float) -> int:
    """Use a refresh token or an authorisation code up and tell whose it was. Raises `invalid_grant`.

    Access tokens handed out with a refresh token live on until they expire (the documentation is silent).
    """
    query = f"SELECT user_id, expires_at FROM {grants} WHERE token = ? AND application_id = ?"  # noqa: S608
    row = db.execute(query, (token, application.id)).fetchone()
    if row is None or row["expires_at"] <= now:
        raise Refusal("invalid_grant", "Invalid refresh token or authorization code")
    db.execute(f"DELETE FROM {grants} WHERE token = ?", (token,))  # noqa: S608
    return int(row["user_id"])


def caller_by_token(db: sqlite3.Connection, token: str, *, now: float) -> Caller:
    """Recognise an application's user. Raises `NO_AUTH_FOUND`, `invalid_token`, `expired_token`."""
    if not token:
        raise _no_auth()
    query = (
        "SELECT t.user_id, t.expires_at, a.* FROM access_tokens t"
        " JOIN applications a ON a.id = t.application_id WHERE t.token = ?"
    )
    row = db.execute(query, (token,)).fetchone()
    if row is None:
        raise Refusal("invalid_token", "Unable to get application by token", 401)
    if row["expires_at"] <= now:
        raise expired_token()
    application = _application(row)
    return Caller(known_user(db, row["user_id"]), application, application.scopes)


def caller_by_webhook(db: sqlite3.Connection, user_id: str, code: str) -> Caller:
    """Recognise whoever made an incoming webhook. Raises `NO_AUTH_FOUND`."""
    query = "SELECT user_id, scopes FROM webhooks WHERE user_id = ? AND code = ?"
    row = db.execute(query, (user_id, code)).fetchone()
    if row is None:
        raise _no_auth()
    return Caller(known_user(db, row["user_id"]), None, tuple(filter(None, row["scopes"].split(","))))


def _no_auth() -> Refusal:
    return Refusal("NO_AUTH_FOUND", "Wrong authorization data", 401)
