"""Predicted numbers on the terminal: what is left out of a large table is counted."""

import numpy as np
import pytest

from nnlab.cli.number_predictions import print_numbers
from nnlab.inference.number_predictions import NumberPredictions


@pytest.mark.parametrize(
    ("samples", "targets", "left_out"),
    [(50, 12, ""), (51, 1, "1 row"), (2, 13, "1 target"), (60, 14, "10 rows and 2 targets")],
)
def test_rows_and_targets_that_are_not_printed_are_counted(
    samples: int, targets: int, left_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tuple(f"y{number}" for number in range(targets))
    samples_named = tuple(f"s{number}" for number in range(samples))
    print_numbers(NumberPredictions(samples_named, names, np.zeros((samples, targets))))
    printed = "".join(capsys.readouterr())
    assert (f"... and {left_out} more; --csv FILE writes all" in printed) == bool(left_out)
    assert ("..." in printed) == bool(left_out)
