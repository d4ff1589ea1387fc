"""Properties of a storage's items: `entity.item.property.add`, `.get`, `.update`, `.delete`.

Source: entity/items/properties. Values hang on a property's id, so a rename keeps them.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local import php
from b24provision.local.access import Level
from b24provision.local.answers import Refusal, missing_argument
from b24provision.local.context import Context
from b24provision.local.storages import cleaned_code, wanted_storage

TYPES = frozenset({"S", "N", "F"})
LONGEST_CODE = 50
DEFAULT_SORT = 500


@dataclass(frozen=True, slots=True)
class Property:
    id: int
    code: str
    name: str
    type: str
    sort: int

    def shown(self) -> dict[str, str]:
        return {"PROPERTY": self.code, "NAME": self.name, "TYPE": self.type, "SORT": str(self.sort)}


def properties_of(db: sqlite3.Connection, storage_id: int) -> list[Property]:
    """A storage's properties by their SORT, the older first where it is the same."""
    query = "SELECT id, code, name, type, sort FROM properties WHERE storage_id = ? ORDER BY sort, id"
    return [Property(*row) for row in db.execute(query, (storage_id,))]


def add(context: Context, params: Mapping[str, Any]) -> bool:
    storage = wanted_storage(context, params, Level.X)
    code = _code(params.get("PROPERTY"))
    kind = "S" if params.get("TYPE") is None else _type(params["TYPE"])
    if _find(context, storage.id, code):
        raise Refusal("ERROR_PROPERTY_ALREADY_EXISTS", "Property already exists")
    _refuse_leading_digit(code)
    context.db.execute(
        "INSERT INTO properties (storage_id, code, name, type, sort) VALUES (?, ?, ?, ?, ?)",
        (storage.id, code, _name(params.get("NAME")), kind, _sort(params.get("SORT"))),
    )
    return True


def get(context: Context, params: Mapping[str, Any]) -> Any:
    """Tell one property or all. Needs no right on the storage: the documentation asks for none."""
    storage = wanted_storage(context, params)
    if params.get("PROPERTY") is None:
        return [prop.shown() for prop in properties_of(context.db, storage.id)]
    return _wanted(context, storage.id, params).shown()


def update(context: Context, params: Mapping[str, Any]) -> bool:
    """Change what is given; null is taken for "not given"."""
    storage = wanted_storage(context, params, Level.X)
    prop = _wanted(context, storage.id, params)
    code = (
        prop.code
        if params.get("PROPERTY_NEW") is None
        else _new_code(context, storage.id, params["PROPERTY_NEW"])
    )
    kind = prop.type if params.get("TYPE") is None else _new_type(prop, params["TYPE"])
    name = prop.name if params.get("NAME") is None else _name(params["NAME"])
    sort = prop.sort if params.get("SORT") is None else _sort(params["SORT"])
    context.db.execute(
        "UPDATE properties SET code = ?, name = ?, type = ?, sort = ? WHERE id = ?",
        (code, name, kind, sort, prop.id),
    )
    return True


def delete(context: Context, params: Mapping[str, Any]) -> bool:
    storage = wanted_storage(context, params, Level.X)
    prop = _wanted(context, storage.id, params)
    context.db.execute("DELETE FROM properties WHERE id = ?", (prop.id,))
    return True


def _find(context: Context, storage_id: int, code: str) -> Property | None:
    query = "SELECT id, code, name, type, sort FROM properties WHERE storage_id = ? AND code = ?"
    row = context.db.execute(query, (storage_id, code)).fetchone()
    return None if row is None else Property(*row)


def _wanted(context: Context, storage_id: int, params: Mapping[str, Any]) -> Property:
    prop = _find(context, storage_id, _code(params.get("PROPERTY")))
    if prop is None:
        raise Refusal("ERROR_PROPERTY_NOT_FOUND", "Property not found")
    return prop


def _code(value: Any) -> str:
    code = cleaned_code(value)
    if not code:
        raise missing_argument("PROPERTY")
    if len(code) > LONGEST_CODE:  # the text is ours; the limit is the column's
        description = f"Property code is too long. Max length is {LONGEST_CODE} characters."
        raise Refusal("ERROR_ARGUMENT", description, argument="PROPERTY")
    return code


def _new_code(context: Context, storage_id: int, value: Any) -> str:
    """Check the code a property is to have; a change of case alone finds the property itself in the way."""
    code = _code(value)
    if _find(context, storage_id, code):
        raise Refusal("ERROR_PROPERTY_ALREADY_EXISTS", f"Property {code} already exists")
    _refuse_leading_digit(code)
    return code


def _refuse_leading_digit(code: str) -> None:
    if code[0].isdigit():
        raise Refusal("ERROR_CORE", "Property code cannot start with a digit.")


def _type(value: Any) -> str:
    kind = php.text(value).upper()
    if kind not in TYPES:
        raise Refusal("ERROR_ARGUMENT", "Wrong entity item property type", argument="TYPE")
    return kind


def _new_type(prop: Property, value: Any) -> str:
    """Check the type a property is to have. A file property that is told to be one stays one."""
    kind = _type(value)
    if kind == "F" and prop.type != "F":
        raise Refusal("ERROR_ARGUMENT", "Cannot change property type to File", argument="TYPE")
    return kind


def _name(value: Any) -> str:
    """A property's name as it was sent: unlike a storage's it is not trimmed (undocumented)."""
    name = php.text(value)
    if not name:
        raise Refusal("ERROR_CORE", "Property name is not specified.")
    return name


def _sort(value: Any) -> int:
    """An empty SORT is none; text that is no number is 0, as PHP has it."""
    return DEFAULT_SORT if php.text(value) == "" else php.integer(value)
