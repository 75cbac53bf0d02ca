"""With permuted labels nothing can be learned that helps on held-out samples; with the true ones something can."""

from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES
from nnlab.data.dataset import Dataset, Split
from nnlab.engine.loop import train
from nnlab.engine.predictions import all_scores
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found
from nnlab.insight.sanity.short_training import TOO_LARGE, WORK, affordable_samples, affordable_steps
from nnlab.insight.sanity.signal import agreement, data_signal

SAMPLES = 1000
HELD_OUT = 500
FEWEST = 20
STEPS = 300
FEWEST_STEPS = 10
LARGEST_BATCH = 100
ABOVE_CHANCE = 4.5
"""A z-score from which on a result is above chance: 3 of a million results by chance are."""
RELATED = 3.0
"""A z-score of single inputs and nearest samples that is enough to believe that labels depend on inputs."""
MANY = 1000
"""With fewer training samples a weak relation looks like none: advice."""
SECTION = "permuted-labels"


def permuted_labels(case: CheckedSpec) -> Verdict:
    """Trained on permuted labels, the network is at chance on held-out samples; trained on the true ones, above it."""
    if case.work > TOO_LARGE:
        return Verdict(f"one sample takes {case.work:.1g} multiplications: too many to train here", skipped=True)
    true, permuted = (_parts(case, data) for data in (case.dataset, case.with_permuted_labels()))
    if len(true.train) < FEWEST or true.test is None or len(true.test) < FEWEST:
        return Verdict(f"needs {FEWEST} training and {FEWEST} held-out samples", skipped=True)
    of_permuted, of_true = _held_out_fit(case, permuted), _held_out_fit(case, true)
    if of_permuted is None or of_true is None:
        return Verdict("the short training diverged", skipped=True)
    (fit, chance, z), (true_fit, _, true_z) = of_permuted, of_true
    findings = []
    name = "accuracy" if case.dataset.task == CLASSES else "correlation"
    text = f"{name} on samples not trained on {fit:.3f} with permuted (shuffled) labels, expected about {chance:.3f}"
    text += f" (chance); {true_fit:.3f} with the true labels"
    if z > ABOVE_CHANCE:
        findings.append(_leak(case, name, fit, chance, z))
    if true_z <= ABOVE_CHANCE:
        nearest, correlation = data_signal(case.dataset, case.rng(5))
        if max(nearest, correlation) > RELATED:
            text += " (too few steps to learn)"
        elif len(case.dataset.train) >= 10 * FEWEST:
            findings.append(_unrelated(case, name, true_fit, chance, nearest))
    return Verdict(text, tuple(findings))


def _parts(case: CheckedSpec, dataset: Dataset) -> Dataset:
    """Some training samples, and as test samples some that training does not see, held out here where none are."""
    held_out = dataset.validation or dataset.test
    train_split = dataset.train
    order = case.rng(6).permutation(len(train_split))
    if held_out is None:
        count = len(order) // 3
        held_out, order = train_split.take(order[:count]), order[count:]
    kept = train_split.take(order[:SAMPLES])
    some = case.rng(7).permutation(len(held_out))[: max(2 * FEWEST, min(HELD_OUT, WORK // case.work))]
    return replace(dataset, train=kept, test=held_out.take(np.sort(some)), validation=None)


def _held_out_fit(case: CheckedSpec, data: Dataset) -> tuple[float, float, float] | None:
    """How well a short training predicts held-out samples, the fit by chance, and z; None where it diverged."""
    affordable = affordable_samples(case, FEWEST_STEPS, 10, LARGEST_BATCH)
    batch_size = min(case.setup.batches.batch_size, len(data.train), affordable)
    steps = affordable_steps(case, batch_size, FEWEST_STEPS, STEPS)
    setup = case.training(data, steps, batch_size, eval_every=steps, eval_train="batch")
    if train(setup, [], lambda: False).status == "diverged":
        return None
    assert data.test is not None
    return agreement(_predicted(setup, data.test), data.test.targets)


def _predicted(setup: RunSetup, split: Split) -> Array:
    with np.errstate(all="ignore"):  # after a divergence scores may be anything
        scores = all_scores(setup.network.forward, setup.network, split.inputs)
    predicted: Array = scores.argmax(axis=-1) if setup.dataset.task == CLASSES else np.nan_to_num(scores)
    return predicted


def _leak(case: CheckedSpec, name: str, fit: float, chance: float, z: float) -> Finding:
    return found(
        "learns_permuted_labels",
        "Trained on permuted labels, the network predicts held-out samples better than chance: the data leaks.",
        f"held-out {name} {fit:.3f}, chance {chance:.3f} ({z:.1f} standard errors above; up to {ABOVE_CHANCE:g} may "
        "be luck)",
        "Permuted labels have no relation to the inputs, so only something that carries labels of held-out samples "
        "into training or evaluation can help: features computed from all labels, or state that a layer keeps.",
        numbers={"fit": fit, "chance": chance, "z": z},
        section=SECTION,
        command=case.with_keys("sanity") + " --only independence --only inputs",
    )


def _unrelated(case: CheckedSpec, name: str, fit: float, chance: float, nearest: float) -> Finding:
    return found(
        "labels_unrelated_to_inputs",
        "The labels seem to have nothing to do with the inputs.",
        f"held-out {name} {fit:.3f} after a short training, chance {chance:.3f}; the most similar other sample has the "
        f"same label hardly more often than by chance ({nearest:.1f} standard errors above, expected {RELATED}), and "
        "no single input goes with the label",
        "Inputs and labels in another order (one of them shuffled or sorted alone) look like this, and so does a task "
        "that depends on many inputs at once, such as the parity of bits.",
        numbers={"fit": fit, "chance": chance, "z_of_nearest": nearest},
        section="labels-unrelated",
        command="look at a few samples with their labels; shuffle inputs and labels with the same indices",
        severity="problem" if len(case.dataset.train) >= MANY else "advice",
    )
