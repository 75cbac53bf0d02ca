"""The recorded step is that of the engine, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from traced_specs import SPECS, engine_after, spec_of
from trainings import make_setup

from nnlab.errors import Diverged, UsageError
from nnlab.insight.trace.stepping import record_step

EXTRAS = {
    "float32 in two parts": ("convnet", ["dtype=float32", "compute.shards=2"]),
    "accumulated mini-batches": ("mlp", ["train.accumulate=2"]),
    "averaged weights": ("mlp", ["train.ema=0.9"]),
    "reduce on plateau": (
        "mlp",
        ["train.schedule={name: plateau, metric: train_loss, patience: 1}", "train.eval_every=1"],
    ),
    "random numbers of the published scripts": ("batch_norm", ["rng=legacy"]),
}


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("name", ["mlp", "convnet", "residual"])
def test_recorded_step_equals_the_engines_where_large_layers_are_computed_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: int
) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", 1)
    test_recorded_step_equals_the_engines_bit_for_bit(tmp_path, name, ["dtype=float32", "compute.shards=2"], step)


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize(("name", "overrides"), [*((name, []) for name in SPECS), *EXTRAS.values()])
def test_recorded_step_equals_the_engines_bit_for_bit(
    tmp_path: Path, name: str, overrides: list[str], step: int
) -> None:
    record, failure = record_step(make_setup(tmp_path, spec_of(name), *overrides), step)
    expected = make_setup(tmp_path, spec_of(name), *overrides)
    weights, objective = engine_after(expected, step)
    assert failure == ""
    assert record.objective == objective
    assert record.new_weights is not None
    assert np.array_equal(record.new_weights, weights)


def test_step_that_diverges_is_recorded_as_far_as_it_came(tmp_path: Path) -> None:
    setup = make_setup(tmp_path, spec_of("mlp"), "optimizer={name: sgd, lr: 1e6}", "penalty.l2=1e6", "dtype=float32")
    record, failure = record_step(setup, 3)
    assert "became" in failure
    assert "weights saved" not in failure  # a trace saves none
    assert record.calls["linear1"][0].y is not None
    assert record.new_weights is None


def test_divergence_before_the_step_is_an_error(tmp_path: Path) -> None:
    setup = make_setup(tmp_path, spec_of("mlp"), "optimizer={name: sgd, lr: 1e6}", "penalty.l2=1e6", "dtype=float32")
    with pytest.raises(Diverged, match="before step 9") as error:
        record_step(setup, 9)
    assert "weights saved" not in str(error.value)


def test_early_stopping_before_the_step_is_an_error(tmp_path: Path) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 1, minimum_change: 100}"
    with pytest.raises(UsageError, match="training ends after step") as error:
        record_step(make_setup(tmp_path, spec_of("mlp"), stopping, "train.eval_every=1"), 12)
    assert "weights saved" not in str(error.value)


def test_of_accumulated_mini_batches_the_one_with_the_sample_is_recorded(tmp_path: Path) -> None:
    setup = make_setup(tmp_path, spec_of("mlp"), "train.accumulate=2")
    record, _ = record_step(setup, 1, sample=7)
    assert record.samples == slice(5, 10)
    (call,) = record.calls["linear1"]
    assert call.x is not None
    assert np.array_equal(call.x, record.x[5:10])
    assert record.mini_batches == 2
