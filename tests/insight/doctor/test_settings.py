"""Settings and layers that contradict each other."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nnlab.engine.run_setup import RunSetup
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.contradiction import Contradiction
from nnlab.insight.doctor.settings import CONTRADICTIONS
from tests.support.trainings import make_experiment

SPEC = """
data: {name: moons, points: 40, validation: 0.2}
model: {name: sequential, layers: [{name: linear, units: 8}, relu, {name: linear, units: 2}]}
optimizer: {name: adam, lr: 0.01}
train: {iterations: 100, batch_size: 16, eval_every: 10}
"""


def found(folder: Path, *overrides: str, spec: str = SPEC) -> list[Contradiction]:
    """What the checks find in a spec, as in a run of it."""
    experiment = make_experiment(folder, spec, *overrides)
    setup = RunSetup(experiment, threads=1).allocate()
    case = SimpleNamespace(spec=experiment.resolved(), experiment=experiment, setup=setup, dataset=setup.dataset)
    return [one for check in CONTRADICTIONS for one in check(cast("Case", case))]


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["optimizer={name: adamw, lr: 0.01}", "penalty.l2=0.01"], "Weight decay is set twice"),
        (["optimizer={name: momentum, lr: 0.1, momentum: 0.99}"], "steps as long as a learning rate of 10 without"),
        (["optimizer={name: nesterov, lr: 1, momentum: 0.95}"], "steps as long as a learning rate of 20 without"),
        (["train.schedule={name: warmup, steps: 100}"], "takes 100 steps, but the training ends after 100"),
        (["train.schedule={name: exponential, decay: 0.8}"], "to nearly 0 at step 31 of 100"),
        (["train.schedule={name: step, every: 10}"], "to nearly 0 at step 40 of 100"),
        (["train.early_stopping={patience: 10}"], "waits for 10 evaluations, but the training has 10"),
        (["train.schedule={name: plateau, patience: 20}"], "The schedule plateau waits for 20"),
        (["train.eval_every=101"], "there is no curve"),
        (["train.early_stopping={metric: train_loss, patience: 2}"], "follows train_loss"),
        (["loss.smoothing=0.6"], "spreads 60% of the target evenly over all classes"),
        (["loss.class_weights=[1, 0]"], "class 1 has weight 0"),
        (["model={name: mlp, hidden: [8, 8], activation: identity}"], "compute no more than one linear layer"),
    ],
)
def test_a_contradiction_is_found_and_gone_with_its_changes(tmp_path: Path, overrides: list[str], says: str) -> None:
    (contradiction,) = found(tmp_path, *overrides)
    assert says in contradiction.sentence
    recorded = make_experiment(tmp_path, SPEC, *overrides).to_yaml()
    assert found(tmp_path, *contradiction.changes, spec=recorded) == []


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["optimizer={name: adamw, lr: 0.01}", "penalty.l1=0.01"],
        ["optimizer={name: momentum, lr: 0.01, momentum: 0.99}"],
        ["optimizer={name: momentum, lr: 0.5, momentum: 0.99}", "train.clip_norm=0.1"],
        ["train.schedule=cosine"],
        ["train.schedule={name: warmup, steps: 20, after: cosine}"],
        ["train.schedule={name: step, every: 40}"],
        ["train.early_stopping={patience: 9}"],
        ["loss.smoothing=0.1"],
        ["loss.class_weights=[2, 1]"],
        ["model={name: mlp, hidden: [8], batch_norm: true, dropout: 0.2}"],
        ["model={name: mlp, hidden: []}"],
    ],
)
def test_usual_settings_do_not_contradict_each_other(tmp_path: Path, overrides: list[str]) -> None:
    assert found(tmp_path, *overrides) == []


LINEAR = "{name: linear, units: 8}"
SCORES = "{name: linear, units: 2}"


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (f"{LINEAR}, relu, {SCORES}, softmax", "contains a softmax already"),
        (f"{LINEAR}, relu, {SCORES}, sigmoid", "needs scores of any size and sign"),
        (f"{LINEAR}, relu, {SCORES}, batch_norm", "the last layer should be a linear"),
        (f"{LINEAR}, relu, dropout, batch_norm, {SCORES}", "Dropout (0.5) stands before batch normalisation"),
        (f"{LINEAR}, dropout, relu, batch_norm, {SCORES}", "Dropout (0.5) stands before batch normalisation"),
        (f"{LINEAR}, batch_norm, batch_norm, relu, {SCORES}", "Two batch normalisations"),
        (f"{LINEAR}, relu, dropout, dropout, {SCORES}", "together they keep 25% of the inputs"),
        (f"{LINEAR}, relu, tanh, {SCORES}", "Two activations follow each other, relu and tanh"),
        (f"{LINEAR}, {LINEAR}, relu, {SCORES}", "Two linear layers follow each other"),
    ],
)
def test_an_order_of_layers_is_found_and_gone_with_its_change(tmp_path: Path, layers: str, says: str) -> None:
    (contradiction,) = found(tmp_path, f"model.layers=[{layers}]")
    assert says in contradiction.sentence
    assert found(tmp_path, *contradiction.changes) == []


@pytest.mark.parametrize(
    "layers",
    [
        f"{LINEAR}, batch_norm, relu, dropout, {SCORES}",
        f"{LINEAR}, relu, dropout, {LINEAR}, batch_norm, relu, {SCORES}",
        f"{LINEAR}, relu, {{name: dropout, rate: 0}}, batch_norm, {SCORES}",
        f"{LINEAR}, relu, {{name: linear, units: 1}}, {SCORES}",  # a bottleneck
    ],
)
def test_usual_orders_of_layers_are_fine(tmp_path: Path, layers: str) -> None:
    assert found(tmp_path, f"model.layers=[{layers}]") == []


@pytest.mark.parametrize(("last", "wrong"), [("relu", True), ("sigmoid", True), ("leaky_relu", False)])
def test_a_regression_ends_with_numbers_of_any_sign(tmp_path: Path, last: str, *, wrong: bool) -> None:
    spec = SPEC.replace("name: moons", "name: sine").replace("units: 2}", f"units: 1}}, {last}")
    sentences: list[Any] = [one.sentence for one in found(tmp_path, spec=spec)]
    assert (
        sentences
        == [f"The network ends with {last}, which cannot give all targets: they are scaled to mean 0, std 1."] * wrong
    )
