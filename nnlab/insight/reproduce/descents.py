"""Paths of bundled descents, which take milliseconds and are computed when they are asked for."""

from collections.abc import Sequence

from nnlab.config.bundled import bundled_config
from nnlab.config.descent import load_descent
from nnlab.descent.path import DescentPath, descend, gradient_of, labels


def paths_of(config: str, settings: Sequence[str] = ()) -> list[DescentPath]:
    """The path of each optimizer of a bundled descent, with ``-s`` settings."""
    descent = load_descent(bundled_config(config), list(settings))
    gradient = gradient_of(descent)
    return [
        descend(descent.function, rule, descent.start, descent.steps, gradient, label)
        for rule, label in zip(descent.optimizer, labels(descent.optimizer), strict=True)
    ]
