from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources.table import Table
from nnlab.errors import DataError
from nnlab.registry import datasets


def streams() -> np.random.Generator:
    return AddressedStreams(7).rng(Purpose.DATASET)


def csv_file(folder: Path, rows: np.ndarray, labels: list[str]) -> Path:
    path = folder / "table.csv"
    lines = [",".join(map(repr, row)) + f",{label}" for row, label in zip(rows.tolist(), labels, strict=True)]
    header = ",".join([*(f"f{column}" for column in range(rows.shape[1])), "kind"])
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.fixture
def flowers(tmp_path) -> tuple[Path, np.ndarray, list[str]]:
    rows = np.random.RandomState(0).randn(50, 3) * (1, 10, 100) + (5, 0, -40)
    labels = ["rose"] * 10 + ["aster"] * 40
    return csv_file(tmp_path, rows, labels), rows, labels


def test_registered():
    assert datasets["table"] is Table


def test_csv_is_shuffled_and_split_stratified(flowers):
    path, rows, labels = flowers
    dataset = Table(path=str(path), scaling="none").load(streams())
    assert dataset.class_names == ("aster", "rose")
    assert dataset.sample_shape == (3,)
    assert np.bincount(dataset.train.targets).tolist() == [32, 8]
    assert np.bincount(dataset.test.targets).tolist() == [8, 2]
    assert dataset.checksums == {"table.csv": sha256(path.read_bytes()).hexdigest()}
    found = {
        (*row, dataset.class_names[label])
        for split in (dataset.train, dataset.test)
        for row, label in zip(split.inputs.tolist(), split.targets, strict=True)
    }
    assert found == {(*row, label) for row, label in zip(rows.tolist(), labels, strict=True)}
    assert not np.all(np.diff(dataset.train.targets) <= 0)


def test_test_split_depends_on_random_stream_only(flowers):
    path = str(flowers[0])
    one, two, other = (Table(path=path).load(rng) for rng in (streams(), streams(), np.random.RandomState(1)))
    np.testing.assert_array_equal(one.train.inputs, two.train.inputs)
    np.testing.assert_array_equal(one.test.inputs, two.test.inputs)
    assert not np.array_equal(one.test.inputs, other.test.inputs)


def test_test_split_0_keeps_all_for_training(flowers):
    dataset = Table(path=str(flowers[0]), test_split=0).load(streams())
    assert len(dataset.train) == 50
    assert dataset.test is None


def test_test_split_without_test_sample_is_rejected(tmp_path):
    path = csv_file(tmp_path, np.eye(4), ["a", "b", "c", "d"])
    with pytest.raises(DataError, match=r"data\.test_split: 0\.2 of 4 samples in 4 classes"):
        Table(path=str(path)).load(streams())


def test_standard_scaling_uses_training_statistics(flowers):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling).load(streams()) for scaling in ("none", "standard"))
    mean, deviation = raw.train.inputs.mean(0), raw.train.inputs.std(0)
    np.testing.assert_allclose(scaled.train.inputs, (raw.train.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.train.inputs.std(0), 1)


@pytest.mark.parametrize("keys", [{"validation": 0.25}, {"fold": 2, "folds": 4}])
def test_scaling_excludes_validation_samples(flowers, keys):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling, **keys).load(streams()) for scaling in ("none", "standard"))
    mean, deviation = raw.train.inputs.mean(0), raw.train.inputs.std(0)
    np.testing.assert_allclose(scaled.train.inputs.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.validation.inputs, (raw.validation.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - mean) / deviation, atol=1e-12)


def test_scaling_uses_train_size(flowers):
    dataset = Table(path=str(flowers[0]), train_size=10).load(streams())
    np.testing.assert_allclose(dataset.train.inputs.mean(0), 0, atol=1e-12)


def test_minmax_scaling_uses_training_statistics(flowers):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling).load(streams()) for scaling in ("none", "minmax"))
    low, high = raw.train.inputs.min(0), raw.train.inputs.max(0)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - low) / (high - low), atol=1e-12)
    np.testing.assert_array_equal(scaled.train.inputs.min(0), 0)
    np.testing.assert_array_equal(scaled.train.inputs.max(0), 1)


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e300])
def test_constant_column_is_scaled_to_zero(tmp_path, scaling, constant):
    path = csv_file(tmp_path, np.column_stack((np.full(30, constant), np.arange(30.0))), ["a", "b"] * 15)
    dataset = Table(path=str(path), scaling=scaling).load(streams())
    np.testing.assert_array_equal(dataset.train.inputs[:, 0], 0)
    np.testing.assert_array_equal(dataset.test.inputs[:, 0], 0)


