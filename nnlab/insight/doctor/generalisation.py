"""Overfitting and underfitting: what training samples say, and what others say."""

from collections.abc import Iterator
from math import inf, prod

from nnlab.core.task import NUMBERS
from nnlab.insight.doctor.answers import samples_of
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.curves import Curves, curves, standard_error
from nnlab.insight.doctor.neighbours import comparable
from nnlab.insight.doctor.regularisation import neighbours_of, penalty_share, without_dropout, without_penalties
from nnlab.insight.doctor.remedies import keys_of
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.insight.finding import Severity
from nnlab.layers.planning import draws_weights

ROSE = 1.1
"""The loss on other samples has risen where it is this many times the smallest one."""

VERY_LARGE_GAP, LARGE_GAP, FAR_APART, APART = 0.2, 0.15, 0.1, 0.075
"""Differences of accuracy (or R²) on training samples and on others."""

ENOUGH = 8
"""Evaluations at least before a curve shows a problem."""

LOSSES_APART, MEMORISED = 1.5, 0.005
ROSE_FAR = 3.0


def _overfitting(case: Case) -> Iterator[Symptom]:
    counted = [name for name in ("validation", "test") if len(case.curve(f"{name}_loss")[0])]
    split = max(counted, key=lambda name: samples_of(case, name), default="")
    found = curves(case, split) if split else None
    if found is None or (severity := _severity(case, found)) is None:
        return
    place, name = found.best, found.metric or "loss"
    shown = _written(name)
    step, end = int(found.steps[place]), int(found.steps[-1])
    trained, other = found.train_metric[-1], found.metric_values[-1]
    rose = found.rise >= ROSE
    since = f" Since step {step:,} the {split} loss rises." if rose else ""
    then = float(found.metric_values[place])
    early = f"; at step {step:,} the {split} {shown} was {then:.4f}" if rose else ""
    smallest = (
        f"{split} loss {found.loss[place]:.4f} at step {step:,}, its smallest, " if step < end else f"{split} loss "
    )
    smoothed = "; medians of neighbouring evaluations" if found.smoothed else ""
    yield Symptom(
        sentence=f"The network overfits: train {shown} {trained:.4f}, {split} {shown} {other:.4f}.{since}",
        evidence=f"{smallest}{found.loss[-1]:.4f} at step {end:,} (train loss {found.train_loss[-1]:.4f}); difference "
        f"of {shown} {found.gap:.4f}{early}{smoothed}",
        numbers={
            "gap": found.gap,
            "since_step": step,
            "smallest_loss": float(found.loss[place]),
            "loss": float(found.loss[-1]),
            f"{split}_{name}_at_that_step": then,
            f"{split}_{name}": float(other),
            f"train_{name}": float(trained),
        },
        command=_against_overfitting(case, rose=rose, numbers=found.metric == "r2"),
        severity=severity,
    )


def _written(metric: str) -> str:
    return "R²" if metric == "r2" else metric.replace("_", " ")


