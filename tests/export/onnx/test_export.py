"""The network of a run folder as an ONNX file."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_models import run_model
from trainings import make_experiment

import nnlab
from nnlab.errors import CheckFailed, NnlabError, RunError, UsageError
from nnlab.export.onnx.export import export, onnx_file
from nnlab.export.request import ExportRequest
from nnlab.storage.tensors import packed, read_metadata, read_tensors
from nnlab.train.run import run

STORED = Path(__file__).parents[2] / "records" / "files" / "written_by_0_1_0" / "20261128-052017-old-5a2d6f"
COLOURS = ("été", "緑")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a table with a column of categories."""
    folder = tmp_path_factory.mktemp("private")
    random = np.random.default_rng(0)
    lines = ["year,colour,y"]
    for index in range(40):
        year = 2000 + 10 * (index % 2) + random.standard_normal()
        lines.append(f"{year:.3f},{COLOURS[index % 3 % 2]},{'good' if index % 2 else 'bad'}")
    (folder / "cars.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    experiment = make_experiment(
        folder,
        f"data: {{name: table, path: {folder / 'cars.csv'}, categorical: [colour]}}\n"
        "model: {name: mlp, hidden: [8], batch_norm: true}\n"
        "optimizer: {name: adam, lr: 0.05}\ntrain: {epochs: 10, batch_size: 16}\n",
        name="cars",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        return run(experiment, folder / "runs").path


@pytest.fixture
def moved(table: Path, tmp_path: Path) -> Path:
    """A copy of the run."""
    return Path(shutil.copytree(table, tmp_path / table.name))


def with_weights(run: Path, **changed: float) -> None:
    """Write other numbers into arrays of the model, by their names with _ for the dot."""
    model = run / "model.safetensors"
    arrays, metadata = read_tensors(model, 10**6), read_metadata(model)
    for name, value in changed.items():
        arrays[name.replace("_", ".")][...] = value
    model.write_bytes(packed(arrays, metadata))


def test_file_predicts_like_the_run(table: Path) -> None:
    file = onnx_file(table, probabilities=True)
    model = onnx.load_from_string(file.contents)
    rows = np.array([[1999.5, 1, 0], [2010.25, 0, 1]])
    outputs = run_model("onnxruntime", model, rows)
    expected = nnlab.predict(table, {"year": rows[:, 0], "colour": ["été", "緑"]}, probabilities=True)
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)
    names = json.loads({entry.key: entry.value for entry in model.metadata_props}["class_names"])
    assert [names[index] for index in outputs["scores"].argmax(axis=1)] == ["bad", "good"]
    (note,) = file.notes
    # Of which output the rounding errors are larger depends on the processor.
    said = re.fullmatch(
        "verified with onnx.reference on 8 test samples: "
        r"the (?:scores|probabilities) differ by up to (\S+), (\S+) of the largest",
        note,
    )
    assert said
    assert all(float(number) < 1e-6 for number in said.groups())


def test_same_run_gives_the_same_bytes(table: Path) -> None:
    assert onnx_file(table).contents == onnx_file(table).contents


def test_metadata_describes_the_inputs_and_repeats_the_spec(table: Path) -> None:
    model = onnx.load_from_string(onnx_file(table).contents)
    texts = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(texts["class_names"]) == ["bad", "good"]
    assert json.loads(texts["input_features"]) == ["year", *(f"colour={name}" for name in COLOURS)]
    assert [column["name"] for column in json.loads(texts["input_columns"])] == ["year", "colour"]
    mean, scale = json.loads(texts["input_mean"]), json.loads(texts["input_scale"])
    assert mean[0] == pytest.approx(2005, abs=1)
    assert len(mean) == len(scale) == 3
    assert "緑" in texts["input_features"], "readable in a viewer"
    assert texts["input_layout"] == "N x D = N x 3, float64 features, not scaled, categories one-hot encoded"
    assert (texts["run"], texts["nnlab_version"]) == (table.name, nnlab.__version__)
    assert "path: cars.csv" in texts["spec"]


def test_file_has_no_path_of_this_computer(table: Path) -> None:
    contents = onnx_file(table).contents
    assert str(table.parents[1]).encode() not in contents
    assert table.parents[1].name.encode() not in contents


def test_run_whose_data_is_gone_is_verified_on_random_samples(table: Path) -> None:
    data = table.parents[1] / "cars.csv"
    contents = data.read_bytes()
    data.unlink()
    (note,) = onnx_file(table).notes
    data.write_bytes(contents)
    assert note.startswith("verified with onnx.reference on 64 random samples, since the run's data is not available: ")