@pytest.mark.parametrize(("scaling", "extreme"), [("standard", 1.7e308), ("minmax", 1.7e308), ("standard", 5e-324)])
def test_unscalable_values_are_rejected(tmp_path, scaling, extreme):
    path = csv_file(tmp_path, np.column_stack((np.arange(20.0), [extreme, -extreme] * 10)), ["a", "b"] * 10)
    with pytest.raises(DataError, match="feature 2: the values are too large or too close together"):
        Table(path=str(path), scaling=scaling).load(streams())


def test_npz_images_stay_pixels(tmp_path):
    images = np.random.RandomState(0).randint(0, 256, (10, 5, 4), np.uint8)
    path = tmp_path / "images.npz"
    np.savez(path, x=images, y=np.arange(10) % 2)
    dataset = Table(path=str(path)).load(streams())
    assert dataset.sample_shape == (1, 5, 4)
    assert dataset.train.inputs.dtype == np.uint8
    assert (len(dataset.train), len(dataset.test)) == (8, 2)
    together = np.concatenate((dataset.train.inputs, dataset.test.inputs))[:, 0]
    assert sorted(map(bytes, together)) == sorted(map(bytes, images))


def test_npz_with_test_set_is_not_split(tmp_path):
    x_train, x_test = np.arange(12.0).reshape(6, 2), np.arange(4.0).reshape(2, 2)
    path = tmp_path / "own.npz"
    np.savez(path, x_train=x_train, y_train=[0, 1] * 3, x_test=x_test, y_test=[1, 1])
    dataset = Table(path=str(path), scaling="minmax").load(streams())
    np.testing.assert_allclose(dataset.train.inputs, x_train / 10 - [0, 0.1])
    np.testing.assert_allclose(dataset.test.inputs, x_test / 10 - [0, 0.1])
    assert dataset.test.targets.tolist() == [1, 1]


def test_file_format_is_detected_by_content(tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.eye(4), y=[0, 0, 1, 1])
    (tmp_path / "arrays.npz").rename(tmp_path / "arrays.csv")
    assert Table(path=str(tmp_path / "arrays.csv"), test_split=0).load(streams()).sample_shape == (4,)


def test_not_a_file(tmp_path):
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(DataError, match=path.name) as caught:
            Table(path=str(path)).load(streams())
        assert caught.value.exit_code == 4


# ---- a test file, a column that splits, rows as images ----

TRAIN = "label,p0,p1,p2,p3\n" + "".join(f"{i % 2},{i},{i * 9},{255 - i},0\n" for i in range(12))


def table(folder: Path, content: str, **keys: object) -> Table:
    path = folder / "table.csv"
    path.write_text(content, encoding="utf-8")
    return Table(path=str(path), **keys)  # type: ignore[arg-type]  # as a spec gives them


def test_test_file_columns_in_any_order(tmp_path):
    (tmp_path / "test.csv").write_text("p3,p2,label,p1,p0,extra\n7,5,1.0,3,1,0\n8,6,0,4,2,0\n")
    source = table(tmp_path, TRAIN, label="label", test_path=str(tmp_path / "test.csv"), scaling="none")
    dataset = source.load(streams())
    assert dataset.test.inputs.tolist() == [[1, 3, 5, 7], [2, 4, 6, 8]]
    assert dataset.test.targets.tolist() == [1, 0]
    assert dataset.train.inputs[:, 0].tolist() == list(range(12))
    assert sorted(dataset.checksums) == ["table.csv", "test.csv"]
    assert source.files() == [tmp_path / "table.csv", tmp_path / "test.csv"]
    assert dataset.notes[:2] == (
        "table.csv: label 'label' (2 classes), 4 features, 12 samples",
        "test.csv: 2 test samples",
    )


TOWNS = "rooms,town,price\n" + "".join(f"{i * 5 % 7},{('Oslo', 'Rome')[i % 2]},{'xy'[i // 2 % 2]}\n" for i in range(12))
NEW_TOWNS = "2,Oslo,x\n?,Rome,y\n3,Paris,x\n4,Lima,y\n4,Lima,y\n1,Rome,?\n6,Kyoto,x\n7,Bern,y\n?,Paris,x\n"


