"""The file that is imported into: its text with all that belongs to it, and its replacement in one step."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from b24provision.errors import InputError

NEW = "# yaml-language-server: $schema=../b24provision.schema.json\nb24provision: 1\n"
"""What a manifest begins with."""

_BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A file as it is now. `content` is None when there is none; `text` comes without byte order mark."""

    path: Path
    content: bytes | None
    text: str
    newline: str
    has_bom: bool

    @property
    def is_new(self) -> bool:
        """Whether nothing is written in it yet."""
        return self.content is None or not self.content.removeprefix(_BOM.encode()).strip()

    def replaced_by(self, text: str, check: Callable[[Path], None]) -> None:
        """Write another text, if `check` does not object to a file that has it.

        The file is never half written: a new one takes its place. Raises InputError when it cannot, or
        when the file is no longer what was read.
        """
        target = self.path.resolve()
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        content = ((_BOM if self.has_bom else "") + text).encode()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            try:
                check(draft)
                if _content(self.path) != self.content:
                    raise InputError(f"Nothing was written: {self.path} has changed meanwhile. Import again.")
                if self.content is not None:
                    shutil.copymode(target, draft)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as exc:
            raise InputError(f"{self.path} cannot be written: {exc.strerror}") from exc


def read_file(path: Path) -> ManifestFile:
    """Read a file that holds UTF-8. One without content is as good as none: its text is what begins a manifest."""
    try:
        content = _content(path)
        text = (content or b"").decode()
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(
            f"{path} is not UTF-8: save it as UTF-8 before anything is imported into it"
        ) from exc
    has_bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    ending = _LINE_END.search(text)
    return ManifestFile(
        path=path,
        content=content,
        text=text if text.strip() else NEW,
        newline=ending[0] if ending and text.strip() else "\n",
        has_bom=has_bom,
    )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
