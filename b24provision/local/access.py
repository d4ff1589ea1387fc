"""Rights on storages: who may read, write and change them.

Source: entity/entities/entity-rights. Observed: an administrator may do everything, whatever the rights say.
"""

import sqlite3
from enum import IntEnum
from typing import Any

from b24provision.local import php
from b24provision.local.answers import access_denied
from b24provision.local.context import Context


class Level(IntEnum):
    NONE = 0
    R = 1
    W = 2
    X = 3


LEVELS = frozenset({"R", "W", "X"})
"""Exactly these, in upper case; an entry with anything else is dropped."""


def rights_of(db: sqlite3.Connection, storage_id: int) -> dict[str, str]:
    rows = db.execute("SELECT code, level FROM rights WHERE storage_id = ? ORDER BY id", (storage_id,))
    return {row["code"]: row["level"] for row in rows}


def level_of(context: Context, storage_id: int) -> Level:
    """The highest level that any of the user's access codes has."""
    if context.user.admin:
        return Level.X
    rights = rights_of(context.db, storage_id)
    return max(
        (Level[level] for code, level in rights.items() if code in context.user.codes), default=Level.NONE
    )


def require(context: Context, storage_id: int, level: Level) -> None:
    if level_of(context, storage_id) < level:
        raise access_denied()


def replace_rights(context: Context, storage_id: int, access: Any) -> None:
    """Write new rights in place of all old ones; whoever writes them gets X, whatever they say of them.

    Any text will do as an access code: the documentation tells of no check.
    """
    entries = {code: level for code, level in php.pairs(access) if isinstance(level, str) and level in LEVELS}
    entries[f"U{context.user.id}"] = Level.X.name
    context.db.execute("DELETE FROM rights WHERE storage_id = ?", (storage_id,))
    context.db.executemany(
        "INSERT INTO rights (storage_id, code, level) VALUES (?, ?, ?)",
        [(storage_id, code, level) for code, level in entries.items()],
    )


def is_given(access: Any) -> bool:
    """Tell whether an ACCESS parameter changes anything: an empty one does not, nor does what is no array."""
    return bool(php.pairs(access))


def readable(context: Context) -> tuple[str, list[Any]]:
    """A condition on `storages s` that leaves out what the user may not read, and its parameters."""
    if context.user.admin:
        return "1 = 1", []
    codes = sorted(context.user.codes)
    marks = ", ".join("?" * len(codes))
    return f"s.id IN (SELECT storage_id FROM rights WHERE code IN ({marks}))", list(codes)  # noqa: S608
