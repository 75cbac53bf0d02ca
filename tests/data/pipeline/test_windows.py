import numpy as np
import pytest

from nnlab.data.pipeline.windows import hold_out_block, last_share, windows_of
from nnlab.errors import UsageError


@pytest.mark.parametrize("stride", [1, 2, 5, 7])
def test_windows_are_views_of_the_series(stride: int) -> None:
    series = np.arange(23)
    windows = windows_of(series, 5, stride)
    assert [row.tolist() for row in windows] == [list(range(s, s + 5)) for s in range(0, 19, stride)]
    assert np.shares_memory(windows, series)


def targets_of(indices: np.ndarray, length: int, stride: int) -> set[int]:
    return {start * stride + step for start in indices.tolist() for step in range(length)}


@pytest.mark.parametrize("stride", [1, 3, 5, 8])
def test_held_out_windows_share_no_target_with_kept_ones(stride: int) -> None:
    everything = np.arange(40)
    kept, held_out = (everything[part] for part in last_share(40, 0.25, 5, stride))
    assert len(held_out) == 10
    assert not targets_of(kept, 5, stride) & targets_of(held_out, 5, stride)
    blocks = []
    for fold in (1, 2, 3):
        kept, block = hold_out_block(40, fold, 3, 5, stride)
        assert not targets_of(kept, 5, stride) & targets_of(everything[block], 5, stride)
        assert len(kept) >= 40 - len(everything[block]) - 2 * 4
        blocks += everything[block].tolist()
    assert blocks == everything.tolist()


def test_splits_without_windows_are_rejected() -> None:
    with pytest.raises(UsageError, match=r"data\.validation: 0\.9 of 10 windows of 5 steps leaves no window"):
        last_share(10, 0.9, 5, 1)
    with pytest.raises(UsageError, match=r"data\.validation: 0\.01 of 10 windows"):
        last_share(10, 0.01, 5, 1)
    with pytest.raises(UsageError, match=r"data\.folds: 11 folds of 10 windows of 5 steps; use fewer folds"):
        hold_out_block(10, 1, 11, 5, 5)
