"""Whether the network can memorise a few samples, with the spec's optimizer or with another one."""

from collections import Counter
from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES
from nnlab.data.dataset import Dataset, Split
from nnlab.insight.finding import Finding, Severity
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found
from nnlab.insight.sanity.short_training import TOO_LARGE, Progress, affordable_samples, affordable_steps, train_until
from nnlab.optim.adam import Adam

SAMPLES = 20
STEPS = 3000
FEWEST_STEPS = 60
ENOUGH_STEPS = 300
"""A large network that is trained for fewer steps and has not reached the goal may only be slow: advice."""
ADAM_STEPS = 1500
LEARNING_RATES = (3e-3, 3e-2, 3e-4)
"""Those of Adam, tried in this order where the spec's optimizer does not reach the goal."""
R2 = 0.9
NEARLY = 0.9
"""A network that reaches this part of the goal is small rather than wrong: advice."""
CLOSE = 0.1
"""Samples closer than this part of the median distance are not both memorised."""
SECTION = "overfit"


def overfit(case: CheckedSpec) -> Verdict:
    """Accuracy 1.0 (numbers: R² 0.9) on 20 samples without regularisation."""
    if case.work > TOO_LARGE:
        return Verdict(f"one sample takes {case.work:.1g} multiplications: too many to train here", skipped=True)
    data = few_samples(case)
    count = len(data.train)
    steps = affordable_steps(case, count, FEWEST_STEPS, STEPS)
    classes = case.dataset.task == CLASSES
    column, goal = ("train_accuracy", best_accuracy(data.train)) if classes else ("train_r2", R2)
    if not classes and not np.ptp(data.train.targets):
        return Verdict(f"{count} samples with equal targets cannot show it", skipped=True)
    progress, status = train_until(case.training(data, steps, count, eval_every=10), column, goal)
    name = "accuracy" if classes else "R²"
    reached = f"{progress.best:.3f}" if np.isfinite(progress.best) else "not a number"
    least = f"{goal:.3g}" if classes else f"at least {R2}"
    text = f"{name} {reached} on {_samples(case, count)} after {progress.step} steps, expected {least}: memorised"
    if progress.reached():
        return Verdict(text)
    with_adam: list[tuple[Progress, float]] = []
    for lr in LEARNING_RATES if steps >= ENOUGH_STEPS else LEARNING_RATES[:1]:
        setup = case.training(data, min(steps, ADAM_STEPS), count, Adam(lr=lr), eval_every=10)
        other, _ = train_until(setup, column, goal)
        with_adam.append((other, lr))
        if other.reached():
            break
    finding = finding_of(case, name, progress, status, steps, with_adam)
    text = f"{name} {reached} on {_samples(case, count)} in {steps} steps, expected {least}"
    return Verdict(text, (finding,))


def few_samples(case: CheckedSpec) -> Dataset:
    """20 training samples, each class in turn; fewer predictions than parameters per score, which any model can fit."""
    train = case.dataset.train
    affordable = affordable_samples(case, FEWEST_STEPS, 5, SAMPLES)
    most = min(affordable, case.parameter_count // case.outputs, -(-5 * SAMPLES // case.predictions))
    order = case.rng(3).permutation(len(train))
    if train.targets.ndim == 1:  # each class in turn
        seen: Counter[int] = Counter()
        ranks = np.empty(len(order), np.intp)
        for place, label in enumerate(train.targets[order].tolist()):
            ranks[place] = seen[label]
            seen[label] += 1
        order = order[np.argsort(ranks, kind="stable")]
    order = _apart(train, order[: 10 * SAMPLES])
    chosen = train.take(order[: max(1 + (train.targets.dtype.kind == "f"), most)])
    return replace(case.dataset, train=chosen, test=None, validation=None)


def _apart(train: Split, order: Array) -> Array:
    """The samples in this order without those that are very close to one before: no small network tells them apart."""
    x = train.inputs[order].reshape(len(order), -1).astype(np.float64)
    squares = (x**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))
    near = distances < CLOSE * np.median(distances)
    kept: list[int] = []
    for place in range(len(order)):
        if not near[place, kept].any():
            kept.append(place)
    return np.concatenate([order[kept], np.delete(order, kept)])


