"""How a command that a finding suggests names a spec and its overrides."""

import json
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec, is_text
from nnlab.config.overrides import Overrides
from nnlab.config.recorded_data import RecordedData
from nnlab.plugins.recorded import plugin_paths
from nnlab.storage.layout import SPEC_FILE


def spec_words(spec: Spec, experiment: Experiment) -> list[str]:
    """The file or name of a spec, and ``--plugin FILE`` for its components; empty for a spec that is no file."""
    if is_text(spec):
        return []
    return [str(spec), *(word for path in plugin_paths(experiment) for word in ("--plugin", path))]


def retry(run: Path, *changes: str) -> str:
    """The command that trains a run again with changes, such as ``optimizer.lr=0.01``."""
    words = ["nnlab", "train", quote((run / SPEC_FILE).as_posix())]
    words += [word for change in changes for word in ("-s", quote(change))]
    recorded = RecordedData.read(run)
    return " ".join(words) + (recorded.plugin_options() if recorded else "")


def override_texts(overrides: Overrides) -> list[str]:
    """Overrides as ``-s`` takes them: ``optimizer.lr=0.1``; values of Python as YAML."""
    if isinstance(overrides, Mapping):
        return [f"{key}={_as_yaml(value)}" for key, value in overrides.items()]
    return list(overrides)


def _as_yaml(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
