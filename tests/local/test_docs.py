"""The examples of docs/portal.md run, and its commands are commands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from b24provision.cli.portal import portal
from b24provision.local.faults import Kind

TEXT = (Path(__file__).parents[2] / "docs" / "portal.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(code: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("line", "".join(blocks("sh")).splitlines())
def test_commands_can_be_given(line: str) -> None:
    program, name, *words = shlex.split(line)
    assert (program, name) == ("b24provision", "portal")
    command = portal.commands.get(words[0], portal) if words else portal
    command.make_context("portal", words[command is not portal :])


def test_every_kind_of_fault_is_told_of() -> None:
    assert set(re.findall(r"`([a-z0-9-]+)`", TEXT)) >= set(Kind)
