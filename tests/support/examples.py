"""How many examples property-based tests try: a share in each run of the suite, all with NNLAB_TESTS=thorough."""

import os

from hypothesis import settings

THOROUGH = os.environ.get("NNLAB_TESTS") == "thorough"


def examples(count: int, parent: settings | None = None) -> settings:
    """Settings for ``count`` examples when thorough, for a quarter of them otherwise."""
    return settings(parent, max_examples=count if THOROUGH else max(count // 4, 10))
