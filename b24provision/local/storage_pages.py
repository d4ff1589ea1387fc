"""The pages of the storages: what there is, and what is in it. Whatever the database holds is shown as text."""

import sqlite3
from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from b24provision.local.access import rights_of
from b24provision.local.answers import iso_time
from b24provision.local.files import media_type
from b24provision.local.html import Node, link, tag
from b24provision.local.page import page
from b24provision.local.properties import properties_of
from b24provision.local.sections import places
from b24provision.local.state import PortalState

PAGE = 50
_FIELDS = {
    "id": "ID",
    "name": "NAME",
    "code": "CODE",
    "section_id": "SECTION",
    "active": "ACTIVE",
    "sort": "SORT",
    "active_from": "DATE_ACTIVE_FROM",
    "active_to": "DATE_ACTIVE_TO",
    "preview_text": "PREVIEW_TEXT",
    "preview_picture": "PREVIEW_PICTURE",
    "detail_text": "DETAIL_TEXT",
    "detail_picture": "DETAIL_PICTURE",
    "created_at": "DATE_CREATE",
    "created_by": "CREATED_BY",
    "modified_at": "TIMESTAMP_X",
    "modified_by": "MODIFIED_BY",
}
"""What an item's columns are called by those who call."""
_STORAGES = """
SELECT s.id, s.code, s.name, a.client_id,
    (SELECT COUNT(*) FROM properties p WHERE p.storage_id = s.id) AS properties,
    (SELECT COUNT(*) FROM sections c WHERE c.storage_id = s.id) AS sections,
    (SELECT COUNT(*) FROM items i WHERE i.storage_id = s.id) AS items
FROM storages s JOIN applications a ON a.id = s.application_id ORDER BY a.client_id, s.code, s.id
"""
_VALUES = """
SELECT p.code, p.type, v.value FROM properties p LEFT JOIN item_values v ON v.property_id = p.id AND v.item_id = ?
WHERE p.storage_id = ? ORDER BY p.sort, p.id
"""


def overview_page(state: PortalState) -> Response:
    with state.store.reading() as db:
        rows: list[list[Node]] = [
            [
                link(f"/storages/{row['id']}", row["code"]),
                *(str(row[name]) for name in ("name", "client_id", "properties", "sections", "items")),
            ]
            for row in db.execute(_STORAGES)
        ]
    headings = ("Code", "Name", "Application", "Properties", "Sections", "Items")
    return page("Storages", _table(headings, rows, "There is no storage yet."))


def storage_page(state: PortalState, storage_id: int, start: int) -> Response:
    with state.store.reading() as db:
        row = db.execute("SELECT code, name FROM storages WHERE id = ?", (storage_id,)).fetchone()
        if row is None:
            return _missing("storage")
        rights = [[code, level] for code, level in rights_of(db, storage_id).items()]
        properties = [
            [each.code, each.name, each.type, str(each.sort)] for each in properties_of(db, storage_id)
        ]
        sections = _sections(db, storage_id)
        items, total = _items(db, storage_id, max(0, start))
    return page(
        f"{row['code']}: {row['name']}",
        tag("h2", "Rights"),
        _table(("Code", "Level"), rights, "Nobody has any."),
        tag("h2", "Properties"),
        _table(("Code", "Name", "Type", "Sort"), properties, "There is none."),
        tag("h2", "Sections"),
        _table(("ID", "Name", "Code", "Place"), sections, "There is none."),
        tag("h2", f"Items: {total}"),
        _table(("ID", "Name", "Code", "Section", "Changed"), items, "There is none here."),
        _turning(storage_id, start, total),
    )


