"""Renames that contradict each other are mistakes, each told at its place."""

import pytest

from b24provision.errors import InputError
from b24provision.manifest import load_text
from b24provision.model import fold


def said(entities: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_text(f"b24provision: 1\nentities:\n{entities}", "m.yaml")
    return [str(problem).removeprefix("m.yaml:") for problem in caught.value.problems]


def test_former_codes_are_kept_in_order():
    dish = load_text(
        "b24provision: 1\nentities:\n  dish: {name: D, renamed_from: dishes, properties: {t: {renamed_from: [b, a]}}}"
    ).entities["dish"]
    assert dish.renamed_from == ("dishes",)
    assert dish.properties["t"].renamed_from == ("b", "a")


def test_a_circle_has_no_first_step():
    assert said(
        "  a: {name: A, renamed_from: b}\n  b: {name: B, renamed_from: A}\n  c: {name: C, renamed_from: a}"
    ) == [
        "3:16: entities.a.renamed_from: these renames go in a circle: a ← b ← a; use a code in between",
        "4:16: entities.b.renamed_from: these renames go in a circle: b ← a ← b; use a code in between",
        '5:16: entities.c.renamed_from: "a" is already renamed to "b" at m.yaml:4:3',
    ]


def test_a_rename_of_case_alone_is_none():
    assert said("  dish: {name: D, properties: {Price: {renamed_from: price}}}") == [
        "3:40: entities.dish.properties.Price.renamed_from: a code cannot be renamed to itself, and case does not count"
    ]


def test_one_code_cannot_become_two_things():
    assert said("  dish: {name: D, properties: {a: {renamed_from: x}, b: {renamed_from: [y, X]}}}") == [
        '3:58: entities.dish.properties.b.renamed_from: "X" is already renamed to "a" at m.yaml:3:32'
    ]


def test_what_is_renamed_cannot_be_removed():
    text = "  dish: {name: D, renamed_from: old, properties: {a: {renamed_from: b}}}\n"
    assert said(text + "removed: {entities: [OLD], properties: [dish.b]}") == [
        '3:19: entities.dish.renamed_from: "old" is removed at m.yaml:4:22; it cannot be renamed as well',
        '3:55: entities.dish.properties.a.renamed_from: "b" is removed at m.yaml:4:41; it cannot be renamed as well',
    ]


def test_chains_are_fine():
    manifest = load_text(
        "b24provision: 1\nentities: {b: {name: B, renamed_from: a}, c: {name: C, renamed_from: b}}"
    )
    assert {fold(code) for code in manifest.entities} == {"b", "c"}
