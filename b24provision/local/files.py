"""Files of items and sections: written as `["name.ext", base64]`, read back as an address.

Source: files/how-to-upload-files. A file goes when the item, section or property goes that it belongs to.
"""

import base64
import binascii
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from b24provision.local import php
from b24provision.local.answers import Refusal
from b24provision.local.context import Context

PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes


def read_upload(value: Any) -> Upload | None:
    """Understand `["name.ext", base64]`, also inside `{"fileData": …}`; None for anything else.

    What cannot be decoded is no file, and is dropped without a word (undocumented).
    """
    if isinstance(value, Mapping) and "fileData" in value:
        value = value["fileData"]
    parts = [php.text(part) for _, part in php.pairs(value)]
    if len(parts) != 2 or not parts[0]:
        return None
    try:
        content = base64.b64decode("".join(parts[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Upload(parts[0].replace("\\", "/").rpartition("/")[2], content) if content else None


def read_picture(value: Any) -> Upload | None:
    """The same for a picture. Raises `ERROR_CORE` for a file that is none, going by its name."""
    upload = read_upload(value)
    if upload and not upload.name.lower().endswith(PICTURES):
        raise Refusal("ERROR_CORE", "Invalid file type.")
    return upload


def save_file(
    context: Context,
    upload: Upload,
    *,
    item_id: int | None = None,
    section_id: int | None = None,
    property_id: int | None = None,
) -> int:
    """Keep a file as long as its owner exists and answer its id."""
    cursor = context.db.execute(
        "INSERT INTO files (secret, name, content, section_id, item_id, property_id)"
        " VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?)",
        (upload.name, upload.content, section_id, item_id, property_id),
    )
    return int(cursor.lastrowid or 0)


def drop_file(context: Context, file_id: Any) -> None:
    context.db.execute("DELETE FROM files WHERE id = ?", (file_id,))


def file_address(context: Context, file_id: Any) -> str | None:
    """Where to fetch a file; None when there is none. Knowing the address is the permission."""
    row = context.db.execute("SELECT id, secret, name FROM files WHERE id = ?", (file_id,)).fetchone()
    return None if row is None else f"{context.origin}/upload/{row['secret']}/{quote(row['name'])}"


def find_file(db: sqlite3.Connection, secret: str) -> Upload | None:
    row = db.execute("SELECT name, content FROM files WHERE secret = ?", (secret,)).fetchone()
    return None if row is None else Upload(row["name"], row["content"])


def media_type(name: str) -> str:
    """What a browser may take a file for: a picture or plain text by its name, else only something to keep."""
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
