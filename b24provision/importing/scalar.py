"""A text → the YAML scalar that everybody reads back as this text.

Written without quotes wherever that is safe, as people do. Readers differ: YAML 1.1 takes `no`, `12:30`
and `2024-01-31` for something else than a text, YAML 1.2 does not, and our own loader acts on `${` and
`$$`. What any of them would misread is put in quotes or escaped.
"""

import re

from b24provision.manifest import scalars

_LITERAL_DOLLARS = re.compile(r"\${2,}|\$(?=\{)")
_ESCAPED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, line breaks, and what turns the direction of the text around it."""

_SHORT_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_MISREAD = re.compile(
    r"""
      [,\[\]{}\#&*!|>'"%@`?:] | -(\s|$)      # at the beginning these mean something
    | \s
    | .*( :(\s|$) | \s\# | \s$ )             # a key, a comment, a blank that would get lost
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_MISREAD_IN_BRACES = re.compile(r"[,\[\]{}:?]")
_YAML_1_1 = re.compile(
    r"""
      y | n | yes | no | on | off | true | false | null | ~ | = | <<
    | [-+]? ( 0b[01_]+ | 0x[0-9a-f_]+ | [0-9][0-9_]* ( :[0-5]?[0-9] )* ( \.[0-9_]* )? ( e[-+]?[0-9]+ )? )
    | [-+]? \. ( [0-9][0-9_]* ( e[-+]?[0-9]+ )? | inf ) | \.nan
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} ( (t|\s+) [0-9].* )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def scalar(text: str, *, in_braces: bool = False) -> str:
    """Write a text as YAML. In braces more characters need quotes."""
    text = _LITERAL_DOLLARS.sub(lambda dollars: dollars[0] * 2, text)
    if _ESCAPED.search(text):
        return _double_quoted(text)
    if not text or _MISREAD.match(text) or (in_braces and _MISREAD_IN_BRACES.search(text)) or _is_other(text):
        return _single_quoted(text) if '"' in text or "\\" in text else f'"{text}"'
    return text


def _is_other(text: str) -> bool:
    return _YAML_1_1.fullmatch(text) is not None or scalars.resolve(text) != text


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double_quoted(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _ESCAPED.sub(lambda found: _escape(found[0]), quoted) + '"'


def _escape(character: str) -> str:
    number = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")
