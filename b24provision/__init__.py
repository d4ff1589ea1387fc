"""Declarative provisioning of Bitrix24 application data storages.

`Workspace` finds the configuration, the target and the manifests; `Provisioner` plans and applies on
an open portal; `load` and `load_text` read manifests by themselves. Names are imported when first
used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24provision.blocking import BlockingProvisioner as BlockingProvisioner
    from b24provision.engine import Provisioner as Provisioner
    from b24provision.errors import ApiError as ApiError
    from b24provision.errors import AuthError as AuthError
    from b24provision.errors import B24ProvisionError as B24ProvisionError
    from b24provision.errors import BlockedError as BlockedError
    from b24provision.errors import InputError as InputError
    from b24provision.errors import OutcomeUnknownError as OutcomeUnknownError
    from b24provision.errors import PortalError as PortalError
    from b24provision.errors import StaleError as StaleError
    from b24provision.errors import UnexpectedAnswerError as UnexpectedAnswerError
    from b24provision.errors import UnreachableError as UnreachableError
    from b24provision.exitcode import ExitCode as ExitCode
    from b24provision.intent import Intent as Intent
    from b24provision.manifest import load as load
    from b24provision.manifest import load_text as load_text
    from b24provision.model import Entity as Entity
    from b24provision.model import Manifest as Manifest
    from b24provision.model import Property as Property
    from b24provision.model import Snapshot as Snapshot
    from b24provision.plan import Change as Change
    from b24provision.plan import Plan as Plan
    from b24provision.plan import Report as Report
    from b24provision.render import renderer as renderer
    from b24provision.targets.session import Session as Session
    from b24provision.workspace import Workspace as Workspace

__version__ = "0.1.0"

_HOMES = {
    "blocking": ["BlockingProvisioner"],
    "engine": ["Provisioner"],
    "errors": [
        "ApiError",
        "AuthError",
        "B24ProvisionError",
        "BlockedError",
        "InputError",
        "OutcomeUnknownError",
        "PortalError",
        "StaleError",
        "UnexpectedAnswerError",
        "UnreachableError",
    ],
    "exitcode": ["ExitCode"],
    "intent": ["Intent"],
    "manifest": ["load", "load_text"],
    "model": ["Entity", "Manifest", "Property", "Snapshot"],
    "plan": ["Change", "Plan", "Report"],
    "render": ["renderer"],
    "targets.session": ["Session"],
    "workspace": ["Workspace"],
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, "__version__"])  # noqa: PLE0605 - computed from the one list above


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
