"""Moments of samples that merge."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.statistics import Moments


@given(st.integers(1, 20), st.lists(st.integers(1, 19), max_size=4), st.integers(0, 2**32 - 1))
def test_moments_of_chunks_add_up_to_those_of_all_samples(samples: int, cuts: list[int], seed: int) -> None:
    x = np.random.default_rng(seed).normal(100, 1, (samples, 2))
    total = Moments()
    for chunk in np.split(x, sorted({cut for cut in cuts if cut < samples})):
        total += Moments.of(chunk)
    assert total.samples == samples
    np.testing.assert_allclose(total.mean, x.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(total.deviations, x.var(axis=0) * samples, rtol=1e-12, atol=1e-20)


def test_moments_keep_no_samples() -> None:
    x = np.array([[1.0], [3.0]])
    moments = Moments.of(x)
    x[:] = 9
    assert (moments.mean, moments.deviations) == (2, 2)
