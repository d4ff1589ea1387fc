"""The directory that holds what is remembered between runs."""

from pathlib import Path


def keep_private(state: Path) -> None:
    """Make the state directory if need be, and keep it out of version control: it holds tokens."""
    if not state.exists():
        state.mkdir(parents=True)
        (state / ".gitignore").write_text("*\n", encoding="utf-8")
