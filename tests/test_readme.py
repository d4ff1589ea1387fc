"""The examples of README.md run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from b24provision import load_text

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(code: str):
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_manifests_are_valid(text: str):
    load_text(text)


def test_there_are_examples():
    assert len(blocks("python")) >= 2
    assert blocks("yaml")
