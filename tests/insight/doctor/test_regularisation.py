"""Which regularisation a spec has, and how to take it away."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.regularisation import penalty_share, without_dropout, without_penalties


def case(objective: float = 1.0, loss: float = 0.4, **spec: Any) -> Case:
    """A run with this objective and training loss at its end."""
    record = SimpleNamespace(final={"objective": objective, "train_loss": loss})
    return cast("Case", SimpleNamespace(record=record, spec={"model": {}, **spec}))


def test_the_share_of_the_penalty_is_what_the_objective_has_above_the_loss() -> None:
    assert penalty_share(case(penalty={"l2": 0.1})) == pytest.approx(0.6)
    assert penalty_share(case()) == 0  # label smoothing or class weights, then
    assert penalty_share(case(objective=0.3, penalty={"l2": 0.1})) == 0


def test_penalties_of_all_weights_and_of_single_layers_are_taken_away() -> None:
    layers = [{"name": "linear", "l1": 0, "l2": 0.1}, "relu", {"name": "linear", "l1": 2, "l2": 0}]
    found = without_penalties(case(penalty={"l1": 0.0, "l2": 0.5}, model={"name": "sequential", "layers": layers}))
    assert found == ["penalty.l2=0", "model.layers.2.l1=0", "model.layers.0.l2=0"]


def test_dropout_is_taken_away_from_a_rate_on() -> None:
    layers = [{"name": "dropout", "rate": 0.6}, {"name": "dropout", "rate": 0.1}]
    assert without_dropout(case(model={"layers": layers}), 0.3) == ["model.layers.0.rate=0"]
    assert without_dropout(case(model={"name": "mlp", "dropout": 0.5}), 0.3) == ["model.dropout=0"]
