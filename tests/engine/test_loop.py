from collections.abc import Callable
from math import cos, isfinite, log, pi
from typing import Any

import numpy as np
import pytest
from trainings import Recorder, make_setup_on

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.chunked_evaluation import score
from nnlab.engine.loop import Outcome, train
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.activity import ActivityL2
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy
from nnlab.metric_columns import METRICS_COLUMNS, measured_statistics
from nnlab.models.base import Model
from nnlab.models.mlp import MLP
from nnlab.models.sequential import Sequential
from nnlab.optim.base import Optimizer
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.momentum import Momentum
from nnlab.optim.schedules import Cosine, ReduceLROnPlateau, Warmup
from nnlab.optim.sgd import SGD
from nnlab.regularizers import L2


def make_split(count: int, seed: int = 0) -> Split:
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=count)
    return Split(rng.standard_normal((count, 4)) + labels[:, None], labels)


def make_training(
    *,
    optimizer: Optimizer | None = None,
    l2: float = 0.0,
    dropout: float = 0.0,
    smoothing: float = 0.0,
    batch_norm: bool = False,
    threads: int = 1,
    shards: int = 1,
    model: Model | None = None,
    **settings: Any,
) -> RunSetup:
    settings = {"iterations": 20, "eval_every": 5} | settings
    dataset = Dataset(make_split(30), make_split(10, seed=1), ("a", "b", "c"), validation=make_split(12, seed=2))
    return make_setup_on(
        dataset,
        model or MLP(hidden=[8], dropout=dropout, batch_norm=BatchNorm() if batch_norm else None),
        optimizer or SGD(lr=0.1),
        loss=CrossEntropy(smoothing=smoothing),
        penalty=[L2(strength=l2)] if l2 else [],
        batch_size=7,
        threads=threads,
        shards=shards,
        **settings,
    )


def run(training: RunSetup, stop: Callable[[], bool] = lambda: False) -> tuple[Recorder, Outcome]:
    recorder = Recorder()
    return recorder, train(training, [recorder], stop)


def test_updates_and_evaluations_follow_eval_every() -> None:
    recorder, outcome = run(make_training(iterations=12, eval_every=5))
    assert recorder.steps == list(range(1, 13))
    assert [row["step"] for row in recorder.rows] == [0, 5, 10, 12]
    assert (outcome.status, outcome.steps, outcome.message) == ("completed", 12, "")