@pytest.mark.parametrize(
    ("rows", "missing", "notes", "replaced"),
    [
        (
            NEW_TOWNS,
            "drop",
            (
                "1 test sample",
                "3 rows with missing values dropped",
                "5 rows dropped: 5 cells with unknown categories ('town=Paris', 'town=Lima', 'town=Kyoto', ...)",
            ),
            (),
        ),
        (
            "2,Oslo,x\n3,Paris,x\n",
            "drop",
            (
                "1 test sample",
                "1 row dropped: 1 cell with an unknown category ('town=Paris')",
            ),
            (),
        ),
        (
            NEW_TOWNS.replace("Rome,?", "Rome,x"),
            "mean",
            (
                "9 test samples",
                "6 cells with unknown categories ('town=Paris', 'town=Lima', 'town=Kyoto', ...), encoded as all zeros",
            ),
            ("2 missing values replaced by the mean of the training samples ('rooms' 2)",),
        ),
        (
            "# c\n2,Oslo,x\n?,?,y\n",
            0.0,
            (
                "2 test samples",
                "comment lines skipped: 1",
                "feature 'town': 1 missing value, encoded as all zeros",
            ),
            ("1 missing value replaced by 0 ('rooms' 1)",),
        ),
    ],
)
def test_notes_on_dropped_rows_and_unknown_categories(tmp_path, rows, missing, notes, replaced):
    (tmp_path / "test.csv").write_text(f"rooms,town,price\n{rows}")
    source = table(tmp_path, TOWNS, missing=missing, test_path=str(tmp_path / "test.csv"))
    _, *found = source.load(streams()).notes
    categories = "feature 'town': 2 categories, one-hot encoded (Oslo, Rome)"
    assert found == [*(f"test.csv: {note}" for note in notes), categories, *replaced]


def test_test_file_without_remaining_rows_is_rejected(tmp_path):
    (tmp_path / "test.csv").write_text("rooms,town,price\n?,Oslo,x\n2,Paris,y\n3,Paris,y\n")
    message = r"test\.csv: expected samples, found none \(1 row with missing values dropped; 2 rows dropped: 2 cells"
    with pytest.raises(DataError, match=message):
        table(tmp_path, TOWNS, missing="drop", test_path=str(tmp_path / "test.csv")).load(streams())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("p0,p1,p2,label\n1,2,3,0\n", r"test\.csv:1: expected the 4 columns of the training samples, missing 'p3'"),
        (
            "p0,p1,p2,p3\n1,2,3,4\n2,2,3,4\n",
            r"test\.csv:1: expected a column 'label' .* found none; nnlab\.predict\(run, x\) in Python",
        ),
        ("p0,p1,p2,p3,label\n1,2,3,4,2\n", r"test\.csv: 'label': expected a class of the training .*'0, 1'.*found '2'"),
        ("p0,p1,p2,p3,label\n1,2,?,4,0\n", r"test\.csv:2: 'p2': expected a finite number, found '\?'"),
        ("", r"test\.csv: expected a header row and samples"),
        (None, r"test\.csv: no such file"),
    ],
)
def test_mismatched_test_file_is_rejected(tmp_path, content, message):
    if content is not None:
        (tmp_path / "test.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        table(tmp_path, TRAIN, label="label", test_path=str(tmp_path / "test.csv")).load(streams())


@pytest.mark.parametrize(
    ("train", "test", "validation"),
    [("train", "test", "val"), ("Training", "TEST", "valid"), ("学習", "テスト", "検証")],
)
def test_split_column(tmp_path, train, test, validation):
    parts = [train, test, validation, train] * 3
    rows = "".join(f"{part},{i},{'xxyy'[i % 4]}\n" for i, part in enumerate(parts))
    dataset = table(tmp_path, f"part,a,kind\n{rows}", split_column="part", scaling="none").load(streams())
    assert dataset.train.inputs[:, 0].tolist() == [0, 3, 4, 7, 8, 11]
    assert dataset.test.inputs[:, 0].tolist() == [1, 5, 9]
    assert dataset.validation.inputs[:, 0].tolist() == [2, 6, 10]
    assert [column.name for column in dataset.columns] == ["a"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train", "holdout"], r"split_column: 'part': expected train, validation or test, found 'holdout'"),
        (["train", ""], "found nothing"),
        (["test", "test"], "expected rows with train, found none"),
        (["train", "test"], "found none of class 'y'"),
    ],
)
def test_invalid_split_column_is_rejected(tmp_path, parts, message):
    rows = "".join(f"{parts[i % 2]},{i},{'xy'[i % 2]}\n" for i in range(10))
    with pytest.raises(DataError, match=message):
        table(tmp_path, f"part,a,kind\n{rows}", split_column="part").load(streams())


