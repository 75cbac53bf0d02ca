"""The labelled samples that a finished run is evaluated on: its own, or others in its input format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.recorded_data import CHECKSUMS
from nnlab.core.arrays import Array
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.input_format import Column, InputFormat, Scaling
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.data.pipeline.training_range import out_of_range
from nnlab.data.tables.csv_samples import known_classes
from nnlab.data.target_columns import TargetColumns
from nnlab.engine.predictions import evaluation_split
from nnlab.errors import DataError, UsageError, reported_as
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.records.json_files import read_environment, read_inputs
from nnlab.saved_run import (
    blaming_changed_data,
    changed_data_warning,
    changed_files,
    dataset_of,
    dataset_of_run,
)
from nnlab.storage.layout import ENVIRONMENT_FILE, SPEC_FILE
from nnlab.text import one_line, quote


@dataclass(frozen=True, eq=False)
class LabelledSamples:
    """Network inputs (N, ...) with class indices (N,), the name of their part, and where they are from.

    ``origin`` is empty for the run's own data. ``training_samples`` is the number of the run's own training samples, 1
    where it is not known. ``notes`` are one-line messages for the user.
    """

    part: str
    inputs: Array
    labels: Array
    origin: str = ""
    training_samples: int = 1
    notes: tuple[str, ...] = ()


Fetch = Callable[[DatasetSource], None]


def own_samples(
    run: Path, part: str | None = None, fetch: Fetch = lambda source: None, data: Path | None = None
) -> tuple[TrainedNetwork, LabelledSamples]:
    """The network of a run and a part of its own data; by default the first of test, validation and train.

    ``fetch`` may download the data, ``data`` is its new location. Where its files have
    changed since the training, a note says so, and the samples are encoded and scaled as those of the training were.
    Raises DataError when the data is not available, UsageError when it has no such part.
    """
    dataset = dataset_of_run(run, fetch, data)
    changed = changed_files(run, dataset)
    with blaming_changed_data(run, changed):
        network = TrainedNetwork.load(run, read_inputs(run) or dataset.inputs)
    part, split = part_of(dataset, part, str(run))
    if not changed:
        return network, LabelledSamples(part, split.inputs, split.targets, training_samples=len(dataset.train))
    raw = dataset_of(load_experiment(run / SPEC_FILE, data=data), finished=False)
    found = in_format_of(network.inputs, raw, part, str(run))
    notes = (changed_data_warning(run, changed), *found.notes)
    return network, replace(found, origin="", training_samples=len(dataset.train), notes=notes)


def is_own_data(run: Path, data: Path) -> bool:
    """Whether a file or folder holds the data that a run was trained on, by its checksums, whatever its name is."""
    if not (run / ENVIRONMENT_FILE).is_file():
        return False
    experiment = load_experiment(run / SPEC_FILE, data=data)
    place = data.expanduser().absolute()
    if not any(place in (file, file.parent) for file in (file.absolute() for file in experiment.data.files())):
        return False  # its data is generated, downloaded or bundled with nnlab
    try:
        found = dataset_of(experiment).checksums
    except (DataError, UsageError):
        return False
    recorded = read_environment(run / ENVIRONMENT_FILE).get(CHECKSUMS)
    return isinstance(recorded, dict) and sorted(found.values()) == sorted(map(str, recorded.values()))


def samples_of_experiment(
    inputs: InputFormat, experiment: Experiment, part: str | None, origin: str, fetch: Fetch = lambda source: None
) -> LabelledSamples:
    """A part of the data of another experiment, in the input format of a run."""
    fetch(experiment.data)
    dataset = dataset_of(experiment, finished=False)
    return in_format_of(inputs, dataset, part, origin)


def part_of(dataset: Dataset, part: str | None, origin: str) -> tuple[str, Split]:
    """A part of a dataset and its name; by default the first of test, validation and train that it has."""
    if part is None:
        return evaluation_split(dataset)
    if part not in dataset.splits:
        parts = " and ".join(name for name in REPORTING_SPLITS if name in dataset.splits)
        raise UsageError(f"{origin}: the data has no {part} samples; it has {parts} samples")
    return part, dataset.splits[part]


def in_format_of(inputs: InputFormat, dataset: Dataset, part: str | None, origin: str) -> LabelledSamples:
    """A part of other data, not finished by its source, encoded and scaled as the training samples of a run.

    Columns, categories and classes are matched by name. Values far outside the training range are noted. Raises
    DataError for classes that the network does not know, and for samples of another shape or with other columns.
    """
    name, split = part_of(dataset, part, origin)
    if inputs.task != dataset.task:
        raise DataError(f"{one_line(origin, 200)}: its targets are {dataset.task}, those of the run {inputs.task}")
    if inputs.targets is not None and dataset.numbers is not None:
        return _numbers_in_format_of(inputs, inputs.targets, dataset, dataset.numbers, name, split, origin)
    place = one_line(origin, 200)
    if (inputs.tokens, inputs.steps) != (dataset.tokens, dataset.steps):
        expected, found = (_kind(*of) for of in ((inputs.tokens, inputs.steps), (dataset.tokens, dataset.steps)))
        raise DataError(f"{place}: expected {expected} as in training, found {found}")
    named = (split.targets, split.inputs) if inputs.tokens else (split.targets,)
    present = np.unique(np.concatenate([np.unique(array) for array in named]))
    index = np.zeros(dataset.classes, np.intp)
    index[present] = known_classes([dataset.class_names[label] for label in present], inputs.class_names, place)
    with reported_as(DataError, place, catch=UsageError):
        x = _encoded(index[split.inputs] if inputs.tokens else split.inputs, dataset, inputs)
    notes = (*dataset.notes, *range_notes(x, inputs))
    return LabelledSamples(name, x, index[split.targets], origin, notes=notes)


def _kind(tokens: bool, steps: int | None) -> str:
    """What samples and targets are, in words."""
    kind = "text" if tokens else "samples"
    return f"{kind} with one target each" if steps is None else f"{kind} with a target for each of {steps} steps"


def _numbers_in_format_of(
    inputs: InputFormat,
    targets: TargetColumns,
    dataset: Dataset,
    numbers: TargetColumns,
    name: str,
    split: Split,
    origin: str,
) -> LabelledSamples:
    """A part of other data with numbers to predict; target columns are matched by name."""
    place = one_line(origin, 200)
    if missing := [column for column in targets.names if column not in numbers.names]:
        raise DataError(f"{place}: has no target {quote(missing[0])}; it has {', '.join(numbers.names)}")
    order = [numbers.names.index(column) for column in targets.names]
    with reported_as(DataError, place, catch=UsageError):
        x = _encoded(split.inputs, dataset, inputs)
    y = targets.apply(numbers.undo(split.targets)[..., order])
    return LabelledSamples(name, x, y, origin, notes=(*dataset.notes, *range_notes(x, inputs)))


def range_notes(x: Array, inputs: InputFormat) -> tuple[str, ...]:
    """A warning where network inputs are far outside the training range."""
    if x.dtype == np.uint8 or inputs.pixels:
        return ()
    problem = out_of_range(x if inputs.scaling is None else inputs.scaling.undo(x), inputs)
    return (f"warning: {problem}",) if problem else ()


def _encoded(samples: Array, dataset: Dataset, inputs: InputFormat) -> Array:
    """Samples (N, ...) of a dataset, not finished, as network inputs in the format of a run."""
    pixels = samples.dtype == np.uint8
    unnamed = not (inputs.columns and dataset.columns) or len(inputs.shape) > 1
    if (
        unnamed
        and samples.shape[1:] == inputs.shape
        and pixels == inputs.pixels
        and _equal(dataset.scaling, inputs.scaling)
    ):
        return samples
    raw = samples if dataset.scaling is None else dataset.scaling.undo(samples)
    return network_inputs(raw if unnamed else _by_name(raw, dataset.columns), inputs, check_range=False)


def _equal(one: Scaling | None, other: Scaling | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one.centre, other.centre) and np.array_equal(one.spread, other.spread)


def _by_name(samples: Array, columns: Sequence[Column]) -> dict[str, Array]:
    """The columns of encoded samples (N, D) by name: numbers, or the names of categories (empty: missing)."""
    found: dict[str, Array] = {}
    start = 0
    for column in columns:
        encoded = samples[:, start : start + column.width]
        start += column.width
        if not column.categories:
            found[column.name] = encoded[:, 0]
            continue
        place = np.where(encoded.any(axis=1), encoded.argmax(axis=1), len(column.categories))
        found[column.name] = np.array((*column.categories, ""))[place]
    return found
