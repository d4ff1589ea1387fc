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
    given_away: set[str] = set()
    for code, former in formers.items():
        if former and pairs[code] is None:
            chain = _chain(code, formers, live, given_away)
            pairs.update(chain)
            given_away.update(now for _, now in chain)
    return _movable_first(pairs) if given_away else pairs


def _chain(
    code: str, formers: Mapping[str, Sequence[str]], live: Collection[str], given_away: Collection[str]
) -> list[tuple[str, str]]:
    """Find who takes which code so that `code` comes into being; nobody, if it cannot.

    Whoever takes a code that is itself wanted sends its holder on, so this goes on until somebody takes one
    that nobody wants. Where one way ends, the next former code is tried; no way is tried twice.
    """
    tried = {code}
    links: list[tuple[str, str]] = []
    ways = [(code, iter(formers[code]))]
    while ways:
        taker, former_codes = ways[-1]
        free = (row for row in former_codes if row in live and row not in given_away and row not in tried)
        former = next(free, None)
        if former is None:
            ways.pop()
            links = links[: max(0, len(ways) - 1)]
            continue
        links.append((taker, former))
        if former not in formers:
            return links
        tried.add(former)
        ways.append((former, iter(formers[former])))
    return []


def _movable_first(pairs: Mapping[str, str | None]) -> dict[str, str | None]:
    """Order pairs so that a code is vacated before it is taken, and otherwise as wanted."""
    leaver = {now: code for code, now in pairs.items() if now is not None and now != code}
    ordered: dict[str, str | None] = {}
    for code in pairs:
        chain = [code]
        while chain[-1] in leaver and chain[-1] not in ordered:
            chain.append(leaver[chain[-1]])
        for each in reversed(chain):
            ordered.setdefault(each, pairs[each])
    return ordered