def test_column_of_split_names_is_no_feature(tmp_path):
    rows = "".join(f"{'train' if i % 3 else 'test'},{i},{'xy'[i % 2]}\n" for i in range(12))
    with pytest.raises(DataError, match=r"'split': .* add split_column: 'split' to data, or exclude"):
        table(tmp_path, f"split,a,kind\n{rows}").load(streams())


def test_two_files_of_same_name_have_own_checksums(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "table.csv").write_text(TRAIN.replace("254", "1"))
    dataset = table(tmp_path, TRAIN, label="label", test_path=str(tmp_path / "test" / "table.csv")).load(streams())
    assert sorted(dataset.checksums) == ["table.csv", "test/table.csv"]
    assert len(set(dataset.checksums.values())) == 2


def test_rows_as_images(tmp_path):
    dataset = table(tmp_path, TRAIN, label="label", image=[1, 2, 2], test_split=0).load(streams())
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.sample_shape == (1, 2, 2)
    rows = sorted(dataset.train.inputs.reshape(-1, 4).tolist())
    assert rows == sorted([i, i * 9, 255 - i, 0] for i in range(12))
    assert dataset.inputs.pixels


@pytest.mark.parametrize("odd", ["0.5", "256", "-1"])
def test_non_pixel_images_are_scaled_like_features(tmp_path, odd):
    content = TRAIN.replace("0,0,0,255,0", f"0,{odd},0,255,0")
    flat, images = (table(tmp_path, content, label="label", image=image).load(streams()) for image in (None, [4, 1, 1]))
    assert images.train.inputs.dtype == np.float64
    np.testing.assert_array_equal(images.train.inputs[:, :, 0, 0], flat.train.inputs)


def test_wrong_image_size_is_rejected(tmp_path):
    with pytest.raises(DataError, match=r"data\.image: expected 1 × 2 × 3 = 6 features, found 4 besides the label"):
        table(tmp_path, TRAIN, label="label", image=[1, 2, 3]).load(streams())


# ---- missing values ----


@pytest.mark.parametrize(("missing", "fill"), [("mean", 2.2), ("median", 2), (-1.0, -1), (0.0, 0)])
def test_imputation_uses_training_statistics(tmp_path, missing, fill):
    parts = ["train"] * 6 + ["test"] * 2
    values = ["1", "2", "?", "4", "1", "3", "?", "1000"]
    rows = "".join(
        f"{part},{value},{i % 3},{'xy'[i % 2]}\n" for i, (part, value) in enumerate(zip(parts, values, strict=True))
    )
    keys = {"split_column": "part", "missing": missing}
    raw = table(tmp_path, f"part,a,b,kind\n{rows}", scaling="none", **keys).load(streams())
    np.testing.assert_allclose(raw.train.inputs[:, 0], [1, 2, fill, 4, 1, 3])
    np.testing.assert_allclose(raw.test.inputs[:, 0], [fill, 1000])
    assert raw.columns[0].missing == pytest.approx(fill)
    scaled = table(tmp_path, f"part,a,b,kind\n{rows}", **keys).load(streams())
    np.testing.assert_allclose(scaled.scaling.undo(scaled.train.inputs), raw.train.inputs, atol=1e-12)


def test_column_without_training_values_is_rejected(tmp_path):
    rows = "".join(f"?,{i},{'xy'[i % 2]}\n" for i in range(8))
    with pytest.raises(DataError, match="'a': expected values in the training samples, found none"):
        table(tmp_path, f"a,b,kind\n{rows}", missing="median").load(streams())


# ---- labels ----

