"""Items of a storage: `entity.item.add`, `.get`, `.update`, `.delete`.

Source: entity/items. Observed: `get` finds the storage without looking at rights, and answers an empty list
to somebody who may not read it; an unknown storage is an error.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.access import Level
from b24provision.local.answers import Answer, iso_time
from b24provision.local.context import Context
from b24provision.local.files import file_address
from b24provision.local.properties import Property, properties_of
from b24provision.local.records import (
    COLUMNS,
    delete_record,
    find_record,
    insert_record,
    list_records,
    read_fields,
    update_record,
    wanted_record,
    write_pictures,
)
from b24provision.local.selection import Column, date_column, number_column, text_column
from b24provision.local.storages import Storage, wanted_storage
from b24provision.local.values import values_of, write_values

FIELDS = {
    "NAME": "name",
    "CODE": "code",
    "ACTIVE": "active",
    "SORT": "sort",
    "PREVIEW_TEXT": "preview_text",
    "DETAIL_TEXT": "detail_text",
    "DATE_ACTIVE_FROM": "active_from",
    "DATE_ACTIVE_TO": "active_to",
}
PICTURES = ("PREVIEW_PICTURE", "DETAIL_PICTURE")
ITEM_COLUMNS: Mapping[str, Column] = {
    **COLUMNS,
    "PREVIEW_TEXT": text_column("t.preview_text"),
    "DETAIL_TEXT": text_column("t.detail_text"),
    "DATE_ACTIVE_FROM": date_column("t.active_from"),
    "DATE_ACTIVE_TO": date_column("t.active_to"),
}


def add(context: Context, params: Mapping[str, Any]) -> int:
    storage = wanted_storage(context, params, Level.W)
    values = read_fields(params, FIELDS) | _section(context, storage, params)
    item_id = insert_record(context, "items", storage, values)
    _write_rest(context, storage, item_id, params)
    return item_id


def update(context: Context, params: Mapping[str, Any]) -> bool:
    """Change what is given; properties that PROPERTY_VALUES does not name keep their values."""
    storage = wanted_storage(context, params, Level.W)
    item = wanted_record(context, "items", storage, params)
    values = read_fields(params, FIELDS) | _section(context, storage, params)
    update_record(context, "items", item["id"], values)
    _write_rest(context, storage, item["id"], params)
    return True


def delete(context: Context, params: Mapping[str, Any]) -> bool:
    storage = wanted_storage(context, params, Level.W)
    delete_record(context, "items", wanted_record(context, "items", storage, params)["id"])
    return True


def get(context: Context, params: Mapping[str, Any]) -> Answer:
    storage = wanted_storage(context, params)
    properties = properties_of(context.db, storage.id)
    columns = {**ITEM_COLUMNS, **{f"PROPERTY_{prop.code.upper()}": _column(prop) for prop in properties}}
    page = list_records(context, "items", storage, params, columns)
    shown = [_shown(context, storage, row) for row in page.result]
    if properties:  # a storage without any has items without PROPERTY_VALUES
        values = values_of(context, properties, [row["id"] for row in page.result])
        shown = [{**item, "PROPERTY_VALUES": values[int(item["ID"])]} for item in shown]
    return Answer(shown, total=page.total, next=page.next)


def _column(prop: Property) -> Column:
    sql = f"(SELECT v.value FROM item_values v WHERE v.item_id = t.id AND v.property_id = {prop.id})"  # noqa: S608
    return number_column(sql) if prop.type == "N" else text_column(sql)


def _section(context: Context, storage: Storage, params: Mapping[str, Any]) -> dict[str, int | None]:
    """The section asked for, if any is. One that is not in this storage is passed over (undocumented)."""
    if "SECTION" not in params:
        return {}
    section = find_record(context, "sections", storage, php.integer(params["SECTION"]))
    return {"section_id": None if section is None else section["id"]}


def _write_rest(context: Context, storage: Storage, item_id: int, params: Mapping[str, Any]) -> None:
    write_pictures(context, "items", item_id, params, PICTURES)
    write_values(context, properties_of(context.db, storage.id), item_id, params.get("PROPERTY_VALUES"))


def _shown(context: Context, storage: Storage, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "TIMESTAMP_X": iso_time(row["modified_at"]),
        "MODIFIED_BY": str(row["modified_by"]),
        "DATE_CREATE": iso_time(row["created_at"]),
        "CREATED_BY": str(row["created_by"]),
        "ACTIVE": row["active"],
        "DATE_ACTIVE_FROM": "" if row["active_from"] is None else iso_time(row["active_from"]),
        "DATE_ACTIVE_TO": "" if row["active_to"] is None else iso_time(row["active_to"]),
        "SORT": str(row["sort"]),
        "NAME": row["name"],
        "PREVIEW_PICTURE": file_address(context, row["preview_picture"]),
        "PREVIEW_TEXT": row["preview_text"],
        "DETAIL_PICTURE": file_address(context, row["detail_picture"]),
        "DETAIL_TEXT": row["detail_text"],
        "CODE": row["code"],
        "ENTITY": storage.code,
        "SECTION": None if row["section_id"] is None else str(row["section_id"]),
    }