def _severity(case: Case, found: Curves) -> Severity | None:
    """A problem where the network has got worse on other samples, or knows little more than its training samples."""
    if found.train_loss[-1] * LOSSES_APART > found.loss[-1] or found.train_loss[-1] > found.train_loss[found.best]:
        return None
    late = found.loss[-max(1, len(found.loss) // 10) :]
    early = found.best < 0.8 * len(found.loss)
    rose = bool(early and found.rise >= ROSE and late.min() >= (1 + (ROSE - 1) / 2) * found.loss[found.best])
    share = found.metric == "accuracy"
    noise = 0.0
    if share and (samples := samples_of(case, found.split)):
        noise = standard_error(float(found.metric_values[-1]), samples)
    if not share and found.metric != "r2":
        far = rose and found.rise >= LOSSES_APART and len(found.loss) >= ENOUGH
        return "problem" if far else "advice" if rose else None
    if found.gap < 3 * noise:
        return None
    harmed = found.lost >= max(0.02, 2 * noise) and found.gap >= LARGE_GAP / 3
    large = found.gap >= LARGE_GAP or harmed or found.rise >= ROSE_FAR
    large |= not share and found.rise >= LOSSES_APART and found.gap >= FAR_APART / 2
    large |= found.train_loss[-1] <= MEMORISED * found.loss[-1] and found.rise >= LOSSES_APART and found.gap >= APART
    stalled = found.loss[-1] >= (1 - FLAT) * found.loss[len(found.loss) // 2]
    by_heart = stalled and found.gap >= VERY_LARGE_GAP and found.train_metric[-1] >= 1 - FLAT
    if len(found.loss) >= ENOUGH and ((rose and large) or by_heart):
        return "problem"
    if found.gap >= FAR_APART or (rose and found.gap >= APART):
        return "advice"
    return None


def _against_overfitting(case: Case, *, rose: bool, numbers: bool) -> str:
    if case.spec["data"].get("train_size"):
        return case.retry("data.train_size=null")
    if rose and not case.spec["train"].get("early_stopping"):
        validation = [] if len(case.curve("validation_loss")[0]) else ["data.validation=0.2"]
        return case.retry(*validation, "train.early_stopping={metric: validation_loss, patience: 10}")
    dropout = [f"{key}=0.3" for key, value in keys_of(case.spec["model"], "dropout") if value == 0]
    if dropout and not numbers:  # of numbers dropout changes the scale: it costs more than it gains
        return case.retry(*dropout)
    return case.retry("penalty.l2=0.001")


LOW, FLAT, SLOW, NARROW = 0.1, 0.02, 0.12, 1 / 3
"""Below what neighbours reach by the first; the loss changes less than the second fraction in the last fifth, or
than the third where a hidden layer has at most the fourth fraction of the number of classes."""


def _underfitting(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    if not comparable(dataset) or case.record.status == "diverged":
        return
    found = curves(case, "train")
    metric = "r2" if dataset.task == NUMBERS else "accuracy"
    if found is None or found.metric != metric:
        return
    before = int(0.8 * (len(found.steps) - 1))
    earlier, end = float(found.train_loss[before]), float(found.train_loss[-1])
    reached = float(found.train_metric[-1])
    narrow = _narrowest(case) <= NARROW * max(case.classes, 1)
    # A network of one layer ends at chance because it is too small, others for many reasons.
    at_chance = end > 0.98 * case.chance and len(case.setup.network.layers) > 2
    flat = abs(earlier - end) <= (SLOW if narrow else FLAT) * earlier
    if not flat or at_chance or reached > 1 - LOW:
        return
    neighbours = neighbours_of(case)
    if neighbours < reached + LOW:
        return
    yield Symptom(
        sentence=f"The network underfits: train {_written(metric)} {reached:.4f} no longer rises, though the "
        "data allows more.",
        evidence=f"train loss {earlier:.4f} at step {int(found.steps[before]):,}, {end:.4f} at the end; predicting "
        f"each sample from its 5 nearest (most similar) training samples, without a network, gives {_written(metric)} "
        f"{neighbours:.4f}",
        numbers={"train": reached, "neighbours": neighbours, "loss_before": earlier, "loss": end},
        command=_against_underfitting(case),
    )


def _narrowest(case: Case) -> float:
    """The outputs of the narrowest hidden layer with weights; infinite where there is none."""
    with_weights = [layer.out_shape for layer in case.setup.network.layers if draws_weights(layer)]
    return min(map(prod, with_weights[:-1]), default=inf)


def _against_underfitting(case: Case) -> str:
    spec = case.spec
    changes = without_penalties(case) if penalty_share(case) > HEAVY else []
    if changes := changes + without_dropout(case, HEAVY):
        return case.retry(*changes)
    if (hidden := spec["model"].get("hidden")) is not None:
        wider = [max(64, 4 * units) for units in hidden or [0]] if isinstance(hidden, list) else max(64, 4 * hidden)
        return case.retry(f"model.hidden={wider}")
    if spec["model"]["name"] == "softmax":
        return case.retry("model={name: mlp, hidden: [100]}")
    units = [(key, value) for key, value in keys_of(spec["model"], "units") if isinstance(value, int)]
    wide = [f"{key}={max(64, 4 * value)}" for key, value in units[:-1]]
    return case.retry(*wide) if wide else case.retry(f"optimizer.lr={case.spec['optimizer']['lr'] * 3:g}")


HEAVY = 0.3
"""A share of the objective, or a dropout rate, that keeps a network from fitting its samples."""

RULES = (
    Rule(
        "overfitting",
        _overfitting,
        why="The network memorises its training samples, with details that other samples do not have. That lowers the "
        "training loss only. More samples, weight decay or dropout help, or early stopping: it ends the training once "
        "the loss on validation samples no longer falls.",
        source="Prechelt 1998, Early Stopping – But When?; CS231n, Neural Networks 3; Deep Learning from Scratch, 6.4",
    ),
    Rule(
        "underfitting",
        _underfitting,
        why="The network has too few units or layers, or too much weight decay or dropout, to fit its training "
        "samples. The training loss itself stays high, so more samples or more steps change nothing.",
        source="CS231n, Neural Networks 1 (size of the network) and 3; Goodfellow et al. 2016, Deep Learning, 5.2",
        needs=("experiment", "dataset", "chance"),
    ),
)
