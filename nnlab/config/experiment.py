"""The settings of an experiment: a spec with every default filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, Predicate

from nnlab.config.positions import KeyPath
from nnlab.config.resolved_spec import ResolvedSpec
from nnlab.core.rows import Steps
from nnlab.data.dataset_source import DatasetSource
from nnlab.html import block, code, line
from nnlab.losses import CrossEntropy, Loss
from nnlab.metric_columns import measured_names, measured_statistics, metric_of, misfit
from nnlab.metrics import LOSS, Statistic
from nnlab.models.base import Model
from nnlab.optim.base import Optimizer
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.patience import Patience
from nnlab.optim.schedules import Constant, Schedule
from nnlab.registry import (
    NOT_A_KEY,
    Component,
    Doc,
    OmittedAtDefault,
    OptionalComponent,
    WeightsByName,
    hyperparameters,
    registered_name,
)
from nnlab.regularizers import Regularizer

Samples = Annotated[int, Ge(1), Le(10**9)]
Limit = Annotated[float, Gt(0), Le(1e6)]


@dataclass(kw_only=True)
class TrainSettings:
    """Training length, batches, evaluation, schedule, clipping, early stopping, checkpoints."""

    iterations: Annotated[Steps | None, Doc("number of updates; give either iterations or epochs")] = None
    epochs: Annotated[Steps | None, Doc("passes through the training samples")] = None
    batch_size: Annotated[
        Samples | Literal["full"] | None,
        Doc("mini-batch size, or full for the whole training set; null: 100, or all samples if fewer"),
    ] = None
    accumulate: Annotated[
        Annotated[int, Ge(1), Le(10**6)],
        OmittedAtDefault(),
        Doc("mini-batches of batch_size per update, whose gradient is the mean over all their samples"),
    ] = 1
    drop_last: Annotated[bool, Doc("with shuffle: drop the last batch of an epoch if it is incomplete")] = False
    sampling: Annotated[
        Literal["shuffle", "replacement"],
        Doc("shuffle: a new permutation each epoch; replacement: each batch drawn with replacement"),
    ] = "shuffle"
    eval_every: Annotated[Steps | Literal["epoch"], Doc("evaluate every N updates, or epoch: after each epoch")] = (
        "epoch"
    )
    eval_train: Annotated[
        Samples | Literal["all", "batch"],
        Doc("training samples used for evaluation: all, batch (the last mini-batch) or the first N"),
    ] = "all"
    schedule: Annotated[Schedule, Component("schedule"), Doc("learning-rate schedule")] = field(
        default_factory=Constant
    )
    clip_value: Annotated[Limit | None, Doc("clip each gradient element to [-c, c]; null: no clipping")] = None
    clip_norm: Annotated[Limit | None, Doc("clip the global gradient norm to c; null: no clipping")] = None
    ema: Annotated[
        Annotated[float, Gt(0), Lt(1)] | None,
        OmittedAtDefault(),
        Doc("decay of a moving average of the weights, for evaluations and the saved model; null: no average"),
    ] = None
    early_stopping: Annotated[
        EarlyStopping | None,
        OptionalComponent("control", "early_stopping"),
        Doc("early stopping: true, or its keys"),
    ] = None

    diagnostics: Annotated[
        bool, Doc("record and plot per-layer gradient, update and activation statistics at each evaluation")
    ] = False
    checkpoint_every: Annotated[
        Steps | Literal["auto", "never"],
        Doc("write a checkpoint every N updates; auto: at evaluations, at most every 10 s"),
    ] = "auto"
    snapshots: Annotated[
        Annotated[int, Ge(2), Le(1000)] | Literal[0],
        Doc("save N weight snapshots, evenly spaced, for nnlab plot --animate; 0: none"),
    ] = 0
    pictures: Annotated[
        bool, OmittedAtDefault(), Doc("draw pictures when the training has ended; nnlab plot draws them later")
    ] = True
    tensorboard: Annotated[
        bool, OmittedAtDefault(), Doc("write TensorBoard's event files while training, flushed at each evaluation")
    ] = False

    @property
    def monitored_columns(self) -> list[str]:
        """The columns of metrics.csv that a plateau and early stopping follow."""
        return [patience.metric for patience in (self.schedule.plateau, self.early_stopping) if patience]

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """Exactly one of ``iterations`` and ``epochs``, at most one of ``clip_value`` and ``clip_norm``."""
        if self.iterations is None and self.epochs is None:
            yield (), "needs iterations or epochs"
        if self.iterations is not None and self.epochs is not None:
            yield ("epochs",), "both iterations and epochs are given; keep one (the other may be null)"
        if self.accumulate > 1 and self.batch_size == "full":
            yield ("accumulate",), "with batch_size: full an update is one mini-batch; give batch_size a number"
        if self.clip_value is not None and self.clip_norm is not None:
            yield ("clip_norm",), "both clip_value and clip_norm are given; keep one (the other may be null)"


@dataclass(kw_only=True)
class ComputeSettings:
    """Threads and data-parallel shards.

    ``threads`` changes only the running time; ``shards`` changes the last bits of the results and the dropout masks.
    """

    threads: Annotated[
        Annotated[int, Ge(1), Le(256)] | Literal["auto"], Doc("number of threads; auto: one per core")
    ] = "auto"
    shards: Annotated[
        Annotated[int, Ge(1), Le(256)] | Literal["auto"],
        Doc("data-parallel parts of each batch; auto: 2 if the network is large enough to benefit, else 1"),
    ] = "auto"


@dataclass(kw_only=True)
class Experiment(ResolvedSpec):
    """A training run: data, model, loss, optimizer, regularisation, training settings, seed."""

    name: Annotated[
        str,
        Predicate(str.isprintable),
        MinLen(1),
        MaxLen(100),
        Doc("name of the run folders; default: the file name"),
    ]
    seed: Annotated[int, Ge(0), Le(2**32 - 1), Doc("random seed")] = 0
    dtype: Annotated[Literal["float32", "float64"], Doc("floating-point precision")] = "float32"
    rng: Annotated[
        Literal["streams", "legacy"],
        Doc("streams: a separate random stream per purpose; legacy: one RandomState, as in published scripts"),
    ] = "streams"
    data: Annotated[DatasetSource, Component("dataset"), Doc("dataset")]
    model: Annotated[Model, Component("model"), Doc("network architecture")]
    loss: Annotated[
        Loss, Component("loss"), Doc("loss function; default for targets that are numbers: mean_squared_error")
    ] = field(default_factory=CrossEntropy)
    metrics: Annotated[
        list[Statistic],
        Component("metric", many=True),
        OmittedAtDefault(),
        MaxLen(20),
        Doc("what evaluations measure besides the loss, the primary metric first; default: accuracy, or r2 and mae"),
    ] = field(default_factory=list)
    optimizer: Annotated[Optimizer, Component("optimizer"), Doc("update rule")]
    penalty: Annotated[
        list[Regularizer], WeightsByName("penalty"), Doc("regularisation strength λ of each weight penalty")
    ] = field(default_factory=list)
    train: Annotated[TrainSettings, Doc("training length, batches, evaluation, checkpoints")]
    compute: Annotated[ComputeSettings, Doc("threads and shards")] = field(default_factory=ComputeSettings)
    question: str = field(default="", compare=False, metadata=NOT_A_KEY)
    """The comment at the top of the spec, which environment.json of its runs records."""

    def __repr__(self) -> str:
        parts = [registered_name(part) for part in (self.data, self.model, self.optimizer)]
        iterations, epochs = self.train.iterations, self.train.epochs or 0
        length = f"{iterations:,} iterations" if iterations else f"{epochs:,} epoch{'s' * (epochs != 1)}"
        return f"Experiment {self.name}: {', '.join([*parts, length, f'seed {self.seed}'])}"

    def _repr_html_(self) -> str:
        """Its question and the resolved spec."""
        return block(line(repr(self)), line(self.question) if self.question else "", code(self.to_yaml()))

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """A validation metric needs validation samples; each metric is listed once."""
        names = [registered_name(item) for item in self.metrics]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield ("metrics", index), f"{name} is listed already; each has one column of each split"
            if name == LOSS and len(names) > 1:
                yield ("metrics", index), f"{LOSS} is measured in any case; list it alone to choose by it"
            if problem := misfit(name, self.data.task):
                yield ("metrics", index), problem
        for path, patience in self._monitoring().items():
            metric = metric_of(patience.metric)
            if metric and (problem := misfit(registered_name(metric), self.data.task)):
                yield path, problem
        if not self.data.holds_out:
            yield from self.needs_validation()

    def needs_validation(self) -> Iterator[tuple[KeyPath, str]]:
        """Keys that monitor a validation metric, each with the message for a dataset without validation samples."""
        others = [f"train_{name}" for name in measured_names(measured_statistics(self.metrics, (), self.data.task))]
        for path, patience in self._monitoring().items():
            if patience.metric.startswith("validation"):
                yield (
                    path,
                    f"{patience.metric} needs validation samples; hold some out with data.validation: 0.1, or monitor "
                    f"{', '.join(others)} or objective",
                )

    def _monitoring(self) -> dict[KeyPath, Patience]:
        """What follows a metric, by its key."""
        monitoring: dict[KeyPath, Patience | None] = {
            ("train", "schedule"): self.train.schedule.plateau,
            ("train", "early_stopping", "metric"): self.train.early_stopping,
        }
        return {path: patience for path, patience in monitoring.items() if patience}


def spec_sections() -> dict[str, type]:
    """The spec and its sections that are not registered components."""
    sections: dict[str, type] = {"spec": Experiment}
    for parameter in hyperparameters(Experiment):
        if parameter.section:
            sections[parameter.name] = parameter.section
    return sections
