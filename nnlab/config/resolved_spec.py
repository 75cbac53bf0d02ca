"""A validated spec as plain values, as YAML and as a SHA-256."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from nnlab.config.validation import plain
from nnlab.config.yaml_writer import dump_yaml

WITHOUT_EFFECT = frozenset({"train.pictures", "train.tensorboard"})
"""Keys that change no result: neither a SHA-256, nor resuming, nor a comparison of runs takes notice of them."""


class ResolvedSpec:
    """A dataclass of hyper-parameters that was built from a spec."""

    def resolved(self) -> dict[str, Any]:
        """The spec as plain values, with defaults filled in."""
        resolved = plain(self)
        if not isinstance(resolved, dict):
            raise TypeError("a spec is a mapping")
        return resolved

    def to_yaml(self) -> str:
        """The resolved spec as YAML that loads back equal."""
        return dump_yaml(self.resolved())

    def sha256(self) -> str:
        """SHA-256 of the resolved spec in canonical JSON."""
        return spec_sha256(self.resolved())


def spec_sha256(resolved: Mapping[str, Any]) -> str:
    """SHA-256 of a resolved spec in canonical JSON, without the keys that have no effect."""
    if ignored := list(_without_effect(resolved)):
        resolved = dict(resolved)
        for section, key in ignored:
            resolved[section] = {name: value for name, value in resolved[section].items() if name != key}
    canonical = json.dumps(resolved, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_effect(resolved: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys without an effect that a resolved spec has."""
    for name in WITHOUT_EFFECT:
        section, _, key = name.partition(".")
        if isinstance(inner := resolved.get(section), Mapping) and key in inner:
            yield section, key
