"""References in a batch to what earlier commands answered, and the script filter.

Observed: `$result[key][field]…`, `$error[…]`, `$total[…]`, `$next[…]` and `$time[…]` are replaced anywhere
in a parameter's value or name, also where somebody only meant the text. One that leads nowhere becomes empty,
one that leads to an array becomes "Array". What is put in is not searched again.
"""

import re
from collections.abc import Mapping
from typing import Any

from b24provision.local import php

_REFERENCE = re.compile(r"\$(result|error|total|next|time)((?:\[[^\[\]]*\])+)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_MARKUP = re.compile(r"(<\s*/?\s*)(script|iframe|object|embed)", re.IGNORECASE)


def replace_references(text: str, answers: Mapping[str, Mapping[str, Any]]) -> str:
    """Put answers in place of references; `answers` is by kind (`result`, `error`, …), then by command."""
    if "$" not in text:
        return text
    return _REFERENCE.sub(lambda found: php.text(_follow(answers[found[1]], _STEP.findall(found[2]))), text)


def _follow(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = dict(php.pairs(value)).get(step)
    return value


def break_up_markup(text: str) -> str:
    """Do what the portal's script filter does to values inside a batch: `<script` becomes `<sc ript`.

    Which tags it knows is not documented; these four are taken.
    """
    return _MARKUP.sub(lambda found: found[1] + found[2][:2] + " " + found[2][2:], text)
