"""One experiment, fully resolved: what a spec says, with every default filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen, Predicate

from nnlab.config.data_paths import DataPaths, Recorded
from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import KeyPath, YamlTree, spec_error
from nnlab.config.resolved_spec import ResolvedSpec, describes_descent
from nnlab.config.validation import Validator
from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.data.dataset import DatasetSource
from nnlab.losses import CrossEntropy, Loss
from nnlab.models.base import Model
from nnlab.optim.base import Optimizer
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.patience import Patience
from nnlab.optim.schedules import Constant, Schedule, Steps
from nnlab.registry import Component, Doc, OptionalComponent, WeightsByName, hyperparameters
from nnlab.regularizers import Regularizer

# So many values, with their defaults, fit into a spec for certain.
MANY = 500

Samples = Annotated[int, Ge(1), Le(10**9)]
Limit = Annotated[float, Gt(0), Le(1e6)]


@dataclass(kw_only=True)
class TrainSettings:
    """How long to train, on which batches, when to evaluate, and what may steer the training."""

    iterations: Annotated[Steps | None, Doc("number of steps; exactly one of iterations and epochs is given")] = None
    epochs: Annotated[Steps | None, Doc("passes through the training samples")] = None
    batch_size: Annotated[
        Samples | Literal["full"] | None,
        Doc("samples for each step, or full for all of them; null: 100, or all where there are fewer"),
    ] = None
    drop_last: Annotated[
        bool, Doc("with shuffle: leave out the last batch of an epoch where it would be smaller than the others")
    ] = False
    sampling: Annotated[
        Literal["shuffle", "replacement"],
        Doc("shuffle: a new permutation each epoch; replacement: each batch drawn from all samples"),
    ] = "shuffle"
    eval_every: Annotated[Steps | Literal["epoch"], Doc("steps between two evaluations, or epoch: after each")] = (
        "epoch"
    )
    eval_train: Annotated[
        Samples | Literal["all", "batch"],
        Doc("training samples to evaluate on: all, batch (the last mini-batch) or the first N"),
    ] = "all"
    schedule: Annotated[Schedule, Component("schedule"), Doc("how the learning rate changes while training")] = field(
        default_factory=Constant
    )
    clip_value: Annotated[Limit | None, Doc("every number of a gradient is kept from -c to c; null for any")] = None
    clip_norm: Annotated[Limit | None, Doc("a gradient of all parameters longer than c is scaled down to c")] = None
    early_stopping: Annotated[
        EarlyStopping | None,
        OptionalComponent("control", "early_stopping"),
        Doc("true, or its keys, to end training once a metric no longer improves"),
    ] = None

    diagnostics: Annotated[
        bool, Doc("record gradients, updates and activations of each layer at every evaluation, and draw them")
    ] = False
    checkpoint_every: Annotated[
        Steps | Literal["auto", "never"],
        Doc("save what nnlab train --resume goes on from every N steps; auto: at evaluations, each 10 s"),
    ] = "auto"
    snapshots: Annotated[
        Annotated[int, Ge(2), Le(1000)] | Literal[0],
        Doc("keep the weights of so many moments, from before the first step to the end, for nnlab plot --animate"),
    ] = 0

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """Exactly one of ``iterations`` and ``epochs`` must be given, and at most one way of clipping."""
        if self.iterations is None and self.epochs is None:
            yield (), "needs iterations or epochs"
        if self.iterations is not None and self.epochs is not None:
            yield ("epochs",), "both iterations and epochs are given; keep one (the other may be null)"
        if self.clip_value is not None and self.clip_norm is not None:
            yield ("clip_norm",), "both clip_value and clip_norm are given; keep one (the other may be null)"


@dataclass(kw_only=True)
class ComputeSettings:
    """How the machine is used: ``threads`` changes only how long a run takes.

    ``shards`` changes the last bits of a result, and which numbers dropout drops.
    """

    threads: Annotated[
        Annotated[int, Ge(1), Le(256)] | Literal["auto"], Doc("threads that share the work; auto: one for each core")
    ] = "auto"
    shards: Annotated[
        Annotated[int, Ge(1), Le(256)] | Literal["auto"],
        Doc("parts of each batch, computed side by side; auto: 2 where the network is large enough to gain, else 1"),
    ] = "auto"


@dataclass(kw_only=True)
class Experiment(ResolvedSpec):
    """Everything that decides a run."""

    name: Annotated[
        str, Predicate(str.isprintable), MinLen(1), MaxLen(100), Doc("names the run folder; default: the file's name")
    ]
    seed: Annotated[int, Ge(0), Le(2**32 - 1), Doc("where all random numbers start")] = 0
    dtype: Annotated[Literal["float32", "float64"], Doc("the precision of every number in the network")] = "float32"
    rng: Annotated[
        Literal["streams", "legacy"],
        Doc("streams: one random stream for each purpose; legacy: one RandomState, as in published scripts"),
    ] = "streams"
    data: Annotated[DatasetSource, Component("dataset"), Doc("the samples")]
    model: Annotated[Model, Component("model"), Doc("the network")]
    loss: Annotated[Loss, Component("loss"), Doc("what is minimised")] = field(default_factory=CrossEntropy)
    optimizer: Annotated[Optimizer, Component("optimizer"), Doc("the update rule")]
    penalty: Annotated[
        list[Regularizer], WeightsByName("penalty"), Doc("the strength λ of each penalty on the weights")
    ] = field(default_factory=list)
    train: Annotated[TrainSettings, Doc("length, batches and evaluation")]
    compute: Annotated[ComputeSettings, Doc("threads and shards")] = field(default_factory=ComputeSettings)

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """What follows a metric on validation samples needs such samples."""
        if not self.data.holds_out:
            yield from self.follows_validation()

    def follows_validation(self) -> Iterator[tuple[KeyPath, str]]:
        """The keys that follow a metric on validation samples, each with what is wrong where there are none."""
        waiting: dict[KeyPath, Patience | None] = {
            ("train", "schedule"): self.train.schedule.plateau,
            ("train", "early_stopping", "metric"): self.train.early_stopping,
        }
        for path, patience in waiting.items():
            if patience and patience.metric.startswith("validation"):
                yield (
                    path,
                    f"{patience.metric} needs validation samples; hold some out with data.validation: 0.1, or follow "
                    "train_loss, train_accuracy or objective",
                )


def spec_sections() -> dict[str, type]:
    """The spec itself and those of its sections that are no registered components."""
    sections: dict[str, type] = {"spec": Experiment}
    for parameter in hyperparameters(Experiment):
        if isinstance(parameter.base, type) and is_dataclass(parameter.base) and not parameter.mark(Component):
            sections[parameter.name] = parameter.base
    return sections


def load_experiment(path: Path | str, overrides: Sequence[str] = (), data: Path | None = None) -> Experiment:
    """Read a spec file, apply ``key=value`` overrides and check everything.

    A relative data path is looked for beside the spec, then (for a run's own spec) where the run found it, then in the
    working folder; ``data`` is a file or folder to take in its place. Raises UsageError when the file cannot be read
    and SpecError with every problem found.
    """
    path = Path(path)
    return experiment_from(read_spec(path), path, overrides, data)


def as_experiment(spec: "Experiment | Path | str | Mapping[str, Any]") -> Experiment:
    """An experiment as it is, from the path of a spec, or from a dict of what a spec says; raises UsageError."""
    if isinstance(spec, Experiment):
        return spec
    if isinstance(spec, Mapping):
        return experiment_from_tree(tree_from_mapping(spec), default_name="experiment", folders=(Path.cwd(),))
    return load_experiment(spec)


def experiment_from(tree: YamlTree, path: Path, overrides: Sequence[str] = (), data: Path | None = None) -> Experiment:
    """Like :func:`load_experiment`, from a tree that was read from ``path``."""
    apply_overrides(tree, overrides)
    folders = (path.absolute().parent, Path.cwd())
    paths = DataPaths(Recorded.of(folders[0]), data)
    return experiment_from_tree(tree, default_name=default_name(path), folders=folders, paths=paths)


def experiment_from_tree(
    tree: YamlTree, *, default_name: str, folders: tuple[Path, ...], paths: DataPaths | None = None
) -> Experiment:
    """Check a tree of plain values and build the experiment it describes.

    Raises SpecError with the tree's own problems and every other one found; a key that has one gets no second.
    """
    raw, problems = tree.value, list(tree.problems)
    experiment = None
    if raw is None and not tree.broken:
        problems.append((tree.position(()), (), "is empty; a spec needs data, model, optimizer and train"))
    elif describes_descent(raw):
        problems.append((tree.position(()), (), "describes a descent, which nnlab descend takes; a spec has a model"))
    elif not tree.broken:
        validator = Validator(folders, MisplacedKeys(Experiment, raw), lambda key: tree.position(key).folder, paths)
        experiment = validator.section(
            Experiment, {"name": default_name, **raw} if isinstance(raw, dict) else raw, (), "a spec"
        )
        reported = {key for _, key, _ in problems}
        problems.extend(tree.problem_at(key, message) for key, message in validator.problems if key not in reported)
        # A run's own spec has to be one that can be read again.
        if experiment and len(tree.positions) > MANY and len(experiment.to_yaml().encode()) > MAX_BYTES:
            most = f"{MAX_BYTES // 1024} KiB"
            problems.append((tree.position(()), (), f"has more than {most} with all defaults written out"))
    if problems:
        raise spec_error(problems)
    if not isinstance(experiment, Experiment):
        raise TypeError("validation without problems gives an experiment")
    return experiment
