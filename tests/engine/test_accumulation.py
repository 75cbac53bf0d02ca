"""Gradient accumulation: k mini-batches of B samples train as one batch of k·B."""

from pathlib import Path

import numpy as np
import pytest
from trainings import Recorder, make_setup

from nnlab.engine.accumulation import GradientAccumulation
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import SpecError, UsageError
from nnlab.models.network import Network
from nnlab.registry import layers

SPEC = """\
dtype: float64
data: {name: spiral, points: 20, test_points: 4}
model:
  name: sequential
  layers: [{name: linear, units: 9, l1: 1e-3}, gelu, {name: activity_l2, strength: 1e-2}, layer_norm,
           {name: linear, units: 3}]
loss: {name: cross_entropy, smoothing: 0.1, class_weights: [1, 2, 3]}
optimizer: {name: momentum, lr: 0.1}
penalty: {l2: 1e-3}
train: {iterations: 12, batch_size: 8, eval_every: 5, clip_norm: 0.5, schedule: {name: step, every: 4}}
compute: {threads: 1}
"""
DROPOUT = SPEC.replace("layer_norm", "{name: dropout, rate: 0.5}")


def trained(folder: Path, *overrides: str, spec: str = SPEC) -> tuple[RunSetup, Recorder]:
    setup, recorder = make_setup(folder, spec, *overrides), Recorder()
    assert train(setup, [recorder], lambda: False).status == "completed"
    return setup, recorder


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["train.drop_last=true"],
        ["train.sampling=replacement", "train.eval_train=batch"],
        ["rng=legacy"],
        ["rng=legacy", "train.sampling=replacement"],
        ["train.iterations=null", "train.epochs=3", "train.eval_every=epoch"],
        ["compute.shards=2", "train.clip_norm=null", "train.clip_value=0.02"],
    ],
    ids=lambda changes: " ".join(changes)[:40] or "shuffle",
)
def test_mini_batches_train_as_one_batch(tmp_path: Path, changes: list[str]) -> None:
    """60 samples in batches of 24 are 24, 24 and 12: three mini-batches of 8, three, and one of 8 with one of 4."""
    whole, one = trained(tmp_path, "train.batch_size=24", *changes)
    setup, found = trained(tmp_path, "train.accumulate=3", *changes)
    assert (setup.iterations, setup.eval_every) == (whole.iterations, whole.eval_every)
    assert found.steps == one.steps
    np.testing.assert_allclose(found.losses, one.losses, rtol=1e-12)
    for own, row in zip(found.rows, one.rows, strict=True):
        measured = {column: value for column, value in own.items() if value is not None}
        assert measured == {
            column: pytest.approx(value, rel=1e-12) for column, value in row.items() if value is not None
        }
    np.testing.assert_allclose(setup.network.flat.values, whole.network.flat.values, rtol=1e-12, atol=1e-13)
    assert not np.array_equal(setup.network.flat.values, whole.network.flat.values), "sums are rounded in parts"


def test_one_mini_batch_changes_no_digit(tmp_path: Path) -> None:
    setup, found = trained(tmp_path, "train.accumulate=1", spec=DROPOUT)
    plain, expected = trained(tmp_path, spec=DROPOUT)
    assert found.losses == expected.losses
    np.testing.assert_array_equal(setup.network.flat.values, plain.network.flat.values)
    assert "accumulate" not in setup.experiment.to_yaml()


@pytest.mark.parametrize("shards", [1, 2])
def test_each_mini_batch_has_dropout_masks_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    masks: list[np.ndarray] = []
    forward = layers["dropout"].forward

    def spied(self, x: np.ndarray, *, training: bool) -> np.ndarray:  # type: ignore[no-untyped-def]
        y = forward(self, x, training=training)
        if training:
            masks.append((y != 0)[:4])
        return y

    monkeypatch.setattr(layers["dropout"], "forward", spied)
    overrides = ["train.accumulate=3", "train.iterations=2", f"compute.shards={shards}"]
    _, found = trained(tmp_path, *overrides, spec=DROPOUT)
    different = {mask.tobytes() for mask in masks}
    assert len(masks) == len(different) == 2 * 3 * shards
    assert trained(tmp_path, *overrides, spec=DROPOUT)[1].losses == found.losses


