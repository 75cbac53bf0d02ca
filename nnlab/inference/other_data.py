"""Other data to evaluate a run on: a spec, a folder or archive of a published dataset, or a file of samples."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from nnlab.config.bundled import is_bundled, near_configs, spec_path
from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import plain_copy, read_spec
from nnlab.config.loading import as_experiment, load_experiment
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.data.pictures.fitting import Fit, Invert
from nnlab.data.sources.cifar10 import BINARY, FILES, PYTHON, TRAIN_FILES, read_batch
from nnlab.data.sources.embedded import EmbeddedSource
from nnlab.data.sources.table import Table
from nnlab.data.tables.npz_file import read_npz
from nnlab.errors import DataError, UsageError, reason_of
from nnlab.inference.evaluation_data import (
    Fetch,
    LabelledSamples,
    in_format_of,
    is_own_data,
    own_samples,
    range_notes,
    samples_of_experiment,
)
from nnlab.inference.samples import read_samples
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.records.formats import kind_of
from nnlab.registry import datasets
from nnlab.saved_run import check_finished
from nnlab.storage.layout import SPEC_FILE
from nnlab.text import one_line, quote

MOST_FILES = 10_000
_SPECS = (".yaml", ".yml")
_IDX = re.compile(r".*images[-.]idx3[-_]ubyte(\.gz)?", re.DOTALL)
# What a spec needs besides its data, where it has nothing else.
_REST: Mapping[str, Any] = {"model": "softmax", "optimizer": "adam", "train": {"epochs": 1}}


@dataclass(frozen=True)
class Reading:
    """How samples are read from files: the column or file of the labels, and how pictures are fitted."""

    label: str | None = None
    fit: Fit = "auto"
    invert: Invert = "auto"


def samples_to_evaluate(
    run: Path,
    data: Path | None = None,
    part: str | None = None,
    fetch: Fetch = lambda source: None,
    reading: Reading | None = None,
) -> tuple[TrainedNetwork, LabelledSamples]:
    """The network of a run, and the samples to evaluate it on, in its input format.

    Without ``data`` these are the run's own. ``data`` is a spec or the name of a bundled config, of which the data
    section is read, the folder of a run for its spec, the name of a dataset, the folder of MNIST-like IDX files, the
    folder, archive or one file of CIFAR-10, a file of samples, or a folder of pictures. Where it holds the run's own
    data in a new location, a note says so, and it is split as in training.
    """
    check_finished(run)
    experiment = None if data is None else _experiment(data)
    if reading is not None and reading.label is not None and (data is None or experiment is not None):
        raise UsageError(f"--label {quote(reading.label)} is for a file of samples given with --data")
    if data is None:
        return own_samples(run, part, fetch)
    origin = one_line(str(data), 200)
    if experiment is not None:
        network = TrainedNetwork.load(run)
        return network, samples_of_experiment(network.inputs, experiment, part, origin, fetch)
    if not os.path.exists(data):  # noqa: PTH110 - Path.exists raises for names that are too long
        raise DataError(f"{origin}: no such file, folder, dataset or bundled config{near_configs(data)}")
    if is_own_data(run, data):
        network, samples = own_samples(run, part, data=data)
        note = f"{origin} holds the data that this run was trained on: evaluated on its {samples.part} samples"
        return network, replace(samples, notes=(note, *samples.notes))
    network = TrainedNetwork.load(run)
    return network, _other_samples(network, data, part, origin, reading or Reading())


def _other_samples(
    network: TrainedNetwork, data: Path, part: str | None, origin: str, reading: Reading
) -> LabelledSamples:
    inputs = network.inputs
    if inputs.tokens and data.is_file():
        text = {"name": "text", "path": str(data.absolute()), "length": inputs.shape[0], "test_split": 0}
        return replace(
            samples_of_experiment(inputs, as_experiment({"data": text, **_REST}), part, origin), part="samples"
        )
    if source := _published(data):
        experiment = as_experiment({"data": {"name": source, "path": str(data)}, **_REST})
        return samples_of_experiment(inputs, experiment, part, origin)
    if data.name.removesuffix(".bin") in FILES:
        return replace(in_format_of(inputs, read_batch(data), None, origin), part="samples")
    if part is not None and data.suffix == ".npz":
        return in_format_of(inputs, read_npz(data, reading.label, None), part, origin)
    if part is not None:
        raise UsageError(f"{origin}: --part {part} is for data with parts, but all samples of this file are evaluated")
    found = read_samples(
        data,
        inputs,
        labelled=True,
        label=reading.label or _label_of_training(network, data),
        fit=reading.fit,
        invert=reading.invert,
        form=network.csv_format,
        check_range=False,
    )
    if found.labels is None:
        raise DataError(f"{origin}: expected labelled samples, found no labels")
    notes = (*found.notes, *range_notes(found.inputs, inputs))
    return LabelledSamples("samples", found.inputs, found.labels, origin, notes=notes)


def _label_of_training(network: TrainedNetwork, data: Path) -> str | None:
    """The column or array of the labels that the spec of a run names, where its data is a file of the same kind."""
    source = network.experiment.data
    if isinstance(source, EmbeddedSource) and data.suffix in (".csv", ".gz"):
        return source.label if source.task == CLASSES else None
    if isinstance(source, Table) and source.task == NUMBERS:
        same = Path(source.path).suffix == data.suffix == ".npz"
        return source.target_names[0] if source.target_names and same else None
    if isinstance(source, Table) and Path(source.path).suffix == data.suffix:
        return source.label
    return None


def _experiment(data: Path) -> Experiment | None:
    """The experiment with the data that a spec, a bundled config, a run's folder or a dataset's name stands for.

    None for other data. A spec may have nothing but data.
    """
    name, exists = data.as_posix(), os.path.lexists(data)
    if name in datasets and not exists:
        return as_experiment({"data": {"name": name}, **_REST})
    if data.suffix.lower() in _SPECS or (is_bundled(name) and not exists):
        spec = spec_path(data)
    elif exists and kind_of(data) == "run":
        spec = data / SPEC_FILE
    else:
        return None
    tree = read_spec(spec)
    if isinstance(tree.value, dict) and "data" in tree.value:
        tree.value |= {key: plain_copy(value) for key, value in _REST.items() if key not in tree.value}
    return load_experiment(spec, tree=tree)


def _published(data: Path) -> str | None:
    """The source that reads a folder or archive of several files: idx or cifar10; None for all else."""
    try:
        names = {path.name for path in islice(data.iterdir(), MOST_FILES)} if data.is_dir() else set()
    except OSError as error:
        raise DataError(f"{one_line(str(data), 200)}: {reason_of(error)}") from error
    first = TRAIN_FILES[0]
    if names & {first, f"{first}.bin", BINARY, PYTHON} or data.name.endswith((".tar.gz", ".tgz")):
        return "cifar10"
    return "idx" if any(map(_IDX.fullmatch, names)) else None
