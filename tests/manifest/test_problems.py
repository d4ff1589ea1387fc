"""Mistakes in manifests: which are found, where, and in what words."""

import re

import pytest

from b24provision import manifest
from b24provision.errors import ExitCode, InputError

MISTAKES = """\
b24provision: 1
entities:
  my-dish:
    name: ""
    access: {AU: r, user1: X}
    properties:
      price: {type: nubmer, sort: 0}
      1st: {nmae: First}
      Photo:
      photo: {renamed_from: PHOTO}
  menu:
    access:
      U${WAITER}: W
removed:
  entities: [Menu]
"""
ACCESS_CODES = "U1 (a user), AU (all users), G1, D1, DR1 or SG1_A, SG1_E, SG1_K"


def problems_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        manifest.load_text(text, "m.yaml")
    return [str(problem).removeprefix("m.yaml:") for problem in caught.value.problems]


def said_of(text: str, parent: str = "") -> list[str]:
    """What is wrong with the text after the first line: paths below the parent, no places."""
    problems = problems_of(f"b24provision: 1\n{text}")
    return [re.sub(r"^\d+:\d+: ", "", problem).removeprefix(f"{parent}.") for problem in problems]


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        manifest.load_text(MISTAKES, "m.yaml")
    assert str(caught.value) == "13 problems in 1 manifest file"
    assert caught.value.exit_code is ExitCode.USAGE
    assert (
        "\n".join(map(str, caught.value.problems))
        == f"""\
m.yaml:3:3: entities.my-dish: use only letters, digits and _; the portal would make it "mydish"
m.yaml:4:11: entities.my-dish.name: "" is not a name; use a text of 1 to 255 characters (a number needs quotes)
m.yaml:5:18: entities.my-dish.access.AU: "r" is not a level; use R, W or X
m.yaml:5:21: entities.my-dish.access.user1: this is not an access code; write {ACCESS_CODES}
m.yaml:7:21: entities.my-dish.properties.price.type: "nubmer" is not a type; use string, number or file
m.yaml:7:35: entities.my-dish.properties.price.sort: 0 is not a place; use a whole number from 1 on
m.yaml:8:7: entities.my-dish.properties.1st: the code of a property must not begin with a digit
m.yaml:8:13: entities.my-dish.properties.1st.nmae: unknown key; did you mean "name"?
m.yaml:10:7: entities.my-dish.properties.photo: this property is already described at m.yaml:9:7 as "Photo", \
and codes compare without case
m.yaml:10:15: entities.my-dish.properties.photo.renamed_from: a code cannot be renamed to itself, and case does \
not count
m.yaml:11:3: entities.menu: the required key "name" is missing
m.yaml:13:8: entities.menu.access.U${{WAITER}}: the variable WAITER has no value; give one with --var WAITER=…, \
B24P_VAR_WAITER in the environment, or a default: ${{WAITER:-…}}
m.yaml:15:14: removed.entities[0]: this storage is wanted at m.yaml:11:3; it cannot be removed as well"""
    )