def test_batch_norm_takes_the_statistics_of_each_mini_batch(tmp_path: Path) -> None:
    """Its running averages are updated by each, so that they forget three times as fast."""
    spec = SPEC.replace("layer_norm", "{name: batch_norm, momentum: 0.5}").replace("iterations: 12", "iterations: 1")
    setup, _ = trained(tmp_path, "train.accumulate=3", spec=spec)
    probe = make_setup(tmp_path, spec, "train.accumulate=3")
    x, _ = probe.batches.batch(1)
    below = probe.network.layers[:3]
    mean = np.zeros(9)
    for part in np.split(x, 3):
        for layer in below:
            part = layer.forward(part, training=True)
        mean = 0.5 * mean + 0.5 * part.mean(axis=0)
    np.testing.assert_allclose(setup.network.state()["batch_norm1.running_mean"], mean, rtol=1e-12)


def test_sum_by_hand() -> None:
    gradient = np.zeros(2)
    accumulation = GradientAccumulation(gradient, size=2, count=3)
    parts = list(accumulation.mini_batches(5))
    assert [(part.samples, part.share) for part in parts] == [
        (slice(0, 2), 0.4),
        (slice(2, 4), 0.4),
        (slice(4, 5), 0.2),
    ]
    for _ in range(2):  # the sums of an update leave nothing to the next
        for part, loss, own in zip(parts, (1.0, 2.0, 4.0), ([5, 0], [0, 10], [10, 20]), strict=True):
            gradient[:] = own
            accumulation.add(part, loss)
        np.testing.assert_allclose(gradient, [4, 8], rtol=1e-15)
        assert accumulation.loss == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["train.accumulate=9"],
            "train.accumulate: 9 mini-batches of 8 are more than the 60 training samples; use at most 7",
        ),
        (["train.accumulate=2", "train.batch_size=null"], "2 mini-batches of 60 are more than .* use at most 1"),
        (
            ["train.accumulate=2", "train.batch_size=full"],
            "train.accumulate: with batch_size: full an update is one mini-batch",
        ),
        (["train.accumulate=0"], "train.accumulate: must be at least 1, got 0"),
        (["train.accumulate=true"], "train.accumulate: must be a whole number"),
    ],
)
def test_what_cannot_be_accumulated(tmp_path: Path, overrides: list[str], message: str) -> None:
    with pytest.raises((UsageError, SpecError), match=message):
        make_setup(tmp_path, SPEC, *overrides)


def test_a_batch_too_small_for_batch_norm_is_the_last_mini_batch(tmp_path: Path) -> None:
    spec = SPEC.replace("layer_norm", "batch_norm").replace("batch_size: 8", "batch_size: 59")
    with pytest.raises(UsageError, match="the last batch of each epoch has 1 sample, but layer 4 batch_norm"):
        make_setup(tmp_path, spec)
    spec = spec.replace("batch_size: 59", "batch_size: 7, accumulate: 2")  # 60 = 4 · 14 + 4
    assert make_setup(tmp_path, spec).batches.smallest == 4


def test_memory_of_sums_averages_and_waiting_samples_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []

    def check(self: Network, dtype: str, batch: int, copies: int, loaded: int = 0) -> None:
        asked.append((self.required_bytes(dtype, batch, copies, loaded), copies, loaded))

    monkeypatch.setattr(Network, "check_memory", check)
    for overrides in ([], ["train.accumulate=3"], ["train.ema=0.9"]):
        make_setup(tmp_path, SPEC, *overrides)
    (plain, copies, _), (accumulated, more, waiting), (averaged, *_) = asked
    assert (more, waiting) == (copies + 1, 2 * 8)
    vector = 8 * make_setup(tmp_path, SPEC).network.parameter_count
    assert (accumulated - plain, averaged - plain) == (vector + 8 * 16 * 2, vector)
