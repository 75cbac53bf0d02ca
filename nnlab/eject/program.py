"""The program of a script, section by section: settings, data, network, evaluation, training loop."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from nnlab.core.task import CLASSES
from nnlab.data.dataset import Dataset
from nnlab.data.target_columns import TargetColumns
from nnlab.eject.batches import augmentation_lines, batches, steps_per_epoch
from nnlab.eject.data import WrittenData
from nnlab.eject.expressions import Call, Expression, Items, literal, written
from nnlab.eject.network import write_network, write_object
from nnlab.eject.schedules import learning_rate_lines
from nnlab.engine.predictions import evaluation_split
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.layers.planning import all_layers
from nnlab.losses import CrossEntropy, Loss
from nnlab.metric_columns import higher_is_better
from nnlab.metrics import DEFAULT_METRICS
from nnlab.models.textbook_twins import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    twin_of_loss,
    twin_of_optimizer,
    twin_of_regularizer,
)
from nnlab.optim.patience import Patience
from nnlab.plugins.plugin import no_twin
from nnlab.registry import registered_name

TEMPLATE = "script.py.jinja"
HEADING = re.compile(r"^# === (.+) ===\n", re.MULTILINE)

Setting = tuple[str, str, str]
"""A constant of a script, its value and a comment."""


def write_program(setup: RunSetup, data: WrittenData, folders: Sequence[Path | None]) -> dict[str, str]:
    """The text under each heading of the script; raises UsageError, with the key, for what no script can express."""
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    template = environment.from_string(files("nnlab.eject").joinpath(TEMPLATE).read_text(encoding="utf-8"))
    _, *parts = HEADING.split(template.render(_values(setup, data, folders)))
    return {heading: text.strip("\n") for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def _values(setup: RunSetup, data: WrittenData, folders: Sequence[Path | None]) -> dict[str, Any]:
    """What the template is filled with; texts of the spec are in it as literals only."""
    experiment, dataset, train = setup.experiment, setup.dataset, setup.experiment.train
    _check_components(setup)
    legacy = experiment.rng == "legacy"
    network = write_network(setup.network, legacy=legacy, shards=setup.shard_count, accumulates=train.accumulate > 1)
    kinds = {registered_name(layer) for layer in setup.network.all_layers()}
    penalties = [term for term in experiment.penalty if term.strength > 0]
    on_batch = train.eval_train == "batch" and not setup.batches.full
    end = {"all": "", "batch": ""}.get(str(train.eval_train), "[:EVAL_TRAIN]")
    stopping, plateau = train.early_stopping, train.schedule.plateau
    schedule = learning_rate_lines(train.schedule)
    rate = "learning_rate(step - 1)" if schedule else "LR"
    settings = list(_settings(setup, data))
    names = [name for name, _, _ in settings]
    drops_last = train.drop_last and train.sampling == "shuffle"
    return {
        "settings": settings,
        "folders": folders,
        "folders_line": written(Items([_folder(path) for path in folders]), "FOLDERS = "),
        "legacy": legacy,
        "data": data,
        "network": network,
        "layers": _one_a_line(network.layers, "layers"),
        "everywhere": "with_inner(layers)" if _has_inner(setup) else "layers",
        "penalties": Items([Call(_class_of(term), [_strength(term)]) for term in penalties]) if penalties else None,
        "own_penalties": [
            (path, Items([*(Call(_class_of(term), [_strength(term)]) for term in penalties), *terms]))
            for path, terms in network.regularizers
        ],
        "regularized": bool(penalties or network.regularizers),
        "activity": bool(kinds & {"activity_l1", "activity_l2"}),
        "masks": "dropout" in kinds and not legacy,
        "loss": written(_loss(experiment.loss, dataset), "loss_function = "),
        "reported": str(_loss(experiment.loss.reported, dataset)),
        "steps": len(dataset.out_shape) > 1,
        "metric": "accuracy" if dataset.task == CLASSES else "mae",
        "numbers": None if dataset.numbers is None else _target_scaling(dataset.numbers),
        "optimizer": written(write_object(twin_of_optimizer(experiment.optimizer), lr="LR"), "optimizer = "),
        "scale": " / 255" if dataset.inputs.pixels else "",
        "test": dataset.test is not None,
        "validation": dataset.validation is not None,
        "final_split": evaluation_split(dataset)[0],
        "objective": "objective" in train.monitored_columns,
        "evaluated": "x_train[batch], t_train[batch]" if on_batch else f"x_train{end}, t_train{end}",
        "on_batch": on_batch,
        "full": setup.batches.full,
        "in_epochs": [name for name in ("ITERATIONS", "EVAL_EVERY") if name not in names],
        "steps_per_epoch": steps_per_epoch(drops_last=drops_last, accumulates=train.accumulate > 1),
        "accumulates": train.accumulate > 1,
        "batches": f"batches = {batches(setup, legacy=legacy)}",
        "augment": list(
            augmentation_lines(experiment.data.augment, train.accumulate * setup.batches.batch_size, legacy=legacy)
        ),
        "clip": _clip(train),
        "schedule": schedule,
        "rate": f"{rate} * share" if plateau else rate if schedule else "",
        "plateau": plateau,
        "plateau_value": _monitored(plateau),
        "ema": train.ema is not None,
        "stopping": stopping,
        "stopping_value": _monitored(stopping),
    }


def _check_components(setup: RunSetup) -> None:
    experiment = setup.experiment
    chosen: list[tuple[str, object, Mapping[str, object]]] = [
        ("loss", experiment.loss, LOSSES),
        ("optimizer", experiment.optimizer, OPTIMIZERS),
    ]
    chosen += [("penalty", term, REGULARIZERS) for term in experiment.penalty]
    for key, component, known in chosen:
        if (name := registered_name(component)) not in known:
            if own := no_twin(component, "textbook class"):
                raise UsageError(f"{key}: {own}")
            raise UsageError(f"{key}: {name} has no class in nnlab.textbook that a script could be made of")
    for patience in (experiment.train.schedule.plateau, experiment.train.early_stopping):
        metric = patience.metric if patience else "objective"
        if metric.partition("_")[2] not in {"", *DEFAULT_METRICS}:
            raise UsageError(f"train: a script measures {' and '.join(DEFAULT_METRICS)}, so it cannot monitor {metric}")


def _settings(setup: RunSetup, data: WrittenData) -> Iterator[Setting]:
    experiment, train = setup.experiment, setup.experiment.train
    yield "SEED", str(experiment.seed), ""
    yield from ((name, str(value), comment) for name, value, comment in data.settings)
    if not setup.batches.full:
        yield "BATCH_SIZE", str(setup.batches.batch_size), ""
    if train.accumulate > 1:
        yield "ACCUMULATE", str(train.accumulate), "mini-batches of an update"
    if train.iterations is not None or setup.batches.full:
        yield "ITERATIONS", str(setup.iterations), "number of updates"
    else:
        yield "EPOCHS", str(train.epochs), "passes through the training samples"
    yield "LR", repr(experiment.optimizer.lr), "learning rate"
    for term in experiment.penalty:
        if term.strength > 0:
            yield str(_strength(term)), repr(term.strength), f"regularisation strength λ of {_class_of(term)}"
    if train.ema is not None:
        yield "EMA", repr(train.ema), "decay of the moving average of the weights"
    if train.clip_value is not None:
        yield "CLIP_VALUE", repr(train.clip_value), "largest number in a gradient"
    if train.clip_norm is not None:
        yield "CLIP_NORM", repr(train.clip_norm), "largest norm of the gradient"
    if train.eval_every != "epoch" or setup.batches.full:
        yield "EVAL_EVERY", str(setup.eval_every), "updates between two evaluations"
    if train.early_stopping:
        yield "PATIENCE", str(train.early_stopping.patience), "evaluations without improvement before training stops"
    if train.schedule.plateau:
        patience = train.schedule.plateau.patience
        yield "PLATEAU_PATIENCE", str(patience), "evaluations without improvement before the learning rate falls"
    if isinstance(train.eval_train, int):
        yield "EVAL_TRAIN", str(train.eval_train), "training samples that are evaluated"


def _folder(path: Path | None) -> Expression:
    return "Path(__file__).parent" if path is None else Call("Path", [literal(str(path))])


def _one_a_line(items: Sequence[Expression], name: str) -> str:
    return "\n".join([f"{name} = [", *(written(item, "", ",", "    ") for item in items), "]"])


def _class_of(term: Any) -> str:
    return type(twin_of_regularizer(term)).__name__


def _strength(term: Any) -> Expression:
    return f"{_class_of(term)}_STRENGTH"


def _has_inner(setup: RunSetup) -> bool:
    return len(list(all_layers(setup.network.layers))) > len(setup.network.layers)


def _target_scaling(numbers: TargetColumns) -> str:
    return ", ".join(str(Call("np.array", [literal(values.tolist())])) for values in (numbers.centre, numbers.spread))


def _loss(loss: Loss, dataset: Dataset) -> Call:
    if len(dataset.out_shape) > 1:
        return Call("TimeLoss", [_loss_of_rows(loss, dataset.classes, "t_train.reshape(-1)")])
    return _loss_of_rows(loss, dataset.classes, "t_train")


def _loss_of_rows(loss: Loss, classes: int, targets: str) -> Call:
    if not isinstance(loss, CrossEntropy):
        return write_object(twin_of_loss(loss, np.zeros(classes)))
    keywords: dict[str, Expression] = {}
    if loss.smoothing:
        keywords["smoothing"] = literal(loss.smoothing)
    if loss.class_weights == "balanced":
        counts = Call("np.bincount", [targets], {"minlength": str(classes)})
        keywords["class_weights"] = Call("balanced_class_weights", [counts])
    elif loss.class_weights is not None:
        keywords["class_weights"] = Call("np.array", [literal(loss.class_weights)])
    return Call("SoftmaxWithLoss", [], keywords)


def _clip(train: Any) -> str:
    if train.clip_value is not None:
        return "clip_value(grads, CLIP_VALUE)"
    return "clip_norm(grads, CLIP_NORM)" if train.clip_norm is not None else ""


def _monitored(patience: Patience | None) -> str:
    """The value of a row that has to fall."""
    if patience is None:
        return ""
    return f'{"-" if higher_is_better(patience.metric) else ""}rows[-1]["{patience.metric}"]'
