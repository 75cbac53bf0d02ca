"""Text for messages: values quoted, control characters escaped, the nearest known name."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from nnlab.aliases import aliases

# Limits of a search for near names: comparing longer or more of them would take seconds.
LONGEST_WORD = 100
MOST_KNOWN = 1000
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_WORDS = {"None": "null", "True": "true", "False": "false", "inf": ".inf", "-inf": "-.inf", "nan": ".nan"}


def quote(value: object, limit: int = 60) -> str:
    """A value in spec notation for a message: text in quotes, on one line, at most ``limit`` characters."""
    return (
        f"'{one_line(value, limit)}'" if isinstance(value, str) else one_line(format_value(value, quoted=True), limit)
    )


def one_line(text: str, limit: int = 60) -> str:
    """Text on one line, cut to ``limit`` characters, with control characters escaped."""
    text = _escaped(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def name_in_cell(name: str, limit: int = 60) -> str:
    """A name in the cell of a table, on one line: in quotes where it is empty or has spaces at an end."""
    return one_line(name, limit) if name and name == name.strip() else quote(name, limit)


def breaking_after_commas(text: str) -> str:
    """Text whose spaces are no-break spaces except after a comma, so that it wraps at commas only."""
    return re.sub("(?<!,) ", NO_BREAK_SPACE, text)


def escape_control(text: str) -> str:
    """Text that is safe to print: line breaks stay, other control and formatting characters are escaped."""
    return text if text.isascii() and text.isprintable() else "\n".join(map(_escaped, text.split("\n")))


def format_value(value: object, *, quoted: bool = False) -> str:
    """A value in spec notation, in full; text with or without quotes."""
    match value:
        case str():
            return f"'{value}'" if quoted else value
        case Mapping():
            inner = (f"{key}: {format_value(entry, quoted=quoted)}" for key, entry in value.items())
            return "{" + ", ".join(inner) + "}"
        case list() | tuple():
            return "[" + ", ".join(format_value(entry, quoted=quoted) for entry in value) + "]"
    text = repr(value)
    return _WORDS.get(text, text)


def near_name(word: str, known: Sequence[str]) -> str | None:
    """The known name closest to a misspelt one, or None where none is close; the search time is bounded.

    Letters in another order are closest: ``adma`` is adam rather than adamax.
    """
    import difflib

    if len(word) > LONGEST_WORD:
        return None
    folded = {name.casefold(): name for name in known[:MOST_KNOWN]}
    letters = sorted(word.casefold())
    swapped = [name for name in folded if sorted(name) == letters]
    close = swapped or difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def alias_hint(word: str, known: Sequence[str]) -> str:
    """``nnlab's name is 'linear'; `` where other libraries use ``word`` for a known name, else nothing."""
    if len(word) > LONGEST_WORD:
        return ""
    name = next((name for name in aliases(word) if name in known), None)
    return f"nnlab's name is {name!r}; " if name else ""


def near_hint(word: str, known: Sequence[str]) -> str:
    """:func:`alias_hint`, else ``did you mean 'x'? ``, or nothing where no known name is close."""
    if hint := alias_hint(word, known):
        return hint
    near = near_name(word, known)
    return f"did you mean {near!r}? " if near else ""


def near_or_known(word: str, known: Sequence[str], noun: str) -> str:
    """``did you mean 'x'?``, or ``the columns are 'a, b'`` (for the noun columns) where no known name is close."""
    near = near_name(word, known)
    return f"did you mean {quote(near)}?" if near else f"the {noun} are {quote(', '.join(known), limit=200)}"


def with_article(noun: str) -> str:
    """``a layer``, ``an optimizer``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_safe(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_safe(character: str) -> bool:
    """Whether a character neither controls a terminal nor reorders the text around it."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
