"""The language of pictures, reports and result lines: English or Japanese."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

from nnlab.words import FORMULAS, JAPANESE, MEANINGS, NOTES, PATTERNS, SOURCES

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_language: ContextVar[Language] = ContextVar("language", default="en")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Say everything of the body in this language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def current_language() -> Language:
    """The language of what is said now."""
    return _language.get()


def in_language(english: str, japanese: str) -> str:
    """The one of two texts that is in the current language."""
    return japanese if _language.get() == "ja" else english


def tr(text: str, **values: object) -> str:
    """Translate a text of :mod:`nnlab.words` into the current language and format it with ``values``."""
    return (JAPANESE[text] if _language.get() == "ja" else text).format(**values)


def in_own_words(text: str) -> str:
    """What is said about a component in the current language; in English where there is no translation."""
    if _language.get() != "ja":
        return text
    if text in MEANINGS:
        return MEANINGS[text]
    return next((found.expand(japanese) for pattern, japanese in PATTERNS if (found := pattern.fullmatch(text))), text)


def accepted_in_own_words(text: str) -> str:
    """What a key accepts in the current language: alternatives, and lists of items."""
    if _language.get() != "ja":
        return text
    return MEANINGS.get(text) or " または ".join(map(_accepted, text.split(" or ")))


def _accepted(text: str) -> str:
    """One alternative; of a list the items, and the kinds of components by their names."""
    if found := re.fullmatch(
        r"a list(?: of (?:at (?P<bound>most|least) )?(?P<count>[\d to]+) items)?, each (?P<each>.+)", text
    ):
        bound = {"most": " 個以下", "least": " 個以上"}.get(found["bound"] or "", " 個")
        count = f"{found['count'].replace(' to ', ' から ')}{bound}、" if found["count"] else ""
        return f"リスト（{count}{_accepted(found['each'])}）"
    if found := re.fullmatch(r"a list of (\w+?)s", text):
        return f"{in_own_words(found[1])}のリスト"
    if found := re.fullmatch(r"an? (\w+)", text):
        return in_own_words(text) if text in MEANINGS else in_own_words(found[1])
    return in_own_words(text)


def notes_in_own_words(kind: str, name: str, notes: Sequence[str]) -> Sequence[str]:
    """The notes on a component in the current language; in English where there is no translation."""
    translated = NOTES.get(f"{kind}/{name}") if _language.get() == "ja" else None
    return [translated] if translated else notes


def source_in_own_words(source: str) -> str:
    """A source with the books, their sections and chapters in the current language."""
    return _replaced(source, SOURCES)


def formula_in_own_words(formula: str) -> str:
    """A formula with the words in it, such as where and else, in the current language."""
    return _replaced(formula, FORMULAS)


def _replaced(text: str, replacements: Sequence[tuple[re.Pattern[str], str]]) -> str:
    if _language.get() == "ja":
        for pattern, japanese in replacements:
            text = pattern.sub(japanese, text)
    return text
