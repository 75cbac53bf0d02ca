"""What a finished run is evaluated on: its own data, moved or changed, and other data in its own input format."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from trainings import make_experiment

from nnlab.core.arrays import Array
from nnlab.errors import DataError, RunError, UsageError
from nnlab.inference.evaluation import Evaluation, evaluate_trained
from nnlab.inference.other_data import Reading, samples_to_evaluate
from nnlab.train.run import RunResult, run

ROWS = [
    f"{k % 11 + k / 100},{('red', 'blue', 'green')[k % 3]},{10 - k % 7},{('low', 'high')[k % 2]}" for k in range(60)
]
TABLE_SPEC = """\
data:      {name: table, path: points.csv, validation: 0.2}
model:     {name: mlp, hidden: [6]}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 15, batch_size: 10}
"""
IMAGES_SPEC = TABLE_SPEC.replace("points.csv, validation: 0.2", "images.npz")


def write_table(path: Path, rows: list[str], header: str = "a,colour,b,level") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def images() -> tuple[Array, Array]:
    labels = np.arange(60) % 3
    noise = np.random.default_rng(0).integers(0, 200, (60, 4, 5))
    return (noise + 20 * labels[:, None, None]).astype(np.uint8), labels


def trained(folder: Path, spec: str) -> RunResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        return run(make_experiment(folder, spec), folder / "runs")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs, with their data, to be copied."""
    folder = tmp_path_factory.mktemp("kept")
    write_table(folder / "points.csv", ROWS)
    x, y = images()
    np.savez(folder / "images.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    trained(folder, TABLE_SPEC).path.rename(folder / "table")
    trained(folder, IMAGES_SPEC).path.rename(folder / "images")
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the runs beside their data, and the working folder."""
    copy = Path(shutil.copytree(kept, tmp_path / "copy"))
    shutil.rmtree(copy / "runs", ignore_errors=True)
    for name in ("table", "images"):
        environment = copy / name / "environment.json"
        environment.write_text(environment.read_text(encoding="utf-8").replace(str(kept), str(copy)), encoding="utf-8")
    monkeypatch.chdir(copy)
    return copy


def evaluated(
    run: Path, data: Path | None = None, part: str | None = None, reading: Reading | None = None
) -> tuple[Evaluation, tuple[str, ...]]:
    network, samples = samples_to_evaluate(run, data, part, reading=reading)
    found = evaluate_trained(
        network, samples.inputs, samples.labels, samples.part, training_samples=samples.training_samples
    )
    return found, samples.notes


def recorded(run: Path, part: str) -> dict[str, float]:
    header, *_, last = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
    row = dict(zip(header.split(","), last.split(","), strict=True))
    return {name: float(row[f"{part}_{name}"]) for name in ("loss", "accuracy")}


@pytest.mark.parametrize("part", ["train", "validation", "test", None])
@pytest.mark.parametrize("name", ["table", "images"])
def test_each_part_of_its_own_data_has_the_recorded_numbers(folder: Path, name: str, part: str | None) -> None:
    if (name, part) == ("images", "validation"):
        with pytest.raises(UsageError, match=r"images: the data has no validation samples; it has test and train"):
            evaluated(folder / name, part=part)
        return
    found, notes = evaluated(folder / name, part=part)
    assert found.part == (part or "test")
    assert recorded(folder / name, found.part).items() <= found.metrics.items()
    assert notes == ()


@pytest.mark.parametrize(("file", "place"), [("points.csv", "new"), ("points.csv", "new/points.csv"), ("b", "new/b")])
def test_own_data_in_a_new_place_is_known_by_its_checksum_and_split_as_in_training(
    folder: Path, file: str, place: str
) -> None:
    (folder / "new").mkdir()
    (folder / "points.csv").rename(folder / "new" / file)
    with pytest.raises(DataError, match=r"points.csv: no such file; if the data was moved, --data PATH names its"):
        evaluated(folder / "table")
    found, notes = evaluated(folder / "table", Path(place), "validation")
    assert notes == (f"{place} holds the data that this run was trained on: evaluated on its validation samples",)
    assert recorded(folder / "table", "validation").items() <= found.metrics.items()


def test_data_that_changed_is_reported_and_encoded_as_in_training(folder: Path) -> None:
    """Rows without blue and with larger numbers: means and categories are those of the training."""
    rows = [f"{k * 40},{('red', 'green')[k % 2]},{k},{('low', 'high')[k // 2 % 2]}" for k in range(20)]
    write_table(folder / "points.csv", rows)
    network, found = samples_to_evaluate(folder / "table", part="train")
    assert found.notes[0] == f"{folder / 'table'}: the data has changed since the training: points.csv"
    assert (found.part, found.origin) == ("train", "")
    scaling = network.inputs.scaling
    assert scaling is not None
    expected = {
        tuple(np.round(scaling.apply(np.array([k * 40, 0, k % 2, 1 - k % 2, k], np.float64)), 9)) for k in range(20)
    }
    assert {tuple(np.round(row, 9)) for row in found.inputs} <= expected


def test_weights_that_fit_changed_data_no_longer_are_reported(folder: Path) -> None:
    model = folder / "table" / "model.safetensors"
    save_file(load_file(model), model)  # as an earlier version wrote it: without the input format
    (folder / "table" / "inputs.json").unlink(missing_ok=True)
    write_table(folder / "points.csv", [row.replace("blue", "red") for row in ROWS])
    with pytest.raises(DataError, match=r"weights no longer fit the data, which has changed: points.csv"):
        evaluated(folder / "table")


def test_a_run_without_its_weights_is_refused_before_data_is_read(folder: Path) -> None:
    (folder / "table" / "model.safetensors").unlink()
    (folder / "points.csv").unlink()
    with pytest.raises(RunError, match="is not the folder of a finished run"):
        evaluated(folder / "table", Path("points.csv"))


def test_a_spec_gives_its_data_in_the_format_of_the_run(folder: Path) -> None:
    """Other columns' order, an unused column, other categories' codes, other statistics: nothing of it counts."""
    rows = [row.split(",") for row in ROWS[:40] if "red" not in row]
    write_table(
        folder / "other.csv", [f"{level},{b},x{k},{a},{colour}" for k, (a, colour, b, level) in enumerate(rows)],
        "level,b,id,a,colour",
    )  # fmt: skip
    spec = folder / "other.yaml"
    spec.write_text(
        "data: {name: table, path: other.csv, label: level, exclude: [id], test_split: 0, scaling: minmax}\n",
        encoding="utf-8",
    )
    by_spec, notes = evaluated(folder / "table", spec)
    by_file, _ = evaluated(folder / "table", Path("other.csv"), reading=Reading(label="level"))
    assert by_spec.part == "train"
    assert by_spec.metrics == pytest.approx(by_file.metrics, rel=1e-6)
    np.testing.assert_array_equal(by_spec.confusion, by_file.confusion)
    assert by_spec.class_names == ("high", "low")
    assert "label 'level'" in notes[0]


def test_the_spec_and_the_folder_of_a_run_give_its_data(folder: Path) -> None:
    expected = recorded(folder / "table", "test")
    assert expected.items() <= evaluated(folder / "table", Path("table/spec.yaml"))[0].metrics.items()
    assert expected.items() <= evaluated(folder / "table", Path("table"))[0].metrics.items()


@pytest.mark.parametrize(
    ("arrays", "part", "samples", "named"),
    [
        ({"x": 30, "y": 30}, None, 30, "samples"),
        ({"x_train": 20, "y_train": 20, "x_test": 10, "y_test": 10}, None, 10, "samples"),
        ({"x_train": 20, "y_train": 20, "x_test": 10, "y_test": 10}, "train", 20, "train"),
    ],
)
def test_arrays_of_a_file_are_evaluated(
    folder: Path, arrays: dict[str, int], part: str | None, samples: int, named: str
) -> None:
    x, y = images()
    np.savez(folder / "a.npz", **{name: (x if name[0] == "x" else y)[:count] for name, count in arrays.items()})
    found, _ = evaluated(folder / "images", Path("a.npz"), part)
    assert (found.samples, found.part) == (samples, named)
    network, _ = samples_to_evaluate(folder / "images")
    np.testing.assert_array_equal(found.predicted, [int(name) for name in network.predict(x[:samples])])


def test_pixels_divided_by_255_give_the_same_numbers(folder: Path) -> None:
    x, y = images()
    np.savez(folder / "bytes.npz", x=x, y=y)
    np.savez(folder / "floats.npz", x=x / 255, y=y)
    as_bytes, as_floats = (evaluated(folder / "images", Path(f"{kind}.npz"))[0] for kind in ("bytes", "floats"))
    np.testing.assert_array_equal(as_bytes.predicted, as_floats.predicted)
    assert as_bytes.metrics["loss"] == pytest.approx(as_floats.metrics["loss"], rel=1e-6)


def test_far_values_are_reported_and_evaluated(folder: Path) -> None:
    write_table(folder / "far.csv", [f"{1000 + k},red,3,{('low', 'high')[k % 2]}" for k in range(6)])
    found, notes = evaluated(folder / "table", Path("far.csv"))
    assert found.samples == 6
    assert notes[-1].startswith("warning: a is about 1002 (in training 0.11 to 10.54)")


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["1,red,2,medium", "1,red,2,low"], "a,colour,b,level", r"expected a class .* found 'medium'"),
        (["1,purple,2,low"], "a,colour,b,level", r"'colour': expected a category .* found 'purple'"),
        (["1,2,low"], "a,b,level", r"missing 'colour'"),
        (["1,red,two,low"], "a,colour,b,level", r"'b': expected a finite number, found 'two'"),
        ([], "a,colour,b,level", r"expected samples, found none"),
    ],
)
def test_other_tables_that_do_not_fit_are_refused_by_name(
    folder: Path, rows: list[str], header: str, message: str
) -> None:
    write_table(folder / "other.csv", rows, header)
    with pytest.raises(DataError, match=rf"other\.csv.*{message}"):
        evaluated(folder / "table", Path("other.csv"))


def test_a_spec_with_other_classes_or_shapes_is_refused_by_name(folder: Path) -> None:
    write_table(folder / "other.csv", ["1,red,2,up", "2,red,2,down", "3,red,1,up", "4,red,0,down"])
    data = "data: {name: table, path: other.csv, test_split: 0, categorical: [colour]}\n"
    (folder / "other.yaml").write_text(data, encoding="utf-8")
    with pytest.raises(DataError, match=r"other\.yaml: expected a class .* found 'down', 'up'"):
        evaluated(folder / "table", Path("other.yaml"))
    (folder / "moons.yaml").write_text("data: {name: moons, points: 20}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"moons\.yaml: expected images of 1x4x5 numbers \(N, C, H, W\), found shape"):
        evaluated(folder / "images", Path("moons.yaml"))


def test_a_part_of_a_file_without_parts_is_refused(folder: Path) -> None:
    write_table(folder / "other.csv", ROWS[:10])
    with pytest.raises(UsageError, match=r"other\.csv: --part train is for data with parts"):
        evaluated(folder / "table", Path("other.csv"), "train")


def test_samples_without_labels_are_refused(folder: Path) -> None:
    np.savez(folder / "x.npz", x=images()[0])
    with pytest.raises(DataError, match=r"x\.npz: no array 'y'"):
        evaluated(folder / "images", Path("x.npz"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("nothing.csv", r"nothing\.csv: no such file, folder, dataset or bundled config"),
        ("adma", r"adma: no such file, .* did you mean 'adam'"),
        ("nothing.yaml", r"nothing\.yaml: "),
        ("a\0b", r"a\\x00b: no such file"),
        ("x" * 5000, "x…: no such file"),
        ("~nobody/x.csv", "~nobody/x.csv: no such file"),
    ],
)
def test_data_that_does_not_exist_is_refused(folder: Path, data: str, message: str) -> None:
    with pytest.raises((DataError, UsageError), match=message):
        evaluated(folder / "table", Path(data))


def test_the_name_of_a_dataset_is_its_data(folder: Path) -> None:
    with pytest.raises(DataError, match=r"moons: expected a class of the training samples .* found '0', '1'"):
        evaluated(folder / "table", Path("moons"))


def test_a_file_of_cifar10_is_evaluated_whole(folder: Path) -> None:
    """The classes are other ones; a network that knows them has the numbers of the folder's test part."""
    records = np.random.default_rng(0).integers(0, 256, (6, 3073)).astype(np.uint8)
    records[:, 0] = np.arange(6)
    spec = IMAGES_SPEC.replace("{name: table, path: images.npz}", "{name: cifar10, path: cifar}")
    cifar = folder / "cifar"
    cifar.mkdir()
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        (cifar / f"{name}.bin").write_bytes(records.tobytes())
    result = trained(folder, spec.replace("mlp, hidden: [6]", "softmax"))
    whole, _ = evaluated(result.path, cifar / "test_batch.bin")
    assert (whole.part, whole.samples) == ("samples", 6)
    assert recorded(result.path, "test").items() <= whole.metrics.items()
    with pytest.raises(DataError, match=r"test_batch\.bin: expected a class .* found 'airplane'"):
        evaluated(folder / "images", cifar / "test_batch.bin")


def test_a_folder_of_idx_files_has_parts(folder: Path) -> None:
    x, y = images()
    idx = folder / "idx"
    idx.mkdir()
    for word, chosen in (("train", slice(0, 40)), ("t10k", slice(40, 60))):
        for kind, array in (("images", x[chosen]), ("labels", y[chosen].astype(np.uint8))):
            sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
            contents = bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()
            (idx / f"{word}-{kind}-idx{array.ndim}-ubyte").write_bytes(contents)
    for part in ("test", "train"):
        assert recorded(folder / "images", part).items() <= evaluated(folder / "images", idx, part)[0].metrics.items()


def test_characters_of_another_text_are_matched_by_name(tmp_path: Path) -> None:
    spec = (
        "data: {name: text, path: book.txt, length: 4, test_split: 0}\n"
        "model: {name: recurrent, units: 3, embedding: 2}\n"
        "optimizer: {name: adam, lr: 0.1}\ntrain: {iterations: 1, batch_size: full}\n"
    )
    (tmp_path / "book.txt").write_text("abcabcabcdabcab", encoding="utf-8")
    path = run(make_experiment(tmp_path, spec), tmp_path / "runs").path
    for name, text in (("other", "dcbbcddbd"), ("foreign", "abcxabcab")):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    _, own = samples_to_evaluate(path)
    _, other = samples_to_evaluate(path, tmp_path / "other.txt")
    assert (own.inputs[0].tolist(), other.inputs.tolist()) == ([0, 1, 2, 0], [[3, 2, 1, 1], [2, 3, 3, 1]])
    assert other.labels.tolist() == [[2, 1, 1, 2], [3, 3, 1, 3]]
    with pytest.raises(DataError, match=r"foreign\.txt: expected a class of the training samples .* found 'x'"):
        samples_to_evaluate(path, tmp_path / "foreign.txt")
    with pytest.raises(
        DataError, match="binary_addition: expected text with a target for each of 4 steps as in training"
    ):
        samples_to_evaluate(path, Path("binary_addition"))
