"""What is asked before anything is written, on a terminal and without one."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import run, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def at_a_terminal(*arguments: str, answer: str) -> tuple[int, str]:
    """Run the command line at a terminal where somebody types `answer`; give exit code and what was shown."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode() + b"\n")
    command = [sys.executable, "-m", "b24provision", *arguments, "--target", "local", "--no-color"]
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, check=False, timeout=60)
    os.close(ours)
    os.close(theirs)
    return done.returncode, done.stdout + done.stderr


def test_apply_takes_yes_and_nothing_else():
    write("entities: {dish: {name: Dishes}}")
    for answer in ("", "y", "YES", "no"):
        exit_code, shown = at_a_terminal("apply", answer=answer)
        assert (exit_code, "not approved" in shown) == (5, True)
    exit_code, shown = at_a_terminal("apply", answer="yes")
    assert (exit_code, "Verified." in shown) == (0, True)
    assert "Only `yes` is taken" in shown


def test_destroy_takes_the_host():
    write("entities: {dish: {name: Dishes}}")
    run("apply", "--target", "local", "--auto-approve")
    for answer in ("yes", "", "example.com"):
        exit_code, _ = at_a_terminal("destroy", answer=answer)
        assert exit_code == 5
    assert run("check", "--target", "local").exit_code == 0
    exit_code, shown = at_a_terminal("destroy", answer="local")
    assert (exit_code, "Type local to go on" in shown) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["apply"], 5),
        (["destroy"], 5),
        (["destroy", "--auto-approve"], 5),
        (["destroy", "--confirm", "yes"], 5),
        (["destroy", "--confirm", "local"], 0),
    ],
)
def test_without_a_terminal_only_the_command_line_consents(arguments: list[str], exit_code: int):
    write("entities: {dish: {name: Dishes}}")
    run("apply", "--target", "local", "--auto-approve")
    if arguments == ["apply"]:
        write("entities: {dish: {name: Other}}")
    assert run(*arguments, "--target", "local").exit_code == exit_code


def test_ci_is_asked_nothing(monkeypatch: pytest.MonkeyPatch):
    write("entities: {dish: {name: Dishes}}")
    monkeypatch.setenv("CI", "true")
    exit_code, shown = at_a_terminal("apply", answer="yes")
    assert (exit_code, "--auto-approve" in shown) == (5, True)


def test_nothing_to_do_asks_nothing():
    write("entities: {dish: {name: Dishes}}")
    run("apply", "--target", "local", "--auto-approve")
    assert run("apply", "--target", "local").exit_code == 0


def test_waiting_changes_are_said():
    write("entities: {dish: {name: Dishes}}")
    run("apply", "--target", "local", "--auto-approve")
    write("removed: {entities: [dish]}")
    result = run("apply", "--target", "local", "--auto-approve", "--skip-data-loss")
    assert result.exit_code == 0
    assert "No changes without losing data. 1 waiting." in result.stdout
    assert (
        result.stdout.splitlines()[-1]
        == "Apply complete! 0 added, 0 changed, 0 destroyed. Verified. 1 waiting."
    )


def test_results_for_programs_stand_alone_on_stdout():
    import json

    write("entities: {dish: {name: Dishes}}")
    result = run(
        "apply", "--target", "local", "--auto-approve", "--format", "json", "--markdown-into", "report.md"
    )
    assert json.loads(result.stdout)["verified"] is True
    assert "Plan: 1 to add" in result.stderr
    assert "**Apply complete! 1 added" in Path("report.md").read_text(encoding="utf-8")
