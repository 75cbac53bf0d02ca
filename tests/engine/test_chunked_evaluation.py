"""Evaluation in chunks: the same digits for any number of threads, and a single chunk in halves."""

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import Batch
from nnlab.engine.evaluation import Evaluation
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy
from nnlab.models.network import Network


def no_batch() -> Batch:
    raise AssertionError("the mini-batch is used with eval_train: batch only")


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
    monkeypatch.setattr("nnlab.engine.chunked_evaluation.worth_splitting", lambda network, samples: worth)
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
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", 40 * 50)
    monkeypatch.setattr("nnlab.engine.chunked_evaluation.worth_splitting", lambda network, samples: True)
    evaluations = [make_evaluation(samples, 100, threads)[1] for threads in (1, 2, 3)]
    rows = [without_gaps(evaluation.row(0, 0.0, 0.1, no_batch)) for evaluation in evaluations]
    assert rows[0] == rows[1] == rows[2] == pytest.approx(plain, rel=1e-5)
    assert sorted(products[:2], key=str) == [(samples, slice(0, 25)), (samples, slice(25, 50))]


def without_gaps(row: dict[str, float | None]) -> dict[str, float]:
    return {column: value for column, value in row.items() if value is not None}
