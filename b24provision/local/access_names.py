"""What access codes are called: `access.name`.

Source: common/system/access-name. Codes that mean nobody on this portal are left out. The names of departments,
groups and workgroups are made up: the portal knows them by number only.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.context import Context

_CODE = re.compile(r"(U|G|D|DR|SG)(\d{1,15})(_[AEK])?")
_PROVIDERS = {
    "U": ("user", "User"),
    "G": ("other", ""),
    "D": ("intranet", "Department"),
    "DR": ("intranet", "Department"),
    "SG": ("socnetgroup", "Workgroup"),
}
_NOUNS = {"G": "Group", "D": "Department", "DR": "Department and below", "SG": "Workgroup"}


def name(context: Context, params: Mapping[str, Any]) -> dict[str, dict[str, str]] | bool:
    """Describe each code of ACCESS; `false` when there is none."""
    codes = [php.text(code) for _, code in php.pairs(params.get("ACCESS"))]
    described = {code: _described(context.db, code) for code in codes}
    return {code: told for code, told in described.items() if told} if codes else False


def _described(db: sqlite3.Connection, code: str) -> dict[str, str] | None:
    if code == "AU":
        return {"provider": "", "name": "All authorized users", "provider_id": "other"}
    parts = _CODE.fullmatch(code)
    if parts is None or (title := _title(db, parts[1], int(parts[2]), parts[3] or "")) is None:
        return None
    provider_id, provider = _PROVIDERS[parts[1]]
    return {"provider": provider, "name": title, "provider_id": provider_id}


def _title(db: sqlite3.Connection, kind: str, number: int, role: str) -> str | None:
    if kind == "U":
        query = "SELECT trim(name || ' ' || last_name) FROM users WHERE id = ?"
        row = db.execute(query, (number,)).fetchone()
        return row[0] if row else None
    prefix = "D" if kind == "DR" else kind
    query = (
        "SELECT 1 FROM memberships WHERE code = ?1 OR code LIKE ?1 || '\\__' ESCAPE '\\'"
        " UNION ALL SELECT 1 FROM departments WHERE ?2 = 'D' AND id = ?3"
    )
    known = db.execute(query, (f"{prefix}{number}", prefix, number)).fetchone()
    return f"{_NOUNS[kind]} {number}{role.replace('_', ' ')}" if known else None
