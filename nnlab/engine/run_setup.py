"""From an experiment to everything that its training works with: data, network, batches, update rule, evaluation."""

from copy import deepcopy
from dataclasses import replace
from typing import Self

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.core.random import Purpose, make_streams
from nnlab.core.threads import Workers, usable_threads
from nnlab.data.dataset_source import ReadDataset
from nnlab.data.pipeline.batches import Batches, BatchLoader
from nnlab.engine.accumulation import GradientAccumulation
from nnlab.engine.averaging import WeightAverage
from nnlab.engine.controls import Controls
from nnlab.engine.data_parallel import DataParallel, DataParallelLoss, automatic_shards
from nnlab.engine.divergence import LastFinite
from nnlab.engine.evaluation import Evaluation
from nnlab.engine.last_update import LastUpdate
from nnlab.engine.predictions import first_layer_filters
from nnlab.errors import UsageError
from nnlab.layers.planning import smallest_batch
from nnlab.losses import Loss, check_task
from nnlab.metric_columns import bind_statistics, measured_statistics
from nnlab.models.network import Network
from nnlab.regularizers import RegularizerTerm


class RunSetup:
    """Everything that one training works with.

    ``RunSetup(experiment)`` loads the data, infers every shape and refuses what cannot work or cannot fit in memory:
    it raises DataError for data that is missing or corrupt and UsageError for shapes or sizes that cannot work.
    :meth:`allocate` then gives the network memory and binds what works on it.

    The experiment only describes. Loss, update rule, penalties, layers and augmentations are copies, so any number of
    set-ups can be made from one experiment and trained, in several threads at once. ``experiment`` has the batch size
    filled in, ``start`` counts the updates made before this training. ``threads`` stands in for
    ``compute.threads: auto`` (None: one per core), ``read`` for the reading of the dataset by its source.
    """

    # Set by allocate(), where shards compute parts of each batch the network and the loss as well.
    loss: Loss | DataParallelLoss
    regularizers: list[RegularizerTerm]
    accumulation: GradientAccumulation
    average: WeightAverage
    evaluation: Evaluation
    controls: Controls
    last_finite: LastFinite
    last_update: LastUpdate | None  # where diagnostics are recorded
    initial_filters: Array | None  # of the first layer, where they can be shown as images

    def __init__(self, experiment: Experiment, *, threads: int | None = None, read: ReadDataset | None = None) -> None:
        own = deepcopy(experiment)
        settings, streams = own.train, make_streams(own.rng, own.seed)
        dataset = own.data.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION), read)
        check_task(own.loss, dataset.task)
        layers = own.model.stack(dataset.sample_shape, dataset.out_shape)
        self.dataset = dataset
        self.network = Network(layers, dataset.sample_shape, dataset.out_shape, streams, dataset.task)
        self.optimizer = own.optimizer
        self._loss = own.loss.for_classes(dataset.class_counts)
        self._regularizers = own.penalty
        self._statistics = measured_statistics(own.metrics, settings.monitored_columns, dataset.task)
        bind_statistics(self._statistics, dataset.task, dataset.class_names)
        if dataset.validation is None:
            for path, message in own.needs_validation():
                raise UsageError(f"{'.'.join(map(str, path))}: {message}")
        self.batches = Batches(
            BatchLoader(dataset.train, own.dtype),
            settings.batch_size,
            settings.sampling,
            streams,
            own.data.augment,
            drop_last=settings.drop_last,
            accumulate=settings.accumulate,
        )
        steps_per_epoch = self.batches.steps_per_epoch
        self.iterations = settings.iterations or (settings.epochs or 0) * steps_per_epoch
        self.eval_every = steps_per_epoch if settings.eval_every == "epoch" else settings.eval_every
        every = settings.checkpoint_every
        self.checkpoint_every = every if isinstance(every, int) else self.eval_every
        self.start = 0
        batch_size = settings.batch_size or self.batches.batch_size  # so that the run's spec says which number it was
        self.experiment = replace(experiment, train=replace(experiment.train, batch_size=batch_size))
        asked = own.compute.threads
        self.threads = usable_threads(asked if isinstance(asked, int) else threads)
        self._check_batches()
        self.shard_count = self._shard_count()
        self._check_memory()

    def allocate(self) -> Self:
        """Give the network memory and initial values, and bind update rule, evaluation and controls to it; once."""
        if self.network.allocated:
            raise ValueError("this set-up belongs to a training already; make another one from the experiment")
        network, settings = self.network, self.experiment.train
        network.allocate(self.experiment.dtype)
        self.initial_filters = first_layer_filters(network)
        self.regularizers = network.regularizer_terms(self._regularizers)
        workers = Workers(self.threads)
        parallel = DataParallel(network, self.shard_count, workers) if self.shard_count > 1 else None
        self.network = parallel or network
        self.loss = DataParallelLoss(self._loss, self.shard_count) if parallel else self._loss
        self.accumulation = GradientAccumulation(
            network.flat.trained_gradients, self.batches.batch_size, settings.accumulate
        )
        flat = network.flat
        self.optimizer.bind(flat.trained_values, flat.trained_gradients, flat.regularized, workers)
        self.average = WeightAverage(network.flat.trained_values, settings.ema)
        self.evaluation = Evaluation(
            network=network,
            loss=self._loss,
            regularizers=self.regularizers,
            dataset=self.dataset,
            eval_train=settings.eval_train,
            chunk=network.evaluation_chunk(self.batches.batch_size),
            workers=workers,
            replicas=parallel.replicas if parallel else (),
            statistics=self._statistics,
        )
        self.controls = Controls(settings, self.optimizer.lr, self.iterations, network)
        self.last_finite = LastFinite(network)
        self.last_update = LastUpdate(network) if settings.diagnostics else None
        return self

    def _check_batches(self) -> None:
        """Refuse an evaluation on more samples than there are, and batches too small for a layer."""
        batches, eval_train = self.batches, self.experiment.train.eval_train
        if isinstance(eval_train, int) and eval_train > batches.samples:
            raise UsageError(
                f"train.eval_train: {eval_train} is more than the {batches.samples} training samples; use all"
            )
        for layer in self.network.layers:
            if batches.smallest < smallest_batch(layer):
                last = "" if batches.smallest == batches.batch_size else "the last batch of each epoch has "
                raise UsageError(
                    f"train.batch_size: {last}{batches.smallest} sample, but {layer.label} needs at least "
                    f"{smallest_batch(layer)} in each batch while training; choose another batch size"
                )

    def _shard_count(self) -> int:
        """Into how many parts each batch is split; refuses what needs whole batches."""
        legacy, asked = self.experiment.rng == "legacy", self.experiment.compute.shards
        batch_size = self.batches.batch_size
        if asked == "auto":
            return automatic_shards(self.network, batch_size, legacy=legacy)
        if asked > 1:
            if legacy:
                raise UsageError("compute.shards: rng: legacy draws in sequence; use 1 or auto")
            if layer := self.network.needs_batch():
                raise UsageError(f"compute.shards: {layer} needs whole batches; use 1 or auto")
            if asked > batch_size:
                raise UsageError(f"compute.shards: {asked} is more than the {batch_size} samples of a batch")
        return asked

    def _check_memory(self) -> None:
        """Refuse a network that cannot be trained in this machine's memory; raises ShapeError."""
        settings = self.experiment.train
        accumulate, stopping = settings.accumulate, settings.early_stopping
        keeps_best = stopping is not None and stopping.restore_best
        copies = len(self.optimizer.slots) + keeps_best + self.shard_count  # one are the weights at the last evaluation
        copies += (accumulate > 1) + (settings.ema is not None)
        # Evaluations keep a chunk in hand on each thread.
        batch_size = self.batches.batch_size
        evaluated = max(len(split) for split in self.dataset.splits.values())
        samples = max(batch_size, min(self.threads * self.network.evaluation_chunk(batch_size), evaluated))
        self.network.check_memory(self.experiment.dtype, samples, copies, (accumulate - 1) * batch_size)
