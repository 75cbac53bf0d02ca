from pathlib import Path

import numpy as np
import pytest
from trainings import Recorder, make_experiment, make_setup

from nnlab.core.signals import never
from nnlab.engine.controls import Controls
from nnlab.engine.loop import train
from nnlab.insight.range_test.short_training import GeometricRise, train_briefly

SPEC = """
data: {name: moons, points: 30, test_points: 10}
model: {name: mlp, hidden: [4], activation: relu}
optimizer: {name: adam, lr: 0.01}
train: {iterations: 12, batch_size: 20}
"""


def test_a_geometric_rise_multiplies_by_equal_factors_from_first_to_last() -> None:
    rise = GeometricRise(ratio=1e4)
    scales = [rise.scale(step, 5) for step in range(5)]
    assert scales == pytest.approx([1, 10, 100, 1000, 10_000])


def test_each_loss_is_that_after_an_update_with_the_rate_it_is_shown_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: dict[int, float] = {}
    lr = Controls.lr

    def recorded(self: Controls, step: int) -> float:
        rates[step] = lr(self, step)
        return rates[step]

    monkeypatch.setattr(Controls, "lr", recorded)
    found = train_briefly(make_experiment(tmp_path, SPEC), 20, 1e-6, 1e-3, seed=0)
    assert len(found.losses) == 21
    assert [rates[step] for step in range(20)] == pytest.approx(np.geomspace(1e-6, 1e-3, 20).tolist())


def test_a_constant_rate_gives_the_losses_of_the_training_itself(tmp_path: Path) -> None:
    recorder = Recorder()
    train(make_setup(tmp_path, SPEC), [recorder], never)
    found = train_briefly(make_experiment(tmp_path, SPEC), 11, 0.01, seed=0)
    assert found.stopped == ""
    assert found.losses.tolist() == recorder.losses


def test_schedule_early_stopping_and_average_are_off_and_the_experiment_stays(tmp_path: Path) -> None:
    on = "data.validation=0.2", "train.schedule={name: warmup, steps: 5}", "train.early_stopping=true", "train.ema=0.9"
    with_all = make_experiment(tmp_path, SPEC, *on)
    before = with_all.to_yaml()
    without = make_experiment(tmp_path, SPEC, "data.validation=0.2")
    found = train_briefly(with_all, 8, 0.02, seed=3)
    assert with_all.to_yaml() == before
    assert found.losses.tolist() == train_briefly(without, 8, 0.02, seed=3).losses.tolist()
    assert found.losses.tolist() != train_briefly(without, 8, 0.02, seed=4).losses.tolist()


def test_a_rising_rate_stops_where_the_loss_rises_and_counts_each_step(tmp_path: Path) -> None:
    counted: list[None] = []
    experiment = make_experiment(tmp_path, SPEC)
    found = train_briefly(experiment, 100, 1e-3, 1e3, seed=0, on_step=lambda: counted.append(None))
    assert found.stopped == "rose"
    assert 10 < len(found.losses) == len(counted) < 101
    assert found.losses[-1] > 2 * found.losses[0]


def test_a_divergence_ends_with_its_message(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPEC, "optimizer.name=sgd", "data.noise=0")
    found = train_briefly(experiment, 50, 1e6, seed=0)
    assert found.stopped == "diverged"
    assert "became" in found.message
    assert np.isfinite(found.losses).all()


def test_weight_penalties_are_minimised_but_not_counted(tmp_path: Path) -> None:
    recorder = Recorder()
    setup = make_setup(tmp_path, SPEC, "penalty.l2=0.5", "dtype=float64")
    (term,) = setup.regularizers
    penalties = [term.value()]

    class Penalties(Recorder):
        def on_step(self, step: int, objective: float) -> None:
            penalties.append(term.value())

    train(setup, [recorder, Penalties()], never)
    found = train_briefly(make_experiment(tmp_path, SPEC, "penalty.l2=0.5", "dtype=float64"), 11, 0.01, seed=0)
    assert found.losses == pytest.approx(np.subtract(recorder.losses, penalties[:-1]))
