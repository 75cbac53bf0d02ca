"""The language of pictures, reports and result lines: English or Japanese."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

from nnlab.words import JAPANESE, MEANINGS

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
    return MEANINGS.get(text, text) if _language.get() == "ja" else text
