"""OAuth token pairs on disk, in SQLite, so that a refreshed pair is never lost.

A refresh token can be spent once: whoever refreshes must store the new pair before using it, and
nobody else may refresh meanwhile. The store keeps digests of every refresh token a pair descends
from, so that a token still standing in somebody's environment is recognised as spent.
"""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from b24provision.rest.tokens import Token

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pairs (
    client_id TEXT NOT NULL, host TEXT NOT NULL, member_id TEXT NOT NULL,
    access_token TEXT NOT NULL, refresh_token TEXT, expires_at REAL, endpoint TEXT, user_id TEXT,
    PRIMARY KEY (client_id, host)
);
CREATE TABLE IF NOT EXISTS ancestors (
    client_id TEXT NOT NULL, host TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (client_id, host, digest)
);
"""
_POLL_SECONDS = 0.05


class SqliteTokenStore:
    """The stored pair of one application on one portal; a `TokenStore` of the REST core.

    A pair is found by client id and member id, or client id and `host` until the member id is
    known. `seed` is the pair somebody configured: a stored pair counts only if it descends from it,
    since a configured pair that is unknown to the store is newer than what is stored.
    """

    def __init__(
        self,
        path: Path,
        *,
        client_id: str,
        host: str,
        member_id: str = "",
        seed: Token | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._path = path
        self._client_id = client_id
        self._host = host
        self._member_id = member_id
        self._seed = seed.refresh_token if seed is not None else None
        self._sleep = sleep
        self._locked: sqlite3.Connection | None = None

    async def load(self) -> Token | None:
        """Give the stored pair, or None."""
        if self._locked is not None:
            return self._load(self._locked)
        if not self._path.exists():
            return None
        with closing(_open(self._path)) as connection:
            return self._load(connection)

    async def save(self, token: Token) -> None:
        """Store the pair; it is on disk when this returns."""
        if self._locked is not None:
            self._save(self._locked, token)
            return
        with closing(_open(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._save(connection, token)

    async def forget(self) -> bool:
        """Delete the stored pair, and what it descends from; False if there was none."""
        if not self._path.exists():
            return False
        with closing(_open(self._path)) as connection:
            gone = False
            for table in ("pairs", "ancestors"):
                deleted = connection.execute(
                    f"DELETE FROM {table} WHERE client_id = ? AND host = ?",  # noqa: S608 - one of two names
                    (self._client_id, self._host),
                )
                gone = gone or (table == "pairs" and deleted.rowcount > 0)
            if self._member_id:
                moved = connection.execute(
                    "DELETE FROM pairs WHERE client_id = ? AND member_id = ?",
                    (self._client_id, self._member_id),
                )
                gone = gone or moved.rowcount > 0
            return gone

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """Keep every other process, and every other task of this one, from refreshing meanwhile.

        SQLite's own write lock, so a process that dies gives it back.
        """
        with closing(_open(self._path)) as connection:
            while not _began(connection):
                await self._sleep(_POLL_SECONDS)
            self._locked = connection
            try:
                yield
            finally:
                self._locked = None
                if connection.in_transaction:
                    connection.rollback()

    def _load(self, connection: sqlite3.Connection) -> Token | None:
        row = connection.execute(
            "SELECT host, access_token, refresh_token, expires_at, endpoint, member_id, user_id FROM pairs"
            " WHERE client_id = :client AND (host = :host OR (member_id = :member AND :member != ''))"
            " ORDER BY member_id = :member DESC LIMIT 1",
            {"client": self._client_id, "host": self._host, "member": self._member_id},
        ).fetchone()
        if row is None or not self._descends(connection, row[0]):
            return None
        return Token(
            access_token=row[1],
            refresh_token=row[2],
            expires_at=row[3],
            endpoint=row[4],
            member_id=row[5] or None,
            user_id=row[6],
        )

    def _descends(self, connection: sqlite3.Connection, host: str) -> bool:
        if self._seed is None:
            return True
        known = connection.execute(
            "SELECT 1 FROM ancestors WHERE client_id = ? AND host = ? AND digest = ?",
            (self._client_id, host, _digest(self._seed)),
        )
        return known.fetchone() is not None

    def _save(self, connection: sqlite3.Connection, token: Token) -> None:
        key = (self._client_id, self._host)
        if not self._descends(connection, self._host):
            connection.execute("DELETE FROM ancestors WHERE client_id = ? AND host = ?", key)
        connection.execute(
            "INSERT OR REPLACE INTO pairs (client_id, host, member_id, access_token, refresh_token, expires_at,"
            " endpoint, user_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                token.member_id or self._member_id,
                token.access_token,
                token.refresh_token,
                token.expires_at,
                token.endpoint,
                token.user_id,
            ),
        )
        self._forget_other_hosts(connection, token.member_id or self._member_id)
        for ancestor in filter(None, (self._seed, token.refresh_token)):
            connection.execute("INSERT OR IGNORE INTO ancestors VALUES (?, ?, ?)", (*key, _digest(ancestor)))
        connection.commit()

    def _forget_other_hosts(self, connection: sqlite3.Connection, member_id: str) -> None:
        """Drop what was stored under an earlier address of the same portal: it is spent now."""
        if member_id:
            connection.execute(
                "DELETE FROM pairs WHERE client_id = ? AND member_id = ? AND host != ?",
                (self._client_id, member_id, self._host),
            )


def _open(path: Path) -> sqlite3.Connection:
    """Open the store, for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    return connection


def _began(connection: sqlite3.Connection) -> bool:
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as exc:
        if "locked" in str(exc):
            return False
        raise
    return True


def _digest(refresh_token: str) -> str:
    return hashlib.sha256(refresh_token.encode()).hexdigest()
