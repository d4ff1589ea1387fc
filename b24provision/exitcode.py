"""What the process answers to its caller."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The numbers are part of the public interface."""

    DONE = 0
    FAILURE = 1
    CHANGES = 2
    USAGE = 3
    PORTAL = 4
    BLOCKED = 5
    STALE = 6
    PARTIAL = 7
    INTERRUPTED = 130
