"""Sequence accuracy and perplexity: whole sequences, chunks, and beside the metrics of each step."""

from pathlib import Path

import numpy as np
import pytest
from measured import value
from trainings import Recorder, make_setup

from nnlab.engine.loop import train
from nnlab.losses import CrossEntropy
from nnlab.metrics.accuracy import Accuracy
from nnlab.metrics.sequences import Perplexity, SequenceAccuracy

RNG = np.random.default_rng(0)
SCORES, TARGETS = RNG.standard_normal((9, 3, 2)), RNG.integers(2, size=(9, 3))


@pytest.mark.parametrize("cuts", [(), (4,), (1, 2, 8)])
def test_every_step_of_a_sequence_must_be_right(cuts: tuple[int, ...]) -> None:
    right = [
        all(scores[t].argmax() == targets[t] for t in range(3)) for scores, targets in zip(SCORES, TARGETS, strict=True)
    ]
    assert 0 < sum(right) < 9
    assert value(SequenceAccuracy(), SCORES, TARGETS, cuts) == sum(right) / 9


def test_with_one_target_a_sample_it_is_the_accuracy() -> None:
    scores, targets = SCORES[:, 0], TARGETS[:, 0]
    assert value(SequenceAccuracy(), scores, targets) == value(Accuracy(), scores, targets)


def test_perplexity_is_exp_of_the_mean_cross_entropy() -> None:
    expected = np.exp(CrossEntropy().forward(SCORES, TARGETS))
    assert value(Perplexity(), SCORES, TARGETS, (2, 5)) == pytest.approx(expected, rel=1e-12)
    assert value(Perplexity(), np.zeros((2, 5, 7)), np.zeros((2, 5), int)) == pytest.approx(7, rel=1e-12)
    assert value(Perplexity(), np.array([[1000.0, 0]]), np.array([1])) == np.finfo(float).max
    assert np.isnan(value(Perplexity(), np.array([[np.nan, 0]]), np.array([1])))


def test_runs_measure_whole_sequences_beside_single_steps(tmp_path: Path) -> None:
    setup = make_setup(
        tmp_path,
        "data: {name: binary_addition, bits: 3, samples: 12, test_samples: 4}\n"
        "model: {name: sequential, layers: [{name: linear, units: 2}]}\n"
        "optimizer: {name: sgd, lr: 0.1}\nmetrics: [accuracy, sequence_accuracy, perplexity]\n"
        "train: {iterations: 1, batch_size: full}\n",
    )
    recorder = Recorder()
    train(setup, [recorder], lambda: False)
    row, split = recorder.rows[-1], setup.dataset.train
    right = setup.network.forward(split.inputs.astype(np.float32), training=False).argmax(axis=2) == split.targets
    assert (row["train_accuracy"], row["train_sequence_accuracy"]) == (right.mean(), right.all(axis=1).mean())
    assert row["train_perplexity"] == pytest.approx(np.exp(row["train_loss"]), rel=1e-6)
