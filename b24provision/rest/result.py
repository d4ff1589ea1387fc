"""What the actions give back: `Result` for several calls, `AjaxResult` for one.

Pure values. Their `repr` shows neither parameters nor payloads, which may hold anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from b24provision.errors import ApiError
from b24provision.rest.calls import NO_PARAMS

BASE_ERROR = "base-error"
"""The key of an error that concerns the whole and not one command."""

_NO_ERRORS: Mapping[str, ApiError] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked. `request_id` is the one the request carried; a batch shares one."""

    method: str
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS, repr=False)
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of several calls.

    `data` is a list for calls given as a list, and a dict in the given order for named ones. `errors`
    has an ApiError for each failed command in order, under the command's name, its position as text,
    or `base-error`.
    """

    data: Any = field(repr=False)
    errors: Mapping[str, ApiError] = field(default_factory=lambda: _NO_ERRORS)

    @property
    def is_success(self) -> bool:
        """Whether nothing failed."""
        return not self.errors

    @property
    def error_messages(self) -> list[str]:
        """The messages of all errors, in order."""
        return [str(error) for error in self.errors.values()]

    @property
    def errors_by_key(self) -> dict[str, ApiError]:
        """All errors by command, as a dict of the caller's own."""
        return dict(self.errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class AjaxResult:
    """The outcome of one call, made alone or as a command of a batch.

    `data` is the payload (`result`), which may be None for a success too. `status` is the HTTP status,
    of the batch for a command inside one. `total` and `next` are those of list methods. `time` is the
    portal's own account (`duration`, `operating`, …), None where it gave none.
    """

    query: Query
    status: int
    data: Any = field(default=None, repr=False)
    error: ApiError | None = None
    total: int | None = None
    next: int | None = None
    time: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the portal did what it was asked."""
        return self.error is None

    @property
    def is_more(self) -> bool:
        """Whether a list has a further page."""
        return self.is_success and self.next is not None
