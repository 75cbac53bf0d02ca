"""How long a training is to be, before it has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlannedLength:
    """The steps of a training by its spec and its environment.json, neither of which is checked as a whole."""

    spec: Mapping[str, Any]
    environment: Mapping[str, Any]

    @property
    def total(self) -> int | None:
        """The steps of the whole training; None where they are not known."""
        if iterations := _count(self._train.get("iterations")):
            return iterations
        per_epoch = self._steps_per_epoch
        return self.epochs * per_epoch if self.epochs and per_epoch else None

    @property
    def epochs(self) -> int | None:
        """The epochs of the whole training, where the spec gives it in epochs."""
        return _count(self._train.get("epochs"))

    @property
    def samples_per_step(self) -> int | None:
        """Training samples of one update."""
        if self._train.get("batch_size") == "full":
            return self._samples
        size, accumulated = _count(self._train.get("batch_size")), _count(self._train.get("accumulate", 1))
        return size * accumulated if size and accumulated else None

    @property
    def _train(self) -> Mapping[str, Any]:
        found = self.spec.get("train")
        return found if isinstance(found, Mapping) else {}

    @property
    def _samples(self) -> int | None:
        samples = self.environment.get("samples")
        return _count(samples.get("train")) if isinstance(samples, Mapping) else None

    @property
    def _steps_per_epoch(self) -> int | None:
        samples, size = self._samples, self.samples_per_step
        if samples and size:
            dropped = self._train.get("drop_last") and self._train.get("sampling") == "shuffle"
            return samples // size if dropped else -(-samples // size)
        return None


def _count(value: object) -> int | None:
    """A number of steps or samples; None for anything else, since spec and environment are not checked as a whole."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 10**12 else None
