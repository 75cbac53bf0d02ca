"""Units that pass no gradient, and batch statistics of very few samples."""

from collections.abc import Iterator

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.remedies import initialiser_changes, keys_of, learning_rate
from nnlab.insight.doctor.rules import LITTLE_LEARNED, Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import learned_little
from nnlab.insight.finding import Severity

# "As much as 40 % of your network can be dead" with a learning rate that is too high (CS231n).
DEAD, ALL_DEAD = 0.5, 0.9
SATURATED = 0.8
# A saturated network is only ill where it learned little: a good classifier is sure of its answers.
POOR_LOSS = 0.5
# The error of batch normalisation grows from 8 samples in a batch on downwards (Wu & He 2018, figure 1).
TINY_BATCH, SMALL_BATCH = 4, 8


def find_dead(case: Case) -> Iterator[Symptom]:
    """At least half of the units of a ReLU layer are 0 for all samples."""
    layers = [layer for layer in case.after.activations if layer.dead is not None and layer.units > 1]
    worst = max(layers, key=lambda layer: layer.dead or 0.0, default=None)
    share = (worst.dead if worst else None) or 0.0
    if worst is None or share < DEAD:
        return
    ill = share >= ALL_DEAD or learned_little(case)
    earlier = {layer.name: layer.dead or 0.0 for layer in case.before.activations}[worst.name]
    numbers: Numbers = {"layer": worst.name, "dead": share, "dead_before": earlier}
    evidence = (
        f"{share:.0%} of the {worst.units} units of {worst.name} are 0 for every sample, {earlier:.0%} before training"
    )
    born_dead = earlier > share / 2
    command = case.retry(*(initialiser_changes(case, "he") if born_dead else [learning_rate(case, 0.1)]))
    sentence = "Units of a ReLU layer are dead: they give 0 for every sample."
    yield Symptom(sentence, evidence, numbers, command, "problem" if ill else "advice")


def find_saturated(case: Case) -> Iterator[Symptom]:
    """Most outputs of a sigmoid or tanh are at the ends of its range, and the run learned little."""
    layers = [layer for layer in case.after.activations if layer.saturated is not None]
    worst = max(layers, key=lambda layer: layer.saturated or 0.0, default=None)
    share = (worst.saturated if worst else None) or 0.0
    if worst is None or share < SATURATED or not case.final_objective > POOR_LOSS * case.chance:
        return
    earlier = {layer.name: layer.saturated or 0.0 for layer in case.before.activations}[worst.name]
    numbers: Numbers = {"layer": worst.name, "saturated": share, "saturated_before": earlier}
    evidence = (
        f"{share:.0%} of the outputs of {worst.name} are within 1 % of an end of their range "
        f"(sigmoid 0 and 1, tanh -1 and 1), "
        f"{earlier:.0%} before training; reported from {SATURATED:.0%} on"
    )
    changes = initialiser_changes(case, "xavier") if earlier > share / 2 else [learning_rate(case, 0.1)]
    yield Symptom(
        "The units of a layer are saturated: their slope is almost 0.", evidence, numbers, case.retry(*changes)
    )


def find_tiny_batches(case: Case) -> Iterator[Symptom]:
    """Batch normalisation with batches of very few samples."""
    layers = [layer for layer in case.setup.network.all_layers() if layer.batch_dependent]
    size = case.setup.batches.batch_size
    if not layers or size >= SMALL_BATCH:
        return
    evidence = (
        f"batch normalisation in {len(layers)} layer{'s' * (len(layers) != 1)}, "
        f"with batches of {size} sample{'s' * (size != 1)}, expected at least {SMALL_BATCH}"
    )
    numbers: Numbers = {"batch_size": size, "layers": len(layers)}
    larger = min(32, len(case.dataset.train))
    normalised = [f"{key}=false" for key, value in keys_of(case.spec["model"], "batch_norm") if value]
    changes = [f"train.batch_size={larger}"] if larger > size else normalised
    severity: Severity = "problem" if size <= TINY_BATCH and learned_little(case) else "advice"
    sentence = "Batch normalisation has too few samples in a batch."
    yield Symptom(sentence, evidence, numbers, case.retry(*changes), severity)


RULES = (
    Rule(
        name="dead_relus",
        find=find_dead,
        why="Where a ReLU gives 0, its gradient is 0. A unit that gives 0 for every sample gets no gradient, so its "
        "weights no longer change. The usual cause is one update that was too large; units can also be dead from the "
        "start.",
        source="CS231n, Neural Networks Part 1, Commonly used activation functions",
        needs=("after",),
        explains=LITTLE_LEARNED | {"vanishing_gradients"},
    ),
    Rule(
        name="saturated_units",
        find=find_saturated,
        why="The backward pass multiplies the gradient by the slope of the activation. At the ends of the range of a "
        "sigmoid or tanh the slope is almost 0, so almost no gradient passes.",
        source="CS231n, Neural Networks Part 1, Commonly used activation functions; Glorot & Bengio 2010",
        needs=("after",),
        explains=LITTLE_LEARNED | {"vanishing_gradients"},
    ),
    Rule(
        name="batch_norm_of_few_samples",
        find=find_tiny_batches,
        why="Batch normalisation uses mean and variance of the batch. With very few samples they change strongly from "
        "batch to batch. Evaluations use running averages over the batches instead, which then do not fit.",
        source="Wu & He 2018, Group Normalization, arXiv 1803.08494, figure 1",
        needs=("setup",),
    ),
)
