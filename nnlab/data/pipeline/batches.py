"""Batches as network inputs: shuffled mini-batches for training, consecutive chunks for evaluation."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array, copy_arrays
from nnlab.core.random import LegacyStreams, Purpose, RandomGenerator, Streams
from nnlab.core.workspace import Workspace
from nnlab.data.dataset import Split
from nnlab.data.input_format import WHITE
from nnlab.data.pipeline.augmentation import Augmentation, augment
from nnlab.errors import ShapeError, UsageError

Batch = tuple[Array, Array]

DEFAULT_BATCH_SIZE = 100
"""The default batch size."""


class BatchLoader:
    """Loads samples of a split as arrays of the network's dtype; uint8 pixels are scaled to [0, 1].

    Images stay uint8 in memory: gathering and scaling 100 rows takes 17 µs, gathering float32 rows 28 µs.
    Returned arrays are reused by the next call.
    """

    def __init__(self, split: Split, dtype: npt.DTypeLike) -> None:
        self.split = split
        self.dtype = np.dtype(dtype)
        self._workspace = Workspace()

    def take(self, indices: Array) -> Batch:
        """The samples at the given indices."""
        inputs = self.split.inputs
        shape = (len(indices), *inputs.shape[1:])
        if inputs.flags.c_contiguous:
            # mode="clip" keeps np.take from buffering its output; the indices are always in range.
            rows = np.take(inputs, indices, axis=0, out=self._workspace.array("rows", shape, inputs.dtype), mode="clip")
        else:  # windows of a text: np.take would copy all of them first
            rows = inputs[indices]
        return self._scaled(rows, self._workspace.array("x", rows.shape, self.dtype)), self.split.targets[indices]

    def chunk(self, start: int, size: int) -> Batch:
        """Up to ``size`` consecutive samples from ``start``."""
        part = slice(start, start + size)
        rows = self.split.inputs[part]
        return self._scaled(rows, self._workspace.array("x", rows.shape, self.dtype)), self.split.targets[part]

    def everything(self) -> Batch:
        """All samples in one new array."""
        inputs = self.split.inputs
        return self._scaled(inputs, np.empty_like(inputs, self.dtype)), self.split.targets

    def _scaled(self, rows: Array, x: Array) -> Array:
        """The rows as network inputs, written to x."""
        if rows.dtype == np.uint8:
            return np.divide(rows, self.dtype.type(WHITE), out=x)
        np.copyto(x, rows)
        return x


class Batches:
    """The training batch of each step; steps count from 1.

    A batch has ``accumulate`` mini-batches of ``batch_size`` samples, fewer at the end of an epoch with ``shuffle``.
    ``shuffle`` uses a new permutation each epoch, whose last batch may be smaller or dropped (``drop_last``);
    ``replacement`` draws each batch with replacement. ``augmentations`` transform the images. The default
    ``batch_size`` is ``DEFAULT_BATCH_SIZE``, or all samples if fewer. Raises UsageError when the batch size exceeds the
    number of samples.
    """

    def __init__(
        self,
        loader: BatchLoader,
        batch_size: int | Literal["full"] | None,
        sampling: Literal["shuffle", "replacement"],
        streams: Streams,
        augmentations: Sequence[Augmentation] = (),
        *,
        drop_last: bool = False,
        accumulate: int = 1,
    ) -> None:
        self.samples = len(loader.split)
        self.full = batch_size == "full"
        self.batch_size = self.samples if batch_size == "full" else batch_size or min(DEFAULT_BATCH_SIZE, self.samples)
        if self.batch_size > self.samples:
            raise UsageError(
                f"train.batch_size: {self.batch_size} is more than the {self.samples} training samples; "
                f"use at most {self.samples}, or full"
            )
        self._size = accumulate * self.batch_size
        if self._size > self.samples:
            raise UsageError(
                f"train.accumulate: {accumulate} mini-batches of {self.batch_size} are more than the {self.samples} "
                f"training samples; use at most {self.samples // self.batch_size}"
            )
        rest = self.samples % self.batch_size if sampling == "shuffle" and not drop_last else 0
        self.smallest = rest or self.batch_size
        self._drop_last = drop_last and sampling == "shuffle"
        self.steps_per_epoch = self.samples // self._size if self._drop_last else -(-self.samples // self._size)
        self._loader = loader
        self._sampling = sampling
        self._streams = streams
        self._augmentations = augmentations
        # A separate loader, since last_batch() must not overwrite the arrays of the current batch.
        self._unaugmented = BatchLoader(loader.split, loader.dtype)
        self._last_indices: Array = np.empty(0, np.intp)
        self._drawn_ahead = False
        self._everything: Batch | None = None
        self._epoch = -1
        self._epoch_indices: Array = np.empty(0, np.intp)

    def epochs(self, step: int) -> float:
        """The number of epochs in the first ``step`` batches."""
        if self._drop_last:
            return step / self.steps_per_epoch
        if self._sampling == "replacement":
            return step * self._size / self.samples
        whole, part = divmod(step, self.steps_per_epoch)
        return whole + part * self._size / self.samples

    def batch(self, step: int) -> Batch:
        """Inputs and labels of a step; call it once per step, in order."""
        if self.full and not self._augmentations:
            if self._everything is None:
                self._everything = self._loader.everything()
            return self._everything
        if not self._drawn_ahead:
            self._last_indices = self._indices(step)
        self._drawn_ahead = False
        x, labels = self._loader.take(self._last_indices)
        augment(x, self._augmentations, self._streams, step)
        return x, labels

    def last_batch(self) -> Batch:
        """The batch of the last step without augmentation; before the first step, that of step 1."""
        if self.full and not self._augmentations:
            return self.batch(1)
        if not self._last_indices.size:
            self._last_indices, self._drawn_ahead = self._indices(1), True
        return self._unaugmented.take(self._last_indices)

    def state(self) -> dict[str, Array]:
        """State that the step does not determine: the last batch and, for legacy streams, the current permutation."""
        state = {"last_indices": self._last_indices}
        if isinstance(self._streams, LegacyStreams):
            state |= {"epoch": np.array(self._epoch), "epoch_indices": self._epoch_indices}
        return state

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore a saved state; raises ShapeError when it does not fit."""
        if self.state().keys() != state.keys():
            raise ShapeError(f"saved batches: expected the arrays {sorted(self.state())}, found {sorted(state)}")
        last, order = state["last_indices"], state.get("epoch_indices", self._epoch_indices)
        for indices in (last, order):
            if indices.dtype.kind != "i" or indices.ndim != 1:
                raise ShapeError(
                    f"saved batches: expected a list of sample indices, found {indices.dtype} {indices.shape}"
                )
            if indices.size and not 0 <= indices.min() <= indices.max() < self.samples:
                raise ShapeError(
                    f"saved batches: expected indices below {self.samples}, the number of training samples"
                )
        epoch_array = np.array(self._epoch)
        copy_arrays({"epoch": state.get("epoch", epoch_array)}, {"epoch": epoch_array}, "saved batches")
        epoch = int(epoch_array)
        if last.size > self._size or (epoch >= 0 and order.size < self.samples):
            raise ShapeError(f"saved batches: expected batches of {self._size} from {self.samples} samples")
        self._last_indices, self._epoch, self._epoch_indices = last, epoch, order

    def _indices(self, step: int) -> Array:
        if self.full:
            return np.arange(self.samples)
        epoch, position = divmod(step - 1, self.steps_per_epoch)
        if self._sampling == "replacement" and isinstance(self._streams, LegacyStreams):
            # The published scripts draw the indices of each batch just before using it.
            return self._streams.rng(Purpose.BATCHES).choice(self.samples, self._size)
        if epoch != self._epoch:
            self._epoch = epoch
            self._epoch_indices = self._draw_epoch(self._streams.rng(Purpose.BATCHES, epoch))
        start = position * self._size
        return self._epoch_indices[start : start + self._size]

    def _draw_epoch(self, rng: RandomGenerator) -> Array:
        if self._sampling == "shuffle":
            return rng.permutation(self.samples)
        return rng.choice(self.samples, self.steps_per_epoch * self._size)
