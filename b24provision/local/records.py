"""What sections and items have in common: rows of a storage with a name, a code, pictures and dates.

A parameter that is there is written, with null or "" emptying what may be empty. Decided here, the
documentation being silent: ACTIVE is Y for exactly "Y" and N for anything else; SORT without a value is 500.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from b24provision.local import php
from b24provision.local.access import Level, level_of
from b24provision.local.answers import Answer, Refusal, missing_argument
from b24provision.local.context import Context
from b24provision.local.files import drop_file, read_picture, save_file
from b24provision.local.selection import Column, date_column, integer_column, moment, select_page, text_column
from b24provision.local.storages import Storage

Table = Literal["sections", "items"]

NOUNS: Mapping[str, str] = {"sections": "Section", "items": "Item"}
NAMELESS: Mapping[str, str] = {
    "sections": "Section name is not specified.",
    "items": "Element name is not specified.",
}
OWNER_COLUMNS: Mapping[str, str] = {"sections": "section_id", "items": "item_id"}
DEFAULT_SORT = 500

COLUMNS: Mapping[str, Column] = {
    "ID": integer_column("t.id"),
    "NAME": text_column("t.name"),
    "CODE": text_column("t.code"),
    "ACTIVE": text_column("t.active"),
    "SORT": integer_column("t.sort"),
    "SECTION": integer_column("t.section_id"),
    "DATE_CREATE": date_column("t.created_at"),
    "CREATED_BY": integer_column("t.created_by"),
    "TIMESTAMP_X": date_column("t.modified_at"),
    "MODIFIED_BY": integer_column("t.modified_by"),
}
"""What every record can be filtered and sorted by."""


def _optional_text(value: Any) -> str | None:
    return php.text(value) or None


def _optional_moment(value: Any) -> float | None:
    return None if php.text(value) == "" else moment(value)


def _flag(value: Any) -> str:
    return "Y" if value == "Y" else "N"


def _sort(value: Any) -> int:
    return DEFAULT_SORT if php.text(value) == "" else php.integer(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": php.text,
    "code": _optional_text,
    "active": _flag,
    "sort": _sort,
    "description": _optional_text,
    "preview_text": _optional_text,
    "detail_text": _optional_text,
    "active_from": _optional_moment,
    "active_to": _optional_moment,
}
"""How the parameter for each column is read."""


def read_fields(params: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """The values of the given parameters by their columns; `fields` names the column of each parameter."""
    return {column: READERS[column](params[name]) for name, column in fields.items() if name in params}


def insert_record(context: Context, table: Table, storage: Storage, values: Mapping[str, Any]) -> int:
    """Add a row and answer its id. Raises `ERROR_CORE` for one without a name."""
    _require_name(table, values.get("name"))
    row = {"storage_id": storage.id, **values, "created_at": context.now, "created_by": context.user.id}
    row |= {"modified_at": context.now, "modified_by": context.user.id}
    marks = ", ".join("?" * len(row))
    query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
    return int(context.db.execute(query, list(row.values())).lastrowid or 0)


def update_record(context: Context, table: Table, record_id: int, values: Mapping[str, Any]) -> None:
    """Change the given columns and note who did it. Raises `ERROR_CORE` when the name is to be empty."""
    if "name" in values:
        _require_name(table, values["name"])
    row = {**values, "modified_at": context.now, "modified_by": context.user.id}
    changes = ", ".join(f"{column} = ?" for column in row)
    context.db.execute(f"UPDATE {table} SET {changes} WHERE id = ?", [*row.values(), record_id])  # noqa: S608


def _require_name(table: Table, name: str | None) -> None:
    if not name:
        raise Refusal("ERROR_CORE", NAMELESS[table])


def wanted_record(context: Context, table: Table, storage: Storage, params: Mapping[str, Any]) -> sqlite3.Row:
    """The row that ID names. Raises `ERROR_ARGUMENT`, `ERROR_SECTION_NOT_FOUND`, `ERROR_ITEM_NOT_FOUND`."""
    record_id = php.integer(params.get("ID"))
    if record_id <= 0:
        raise missing_argument("ID")
    row = find_record(context, table, storage, record_id)
    if row is None:
        noun = NOUNS[table]
        raise Refusal(f"ERROR_{noun.upper()}_NOT_FOUND", f"{noun} not found")
    return row


def find_record(context: Context, table: Table, storage: Storage, record_id: int) -> sqlite3.Row | None:
    query = f"SELECT * FROM {table} WHERE id = ? AND storage_id = ?"  # noqa: S608
    row: sqlite3.Row | None = context.db.execute(query, (record_id, storage.id)).fetchone()
    return row


def delete_record(context: Context, table: Table, record_id: int) -> None:
    context.db.execute(f"DELETE FROM {table} WHERE id = ?", (record_id,))  # noqa: S608


def list_records(
    context: Context,
    table: Table,
    storage: Storage,
    params: Mapping[str, Any],
    columns: Mapping[str, Column],
) -> Answer:
    """One page of rows, ready to be shown; an empty one for a caller who may not read the storage."""
    if level_of(context, storage.id) < Level.R:
        return Answer([], total=0)
    return select_page(context.db, table, storage.id, params, columns)


def write_pictures(
    context: Context, table: Table, record_id: int, params: Mapping[str, Any], names: Iterable[str]
) -> None:
    """Put the given pictures in place of the old ones; `false` or "" only takes the old one away."""
    for name in names:
        if name not in params:
            continue
        upload = read_picture(params[name])
        if upload is None and php.truthy(params[name]):
            continue  # neither a picture nor the wish to have none: an address read back, for one
        column = name.lower()
        old = context.db.execute(f"SELECT {column} FROM {table} WHERE id = ?", (record_id,)).fetchone()[0]  # noqa: S608
        drop_file(context, old)
        file_id = save_file(context, upload, **{OWNER_COLUMNS[table]: record_id}) if upload else None
        context.db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (file_id, record_id))  # noqa: S608
