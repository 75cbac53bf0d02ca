"""Stratified splits: a held-out fraction, or one of K folds."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.errors import UsageError


def hold_out_share(labels: Array, share: float, rng: RandomGenerator, fewest: int = 1) -> tuple[Array, Array]:
    """Shuffled indices of the kept and the held-out samples; ``share`` is held out, stratified by class.

    At least one sample of each class and ``fewest`` in total are kept.
    """
    order, by_class = _shuffled(labels, rng)
    sorted_labels = labels[by_class]
    candidates = by_class[1:][sorted_labels[1:] == sorted_labels[:-1]]
    count = max(0, min(round(share * len(labels)), len(candidates), len(labels) - fewest))
    held_out = np.zeros(len(labels), bool)
    # Evenly spaced among samples sorted by class, so that each class contributes its share.
    held_out[candidates[(np.arange(count) * 2 + 1) * len(candidates) // max(1, 2 * count)]] = True
    return _parts(order, held_out)


def hold_out_fold(labels: Array, fold: int, folds: int, rng: RandomGenerator) -> tuple[Array, Array]:
    """Shuffled indices of the kept samples and of those in one fold, counted from 1.

    Samples sorted by class are assigned to the folds in turn: fold sizes differ by at most one sample, in total and in
    each class. The same random numbers give the same K folds. Raises UsageError when a class has fewer samples than
    there are folds, unless each fold is a single sample (leave-one-out).
    """
    classes, counts = np.unique(labels, return_counts=True)
    smallest = int(counts.min())
    if folds > smallest and len(classes) == 1:
        raise UsageError(f"data.folds: {folds} folds of {smallest} training samples; use 2 to {smallest} folds")
    if folds > smallest and folds != len(labels):
        possible = f"2 to {smallest} folds, or " if smallest > 1 else ""
        raise UsageError(
            f"data.folds: {folds} folds cannot each have samples of every class, since the smallest class has "
            f"{smallest} of the {len(labels)} training samples; use {possible}{len(labels)} for leave-one-out"
        )
    order, by_class = _shuffled(labels, rng)
    held_out = np.zeros(len(labels), bool)
    held_out[by_class[fold - 1 :: folds]] = True
    return _parts(order, held_out)


def _shuffled(labels: Array, rng: RandomGenerator) -> tuple[Array, Array]:
    """A permutation of all indices, and the same indices stably sorted by class."""
    order = rng.permutation(len(labels))
    return order, order[np.argsort(labels[order], kind="stable")]


def _parts(order: Array, held_out: Array) -> tuple[Array, Array]:
    return order[~held_out[order]], order[held_out[order]]
