"""Memory that a layer uses again at every step, so that a steady step allocates nothing."""

from math import prod

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array, Shape


class Workspace:
    """Named arrays that keep their memory between calls.

    Asking for the same name with another shape gives a view of the same memory (a training batch and an evaluation
    chunk share it), so an array is valid only until its name is asked for again.
    """

    def __init__(self) -> None:
        self._memory: dict[str, Array] = {}
        self._views: dict[tuple[str, Shape, npt.DTypeLike], Array] = {}

    def array(self, name: str, shape: Shape, dtype: npt.DTypeLike) -> Array:
        """An array of the given shape with undefined contents, on the memory kept under ``name``."""
        key = (name, shape, dtype)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = self._view(name, shape, np.dtype(dtype))
        return view

    def _view(self, name: str, shape: Shape, dtype: np.dtype[np.generic]) -> Array:
        nbytes = prod(shape) * dtype.itemsize
        memory = self._memory.get(name)
        if memory is None or memory.nbytes < nbytes:
            self._views = {key: view for key, view in self._views.items() if key[0] != name}
            memory = self._memory[name] = np.empty(nbytes, np.uint8)
        return memory[:nbytes].view(dtype).reshape(shape)
