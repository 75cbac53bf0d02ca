"""From an experiment to everything the loop needs: data, network, batches."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from nnlab.config.experiment import Experiment, load_experiment
from nnlab.core.random import Purpose, make_streams
from nnlab.core.threads import Workers, available_cores
from nnlab.data.dataset import Dataset, DatasetSource
from nnlab.data.pipeline.batches import Batches, BatchLoader
from nnlab.engine.controls import Controls
from nnlab.engine.data_parallel import DataParallel, DataParallelLoss, automatic_shards
from nnlab.engine.divergence import LastFinite
from nnlab.engine.evaluation import Evaluation
from nnlab.engine.last_update import LastUpdate
from nnlab.engine.loop import Training
from nnlab.errors import RunError, ShapeError, UsageError
from nnlab.layers.planning import smallest_batch
from nnlab.models.network import Network
from nnlab.records.formats import MODEL_FILE, SPEC_FILE
from nnlab.storage.tensors import read_tensors


@dataclass(frozen=True)
class Prepared:
    """Data and network of an experiment; the network has shapes but no memory yet."""

    dataset: Dataset
    network: Network
    batches: Batches
    shards: int


def prepare(experiment: Experiment) -> Prepared:
    """Load the data, infer every shape, and refuse what cannot work or cannot fit in memory.

    Raises DataError for data that is missing or corrupt and UsageError for shapes or sizes that cannot work.
    """
    streams = make_streams(experiment.rng, experiment.seed)
    dataset = experiment.data.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))
    layers = experiment.model.stack(dataset.sample_shape, dataset.classes)
    network = Network(layers, dataset.sample_shape, dataset.classes, streams)
    settings = experiment.train
    experiment.loss.for_classes(dataset.class_counts)  # refuses what does not fit before anything is written
    if dataset.validation is None:
        for path, message in experiment.follows_validation():
            raise UsageError(f"{'.'.join(map(str, path))}: {message}")
    feed = BatchLoader(dataset.train, experiment.dtype)
    batches = Batches(
        feed,
        settings.batch_size,
        settings.sampling,
        streams,
        experiment.data.augment,
        drop_last=settings.drop_last,
    )
    if isinstance(settings.eval_train, int) and settings.eval_train > len(dataset.train):
        raise UsageError(
            f"train.eval_train: {settings.eval_train} is more than the {len(dataset.train)} training samples; use all"
        )
    _check_batches(batches, network)
    keeps_best = settings.early_stopping is not None and settings.early_stopping.restore_best
    shards = _shards(experiment, network, batches)
    copies = len(experiment.optimizer.slots) + keeps_best + shards  # one are the weights at the last evaluation
    # Evaluations keep a chunk in hand on each thread.
    chunk, threads = network.evaluation_chunk(batches.batch_size), _threads(experiment)
    evaluated = max(len(split) for split in (dataset.train, dataset.test, dataset.validation) if split)
    samples = max(batches.batch_size, min(threads * chunk, evaluated))
    network.check_memory(experiment.dtype, samples, copies)
    return Prepared(dataset, network, batches, shards)


def _threads(experiment: Experiment) -> int:
    asked = experiment.compute.threads
    return available_cores() if asked == "auto" else asked


def _shards(experiment: Experiment, network: Network, batches: Batches) -> int:
    """Into how many parts each batch is cut; refuses what needs whole batches."""
    legacy, asked = experiment.rng == "legacy", experiment.compute.shards
    if asked == "auto":
        return automatic_shards(network, batches.batch_size, legacy=legacy)
    if asked > 1:
        if legacy:
            raise UsageError("compute.shards: rng: legacy draws one number after the other; use 1 or auto")
        if layer := network.needs_batch():
            raise UsageError(f"compute.shards: {layer.label} needs whole batches; use 1 or auto")
        if asked > batches.batch_size:
            raise UsageError(f"compute.shards: {asked} is more than the {batches.batch_size} samples of a batch")
    return asked


def _check_batches(batches: Batches, network: Network) -> None:
    """Refuse batches too small for a layer."""
    for layer in network.layers:
        if batches.smallest < smallest_batch(layer):
            last = "" if batches.smallest == batches.batch_size else "the last batch of each epoch has "
            raise UsageError(
                f"train.batch_size: {last}{batches.smallest} sample, but {layer.label} needs at least "
                f"{smallest_batch(layer)} in each batch while training; choose another batch size"
            )


def make_training(experiment: Experiment, prepared: Prepared) -> Training:
    """Give the network memory and initial values and connect it with data, loss and update rule.

    The experiment only describes: its loss, update rule and penalties are copied, so that it can be trained any number
    of times, in several threads at once. ``prepared`` serves one training.
    """
    settings = experiment.train
    dataset, network, batches = prepared.dataset, prepared.network, prepared.batches
    if network.allocated:
        raise ValueError("this prepared network belongs to a training already; prepare the experiment again")
    network.allocate(experiment.dtype)
    regularizers = network.penalty_terms([replace(penalty) for penalty in experiment.penalty])
    workers = Workers(_threads(experiment))
    loss, optimizer = experiment.loss.for_classes(dataset.class_counts), copy(experiment.optimizer)
    parallel = DataParallel(network, prepared.shards, workers) if prepared.shards > 1 else None
    optimizer.bind(network.flat.trained_values, network.flat.trained_gradients, network.flat.regularized)
    iterations = settings.iterations or (settings.epochs or 0) * batches.steps_per_epoch
    eval_every = batches.steps_per_epoch if settings.eval_every == "epoch" else settings.eval_every
    return Training(
        network=parallel or network,
        loss=DataParallelLoss(loss, prepared.shards) if parallel else loss,
        regularizers=regularizers,
        optimizer=optimizer,
        batches=batches,
        evaluation=Evaluation(
            network=network,
            loss=loss,
            regularizers=regularizers,
            dataset=dataset,
            eval_train=settings.eval_train,
            chunk=network.evaluation_chunk(batches.batch_size),
            workers=workers,
            replicas=parallel.replicas if parallel else (),
        ),
        controls=Controls(settings, optimizer.lr, iterations, network),
        last_finite=LastFinite(network),
        iterations=iterations,
        eval_every=eval_every,
        checkpoint_every=settings.checkpoint_every if isinstance(settings.checkpoint_every, int) else eval_every,
        last_update=LastUpdate(network) if settings.diagnostics else None,
    )


def check_finished(path: Path) -> None:
    """Raise RunError for a folder without a spec or without the weights that a training ends with."""
    if not (path / SPEC_FILE).is_file() or not (path / MODEL_FILE).is_file():
        raise RunError(f"{path}: is not the folder of a finished run, it needs {SPEC_FILE} and {MODEL_FILE}")


def started(
    path: Path, fetch: Callable[[DatasetSource], None] = lambda source: None, data: Path | None = None
) -> tuple[Experiment, Prepared]:
    """A run's experiment, and its data and network as they were before its first update.

    ``fetch`` may download the data, ``data`` says where it is now. Raises DataError when it cannot be had, UsageError
    when spec and data no longer fit each other.
    """
    experiment = load_experiment(path / SPEC_FILE, data=data)
    fetch(experiment.data)
    prepared = prepare(experiment)
    prepared.network.allocate(experiment.dtype)
    return experiment, prepared


def load_weights(network: Network, file: Path) -> None:
    """Put saved weights into a network that has memory; raises RunError when they cannot be read or do not fit."""
    arrays = read_tensors(file, sum(array.nbytes for array in network.state().values()))
    try:
        network.load_state(arrays)
    except ShapeError as error:
        raise RunError(f"{file}: cannot be loaded: {error}") from error
