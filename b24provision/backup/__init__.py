"""Storages with their data ⇄ archive: what the portal would lose for good, kept in a file and brought back.

`back_up` and `back_up_stakes` write archives, `Archive` reads them, `plan_restore` and `restore` bring back
what is not on a portal.
"""

from b24provision.backup.archive import Archive
from b24provision.backup.backing_up import Summary, archive_name, back_up, back_up_stakes, chosen_codes
from b24provision.backup.planning import plan_restore
from b24provision.backup.restoring import restore
from b24provision.backup.work import RestorePlan, RestoreReport

__all__ = [
    "Archive",
    "RestorePlan",
    "RestoreReport",
    "Summary",
    "archive_name",
    "back_up",
    "back_up_stakes",
    "chosen_codes",
    "plan_restore",
    "restore",
]
