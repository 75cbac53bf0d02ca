"""Training on CSV and .npz tables, from the spec to the trained run."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

pytestmark = pytest.mark.usefixtures("no_pictures")

FLOWERS = "id,長さ,色,種類\n" + "".join(
    f"{i},{i % 7 + i / 8},{'赤青'[i % 2]},{('薔薇', '百合')[i % 2]}\n" for i in range(40)
)
LABEL = "flowers.csv: label '種類', the last column (2 classes), 3 features, 40 samples"
ID = "feature 'id' is the row number"
SPEC = (
    "data: {{name: table, path: flowers.csv{keys}}}\nmodel: {{name: softmax}}\n"
    "optimizer: {{name: sgd, lr: 0.1}}\ntrain: {{iterations: 2, batch_size: 5}}\n"
)


def written(folder: Path, keys: str = "", encoding: str = "utf-8") -> Path:
    (folder / "flowers.csv").write_text(FLOWERS, encoding=encoding)
    spec = folder / "flowers.yaml"
    spec.write_text(SPEC.format(keys=f", {keys}" if keys else ""), encoding="utf-8")
    return spec


def test_a_run_reports_its_label_and_warnings(nnlab, tmp_path: Path) -> None:
    spec = written(tmp_path)
    answer = nnlab("train", spec)
    assert answer.code == 0
    lines = answer.stderr.splitlines()
    assert lines[1] == LABEL
    assert ID in lines[2]
    (run,) = (tmp_path / "runs").iterdir()
    assert LABEL in (run / "log.txt").read_text(encoding="utf-8").splitlines()[1]
    assert "flowers.csv" not in nnlab("train", spec, "-q").stderr


@pytest.mark.parametrize("command", [["train", "--dry-run"], ["show"], ["data", "show"]])
def test_dry_run_and_show_report_the_same(nnlab, tmp_path: Path, command: list[str]) -> None:
    answer = nnlab(*command, written(tmp_path))
    assert answer.code == 0
    assert LABEL in answer.stdout
    assert ID in answer.stdout


@pytest.mark.parametrize(
    ("keys", "encoding", "message"),
    [
        ("", "cp932", "look like cp932 ('長さ'): save it as UTF-8, or add encoding: cp932 to data"),
        ("encoding: Shift_JIS", "cp932", "did you mean 'shift_jis'?"),
        ("encoding: sjis", "cp932", "data.encoding: must be 'auto' or 'utf-8' or "),
        ("missing: men", "utf-8", "data.missing: must be 'refuse' or 'drop' or 'mean' or 'median' or a number"),
        ("missing: .nan", "utf-8", "data.missing"),
        ("image: [28, 28]", "utf-8", "data.image"),
        ("skip_rows: -1", "utf-8", "data.skip_rows: must be at least 0"),
        ("decimal: ',', separator: ','", "utf-8", "data.decimal: is also the separator"),
        ("categorical: [id, Farbe]", "utf-8", "data.categorical: no column 'Farbe'"),
        ("label: 種", "utf-8", "did you mean '種類'?"),
    ],
)
def test_a_table_that_does_not_fit_is_one_error_and_makes_no_run(
    nnlab, tmp_path: Path, keys: str, encoding: str, message: str
) -> None:
    answer = nnlab("train", written(tmp_path, keys, encoding))
    assert answer.code in {2, 4}
    assert message in answer.stderr
    assert not (tmp_path / "runs").exists()


def test_the_same_table_in_another_file_trains_the_same_weights(nnlab, tmp_path: Path) -> None:
    variants = [
        ("", "utf-8", FLOWERS),
        ("", "utf-16", FLOWERS),
        ("missing: 0, categorical: [色]", "utf-8", FLOWERS),
        ("encoding: cp932, separator: ';', decimal: ','", "cp932", FLOWERS.replace(",", ";").replace(".", ",")),
        ("skip_rows: 1", "utf-8-sig", "花\n" + FLOWERS.replace("\n", "\r\n")),
        ("missing: drop", "utf-8", "sep=,\n" + FLOWERS + ",,,\n50,?,赤,百合\n"),
    ]
    weights = []
    for number, (keys, encoding, text) in enumerate(variants):
        spec = written(tmp_path, keys)
        (tmp_path / "flowers.csv").write_text(text, encoding=encoding, newline="")
        runs = tmp_path / str(number)
        assert nnlab("train", spec, "--runs", runs).code == 0
        (run,) = runs.iterdir()
        weights.append(load_file(run / "model.safetensors"))
    for other in weights[1:]:
        for name, values in weights[0].items():
            np.testing.assert_array_equal(values, other[name])


def test_a_csv_of_images_trains_a_convolution(nnlab, tmp_path: Path) -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (30, 16))
    rows = "".join(f"{i % 3},{','.join(map(str, row))}\n" for i, row in enumerate(pixels.tolist()))
    (tmp_path / "train.csv").write_text(f"label,{','.join(f'p{i}' for i in range(16))}\n{rows}")
    (tmp_path / "test.csv").write_text((tmp_path / "train.csv").read_text())
    spec = tmp_path / "images.yaml"
    spec.write_text(
        "data: {name: table, path: train.csv, test_path: test.csv, label: label, image: [1, 4, 4], augment: [shift]}\n"
        "model: {name: sequential, layers: [{name: conv2d, filters: 2, kernel: 3}, flatten, "
        "{name: linear, units: 3}]}\n"
        "optimizer: {name: sgd, lr: 0.1}\ntrain: {epochs: 1, batch_size: 10}\n"
    )
    answer = nnlab("train", spec)
    assert answer.code == 0, answer.stderr
    assert "test.csv: 30 test samples" in answer.stderr
