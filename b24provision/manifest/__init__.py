"""Manifest files → `Manifest`, or every mistake in them at once.

Owns the order of things: find the files, read each, put in the variables, check the shape, check
the meaning of all together, and only then build the model. Whoever wants a manifest needs `load`;
the modules in here do one of these steps each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from b24provision.errors import InputError
from b24provision.manifest import rules, schema, written, yamlfile
from b24provision.manifest.building import build_entity, build_removal
from b24provision.manifest.document import Document, plain_data
from b24provision.manifest.files import digest, find_files, read
from b24provision.manifest.references import as_written, interpolate
from b24provision.model import Manifest, fold
from b24provision.problem import Problem, Source

__all__ = ["digest", "find_files", "load", "load_text"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


def load(
    paths: Sequence[Path | str],
    *,
    variables: Mapping[str, str] = _NOTHING,
    environ: Mapping[str, str] = _NOTHING,
    client_id: str | None = None,
) -> Manifest:
    """Read manifest files, and directories of such, into one manifest.

    `variables` are what `--var` and the target give; of `environ` only `B24P_VAR_…` is read. With a
    `client_id` the length of codes is judged exactly. Raises `InputError` with every problem found.
    """
    files = find_files(paths)
    documents = [interpolate(read(file), variables, environ) for file in files]
    manifest = _build(documents, client_id)
    return replace(manifest, digests={file.as_posix(): digest(file) for file in files})


def load_text(
    text: str,
    name: str = "<text>",
    *,
    variables: Mapping[str, str] = _NOTHING,
    environ: Mapping[str, str] = _NOTHING,
    client_id: str | None = None,
) -> Manifest:
    """Read the text of one manifest file, like `load`. `name` is what problems call it."""
    return _build([interpolate(yamlfile.parse(text, name), variables, environ)], client_id)


def _build(documents: Sequence[Document], client_id: str | None) -> Manifest:
    contents = [(document, plain_data(document.root)) for document in documents if document.root is not None]
    wanted = [entity for document, data in contents for entity in written.entities(document, data)]
    unwanted = [removal for document, data in contents for removal in written.removals(document, data)]
    told = [problem for document in documents for problem in document.problems]
    found = [problem for document, data in contents for problem in schema.problems(document, data)]
    found += rules.problems(wanted, unwanted, client_id)
    _refuse(told, found)
    removals, notes = rules.distinct(unwanted)
    return Manifest(
        entities={fold(entity.code): build_entity(entity) for entity in wanted},
        removals=tuple(map(build_removal, removals)),
        warnings=(*rules.warnings(wanted, client_id), *notes),
    )


def _refuse(told: Sequence[Problem], found: Sequence[Problem]) -> None:
    """Raise everything that is wrong.

    What was `found` at a path that `told` already speaks of is left out: a reference to an unknown
    variable is no type either.
    """
    spoken = {(problem.source.file, problem.path) for problem in told if problem.path}
    news = [problem for problem in found if (problem.source.file, problem.path) not in spoken]
    once: dict[tuple[Source, str], Problem] = {}
    for problem in sorted((*told, *news), key=_order):
        # An anchor with a mistake in it is met at each of its aliases; the author has to mend it once.
        once.setdefault((problem.source, problem.message), _for_people(problem))
    if once:
        files = len({source.file for source, _ in once})
        message = f"{_count(len(once), 'problem')} in {_count(files, 'manifest file')}"
        raise InputError(message, tuple(once.values()))


def _order(problem: Problem) -> tuple[Source, str, str]:
    return problem.source, problem.message, problem.path


def _for_people(problem: Problem) -> Problem:
    return replace(problem, path=as_written(problem.path), message=as_written(problem.message))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
