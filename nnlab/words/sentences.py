"""What each component does."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {}
