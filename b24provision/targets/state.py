"""The directory that holds what is remembered between runs."""

from pathlib import Path

from b24provision.errors import InputError


def keep_private(state: Path) -> None:
    """Make the state directory if need be, and keep it out of version control: it holds tokens.

    Raises InputError when it cannot be made.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        if not (state / ".gitignore").exists():
            (state / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as exc:
        raise InputError(
            f"{state}: nothing can be kept there ({exc.strerror}); choose with --state-dir"
        ) from exc