WINE = "".join(f"{i % 3 + 1},{13 + i / 10},{i * 7 % 101 + 300}\n" for i in range(178))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            f"Class,Alcohol,Proline\n{WINE}",
            "last column is 'Proline', but there is a column 'Class': add label: 'Class'",
        ),
        (f"Cultivar,Alcohol,Proline\n{WINE}", "found 101 classes in 178 samples; .* add label: Cultivar"),
        (f"Cultivar,Alcohol,Proline\n{WINE * 3}", "found 101 different numbers in 534 samples; .* add label: Cultivar"),
        ("label,p0,p1\n" + "0,1,0\n1,2,0\n" * 5, "last column is 'p1', but there is a column 'label'"),
        ("digit,p0,p1\n" + "0,1,0\n1,2,0\n" * 5, "'p1': expected 2 to 10000 classes, found 1; .* add label: digit"),
        ("kind,a,b\n" + "x,1,0.5\ny,2,0.25\n" * 5, "found '0.5': .*regression target.* add label: kind"),
        (
            "a,kind,name\n" + "".join(f"{i % 7},{'xy'[i % 2]},n{i}\n" for i in range(20)),
            "20 classes in 20 .* add label: kind",
        ),
        ("a,b,y\n" + "".join(f"{i * 3},{i % 11},{i}\n" for i in range(40)), "found 40 classes in 40 samples"),
        ("target,a,b\n" + "0,1,0\n1,2,1\n" * 5, "last column is 'b', but there is a column 'target'"),
        ("M,a,b\n" + "".join(f"{'MB'[i % 2]},{i * 5},{i * 3}\n" for i in range(30)), "add label: M|header: false"),
    ],
)
def test_doubtful_default_label_is_rejected(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as caught:
        table(tmp_path, content).load(streams())
    assert "\n" not in str(caught.value)


def test_first_note_summarises_the_table(flowers):
    dataset = Table(path=str(flowers[0])).load(streams())
    assert dataset.notes == ("table.csv: label 'kind', the last column (2 classes), 3 features, 50 samples",)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("a,kind\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(12)), "feature 'a' is the row number"),
        ("a,kind\n" + "".join(f"{i + 501},{'xy'[i % 2]}\n" for i in range(12)), "feature 'a' is the row number"),
        ("id,kind\n" + "".join(f"{i * 7 % 13},{'xy'[i % 2]}\n" for i in range(12)), "feature 'id' is the row number"),
        ("user_id,kind\n" + "".join(f"{i * i},{'xy'[i % 2]}\n" for i in range(12)), "feature 'user_id'"),
        ("a,kind\n1,1\n2,1.0\n3,2\n4,2\n", "'1' and '1.0' are the same class"),
        ("a,kind\n1,01\n5,1\n3,2\n4,2\n", "'01' and '1' are different classes"),
        ("a,kind\n1,1\n2,1.0\n3,unknown\n4,unknown\n", "'1' and '1.0' are the same class"),
        ("a,kind\n1,Yes\n7,yes\n3,No\n4,Yes\n", "'Yes' and 'yes' are different classes"),
        ("a,kind\n1,x\n7,y\n3,x\n4,rare\n5,y\n", "class 'rare': a single sample"),
        ("a,kind\n" + "9007199254740993,x\n9007199254740995,y\n" * 2, "integers above 2^53, which float64 rounds"),
    ],
)
def test_notes_and_warnings(tmp_path, content, note):
    assert any(note in line for line in table(tmp_path, content, test_split=0).load(streams()).notes)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"features": ["a"], "exclude": ["b"]}, "both features and exclude are given"),
        ({"split_column": "a", "test_path": "b.csv"}, "both split_column and test_path are given"),
        ({"split_column": "a", "fold": 1, "folds": 2}, "both split_column and fold are given"),
        ({"separator": ",", "decimal": ","}, "is also the separator"),
    ],
)
def test_conflicting_keys(keys, message):
    (found,) = (text for _, text in Table(path="a.csv", **keys).conflicts())
    assert message in found


def test_npy_says_where_its_targets_are(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(4))
    with pytest.raises(DataError, match=r"data\.target: .*found an \.npy, whose numbers are in .* data\.targets$"):
        Table(path=str(tmp_path / "x.npy"), target="y").load(0)


@pytest.mark.parametrize("keys", [{"test_path": "b.csv"}, {"split_column": "a"}, {"image": [1, 2, 2]}])
def test_npz_rejects_csv_keys(tmp_path, keys):
    np.savez(tmp_path / "a.npz", x=np.eye(4), y=[0, 0, 1, 1])
    with pytest.raises(DataError, match=rf"data\.{next(iter(keys))}: expected a CSV, found an \.npz"):
        Table(path=str(tmp_path / "a.npz"), **keys).load(streams())
