"""Laws that hold for any portal and any manifest that is imported into."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b24provision import manifest
from b24provision.engine import Provisioner
from b24provision.importing import Imported, Wish, import_into, read_here, read_live
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.plan import Plan
from b24provision.reading import drive
from tests.support import provisioner

pytestmark = pytest.mark.anyio

CODES = ["dish", "Menu", "NO", "n1", "x_2"]
odd = st.text(
    st.sampled_from("ab 0:#-'\"{}[],&*!|>%@`$~?\\<\n\tтя🍣\u2028\x07\u202e"), min_size=1, max_size=10
)
names = (
    st.sampled_from(["yes", "12:30", "a: b", "# x", "${x}", "$$", "null", " padded ", "x" * 255, "1e3"]) | odd
).filter(lambda name: name.strip())
access = st.dictionaries(
    st.sampled_from(["AU", "U1", "U5", "U7", "D5", "G12", "SG3_K", "CHAT1"]),
    st.sampled_from("RWX"),
    max_size=4,
)
properties = st.dictionaries(
    st.sampled_from(["price", "Photo", "on", "y", "n2"]),
    st.fixed_dictionaries(
        {"NAME": names, "TYPE": st.sampled_from("SNF")}, optional={"SORT": st.integers(-3, 900)}
    ),
    max_size=4,
)
portals = st.dictionaries(
    st.sampled_from(CODES),
    st.fixed_dictionaries(
        {"name": names, "access": access, "properties": properties, "owner": st.sampled_from([1, 7])}
    ),
    max_size=4,
)
callers = st.sampled_from([1, 7, 5])

thorough = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def fill(portal: LocalPortal, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    portal.add_user(7, admin=True)
    portal.add_user(5, groups=[12])
    for code, storage in wanted.items():
        async with provisioner(portal, user_id=storage["owner"]) as opened:
            make = opened.session.client.call.make
            await make("entity.add", {"ENTITY": code, "NAME": storage["name"], "ACCESS": storage["access"]})
            for prop, fields in storage["properties"].items():
                params = {"ENTITY": code, "PROPERTY": prop, **fields}
                assert (await make("entity.item.property.add", params)).is_success


def load(file: Path) -> manifest.Manifest:
    return manifest.load([file])


async def import_all(opened: Provisioner, path: Path) -> Imported:
    file, here = read_here(path, load)
    wish = Wish(here=here)
    live = await drive(opened.session.send, read_live(wish))
    return import_into(file, wish, live, opened.session.portal, load)


async def plan(opened: Provisioner, path: Path) -> Plan:
    return await opened.plan(Intent(manifest=load(path)))


@given(wanted=portals, caller=callers)
@thorough
async def test_a_plan_of_what_was_imported_is_empty(wanted: dict[str, Any], caller: int):
    with LocalPortal.open() as portal, tempfile.TemporaryDirectory() as directory:
        await fill(portal, wanted)
        path = Path(directory, "new.yaml")
        async with provisioner(portal, user_id=caller) as opened:
            first = await import_all(opened, path)
            if not first.imported:
                assert not path.exists()
                return
            found = await plan(opened, path)
            assert (found.changes, found.blocked) == ((), ())
            assert all("decided by groups" in note.message for note in found.notes)
            before = path.read_bytes()
            assert not (await import_all(opened, path)).imported
            assert path.read_bytes() == before


comments = st.lists(st.sampled_from(["", "# a comment", "      # deep: {a: b}", "  # half"]), max_size=2)


@st.composite
def manifests(draw: st.DrawFn) -> list[str]:
    """Lines of a manifest as people might write it: some of the storages, some of their properties."""
    step = " " * draw(st.sampled_from([1, 2, 4]))
    lines = [*draw(comments), "b24provision: 1", *draw(comments)]
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=3))
    lines += ["entities:" if codes else draw(st.sampled_from(["entities: {}", "entities: # none", "x-a: b"]))]
    for code in codes:
        inside = draw(st.lists(st.sampled_from(["price", "on", "more"]), unique=True, max_size=3))
        listed = ", ".join(f"'{prop}': {{}}" for prop in inside)
        lines += draw(comments)
        if draw(st.booleans()):
            lines += [f"{step}{code}: {{name: It, properties: {{{listed}}} }} # {code}"]
            continue
        lines += [f"{step}{code}:", f"{step * 2}name: It # {code}"]
        if draw(st.booleans()):
            lines += [f"{step * 2}properties:{'' if inside else ' # none'}"]
            for prop in inside:
                lines += [*draw(comments), f"{step * 3}{prop}: {{}}"]
        else:
            lines += [f"{step * 2}properties: {{{listed}}}"]
        lines += draw(st.sampled_from([[], [f"{step * 2}protect: true"]]))
    return lines + draw(st.sampled_from([[], ["removed: {entities: [gone]}"]])) + draw(comments)


def is_within(part: str, whole: str) -> bool:
    """Whether all characters of one text are in another in their order."""
    rest = iter(whole)
    return all(character in rest for character in part)


def without_empty_braces(text: str) -> str:
    return text.replace("entities: {}", "entities:").replace("properties: {}", "properties:")


@given(wanted=portals, lines=manifests(), newline=st.sampled_from(["\n", "\r\n"]), ends=st.booleans())
@thorough
async def test_what_people_wrote_stays_in_its_order(
    wanted: dict[str, Any], lines: list[str], newline: str, ends: bool
):
    text = newline.join(lines) + (newline if ends else "")
    with LocalPortal.open() as portal, tempfile.TemporaryDirectory() as directory:
        await fill(portal, wanted)
        path = Path(directory, "old.yaml")
        path.write_bytes(text.encode())
        before = load(path)
        async with provisioner(portal) as opened:
            outcome = await import_all(opened, path)
            new = path.read_bytes().decode()
            assert is_within(without_empty_braces(text), new)
            rest = iter(new.split(newline))
            assert all(line in rest for line in lines if "{" not in line)
            assert new.count("\r\n") == (new.count("\n") if newline == "\r\n" else 0)
            assert (new == text) == (not outcome.imported)
            after = load(path)
            assert set(after.entities) == {*before.entities, *(code.lower() for code in wanted)}
            for key, entity in before.entities.items():
                assert after.entities[key].properties.items() >= entity.properties.items()
            changed = {change.entity for change in (await plan(opened, path)).changes}
            assert changed <= set(before.entities)
            assert not (await import_all(opened, path)).imported
            assert path.read_bytes().decode() == new
