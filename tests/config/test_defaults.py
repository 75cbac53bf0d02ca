"""Default values of spec keys."""

import pytest

from nnlab.config.defaults import has_default

SETTINGS = {
    "seed": 0,
    "name": "mine",
    "model.name": "mlp",
    "model.hidden": [10],
    "model.init": "he",
    "model.batch_norm": False,
    "optimizer.name": "adam",
    "optimizer.beta1": 0.5,
    "optimizer.beta2": 0.999,
    "optimizer.colour": "red",
    "penalty.l1": 0.0,
    "penalty.l2": 0.1,
    "train.schedule.name": "warmup",
    "train.schedule.steps": 100,
    "train.schedule.after.name": "cosine",
    "train.early_stopping": True,
    "train.early_stopping.patience": 3,
    "train.early_stopping.metric": "validation_loss",
    "loss.name": "of another version",
    "loss.smoothing": 0.0,
}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("seed", True),
        ("name", False),  # must be given
        ("model.hidden", False),
        ("model.init", True),
        ("model.batch_norm", True),
        ("optimizer.name", False),
        ("optimizer.beta1", False),
        ("optimizer.beta2", True),
        ("optimizer.colour", False),
        ("penalty.l1", True),
        ("penalty.l2", False),
        ("train.schedule.name", False),
        ("train.schedule.after.name", False),
        ("train.early_stopping", False),
        ("train.early_stopping.patience", False),
        ("train.early_stopping.metric", True),
        ("loss.smoothing", False),
    ],
)
def test_has_default(key: str, expected: bool) -> None:
    assert has_default(SETTINGS, key) is expected