def item_page(state: PortalState, storage_id: int, item_id: int) -> Response:
    with state.store.reading() as db:
        query = "SELECT * FROM items WHERE id = ? AND storage_id = ?"
        item = db.execute(query, (item_id, storage_id)).fetchone()
        if item is None:
            return _missing("item")
        fields = [[name, _field(db, column, item[column])] for column, name in _FIELDS.items()]
        values = [
            [code, _value(db, kind, value)]
            for code, kind, value in db.execute(_VALUES, (item_id, storage_id))
        ]
    return page(
        f"Item {item_id}: {item['name']}",
        tag("p", link(f"/storages/{storage_id}", "Back to its storage")),
        tag("h2", "Properties"),
        _table(("Code", "Value"), values, "Its storage has none."),
        tag("h2", "Fields"),
        _table(("Field", "Value"), fields, ""),
    )


def _sections(db: sqlite3.Connection, storage_id: int) -> list[list[Node]]:
    """The sections as a tree: in the order of their left margins, each moved in by its depth."""
    query = "SELECT id, name, code FROM sections WHERE storage_id = ?"
    found = {row["id"]: row for row in db.execute(query, (storage_id,))}
    standing = sorted(places(db, storage_id).items(), key=lambda each: int(each[1]["LEFT_MARGIN"]))
    return [
        [
            str(section_id),
            "– " * (int(place["DEPTH_LEVEL"]) - 1) + found[section_id]["name"],
            found[section_id]["code"],
            f"{place['LEFT_MARGIN']}–{place['RIGHT_MARGIN']}, depth {place['DEPTH_LEVEL']}",
        ]
        for section_id, place in standing
    ]


def _items(db: sqlite3.Connection, storage_id: int, start: int) -> tuple[list[list[Node]], int]:
    query = (
        "SELECT id, name, code, section_id, modified_at FROM items WHERE storage_id = ?"
        " ORDER BY id LIMIT ? OFFSET ?"
    )
    rows: list[list[Node]] = [
        [
            link(f"/storages/{storage_id}/items/{row['id']}", str(row["id"])),
            row["name"],
            row["code"],
            None if row["section_id"] is None else str(row["section_id"]),
            iso_time(row["modified_at"]).replace("T", " "),
        ]
        for row in db.execute(query, (storage_id, PAGE, start))
    ]
    total = db.execute("SELECT COUNT(*) FROM items WHERE storage_id = ?", (storage_id,)).fetchone()[0]
    return rows, int(total)


def _turning(storage_id: int, start: int, total: int) -> Node:
    """Links to the page before and the page after."""
    address = f"/storages/{storage_id}?start="
    return tag(
        "p",
        link(f"{address}{max(0, start - PAGE)}", "Earlier") if start > 0 else None,
        " ",
        link(f"{address}{start + PAGE}", "Later") if start + PAGE < total else None,
    )


def _field(db: sqlite3.Connection, name: str, value: object) -> Node:
    if value is None:
        return None
    if name.endswith("_picture"):
        return _file(db, value)
    return iso_time(value) if isinstance(value, float) else str(value)


def _value(db: sqlite3.Connection, kind: str, value: str | None) -> Node:
    return _file(db, value) if kind == "F" and value else value


def _file(db: sqlite3.Connection, file_id: object) -> Node:
    """A link to a file, and the picture if it is one."""
    row = db.execute("SELECT secret, name FROM files WHERE id = ?", (file_id,)).fetchone()
    if row is None:
        return None
    address = f"/upload/{row['secret']}/{quote(row['name'])}"
    shown = media_type(row["name"]).startswith("image/")
    return tag(
        "div", tag("img", src=address, alt="") if shown else None, tag("div", link(address, row["name"]))
    )


def _table(headings: tuple[str, ...], rows: Sequence[Sequence[Node]], otherwise: str) -> Node:
    if not rows:
        return tag("p", otherwise, class_="soft")
    return tag(
        "table",
        tag("tr", [tag("th", heading) for heading in headings]),
        [tag("tr", [tag("td", cell) for cell in row]) for row in rows],
    )


def _missing(noun: str) -> Response:
    return page(f"There is no such {noun}", status=404)
