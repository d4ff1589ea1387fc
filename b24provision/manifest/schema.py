"""The use of the JSON Schema: its text for editors, and every mistake in the shape of a document.

The only place that knows the jsonschema library, which takes 60 ms to import and is therefore not
needed before something is validated.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from b24provision.manifest import shape
from b24provision.manifest.document import Document, Path
from b24provision.manifest.references import as_written
from b24provision.problem import Problem

_LONGEST_SHOWN = 40


def schema_text() -> str:
    """Write the JSON Schema of a manifest file, as editors want it."""
    return json.dumps(shape.manifest(written=True), indent=2, ensure_ascii=False) + "\n"


def problems(document: Document, data: Any) -> list[Problem]:
    """Tell everything in an interpolated document that is not of a manifest's shape.

    `data` is its content as plain data. A format version from elsewhere is told alone, since it may
    mean anything by the rest.
    """
    foreign = shape.foreign_version(data)
    if foreign is not None:
        advice = "install a newer one" if foreign > shape.FORMAT_VERSION else f"write {shape.FORMAT_VERSION}"
        message = f"this b24provision does not know version {foreign} of the format; {advice}"
        return [document.problem(("b24provision",), message)]
    return [problem for mistake in _mistakes(data) for problem in _problems_of(document, mistake)]


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A value that breaks a keyword of its schema."""

    keyword: str
    path: Path
    value: Any
    schema: Mapping[str, Any]


def _mistakes(data: Any) -> Iterator[_Mistake]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(shape.manifest(written=False)).iter_errors(data):
        keyword, path = str(error.validator), tuple(error.absolute_path)
        yield _Mistake(keyword, path, error.instance, cast("Mapping[str, Any]", error.schema))


def _problems_of(document: Document, mistake: _Mistake) -> Iterator[Problem]:
    match mistake.keyword:
        case "required":
            yield from _missing(document, mistake)
        case "additionalProperties":
            yield from _unknown(document, mistake)
        case _:
            message = f"{_shown(mistake.value)} is {mistake.schema['errorMessage']}"
            yield document.problem(mistake.path, message)


def _missing(document: Document, mistake: _Mistake) -> Iterator[Problem]:
    for key in mistake.schema["required"]:
        if key not in mistake.value:
            message = f'the required key "{key}" is missing'
            yield document.problem(mistake.path, message, at_key=True)


def _unknown(document: Document, mistake: _Mistake) -> Iterator[Problem]:
    known, free = mistake.schema["properties"], mistake.schema.get("patternProperties", ())
    for key in mistake.value:
        if key not in known and not any(re.search(pattern, key) for pattern in free):
            message = _unknown_key(key, mistake.schema["title"], known)
            yield document.problem((*mistake.path, key), message, at_key=True)


def _unknown_key(key: str, owner: str, known: Mapping[str, Any]) -> str:
    if (owner, key) in shape.NOT_YET:
        return f'"{key}" is not supported by this version of b24provision yet'
    if close := difflib.get_close_matches(key, known, 1):
        return f'unknown key; did you mean "{close[0]}"?'
    return f"unknown key; here belong {', '.join(known)}"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "an empty value"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            text = " ".join(as_written(value).split())
            return f'"{text}"' if len(text) <= _LONGEST_SHOWN else f'"{text[:_LONGEST_SHOWN]}…"'
        case _:
            return json.dumps(value)
