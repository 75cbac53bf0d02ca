from collections.abc import Callable
from math import isfinite, log

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.core.random import make_streams
from nnlab.data.batches import Batches, Feed
from nnlab.data.dataset import Split
from nnlab.losses import CrossEntropy
from nnlab.models.mlp import MLP
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.optim.momentum import Momentum
from nnlab.optim.sgd import SGD
from nnlab.penalties import L2
from nnlab.records.formats import METRICS_COLUMNS, Row
from nnlab.train.evaluation import Evaluation, score
from nnlab.train.loop import Outcome, Training, train


class Recorder:
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.rows: list[Row] = []

    def on_step(self, step: int, objective: float) -> None:
        self.steps.append(step)
        self.losses.append(objective)

    def on_evaluation(self, row: Row) -> None:
        self.rows.append(row)


def make_split(count: int, seed: int = 0) -> Split:
    draws = np.random.default_rng(seed)
    labels = draws.integers(3, size=count)
    return Split(draws.standard_normal((count, 4)) + labels[:, None], labels)


def make_training(
    *,
    optimizer: Optimizer | None = None,
    iterations: int = 20,
    eval_every: int = 5,
    eval_train: object = "all",
    l2: float = 0.0,
    dropout: float = 0.0,
) -> Training:
    streams = make_streams("streams", 0)
    network = Network(MLP(hidden=[8], dropout=dropout).stack((4,), 3), (4,), 3, streams)
    network.allocate("float64")
    split = make_split(30)
    penalties = [L2(strength=l2)] if l2 else []
    loss = CrossEntropy()
    test = Feed(make_split(10, seed=1), "float64")
    evaluation = Evaluation(network, loss, penalties, Feed(split, "float64"), test, eval_train)  # type: ignore[arg-type]
    batches = Batches(Feed(split, "float64"), 7, "shuffle", streams)
    return Training(network, loss, penalties, optimizer or SGD(lr=0.1), batches, evaluation, iterations, eval_every)


def run(training: Training, stop: Callable[[], bool] = lambda: False) -> tuple[Recorder, Outcome]:
    recorder = Recorder()
    return recorder, train(training, [recorder], stop)


def test_steps_and_evaluations_come_at_their_times() -> None:
    recorder, outcome = run(make_training(iterations=12, eval_every=5))
    assert recorder.steps == list(range(1, 13))
    assert [row["step"] for row in recorder.rows] == [0, 5, 10, 12]
    assert (outcome.status, outcome.steps, outcome.message) == ("completed", 12, "")


def test_training_learns() -> None:
    recorder, _ = run(make_training(iterations=200, optimizer=Momentum(lr=0.1)))
    first, last = recorder.rows[0]["train_loss"], recorder.rows[-1]["train_loss"]
    assert first is not None
    assert last is not None
    assert last < first / 2


def test_a_row_has_exactly_the_columns_of_the_file() -> None:
    recorder, _ = run(make_training())
    assert all(tuple(row) == METRICS_COLUMNS for row in recorder.rows)


def test_the_objective_of_step_one_is_that_of_the_starting_weights_with_penalties() -> None:
    training = make_training(l2=0.5)
    batches = make_training().batches
    x, labels = batches.batch(1)
    scores = training.network.forward(x, training=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -sum(log(p[n, label]) for n, label in enumerate(labels)) / len(labels)
    weights = [layer.W.value for layer in training.network.layers if hasattr(layer, "W")]
    expected += 0.25 * sum(float((W**2).sum()) for W in weights)
    recorder, _ = run(training)
    assert recorder.losses[0] == pytest.approx(expected, rel=1e-12)


def test_accuracy_and_loss_of_an_evaluation_by_hand() -> None:
    training = make_training()
    split = make_split(10, seed=1)
    scores = training.network.forward(split.inputs, training=False).copy()
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    measured = score(training.network, training.loss, Feed(split, "float64"))
    assert measured.accuracy == sum(int(np.argmax(row)) == y for row, y in zip(p, split.labels, strict=True)) / 10
    assert measured.loss == pytest.approx(-np.log(p[np.arange(10), split.labels]).mean(), rel=1e-12)


@pytest.mark.parametrize("eval_train", ["all", "batch", 7, 3])
@pytest.mark.parametrize("eval_every", [1, 3, 100])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_evaluating_never_changes_the_training(eval_train: object, eval_every: int, dropout: float) -> None:
    plain, _ = run(make_training(eval_every=1000, eval_train=30, dropout=dropout))
    other, _ = run(make_training(eval_every=eval_every, eval_train=eval_train, dropout=dropout))
    assert other.losses == plain.losses
    assert other.rows[-1]["test_loss"] == plain.rows[-1]["test_loss"]


def test_a_loss_that_is_infinite_ends_training_like_one_that_is_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    training = make_training()
    forward = training.loss.forward

    def infinite_in_training(scores: Array, labels: Array) -> float:
        return float("inf") if training.network.streams.step == 1 else forward(scores, labels)

    monkeypatch.setattr(training.loss, "forward", infinite_in_training)
    recorder, outcome = run(training)
    assert (outcome.status, outcome.steps, recorder.steps) == ("diverged", 0, [])
    assert "the loss became inf at step 1" in outcome.message


def test_a_stop_request_finishes_the_step_and_evaluates() -> None:
    recorder = Recorder()
    outcome = train(make_training(), [recorder], lambda: len(recorder.steps) == 8)
    assert (outcome.status, outcome.steps) == ("interrupted", 8)
    assert [row["step"] for row in recorder.rows] == [0, 5, 8]


def test_a_stop_request_before_the_first_step_still_evaluates_once() -> None:
    recorder, outcome = run(make_training(), stop=lambda: True)
    assert (outcome.status, outcome.steps) == ("interrupted", 0)
    assert [row["step"] for row in recorder.rows] == [0]


def test_a_stop_request_at_the_last_step_is_a_completed_run() -> None:
    recorder = Recorder()
    outcome = train(make_training(iterations=8), [recorder], lambda: len(recorder.steps) == 8)
    assert outcome.status == "completed"


def test_divergence_stops_at_the_first_loss_that_is_not_finite() -> None:
    recorder, outcome = run(make_training(optimizer=SGD(lr=1e6), l2=1e6, iterations=1000, eval_every=1000))
    assert outcome.status == "diverged"
    assert outcome.steps == len(recorder.losses) < 1000
    assert all(isfinite(loss) for loss in recorder.losses)
    assert f"at step {outcome.steps + 1}" in outcome.message
    assert "learning rate" in outcome.message


def test_an_evaluation_that_is_not_finite_is_not_recorded() -> None:
    recorder, outcome = run(make_training(optimizer=SGD(lr=1e6), l2=1e6, iterations=1000, eval_every=1))
    assert outcome.status == "diverged"
    assert all(isfinite(value) for row in recorder.rows for value in row.values() if value is not None)
