"""Specs of many runs that differ in a few lines: each top-level block of YAML is parsed once.

Parsing takes most of the time to read a run, and the trials of a sweep have nearly the same spec. What is put together
from remembered blocks is believed only where its SHA-256 is the one in the run's summary.
"""

import re
from collections.abc import Mapping
from typing import Any

from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.yaml_parser import LONGEST_REMEMBERED, parse_yaml
from nnlab.errors import SpecError

MOST_BLOCKS = 4096
_START = re.compile(r"^(?=[^\s\-#])", re.MULTILINE)

# The only key of a block and its value, by its text; values are never modified.
_PARSED: dict[str, tuple[str, Any]] = {}


def remember_blocks(text: str, spec: Mapping[str, Any]) -> None:
    """Remember the top-level blocks of a spec that was parsed as a whole."""
    blocks = _blocks(text)
    if len(blocks) == len(spec) and all(map(_begins, blocks, spec)):
        for block, (key, value) in zip(blocks, spec.items(), strict=True):
            _remember(block, key, value)


def spec_from_blocks(text: str, sha256: str) -> dict[str, Any] | None:
    """The spec with this text and SHA-256; None where most of it is new or where the digest differs."""
    blocks = _blocks(text)
    if sum(block not in _PARSED for block in blocks) > len(blocks) // 2:
        return None
    spec: dict[str, Any] = {}
    for block in blocks:
        entry = _PARSED.get(block) or _parsed(block)
        if entry is None or entry[0] in spec:
            return None
        spec[entry[0]] = entry[1]
    return spec if spec_sha256(spec) == sha256 else None


def _parsed(block: str) -> tuple[str, Any] | None:
    """The only key of a block and its value; None where the block alone is not such YAML."""
    try:
        found = parse_yaml(block, "").value
    except SpecError:
        return None
    if not isinstance(found, dict) or len(found) != 1:
        return None
    ((key, value),) = found.items()
    _remember(block, key, value)
    return key, value


def _blocks(text: str) -> list[str]:
    return [block for block in _START.split(text) if block] if len(text) <= LONGEST_REMEMBERED else []


def _begins(block: str, key: object) -> bool:
    return block.startswith(f"{key}:")


def _remember(block: str, key: str, value: object) -> None:
    if len(_PARSED) >= MOST_BLOCKS:
        _PARSED.clear()
    _PARSED[block] = (key, value)
