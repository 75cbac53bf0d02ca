"""Gradient clipping, reduce-on-plateau, early stopping and the weights it keeps, against values computed by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from trainings import make_network

from nnlab.config.experiment import TrainSettings
from nnlab.core.rows import Row
from nnlab.engine.controls import Controls, clip_norm, clip_value
from nnlab.errors import UsageError
from nnlab.metric_columns import METRICS_COLUMNS
from nnlab.models.mlp import MLP
from nnlab.models.network import Network
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.patience import PatienceCounter
from nnlab.optim.schedules import ReduceLROnPlateau, Schedule, StepDecay, Warmup


def row(step: int, **values: float) -> Row:
    return dict.fromkeys(METRICS_COLUMNS, None) | {"step": step} | values


def controls(lr: float = 0.1, iterations: int = 1000, on: Network | None = None, **settings: Any) -> Controls:
    return Controls(
        TrainSettings(iterations=iterations, **settings), lr, iterations, on or make_network(MLP(hidden=[3]), (2,), 2)
    )


def test_clipping_by_norm_by_hand() -> None:
    g = np.array([3.0, -4.0, 0.0])
    clip_norm(g, 2.5)
    np.testing.assert_allclose(g, [1.5, -2.0, 0.0], rtol=1e-15)


def test_clipping_by_value_by_hand() -> None:
    g = np.array([3.0, -4.0, 0.5, -0.5])
    clip_value(g, 1.0)
    assert g.tolist() == [1.0, -1.0, 0.5, -0.5]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data(), limit=st.floats(1e-3, 1e3))
def test_a_gradient_below_the_limit_stays_bit_for_bit(dtype: Any, data: st.DataObject, limit: float) -> None:
    g = data.draw(arrays(dtype, st.integers(1, 20), elements=st.floats(-10, 10, width=32)))
    norm = float(np.linalg.norm(g.astype(np.float64)))
    by_norm, by_value = g.copy(), g.copy()
    clip_norm(by_norm, limit)
    clip_value(by_value, limit)
    assert by_norm.dtype == by_value.dtype == dtype
    if norm <= limit * (1 - 1e-6):
        np.testing.assert_array_equal(by_norm, g)
    assert float(np.linalg.norm(by_norm.astype(np.float64))) <= limit * (1 + 1e-5)
    np.testing.assert_array_equal(by_value, [min(max(x, -dtype(limit)), dtype(limit)) for x in g])


def test_a_gradient_whose_square_overflows_is_still_clipped() -> None:
    g = np.array([3e30, -4e30], np.float32)
    with np.errstate(all="ignore"):
        clip_norm(g, 5.0)
    np.testing.assert_allclose(g, [3.0, -4.0], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("clip", [clip_norm, clip_value])
def test_clipping_does_not_hide_a_nonfinite_gradient(bad: float, clip: Callable[[np.ndarray, float], None]) -> None:
    g = np.array([bad, 1.0])
    with np.errstate(all="ignore"):
        clip(g, 0.5)
    np.testing.assert_array_equal(g, [bad, 1.0])


def test_controls_clip_as_the_settings_say() -> None:
    for settings, expected in [
        ({}, [30.0, -40.0]),
        ({"clip_norm": 5.0}, [3.0, -4.0]),
        ({"clip_norm": 50.1}, [30.0, -40.0]),
        ({"clip_value": 35.0}, [30.0, -35.0]),
    ]:
        g = np.array([30.0, -40.0])
        controls(**settings).clip(g)
        np.testing.assert_allclose(g, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("metric", "minimum_change", "values", "improved"),
    [
        ("train_loss", 0.0, [3.0, 2.0, 2.0, 2.5, 1.9], [True, True, False, False, True]),
        ("objective", 0.5, [3.0, 2.6, 2.5, 2.4, 1.9], [True, False, False, True, False]),
        ("validation_accuracy", 0.0, [0.5, 0.6, 0.6, 0.4, 0.61], [True, True, False, False, True]),
        ("train_accuracy", 0.125, [0.5, 0.625, 0.75, 0.875], [True, False, True, False]),
    ],
)
def test_an_improvement_exceeds_the_minimum_change_in_the_direction_of_the_metric(
    metric: str, minimum_change: float, values: Sequence[float], improved: Sequence[bool]
) -> None:
    counter = PatienceCounter(EarlyStopping(metric=metric, minimum_change=minimum_change))  # type: ignore[arg-type]
    assert [counter.improved(row(10 * i, **{metric: value})) for i, value in enumerate(values, start=1)] == improved
    best = max(i for i, better in enumerate(improved, start=1) if better)
    assert (counter.best_step, counter.waited) == (10 * best, len(values) - best)


def test_the_untrained_network_is_never_the_best() -> None:
    counter = PatienceCounter(EarlyStopping(metric="validation_accuracy"))
    found = [counter.improved(row(step, validation_accuracy=value)) for step, value in [(0, 0.9), (10, 0.4), (20, 0.5)]]
    assert found == [False, True, True]
    assert (counter.best_step, counter.waited) == (20, 0)


def test_a_metric_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(UsageError, match="validation_loss was not measured"):
        PatienceCounter(EarlyStopping()).improved(row(0))


def rates(schedule: Schedule, losses: Sequence[float], lr: float = 1.0) -> list[float]:
    """The learning rate after each evaluation, one every 10 steps."""
    steered = controls(lr, schedule=schedule)
    found = []
    steered.after_evaluation(row(0, train_loss=-1.0))  # the untrained network, which does not count
    for index, loss in enumerate(losses, start=1):
        steered.after_evaluation(row(10 * index, train_loss=loss))
        assert steered.stop_reason(10 * index) == ""
        found.append(steered.lr(10 * index))
    return found


def test_reduce_on_plateau_reduces_the_learning_rate_each_time_patience_ends() -> None:
    plateau = ReduceLROnPlateau(metric="train_loss", patience=2, factor=0.5)
    losses = [3, 2, 2, 2, 2, 2, 1, 1, 0.5, 0.5, 0.5, 0.5]
    assert rates(plateau, losses) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_reduce_on_plateau_stops_at_the_minimum() -> None:
    plateau = ReduceLROnPlateau(metric="train_loss", patience=1, factor=0.5, minimum=0.3)
    assert rates(plateau, [1, 1, 1, 1, 1], lr=2.0) == [2, 1, 0.6, 0.6, 0.6]


def test_reduce_on_plateau_multiplies_the_warmup_before_it() -> None:
    plateau = ReduceLROnPlateau(metric="train_loss", patience=1, factor=0.5)
    assert rates(Warmup(steps=20, after=plateau), [3, 2, 2, 1]) == [0.55, 1, 0.5, 0.5]


def test_other_schedules_do_not_depend_on_evaluations() -> None:
    assert rates(StepDecay(every=20, factor=0.5), [1, 1, 1, 1, 1]) == [1, 0.5, 0.5, 0.25, 0.25]


def stopped(losses: Sequence[float], iterations: int = 1000, **settings: Any) -> tuple[int | None, str]:
    """At which evaluation (one every 10 steps) early stopping asks to stop, and what it says."""
    steered = controls(iterations=iterations, early_stopping=EarlyStopping(**settings))
    steered.after_evaluation(row(0, validation_loss=-1.0, train_accuracy=1.0))  # untrained: does not count
    for index, loss in enumerate(losses, start=1):
        steered.after_evaluation(row(10 * index, validation_loss=loss, train_accuracy=-loss))
        if reason := steered.stop_reason(10 * index):
            return index, reason
    return None, ""


@pytest.mark.parametrize(
    ("losses", "settings", "at", "best"),
    [
        ([3, 2, 1, 1, 1, 1], {"patience": 2}, 5, 30),
        ([3, 2, 1, 1, 1, 1], {"patience": 3}, 6, 30),
        ([3, 2, 1, 1, 1, 1], {"patience": 4}, None, 0),
        ([3, 4, 2, 4, 1, 4, 0.5], {"patience": 2}, None, 0),
        ([1, 2, 3], {"patience": 1}, 2, 10),
        ([3, 2.9, 2.8, 2.7], {"patience": 3, "minimum_change": 0.5}, 4, 10),
        ([3, 2, 1, 2, 2], {"patience": 2, "metric": "train_accuracy"}, 5, 30),
    ],
)
def test_early_stopping_after_patience_evaluations_without_improvement(
    losses: Sequence[float], settings: dict[str, Any], at: int | None, best: int
) -> None:
    index, reason = stopped(losses, **settings)
    assert index == at
    if at is not None:
        metric = settings.get("metric", "validation_loss")
        patience = "1 evaluation" if settings["patience"] == 1 else f"{settings['patience']} evaluations"
        assert reason == (
            f"stopped early after step {10 * at}: {metric} has not improved for {patience}; best at step {best}"
        )


def test_early_stopping_does_not_stop_at_the_last_step() -> None:
    assert stopped([3, 2, 2, 2], iterations=40, patience=2) == (None, "")


def restored_weights(*, restore_best: bool) -> tuple[int | None, list[float]]:
    """Weights that are 0, 1, 2, 3 at evaluations of which the second is the best (the first is of no training)."""
    on = make_network(MLP(hidden=[3]), (2,), 2)
    steered = controls(early_stopping=EarlyStopping(patience=2, restore_best=restore_best), on=on)
    for index, loss in enumerate([0.5, 1.0, 2.0, 2.0]):
        on.flat.values[:] = index
        steered.after_evaluation(row(10 * index, validation_loss=loss))
    return steered.restore_best(30), sorted(set(on.flat.values.tolist()))


def test_early_stopping_restores_the_best_weights_unless_restore_best_is_off() -> None:
    assert restored_weights(restore_best=True) == (10, [1.0])
    assert restored_weights(restore_best=False) == (None, [3.0])


def test_early_stopping_restores_nothing_where_the_last_weights_are_the_best() -> None:
    steered = controls(early_stopping=EarlyStopping())
    assert steered.restore_best(0) is None
    steered.after_evaluation(row(0, validation_loss=0.5))
    assert steered.restore_best(5) is None
    steered.after_evaluation(row(10, validation_loss=1.0))
    assert steered.restore_best(10) is None
    assert steered.restore_best(15) == 10
