"""Default values as a spec writes them."""

import json
from dataclasses import is_dataclass

from nnlab.config.validation import plain
from nnlab.registry import Component, Hyperparameter, OptionalComponent, registered_name


def default_text(parameter: Hyperparameter) -> str:
    """A default value as a spec writes it; empty for a section, whose keys have defaults of their own."""
    default = parameter.default
    if parameter.mark(OptionalComponent):
        return "true" if default else "false"
    if is_dataclass(default):
        return registered_name(default) if parameter.mark(Component) else ""
    value = plain(default)
    return value if isinstance(value, str) else json.dumps(value)
