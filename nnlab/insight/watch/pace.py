"""How fast steps are made, from the times at which a file grew."""

from collections import deque
from itertools import pairwise

WINDOW_SECONDS = 60.0
MOST_TIMES = 200


class Pace:
    """Steps per second over the last minute, and over the last two times of growth where these are further apart.

    Steps reach the disk in bundles, so the time at which the file grew counts, not the time at which it was read.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=MOST_TIMES)

    def see(self, moment: float, step: int) -> None:
        """At this time ``step`` steps had been made; a smaller number than before starts a new count."""
        if self._seen and step < self._seen[-1][1]:
            self._seen.clear()
        if self._seen and (step == self._seen[-1][1] or moment <= self._seen[-1][0]):
            return
        self._seen.append((moment, step))
        while len(self._seen) > 2 and moment - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def empty(self) -> bool:
        """Whether nothing was seen yet."""
        return not self._seen

    @property
    def per_second(self) -> float | None:
        """Steps per second; None before there are two times."""
        if len(self._seen) < 2:
            return None
        (begun, first), (ended, last) = self._seen[0], self._seen[-1]
        return (last - first) / (ended - begun)

    @property
    def longest_pause(self) -> float:
        """The most seconds between two times of growth."""
        return max((after[0] - before[0] for before, after in pairwise(self._seen)), default=0.0)
