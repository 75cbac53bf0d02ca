import json
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.loading import load_experiment
from nnlab.errors import UsageError
from nnlab.insight.range_test.learning_rate_test import learning_rate_test, most_steps
from nnlab.saved_run import dataset_of

LINES = {
    "name": "<b>line</b>",
    "dtype": "float64",
    "data": {"name": "table", "path": "line.csv", "target": "y"},
    "model": {"name": "sequential", "layers": [{"name": "linear", "units": 1}]},
    "optimizer": {"name": "sgd", "lr": 0.3},
    "train": {"iterations": 10, "batch_size": "full"},
}


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A linear regression on 40 samples."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 2))
    y = x @ [2.0, -1.0] + 0.1 * rng.standard_normal(40)
    rows = "\n".join(f"{a},{b},{c}" for (a, b), c in zip(x, y, strict=True))
    Path("line.csv").write_text(f"a,b,y\n{rows}\n", encoding="utf-8")
    return LINES


def test_gradient_descent_on_a_quadratic_is_suggested_a_rate_below_its_limit_of_stability(lines) -> None:
    """Mean squared error with the Hessian H: gradient descent converges below 2/λ and diverges above (λ: largest)."""
    train = dataset_of(load_experiment(lines)).train
    x = np.column_stack([train.inputs, np.ones(len(train))])
    found = learning_rate_test(lines, steps=60, seeds=2)
    largest = float(np.linalg.eigvalsh(2 * x.T @ x / len(x)).max())
    loss_at = {trial.lr: trial.mean for trial in found.trials}
    initial = found.curve.initial
    above = [lr for lr in loss_at if lr > 2 / largest]
    below = [lr for lr in loss_at if lr < 2 / largest]
    assert above
    assert all(loss_at[lr] > initial for lr in above)
    assert all(loss_at[lr] < initial for lr in below)
    assert found.suggestion.lr in below


def test_result_shows_itself_in_notebooks_and_as_plain_values(lines) -> None:
    found = learning_rate_test(lines, ["optimizer.lr=0.2"], steps=30, seeds=1)
    assert "suggested learning rate" in repr(found)
    shown = found._repr_html_()
    assert "<table" in shown
    assert "in the spec" in shown
    document = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert document["spec_lr"] == 0.2
    assert document["suggestion"] == found.suggestion.lr
    assert len(document["curve"]["lr"]) == len(document["curve"]["smoothed"]) <= 30
    assert document["command"] is None
    figure = found.plot(style="dark")
    assert len(figure.axes) == 2
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_learning_rate_that_diverges_at_once_is_no_suggestion(lines) -> None:
    found = learning_rate_test(lines, first=1e5, last=1e6, steps=20, seeds=1)
    assert found.suggestion.lr is None
    assert found.trials == []
    assert found.command == ""
    assert found.sentences[0].startswith("no suggestion: ")
    assert found.as_json()["suggestion"] is None
    assert len(found.plot(language="en").axes) == 1


def test_the_command_keeps_other_overrides(lines) -> None:
    Path("line.yaml").write_text(json.dumps({**lines, "name": "line"}), encoding="utf-8")
    found = learning_rate_test("line.yaml", ["optimizer.lr=0.2", "dtype=float32"], steps=30, seeds=1)
    assert not any("updates were tested" in sentence for sentence in found.sentences)
    assert found.command == f"nnlab train line.yaml -s dtype=float32 -s optimizer.lr={found.suggestion.lr:g}"
    assert load_experiment("line.yaml").optimizer.lr == 0.3


def test_a_training_much_longer_than_the_test_is_noted(lines) -> None:
    found = learning_rate_test(lines, {"train.iterations": 1000}, steps=30, seeds=1)
    assert found.sentences[-1].startswith("30 of the spec's 1,000 updates were tested")
    found = learning_rate_test(lines, {"train.iterations": None, "train.epochs": 200}, steps=30, seeds=1)
    assert found.sentences[-1].startswith("30 of the spec's 200 updates were tested")


def test_steps_are_counted_and_at_most_those_announced(lines) -> None:
    counted: list[None] = []
    learning_rate_test(lines, steps=20, seeds=2, on_step=lambda: counted.append(None))
    assert 0 < len(counted) <= most_steps(1e-6, 10, 20, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"first": 1.0, "last": 0.1}, "must rise"),
        ({"first": float("nan")}, "must rise"),
        ({"first": 0.0}, "must rise"),
        ({"first": 1.0, "last": 5.0}, "factor of 10"),
        ({"steps": 5}, "steps: must be from 20"),
        ({"seeds": 0}, "seeds: must be from 1"),
    ],
)
def test_a_range_that_cannot_be_used_is_refused(lines, wrong: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        learning_rate_test(lines, **wrong)
