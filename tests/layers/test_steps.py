"""The steps of sequences as rows, in the order in which they are in memory."""

import numpy as np
import pytest

from nnlab.core.workspace import Workspace
from nnlab.layers.steps import Steps, time_major

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("x", "copied"),
    [
        (X, False),
        (X.swapaxes(0, 1).copy().swapaxes(0, 1), False),
        (np.pad(X, ((0, 0), (1, 1), (0, 0)))[:, 1:-1], True),
        (X.reshape(2, 3, 2, 2), False),
        (X[:1], False),
        (X[:, :1], True),
    ],
)
def test_rows_and_sequences_undo_each_other(x: np.ndarray, copied: bool) -> None:
    steps = Steps(x)
    rows = steps.rows(x, Workspace(), "x")
    assert rows.shape == (x.shape[0] * x.shape[1], *x.shape[2:])
    np.testing.assert_array_equal(steps.sequences(rows), x)
    assert np.shares_memory(rows, x) != copied


def test_other_sequences_come_in_the_order_of_the_first() -> None:
    by_step = X.swapaxes(0, 1).copy().swapaxes(0, 1)
    steps, workspace = Steps(by_step), Workspace()
    np.testing.assert_array_equal(steps.rows(X, workspace, "x"), steps.rows(by_step, workspace, "x"))


def test_time_major_copies_only_where_it_must() -> None:
    by_step = time_major(X, Workspace(), "x")
    np.testing.assert_array_equal(by_step, X.swapaxes(0, 1))
    assert by_step.flags.c_contiguous
    assert time_major(by_step.swapaxes(0, 1), Workspace(), "x") is not by_step
    assert np.shares_memory(time_major(by_step.swapaxes(0, 1), Workspace(), "x"), by_step)
