"""The portal's users, and by which access codes a storage's rights may mean one of them.

Codes: `U<id>` the user, `AU` everybody signed in, `G<id>` a group, `D<id>` a department, `DR<id>` a
department with those below it, `SG<id>_A|E|K` the owner, moderators and members of a workgroup.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WORKGROUP_ROLE = re.compile(r"(SG\d+_)([AEK])")


@dataclass(frozen=True, slots=True)
class User:
    id: int
    admin: bool
    name: str
    last_name: str
    departments: tuple[int, ...]
    codes: frozenset[str]
    """Every access code that includes this user."""


def known_user(db: sqlite3.Connection, user_id: int) -> User:
    """The user with this id. Raises `LookupError`."""
    row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise LookupError(f"no user {user_id} on this portal")
    query = "SELECT code FROM memberships WHERE user_id = ? ORDER BY code"
    codes = [code for (code,) in db.execute(query, (user_id,))]
    return User(
        id=row["id"],
        admin=bool(row["admin"]),
        name=row["name"],
        last_name=row["last_name"],
        departments=tuple(sorted(int(code[1:]) for code in codes if code.startswith("D"))),
        codes=frozenset({"AU", f"U{user_id}", *(wider for code in codes for wider in _widened(db, code))}),
    )


def save_user(db: sqlite3.Connection, user_id: int, *, admin: bool, name: str, codes: Iterable[str]) -> None:
    """Write a user down, instead of whoever had the id before."""
    first, _, last = name.partition(" ")
    db.execute(
        "INSERT INTO users (id, admin, name, last_name) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET admin = excluded.admin, name = excluded.name, last_name = excluded.last_name",
        (user_id, admin, first, last),
    )
    db.execute("DELETE FROM memberships WHERE user_id = ?", (user_id,))
    db.executemany("INSERT INTO memberships VALUES (?, ?)", [(user_id, code) for code in set(codes)])


def _widened(db: sqlite3.Connection, code: str) -> Iterator[str]:
    """A membership and the codes that follow from it."""
    yield code
    if code.startswith("D"):
        yield from (f"DR{department}" for department in _line_of_departments(db, int(code[1:])))
    elif role := _WORKGROUP_ROLE.fullmatch(code):  # an owner is a moderator too, a moderator is a member too
        yield from (role[1] + lesser for lesser in "AEK"["AEK".index(role[2]) + 1 :])


def _line_of_departments(db: sqlite3.Connection, department_id: int) -> list[int]:
    """A department and all those above it. One that nobody described stands alone."""
    rows = db.execute(
        "WITH RECURSIVE line (id) AS (VALUES (?) UNION SELECT d.parent_id FROM departments d"
        " JOIN line ON d.id = line.id WHERE d.parent_id IS NOT NULL) SELECT id FROM line",
        (department_id,),
    )
    return [department for (department,) in rows]
