"""Comparison of the plain values of specs: mappings, lists, texts, numbers, true, false and null."""

import json
from collections.abc import Mapping


def canonical(value: object) -> str:
    """Text that is equal for equal plain values: 1 and 1.0 are equal, 1 and true are not."""
    return str(value) if type(value) is int else json.dumps(_whole(value), sort_keys=True)


def _whole(value: object) -> object:
    """A plain value with whole numbers as integers."""
    match value:
        case Mapping():
            return {str(key): _whole(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_whole(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value
