"""Sections of a storage: `entity.section.add`, `.get`, `.update`, `.delete`.

Source: entity/sections. Margins and depth describe the tree as a nested set; siblings go by SORT, then name.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.access import Level
from b24provision.local.answers import Answer, Refusal, iso_time
from b24provision.local.context import Context
from b24provision.local.files import file_address
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
from b24provision.local.selection import text_column
from b24provision.local.storages import Storage, wanted_storage

FIELDS = {"NAME": "name", "CODE": "code", "ACTIVE": "active", "SORT": "sort", "DESCRIPTION": "description"}
PICTURES = ("PICTURE", "DETAIL_PICTURE")


def add(context: Context, params: Mapping[str, Any]) -> int:
    storage = wanted_storage(context, params, Level.W)
    values = read_fields(params, FIELDS) | _parent(context, storage, params, None)
    section_id = insert_record(context, "sections", storage, values)
    write_pictures(context, "sections", section_id, params, PICTURES)
    return section_id


def update(context: Context, params: Mapping[str, Any]) -> bool:
    storage = wanted_storage(context, params, Level.W)
    section = wanted_record(context, "sections", storage, params)
    values = read_fields(params, FIELDS) | _parent(context, storage, params, section["id"])
    update_record(context, "sections", section["id"], values)
    write_pictures(context, "sections", section["id"], params, PICTURES)
    return True


def delete(context: Context, params: Mapping[str, Any]) -> bool:
    """Delete a section with the sections and items in it."""
    storage = wanted_storage(context, params, Level.W)
    delete_record(context, "sections", wanted_record(context, "sections", storage, params)["id"])
    return True


def get(context: Context, params: Mapping[str, Any]) -> Answer:
    storage = wanted_storage(context, params)
    columns = {**COLUMNS, "DESCRIPTION": text_column("t.description")}
    page = list_records(context, "sections", storage, params, columns)
    standing = places(context.db, storage.id) if page.result else {}
    shown = [{**_shown(context, storage, row), **standing[row["id"]]} for row in page.result]
    return Answer(shown, total=page.total, next=page.next)


def _parent(
    context: Context, storage: Storage, params: Mapping[str, Any], section_id: int | None
) -> dict[str, int | None]:
    """The parent asked for, if any is. It must be of the same storage and not lie inside the section."""
    if "SECTION" not in params:
        return {}
    parent_id = php.integer(params["SECTION"])
    if parent_id == 0:
        return {"section_id": None}
    parent = find_record(context, "sections", storage, parent_id)
    if parent is None and context.db.execute("SELECT 1 FROM sections WHERE id = ?", (parent_id,)).fetchone():
        raise Refusal("ERROR_CORE", "The section's block does not match that of the parent section!")
    while parent is not None and parent["id"] != section_id:
        if parent["section_id"] is None:
            return {"section_id": parent_id}
        parent = find_record(context, "sections", storage, parent["section_id"])
    raise Refusal("ERROR_CORE", "Invalid parent section!")


def _shown(context: Context, storage: Storage, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "CODE": row["code"],
        "TIMESTAMP_X": iso_time(row["modified_at"]),
        "DATE_CREATE": iso_time(row["created_at"]),
        "CREATED_BY": str(row["created_by"]),
        "MODIFIED_BY": str(row["modified_by"]),
        "ACTIVE": row["active"],
        "SORT": str(row["sort"]),
        "NAME": row["name"],
        "PICTURE": file_address(context, row["picture"]),
        "DETAIL_PICTURE": file_address(context, row["detail_picture"]),
        "DESCRIPTION": row["description"],
        "ENTITY": storage.code,
        "SECTION": None if row["section_id"] is None else str(row["section_id"]),
    }


def places(db: sqlite3.Connection, storage_id: int) -> dict[int, dict[str, str]]:
    """Where each section stands in the tree."""
    query = "SELECT id, section_id FROM sections WHERE storage_id = ? ORDER BY sort, folded(name), id"
    children: dict[int | None, list[int]] = {}
    for section_id, parent_id in db.execute(query, (storage_id,)):
        children.setdefault(parent_id, []).append(section_id)
    margins: dict[int, list[int]] = {}
    depths: dict[int, int] = {}
    for number, (section_id, depth) in enumerate(_around(children), start=1):
        margins.setdefault(section_id, []).append(number)
        depths[section_id] = depth
    return {
        section_id: {
            "LEFT_MARGIN": str(left),
            "RIGHT_MARGIN": str(right),
            "DEPTH_LEVEL": str(depths[section_id]),
        }
        for section_id, (left, right) in margins.items()
    }


def _around(children: Mapping[int | None, list[int]]) -> Iterator[tuple[int, int]]:
    """Walk round the tree and name each section twice, on the way in and on the way out, with its depth."""
    path: list[tuple[int | None, Iterator[int]]] = [(None, iter(children.get(None, ())))]
    while path:
        section_id, rest = path[-1]
        child = next(rest, None)
        if child is not None:
            yield child, len(path)
            path.append((child, iter(children.get(child, ()))))
        else:
            path.pop()
            if section_id is not None:
                yield section_id, len(path)
