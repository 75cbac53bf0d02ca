"""Several values in the text of one setting: ``0.1,0.01``, ``0..4``, ``log:1e-6..1e-2``."""

import re

RANGES = ("log", "uniform", "int")
"""The scales of ranges, as ``-s`` writes them before a colon and a sweep as a key."""

COUNT = re.compile(r"([-+]?[0-9]+)\.\.([-+]?[0-9]+)")
RANGE = re.compile(rf"({'|'.join(RANGES)}):(.*)", re.DOTALL)
_CLOSED_BY = {"[": "]", "{": "}"}


def split_values(text: str) -> list[str]:
    """The parts of a text between its commas, as written.

    Commas in brackets, braces, quotes, comments and texts of several lines separate nothing, nor do any where a bracket
    or quote is not closed.
    """
    if "\n" in text:
        return [text]
    parts, start, index = [], 0, 0
    closing: list[str] = []
    opens_quote = True
    while index < len(text):
        character = text[index]
        if opens_quote and character in "'\"":
            end = _closing_quote(text, index)
            if end is None:
                return [text]
            index, opens_quote = end + 1, False
            continue
        if character == "#" and (index == 0 or text[index - 1].isspace()):
            break
        if character in _CLOSED_BY:
            closing.append(_CLOSED_BY[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif character == "," and not closing:
            parts.append(text[start:index])
            start = index + 1
        begins = character == "," or (bool(closing) and character in "[{:")
        opens_quote = begins or (opens_quote and character.isspace())
        index += 1
    return [text] if closing else [*parts, text[start:]]


def several_hint(text: str) -> str:
    """``two values; nnlab sweep trains one run for each`` for a text of several values or of a range, else nothing."""
    if RANGE.fullmatch(text.strip()) and ".." in text:
        return "a range; nnlab sweep draws the values of its runs from it"
    if COUNT.fullmatch(text.strip()):
        return "several values; nnlab sweep trains one run for each"
    parts = split_values(text)
    if len(parts) == 1 or not all(part.strip() for part in parts):
        return ""
    return f"{'two' if len(parts) == 2 else len(parts)} values; nnlab sweep trains one run for each"


def _closing_quote(text: str, start: int) -> int | None:
    """The index of the quote that closes the one at ``start``; None where there is none."""
    quote, index = text[start], start + 1
    while index < len(text):
        if text[index] == "\\" and quote == '"':
            index += 1
        elif text[index] == quote:
            if quote == '"' or text[index + 1 : index + 2] != quote:
                return index
            index += 1
        index += 1
    return None
