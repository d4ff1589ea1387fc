"""References to variables: where values come from, what they become, and what is refused."""

import pytest

from b24provision import manifest
from b24provision.errors import InputError
from b24provision.model import CALLER_ID, Entity, Level


def load(body: str, variables: dict[str, str] | None = None, environ: dict[str, str] | None = None):
    return manifest.load_text(
        f"b24provision: 1\n{body}", "m.yaml", variables=variables or {}, environ=environ or {}
    )


def name_of(name: str, variables: dict[str, str] | None = None, environ: dict[str, str] | None = None) -> str:
    return load(f"entities: {{dish: {{name: {name}}}}}", variables, environ).entities["dish"].name


def problems_of(body: str, variables: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(body, variables)
    return [str(problem).removeprefix("m.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"${A}"', "one"),
        ('"<${A}|${A}>"', "<one|one>"),
        ('"${A:-other}"', "one"),
        ('"${MISSING:-other}"', "other"),
        ('"${EMPTY:-other}"', "other"),
        ('"x${EMPTY}"', "x"),
        ('"x${MISSING:-}"', "x"),
        ('"${MISSING:-a:-b $5 $$6}"', "a:-b $5 $6"),
        ("$$", "$"),
        ('"$${A}"', "${A}"),
        ('"$$${A}"', "$one"),
        ("a $ b$c", "a $ b$c"),
        ("'$result[a][b]'", "$result[a][b]"),
        ('"${DOLLAR}"', "${A}"),
        ('"${b24.user_id} and ${A}"', f"{CALLER_ID} and one"),
        ("'${NUMBER}'", "12"),
    ],
)
def test_references_become_values(written, meant):
    assert name_of(written, {"A": "one", "EMPTY": "", "DOLLAR": "${A}", "NUMBER": "12"}) == meant


def test_a_given_variable_beats_the_environment():
    environ = {"B24P_VAR_A": "environment", "A": "secret"}
    assert name_of('"${A}"', {"A": "given"}, environ) == "given"
    assert name_of('"${A}"', {}, environ) == "environment"


def test_nothing_else_of_the_environment_can_be_reached():
    with pytest.raises(InputError):
        name_of('"${A}"', {}, {"A": "secret"})
    with pytest.raises(InputError):
        name_of('"${SECRET}"', {}, {"SECRET": "secret", "B24P_SECRET": "secret"})


def test_keys_are_references_too():
    loaded = load(
        "entities:\n  ${PREFIX}_dish:\n    name: D\n    access:\n      U${ADMIN_ID}: X\n"
        '      "U${b24.user_id}": W\nremoved: {entities: ["${PREFIX}_old"]}\n',
        {"PREFIX": "acme", "ADMIN_ID": "7"},
    )
    assert loaded.entities == {
        "acme_dish": Entity(
            code="acme_dish", name="D", access={"U7": Level.FULL, f"U{CALLER_ID}": Level.WRITE}
        )
    }
    assert loaded.removals[0].address == "acme_old"
    assert loaded.for_caller("3").entities["acme_dish"].access == {"U7": Level.FULL, "U3": Level.WRITE}


@pytest.mark.parametrize("quote", ["", '"'])
def test_numbers_and_truth_values_may_come_from_variables(quote):
    loaded = load(
        f"entities:\n  dish:\n    name: ${{YEAR}}\n    protect: {quote}${{YES}}{quote}\n"
        f"    properties:\n      a:\n        sort: {quote}${{SORT}}{quote}\n        type: ${{TYPE:-number}}\n",
        {"SORT": "200", "YES": "true", "YEAR": "2024"},
    )
    dish = loaded.entities["dish"]
    assert dish.name == "2024"
    assert dish.protect is True
    assert dish.properties["a"].sort == 200
    assert dish.properties["a"].type == "N"


def test_what_stands_under_an_extension_key_may_refer_to_anything_until_it_is_used():
    body = 'x-a: &a {name: "${MISSING}"}\nentities: {dish: {name: D}'
    assert load(f"{body}}}").entities["dish"].name == "D"
    assert problems_of(f"{body}, menu: *a}}") == [
        (
            "2:17: entities.menu.name: the variable MISSING has no value; give one with --var MISSING=…, "
            "B24P_VAR_MISSING in the environment, or a default: ${MISSING:-…}"
        )
    ]


MALFORMED = "is no reference; write ${NAME}, ${NAME:-default} or ${b24.user_id}, and $$ for a dollar"
TOO_EARLY = (
    "${b24.user_id} is known only once the portal was asked; use it in names and in the keys of access"
)


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ("entities: {dish: {name: '${}'}}", [f"2:26: entities.dish.name: ${{}} {MALFORMED}"]),
        ("entities: {dish: {name: '${a b}'}}", [f"2:26: entities.dish.name: ${{a b}} {MALFORMED}"]),
        ("entities: {dish: {name: 'a ${1}'}}", [f"2:28: entities.dish.name: ${{1}} {MALFORMED}"]),
        ("entities: {dish: {name: '${b24.x}'}}", [f"2:26: entities.dish.name: ${{b24.x}} {MALFORMED}"]),
        ("entities: {dish: {name: '${A:-${B}}'}}", [f"2:26: entities.dish.name: ${{A:-${{B}} {MALFORMED}"]),
        (
            "entities: {dish: {name: '${A'}}",
            ["2:26: entities.dish.name: this ${ is never closed; write ${NAME}, and $$ for a dollar"],
        ),
        ("entities: {'${b24.user_id}': {name: D}}", [f"2:13: entities.${{b24.user_id}}: {TOO_EARLY}"]),
        ("removed: {entities: ['${b24.user_id}']}", [f"2:23: removed.entities[0]: {TOO_EARLY}"]),
        (
            "entities: {dish: {name: D, properties: {a: {type: '${b24.user_id}'}}}}",
            [f"2:52: entities.dish.properties.a.type: {TOO_EARLY}"],
        ),
        (
            "entities:\n  dish: {name: D}\n  ${CODE}: {name: E}",
            ['4:3: entities.${CODE}: "dish" is already given at line 3'],
        ),
        (
            "entities: {dish: {name: D, properties: {a: {sort: '${WORD}', type: '${WORD}'}}}}",
            [
                '2:51: entities.dish.properties.a.sort: "text" is not a place; use a whole number from 1 on',
                '2:68: entities.dish.properties.a.type: "text" is not a type; use string, number or file',
            ],
        ),
        (
            "entities: {dish: {name: '${BROKEN}'}}",
            ["2:26: entities.dish.name: the value of BROKEN is no text that can be stored"],
        ),
    ],
)
def test_what_cannot_be_referred_to(body, problems):
    assert problems_of(body, {"CODE": "dish", "WORD": "text", "BROKEN": "\udcff"}) == problems


def test_each_reference_has_its_column_where_it_stands_on_the_first_line():
    body = """\
entities:
  dish:
    name: "a ${X} b ${Y} c ${X}"
  menu:
    name: >
      on ${X}
"""
    places = [problem.partition(" ")[0] for problem in problems_of(body)]
    assert places == ["4:14:", "4:21:", "4:28:", "6:11:"]


def test_a_reference_that_fails_is_one_problem():
    """Neither the shape nor the meaning of what was not replaced is judged."""
    body = "entities: {'${CODE}': {name: D, access: {'${WHO}': X}, properties: {p: {type: '${TYPE}'}}}}"
    assert len(problems_of(body)) == 3