def test_a_problem_shows_its_line():
    with pytest.raises(InputError) as caught:
        manifest.load_text(MISTAKES, "m.yaml")
    assert caught.value.problems[4].excerpt == "      price: {type: nubmer, sort: 0}"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "entities: {a: {name: A}}",
            [
                '1:1: the required key "b24provision" is missing',
            ],
        ),
        ("[]", ["1:1: a list is not a manifest, which begins with the line b24provision: 1"]),
        ("dish", ['1:1: "dish" is not a manifest, which begins with the line b24provision: 1']),
        (
            "b24provision: 2\nfoo: bar",
            [
                "1:15: b24provision: this b24provision does not know version 2 of the format; install a newer one"
            ],
        ),
        (
            "b24provision: 0\nentities: {a-b: }",
            ["1:15: b24provision: this b24provision does not know version 0 of the format; write 1"],
        ),
        (
            "b24provision: '1'",
            ['1:15: b24provision: "1" is not a format version; this b24provision reads version 1'],
        ),
        (
            "b24provision:",
            ["1:1: b24provision: an empty value is not a format version; this b24provision reads version 1"],
        ),
        (
            "b24provision: true",
            ["1:15: b24provision: true is not a format version; this b24provision reads version 1"],
        ),
    ],
)
def test_what_a_file_must_be(text, problems):
    assert problems_of(text) == problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("enities: {}", ['enities: unknown key; did you mean "entities"?']),
        ("storages: {}", ["storages: unknown key; here belong $schema, b24provision, entities, removed"]),
        ("true: 1", ["true: unknown key; here belong $schema, b24provision, entities, removed"]),
        ("$schema: 1", ["$schema: 1 is not an address of a schema; write it as text"]),
        ("entities: [a]", ["entities: a list is not a mapping; write each storage as code: {name: …}"]),
        ("entities: {a: Dishes}", ['entities.a: "Dishes" is not a storage; write at least {name: …}']),
        ("entities: {a: }", ["entities.a: an empty value is not a storage; write at least {name: …}"]),
        ("entities: {a: {}}", ['entities.a: the required key "name" is missing']),
        (
            f"entities: {{{'a' * 45}: {{name: A}}}}",
            [
                f"entities.{'a' * 45}: the code has 45 characters; no portal takes more than 44, and 13 is usual"
            ],
        ),
        (
            "entities: {ä: {name: A}}",
            ["entities.ä: use only letters, digits and _; the portal would have nothing left"],
        ),
        ('entities: {"${E:-}": {name: A}}', ["entities.: the code is empty"]),
        ("entities: {'': {name: A}}", ["the key is empty"]),
        (
            "entities: {a: {name: A}, A: {name: B}}",
            [
                'entities.A: this storage is already described at m.yaml:2:12 as "a", and codes compare without case'
            ],
        ),
        ("removed: [a]", ["removed: a list is not a mapping; write {entities: […], properties: […]}"]),
        ("removed: {entity: [a]}", ['removed.entity: unknown key; did you mean "entities"?']),
        ("removed: {entities: a}", ['removed.entities: "a" is not a list; write [code, …]']),
        (
            "removed: {entities: [1, a.b, a-b, '', {}, ok]}",
            [
                "removed.entities[0]: 1 is not a code; a code is a text",
                "removed.entities[1]: this names a property; list it under removed.properties",
                'removed.entities[2]: use only letters, digits and _; the portal would make it "ab"',
                "removed.entities[3]: the code is empty",
                "removed.entities[4]: a mapping is not a code; a code is a text",
            ],
        ),
        (
            "removed: {properties: [a, a., .a, a.b.c, a-b.c, a.1, ok.ok]}",
            [
                "removed.properties[0]: write entity.property, such as dish.colour",
                "removed.properties[1]: write entity.property, such as dish.colour",
                "removed.properties[2]: write entity.property, such as dish.colour",
                "removed.properties[3]: write entity.property, such as dish.colour",
                'removed.properties[4]: use only letters, digits and _; the portal would make it "ab"',
                "removed.properties[5]: the code of a property must not begin with a digit",
            ],
        ),
        (
            "entities: {a: {name: A, properties: {b: }}}\nremoved: {entities: [A], properties: [A.B]}",
            [
                "removed.entities[0]: this storage is wanted at m.yaml:2:12; it cannot be removed as well",
                "removed.properties[0]: this property is wanted at m.yaml:2:38; it cannot be removed as well",
            ],
        ),
    ],
)
def test_what_the_file_may_hold(text, problems):
    assert said_of(text) == problems


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        (
            "access: ",
            [
                (
                    "access: an empty value is not a mapping of access codes to levels; "
                    "write {} for only the caller, or leave it out"
                )
            ],
        ),
        (
            "access: {U1: x, AU: , D1: 5, G1: [R]}",
            [
                'access.U1: "x" is not a level; use R, W or X',
                "access.AU: an empty value is not a level; use R, W or X",
                "access.D1: 5 is not a level; use R, W or X",
                "access.G1: a list is not a level; use R, W or X",
            ],
        ),
        (
            "access: {u1: X, dr5: R, sg1_a: R}",
            [
                "access.u1: this is not an access code; write U1",
                "access.dr5: this is not an access code; write DR5",
                "access.sg1_a: this is not an access code; write SG1_A",
            ],
        ),
        (
            "access: {U: R, U0: R, SG1: R, AU1: R}",
            [
                f"access.U: this is not an access code; write {ACCESS_CODES}",
                f"access.U0: this is not an access code; write {ACCESS_CODES}",
                f"access.SG1: this is not an access code; write {ACCESS_CODES}",
                f"access.AU1: this is not an access code; write {ACCESS_CODES}",
            ],
        ),
        (
            'access: {"G${b24.user_id}": R}',
            [f"access.G${{b24.user_id}}: this is not an access code; write {ACCESS_CODES}"],
        ),
        (
            "properties: [a]",
            ["properties: a list is not a mapping; write each property as code: {name: …, type: …}"],
        ),
        ("protect: yes", ['protect: "yes" is neither true nor false']),
        ("strict_access: 1", ["strict_access: 1 is neither true nor false"]),
        ("ignore: name", ['ignore: "name" is not a list; write [name, access] or some of these']),
        ("ignore: [sort]", ['ignore[0]: "sort" is not a field that can be ignored; use name, access']),
        ("items: []", ['items: "items" is not supported by this version of b24provision yet']),
        ("sections: []", ['sections: "sections" is not supported by this version of b24provision yet']),
        (
            "renamed_from: 1",
            [
                "renamed_from: 1 is neither a code nor a list of codes; write the code it had, or [newest, …, oldest]"
            ],
        ),
        (
            "renamed_from: b-c",
            ['renamed_from: use only letters, digits and _; the portal would make it "bc"'],
        ),
        ("acces: {}", ['acces: unknown key; did you mean "access"?']),
        (
            "x-y: 1",
            [
                (
                    "x-y: unknown key; here belong name, access, properties, protect, strict_access, renamed_from, "
                    "ignore"
                )
            ],
        ),
        (
            f"properties: {{{'p' * 50}: , {'q' * 51}: , a b: }}",
            [
                f"properties.{'q' * 51}: the code has 51 characters; the portal takes 50",
                'properties.a b: use only letters, digits and _; the portal would make it "ab"',
            ],
        ),
    ],
)
def test_what_a_storage_may_be(fields, problems):
    assert said_of(f"entities: {{dish: {{name: Dishes, {fields}}}}}", "entities.dish") == problems


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("N", ['a: "N" is not a property; write {name: …, type: …} or nothing at all']),
        ("{type: String}", ['a.type: "String" is not a type; use string, number or file']),
        ("{type: [N]}", ["a.type: a list is not a type; use string, number or file"]),
        ("{type: }", ["a.type: an empty value is not a type; use string, number or file"]),
        ("{type: L}", ['a.type: "L" is not a type; use string, number or file']),
        ("{sort: 1.5}", ["a.sort: 1.5 is not a place; use a whole number from 1 on"]),
        ("{sort: '1'}", ['a.sort: "1" is not a place; use a whole number from 1 on']),
        ("{sort: true}", ["a.sort: true is not a place; use a whole number from 1 on"]),
        ("{sort: .inf}", ["a.sort: Infinity is not a place; use a whole number from 1 on"]),
        (
            "{name: 12}",
            ["a.name: 12 is not a name; use a text of 1 to 255 characters (a number needs quotes)"],
        ),
        (
            "{name: ' '}",
            ['a.name: "" is not a name; use a text of 1 to 255 characters (a number needs quotes)'],
        ),
        (
            f"{{name: {'n' * 256}}}",
            [
                f'a.name: "{"n" * 40}…" is not a name; use a text of 1 to 255 characters (a number needs quotes)'
            ],
        ),
        (
            "{ignore: [access]}",
            ['a.ignore[0]: "access" is not a field that can be ignored; use name, sort, type'],
        ),
        ("{sections: 1}", ["a.sections: unknown key; here belong name, type, sort, renamed_from, ignore"]),
    ],
)
def test_what_a_property_may_be(said, problems):
    text = f"entities: {{dish: {{name: Dishes, properties: {{a: {said}}}}}}}"
    assert said_of(text, "entities.dish.properties") == problems


