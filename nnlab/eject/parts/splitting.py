"""Validation samples: a part of the training samples with its share of each class."""

import numpy as np

from nnlab.textbook.initialisers import Rng


def hold_out_share(t: np.ndarray, share: float, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled indices of the samples that are kept and of those held out; one of each class is kept."""
    order = rng.permutation(len(t))
    by_class = order[np.argsort(t[order], kind="stable")]
    candidates = by_class[1:][t[by_class[1:]] == t[by_class[:-1]]]
    count = min(round(share * len(t)), len(candidates))
    held_out = candidates[(np.arange(count) * 2 + 1) * len(candidates) // (2 * count)]
    is_held_out = np.isin(order, held_out)
    return order[~is_held_out], order[is_held_out]


def hold_out_fold(t: np.ndarray, fold: int, folds: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled indices of the samples that are kept and of those in a fold, counted from 1."""
    order = rng.permutation(len(t))
    by_class = order[np.argsort(t[order], kind="stable")]
    is_held_out = np.isin(order, by_class[fold - 1 :: folds])
    return order[~is_held_out], order[is_held_out]
