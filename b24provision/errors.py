"""Every way this package fails, as one tree; each class carries the exit code of the command line.

The attributes carry the facts, the message is a sentence that says what to do. Nothing secret is
ever put into either: whoever raises passes text that is already redacted.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from b24provision.exitcode import ExitCode
from b24provision.problem import Problem

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class B24ProvisionError(Exception):
    """Anything this package raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE


class InputError(B24ProvisionError):
    """A manifest, a configuration, an option or an argument cannot be used as it is.

    `problems` lists every mistake found, with its place, when the input was a file.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        for problem in self.problems:
            self.add_note(str(problem))


class PortalError(B24ProvisionError):
    """The portal cannot be worked with: the family of everything that stands in the way."""

    exit_code = ExitCode.PORTAL


class UnreachableError(PortalError):
    """No usable connection. Nothing was done, or only reading was under way."""


class AuthError(PortalError):
    """The portal or the authorisation server refuses this caller for good.

    `code` is the portal's word (`invalid_grant`, `ACCESS_DENIED`), `status` the HTTP status.
    """

    def __init__(self, message: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class UnexpectedAnswerError(PortalError):
    """What came back is not a REST answer: a proxy's HTML, an empty body, broken JSON.

    `excerpt` holds at most the first 200 characters, redacted.
    """

    def __init__(self, message: str, *, status: int, content_type: str, excerpt: str) -> None:
        super().__init__(message)
        self.status = status
        self.content_type = content_type
        self.excerpt = excerpt


class ApiError(B24ProvisionError):
    """The portal understood a call and refused it.

    `code` and `description` are its words, `method` the REST method, `status` the HTTP status (of
    the batch, for a command inside one), `extra` whatever else the error object held.
    """

    def __init__(
        self,
        code: str,
        description: str,
        *,
        method: str = "",
        status: int = 0,
        extra: Mapping[str, Any] = _NOTHING,
    ) -> None:
        said = f"{code}: {description}" if description else code
        super().__init__(f"{method}: {said}" if method else said)
        self.code = code
        self.description = description
        self.method = method
        self.status = status
        self.extra = extra


class OutcomeUnknownError(B24ProvisionError):
    """A write was sent and no usable answer came back: the portal may or may not have done it.

    `calls` holds what was in the request, so that the caller can look at the portal and decide.
    Never repeat them blindly. The cause is chained.
    """

    exit_code = ExitCode.PARTIAL

    def __init__(self, message: str, calls: Sequence[Any]) -> None:
        super().__init__(message)
        self.calls = tuple(calls)


class BlockedError(B24ProvisionError):
    """Protection, missing consent or missing rights forbid it. Nothing was written."""

    exit_code = ExitCode.BLOCKED


class StaleError(B24ProvisionError):
    """The plan no longer fits the portal, or was made for another one. Nothing was written."""

    exit_code = ExitCode.STALE
