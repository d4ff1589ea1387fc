"""@bitrix24/b24jssdk, from npm."""

import json
import subprocess
from pathlib import Path

from tests.clients.journey import ITEMS, Seen, verify
from tests.differential.javascript import installed_sdk
from tests.local.serving import Running


def test_the_javascript_sdk(served: Running, tmp_path: Path) -> None:
    given = {
        "endpoint": served.variables["B24_ENDPOINT"],
        "token": served.variables["B24_ACCESS_TOKEN"],
        "items": ITEMS,
    }
    done = subprocess.run(
        ["node", Path(__file__).with_name("journey.mjs"), installed_sdk()],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verify(Seen(**json.loads(done.stdout)), tmp_path / "portal.sqlite3", pages=3 + 3)
