"""The pages in a real browser: headless Chromium, driven from the command line, without JavaScript of ours."""

import base64
import os
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from .serving import running
from .test_command import call

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
]
NASTY = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing")


def square() -> bytes:
    """A PNG of 24 times 24 blue points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = (b"\0" + b"\x20\x60\xc0" * 24) * 24
    header = struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Page(HTMLParser):
    """What Chromium made of a page: its title and where its links lead."""

    def __init__(self, dom: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.elements: set[str] = set()
        self._address: str | None = None
        self.feed(dom)
        self.title = re.findall("<title>(.*?)</title>", dom)[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.elements.add(tag)
        self._address = dict(attrs).get("href") if tag == "a" else None

    def handle_data(self, data: str) -> None:
        if self._address is not None:
            self.links.setdefault(data, self._address)
            self._address = None


class Browser:
    def __init__(self, origin: str, directory: Path) -> None:
        self._origin = origin
        self._directory = directory

    def run(self, path: str, *flags: str) -> bytes:
        command = [CHROMIUM or "", *FLAGS, f"--user-data-dir={self._directory / 'profile'}", *flags]
        address = path if path.startswith("http") else self._origin + path
        return subprocess.run([*command, address], capture_output=True, check=True, timeout=60).stdout

    def open(self, path: str) -> Page:
        return Page(self.run(path, "--dump-dom").decode())

    def picture(self, path: str, name: str) -> bytes:
        """Take a screenshot; it is kept where B24P_ARTEFACTS says, for a person to look at."""
        file = Path(os.environ.get("B24P_ARTEFACTS") or self._directory, name)
        self.run(path, f"--screenshot={file}")
        return file.read_bytes()


def test_a_person_looks_around(tmp_path: Path) -> None:
    with running(directory=tmp_path) as portal:
        for code in ("dish", "order", "guest"):
            call(portal, "entity.add", ENTITY=code, NAME=f"{code.title()} {NASTY}")
        call(portal, "entity.item.property.add", ENTITY="dish", PROPERTY="photo", NAME="Photo", TYPE="F")
        photo = ["plate.png", base64.b64encode(square()).decode()]
        call(portal, "entity.item.add", ENTITY="dish", NAME=f"Soup {NASTY}", PROPERTY_VALUES={"photo": photo})
        for start in (1, 41, 81):
            rows = [f"entity.item.add?ENTITY=dish&NAME=Dish%20{start + row}" for row in range(40)]
            assert call(portal, "batch", cmd=rows[: 120 - start])["result_error"] == []
        browser = Browser(portal.origin, tmp_path)

        storages = browser.open("/")
        assert {"dish", "order", "guest"} <= set(storages.links)
        storage = browser.open(storages.links["dish"])
        assert "Later" in storage.links
        item = browser.open(storage.links["1"])
        for page in (storages, storage, item):
            assert page.title != "owned"
            assert "script" not in page.elements
        file = browser.picture(item.links["plate.png"], "file.png")
        calls = browser.open(storages.links["Calls"])
        assert "details" in calls.elements
        assert calls.title == "The last calls · local portal"
        for picture in (file, browser.picture(storages.links["dish"], "storage.png")):
            assert picture.startswith(b"\x89PNG")
            assert len(picture) > 1_000
