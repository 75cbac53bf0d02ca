"""Look-alike characters in YAML: full-width colons, ideographic and no-break spaces, curly quotes."""

import re
import unicodedata

_PLAIN_SPACE = "a plain space"
_NOTHING = "nothing"
# Look-alike character -> correct character.
_REPLACEMENTS: dict[str, str] = {
    **{chr(code): repr(chr(code - 0xFEE0)) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("\u3000\u00a0\u202f\u205f" + "".join(map(chr, range(0x2000, 0x200B))), _PLAIN_SPACE),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", _NOTHING),
    **dict.fromkeys("\u201c\u201d\u201e", "'\"'"),
    **dict.fromkeys("\u2018\u2019", '"\'"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "'-'"),
    "\u3001": "','",
    "\u3002": "'.'",
}
_LOOKALIKE = re.compile(f"[{re.escape(''.join(_REPLACEMENTS))}]")
# Look-alikes that can make text invalid YAML: of a colon, comma, bracket, space, quote, dash or comment sign.
_STRUCTURAL = re.compile(
    "[" + re.escape("".join(character for character, plain in _REPLACEMENTS.items() if not plain[1:-1].isalnum())) + "]"
)
_QUOTED_OR_COMMENT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|(?:^|(?<=\s))#.*")
_NO_SPACE = re.compile(r"([A-Za-z_][\w.]*):([^\s:/\\].*)", re.DOTALL)
# The parser reports an error at most this many lines after its cause.
NEAR = 5


def likely_typo(text: str) -> tuple[int, str] | None:
    """Index and correction of a likely typo in an unquoted key or value, or None."""
    if found := _LOOKALIKE.search(text):
        return found.start(), _advice(found.group())
    if found := _NO_SPACE.fullmatch(text):
        return found.end(1), f"write {f'{found[1]}: {found[2]}'[:60]!r} with a space after the colon"
    return None


def lookalike_before(text: str, line: int) -> tuple[int, int, str] | None:
    """Line, column (zero-based) and correction of the look-alike that probably caused a parser error in ``line``.

    Quoted text and comments are ignored.
    """
    lines = text.splitlines()
    for number in range(min(line, len(lines) - 1), max(-1, line - NEAR), -1):
        plain = _QUOTED_OR_COMMENT.sub(lambda match: " " * len(match.group()), lines[number])
        if found := _STRUCTURAL.search(plain):
            return number, found.start(), _advice(found.group())
    return None


def _advice(character: str) -> str:
    name, plain = f"U+{ord(character):04X}", _REPLACEMENTS[character]
    called = unicodedata.name(character, "unnamed").lower()
    if plain == _NOTHING:
        return f"delete {name} ({called})"
    found = f"{name} ({called})" if plain == _PLAIN_SPACE else f"'{character}' ({name}, {called})"
    return f"replace {found} with {plain}"
