"""Laws that hold for any manifest, and for any text that claims to be one."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision import manifest
from b24provision.errors import InputError
from b24provision.manifest import scalars, yamlfile
from b24provision.manifest.document import plain_data

codes = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
names = st.text("abc éü'\"#:{}[]$", min_size=1).filter(lambda name: name.strip() and "${" not in name)
access = st.dictionaries(st.sampled_from(["AU", "U1", "U22", "G1", "DR5", "SG3_A"]), st.sampled_from("RWX"))
properties = st.dictionaries(
    codes,
    st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "name": names,
            "type": st.sampled_from(["string", "number", "file", "S", "n"]),
            "sort": st.integers(1, 10_000),
            "ignore": st.lists(st.sampled_from(["name", "sort", "type"])),
        },
    ),
    max_size=4,
)
entities = st.dictionaries(
    codes,
    st.fixed_dictionaries(
        {"name": names},
        optional={
            "access": access,
            "properties": properties,
            "protect": st.booleans(),
            "strict_access": st.booleans(),
            "ignore": st.lists(st.sampled_from(["name", "access"])),
        },
    ),
    max_size=5,
)


def as_file(wanted: dict) -> str:
    # JSON is YAML, and escapes for us.
    return json.dumps({"b24provision": 1, "entities": wanted})


def shuffled(value, random):
    """The same value with the keys of every mapping in another order."""
    if not isinstance(value, dict):
        return value
    keys = list(value)
    random.shuffle(keys)
    return {key: shuffled(value[key], random) for key in keys}


@settings(max_examples=50)
@given(entities, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(wanted, random):
    one = manifest.load_text(as_file(wanted))
    other = manifest.load_text(as_file(shuffled(wanted, random)))
    assert one.entities == other.entities


@settings(max_examples=25, deadline=None)
@given(entities, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(wanted, random):
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory, f"{code}.yaml") for code in wanted] or [Path(directory, "none.yaml")]
        for file in files:
            file.write_text(as_file({code: wanted[code] for code in wanted if code == file.stem}))
        together = manifest.load_text(as_file(wanted))
        assert manifest.load([directory]).entities == together.entities
        random.shuffle(files)
        assert manifest.load(files).entities == together.entities


def refusal_of(text: str) -> InputError | None:
    try:
        manifest.load_text(text)
    except InputError as error:
        return error
    return None


def loads_or_is_refused(text: str) -> None:
    """Loading either succeeds or says where what is wrong."""
    error = refusal_of(text)
    if error is None:
        return
    assert error.problems
    assert list(error.problems) == sorted(error.problems, key=lambda problem: problem.source)
    lines = yamlfile.parse(text, "").lines
    for problem in error.problems:
        assert problem.message
        assert problem.excerpt == lines[problem.source.line - 1]
        assert 1 <= problem.source.column <= len(problem.excerpt) + 1


@settings(max_examples=300)
@given(st.text())
def test_any_text_loads_or_is_refused(text):
    loads_or_is_refused(text)


yaml_like = st.lists(
    st.sampled_from(
        ["a", "name", "entities", "b24provision", "1", "~", "0x1", "null", "A", "é", "\u2028", "\ufeff"]
    )
    | st.sampled_from(
        [" ", "\t", "\r", "\n", "\n  ", "\n    ", ": ", "- ", "---\n", "&x ", "*x", "<<", "!!int ", "${"]
    )
    | st.sampled_from(":-{}[],'\"&*!#|>%@$?\\"),
    max_size=30,
).map("".join)


@settings(max_examples=500)
@given(yaml_like)
def test_any_near_yaml_loads_or_is_refused(text):
    loads_or_is_refused(text)


@settings(max_examples=300)
@given(yaml_like)
def test_any_beginning_of_a_manifest_loads_or_is_refused(text):
    loads_or_is_refused("b24provision: 1\nentities:\n  dish:\n    name: " + text)


@settings(max_examples=300)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    document = yamlfile.decode(data, "f.yaml")
    assert document.root is not None or document.problems


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["a", "${A}", "R"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "access",
                    "properties",
                    "ignore",
                    "sort",
                    "type",
                    "protect",
                    "entities",
                    "a",
                    "A",
                    "",
                    "x-y",
                    "${A}",
                ]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["entities", "removed", "x-a", "more"]), anything))
def test_any_shape_loads_or_is_refused(content):
    loads_or_is_refused(json.dumps({"b24provision": 1, **content}, ensure_ascii=False))


@given(st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False))
def test_what_json_writes_yaml_reads(value):
    assert scalars.resolve(json.dumps(value)) == value
    assert plain_data(yamlfile.parse(f"a: {json.dumps(value)}", "f.yaml").root) == {"a": value}
