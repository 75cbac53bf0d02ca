"""Predicted numbers, in the user's units: as rows, CSV and JSON, of files and in Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.errors import DataError, UsageError
from nnlab.inference.evaluation import evaluate
from nnlab.inference.number_predictions import NumberPredictions
from nnlab.inference.other_data import Reading, samples_to_evaluate
from nnlab.inference.prediction_table import predictions
from nnlab.inference.samples import read_samples
from nnlab.inference.trained_network import predict, trained_network
from nnlab.train.run import run

SPEC = """\
data:      {name: table, path: houses.csv, target: TARGET, test_split: 0.25, exclude: [town]}
model:     softmax
optimizer: {name: sgd, lr: 0.3}
train:     {iterations: 400, batch_size: full, eval_every: 400, pictures: false}
dtype:     float64
"""
X = np.arange(24.0).reshape(12, 2) % 7
PRICE, RENT = 1000 + 30 * X[:, 0] - 20 * X[:, 1], 5 * X[:, 1] - 3
HOUSES = "area,rooms,town,price,rent\n" + "".join(
    f"{a},{b},T,{price},{rent}\n" for (a, b), price, rent in zip(X.tolist(), PRICE, RENT, strict=True)
)


def train(folder: Path, target: str) -> Path:
    """A linear regression of linear data: its predictions are exact."""
    (folder / "houses.csv").write_text(HOUSES, encoding="utf-8")
    spec = SPEC.replace("TARGET", target)
    if target == "price":
        spec = spec.replace("[town]", "[town, rent]")
    return run(make_experiment(folder, spec), folder / "runs").path


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("one"), "price")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("two"), "[rent, price]")


def test_python_predictions_are_in_the_users_units(one: Path, two: Path) -> None:
    np.testing.assert_allclose(predict(one, X), PRICE, rtol=1e-6)
    found = predict(two, {"rooms": X[:, 1], "area": X[:, 0]})
    np.testing.assert_allclose(found, np.column_stack([RENT, PRICE]), rtol=1e-6, atol=1e-5)
    with pytest.raises(UsageError, match="probabilities: the network predicts numbers, not classes"):
        predict(one, X, probabilities=True)


def test_evaluation_in_python(two: Path) -> None:
    assert evaluate(two, X, np.column_stack([RENT, PRICE])).metrics["mae"] == pytest.approx(0, abs=1e-3)
    with pytest.raises(UsageError, match="expected targets of shape"):
        evaluate(two, X, PRICE)


def table_of(folder: Path, file: Path) -> NumberPredictions:
    network = trained_network(folder)
    samples = read_samples(file, network.inputs, form=network.csv_format)
    table = predictions(network, samples.inputs, samples.names)
    assert isinstance(table, NumberPredictions)
    return table


@pytest.mark.parametrize(("target", "headings"), [("one", ["prediction"]), ("two", ["rent", "price"])])
def test_csv_has_a_column_for_each_target(one: Path, two: Path, target: str, headings: list[str]) -> None:
    folder = {"one": one, "two": two}[target]
    table = table_of(folder, folder.parents[1] / "houses.csv")
    first, *rows = [line.split(",") for line in table.to_csv().splitlines()]
    assert first == ["sample", *headings]
    assert rows[0][0] == "houses.csv#1"
    assert [float(row[-1]) for row in rows] == pytest.approx(PRICE.tolist())
    plain: list[dict[str, Any]] = json.loads(json.dumps(table.as_plain()))
    assert plain[0]["prediction"]["price"] == pytest.approx(PRICE[0])


def test_steps_have_a_row_each() -> None:
    table = NumberPredictions(("a", "b"), ("y",), np.arange(6.0).reshape(2, 3, 1))
    assert table.to_csv().splitlines() == [
        *("sample,step,prediction", "a,1,0.0", "a,2,1.0", "a,3,2.0", "b,1,3.0", "b,2,4.0", "b,3,5.0")
    ]
    assert table.as_plain()[1] == {"sample": "b", "prediction": [{"y": 3.0}, {"y": 4.0}, {"y": 5.0}]}


def evaluated(folder: Path, data: Path, label: str | None = None) -> np.ndarray:
    """The targets to evaluate on, in the user's units."""
    network, samples = samples_to_evaluate(folder, data, reading=Reading(label))
    assert network.inputs.targets is not None
    return network.inputs.targets.undo(samples.labels)


def test_other_csv_has_the_targets_in_columns_of_their_names(two: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("price,rooms,comment,area,rent\n900,1,a,2,7\n950,3,b,4,8\n", encoding="utf-8")
    np.testing.assert_allclose(evaluated(two, path), [[7, 900], [8, 950]])
    with pytest.raises(UsageError, match="--label: the network predicts numbers"):
        evaluated(two, path, "price")
    path.write_text("rooms,area,rent\n1,2,7\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected a column 'price'"):
        evaluated(two, path)
    path.write_text("rooms,area,rent,price\n1,2,7,cheap\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"other.csv:2: 'price': expected a target, a finite number, found 'cheap'"):
        evaluated(two, path)


def test_other_npz_has_the_targets_in_an_array(two: Path, tmp_path: Path) -> None:
    y = np.column_stack([RENT, PRICE])
    np.savez(tmp_path / "other.npz", x=X, y=y)
    np.testing.assert_allclose(evaluated(two, tmp_path / "other.npz"), y, atol=1e-9)
    np.savez(tmp_path / "other.npz", x=X, y=PRICE)
    with pytest.raises(DataError, match=r"y: y: expected targets of shape \(12, 2\), found \(12,\)"):
        evaluated(two, tmp_path / "other.npz")
