"""Whether targets go with inputs more than by chance: the statistics behind the check with permuted labels."""

from math import prod

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import BatchLoader

PAIRS = 1000
"""At most this many predictions are compared, each with the targets of all others."""
WINDOW = 3
"""Of a sequence with a target for each step, this many steps until then."""
MOST_NUMBERS = 2**24


def agreement(predicted: Array, targets: Array) -> tuple[float, float, float]:
    """How well predictions (N, ...) fit targets, how well they fit those of other samples, and the z of the difference.

    The fit is the accuracy of classes (N,) or (N, T), or the correlation of numbers. Under random permutations of the
    targets, the fit has the mean Σ_ij A_ij / n² and the variance Σ_ij d_ij² / (n² (n − 1)) with d the double centred A
    (Hoeffding 1951), where A_ij is the fit of prediction i to target j.
    """
    n = len(targets)
    if targets.dtype.kind == "f":
        predicted, targets = (_standardised(values.reshape(n, -1)) for values in (predicted, targets))
        fits = predicted @ targets.T / targets.shape[1]
    else:
        predicted, targets = predicted.reshape(n, -1), targets.reshape(n, -1)
        fits = np.zeros((n, n))
        for step in range(targets.shape[1]):
            fits += predicted[:, step, None] == targets[None, :, step]
        fits /= targets.shape[1]
    fit, chance = float(fits.trace()) / n, float(fits.mean())
    centred = fits - fits.mean(axis=0) - fits.mean(axis=1, keepdims=True) + chance
    variance = float((centred**2).sum()) / (n**2 * max(1, n - 1))
    return fit, chance, (fit - chance) / variance**0.5 if variance > 1e-12 else 0.0


def data_signal(dataset: Dataset, rng: np.random.Generator) -> tuple[float, float]:
    """How far above chance the nearest other sample tells the target, and the input with the largest correlation.

    Both as z; the second one less √(2 ln D), which the largest of D numbers without any relation has.
    """
    features, targets = _features(dataset.train, dataset, rng)
    if len(targets) < 10:
        return 0.0, 0.0
    squares = (features**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    np.fill_diagonal(distances, np.inf)
    _, _, nearest = agreement(targets[distances.argmin(axis=1)], targets)
    indicators = targets if targets.dtype.kind == "f" else np.eye(int(targets.max()) + 1)[targets]
    correlations = _standardised(features).T @ _standardised(indicators.reshape(len(targets), -1)) / len(targets)
    largest = float(np.abs(correlations).max()) * len(targets) ** 0.5
    return nearest, largest - (2 * np.log(max(2, correlations.size))) ** 0.5


def _features(split: Split, dataset: Dataset, rng: np.random.Generator) -> tuple[Array, Array]:
    """Some samples (M, D) with their targets; of sequences with a target at each step, windows that end there."""
    steps = dataset.steps
    most = min(PAIRS, max(20, MOST_NUMBERS // prod(dataset.sample_shape)))
    chosen = split.take(np.sort(rng.permutation(len(split))[:most]))
    x, targets = BatchLoader(chosen, np.float64).everything()
    if dataset.tokens:
        x = np.eye(dataset.classes)[x.astype(np.intp)]
    if steps is None:
        return x.reshape(len(x), -1), targets
    padded = np.concatenate([np.zeros_like(x[:, : WINDOW - 1]), x], axis=1)
    windows = np.stack([padded[:, step : step + WINDOW].reshape(len(x), -1) for step in range(steps)], axis=1)
    some = rng.permutation(len(x) * steps)[:PAIRS]
    return windows.reshape(len(x) * steps, -1)[some], targets.reshape(len(x) * steps, *targets.shape[2:])[some]


def _standardised(values: Array) -> Array:
    spread = values.std(axis=0)
    standardised: Array = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return standardised
