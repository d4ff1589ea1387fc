"""Plan, report, manifest or failure → text. One module per format, listed in one dict.

A renderer is a module with four functions that return `str` and do no IO. What is rendered decides
what is said, the renderer only how.
"""

from importlib import import_module
from typing import Protocol, cast

from b24provision.errors import B24ProvisionError
from b24provision.model import Manifest
from b24provision.plan import Plan, Report

FORMATS = {
    "text": "b24provision.render.text",
    "json": "b24provision.render.json",
    "markdown": "b24provision.render.markdown",
}


class Renderer(Protocol):
    """What a module of this package offers. `colour` is honoured where a terminal can show it."""

    def plan(self, plan: Plan, *, colour: bool = False) -> str: ...

    def report(self, report: Report, *, colour: bool = False) -> str: ...

    def manifest(self, manifest: Manifest, *, colour: bool = False) -> str: ...

    def failure(self, error: B24ProvisionError, *, colour: bool = False) -> str: ...


def renderer(name: str) -> Renderer:
    """Give the renderer of a format named in FORMATS."""
    return cast("Renderer", import_module(FORMATS[name]))
