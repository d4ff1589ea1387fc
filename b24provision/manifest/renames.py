"""Rules of `renamed_from`: what a former code may be, and which renames contradict each other.

The portal renames in place and compares codes without case. So a rename from a code to itself in other
letters is none, one code cannot become two things, and renames in a circle have no first step.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from b24provision.manifest.written import Written, former_codes
from b24provision.model import fold
from b24provision.problem import Problem

CodeRule = Callable[[Written], Iterator[Problem]]


def rename_problems(
    things: Sequence[Written], removals: Iterable[Written], check: CodeRule
) -> Iterator[Problem]:
    """Tell every mistake in the renames of one kind of thing: storages, or the properties of one storage.

    `check` is the rule for a code of that kind. `removals` are all that is to be removed.
    """
    removed = {removal.identity: removal for removal in removals}
    claimed: dict[str, Written] = {}
    for thing in things:
        for code in former_codes(thing.data):
            former = _called(thing, code)
            if fold(code) == fold(thing.code):
                yield thing.problem(
                    "a code cannot be renamed to itself, and case does not count", "renamed_from"
                )
                continue
            yield from (_at_rename(thing, problem) for problem in check(former))
            first = claimed.setdefault(former.identity, thing)
            if first is not thing:
                yield thing.problem(
                    f'"{code}" is already renamed to "{first.code}" at {first.source}', "renamed_from"
                )
            if there := removed.get(former.identity):
                yield thing.problem(
                    f'"{code}" is removed at {there.source}; it cannot be renamed as well', "renamed_from"
                )
            for removal in removed.values():
                if removal.property_code is not None and fold(removal.entity_code) == former.identity:
                    yield removal.problem(
                        f'"{code}" is a former code of "{thing.code}"; write {thing.code}.{removal.property_code}'
                    )
    yield from _circles(things)


def _circles(things: Sequence[Written]) -> Iterator[Problem]:
    """Follow each thing's newest former code as long as it is itself a wanted thing."""
    newest = {fold(thing.code): fold(codes[0]) for thing in things if (codes := former_codes(thing.data))}
    for thing in things:
        seen = [fold(thing.code)]
        while (code := newest.get(seen[-1])) is not None and code not in seen:
            seen.append(code)
        if code == fold(thing.code) and len(seen) > 1:
            way = " ← ".join([*seen, code])
            yield thing.problem(f"these renames go in a circle: {way}; use a code in between", "renamed_from")


def _called(thing: Written, code: str) -> Written:
    if thing.property_code is None:
        return Written(thing.document, thing.path, code)
    return Written(thing.document, thing.path, thing.entity_code, code)


def _at_rename(thing: Written, problem: Problem) -> Problem:
    return thing.problem(problem.message, "renamed_from")
