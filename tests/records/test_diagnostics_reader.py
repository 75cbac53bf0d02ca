"""Reading valid and damaged statistics of layers."""

from math import inf, isnan
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.records.diagnostics_reader import read_gradient_norms, read_histograms, read_layer_statistics
from nnlab.records.formats import DIAGNOSTICS_COLUMNS, HISTOGRAMS_COLUMNS


def diagnostics(folder: Path, *rows: str) -> Path:
    (folder / "diagnostics.csv").write_text("\n".join([",".join(DIAGNOSTICS_COLUMNS), *rows]), encoding="utf-8")
    return folder


def histograms(folder: Path, *rows: str) -> Path:
    (folder / "histograms.csv").write_text("\n".join([",".join(HISTOGRAMS_COLUMNS), *rows]), encoding="utf-8")
    return folder


def test_gradient_norms_of_layers_with_parameters(tmp_path: Path) -> None:
    rows = [
        "0,linear1,,,0.5,1,,",
        "0,relu1,,,0.5,1,0,",
        "5,linear1,0.25,0.1,0.5,1,,",
        "9,linear1,inf,0.1,0.5,1,,",
        "12,lin",
    ]
    assert read_gradient_norms(diagnostics(tmp_path, *rows)) == {"linear1": [(5, 0.25), (9, inf)]}


def test_statistics_of_layers_by_step(tmp_path: Path) -> None:
    rows = ["0,linear1,,,0.5,1,,", "0,relu1,,,0.5,1,0,", "5,linear1,nan,0.25,0.5,1,,", "12,lin"]
    found = read_layer_statistics(diagnostics(tmp_path, *rows))
    assert found[0] == {
        "linear1": {"activation_mean": 0.5, "activation_std": 1},
        "relu1": {"activation_mean": 0.5, "activation_std": 1, "dead_share": 0},
    }
    assert isnan(found[5]["linear1"].pop("gradient_norm"))  # type: ignore[attr-defined]
    assert found[5] == {"linear1": {"update_ratio": 0.25, "activation_mean": 0.5, "activation_std": 1}}


def test_damaged_statistics_are_reported_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"diagnostics\.csv:2: expected a number, found 'x'"):
        read_layer_statistics(diagnostics(tmp_path, "0,linear1,,,0.5,x,,", ""))


def test_histograms_of_contiguous_bins(tmp_path: Path) -> None:
    rows = ["0,a,-1.0,0.0,3", "0,a,0.0,1.0,4", "5,a,0.0,2.0,7", "0,b,0.0,1.0,7", ""]
    assert read_histograms(histograms(tmp_path, *rows)) == {
        "a": {0: ([-1.0, 0.0, 1.0], [3, 4]), 5: ([0.0, 2.0], [7])},
        "b": {0: ([0.0, 1.0], [7])},
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0,a,0,1", "expected 5 cells, found 4"),
        ("x,a,0,1,2", "expected a whole number, found 'x'"),
        ("-1,a,0,1,2", "expected a whole number, found '-1'"),
        ("0,a,x,1,2", "expected a number, found 'x'"),
        ("0,a,0,nan,2", "expected a bin that begins where the last one ends, found 0.0 to nan"),
        ("0,a,0,1,2.5", "expected a whole number, found '2.5'"),
    ],
)
def test_damaged_histograms_are_reported_with_their_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(RunError, match=rf"histograms\.csv:3: {message}"):
        read_histograms(histograms(tmp_path, "0,b,0,1,2", row, ""))


def test_wrong_header_and_missing_file_are_reported(tmp_path: Path) -> None:
    (tmp_path / "histograms.csv").write_text("step,layer,left,right,number\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"histograms\.csv:1: expected the header step,layer,left,right,count"):
        read_histograms(tmp_path)
    with pytest.raises(RunError, match=r"diagnostics\.csv: missing"):
        read_gradient_norms(tmp_path)
