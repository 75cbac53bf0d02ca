"""Changes of a spec that a finding suggests, as ``-s`` takes them."""

import json
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from nnlab.insight.doctor.case import Case
from nnlab.storage.layout import SPEC_FILE

# The most keys that one command changes: a network of 20 layers has as many initialisers.
MOST_KEYS = 40


def on_spec(case: Case, command: str, *options: str) -> str:
    """The line that gives another command the spec of the run: ``nnlab crossval RUN/spec.yaml --folds 5``."""
    return " ".join(["nnlab", command, quote((case.path / SPEC_FILE).as_posix()), *options])


def cross_validation(case: Case) -> str:
    """The line that cross-validates; a column that splits the samples is left out, folds split them instead."""
    data, changes = case.spec["data"], []
    if (column := data.get("split_column")) is not None:
        changes.append("data.split_column=null")
        if data.get("features") is None:
            changes.append(f"data.exclude={json.dumps([*data['exclude'], column], ensure_ascii=False)}")
    return on_spec(case, "crossval", "--folds 5", *(f"-s {quote(change)}" for change in changes))


def keys_of(model: object, key: str, path: str = "model") -> Iterator[tuple[str, Any]]:
    """The dotted paths of every key of this name in a model and its layers, with their values."""
    if isinstance(model, Mapping):
        for name, value in model.items():
            if name == key:
                yield f"{path}.{name}", value
            else:
                yield from keys_of(value, key, f"{path}.{name}")
    elif isinstance(model, list):
        for index, value in enumerate(model):
            yield from keys_of(value, key, f"{path}.{index}")


def layers_of(case: Case, *names: str) -> list[tuple[str, str]]:
    """The dotted paths of the layers of these kinds in the list of a sequential model, with their names."""
    return [(path.removesuffix(".name"), name) for path, name in keys_of(case.spec["model"], "name") if name in names]


def initialiser_changes(case: Case, value: str) -> list[str]:
    """The changes that give every layer another initialiser."""
    return [f"{key}={value}" for key, _ in keys_of(case.spec["model"], "init")][:MOST_KEYS]


def learning_rate(case: Case, factor: float) -> str:
    """The change that multiplies η, to two digits."""
    lr = float(case.spec["optimizer"]["lr"]) * factor
    return f"optimizer.lr={float(f'{lr:.2g}'):g}"


def recurrent_layers(case: Case) -> bool:
    """Whether the model has recurrent layers."""
    model = case.spec["model"]
    return model["name"] == "recurrent" or bool(layers_of(case, "rnn", "lstm", "gru"))