def test_run_of_an_earlier_version_is_exported(tmp_path: Path) -> None:
    old = Path(shutil.copytree(STORED, tmp_path / STORED.name))
    model = onnx.load_from_string(onnx_file(old, probabilities=True).contents)
    points = np.array([[0.1, 0.2], [0.5, -0.5]])
    expected = nnlab.predict(old, points, probabilities=True)
    np.testing.assert_allclose(run_model("onnxruntime", model, points)["probabilities"], expected, atol=1e-6)


def test_run_that_diverged_is_exported_with_a_note(moved: Path) -> None:
    summary = moved / "summary.json"
    summary.write_text(summary.read_text(encoding="utf-8").replace('"completed"', '"diverged"'), encoding="utf-8")
    assert onnx_file(moved).notes[0] == (
        "the run has the status diverged: its weights may be those before the first update"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(moved: Path, value: float) -> None:
    with_weights(moved, linear2_W=value)
    with pytest.raises(RunError, match=r"model\.safetensors: linear2\.W has values that float32 cannot hold"):
        onnx_file(moved)


def test_finite_weights_with_infinite_scores_are_refused(moved: Path) -> None:
    with_weights(moved, linear1_W=1e30, linear2_W=1e30)
    with pytest.raises(RunError, match="scores are not finite"):
        onnx_file(moved)


def test_probabilities_need_cross_entropy(moved: Path) -> None:
    spec = moved / "spec.yaml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(f"{text[: text.index('loss:')]}loss: mean_squared_error\noptimizer:{text.split('optimizer:')[1]}")
    with pytest.raises(UsageError, match="--probabilities: the scores of a network trained with mean_squared_error"):
        onnx_file(moved, probabilities=True)
    assert onnx_file(moved).contents


def test_missing_package_is_named_with_its_extra(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match=r"^--to onnx: needs the package onnx .*; pip install 'nnlab-runner\[onnx\]'$"):
        onnx_file(table)


def test_nothing_is_written_where_the_verification_fails(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise CheckFailed("the scores differ")

    monkeypatch.setattr("nnlab.export.onnx.verification.verified", refuse)
    out = tmp_path / "a.onnx"
    out.write_bytes(b"kept")
    with pytest.raises(CheckFailed, match="the scores differ"):
        export(ExportRequest(run=table, out=out, overwrite=True))
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]
    assert out.read_bytes() == b"kept"


def test_existing_file_is_refused_before_any_work(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.export.onnx.export.onnx_file", lambda *arguments, **options: pytest.fail("worked"))
    (tmp_path / "a.onnx").write_bytes(b"kept")
    with pytest.raises(UsageError, match=r"a\.onnx: already exists; use --overwrite"):
        export(ExportRequest(run=table, out=tmp_path / "a.onnx"))


def test_model_that_is_missing_or_damaged_is_a_run_error(moved: Path, tmp_path: Path) -> None:
    model = moved / "model.safetensors"
    for contents in (model.read_bytes()[:100], b"", None):
        model.unlink() if contents is None else model.write_bytes(contents)
        with pytest.raises(NnlabError, match=r"model\.safetensors") as caught:
            export(ExportRequest(run=moved, out=tmp_path / "a.onnx"))
        assert caught.value.exit_code == 5
    assert not (tmp_path / "a.onnx").exists()


def test_names_that_are_no_text_are_escaped(moved: Path) -> None:
    strange = moved.rename(moved.with_name("a\udcff"))
    model = onnx.load_from_string(onnx_file(strange).contents)
    assert r"a\udcff" in [entry.value for entry in model.metadata_props]


def test_predictions_of_numbers_are_in_the_users_units(tmp_path: Path, no_pictures: None) -> None:
    spec = "{data: {name: peaks, points: 30, test_points: 9}, model: softmax, optimizer: {name: sgd, lr: 0.1}, "
    done = run(make_experiment(tmp_path, spec + "train: {iterations: 5, batch_size: 8}}"), tmp_path / "runs")
    model = onnx.load_from_string(onnx_file(done.path).contents)
    x = np.random.default_rng(0).uniform(-3, 3, (7, 2))
    found = run_model("onnxruntime", model, x)
    np.testing.assert_allclose(found["predictions"][:, 0], nnlab.predict(done, x), rtol=1e-5)
    assert [output.name for output in model.graph.output] == ["predictions"]
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(properties["targets"]) == ["z"]
    assert "class_names" not in properties
