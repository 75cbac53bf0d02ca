"""Settings that contradict each other, or that have no effect."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from nnlab.core.task import NUMBERS
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.contradiction import Contradiction
from nnlab.insight.doctor.layer_order import last_layer, order_of_layers
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.optim.schedules import Warmup
from nnlab.registry import registered_name

EFFECTIVE_LR = 5.0
"""Momentum multiplies a steady gradient by 1/(1 − μ): η/(1 − μ) beyond this overshoots on any network of usual size."""

FADED, FADED_UPDATES = 1e-3, 0.3
"""A schedule ends too early where at least the second share of the updates has less than the first of η."""

SMOOTHING = 0.5


def _decay_twice(case: Case) -> Iterator[Contradiction]:
    decay, spec = float(case.spec["optimizer"].get("weight_decay") or 0), case.spec
    everywhere = float((spec.get("penalty") or {}).get("l2") or 0)
    if decay and everywhere:
        yield Contradiction(
            "Weight decay is set twice: in the optimizer, and as penalty.l2.",
            f"optimizer.weight_decay {decay:g}, penalty.l2 {everywhere:g}",
            {"weight_decay": decay, "l2": everywhere},
            ["penalty.l2=0"],
        )


def _momentum_and_rate(case: Case) -> Iterator[Contradiction]:
    optimizer = case.spec["optimizer"]
    momentum, lr = optimizer.get("momentum"), float(optimizer["lr"])
    train = case.spec["train"]
    if momentum is None or train.get("clip_norm") or train.get("clip_value"):
        return
    effective = lr / (1 - float(momentum)) if momentum < 1 else np.inf
    if momentum >= 0.95 and effective >= EFFECTIVE_LR:
        fitting = float(f"{0.1 * (1 - momentum):.1g}")
        yield Contradiction(
            f"A momentum of {momentum:g} with a learning rate of {lr:g} makes steps as long as a learning rate of "
            f"{effective:.3g} without momentum.",
            f"η/(1 − μ) = {effective:.3g}, expected below {EFFECTIVE_LR:g}",
            {"momentum": float(momentum), "lr": lr, "effective_lr": float(effective)},
            [f"optimizer.lr={fitting:g}"],
        )


def _schedule(case: Case) -> Iterator[Contradiction]:
    schedule, planned = case.experiment.train.schedule, case.setup.iterations
    name = registered_name(schedule)
    warmup = schedule.steps if isinstance(schedule, Warmup) else None
    if warmup is not None and warmup >= planned:
        yield Contradiction(
            f"The warm-up, in which the learning rate rises to its full value, takes {warmup:,} steps, but the "
            f"training ends after {planned:,}.",
            f"the learning rate reaches {schedule.scale(planned - 1, planned):.0%} of optimizer.lr",
            {"warmup_steps": int(warmup), "iterations": planned},
            [f"train.schedule.steps={max(1, planned // 20)}"],
        )
        return
    places = np.unique(np.linspace(0, planned - 1, min(planned, 1_000)).astype(int))
    scales = np.array([schedule.scale(int(place), planned) for place in places])
    faded = scales < FADED * scales.max()
    if faded.mean() >= FADED_UPDATES and faded[-1]:
        since = int(places[int(np.flatnonzero(~faded)[-1]) + 1])
        yield Contradiction(
            f"The schedule ({name}) lowers the learning rate to nearly 0 at step {since:,} of {planned:,}: the steps "
            "after that train nothing.",
            f"{scales[-1]:.2g} of optimizer.lr at the end",
            {"faded_since": since, "iterations": planned, "scale_at_end": float(scales[-1])},
            ["train.schedule=cosine"],
        )


def _patience(case: Case) -> Iterator[Contradiction]:
    train, setup = case.experiment.train, case.setup
    evaluations = -(-setup.iterations // setup.eval_every)
    followed = {"train.early_stopping": train.early_stopping, "train.schedule": train.schedule.plateau}
    for key, patience in followed.items():
        if patience is None or patience.patience < evaluations:
            continue
        what = "Early stopping" if key.endswith("stopping") else "The schedule plateau"
        yield Contradiction(
            f"{what} waits for {patience.patience} evaluations, but the training has {evaluations}: it has no effect.",
            f"{setup.iterations:,} iterations, an evaluation every {setup.eval_every:,}",
            {"patience": patience.patience, "evaluations": evaluations},
            [f"{key}.patience={max(1, evaluations // 5)}"]
            if evaluations > 1
            else [f"train.eval_every={max(1, setup.iterations // 20)}"],
        )


def _evaluations(case: Case) -> Iterator[Contradiction]:
    planned, every = case.setup.iterations, case.setup.eval_every
    if case.spec["train"]["eval_every"] != "epoch" and every > planned:
        yield Contradiction(
            f"train.eval_every is {every:,}, but the training has {planned:,} iteration{'s' * (planned != 1)}: "
            "there is no curve.",
            "two evaluations, before the first update and after the last",
            {"eval_every": every, "iterations": planned},
            [f"train.eval_every={max(1, planned // 20)}"],
        )


def _linear_network(case: Case) -> Iterator[Contradiction]:
    model = case.spec["model"]
    activation = model.get("activation")
    name = activation.get("name") if isinstance(activation, Mapping) else activation
    if name == "identity" and model.get("hidden"):
        yield Contradiction(
            "The hidden layers have no activation: together they compute no more than one linear layer.",
            f"model.activation identity, {len(model['hidden'])} hidden layers",
            {"hidden_layers": len(model["hidden"])},
            ["model.activation=relu"],
        )


def _of_loss(case: Case, key: str) -> Any:
    return getattr(case.experiment.loss, key, None)


def _class_weights(case: Case) -> Iterator[Contradiction]:
    weights, smoothing = _of_loss(case, "class_weights"), float(_of_loss(case, "smoothing") or 0)
    if smoothing >= SMOOTHING:
        yield Contradiction(
            f"Label smoothing of {smoothing:g} is too strong: it spreads {smoothing:.0%} of the target evenly over all "
            "classes.",
            f"loss.smoothing {smoothing:g}; 0.1 is usual",
            {"smoothing": smoothing},
            ["loss.smoothing=0.1"],
        )
    if not isinstance(weights, list | tuple) or case.dataset.task == NUMBERS:
        return
    counts, names = case.dataset.class_counts, case.dataset.class_names
    zero = [names[index] for index, weight in enumerate(weights) if weight == 0 and counts[index]]
    small = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
    heavy = [
        index for index, weight in enumerate(weights) if weight > weights[small] and counts[index] >= 2 * counts[small]
    ]
    if zero or heavy:
        large = max(heavy, key=lambda index: int(counts[index]), default=int(counts.argmax()))
        told = (
            f"class {zero[0]} has weight 0: it is never learned"
            if zero
            else f"{names[large]} weighs more ({weights[large]:g}) than the smaller {names[small]} ({weights[small]:g})"
        )
        yield Contradiction(
            f"The class weights do not balance the classes: {told}.",
            f"{counts[large]:,} training samples of {names[large]}, {counts[small]:,} of {names[small]}",
            {"largest_class": int(counts[large]), "smallest_class": int(counts[small])},
            ["loss.class_weights=balanced"],
        )


def _early_stopping_on_training(case: Case) -> Iterator[Contradiction]:
    stopping = case.experiment.train.early_stopping
    if stopping is not None and stopping.metric.startswith(("train", "objective")):
        yield Contradiction(
            f"Early stopping follows {stopping.metric}, which still falls while the network overfits.",
            f"train.early_stopping.metric {stopping.metric}",
            {"metric": stopping.metric},
            [
                *([] if case.dataset.validation else ["data.validation=0.2"]),
                "train.early_stopping.metric=validation_loss",
            ],
            "advice",
        )


CONTRADICTIONS: tuple[Callable[[Case], Iterator[Contradiction]], ...] = (
    _decay_twice,
    _momentum_and_rate,
    _schedule,
    _patience,
    _evaluations,
    last_layer,
    order_of_layers,
    _linear_network,
    _class_weights,
    _early_stopping_on_training,
)


def _contradictory_settings(case: Case) -> Iterator[Symptom]:
    for check in CONTRADICTIONS:
        for found in check(case):
            yield Symptom(
                sentence=found.sentence,
                evidence=found.evidence,
                numbers=found.numbers,
                command=case.retry(*found.changes) if found.changes else "",
                severity=found.severity,
            )


RULES = (
    Rule(
        "contradictory_settings",
        _contradictory_settings,
        why="Each setting is valid by itself, but together they cancel, double or contradict each other, or one of "
        "them has no effect.",
        source="Li et al. 2019, arXiv 1801.05134 (dropout and batch norm); Loshchilov & Hutter 2019, arXiv 1711.05101 "
        "(weight decay); CS231n, Neural Networks 1 and 3",
        needs=("experiment", "dataset"),
    ),
)
