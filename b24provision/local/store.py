"""The portal's database: its schema, its connection, and one write transaction at a time.

It knows nothing of REST. A file may be used by several processes at once (WAL, a busy timeout); within a
process a lock keeps threads from interleaving inside a transaction.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_TIMEOUT_S = 10.0

# Ids are never given out twice (AUTOINCREMENT), as on the portal. A storage's code is not unique: somebody
# who cannot read the first storage of a code makes a second one.
FIRST = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
    id INTEGER PRIMARY KEY, admin INTEGER NOT NULL, name TEXT NOT NULL, last_name TEXT NOT NULL
);
CREATE TABLE memberships (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, code TEXT NOT NULL,
    PRIMARY KEY (user_id, code)
) WITHOUT ROWID;
CREATE TABLE departments (id INTEGER PRIMARY KEY, parent_id INTEGER);

CREATE TABLE applications (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE, client_secret TEXT NOT NULL,
    scopes TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, options TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE webhooks (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, code TEXT NOT NULL, scopes TEXT NOT NULL,
    PRIMARY KEY (user_id, code)
) WITHOUT ROWID;
CREATE TABLE access_tokens (
    token TEXT PRIMARY KEY, application_id INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE refresh_tokens (
    token TEXT PRIMARY KEY, application_id INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, expires_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE storages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    application_id INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    code TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL
);
CREATE INDEX storages_by_code ON storages (application_id, code);
CREATE TABLE rights (
    id INTEGER PRIMARY KEY, storage_id INTEGER NOT NULL REFERENCES storages ON DELETE CASCADE,
    code TEXT NOT NULL, level TEXT NOT NULL, UNIQUE (storage_id, code)
);
CREATE TABLE properties (
    id INTEGER PRIMARY KEY AUTOINCREMENT, storage_id INTEGER NOT NULL REFERENCES storages ON DELETE CASCADE,
    code TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, type TEXT NOT NULL, sort INTEGER NOT NULL
);
CREATE INDEX properties_by_code ON properties (storage_id, code);

CREATE TABLE sections (
    id INTEGER PRIMARY KEY AUTOINCREMENT, storage_id INTEGER NOT NULL REFERENCES storages ON DELETE CASCADE,
    section_id INTEGER REFERENCES sections ON DELETE CASCADE,
    name TEXT NOT NULL, code TEXT, active TEXT NOT NULL DEFAULT 'Y', sort INTEGER NOT NULL DEFAULT 500,
    description TEXT, picture INTEGER, detail_picture INTEGER,
    created_at REAL NOT NULL, created_by INTEGER NOT NULL, modified_at REAL NOT NULL, modified_by INTEGER NOT NULL
);
CREATE INDEX sections_by_storage ON sections (storage_id, id);
CREATE INDEX sections_by_parent ON sections (section_id);
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, storage_id INTEGER NOT NULL REFERENCES storages ON DELETE CASCADE,
    section_id INTEGER REFERENCES sections ON DELETE CASCADE,
    name TEXT NOT NULL, code TEXT, active TEXT NOT NULL DEFAULT 'Y', sort INTEGER NOT NULL DEFAULT 500,
    preview_text TEXT, detail_text TEXT, preview_picture INTEGER, detail_picture INTEGER,
    active_from REAL, active_to REAL,
    created_at REAL NOT NULL, created_by INTEGER NOT NULL, modified_at REAL NOT NULL, modified_by INTEGER NOT NULL
);
CREATE INDEX items_by_storage ON items (storage_id, id);
CREATE INDEX items_by_section ON items (section_id);
CREATE TABLE item_values (
    item_id INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    property_id INTEGER NOT NULL REFERENCES properties ON DELETE CASCADE, value TEXT NOT NULL,
    PRIMARY KEY (item_id, property_id)
) WITHOUT ROWID;
CREATE INDEX item_values_by_property ON item_values (property_id);
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, secret TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL,
    section_id INTEGER REFERENCES sections ON DELETE CASCADE,
    item_id INTEGER REFERENCES items ON DELETE CASCADE,
    property_id INTEGER REFERENCES properties ON DELETE CASCADE
);
CREATE INDEX files_by_section ON files (section_id);
CREATE INDEX files_by_item ON files (item_id);
CREATE INDEX files_by_property ON files (property_id);

CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, request_id TEXT NOT NULL, method TEXT NOT NULL,
    params TEXT NOT NULL, user_id INTEGER NOT NULL, client_id TEXT, in_batch INTEGER NOT NULL, error TEXT
);
"""
SECOND = """
ALTER TABLE applications ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN application_token TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN installed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE calls ADD COLUMN answer TEXT;
CREATE TABLE authorization_codes (
    token TEXT PRIMARY KEY, application_id INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, expires_at REAL NOT NULL
) WITHOUT ROWID;
"""
SCHEMA = (FIRST, SECOND)
"""What makes each version of the file from the one before it."""


class StoreBusyError(Exception):
    """Another process kept the file for too long. Nothing was done."""


class Store:
    """One connection to the database. Safe to use from several threads."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a database in memory when `path` is None; make or complete its tables.

        Raises `ValueError` for a file of a later version or of another kind, `OSError` where none can be.
        """
        self._lock = threading.RLock()
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"there is no directory {path.parent}")
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("folded", 1, folded, deterministic=True)
        try:
            self._prepare()
        except sqlite3.DatabaseError as exc:
            self._connection.close()
            raise ValueError(f"{path} cannot be used as a local portal's file: {exc}") from exc
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        pragma = self._connection.execute
        pragma("PRAGMA foreign_keys = ON")
        pragma("PRAGMA synchronous = NORMAL")
        if pragma("PRAGMA journal_mode").fetchone()[0] != "wal":
            pragma("PRAGMA journal_mode = WAL")
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if not 0 <= version <= len(SCHEMA):
                raise ValueError("this file is of a later version of the local portal; open it with that one")
            for step in SCHEMA[version:]:
                for statement in step.split(";\n"):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(SCHEMA)}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a write transaction, which nobody else's statements get into.

        Raises `StoreBusyError` when another process keeps the file for too long.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as exc:
                raise StoreBusyError from exc
            with self._ended():
                yield self._connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that only reads, and that nobody's writing holds up."""
        with self._lock:
            self._connection.execute("BEGIN")
            with self._ended():
                yield self._connection

    @contextmanager
    def _ended(self) -> Iterator[None]:
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a failed COMMIT may have ended it
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def folded(text: str | None) -> str | None:
    """Make text comparable without case, in any language; SQLite's own `lower` knows only English."""
    return None if text is None else text.casefold()


@contextmanager
def undone_on_error(db: sqlite3.Connection) -> Iterator[None]:
    """Undo what the block wrote when it raises; the transaction around it goes on."""
    db.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO step")
        raise
    finally:
        db.execute("RELEASE step")
