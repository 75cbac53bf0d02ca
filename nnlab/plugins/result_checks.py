"""What the methods of a plugin's losses, optimizers, metrics, datasets and the like may return."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import PluginError
from nnlab.text import one_line

Method = Callable[..., Any]
Complain = Callable[[str], PluginError]
"""Makes the error of a method from what is wrong with it: ``returned None; return the output``."""


def found(value: object) -> str:
    """What a method returned, for a message: ``shape (32, 50)``, ``None``."""
    return f"shape {value.shape}" if isinstance(value, np.ndarray) else one_line(repr(value))


def read_only(array: Array) -> Array:
    """A view of an array that others read too: a method that writes into it fails at that line."""
    view = array.view()
    view.flags.writeable = False
    return view


def _per_sample(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, scores: Any, targets: Any) -> Any:
        losses = method(self, read_only(scores), read_only(targets))
        if not isinstance(losses, np.ndarray) or losses.shape != scores.shape[:1]:
            raise complain(f"returned {found(losses)}; one loss for each row is shape {scores.shape[:1]}")
        self._plugin_scores = scores.shape
        return losses

    return checked


def _loss_backward(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, batch_size: int | None = None) -> Any:
        dscores, expected = method(self, batch_size), getattr(self, "_plugin_scores", None)
        if not isinstance(dscores, np.ndarray) or expected not in {None, dscores.shape}:
            raise complain(f"returned {found(dscores)}; the gradient has the shape of the scores, {expected}")
        return dscores

    return checked


def _count(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, scores: Any, targets: Any) -> None:
        method(self, read_only(scores), read_only(targets))

    return checked


def _update(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, block: Any, lr: float) -> None:
        before = block.theta, block.g, block.state
        method(self, block, lr)
        for name, array in zip(("theta", "g", "state"), before, strict=True):
            if getattr(block, name) is not array:
                raise complain(f"replaced block.{name}; write into it: block.{name}[...] = ... or block.{name} -= ...")

    return checked


def number(method: Method, complain: Complain) -> Method:
    """Check that a method returns one number."""

    @wraps(method)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        value = method(*arguments, **keywords)
        if (isinstance(value, np.ndarray) and value.shape) or not isinstance(
            value, np.generic | np.ndarray | int | float | complex
        ):
            raise complain(f"returned {found(value)}; return one number")
        return value

    return checked


def _stack(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        from nnlab.layers.base import Layer  # registries are read where no layer is needed

        layers = method(*arguments, **keywords)
        if not isinstance(layers, list) or not all(isinstance(layer, Layer) for layer in layers):
            raise complain(f"returned {found(layers)}; return a list of layers")
        return layers

    return checked


def _gradient(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, x: Any, *out: Any) -> Any:
        gradient = method(self, x, *out)
        if not isinstance(gradient, np.ndarray) or gradient.shape != x.shape:
            raise complain(f"returned {found(gradient)}; the gradient has the shape {x.shape}")
        return gradient

    return checked


def _draw(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, shape: Any, fan_in: int, rng: Any) -> Any:
        weights = method(self, shape, fan_in, rng)
        if not isinstance(weights, np.ndarray) or weights.shape != shape:
            raise complain(f"returned {found(weights)}; the weights have shape {shape}")
        return weights

    return checked


def _read(method: Method, complain: Complain) -> Method:
    @wraps(method)
    def checked(self: Any, rng: Any) -> Any:
        from nnlab.data.dataset import Dataset  # registries are read where no data is needed

        dataset = method(self, rng)
        if not isinstance(dataset, Dataset):
            raise complain(f"returned {found(dataset)}; return Dataset(train, test, class_names)")
        for name, split in dataset.splits.items():
            inputs, targets = np.asarray(split.inputs), np.asarray(split.targets)
            if len(inputs) != len(targets) or not len(inputs) or inputs.ndim < 2:
                shapes = f"inputs {inputs.shape} and targets {targets.shape}"
                raise complain(f"gave {shapes} for {name}; as many inputs (N, ...) as targets are needed, N above 0")
            if inputs.dtype not in (np.uint8, np.float64):
                raise complain(f"gave inputs of {inputs.dtype} for {name}; uint8 pixels or float64 numbers are needed")
            if dataset.numbers is not None and (targets.ndim < 2 or targets.shape[-1] != len(dataset.numbers)):
                raise complain(
                    f"gave targets {targets.shape} for {name}; one number for each target column is "
                    f"shape (N, {len(dataset.numbers)})"
                )
            if dataset.numbers is None and not _are_classes(targets, dataset.classes):
                raise complain(
                    f"gave targets that are not classes for {name}: whole numbers from 0 to {dataset.classes - 1}, "
                    f"one for each of the {dataset.classes} class names"
                )
        return dataset

    return checked


def _are_classes(targets: np.ndarray[Any, Any], classes: int) -> bool:
    return targets.dtype.kind in "iu" and int(targets.min()) >= 0 and int(targets.max()) < classes


RESULT_CHECKS: Mapping[str, Mapping[str, Callable[[Method, Complain], Method]]] = {
    "loss": {"per_sample": _per_sample, "backward": _loss_backward, "chance": number},
    "optimizer": {"update": _update},
    "metric": {"update": _count, "result": number},
    "penalty": {"value": number, "gradient": _gradient},
    "function": {"gradient": _gradient},
    "model": {"stack": _stack},
    "schedule": {"scale": number},
    "initialiser": {"draw": _draw},
    "dataset": {"read": _read},
}
"""For each kind the methods whose results are checked, or whose arguments are read-only."""