class Events(Recorder):
    """Updates are left out; evaluations and checkpoints come in the order in which they were made."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def on_evaluation(self, row: Row) -> None:
        self.events.append(f"evaluate {row['step']}")

    def save(self, step: int, *, ending: bool) -> None:
        self.events.append(f"save {step}, ending" if ending else f"save {step}")


@pytest.mark.parametrize(
    ("start", "iterations", "expected"),
    [
        (0, 10, ["evaluate 0", "save 4", "evaluate 5", "save 8", "evaluate 10", "save 10, ending"]),
        # A training of more iterations does not evaluate at 12: the state is saved before that evaluation changes it.
        (0, 12, ["evaluate 0", "save 4", "evaluate 5", "save 8", "evaluate 10", "save 12, ending", "evaluate 12"]),
        # The evaluation and the checkpoint of the step it resumes from were made before.
        (5, 10, ["save 8", "evaluate 10", "save 10, ending"]),
        (8, 9, ["save 9, ending", "evaluate 9"]),
        (10, 10, []),
        (9, 9, ["evaluate 9"]),
    ],
)
def test_evaluations_and_checkpoints_of_whole_and_resumed_trainings(
    start: int, iterations: int, expected: list[str]
) -> None:
    training, events = make_training(iterations=iterations, eval_every=5, checkpoint_every=4), Events()
    training.start = start
    asked: list[int] = []
    outcome = train(training, [events], lambda: bool(asked.append(1)), events)
    assert events.events == expected
    assert events.steps == list(range(start + 1, iterations + 1))
    assert (outcome.status, outcome.steps) == ("completed", iterations)
    assert len(asked) == iterations - start  # once before each update


def test_a_diverged_training_saves_no_checkpoint_of_its_end() -> None:
    training, events = make_training(optimizer=SGD(lr=1e6), l2=1e6, iterations=1000, checkpoint_every=1), Events()
    outcome = train(training, [events], lambda: False, events)
    assert outcome.status == "diverged"
    assert [event for event in events.events if event.startswith("save")] == [
        f"save {step}" for step in range(1, outcome.steps + 1)
    ]


def test_training_learns() -> None:
    recorder, _ = run(make_training(iterations=200, optimizer=Momentum(lr=0.1)))
    first, last = recorder.rows[0]["train_loss"], recorder.rows[-1]["train_loss"]
    assert first is not None
    assert last is not None
    assert last < first / 2


def test_a_row_has_exactly_the_columns_of_the_file() -> None:
    recorder, _ = run(make_training())
    assert all(tuple(row) == METRICS_COLUMNS for row in recorder.rows)


def test_the_objective_of_step_one_is_that_of_the_initial_weights_with_regularizers() -> None:
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


@pytest.mark.parametrize("shards", [1, 2])
def test_the_objective_has_the_activity_penalty(shards: int) -> None:
    layers = [Linear(units=8), ActivityL2(strength=0.5), Linear(units=3)]
    training = make_training(model=Sequential(layers=layers), iterations=1, l2=0.5, shards=shards)
    x, labels = make_training().batches.batch(1)
    first, _, last = training.network.layers
    hidden = x @ first.W.value + first.b.value
    scores = hidden @ last.W.value + last.b.value
    expected = -np.log(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))[np.arange(7), labels].mean()
    expected += 0.5 * (hidden**2).sum() / 7 + 0.25 * ((first.W.value**2).sum() + (last.W.value**2).sum())
    recorder, _ = run(training)
    assert recorder.losses == [pytest.approx(expected, rel=1e-12)]


def test_accuracy_and_loss_of_an_evaluation_by_hand() -> None:
    training = make_training()
    split = make_split(10, seed=1)
    scores = training.network.forward(split.inputs, training=False).copy()
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    batches = [BatchLoader(split, "float64").chunk(0, 100)]
    measured = score(training.network, CrossEntropy(), batches, measured_statistics())
    correct = sum(int(np.argmax(row)) == y for row, y in zip(p, split.targets, strict=True))
    assert measured.metrics["accuracy"] == correct / 10
    assert measured.metrics["loss"] == pytest.approx(-np.log(p[np.arange(10), split.targets]).mean(), rel=1e-12)


@pytest.mark.parametrize("eval_train", ["all", "batch", 7, 3])
@pytest.mark.parametrize("eval_every", [1, 3, 100])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_evaluation_never_changes_training(eval_train: object, eval_every: int, dropout: float) -> None:
    plain, _ = run(make_training(eval_every=1000, eval_train=30, dropout=dropout))
    other, _ = run(make_training(eval_every=eval_every, eval_train=eval_train, dropout=dropout))
    assert other.losses == plain.losses
    assert other.rows[-1]["test_loss"] == plain.rows[-1]["test_loss"]


def test_a_loss_that_is_infinite_ends_training_like_one_that_is_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    training = make_training()
    forward = CrossEntropy.forward

    def infinite_in_training(self: CrossEntropy, scores: Array, labels: Array) -> float:
        mean = forward(self, scores, labels)
        return float("inf") if training.network.streams.step == 1 else mean

    monkeypatch.setattr(CrossEntropy, "forward", infinite_in_training)
    recorder, outcome = run(training)
    assert (outcome.status, outcome.steps, recorder.steps) == ("diverged", 0, [])
    assert "the objective became inf at step 1" in outcome.message


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


def test_each_update_uses_the_learning_rate_of_the_schedule_and_the_row_shows_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[float] = []
    right = SGD.step

    def note(self: SGD, lr: float | None = None) -> None:
        assert lr is not None
        used.append(lr)
        right(self, lr)

    monkeypatch.setattr(SGD, "step", note)
    recorder, _ = run(make_training(iterations=12, eval_every=1, schedule=Cosine()))
    expected = [0.1 * 0.5 * (1 + cos(pi * s / 12)) for s in range(13)]
    assert used == pytest.approx(expected[:-1])
    assert [row["lr"] for row in recorder.rows] == pytest.approx(expected, abs=1e-17)


def test_a_warmup_of_one_step_is_the_constant_schedule() -> None:
    plain, _ = run(make_training())
    other, _ = run(make_training(schedule=Warmup(steps=1)))
    assert other.losses == plain.losses
    assert other.rows == plain.rows


def test_reduce_on_plateau_lowers_the_learning_rate_after_its_evaluation() -> None:
    # Nothing improves by a million, so every second evaluation after the first that counts reduces the rate.
    schedule = ReduceLROnPlateau(metric="train_loss", patience=2, factor=0.5, minimum_change=1e6)
    recorder, _ = run(make_training(iterations=12, eval_every=2, schedule=schedule))
    assert [row["lr"] for row in recorder.rows] == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025]


def test_clipping_changes_no_bit_below_its_limit() -> None:
    plain, _ = run(make_training(l2=0.01))
    for clipping in ({"clip_norm": 1e3}, {"clip_value": 1e3}):
        other, _ = run(make_training(l2=0.01, **clipping))
        assert other.losses == plain.losses
        assert other.rows == plain.rows


def test_clip_norm_is_the_global_norm_with_regularizers() -> None:
    limit = 0.01
    training = make_training(l2=0.5, iterations=1, clip_norm=limit)
    flat = training.network.flat
    before = flat.values.copy()
    run(training)
    np.testing.assert_allclose(np.linalg.norm(flat.values - before), 0.1 * limit, rtol=1e-12)
    plain = make_training(l2=0.5, iterations=1)
    run(plain)
    full = plain.network.flat.values - before
    np.testing.assert_allclose(flat.values - before, full * 0.1 * limit / np.linalg.norm(full), rtol=1e-9)


def test_label_smoothing_is_in_the_objective_and_not_in_the_reported_loss() -> None:
    smoothed, _ = run(make_training(iterations=1, l2=0.5, smoothing=0.2, eval_every=1))
    training = make_training(iterations=1, l2=0.5, eval_every=1)
    plain, _ = run(training)
    first, unsmoothed = smoothed.rows[0], plain.rows[0]
    for key in ("train_loss", "test_loss", "validation_loss", "train_accuracy"):
        assert first[key] == unsmoothed[key]
    scores = make_training().network.forward(make_split(30).inputs, training=False)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    target = 0.8 * np.eye(3)[make_split(30).targets] + 0.2 / 3
    penalty = 0.25 * sum(float((layer.W.value**2).sum()) for layer in make_training().network.layers[::2])
    assert first["objective"] == pytest.approx(-(target * log_p).sum(axis=1).mean() + penalty, rel=1e-12)
    assert unsmoothed["objective"] == pytest.approx(unsmoothed["train_loss"] + penalty, rel=1e-12)
    assert smoothed.losses[0] != plain.losses[0]


def test_validation_is_measured_by_hand() -> None:
    recorder, _ = run(make_training(iterations=1))
    measured = score(
        make_training().network,
        CrossEntropy(),
        [BatchLoader(make_split(12, seed=2), "float64").chunk(0, 100)],
        measured_statistics(),
    )
    assert recorder.rows[0]["validation_loss"] == measured.metrics["loss"]
    assert recorder.rows[0]["validation_accuracy"] == measured.metrics["accuracy"]


def stopping_early(*, restore_best: bool) -> tuple[RunSetup, Recorder, Outcome]:
    stopping = EarlyStopping(patience=3, restore_best=restore_best)
    training = make_training(
        iterations=400, eval_every=4, optimizer=Momentum(lr=1.0), batch_norm=True, early_stopping=stopping
    )
    return training, *run(training)


@pytest.mark.parametrize("restore_best", [True, False])
def test_early_stopping_ends_training_patience_evaluations_after_the_best(restore_best: bool) -> None:
    _, recorder, outcome = stopping_early(restore_best=restore_best)
    losses = [row["validation_loss"] for row in recorder.rows]
    best = int(np.argmin(losses))
    assert 0 < best == len(losses) - 4
    assert (outcome.status, outcome.steps) == ("completed", 4 * (best + 3)) == ("completed", recorder.steps[-1])
    assert [row["step"] for row in recorder.rows] == [4 * i for i in range(best + 4)]
    message = f"stopped early after step {outcome.steps}: validation_loss has not improved for 3 evaluations"
    message += f"; best at step {4 * best}"
    if restore_best:
        message += f"; the weights saved are those of step {4 * best}"
    assert outcome.message == message
    assert outcome.restored == (4 * best if restore_best else None)


@pytest.mark.parametrize("restore_best", [True, False])
def test_early_stopping_restores_weights_and_running_statistics_of_the_best_evaluation(restore_best: bool) -> None:
    training, recorder, outcome = stopping_early(restore_best=restore_best)
    left = score(
        training.network, CrossEntropy(), [BatchLoader(make_split(12, seed=2), "float64").chunk(0, 100)], ()
    ).metrics["loss"]
    at = outcome.restored if restore_best else outcome.steps
    (row,) = [row for row in recorder.rows if row["step"] == at]
    assert left == row["validation_loss"]
    assert (left == min(row["validation_loss"] for row in recorder.rows)) is restore_best


def test_early_stopping_changes_nothing_until_it_stops() -> None:
    _, stopped, outcome = stopping_early(restore_best=True)
    whole, _ = run(make_training(iterations=400, eval_every=4, optimizer=Momentum(lr=1.0), batch_norm=True))
    assert whole.losses[: outcome.steps] == stopped.losses
    assert whole.rows[: len(stopped.rows)] == stopped.rows


def test_the_best_weights_are_restored_at_the_end_of_a_training_that_was_not_stopped() -> None:
    stopping = EarlyStopping(patience=1000)
    settings: dict[str, Any] = {"iterations": 100, "optimizer": Momentum(lr=1.0), "early_stopping": stopping}
    recorder, outcome = run(make_training(**settings))
    best = min(recorder.rows, key=lambda row: row["validation_loss"] or 0)["step"]
    assert (outcome.status, outcome.steps, outcome.restored) == ("completed", 100, best)
    assert outcome.message == f"the weights saved are those of step {best}"


def test_a_diverged_training_restores_its_best_weights() -> None:
    training = make_training(
        optimizer=SGD(lr=1e6), l2=1e6, iterations=1000, eval_every=1, early_stopping=EarlyStopping(patience=1000)
    )
    _, outcome = run(training)
    assert outcome.status == "diverged"
    assert outcome.restored is not None
    assert np.isfinite(training.network.flat.values).all()
    assert outcome.message.endswith(f"the weights saved are those of step {outcome.restored}")
    assert outcome.restored == training.controls.restore_best(-1) != training.last_finite.step


def test_a_learning_rate_that_an_evaluation_reduces_takes_effect_at_once() -> None:
    rates = []

    class Recorded(SGD):
        def step(self, lr: float) -> None:
            rates.append(lr)
            super().step(lr)

    # After the first evaluation that counts none can be better by a whole accuracy.
    plateau = ReduceLROnPlateau(metric="train_accuracy", patience=1, factor=0.5, minimum_change=1.0)
    run(make_training(iterations=4, eval_every=1, optimizer=Recorded(lr=0.1), schedule=plateau))
    assert rates == [0.1, 0.1, 0.05, 0.025]
