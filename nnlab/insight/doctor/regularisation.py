"""Regularisation that outweighs the data: penalties, weight decay, dropout, augmentation."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import NUMBERS
from nnlab.data.pipeline.augmentation import Rotate, Shift, augment
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.measurement import probe_samples, state_of
from nnlab.insight.doctor.neighbours import comparable, nearest_training_samples, neighbours_metric
from nnlab.insight.doctor.remedies import keys_of
from nnlab.insight.doctor.rules import ILL_TRAINING, Rule, Symptom
from nnlab.registry import registered_name

SHARE = 0.5
"""A penalty outweighs the loss where it is at least this share of the objective."""

UNLEARNT, LITTLE_LEARNT = 0.5, 0.2
"""Little is learned where the training loss is at least the first fraction of that of a constant prediction, or the
second with weights that are shrunk."""

SHRUNK, MORE = 0.5, 0.1
"""Weights are shrunk below this fraction of their initial norm; the data allows more by this accuracy or R²."""

LOW, BELOW = 0.9, 0.15
"""With dropout or augmentation too strong, training accuracy is below the first, and in training mode further below."""

STRONG, MOST_DEGREES, MOST_SHIFT = 0.7, 60, 0.25
"""A dropout rate, a rotation, and a shift as a fraction of the side that are strong whatever the network."""


def penalty_share(case: Case) -> float:
    """The share of the weight penalties in the objective at the end; 0 where it is not recorded."""
    final = case.record.final or {}
    objective, loss = final.get("objective"), final.get("train_loss")
    if objective is None or loss is None or not 0 < objective < np.inf or not _penalties(case):
        return 0.0
    return max(0.0, (objective - loss) / objective)


def without_penalties(case: Case) -> list[str]:
    """The changes that take away all weight penalties."""
    return [f"{key}=0" for key in _penalties(case)]


def without_dropout(case: Case, least: float) -> list[str]:
    """The changes that take away dropout at a rate of at least ``least``."""
    return [f"{key}=0" for key, rate in _dropout_rates(case) if rate >= least]


def _penalties(case: Case) -> dict[str, float]:
    """The strengths λ by key, of all weights and of single layers, and the optimizer's decoupled weight decay."""
    spec = case.spec
    found = {f"penalty.{name}": value for name, value in (spec.get("penalty") or {}).items()}
    for name in ("l1", "l2"):
        found |= dict(keys_of(spec["model"], name))
    return {key: float(value) for key, value in found.items() if isinstance(value, int | float) and value > 0}


def _dropout_rates(case: Case) -> list[tuple[str, float]]:
    model = case.spec["model"]
    rates = [*keys_of(model, "dropout"), *keys_of(model, "rate")]
    return [(key, float(rate)) for key, rate in rates if isinstance(rate, int | float) and rate > 0]


def _penalty_outweighs_loss(case: Case) -> Iterator[Symptom]:
    final = case.record.final or {}
    loss, objective = final.get("train_loss"), final.get("objective")
    decay = float(case.spec["optimizer"].get("weight_decay") or 0)
    penalties = _penalties(case)
    if loss is None or objective is None or not (penalties or decay):
        return
    if not np.isfinite([loss, objective]).all() or loss < LITTLE_LEARNT * case.chance:
        return
    initial, norm = (_norm([layer.weights for layer in moment.trained]) for moment in (case.before, case.after))
    share = penalty_share(case)
    shrunk = norm < SHRUNK * initial and allows_more(case)
    if not shrunk and (share < SHARE or loss < UNLEARNT * case.chance):
        return
    named = ", ".join([f"{key} {value:g}" for key, value in penalties.items()][:3])
    if penalties:
        changes, cause = [f"{key}={value / 1000:g}" for key, value in penalties.items()], f"The penalty ({named})"
    else:
        changes, cause = [f"optimizer.weight_decay={decay / 1000:g}"], f"The weight decay ({decay:g})"
    yield Symptom(
        sentence=f"{cause} outweighs the loss: training makes the weights small instead of learning.",
        evidence=f"the norm (length) of all weights fell from {initial:.3g} to {norm:.3g}; {share:.0%} of the "
        f"objective {objective:.4f} (loss + penalty) is the penalty; train loss {loss:.4f}, that of chance "
        f"(ignoring the inputs) {case.chance:.4f}",
        numbers={"penalty_share": share, "norm_before": initial, "norm": norm, "train_loss": loss},
        command=case.retry(*changes),
    )


def allows_more(case: Case) -> bool:
    """Whether the nearest neighbours of the training samples tell their targets better than the network."""
    return neighbours_of(case) >= reached_on_training(case) + MORE


def neighbours_of(case: Case) -> float:
    """The accuracy, or R², of the 5 nearest training samples on training samples; −∞ where there are no distances."""
    if not comparable(case.dataset):
        return -np.inf
    return neighbours_metric(case.dataset, nearest_training_samples(case.dataset, k=5))


def reached_on_training(case: Case) -> float:
    """The accuracy, or R², on the training samples at the end; infinite where it is not recorded."""
    value = (case.record.final or {}).get("train_r2" if case.dataset.task == NUMBERS else "train_accuracy")
    return np.inf if value is None or not np.isfinite(value) else value


