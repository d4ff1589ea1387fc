"""The whole state of a portal as one JSON document, and back.

A document is `{"format_version": "1", "tables": {table: [row, …]}}`; a file's content is `{"base64": …}`. The log of
calls is no part of it, ids that were given out are: none is given out twice after an import either.
"""

import base64
import binascii
import sqlite3
from collections.abc import Mapping
from typing import Any

from b24provision.local.state import PortalState

FORMAT_VERSION = "1"
TABLES = (
    "settings",
    "users",
    "memberships",
    "departments",
    "applications",
    "webhooks",
    "access_tokens",
    "refresh_tokens",
    "authorization_codes",
    "storages",
    "rights",
    "properties",
    "sections",
    "items",
    "item_values",
    "files",
    "sqlite_sequence",
)


def export_state(state: PortalState) -> dict[str, Any]:
    """Give everything there is as a document, as of one moment."""
    with state.store.reading() as db:
        return {"format_version": FORMAT_VERSION, "tables": {table: _rows(db, table) for table in TABLES}}


def import_state(state: PortalState, document: Any) -> None:
    """Put a document in place of everything there is. Raises `ValueError`, and then changes nothing."""
    tables = _tables(document)
    try:
        with state.store.transaction() as db:
            db.execute("PRAGMA defer_foreign_keys = ON")
            for table in reversed(TABLES):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - one of ours
            for table in TABLES:
                _write(db, table, tables.get(table, []))
            member = db.execute("SELECT value FROM settings WHERE name = 'member_id'").fetchone()
            if member is None:
                raise ValueError("the document does not say which portal it is of: settings lack member_id")
    except sqlite3.Error as exc:
        raise ValueError(f"the document does not fit together: {exc}") from exc
    state.member_id = str(member[0])


def _rows(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    wanted = "WHERE name <> 'calls'" if table == "sqlite_sequence" else ""
    rows = db.execute(f"SELECT * FROM {table} {wanted}")  # noqa: S608 - one of ours
    return [{column: _written(row[column]) for column in row.keys()} for row in rows]  # noqa: SIM118


def _tables(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, Mapping) or document.get("format_version") != FORMAT_VERSION:
        raise ValueError(f'this is no state of a local portal, of "format_version": "{FORMAT_VERSION}"')
    tables = document.get("tables")
    if not isinstance(tables, Mapping) or not set(tables) <= set(TABLES):
        raise ValueError(f"the tables of a state are {', '.join(TABLES)}")
    return tables


def _write(db: sqlite3.Connection, table: str, rows: Any) -> None:
    known = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, Mapping) or not row or not set(row) <= known:
            raise ValueError(f"a row of {table} has {', '.join(sorted(known))}")
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        values = [_read(value) for value in row.values()]
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608 - known columns


def _written(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        try:
            return base64.b64decode(str(value["base64"]), validate=True)
        except (KeyError, binascii.Error) as exc:
            raise ValueError('a file\'s content is {"base64": …}') from exc
    if isinstance(value, list):
        raise ValueError("a row's values are texts and numbers")  # noqa: TRY004 - the document is wrong, no program
    return value
