"""A validated spec as plain values, as YAML and as a SHA-256."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from nnlab.config.validation import plain
from nnlab.config.yaml_writer import dump_yaml


class ResolvedSpec:
    """A dataclass of hyper-parameters that was built from a spec."""

    def resolved(self) -> dict[str, Any]:
        """The spec as plain values, with every default filled in."""
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
    """SHA-256 of a resolved spec in canonical JSON."""
    canonical = json.dumps(resolved, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
