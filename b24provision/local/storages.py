"""Storages: `entity.add`, `entity.get`, `entity.update`, `entity.delete`, `entity.rights`.

Source: entity/entities. An application sees only its own. Two lookups by code exist side by side, as on the
portal: one that overlooks what the caller may not read (`entity.get`, and the search for an existing
storage before adding or renaming), and one that does not look at rights (everything else).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local import php
from b24provision.local.access import Level, is_given, readable, replace_rights, require, rights_of
from b24provision.local.answers import Refusal, missing_argument
from b24provision.local.context import Context

LONGEST_STORED_CODE = 50
_DROPPED_FROM_CODES = re.compile("[^a-zA-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Storage:
    id: int
    code: str
    name: str

    def shown(self) -> dict[str, str]:
        return {
            "ID": str(self.id),
            "IBLOCK_TYPE_ID": "rest_entity",
            "ENTITY": self.code,
            "NAME": self.name,
        }


def cleaned_code(value: Any) -> str:
    """Drop the characters that no code of a storage or property may have."""
    return _DROPPED_FROM_CODES.sub("", php.text(value))


def storage_code(context: Context, value: Any) -> str:
    """Clean a storage's code and refuse one that is empty or too long for this application.

    An empty ENTITY_NEW is complained of under the name ENTITY too.
    """
    longest = LONGEST_STORED_CODE - len(f"APP_{context.application.client_id}_")
    code = cleaned_code(value)
    if not code:
        raise missing_argument("ENTITY")
    if len(code) > longest:
        description = f"Entity code is too long. Max length is {longest} characters."
        raise Refusal("ERROR_ARGUMENT", description, argument="")
    return code


def find_storage(context: Context, code: str) -> Storage | None:
    """Find a storage whether or not the caller may read it.

    Where there are two of a code, the one the caller may read is meant (undocumented; the other would make
    a storage that one has just added unusable).
    """
    condition, codes = readable(context)
    query = (
        "SELECT s.id, s.code, s.name FROM storages s WHERE s.application_id = ? AND s.code = ?"  # noqa: S608
        f" ORDER BY {condition} DESC, s.id LIMIT 1"
    )
    row = context.db.execute(query, (context.application.id, code, *codes)).fetchone()
    return None if row is None else Storage(*row)


def readable_storages(context: Context, code: str | None = None) -> list[Storage]:
    """What the caller may read, oldest first: all of it, or what has this code."""
    condition, codes = readable(context)
    query = f"SELECT s.id, s.code, s.name FROM storages s WHERE {condition} AND s.application_id = ?"  # noqa: S608
    values = [*codes, context.application.id]
    if code is not None:
        query, values = query + " AND s.code = ?", [*values, code]
    return [Storage(*row) for row in context.db.execute(query + " ORDER BY s.id", values)]


def wanted_storage(context: Context, params: Mapping[str, Any], level: Level = Level.NONE) -> Storage:
    """The storage that ENTITY names, after making sure that the caller has the level.

    Absence is told before missing rights.
    """
    storage = find_storage(context, storage_code(context, params.get("ENTITY")))
    if storage is None:
        raise entity_not_found()
    require(context, storage.id, level)
    return storage


def entity_not_found() -> Refusal:
    return Refusal("ERROR_ENTITY_NOT_FOUND", "Entity not found")


def add(context: Context, params: Mapping[str, Any]) -> bool:
    code = storage_code(context, params.get("ENTITY"))
    _refuse_taken(context, code)
    name = _name(params.get("NAME"))
    cursor = context.db.execute(
        "INSERT INTO storages (application_id, code, name) VALUES (?, ?, ?)",
        (context.application.id, code, name),
    )
    replace_rights(context, int(cursor.lastrowid or 0), params.get("ACCESS"))
    return True


def get(context: Context, params: Mapping[str, Any]) -> Any:
    if params.get("ENTITY") is None:
        return [storage.shown() for storage in readable_storages(context)]
    found = readable_storages(context, storage_code(context, params["ENTITY"]))
    if not found:
        raise entity_not_found()
    return found[0].shown()


def update(context: Context, params: Mapping[str, Any]) -> bool:
    """Change what is given. null is taken for "not given"; an empty NAME or ENTITY_NEW is refused."""
    storage = wanted_storage(context, params, Level.X)
    name, code = storage.name, storage.code
    if params.get("ENTITY_NEW") is not None:
        code = storage_code(context, params["ENTITY_NEW"])
        _refuse_taken(context, code)  # which finds this very storage when only the case differs
    if params.get("NAME") is not None:
        name = _name(params["NAME"])
    context.db.execute("UPDATE storages SET code = ?, name = ? WHERE id = ?", (code, name, storage.id))
    if is_given(params.get("ACCESS")):
        replace_rights(context, storage.id, params["ACCESS"])
    return True


def delete(context: Context, params: Mapping[str, Any]) -> bool:
    storage = wanted_storage(context, params, Level.X)
    context.db.execute("DELETE FROM storages WHERE id = ?", (storage.id,))
    return True


def rights(context: Context, params: Mapping[str, Any]) -> list[Any] | dict[str, Any] | None:
    """Tell the rights, after replacing them when ACCESS is given. Observed: null for an unknown storage."""
    storage = find_storage(context, storage_code(context, params.get("ENTITY")))
    if storage is None:
        return None
    if is_given(params.get("ACCESS")):
        require(context, storage.id, Level.X)
        replace_rights(context, storage.id, params["ACCESS"])
    return php.json_array(rights_of(context.db, storage.id))


def _refuse_taken(context: Context, code: str) -> None:
    if not context.overlooks_storages and readable_storages(context, code):
        raise Refusal("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")


def _name(value: Any) -> str:
    name = php.trim(php.text(value))
    if not name:
        raise Refusal("ERROR_CORE", "Information block name is not specified.")
    return name
