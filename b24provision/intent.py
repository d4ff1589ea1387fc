"""What somebody asks for in one run: the manifest, and how far to go with it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from b24provision.errors import InputError
from b24provision.model import Manifest, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A manifest and what to do with it.

    `destroy` asks for the manifest's storages to be deleted instead of made so. `prune` asks for
    everything to be deleted that no manifest names, and is refused for a `partial` manifest, one
    that holds only some of the application's storages. `protected` are glob patterns of storages
    that must not lose data, whatever the manifest says.
    """

    manifest: Manifest
    destroy: bool = False
    prune: bool = False
    partial: bool = False
    protected: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.prune and self.partial:
            raise InputError(
                "--prune deletes what no manifest names, so it has to see all manifests: "
                "leave out --only and the paths."
            )

    def codes(self) -> list[str]:
        """Every storage the manifest names: wanted first, then those it only removes from."""
        wanted = [entity.code for entity in self.manifest.entities.values()]
        removals = () if self.destroy else self.manifest.removals
        return wanted + [removal.entity_code for removal in removals]

    def doomed(self) -> set[str]:
        """Folded codes of the storages that are to be gone, if they are there."""
        if self.destroy:
            return {fold(code) for code in self.codes()}
        return {fold(row.entity_code) for row in self.manifest.removals if row.property_code is None}

    def former_codes(self) -> list[str]:
        """Every code a wanted storage had before."""
        return [code for entity in self.manifest.entities.values() for code in entity.renamed_from]

    def narrowed(self, patterns: Sequence[str]) -> "Intent":
        """Keep only the storages that match one of the glob `patterns`; no patterns keep all.

        Raises InputError when nothing matches, since that is a misspelling more often than a wish.
        """
        if not patterns:
            return self
        keys = {fold(code) for code in self.codes() if matches(code, patterns)}
        if not keys:
            known = ", ".join(self.codes()) or "none"
            raise InputError(f"--only {' '.join(patterns)} matches no storage. The manifests name: {known}.")
        return replace(self.touching(keys), partial=True)

    def pruning(self, prune: bool) -> "Intent":
        """Ask for everything to be deleted that no manifest names, or not."""
        return replace(self, prune=prune)

    def touching(self, keys: Collection[str]) -> "Intent":
        """Keep only what concerns the storages with these folded codes, to look at them again.

        That includes storages they were, and storages they become: renames are understood only together.
        """
        manifest = self.manifest
        families = [{key, *map(fold, entity.renamed_from)} for key, entity in manifest.entities.items()]
        kin, before = set(keys), set[str]()
        while kin != before:
            before = set(kin)
            kin.update(*(family for family in families if family & kin))
        entities = {key: entity for key, entity in manifest.entities.items() if key in kin}
        removals = tuple(row for row in manifest.removals if fold(row.entity_code) in keys)
        return replace(self, manifest=replace(manifest, entities=entities, removals=removals))


def matches(code: str, patterns: Sequence[str]) -> bool:
    """Tell whether a storage's code fits one of the glob patterns, without regard to case."""
    return any(fnmatchcase(fold(code), fold(pattern)) for pattern in patterns)
