"""How a command that a finding suggests names a spec and its overrides."""

import json
from collections.abc import Mapping

from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec, is_text
from nnlab.config.overrides import Overrides
from nnlab.plugins.recorded import plugin_paths


def spec_words(spec: Spec, experiment: Experiment) -> list[str]:
    """The file or name of a spec, and ``--plugin FILE`` for its components; empty for a spec that is no file."""
    if is_text(spec):
        return []
    return [str(spec), *(word for path in plugin_paths(experiment) for word in ("--plugin", path))]


def override_texts(overrides: Overrides) -> list[str]:
    """Overrides as ``-s`` takes them: ``optimizer.lr=0.1``; values of Python as YAML."""
    if isinstance(overrides, Mapping):
        return [f"{key}={_as_yaml(value)}" for key, value in overrides.items()]
    return list(overrides)


def _as_yaml(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
