"""Which live thing is which wanted one, when things have been renamed.

Works on folded codes alone, so that storages and properties are paired by the same rules.
"""

from collections.abc import Collection, Mapping, Sequence


def pair(formers: Mapping[str, Sequence[str]], live: Collection[str]) -> dict[str, str | None]:
    """Say for every wanted code which live code it is now; None if it is not there in any form.

    `formers` has every wanted code with the codes it had before, the newest first. A wanted code that is
    not live takes the newest of its former codes that is. So in a chain (a becomes b, b becomes c) the
    live b is c's, and a is b's. The result is in an order in which renames can be carried out: whoever
    leaves a code comes before whoever takes it.
    """
    pairs: dict[str, str | None] = {}
    taken: set[str] = set()
    open_codes = [code for code in formers if code not in live]
    while open_codes:
        code = open_codes.pop(0)
        found = next((former for former in formers[code] if former in live and former not in taken), None)
        pairs[code] = found
        if found is not None:
            taken.add(found)
            if found in formers:  # the one that had this code now has to look for itself
                open_codes.append(found)
    for code in formers:
        pairs.setdefault(code, code)
    return _movable_first({code: pairs[code] for code in formers})


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
