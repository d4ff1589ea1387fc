"""Every Python block of docs/rest.md runs, in the order of the page, and prints what the page says."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "rest.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = list(re.finditer(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def test_the_examples(capsys: pytest.CaptureFixture[str]):
    names: dict[str, Any] = {"__name__": "docs"}
    for block in BLOCKS:
        line = TEXT.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], PAGE, "exec"), names)  # noqa: S102 - our own page
        said = capsys.readouterr().out.splitlines()
        promised = [row.removeprefix("#> ") for row in block[1].splitlines() if row.startswith("#> ")]
        assert said == promised, f"docs/rest.md:{line + 1}"
    names["portal"].close()


def test_there_are_examples():
    assert len(BLOCKS) >= 12
