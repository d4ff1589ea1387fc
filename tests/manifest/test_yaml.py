"""YAML as such: scalars of YAML 1.2, positions, encodings, and what is refused."""

import math

import pytest
import yaml

from b24provision.manifest import yamlfile
from b24provision.manifest.document import Document, plain_data
from b24provision.problem import Source


@pytest.fixture(params=["libyaml", "pure"], autouse=True)
def parser(request, monkeypatch):
    """Everything here holds with PyYAML's C parser and where PyYAML was built without it."""
    if request.param == "libyaml" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def value_of(text: str):
    document = yamlfile.parse(f"key: {text}\n", "f.yaml")
    assert document.problems == ()
    return plain_data(document.root)["key"]


def problems_of(document: Document) -> list[str]:
    return [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2024-01-31", "2024-01-31"),
        ("0b1", "0b1"),
        ("0x", "0x"),
        ("1e", "1e"),
        (".", "."),
        ("=", "="),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nULL", "nULL"),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0xFf", 255),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ('"12"', "12"),
        ("'true'", "true"),
        ('""', ""),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!null ''", None),
        ("|\n 12\n", "12\n"),
        ("9" * 301, "9" * 301),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written, meant):
    value = value_of(written)
    assert value == meant
    assert type(value) is type(meant)


def test_nan_is_not_a_number():
    assert math.isnan(value_of(".nan"))


def test_keys_are_text_as_written():
    document = yamlfile.parse("1: a\n007: b\ntrue: c\nnull: d\n'x y': e\n", "f.yaml")
    assert list(plain_data(document.root)) == ["1", "007", "true", "null", "x y"]


def test_every_value_and_key_has_a_place():
    document = yamlfile.parse(
        "entities:\n  dish:\n    name: Dishes\n    ignore: [name, 'über', access]\n    empty:\n", "f.yaml"
    )
    places = {
        ("entities",): ("1:1", "2:3"),
        ("entities", "dish"): ("2:3", "3:5"),
        ("entities", "dish", "name"): ("3:5", "3:11"),
        ("entities", "dish", "ignore", 2): ("4:28", "4:28"),
        ("entities", "dish", "empty"): ("5:5", "5:5"),
        ("entities", "dish", "missing"): ("2:3", "3:5"),
        ("entities", "dish", "ignore", 9): ("4:5", "4:13"),
        (): ("1:1", "1:1"),
    }
    assert {
        path: (
            str(document.key_source(path)).removeprefix("f.yaml:"),
            str(document.source(path)).removeprefix("f.yaml:"),
        )
        for path in places
    } == places


def test_a_problem_carries_path_and_line():
    document = yamlfile.parse("removed:\r\n  entities: [a, b]\r\n", "f.yaml")
    problem = document.problem(("removed", "entities", 1), "is wrong")
    assert str(problem) == "f.yaml:2:17: removed.entities[1]: is wrong"
    assert problem.excerpt == "  entities: [a, b]"


def test_aliases_lead_to_where_the_text_stands():
    document = yamlfile.parse("x: &x\n  a: 1\ny:\n  <<: *x\n  b: 2\nz: *x\n", "f.yaml")
    assert plain_data(document.root)["y"] == {"a": 1, "b": 2}
    assert document.source(("y", "a")) == document.source(("z", "a")) == Source("f.yaml", 2, 6)


def test_merge_keys_give_way_to_what_is_written():
    document = yamlfile.parse(
        "- &a {k: a, l: a}\n- &b {l: b, m: b}\n- {l: own, <<: [*a, *b]}\n- {<<: *a, <<: *b}\n- {'<<': 1}\n",
        "f.yaml",
    )
    assert document.problems == ()
    assert plain_data(document.root)[2:] == [
        {"k": "a", "l": "own", "m": "b"},
        {"k": "a", "l": "a", "m": "b"},
        {"<<": 1},
    ]


