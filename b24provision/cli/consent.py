"""Asking a person. Where there is nobody to ask, and no consent on the command line, nothing happens."""

import os
import sys

import click

from b24provision.engine import require_consent
from b24provision.errors import BlockedError
from b24provision.plan import Plan


def is_interactive() -> bool:
    """Whether somebody can answer: a terminal, and no CI."""
    return sys.stdin.isatty() and not os.environ.get("CI")


def ask_to_apply(*, auto_approve: bool) -> None:
    """Want the word `yes`, unless approved. Raises BlockedError otherwise."""
    if auto_approve:
        return
    if not is_interactive():
        raise BlockedError(
            "Nothing was written: there is no terminal to ask on. Approve with --auto-approve."
        )
    answer = click.prompt(
        "Carry out this plan? Only `yes` is taken", default="", show_default=False, err=True
    )
    if answer != "yes":
        raise BlockedError("Nothing was written: the plan was not approved.")


def ask_about_data(plan: Plan) -> None:
    """Want the number of items at stake typed, if a plan loses any data. Raises BlockedError otherwise."""
    if not plan.data_loss:
        return
    if not is_interactive():
        require_consent(plan, allow_data_loss=False)
    counts = [None if change.stake is None else change.stake.items for change in plan.data_loss]
    count = "unknown" if None in counts else str(sum(filter(None, counts)))
    if count == "0":
        return  # nothing is in what is deleted; the plan as a whole is still asked about
    answer = click.prompt(
        f"This loses data for good; items at stake: {count}. Type {count} to go on",
        default="",
        show_default=False,
        err=True,
    )
    if answer.strip() != count:
        raise BlockedError(f"Nothing was written: “{answer}” is not {count}.")


def ask_to_destroy(host: str, *, confirm: str | None) -> None:
    """Want the portal's host typed, or given by `--confirm`. Raises BlockedError otherwise."""
    if confirm is None:
        if not is_interactive():
            raise BlockedError(
                f"Nothing was deleted: destroying takes the portal's host typed, and there is no terminal to "
                f"ask on. Use --confirm {host} (--auto-approve is no consent to this)."
            )
        confirm = click.prompt(
            f"This deletes the storages above with everything in them, for good. Type {host} to go on",
            default="",
            show_default=False,
            err=True,
        )
    if confirm.strip().lower() != host.lower():
        raise BlockedError(f"Nothing was deleted: “{confirm}” is not the portal's host without port, {host}.")
