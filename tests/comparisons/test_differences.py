"""Differences between specs, without their consequences."""

import pytest

from nnlab.comparisons.differences import differing_keys

ADAM = {"optimizer.name": "adam", "optimizer.lr": 0.1, "optimizer.beta1": 0.9, "optimizer.beta2": 0.999}
MLP = {"model.name": "mlp", "model.hidden": [10], "model.activation": "relu", "model.dropout": 0.0}
STEPS = {"train.schedule.name": "step", "train.schedule.every": 10, "train.schedule.factor": 0.1}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ADAM, {"optimizer.name": "sgd", "optimizer.lr": 0.1}], ["optimizer.name"]),
        ([ADAM, {"optimizer.name": "sgd", "optimizer.lr": 0.2}], ["optimizer.name", "optimizer.lr"]),
        # a value of its own is a difference, also where the other rule has no such key
        (
            [{**ADAM, "optimizer.beta1": 0.5}, {"optimizer.name": "sgd", "optimizer.lr": 0.1}],
            ["optimizer.name", "optimizer.beta1"],
        ),
        ([ADAM, {**ADAM, "optimizer.name": "nadam"}], ["optimizer.name"]),
        ([ADAM, {**ADAM, "optimizer.beta1": 0.5}], ["optimizer.beta1"]),
        # a key that an earlier version did not know
        ([ADAM, {key: value for key, value in ADAM.items() if key != "optimizer.beta2"}], []),
        ([{"train.drop_last": False}, {}], []),
        ([{"train.drop_last": True}, {}], ["train.drop_last"]),
        ([MLP, {"model.name": "softmax"}], ["model.name", "model.hidden"]),
        (
            [MLP | {"model.batch_norm": False}, MLP | {"model.batch_norm": True, "model.batch_norm.eps": 1e-5}],
            ["model.batch_norm"],
        ),
        ([STEPS, {"train.schedule.name": "constant"}], ["train.schedule.name", "train.schedule.every"]),
        ([{"seed": 0}, {"seed": 1}, {}], ["seed"]),
        ([], []),
    ],
)
def test_keys_that_follow_from_a_difference_are_left_out(rows: list[dict[str, object]], expected: list[str]) -> None:
    assert differing_keys(rows) == expected