def test_the_same_storage_in_two_files_names_both_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, code in (("a", "dish"), ("b", "dish"), ("c", "DISH")):
        (tmp_path / f"{name}.yaml").write_text(f"b24provision: 1\nentities:\n  {code}: {{name: D}}\n")
    with pytest.raises(InputError) as caught:
        manifest.load(["."])
    assert str(caught.value) == "2 problems in 2 manifest files"
    assert [str(problem) for problem in caught.value.problems] == [
        "b.yaml:3:3: entities.dish: this storage is already described at a.yaml:3:3",
        (
            'c.yaml:3:3: entities.DISH: this storage is already described at a.yaml:3:3 as "dish", '
            "and codes compare without case"
        ),
    ]


def test_one_file_may_not_remove_what_another_wants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("b24provision: 1\nremoved: {properties: [dish.price]}\n")
    (tmp_path / "b.yaml").write_text("b24provision: 1\nentities: {dish: {name: D, properties: {price: }}}\n")
    with pytest.raises(InputError) as caught:
        manifest.load(["."])
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml:2:24: removed.properties[0]: this property is wanted at b.yaml:2:41; it cannot be removed as well"
    ]


def test_a_mistake_behind_an_anchor_is_told_once():
    assert problems_of("""\
b24provision: 1
x-rights: &rights {AU: r}
entities:
  dish: {name: Dishes, access: *rights}
  menu: {name: Menus, access: *rights}
""") == ['2:24: entities.dish.access.AU: "r" is not a level; use R, W or X']


def test_a_file_that_cannot_be_parsed_hides_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("b24provision: 1\nentities: {")
    (tmp_path / "b.yaml").write_text("b24provision: 1\nentities: {dish: }")
    with pytest.raises(InputError) as caught:
        manifest.load(["."])
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml:2:12: a value is expected here",
        "b.yaml:2:12: entities.dish: an empty value is not a storage; write at least {name: …}",
    ]
