"""What a plain YAML scalar means: the core schema of YAML 1.2, as pure functions.

PyYAML resolves by YAML 1.1, where `NO` is false, `12:30` is 750 and `1_000` a number. Storages are
named by people, so here only what looks like a number, a truth value or nothing to everybody is one.
"""

import re

Value = str | int | float | bool | None

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMERIC_START = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 300
"""Digits beyond which a number stays text: Python refuses to read thousands of them as one."""


def resolve(text: str) -> Value:
    """Give the value of a scalar written without quotes."""
    if text[:1] not in _NUMERIC_START:
        return _WORDS.get(text, text)
    if len(text) > _LONGEST_NUMBER:
        return text
    return _WORDS[text] if text in _WORDS else _number(text)


def _number(text: str) -> Value:
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    return text
