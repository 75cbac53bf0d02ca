"""From an experiment to everything the loop needs: data, network, batches."""

from dataclasses import dataclass

from nnlab.core.random import Purpose, make_streams
from nnlab.data.batches import CHUNK, Batches, Feed
from nnlab.data.dataset import Dataset
from nnlab.errors import UsageError
from nnlab.models.network import Network
from nnlab.spec.experiment import Experiment
from nnlab.train.evaluation import Evaluation
from nnlab.train.loop import Training


@dataclass(frozen=True)
class Prepared:
    """Data and network of an experiment; the network has shapes but no memory yet."""

    dataset: Dataset
    network: Network
    batches: Batches


def prepare(experiment: Experiment) -> Prepared:
    """Load the data, infer every shape, and refuse what cannot work or cannot fit in memory.

    Raises DataError for data that is missing or corrupt and UsageError for shapes or sizes that cannot work.
    """
    streams = make_streams(experiment.rng, experiment.seed)
    dataset = experiment.data.load(streams.draws(Purpose.DATASET))
    layers = experiment.model.stack(dataset.sample_shape, dataset.classes)
    network = Network(layers, dataset.sample_shape, dataset.classes, streams)
    settings = experiment.train
    batches = Batches(Feed(dataset.train, experiment.dtype), settings.batch_size, settings.sampling, streams)
    if isinstance(settings.eval_train, int) and settings.eval_train > len(dataset.train):
        raise UsageError(
            f"train.eval_train: {settings.eval_train} is more than the {len(dataset.train)} training samples; use all"
        )
    network.check_memory(experiment.dtype, max(batches.batch_size, CHUNK), len(experiment.optimizer.slots))
    return Prepared(dataset, network, batches)


def make_training(experiment: Experiment, prepared: Prepared) -> Training:
    """Give the network memory and starting values and connect it with data, loss and update rule."""
    settings = experiment.train
    dataset, network, batches = prepared.dataset, prepared.network, prepared.batches
    network.allocate(experiment.dtype)
    penalties = [penalty for penalty in experiment.penalty if penalty.strength > 0]
    return Training(
        network=network,
        loss=experiment.loss,
        penalties=penalties,
        optimizer=experiment.optimizer,
        batches=batches,
        evaluation=Evaluation(
            network=network,
            loss=experiment.loss,
            penalties=penalties,
            # A feed of its own: the batch in hand must survive an evaluation.
            train=Feed(dataset.train, experiment.dtype),
            test=Feed(dataset.test, experiment.dtype) if dataset.test else None,
            eval_train=settings.eval_train,
        ),
        iterations=settings.iterations or (settings.epochs or 0) * batches.steps_per_epoch,
        eval_every=batches.steps_per_epoch if settings.eval_every == "epoch" else settings.eval_every,
    )
