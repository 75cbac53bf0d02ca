"""What datasets of windows of one long series share."""

from abc import abstractmethod
from dataclasses import dataclass

from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.pipeline.windows import hold_out_block, last_share
from nnlab.errors import UsageError


@dataclass(kw_only=True)
class WindowedSource(DatasetSource):
    """A dataset whose samples are windows of a series, in order: held-out samples are blocks, not drawn at random.

    No step is a target both in training and in validation.
    """

    @property
    @abstractmethod
    def predicted_steps(self) -> int:
        """The number of steps of the series that a window predicts."""

    @property
    @abstractmethod
    def distance(self) -> int:
        """The number of steps between the starts of two windows."""

    def _split(self, train: Split, rng: RandomGenerator) -> tuple[Split, Split | None]:
        """The last windows are held out, or a block of them."""
        for (key,), message in self.conflicts():
            raise UsageError(f"data.{key}: {message}")
        place = self.predicted_steps, self.distance
        if self.fold is not None and self.folds is not None:
            indices, block = hold_out_block(len(train), self.fold, self.folds, *place)
            return train.take(indices), train.part(block)
        if self.validation > 0:
            kept, held_out = last_share(len(train), self.validation, *place)
            return train.part(kept), train.part(held_out)
        return train, None
