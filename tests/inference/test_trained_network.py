"""A finished run predicts raw samples without its data, and returns copies."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

import nnlab
from nnlab.config.loading import load_experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import RunError, UsageError
from nnlab.storage.layout import INPUTS_FILE, MODEL_FILE, SPEC_FILE
from nnlab.storage.tensors import packed, read_tensors
from nnlab.train.run import RunResult, run

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("loans")
    random = np.random.default_rng(0)
    lines = ["income,rate,y"]
    for index in range(60):
        income, rate = (1300, 0.3) if index % 2 else (1000, 0.5)
        noise = random.standard_normal(2)
        lines.append(f"{income + 30 * noise[0]:.1f},{rate + 0.03 * noise[1]:.3f},{'good' if index % 2 else 'bad'}")
    (folder / "loans.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    experiment = make_experiment(
        folder,
        "data: {name: table, path: loans.csv}\nmodel: {name: mlp, hidden: [8]}\n"
        "optimizer: {name: adam, lr: 0.05}\ntrain: {epochs: 10, batch_size: 16}\n",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        result = run(experiment, folder / "runs")
    (folder / "loans.csv").unlink()  # nothing below needs the data
    return result


RAW = np.array([[1310.0, 0.29], [990.0, 0.52]])


def test_raw_rows_are_scaled_as_in_training(loans: RunResult) -> None:
    assert nnlab.predict(loans.path, RAW).tolist() == ["good", "bad"]
    assert nnlab.predict(loans, RAW[::-1]).tolist() == ["bad", "good"]
    assert nnlab.read_run(loans.path).predict({"rate": RAW[:, 1], "income": RAW[:, 0]}).tolist() == ["good", "bad"]
    assert loans.predict(RAW[0]).tolist() == ["good"]


def test_probabilities_are_the_softmax_of_the_scores(loans: RunResult) -> None:
    network = nnlab.trained_network(loans.path)
    inputs = network.inputs
    assert inputs.scaling is not None
    scores = network.forward(inputs.scaling.apply(RAW).astype(np.float32), training=False)
    exponentials = np.exp(scores.astype(np.float64))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(nnlab.predict(loans, RAW, probabilities=True), expected, rtol=1e-6)


def test_a_swapped_column_is_reported(loans: RunResult) -> None:
    with pytest.raises(UsageError, match=r"rate is about .* in the order income, rate"):
        nnlab.predict(loans, RAW[:, ::-1])


def test_raw_rows_given_to_forward_are_reported(loans: RunResult) -> None:
    network = nnlab.trained_network(loans)
    with pytest.warns(UserWarning, match="forward takes scaled inputs, predict raw ones: income is about"):
        network.forward(RAW.astype(np.float32), training=False)


def test_arrays_of_a_trained_network_are_copies(loans: RunResult) -> None:
    network = nnlab.trained_network(loans)
    a, b = np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32)
    p = network.forward(a, training=False)
    kept = p.copy()
    q = network.forward(b, training=False)
    assert p is not q
    np.testing.assert_array_equal(p, kept)
    assert not np.array_equal(p, q)
    network.forward(a, training=True)
    da = network.input_gradient(np.ones_like(p))
    kept = da.copy()
    network.forward(b, training=True)
    network.input_gradient(np.full_like(p, 2.0))
    np.testing.assert_array_equal(da, kept)


def test_predictions_on_pixels_equal_the_recorded_accuracy(tmp_path: Path) -> None:
    spec = tmp_path / "digits.yaml"
    spec.write_text(
        "data: {name: mnist, train_size: 300, test_size: 200}\nmodel: softmax\noptimizer: {name: adam, lr: 0.01}\n"
        "train: {epochs: 3, batch_size: 50}\n",
        encoding="utf-8",
    )
    experiment = load_experiment(spec)
    result = run(experiment, tmp_path / "runs")
    test = RunSetup(experiment).dataset.test
    assert test is not None
    found = result.predict(test.inputs)
    assert found.dtype.kind == "i"
    assert float((found == test.targets).mean()) == result.summary["final"]["test_accuracy"]
    np.testing.assert_array_equal(result.predict(test.inputs[:, 0] / 255), found)
    with pytest.raises(UsageError, match="floats from 0 to 1, or uint8"):
        result.predict(test.inputs.astype(float))


def test_a_run_that_does_not_describe_its_inputs_takes_them_from_its_data(tmp_path: Path) -> None:
    spec = tmp_path / "old.yaml"
    spec.write_text(
        "data: {name: spiral, points: 10}\nmodel: softmax\noptimizer: sgd\ntrain: {iterations: 2}\n".replace(
            "optimizer: sgd", "optimizer: {name: sgd, lr: 0.1}"
        ),
        encoding="utf-8",
    )
    path = run(load_experiment(spec, ["train.batch_size=full"]), tmp_path / "runs").path
    expected = nnlab.predict(path, [[0.5, 0.5]])
    (path / INPUTS_FILE).unlink()
    (path / MODEL_FILE).write_bytes(packed(read_tensors(path / MODEL_FILE, 1000), {"spec_sha256": "abc"}))
    assert nnlab.predict(path, [[0.5, 0.5]]).tolist() == expected.tolist()


def test_a_folder_whose_spec_is_damaged_is_a_run_error(loans: RunResult, tmp_path: Path) -> None:
    (tmp_path / SPEC_FILE).write_text("model: [", encoding="utf-8")
    (tmp_path / MODEL_FILE).write_bytes((loans.path / MODEL_FILE).read_bytes())
    with pytest.raises(RunError, match=r"spec\.yaml"):
        nnlab.predict(tmp_path, RAW)


def test_scores_that_are_not_finite_are_no_prediction(loans: RunResult) -> None:
    network = nnlab.trained_network(loans)
    next(iter(network.state().values()))[...] = np.nan
    with pytest.raises(RunError, match=r"the scores of sample 0 \(from 0\) are not finite"):
        network.predict(RAW)
