"""Unquoted scalars by the core schema of YAML 1.2 (section 10.3)."""

import re
from math import inf, nan

# Python cannot print integers beyond a digit limit, which cannot be set below 640.
MAX_DIGITS = 500

FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), nan),
}


def scalar(text: str) -> object:
    """The value of an unquoted scalar; integers of more than ``MAX_DIGITS`` digits become infinite."""
    if text in _WORDS:
        return _WORDS[text]
    for pattern, skipped, base in ((_INTEGER, 0, 10), (_OCTAL, 2, 8), (_HEXADECIMAL, 2, 16)):
        if pattern.fullmatch(text):
            return int(text[skipped:], base) if len(text) <= MAX_DIGITS else _infinity(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return _infinity(text) if _INFINITY.fullmatch(text) else text


def _infinity(text: str) -> float:
    return -inf if text.startswith("-") else inf
