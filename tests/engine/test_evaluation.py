"""Evaluation: a row of metrics against values computed by hand."""

import tracemalloc

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import Batch
from nnlab.engine.evaluation import Evaluation
from nnlab.layers.activity import ActivityL1, ActivityL2
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy


def no_batch() -> Batch:
    raise AssertionError("the mini-batch is used with eval_train: batch only")


@pytest.mark.parametrize("chunk", [2, 5, 100])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("joint", [False, True])
def test_the_objective_has_the_activity_penalty_and_the_loss_has_not(
    monkeypatch: pytest.MonkeyPatch, chunk: int, threads: int, joint: bool
) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", 12 if joint else 1000)
    monkeypatch.setattr("nnlab.engine.chunked_evaluation.worth_splitting", lambda network, samples: joint)
    layers = [Linear(units=4), ActivityL1(strength=0.5), ActivityL2(strength=0.25), Linear(units=3)]
    network = make_network(layers, (2,), 3)
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((11, 2)), rng.integers(3, size=11)
    dataset = Dataset(Split(x, labels), None, ("a", "b", "c"))
    evaluation = Evaluation(network, CrossEntropy(), [], dataset, "all", chunk, Workers(threads))
    row = evaluation.row(0, 0.0, 0.1, no_batch)
    hidden = x @ layers[0].W.value + layers[0].b.value
    scores = hidden @ layers[3].W.value + layers[3].b.value
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -sum(np.log(p[n, label]) for n, label in enumerate(labels)) / 11
    penalty = (0.5 * np.abs(hidden).sum() + 0.25 * (hidden**2).sum()) / 11
    assert row["train_loss"] == pytest.approx(loss, rel=1e-12)
    assert row["objective"] == pytest.approx(loss + penalty, rel=1e-12)
    assert row["test_loss"] is None


def test_an_evaluation_copies_no_images() -> None:
    network = make_network([Flatten(), Linear(units=3)], (1, 28, 28), 3, dtype="float32")
    split = Split(np.zeros((3000, 1, 28, 28), np.uint8), np.zeros(3000, np.intp))
    dataset = Dataset(split, split, ("a", "b", "c"))
    evaluation = Evaluation(network, CrossEntropy(), [], dataset, "all", 50, Workers(2))
    tracemalloc.start()
    evaluation.row(0, 0.0, 0.1, no_batch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    chunks_in_hand = 2 * 2 * 50 * 784 * 4  # of two splits on two threads, in float32
    assert peak < 1.5 * chunks_in_hand < split.inputs.nbytes
