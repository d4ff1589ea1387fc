"""Texts as people would write them in YAML, in quotes only where some reader would misread them."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from b24provision.importing.scalar import scalar
from b24provision.importing.style import Data, braces, lines
from b24provision.manifest import load_text

AS_THEY_ARE = [
    "Dishes", "Price, net?", "Блюда", "日本 🍣", "it's", 'say "hi"', "a:b", "C#", "a#b", "50% off", "5 kg",
    "-5 °C", "--- x", "1.2.3", "R&D", "a & b", "x*y", "[x", "$5", "a$", "$", "a - b", "nope", "Yes please",
    "back\\slash", "a = b", "1st", "100 %", "под\u00a0ключ", "👩‍👩‍👧", "e5", "0xZZ", "12:99", "(a)", "<b>",
]  # fmt: skip
AS_THEY_ARE.remove("[x")

QUOTED = {
    "yes": '"yes"', "No": '"No"', "ON": '"ON"', "off": '"off"', "y": '"y"', "N": '"N"', "true": '"true"',
    "null": '"null"', "~": '"~"', "": '""', "=": '"="', "<<": '"<<"', "12:30": '"12:30"', "1:20:30": '"1:20:30"',
    "12": '"12"', "-7": '"-7"', "+1": '"+1"', "007": '"007"', "1_000": '"1_000"', "0x1F": '"0x1F"',
    "0o17": '"0o17"', "0b101": '"0b101"', "1.5": '"1.5"', ".5": '".5"', "1e3": '"1e3"', "1.": '"1."',
    ".inf": '".inf"', "-.INF": '"-.INF"', ".nan": '".nan"', "2024-01-31": '"2024-01-31"',
    "2001-12-14t21:59:43.10-05:00": '"2001-12-14t21:59:43.10-05:00"',
    "a: b": '"a: b"', "a:": '"a:"', "# x": '"# x"', "a # b": '"a # b"', " a": '" a"', "a ": '"a "',
    "- a": '"- a"', "-": '"-"', "? a": '"? a"', ": a": '": a"', "*a": '"*a"', "&a": '"&a"', "!a": '"!a"',
    "%a": '"%a"', "@a": '"@a"', "`a`": '"`a`"', "|": '"|"', "> a": '"> a"', "'a'": "\"'a'\"", "[a]": '"[a]"',
    "{a}": '"{a}"', ", a": '", a"', '"a"': "'\"a\"'", '"it\'s"': "'\"it''s\"'", "a\\: b": "'a\\: b'",
    "a\nb": '"a\\nb"', "a\tb": '"a\\tb"', "a\rb": '"a\\rb"', "\x07": '"\\x07"', "a\x85b": '"a\\x85b"',
    "a\u2028b": '"a\\u2028b"', "a\ufeffb": '"a\\ufeffb"', "a\u202eb": '"a\\u202eb"', 'a\n"\\': '"a\\n\\"\\\\"',
}  # fmt: skip

DOLLARS = {"${x}": "$${x}", "$$": "$$$$", "$$$": "$$$$$$", "a ${": "a $${", "$a$": "$a$", "${b24.user_id}": "$${b24.user_id}"}  # fmt: skip

ONLY_IN_BRACES = {"Price, net": '"Price, net"', "a:b": '"a:b"', "a]": '"a]"', "${x}": '"$${x}"', "x{": '"x{"'}


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_most_names_stand_as_they_are(text: str):
    assert scalar(text) == text


@pytest.mark.parametrize(("text", "expected"), [*QUOTED.items(), *DOLLARS.items()])
def test_what_some_reader_would_misread_is_quoted(text: str, expected: str):
    assert scalar(text) == expected


@pytest.mark.parametrize(("text", "expected"), ONLY_IN_BRACES.items())
def test_braces_need_more_quotes(text: str, expected: str):
    assert scalar(text, in_braces=True) == expected


def read_by_others(data: Data) -> list[object]:
    """What a reader of YAML 1.1 makes of it, in both styles."""
    return [yaml.safe_load(braces(data)), yaml.safe_load("\n".join(lines(data, 2)))]


NASTY = st.text(st.sampled_from(" '\":,-#[]{}&*!|>%@`?~=<.\\\t\n0123456789_xyeonEN$тя🍣"), max_size=7)


@given(st.sampled_from([*AS_THEY_ARE, *QUOTED]) | NASTY | st.text().filter(lambda text: "\0" not in text))
def test_readers_of_yaml_1_1_and_1_2_read_the_same_text(text: str):
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    as_others_see = text if "$" not in text else None
    for found in read_by_others({"name": text}):
        assert isinstance(found["name"], str)
        assert as_others_see in (None, found["name"])
    if text.strip():
        for shape in (
            braces({"name": text}),
            "\n" + "\n".join(f"    {row}" for row in lines({"name": text}, 2)),
        ):
            loaded = load_text(f"b24provision: 1\nentities:\n  dish: {shape}\n")
            assert loaded.entities["dish"].name == text.strip(" \t\n\r\v")


def test_mappings_of_mappings_go_over_several_lines():
    data: Data = {
        "dish": {"name": "D", "access": {}, "properties": {"a": {"sort": 1}, "no": {}}},
        "menu": {"name": "M"},
    }
    assert lines(data, 4, spaced=True) == [
        "dish:",
        "    name: D",
        "    access: {}",
        "    properties:",
        "        a: {sort: 1}",
        '        "no": {}',
        "",
        "menu: {name: M}",
    ]