@pytest.mark.parametrize("data", ["a: ü".encode(), "\ufeffa: ü".encode(), "a: ü\r\n".encode()])
def test_utf_8_is_read_with_and_without_a_mark(data):
    assert plain_data(yamlfile.decode(data, "f.yaml").root) == {"a": "ü"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told_to_be_saved_as_utf_8(encoding):
    assert problems_of(yamlfile.decode("a: 1".encode(encoding), "f.yaml")) == [
        (
            "f.yaml:1:1: the file is UTF-16; save it as UTF-8 "
            "(PowerShell's > writes UTF-16: use Out-File -Encoding utf8)"
        )
    ]


def test_other_encodings_are_told_where_they_show():
    document = yamlfile.decode("a: 1\nname: Gerüst".encode("latin-1"), "f.yaml")
    assert problems_of(document) == ["f.yaml:2:10: the byte 0xFC is not UTF-8; save the file as UTF-8"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "the file is empty; a manifest begins with the line b24provision: 1"),
        ("# nothing\n", "1:1", "the file is empty; a manifest begins with the line b24provision: 1"),
        ("a:\n\tb: 1", "2:1", "a tab cannot indent YAML; use spaces"),
        ("a: 1\n\tb: 2", "2:1", "a tab cannot indent YAML; use spaces"),
        ("a: 'x\nb: 1", "1:4", "this quote is never closed"),
        ('a: "x\n---\n', "1:4", "this quote is never closed"),
        ("a: {b: 1\nc: 2", "1:4", "this { is not closed, or a ',' is missing between its parts"),
        ("a: [1, 2", "1:4", "this [ is not closed, or a ',' is missing between its parts"),
        ("a: {b: ${C}}", "1:8", 'inside { } and [ ] a reference needs quotes: "${NAME}"'),
        (
            "a: - b",
            "1:4",
            "a list begins on a line of its own; put quotes around a text that begins with '-'",
        ),
        ("a: {", "1:5", "a value is expected here"),
        ("a: 1\nb\nc: 2", "3:1", "this key has no ':' after it"),
        (
            "a: b: c",
            "1:5",
            (
                "a ':' is not expected here: check the indentation and the space after the ':' above, "
                "and put quotes around a text that holds ': '"
            ),
        ),
        (
            "a: 'b' c",
            "1:8",
            "this line does not fit the lines above it: check the indentation and the quotes",
        ),
        ("  a: 1\nb: 2", "2:1", "this line is indented less than the beginning of the file"),
        ("a: @b", "1:4", "a text that begins with this character needs quotes"),
        ("a: |x\n b", "1:5", "after | or > only an indentation indicator and a comment may follow"),
        ("a: *", "1:5", "& and * begin the name of an anchor; put quotes around the text"),
        ("a: *b", "1:4", "no anchor &b stands before this alias"),
        ("a: &a [*a]", "1:8", "the alias *a stands inside its own anchor"),
        ("a: !!x!y 1", "1:4", "the tag !!x!y is not supported; leave it out"),
        ("a: !b 1", "1:4", "the tag !b is not supported; leave it out"),
        ("a: !!binary YQ==", "1:4", "the tag !!binary is not supported; leave it out"),
        ("a: !!set {b}", "1:4", "the tag !!set is not supported; leave it out"),
        ("a: !!omap [b]", "1:4", "the tag !!omap is not supported; leave it out"),
        ("a: !!int b", "1:4", '"b" is not what its tag !!int says'),
        ("a: !b!c 1", "1:4", "tags are not supported; put quotes around a text that begins with '!'"),
        ("a: 1\n---\nb: 1", "2:1", "a second document begins here; keep one per file"),
        ("a: 1\nb: 2\na: 3", "3:1", '"a" is already given at line 1'),
        ("? [a]\n: 1", "1:3", "a key must be a text, not a list or a mapping"),
        ("'': 1", "1:1", "the key is empty"),
        ("<<: 1", "1:5", "<< takes an alias of a mapping, or a list of such aliases"),
        ("a: b\x07", "1:5", "the character U+0007 is not allowed in YAML"),
        ('a: "\\0"', "1:4", "no text may hold the character U+0000"),
        ("[" * 65, "1:65", "lists and mappings are nested more than 64 levels deep"),
    ],
)
def test_what_is_no_yaml_for_us_is_told_with_its_place(text, place, message):
    assert problems_of(yamlfile.parse(text, "f.yaml")) == [f"f.yaml:{place}: {message}"]


@pytest.mark.parametrize("escape", [r"\d", r"\ud800", r"\U00110000", r"\UFFFFFFFF", r"\xZZ"])
def test_strange_escapes_are_problems(escape):
    document = yamlfile.parse(f'a: "{escape}"', "f.yaml")
    assert len(document.problems) == 1


def test_mistakes_that_leave_a_tree_leave_it():
    document = yamlfile.parse("a: !x 1\nb: 2\nb: 3\n", "f.yaml")
    assert plain_data(document.root) == {"a": 1, "b": 2}
    assert len(document.problems) == 2


def test_aliases_of_aliases_are_refused_before_they_cost_anything():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 60)]
    document = yamlfile.parse("\n".join(levels), "f.yaml")
    assert document.root is None
    assert [problem.message for problem in document.problems] == [
        "the aliases of this file stand for too much: it cannot be read safely"
    ]


def test_nesting_cannot_be_hidden_in_aliases():
    levels = ["- &a0 [x]"] + [f"- &a{n} [*a{n - 1}]" for n in range(1, 70)]
    document = yamlfile.parse("\n".join(levels), "f.yaml")
    assert problems_of(document) == [
        "f.yaml:63:9: the aliases of this file stand for too much: it cannot be read safely"
    ]
