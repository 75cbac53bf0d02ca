"""An exponential moving average of the weights, which stands in for them where a network is evaluated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from nnlab.core.arrays import Array, copy_arrays
from nnlab.optim.base import VALUES_PER_BLOCK


class WeightAverage:
    """θ̄ ← d_t θ̄ + (1 − d_t) θ after each update t, with d_t = min(decay, (1 + t) / (10 + t)); θ̄ starts as θ.

    Averages of the path end nearer to the minimum than its last point (Polyak & Juditsky 1992, SIAM Journal on Control
    and Optimization 30). The warm-up of d_t, as in TensorFlow's ExponentialMovingAverage, lets short trainings forget
    their start. With ``decay=None`` there is no average, and nothing happens.
    """

    def __init__(self, values: Array, decay: float | None) -> None:
        self._values = values
        self._decay = decay
        self._average = values.copy() if decay is not None else values[:0]
        self._fixed = decay is None  # whether the weights stay those that the network has

    @property
    def active(self) -> bool:
        """Whether there is an average."""
        return self._decay is not None

    def update(self, step: int) -> None:
        """Take in the weights after ``step`` updates."""
        if self._decay is None:
            return
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        for average, values in self._blocks():
            average += share * (values - average)

    @contextmanager
    def in_network(self) -> Iterator[None]:
        """The network has the averages for its weights; its own come back afterwards."""
        if self._fixed:
            yield
            return
        self._exchange()
        self._fixed = True
        try:
            yield
        finally:
            self._fixed = False
            self._exchange()

    def end(self, *, restored: bool) -> None:
        """The training is over: the network keeps the averages, or weights ``restored`` from earlier ones."""
        if not restored and not self._fixed:
            self._exchange()
        self._fixed = True

    def state(self) -> dict[str, Array]:
        """The averages, where there are any."""
        return {} if self._decay is None else {"average": self._average}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        copy_arrays(state, self.state(), "saved averages")

    def _exchange(self) -> None:
        for average, values in self._blocks():
            own = values.copy()
            np.copyto(values, average)
            np.copyto(average, own)

    def _blocks(self) -> Iterator[tuple[Array, Array]]:
        """Averages and weights in pieces that fit the cache."""
        for start in range(0, len(self._average), VALUES_PER_BLOCK):
            yield self._average[start : start + VALUES_PER_BLOCK], self._values[start : start + VALUES_PER_BLOCK]
