"""Stratified splits: partitions, class fractions, folds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data.pipeline.splitting import hold_out_fold, hold_out_share
from nnlab.errors import UsageError

COUNTS = st.lists(st.integers(1, 30), min_size=2, max_size=5)


def labels_of(counts: list[int], seed: int = 0) -> np.ndarray:
    """Labels with the given numbers of samples of each class, in random order."""
    return np.random.RandomState(seed).permutation(np.repeat(np.arange(len(counts)), counts))


@given(counts=COUNTS, share=st.floats(0, 1, exclude_max=True), seed=st.integers(0, 100))
def test_split_is_a_partition_with_every_class_in_training(counts: list[int], share: float, seed: int) -> None:
    labels = labels_of(counts)
    kept, held_out = hold_out_share(labels, share, np.random.RandomState(seed))
    assert sorted([*kept, *held_out]) == list(range(len(labels)))
    assert set(labels[kept]) == set(range(len(counts)))
    candidates = len(labels) - len(counts)
    assert len(held_out) == min(round(share * len(labels)), candidates)
    if len(held_out):
        expected = (np.array(counts) - 1) * len(held_out) / candidates
        assert np.all(np.abs(np.bincount(labels[held_out], minlength=len(counts)) - expected) <= 1)


@given(counts=COUNTS, data=st.data())
def test_folds_are_stratified_partitions(counts: list[int], data: st.DataObject) -> None:
    labels = labels_of(counts)
    most = min(counts)
    folds = data.draw(st.integers(2, most)) if most > 1 else len(labels)
    seed = data.draw(st.integers(0, 100))
    held_out = []
    for fold in range(1, folds + 1):
        kept, out = hold_out_fold(labels, fold, folds, np.random.RandomState(seed))
        assert sorted([*kept, *out]) == list(range(len(labels)))
        held_out.append(out)
    assert sorted(np.concatenate(held_out)) == list(range(len(labels)))
    sizes = [len(out) for out in held_out]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True), "the first fold is the largest"
    in_class = np.array([np.bincount(labels[out], minlength=len(counts)) for out in held_out])
    assert (in_class.max(axis=0) - in_class.min(axis=0) <= 1).all()
    assert most == 1 or (in_class > 0).all()


def test_folds_worked_example() -> None:
    labels = np.array([1, 0, 0, 1, 0, 1, 0])

    class InOrder:
        def permutation(self, count: int) -> np.ndarray:
            return np.arange(count)

    # By class: 1 2 4 6 | 0 3 5, dealt out to three folds in turn.
    folds = [hold_out_fold(labels, fold, 3, InOrder()) for fold in (1, 2, 3)]  # type: ignore[arg-type]
    assert [held_out.tolist() for _, held_out in folds] == [[1, 5, 6], [0, 2], [3, 4]]
    assert [kept.tolist() for kept, _ in folds] == [[0, 2, 3, 4], [1, 3, 4, 5, 6], [0, 1, 2, 5, 6]]


def test_order_depends_on_random_generator_only() -> None:
    labels = labels_of([50, 50])
    first, again, other = (hold_out_fold(labels, 1, 5, np.random.RandomState(seed)) for seed in (1, 1, 2))
    assert [part.tolist() for part in first] == [part.tolist() for part in again]
    assert set(first[1]) != set(other[1])
    assert sorted(first[0]) != list(first[0])


def test_too_many_folds_are_rejected() -> None:
    labels = labels_of([30, 4, 20])
    assert len(hold_out_fold(labels, 4, 4, np.random.RandomState(0))[1]) == 13
    with pytest.raises(UsageError, match=r"^data\.folds: 5 folds .* smallest class has 4 of the 54 .*use 2 to 4 folds"):
        hold_out_fold(labels, 1, 5, np.random.RandomState(0))
    kept, held_out = hold_out_fold(labels, 54, 54, np.random.RandomState(0))
    assert (len(kept), len(held_out)) == (53, 1)
    with pytest.raises(UsageError, match=r"smallest class has 1 of the 7 training samples; use 7 for leave-one-out"):
        hold_out_fold(labels_of([6, 1]), 1, 2, np.random.RandomState(0))
