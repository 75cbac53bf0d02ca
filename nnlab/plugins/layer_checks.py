"""Whether the methods of a plugin's layer keep the protocol: shapes, number types, written gradients.

A built-in layer would fail on a wrong array with an error of its own, far from the mistake. The arrays that a method
gets are read-only.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.plugins.result_checks import Complain, Method, found, number, read_only


def _build(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, in_shape: Any) -> Any:
        shape = method(self, in_shape)
        sizes = shape if isinstance(shape, tuple) else ()
        if not sizes or not all(isinstance(size, int | np.integer) and size > 0 and size is not True for size in sizes):
            raise complain(f"returned {found(shape)}; return the shape of one output sample, such as return in_shape")
        return shape

    return checked


def _forward(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, x: Array, *, training: bool) -> Any:
        y = method(self, read_only(x), training=training)
        expected = (len(x), *self.out_shape)
        if not isinstance(y, np.ndarray) or y.shape != expected:
            raise complain(f"returned {found(y)} for x {x.shape}; build promised {self.out_shape}, so {expected}")
        _check_type(self, y, x, complain)
        return y

    return checked


def _backward(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, dy: Array) -> Any:
        trained = [parameter for parameter in self.parameters if not parameter.frozen]
        arrays = [parameter.grad for parameter in trained]
        unproven = trained and not vars(self).get("_plugin_gradients_written")
        for grad in arrays if unproven else ():
            grad.fill(np.nan)  # the first time: what is NaN afterwards was not written
        dx = method(self, read_only(dy))
        expected = (len(dy), *self.in_shape)
        if not isinstance(dx, np.ndarray) or dx.shape != expected:
            raise complain(f"returned {found(dx)} for dy {dy.shape}; the gradient of x has its shape, {expected}")
        _check_type(self, dx, dy, complain)
        for parameter, grad in zip(trained, arrays, strict=True):
            if parameter.grad is not grad:
                raise complain(f"replaced the array {_place(parameter)}; write into it: {_place(parameter)}[...] = ...")
            if unproven and np.isnan(grad).any() and np.isfinite(dy).all() and np.isfinite(dx).all():
                raise complain(
                    f"did not write all of {_place(parameter)}, shape {grad.shape}: assign it, with "
                    f"{_place(parameter)}[...] = ... (not +=, which adds to the gradient of the batch before)"
                )
        self._plugin_gradients_written = True
        return dx

    return checked


def _place(parameter: Any) -> str:
    return f"self.{parameter.name}.grad"


def _check_type(layer: Any, result: Array, given: Array, complain: Complain) -> None:
    """Raise for numbers of more digits than those that went in, which would make the whole network slower."""
    if result.dtype == given.dtype:
        return
    allowed = np.result_type(given, *(parameter.value for parameter in layer.parameters))
    if result.dtype != allowed:
        raise complain(
            f"returned {result.dtype} for {allowed}: an array in it is {result.dtype}; "
            "make it with np.zeros_like(x) or .astype(x.dtype), and numbers with float()"
        )


LAYER_CHECKS: Mapping[str, Callable[[Method, Complain], Method]] = {
    "build": _build,
    "forward": _forward,
    "backward": _backward,
    "weight_uses": number,
    "activity_penalty": number,
}
