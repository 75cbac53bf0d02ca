import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlab.data.input_format import Column, InputFormat, Scaling
from nnlab.data.sources.embedded import Digits
from nnlab.errors import DataError, UsageError
from nnlab.inference.samples import read_samples

TABLE = InputFormat(
    (2,),
    ("bad", "good"),
    False,
    np.array([500.0, 0.1]),
    np.array([2000.0, 0.5]),
    (Column("income"), Column("rate")),
    Scaling(np.array([1000.0, 0.3]), np.array([200.0, 0.1])),
)
MIXED = InputFormat(
    (3,),
    ("no", "yes"),
    False,
    np.array([0.0, 0.0, 0.0]),
    np.array([1.0, 1.0, 9.0]),
    (Column("colour", ("blue", "red")), Column("size", missing=4.0)),
)
PLAIN = InputFormat((2,), ("0", "1", "2"), False, np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
DIGITS = InputFormat((1, 28, 28), tuple("0123456789"), True, np.array(0.0), np.array(255.0))
TINY = InputFormat((1, 2, 2), ("cat", "dog"), True, np.array(0.0), np.array(255.0))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_matched_by_name_in_any_order_and_others_are_left_out(tmp_path: Path) -> None:
    file = write(tmp_path / "new.csv", "id,rate,y,income\n7,0.4,good,1200\n8,0.2,bad,800\n")
    found = read_samples(file, TABLE)
    assert np.allclose(found.inputs, [[1, 1], [-1, -1]])
    assert found.names == ("new.csv#1", "new.csv#2")
    assert found.labels is None
    assert found.notes[0] == "new.csv: left out: id, y"
    assert "another order" in found.notes[1]


def test_missing_columns_are_refused_with_their_names_and_near_ones(tmp_path: Path) -> None:
    file = write(tmp_path / "new.csv", "incomes,rate\n1200,0.4\n")
    with pytest.raises(DataError, match="missing 'income'; is 'income' called 'incomes' here"):
        read_samples(file, TABLE)


def test_an_unreadable_cell_is_named_without_advice_for_a_spec(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_samples(write(tmp_path / "new.csv", 'income,rate\nabc,0.5\n1000,\n1,"0,3"\n'), TABLE)
    lines = [line.partition("new.csv:")[2] for line in str(caught.value).splitlines()]
    assert lines == [
        "2: 'income': expected a finite number, found 'abc'",
        "3: 'rate': expected a finite number, found nothing",
        "4: 'rate': expected a finite number, found '0,3': a number with a decimal comma",
    ]


def test_a_table_without_column_names_is_read_in_the_order_of_training(tmp_path: Path) -> None:
    found = read_samples(write(tmp_path / "new.csv", "1200,0.4\n800,0.2\n"), TABLE)
    assert np.allclose(found.inputs, [[1, 1], [-1, -1]])
    assert "the columns are taken to be income, rate" in found.notes[0]


def test_a_table_without_column_names_and_with_too_few_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected 2 columns \(income, rate\), found 1; the file has no row"):
        read_samples(write(tmp_path / "new.csv", "1200\n800\n"), TABLE)


def test_reordered_columns_without_names_are_caught_by_their_ranges(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"rate is about 1000 \(in training 0\.1 to 0\.5\)"):
        read_samples(write(tmp_path / "new.csv", "0.4,1200\n0.2,800\n"), TABLE)


@pytest.mark.parametrize("label", ["y", None])
def test_labels_are_read_where_asked_for(tmp_path: Path, label: str | None) -> None:
    file = write(tmp_path / "new.csv", "rate,y,income\n0.4,good,1200\n0.2,bad,800\n")
    found = read_samples(file, TABLE, labelled=True, label=label)
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0]


def test_an_unknown_class_is_refused_with_its_name(tmp_path: Path) -> None:
    file = write(tmp_path / "new.csv", "rate,y,income\n0.4,ugly,1200\n")
    with pytest.raises(DataError, match=r"expected a class of the training samples .*found 'ugly'"):
        read_samples(file, TABLE, labelled=True)


def test_labels_without_a_name_are_the_first_or_last_column_of_classes(tmp_path: Path) -> None:
    found = read_samples(write(tmp_path / "new.csv", "2,0.5,0\n1,0.25,0\n0,0.5,0\n"), PLAIN, labelled=True)
    assert found.labels is not None
    assert found.labels.tolist() == [2, 1, 0]
    assert found.inputs.tolist() == [[0.5, 0], [0.25, 0], [0.5, 0]]


def test_several_columns_that_may_be_labels_are_named(tmp_path: Path) -> None:
    file = write(tmp_path / "new.csv", "rate,one,two,income\n0.4,good,good,1200\n")
    with pytest.raises(DataError, match=r"which column holds the labels.*--label COLUMN.*'one', 'two'"):
        read_samples(file, TABLE, labelled=True)


def test_categories_are_encoded_and_missing_numbers_imputed(tmp_path: Path) -> None:
    found = read_samples(write(tmp_path / "new.csv.csv", "size,colour\n?,red\n2,blue\n"), MIXED)
    assert found.inputs.tolist() == [[0, 1, 4], [1, 0, 2]]


def test_gzipped_tables_are_read(tmp_path: Path) -> None:
    file = tmp_path / "new.csv.gz"
    file.write_bytes(gzip.compress(b"income,rate\n1200,0.4\n"))
    assert np.allclose(read_samples(file, TABLE).inputs, [[1, 1]])


def test_an_npz_gives_its_test_samples_with_labels_by_name_or_index(tmp_path: Path) -> None:
    file = tmp_path / "new.npz"
    np.savez(file, x_train=np.zeros((5, 2)), x_test=np.array([[0.5, 0.25]]), y_test=np.array([2]))
    found = read_samples(file, PLAIN, labelled=True)
    assert found.inputs.tolist() == [[0.5, 0.25]]
    assert found.labels is not None
    assert found.labels.tolist() == [2]
    assert found.notes == ("new.npz: samples: array 'x_test'",)


def test_an_npz_with_one_array_for_each_column(tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", rate=np.array([0.4]), income=np.array([1200.0]))
    assert np.allclose(read_samples(tmp_path / "new.npz", TABLE).inputs, [[1, 1]])


def test_an_npz_without_samples_names_its_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", one=np.zeros(1), two=np.zeros(1))
    with pytest.raises(DataError, match=r"expected an array x .*found one, two"):
        read_samples(tmp_path / "new.npz", PLAIN)


def test_an_npy_of_whole_floats_is_read_as_pixels(tmp_path: Path) -> None:
    np.save(tmp_path / "new.npy", np.array([[[0.0, 255.0], [7.0, 8.0]]]))
    assert read_samples(tmp_path / "new.npy", TINY).inputs.tolist() == [[[[0, 255], [7, 8]]]]


def test_a_wrong_shape_is_refused_with_both_shapes(tmp_path: Path) -> None:
    np.save(tmp_path / "new.npy", np.zeros((4, 3, 3)))
    with pytest.raises(UsageError, match=r"new\.npy: expected images of 1x2x2 numbers .*\(4, 3, 3\)"):
        read_samples(tmp_path / "new.npy", TINY)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def test_idx_images_are_read_with_the_labels_beside_them(tmp_path: Path) -> None:
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([1, 0]))))
    found = read_samples(tmp_path / "t10k-images-idx3-ubyte.gz", TINY, labelled=True)
    assert found.inputs[:, 0].tolist() == images.tolist()
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0]