def _norm(norms: list[float | None]) -> float:
    return float(np.sqrt(sum(norm**2 for norm in norms if norm is not None)))


def _dropout_too_strong(case: Case) -> Iterator[Symptom]:
    rates = [getattr(layer, "rate", 0.0) for layer in case.network.all_layers() if registered_name(layer) == "dropout"]
    rates = [rate for rate in rates if rate > 0]
    if not rates or case.dataset.task == NUMBERS or case.dataset.steps is not None:
        return
    x, targets = BatchLoader(probe_samples(case.setup), case.experiment.dtype).everything()
    plain, dropped = _accuracy(case, x, targets, training=False), _accuracy(case, x, targets, training=True)
    largest = max(rates)
    if plain >= LOW or (dropped > plain - BELOW and largest < STRONG) or neighbours_of(case) < plain + MORE:
        return
    yield Symptom(
        sentence=f"Dropout is too strong (rate {largest:g}): the network cannot fit even its training samples.",
        evidence=f"accuracy on {len(targets)} training samples {plain:.4f}, with dropout as in training {dropped:.4f}",
        numbers={"rate": largest, "accuracy": plain, "accuracy_with_dropout": dropped},
        command=case.retry(*(f"{key}={min(0.2, rate / 4):g}" for key, rate in _dropout_rates(case))),
    )


def _augmentation_too_strong(case: Case) -> Iterator[Symptom]:
    chosen = case.experiment.data.augment
    if not chosen or case.dataset.task == NUMBERS:
        return
    x, targets = BatchLoader(probe_samples(case.setup), case.experiment.dtype).everything()
    plain = _accuracy(case, x, targets, training=False)
    changed = x.copy()
    augment(changed, chosen, case.setup.network.streams, 1)
    augmented = _accuracy(case, changed, targets, training=False)
    if plain >= LOW or (augmented > plain - BELOW / 3 and not _extreme(case)) or neighbours_of(case) < plain + MORE:
        return
    names = [entry["name"] if isinstance(entry, dict) else str(entry) for entry in case.spec["data"]["augment"]]
    yield Symptom(
        sentence=f"The augmentation ({', '.join(names)}) is too strong: the changed images no longer show their class.",
        evidence=f"accuracy on {len(targets)} training images {plain:.4f}, augmented {augmented:.4f}",
        numbers={"accuracy": plain, "accuracy_augmented": augmented},
        command=case.retry("data.augment=[]"),
    )


def _extreme(case: Case) -> bool:
    """Whether images are turned by more than 60°, or moved by more than a quarter of their side."""
    for chosen in case.experiment.data.augment:
        if isinstance(chosen, Rotate) and chosen.degrees > MOST_DEGREES:
            return True
        if isinstance(chosen, Shift) and chosen.pixels > MOST_SHIFT * min(case.dataset.sample_shape[1:]):
            return True
    return False


def _accuracy(case: Case, x: Array, targets: Array, *, training: bool) -> float:
    """The accuracy of the saved weights; buffers of the network, such as running means, are as before afterwards."""
    network = case.network
    kept = state_of(network)
    network.streams.step, network.streams.part = 1, 0
    with np.errstate(all="ignore"):  # the numbers of an ill network may be anything
        scores = network.forward(x, training=training).copy()
    network.load_state(kept)
    return float(np.mean(scores.argmax(axis=-1) == targets))


RULES = (
    Rule(
        "penalty_outweighs_loss",
        _penalty_outweighs_loss,
        why="Training minimises loss + penalty. Weight decay adds λ/2·ΣW² to the loss, and so λW to the gradient of W. "
        "With a large λ that part is larger than the gradient of the loss, and every update moves the weights "
        "towards 0.",
        source="Deep Learning from Scratch, 6.4.2; Krogh & Hertz 1991, A Simple Weight Decay Can Improve "
        "Generalization; CS231n, Neural Networks 3 (hyperparameter ranges)",
        needs=("weights", "chance"),
        explains=ILL_TRAINING | {"initial_weights_too_small"},
    ),
    Rule(
        "dropout_too_strong",
        _dropout_too_strong,
        why="Dropout with rate p sets the fraction p of a layer's outputs to 0 in training. With a large p the rest "
        "says too little about a sample, and the training loss stays high.",
        source="Srivastava et al. 2014, JMLR 15, section 7.3 (effect of the rate)",
        needs=("weights",),
        explains=ILL_TRAINING | {"initial_weights_too_small"},
    ),
    Rule(
        "augmentation_too_strong",
        _augmentation_too_strong,
        why="Augmentation changes training images at random (rotates, shifts them), so that the network sees more "
        "different ones. The changed image must still show its class: a 6 turned by 180° is a 9.",
        source="Shorten & Khoshgoftaar 2019, A Survey on Image Data Augmentation, Journal of Big Data 6 (safety)",
        needs=("weights",),
        explains=ILL_TRAINING | {"initial_weights_too_small"},
    ),
)
