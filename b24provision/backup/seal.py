"""A checksum over a whole file, at its own end, so that one cut short or altered is known before it is used."""

import os
from hashlib import sha256
from typing import IO

from b24provision.errors import InputError

_BLOCK = 1 << 20
_MARK = b"b24provision sha256:"

BLANK = _MARK + b"0" * 64
"""What a file has to end in before it is sealed."""


def seal(file: IO[bytes]) -> None:
    """Write the checksum of everything before it over the zeros at the end of `file`."""
    digest = _digest(file)
    file.seek(-64, os.SEEK_END)
    file.write(digest)
    file.flush()
    os.fsync(file.fileno())


def require_sealed(file: IO[bytes], name: str) -> None:
    """Raise InputError for a file that does not end in the checksum of everything before it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - len(BLANK), 0))
    end = file.read()
    if not end.startswith(_MARK) or len(end) != len(BLANK):
        raise InputError(f"{name} is no archive of b24provision, or was cut short. Nothing was written.")
    if _digest(file) != end[-64:]:
        raise InputError(f"{name} was altered or damaged after it was written. Nothing was written.")


def _digest(file: IO[bytes]) -> bytes:
    """Hash everything but the last 64 bytes."""
    left = file.seek(0, os.SEEK_END) - 64
    file.seek(0)
    state = sha256()
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        state.update(block)
        left -= len(block)
    return state.hexdigest().encode()
