"""What is in a portal, told from its exported state and so without a line of what is under test.

Everything but ids and the server's own dates and authors: sections by their path, files by their content.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from b24provision.local import LocalPortal

Rows = list[dict[str, Any]]


def contents(portal: LocalPortal, code: str = "dish") -> dict[str, Any]:
    """Give one storage wholly, in a form that is equal exactly if the storages are."""
    tables: dict[str, Rows] = portal.export_state()["tables"]
    found = [row for row in tables["storages"] if row["code"].lower() == code]
    assert len(found) == 1, f"{len(found)} storages {code}"
    storage = found[0]
    return {
        "name": storage["name"],
        "rights": {row["code"]: row["level"] for row in _of(storage, tables["rights"])},
        "properties": sorted(
            (row["code"], row["name"], row["type"], row["sort"]) for row in _of(storage, tables["properties"])
        ),
        "sections": Counter(_sections(storage, tables)),
        "items": Counter(_items(storage, tables)),
    }


def values(portal: LocalPortal, code: str, prop: str) -> dict[int, str]:
    """Give the values of a property by the ids of the items."""
    tables: dict[str, Rows] = portal.export_state()["tables"]
    [storage] = [row for row in tables["storages"] if row["code"] == code]
    ids = [row["id"] for row in _of(storage, tables["properties"]) if row["code"] == prop]
    return {row["item_id"]: row["value"] for row in tables["item_values"] if row["property_id"] in ids}


def _of(storage: Mapping[str, Any], rows: Rows) -> Rows:
    return [row for row in rows if row["storage_id"] == storage["id"]]


def _sections(storage: Mapping[str, Any], tables: dict[str, Rows]) -> Iterator[tuple[Any, ...]]:
    files = _files(tables)
    paths = _paths(storage, tables)
    for row in _of(storage, tables["sections"]):
        fields = (row["name"], row["code"], row["active"], row["sort"], row["description"])
        yield (paths[row["id"]], *fields, files.get(row["picture"]), files.get(row["detail_picture"]))


def _items(storage: Mapping[str, Any], tables: dict[str, Rows]) -> Iterator[tuple[Any, ...]]:
    files, paths = _files(tables), _paths(storage, tables)
    properties = {row["id"]: row for row in _of(storage, tables["properties"])}
    values: dict[int, dict[str, str]] = {}
    for row in tables["item_values"]:
        if (prop := properties.get(row["property_id"])) is not None:
            value = files[int(row["value"])] if prop["type"] == "F" else row["value"]
            values.setdefault(row["item_id"], {})[prop["code"]] = value
    names = ("name", "code", "active", "sort", "preview_text", "detail_text", "active_from", "active_to")
    for row in _of(storage, tables["items"]):
        yield (
            *(row[name] for name in names),
            paths.get(row["section_id"]),
            files.get(row["preview_picture"]),
            files.get(row["detail_picture"]),
            tuple(sorted(values.get(row["id"], {}).items())),
        )


def _files(tables: dict[str, Rows]) -> dict[int, str]:
    return {row["id"]: f"{row['name']}:{row['content']['base64']}" for row in tables["files"]}


def _paths(storage: Mapping[str, Any], tables: dict[str, Rows]) -> dict[int, tuple[str, ...]]:
    rows = {row["id"]: row for row in _of(storage, tables["sections"])}

    def path(section_id: int) -> tuple[str, ...]:
        row = rows[section_id]
        above = path(row["section_id"]) if row["section_id"] else ()
        return (*above, f"{row['name']} {row['sort']}")

    return {section_id: path(section_id) for section_id in rows}