def best_accuracy(split: Split) -> float:
    """The highest accuracy of any function of these samples, some of which may be equal with different labels.

    A prediction at a step may know the steps until then only.
    """
    steps = 1 if split.targets.ndim == 1 else split.targets.shape[1]
    right = 0
    for step in range(steps):
        labels = split.targets if split.targets.ndim == 1 else split.targets[:, step]
        known = split.inputs if split.targets.ndim == 1 else split.inputs[:, : step + 1]
        groups: dict[bytes, Counter[int]] = {}
        for sample, label in zip(known, labels.tolist(), strict=True):
            groups.setdefault(np.ascontiguousarray(sample).tobytes(), Counter())[label] += 1
        right += sum(counts.most_common(1)[0][1] for counts in groups.values())
    return right / (steps * len(split))


def _samples(case: CheckedSpec, count: int) -> str:
    samples = f"{count} sample{'s' * (count != 1)}"
    if case.predictions > 1:
        return f"{samples} of {case.predictions} steps"
    if count == case.parameter_count // case.outputs:
        return f"{samples} (as many as {case.parameter_count:,} parameters and {case.outputs} scores can fit)"
    return samples


def finding_of(
    case: CheckedSpec, name: str, progress: Progress, status: str, steps: int, with_adam: list[tuple[Progress, float]]
) -> Finding:
    """What is wrong where the spec's optimizer did not reach the goal: the optimizer, or the model; or hardly anything.

    ``with_adam`` are the trainings with Adam and their learning rates.
    """
    best, lr = max(with_adam, key=lambda tried: tried[0].best)
    numbers: dict[str, float | int | str] = {"best": progress.best, "steps": steps, "best_with_adam": best.best}
    evidence = f"best {name} {progress.best:.3f} in {steps} steps"
    if status == "diverged":
        evidence += ", then diverged"
    elif progress.objective > 1.001 * progress.first_objective:
        evidence += f"; the loss rose from {progress.first_objective:.4g} to {progress.objective:.4g}"
    else:
        evidence += f"; the loss went from {progress.first_objective:.4g} to {progress.objective:.4g}"
    slow = steps < ENOUGH_STEPS and progress.objective < progress.first_objective
    severity: Severity = "advice" if slow else "problem"
    if best.reached():
        return found(
            "optimizer_cannot_overfit",
            f"With the optimizer of the spec the network does not memorise a few samples in {steps:,} steps; with Adam "
            "it does. The cause is the optimizer, its learning rate or the initial weights, not the layers.",
            f"{evidence}; Adam with lr {lr:g} reaches {best.best:.3f} in {best.step} steps",
            "The learning rate is far too small or too large, the updates raise the loss (wrong sign), or the loss is "
            "almost flat around these initial weights (a plateau), where plain gradient steps are tiny.",
            numbers={**numbers, "adam_lr": lr, "adam_steps": best.step},
            section=SECTION,
            command=case.with_keys("train", {"optimizer": "adam", "optimizer.lr": f"{lr:g}"}),
            severity=severity,
        )
    if max(progress.best, best.best) >= NEARLY * progress.goal:
        return found(
            "nearly_overfits",
            "The network memorises most of a few samples, but not all.",
            f"{evidence}; Adam reaches {best.best:.3f} (lr {lr:g})",
            "A small network needs more units or steps where samples of different classes are close to each other.",
            numbers=numbers,
            section=SECTION,
            command="more units in the hidden layers",
            severity="advice",
        )
    return found(
        "model_cannot_overfit",
        "The network cannot memorise a few samples, even with Adam: the cause is the model or the loss, not the "
        "optimizer.",
        f"{evidence}; Adam reaches {best.best:.3f} (lr {lr:g})",
        "The output does not depend on the input, gradients do not arrive or are wrong, or the labels of equal inputs "
        "differ. The other failed checks say which.",
        numbers=numbers,
        section=SECTION,
        command=case.with_keys("sanity") + " --only gradients --only gradient_flow",
        severity=severity,
    )
