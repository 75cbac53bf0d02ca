"""Which kind of spec unvalidated values are: of a training, of a descent, or of a sweep."""

from collections.abc import Mapping

SWEEP_KEYS = ("set", "over", "zip", "search", "seeds", "goal")
"""The keys that only a sweep has."""

IS_SWEEP = "is a sweep; nnlab sweep trains its runs (--dry-run lists them)"


def is_sweep_spec(raw: object) -> bool:
    """Whether unvalidated values are a sweep: they sweep keys, or they have a base and another key of a sweep."""
    if not isinstance(raw, Mapping) or "model" in raw:
        return False
    return "over" in raw or "zip" in raw or ("base" in raw and any(key in raw for key in SWEEP_KEYS))


def describes_descent(raw: object) -> bool:
    """Whether unvalidated values are a spec for ``nnlab descend``."""
    return isinstance(raw, Mapping) and "model" not in raw and bool({"function", "expression"} & raw.keys())
