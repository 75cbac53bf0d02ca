"""The number of examples of property-based tests: a quarter by default, all with NNLAB_TESTS=thorough."""

import os

from hypothesis import settings

THOROUGH = os.environ.get("NNLAB_TESTS") == "thorough"


def examples(count: int, parent: settings | None = None) -> settings:
    """Settings for ``count`` examples if thorough, else for a quarter of them."""
    return settings(parent, max_examples=count if THOROUGH else max(count // 4, 10))
