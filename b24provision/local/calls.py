"""The log of the commands that were carried out, so that a test can count them and a person can read them.

A command is one row whether it came alone or inside a batch; the batch around it is no row of its own. A
command that was refused is there too, with its code; a request that was turned away at the door (no or
wrong token) is not. Tokens are never part of the parameters.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEPT = 10_000
KEPT_ANSWERS = 200


@dataclass(frozen=True, slots=True)
class CallRecord:
    method: str
    """In lower case."""
    params: Mapping[str, Any]
    """As the method got them: references replaced, names as they were sent."""
    user_id: int
    client_id: str | None
    """None for a webhook."""
    ok: bool
    error: str | None
    """The code of the refusal."""
    in_batch: bool
    request_id: str
    """The same for all commands of one HTTP request; what the client calls the request, if it does."""
    at: float
    answer: Any = None
    """The result, or the body of the refusal; kept of the last 200 only."""


def record_call(db: sqlite3.Connection, call: CallRecord) -> None:
    """Write a command down, and forget what is older than the last 10,000, and answers older than the last 200."""
    cursor = db.execute(
        "INSERT INTO calls (at, request_id, method, params, user_id, client_id, in_batch, error, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.at,
            call.request_id,
            call.method,
            json.dumps(call.params, ensure_ascii=False),
            call.user_id,
            call.client_id,
            call.in_batch,
            call.error,
            json.dumps(call.answer, ensure_ascii=False),
        ),
    )
    number = int(cursor.lastrowid or 0)
    db.execute("DELETE FROM calls WHERE id <= ?", (number - KEPT,))
    db.execute("UPDATE calls SET answer = NULL WHERE id = ?", (number - KEPT_ANSWERS,))


def recorded_calls(db: sqlite3.Connection, method: str | None) -> list[CallRecord]:
    """The commands in the order in which they were carried out, of one method or of all."""
    query = "SELECT * FROM calls WHERE ?1 IS NULL OR method = ?1 ORDER BY id"
    rows = db.execute(query, (None if method is None else method.lower(),))
    return [_record(row) for row in rows]


def last_calls(db: sqlite3.Connection) -> list[CallRecord]:
    """The last 200 commands, the last one first."""
    rows = db.execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (KEPT_ANSWERS,))
    return [_record(row) for row in rows]


def forget_calls(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM calls")


def _record(row: sqlite3.Row) -> CallRecord:
    return CallRecord(
        method=row["method"],
        params=json.loads(row["params"]),
        user_id=row["user_id"],
        client_id=row["client_id"],
        ok=row["error"] is None,
        error=row["error"],
        in_batch=bool(row["in_batch"]),
        request_id=row["request_id"],
        at=row["at"],
        answer=None if row["answer"] is None else json.loads(row["answer"]),
    )
