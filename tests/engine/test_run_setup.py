"""Errors of a spec that only its data or network show."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ("iterations: 1, batch_size: 1", "train.batch_size: 1 sample, but layer 2 batch_norm needs at least 2 in each"),
        ("iterations: 1, batch_size: 13", "train.batch_size: the last batch of each epoch has 1 sample, but layer 2"),
        ("iterations: 1, batch_size: 13, sampling: replacement", None),
        ("iterations: 1, batch_size: 20", None),
    ],
)
def test_a_batch_of_one_sample_has_no_variance(tmp_path: Path, train: str, words: str | None) -> None:
    experiment = make_experiment(
        tmp_path,
        "data: {name: xor, points: 10}\nmodel: {name: mlp, hidden: [3], batch_norm: true}\noptimizer: adam\n"
        f"train: {{{train}}}\n",
    )
    if words is None:
        assert RunSetup(experiment).batches.samples == 40
        return
    with pytest.raises(UsageError) as refusal:
        RunSetup(experiment)
    assert str(refusal.value).startswith(words)


def test_early_stopping_needs_validation_samples_that_the_data_has_of_its_own(tmp_path: Path) -> None:
    data = tmp_path / "d.npz"
    spec = (
        "data: {name: table, path: d.npz}\nmodel: softmax\noptimizer: {name: sgd, lr: 0.1}\n"
        "train: {iterations: 1, batch_size: full, early_stopping: true}\n"
    )
    arrays = {"x_train": np.arange(12.0).reshape(6, 2), "y_train": [0, 1] * 3}
    np.savez(data, **arrays, x_val=np.eye(2), y_val=[1, 0])
    assert RunSetup(make_experiment(tmp_path, spec)).dataset.validation
    np.savez(data, **arrays)
    with pytest.raises(UsageError, match=r"^train\.early_stopping\.metric: validation_loss needs validation samples"):
        RunSetup(make_experiment(tmp_path, spec))


@pytest.mark.parametrize(("points", "size"), [(10, 40), (50, 100)])
def test_the_default_batch_size_is_recorded(tmp_path: Path, points: int, size: int) -> None:
    experiment = make_experiment(
        tmp_path,
        f"data: {{name: xor, points: {points}}}\nmodel: softmax\noptimizer: {{name: sgd, lr: 0.1}}\n"
        "train: {iterations: 1}\n",
    )
    setup = RunSetup(experiment)
    assert setup.experiment.train.batch_size == setup.batches.batch_size == size
    assert f"batch_size: {size}" in setup.experiment.to_yaml()
