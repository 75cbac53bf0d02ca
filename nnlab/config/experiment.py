"""The settings of an experiment: a spec with every default filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen, Predicate

from nnlab.config.data_paths import DataPaths, RecordedData
from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import KeyPath, YamlTree, spec_error
from nnlab.config.resolved_spec import ResolvedSpec, describes_descent
from nnlab.config.validation import Validator
from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.data.dataset import DatasetSource
from nnlab.losses import CrossEntropy, Loss
from nnlab.metric_columns import MetricColumns
from nnlab.models.base import Model
from nnlab.optim.base import Optimizer
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.patience import Patience
from nnlab.optim.schedules import Constant, Schedule, Steps
from nnlab.registry import Component, Doc, OptionalComponent, WeightsByName, hyperparameters
from nnlab.regularizers import Regularizer

# A spec with at most this many values always stays below MAX_BYTES when its defaults are written out.
MANY = 500

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
    loss: Annotated[Loss, Component("loss"), Doc("loss function")] = field(default_factory=CrossEntropy)
    optimizer: Annotated[Optimizer, Component("optimizer"), Doc("update rule")]
    penalty: Annotated[
        list[Regularizer], WeightsByName("penalty"), Doc("regularisation strength λ of each weight penalty")
    ] = field(default_factory=list)
    train: Annotated[TrainSettings, Doc("training length, batches, evaluation, checkpoints")]
    compute: Annotated[ComputeSettings, Doc("threads and shards")] = field(default_factory=ComputeSettings)

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """A validation metric needs validation samples."""
        if not self.data.holds_out:
            yield from self.needs_validation()

    def needs_validation(self) -> Iterator[tuple[KeyPath, str]]:
        """Keys that monitor a validation metric, each with the message for a dataset without validation samples."""
        monitored: dict[KeyPath, Patience | None] = {
            ("train", "schedule"): self.train.schedule.plateau,
            ("train", "early_stopping", "metric"): self.train.early_stopping,
        }
        *others, last = MetricColumns(("train",), ("objective",))
        for path, patience in monitored.items():
            if patience and patience.metric.startswith("validation"):
                yield (
                    path,
                    f"{patience.metric} needs validation samples; hold some out with data.validation: 0.1, or monitor "
                    f"{', '.join(others)} or {last}",
                )


def spec_sections() -> dict[str, type]:
    """The spec and its sections that are not registered components."""
    sections: dict[str, type] = {"spec": Experiment}
    for parameter in hyperparameters(Experiment):
        if isinstance(parameter.base, type) and is_dataclass(parameter.base) and not parameter.mark(Component):
            sections[parameter.name] = parameter.base
    return sections


def load_experiment(path: Path | str, overrides: Sequence[str] = (), data: Path | None = None) -> Experiment:
    """Read a spec file, apply ``key=value`` overrides and validate it.

    A relative data path is resolved against the spec's folder, then (for the spec of a run) against the path recorded
    by the run, then against the working folder; ``data`` is a file or folder to use instead. Raises UsageError when the
    file cannot be read and SpecError with all problems.
    """
    path = Path(path)
    return experiment_from(read_spec(path), path, overrides, data)


def as_experiment(spec: "Experiment | Path | str | Mapping[str, Any]") -> Experiment:
    """An experiment from an experiment, the path of a spec, or a dict; raises UsageError."""
    if isinstance(spec, Experiment):
        return spec
    if isinstance(spec, Mapping):
        return experiment_from_tree(tree_from_mapping(spec), default_name="experiment", folders=(Path.cwd(),))
    return load_experiment(spec)


def experiment_from(tree: YamlTree, path: Path, overrides: Sequence[str] = (), data: Path | None = None) -> Experiment:
    """Like :func:`load_experiment`, from a YAML tree that was read from ``path``."""
    apply_overrides(tree, overrides)
    folders = (path.absolute().parent, Path.cwd())
    paths = DataPaths(RecordedData.of(folders[0]), data)
    return experiment_from_tree(tree, default_name=default_name(path), folders=folders, paths=paths)


def experiment_from_tree(
    tree: YamlTree, *, default_name: str, folders: tuple[Path, ...], paths: DataPaths | None = None
) -> Experiment:
    """Validate a YAML tree and build its experiment.

    Raises SpecError with the tree's own problems and all others, at most one per key.
    """
    raw, problems = tree.value, list(tree.problems)
    experiment = None
    if raw is None and not tree.broken:
        problems.append((tree.position(()), (), "is empty; a spec needs data, model, optimizer and train"))
    elif describes_descent(raw):
        problems.append(
            (tree.position(()), (), "is a descent spec; run it with nnlab descend (a training spec has a model)")
        )
    elif not tree.broken:
        validator = Validator(folders, MisplacedKeys(Experiment, raw), lambda key: tree.position(key).folder, paths)
        experiment = validator.section(
            Experiment, {"name": default_name, **raw} if isinstance(raw, dict) else raw, (), "a spec"
        )
        reported = {key for _, key, _ in problems}
        problems.extend(tree.problem_at(key, message) for key, message in validator.problems if key not in reported)
        # A run saves its resolved spec, which must be readable again.
        if experiment and len(tree.positions) > MANY and len(experiment.to_yaml().encode()) > MAX_BYTES:
            most = f"{MAX_BYTES // 1024} KiB"
            problems.append((tree.position(()), (), f"is larger than {most} with all defaults written out"))
    if problems:
        raise spec_error(problems)
    if not isinstance(experiment, Experiment):
        raise TypeError("validation without problems gives an experiment")
    return experiment
