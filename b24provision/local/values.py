"""Values of items' properties.

Source: entity/items/entity-item-add. Values are kept as text under the property's id. Observed: codes that do
not exist, and codes in another case than the property's, are dropped without a word.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.context import Context
from b24provision.local.files import drop_file, file_address, read_upload, save_file
from b24provision.local.properties import Property


def write_values(context: Context, properties: Iterable[Property], item_id: int, given: Any) -> None:
    """Write the values of the properties that are named; an empty value unsets."""
    wanted = dict(php.pairs(given))
    for prop in properties:
        if prop.code not in wanted:
            continue
        if prop.type == "F":
            _write_file(context, prop, item_id, wanted[prop.code])
        else:
            _write(context, prop, item_id, _single(wanted[prop.code]))


def values_of(
    context: Context, properties: Iterable[Property], item_ids: list[int]
) -> dict[int, dict[str, str | None]]:
    """The values of each item by code: texts, addresses of files, null for what is unset."""
    marks = ", ".join("?" * len(item_ids))
    query = f"SELECT item_id, property_id, value FROM item_values WHERE item_id IN ({marks})"  # noqa: S608
    stored = {(item, prop): value for item, prop, value in context.db.execute(query, item_ids)}
    return {
        item_id: {prop.code: _shown(context, prop, stored.get((item_id, prop.id))) for prop in properties}
        for item_id in item_ids
    }


def _single(value: Any) -> str:
    """The text of a value; of several, or of `{"VALUE": …}`, the first, a property having one only."""
    if isinstance(value, Mapping) and "VALUE" in value:
        value = value["VALUE"]
    if isinstance(value, list | dict):
        value = next((child for _, child in php.pairs(value)), None)
    return php.text(value)


def _write(context: Context, prop: Property, item_id: int, value: str) -> None:
    context.db.execute("DELETE FROM item_values WHERE item_id = ? AND property_id = ?", (item_id, prop.id))
    if value:
        context.db.execute("INSERT INTO item_values VALUES (?, ?, ?)", (item_id, prop.id, value))


def _write_file(context: Context, prop: Property, item_id: int, value: Any) -> None:
    """Put a file in place of the old one. What is neither a file nor empty changes nothing.

    The value is the file's id, which is what shows after the property's type is changed to text.
    """
    upload = read_upload(value)
    if upload is None and php.truthy(value):
        return
    query = "SELECT value FROM item_values WHERE item_id = ? AND property_id = ?"
    for (old,) in context.db.execute(query, (item_id, prop.id)).fetchall():
        drop_file(context, old)
    file_id = save_file(context, upload, item_id=item_id, property_id=prop.id) if upload else ""
    _write(context, prop, item_id, str(file_id))


def _shown(context: Context, prop: Property, value: str | None) -> str | None:
    return file_address(context, value) if prop.type == "F" else value
