"""Memory that is reused at every step, so that training allocates nothing after the first steps."""

from math import prod

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array, Shape


class Workspace:
    """Named arrays that keep their memory between calls.

    The same name with another shape is a view of the same memory (a training batch and an evaluation chunk share it),
    so an array is valid only until its name is requested again.
    """

    def __init__(self) -> None:
        self._memory: dict[str, Array] = {}
        self._views: dict[tuple[str, Shape, npt.DTypeLike], Array] = {}
        self._alike: dict[tuple[str, Shape, Shape, npt.DTypeLike], Array] = {}

    def array(self, name: str, shape: Shape, dtype: npt.DTypeLike) -> Array:
        """An uninitialised array of the given shape in the memory kept under ``name``."""
        try:
            return self._views[name, shape, dtype]
        except KeyError:
            view = self._view(name, shape, np.dtype(dtype))
            self._views[name, shape, dtype] = view
            return view

    def images(self, name: str, shape: Shape, dtype: npt.DTypeLike) -> Array:
        """An array (N, C, H, W) whose memory layout is N, H, W, C: the channels of a pixel are adjacent."""
        N, C, H, W = shape
        return self.array(name, (N, H, W, C), dtype).transpose(0, 3, 1, 2)

    def like(self, name: str, x: Array, dtype: npt.DTypeLike | None = None) -> Array:
        """An array of x's shape and memory layout, and of x's dtype by default."""
        key = (name, x.shape, x.strides, dtype or x.dtype)
        view = self._alike.get(key)
        if view is None:
            order = sorted(range(x.ndim), key=lambda axis: -x.strides[axis])
            memory = self.array(name, tuple(x.shape[axis] for axis in order), dtype or x.dtype)
            view = self._alike[key] = memory.transpose([order.index(axis) for axis in range(x.ndim)])
        return view

    def _view(self, name: str, shape: Shape, dtype: np.dtype[np.generic]) -> Array:
        nbytes = prod(shape) * dtype.itemsize
        memory = self._memory.get(name)
        if memory is None or memory.nbytes < nbytes:
            self._views = {key: view for key, view in self._views.items() if key[0] != name}
            self._alike = {key: view for key, view in self._alike.items() if key[0] != name}
            memory = self._memory[name] = np.empty(nbytes, np.uint8)
        return memory[:nbytes].view(dtype).reshape(shape)
