"""What these tests say again and again: make a portal what it is, import from it, look at the file."""

import asyncio
from pathlib import Path
from textwrap import dedent

from click.testing import Result

from b24provision.local import LocalPortal
from tests.support import intent, provisioner, run

FILE = Path("manifests/main.yaml")
STATE = Path(".b24provision")


def live(text: str) -> None:
    """Make the target `local` what the entities of a manifest say."""

    async def apply() -> None:
        with LocalPortal.open(STATE / "local.sqlite3") as portal:
            async with provisioner(portal) as opened:
                assert (await opened.apply(intent("entities:\n" + text))).verified

    STATE.mkdir(exist_ok=True)
    asyncio.run(apply())


def imported(*arguments: str, into: Path | str = FILE, exit_code: int = 0) -> Result:
    result = run("import", "--target", "local", "--into", into, *arguments)
    assert result.exit_code == exit_code, result.output
    return result


def written(text: str, file: Path = FILE, **settings: str) -> Path:
    """Write a file as it stands, without anything added."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(dedent(text).encode(**settings))
    return file


def content(file: Path = FILE) -> str:
    return file.read_bytes().decode()


def planned() -> str:
    result = run("plan", "--target", "local")
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


NOTHING_TO_DO = "No changes. The portal matches the manifests."