def test_a_folder_of_pictures_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, grey in (("b.png", 9), ("a.png", 3), (".hidden.png", 1)):
        Image.new("L", (2, 2), grey).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "Thumbs.db").write_bytes(b"")
    found = read_samples(tmp_path, TINY, fit="none")
    assert found.inputs[:, 0, 0, 0].tolist() == [3, 9]
    assert [Path(name).name for name in found.names] == ["a.png", "b.png"]
    assert found.notes == ("no pictures, left out: notes.txt",)


def test_pictures_are_in_the_range_of_images_with_one_scaling(tmp_path: Path) -> None:
    digits = Digits().load(np.random.default_rng(0))
    pixels = np.array([[0, 255], [51, 102]], np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = read_samples(tmp_path / "a.png", digits.inputs, fit="stretch")
    np.testing.assert_allclose(found.inputs[0, 0, ::4, ::4], [[0, 1], [0.2, 0.4]])
    np.testing.assert_allclose(digits.scaling.undo(found.inputs)[0, 0, 0, 4], 16)


def test_a_labelled_folder_has_one_subfolder_for_each_class(tmp_path: Path) -> None:
    for name, grey in (("dog", 9), ("cat", 3)):
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2), grey).save(tmp_path / name / "1.png")
    found = read_samples(tmp_path, TINY, labelled=True, fit="none")
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1]
    assert found.inputs[:, 0, 0, 0].tolist() == [3, 9]


def test_a_subfolder_that_is_no_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cow").mkdir()
    with pytest.raises(DataError, match="found 'cow'"):
        read_samples(tmp_path, TINY, labelled=True)


def test_pictures_are_refused_for_a_network_of_features(tmp_path: Path) -> None:
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="takes 2 features a sample, not pictures"):
        read_samples(tmp_path / "a.png", PLAIN)


@pytest.mark.parametrize("contents", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 nothing", b"GIF89a"])
def test_a_damaged_file_is_a_data_error_that_names_it(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "a.png").write_bytes(contents)
    with pytest.raises(DataError, match=r"a\.png"):
        read_samples(tmp_path / "a.png", DIGITS)


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("scan.tif", b"II*\0" + bytes(60), "a TIFF file: save it as PNG"),
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic" + bytes(60), "a HEIC, AVIF or video file"),
        ("7.PNG", b"hello", "another kind of file"),
        ("7.jpg", b"", "an empty file"),
    ],
)
def test_a_file_that_is_meant_as_a_picture_is_not_read_as_a_table(
    tmp_path: Path, name: str, contents: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(DataError, match=rf"expected a picture \(PNG, .*found {message}"):
        read_samples(tmp_path / name, DIGITS)


def test_the_encoding_of_a_table_is_said(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_bytes("income,rate,町\n1200,0.4,東京都の市\n".encode("cp932"))
    with pytest.raises(DataError, match=r"bytes that look like cp932.*: save it as UTF-8, or add encoding"):
        read_samples(tmp_path / "new.csv", TABLE)
