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
from nnlab.models.network import Network


def no_batch() -> Batch:
    raise AssertionError("the mini-batch is used with eval_train: batch only")


@pytest.mark.parametrize("chunk", [2, 5, 100])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("joint", [False, True])
def test_the_objective_has_the_activity_penalty_and_the_loss_has_not(
    monkeypatch: pytest.MonkeyPatch, chunk: int, threads: int, joint: bool
) -> None:
    monkeypatch.setattr("nnlab.engine.sections.JOINT_WEIGHTS", 12 if joint else 1000)
    monkeypatch.setattr("nnlab.engine.evaluation.worth_splitting", lambda network, samples: joint)
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


def make_evaluation(samples: int, chunk: int, threads: int) -> tuple[Network, Evaluation]:
    network = make_network([Linear(units=50), Linear(units=3)], (40,), 3, dtype="float32")
    rng = np.random.default_rng(0)
    split = Split(
        rng.standard_normal((samples, 40)) * 10 ** rng.uniform(-3, 3, (samples, 1)), rng.integers(3, size=samples)
    )
    dataset = Dataset(split, None, ("a", "b", "c"))
    return network, Evaluation(network, CrossEntropy(), [], dataset, "all", chunk, Workers(threads))


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_threads_change_no_bit_of_an_evaluation_in_chunks(threads: int) -> None:
    rows = [make_evaluation(331, 13, count)[1].row(0, 0.0, 0.1, no_batch) for count in (1, threads)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("worth", "sizes"), [(True, [6, 5]), (False, [11])])
def test_a_single_chunk_is_halved_where_worth_splitting_whatever_the_threads(
    monkeypatch: pytest.MonkeyPatch, threads: int, worth: bool, sizes: list[int]
) -> None:
    seen: list[int] = []
    forward = Network.forward

    def counting(self: Network, x: np.ndarray, *, training: bool) -> np.ndarray:
        seen.append(len(x))
        return forward(self, x, training=training)

    monkeypatch.setattr(Network, "forward", counting)
    monkeypatch.setattr("nnlab.engine.evaluation.worth_splitting", lambda network, samples: worth)
    _, evaluation = make_evaluation(11, 100, threads)
    evaluation.row(0, 0.0, 0.1, no_batch)
    assert sorted(seen, reverse=True) == sizes


@pytest.mark.parametrize("samples", [1, 2, 11])
def test_halves_of_a_single_chunk_share_the_products_of_large_layers(
    monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    plain = without_gaps(make_evaluation(samples, 100, 1)[1].row(0, 0.0, 0.1, no_batch))
    products: list[tuple[int, slice]] = []
    forward = Linear.joint_forward

    def counting(self: Linear, x: np.ndarray, columns: slice, out: np.ndarray) -> None:
        products.append((len(x), columns))
        forward(self, x, columns, out)

    monkeypatch.setattr(Linear, "joint_forward", counting)
    monkeypatch.setattr("nnlab.engine.sections.JOINT_WEIGHTS", 40 * 50)
    monkeypatch.setattr("nnlab.engine.evaluation.worth_splitting", lambda network, samples: True)
    evaluations = [make_evaluation(samples, 100, threads)[1] for threads in (1, 2, 3)]
    rows = [without_gaps(evaluation.row(0, 0.0, 0.1, no_batch)) for evaluation in evaluations]
    assert rows[0] == rows[1] == rows[2] == pytest.approx(plain, rel=1e-5)
    assert sorted(products[:2], key=str) == [(samples, slice(0, 25)), (samples, slice(25, 50))]


def without_gaps(row: dict[str, float | None]) -> dict[str, float]:
    return {column: value for column, value in row.items() if value is not None}


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
