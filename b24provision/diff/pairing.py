"""Which live thing is which wanted one, when things have been renamed.

Works on folded codes alone, so that storages and properties are paired by the same rules.
"""

from collections.abc import Collection, Mapping, Sequence


def pair(formers: Mapping[str, Sequence[str]], live: Collection[str]) -> dict[str, str | None]:
    """Say for every wanted code which live code it is now; None if it is not there in any form.

    `formers` has every wanted code with the codes it had before, the newest first. A wanted code that is
    not live takes the newest of its former codes that is, but one that is itself wanted gives its place up
    only in a chain (a becomes b, b becomes c): when it can move in somewhere else in turn. Otherwise the data
    under it is its own, and nobody else's. The result is in an order in which renames can be carried out:
    whoever leaves a code comes before whoever takes it.
    """
    pairs: dict[str, str | None] = {code: code if code in live else None for code in formers}
    for code in formers:
        if code not in live:
            pairs.update(_chain(code, formers, set(live) - _given_away(pairs), frozenset()))
    return _movable_first(pairs)


def _given_away(pairs: Mapping[str, str | None]) -> set[str]:
    return {now for code, now in pairs.items() if now is not None and now != code}


def _chain(
    code: str, formers: Mapping[str, Sequence[str]], live: Collection[str], seen: frozenset[str]
) -> list[tuple[str, str]]:
    """Find who takes which code so that `code` comes into being; nobody, if it cannot."""
    for former in formers[code]:
        if former not in live or former in seen:
            continue
        if former not in formers:
            return [(code, former)]
        if rest := _chain(former, formers, live, seen | {code}):
            return [(code, former), *rest]
    return []


def _movable_first(pairs: Mapping[str, str | None]) -> dict[str, str | None]:
    """Order pairs so that a code is vacated before it is taken, and otherwise as wanted."""
    leaver = {now: code for code, now in pairs.items() if now is not None and now != code}
    ordered: dict[str, str | None] = {}

    def place(code: str) -> None:
        if code not in ordered:
            if code in leaver:
                place(leaver[code])
            ordered[code] = pairs[code]

    for code in pairs:
        place(code)
    return ordered
